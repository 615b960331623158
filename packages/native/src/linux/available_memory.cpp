#include "available_memory.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "descriptor.hpp"

namespace shared_channel {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
// Of the machine's memory, 1/32 stays for everybody else: much less, and every process on it is slow or killed.
constexpr std::uint64_t kPartForOthers = 32;

// A line of /proc/meminfo, such as "MemAvailable:   23017216 kB", in bytes.
std::optional<std::uint64_t> bytes_of(std::string_view meminfo, std::string_view name) {
  const std::size_t found = meminfo.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = meminfo.substr(found + name.size());
  const std::string_view number = rest.substr(std::min(rest.size(), rest.find_first_not_of(' ')));
  std::uint64_t kilobytes = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), kilobytes);
  if (error != std::errc()) return std::nullopt;
  return kilobytes * 1024;
}

}  // namespace

std::uint64_t available_memory() noexcept {
  const Descriptor file(open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t length = file ? read(file.get(), text, sizeof text) : 0;
  if (length <= 0) return kNoLimit;
  const std::string_view meminfo(text, static_cast<std::size_t>(length));
  const auto total = bytes_of(meminfo, "MemTotal:");
  const auto available = bytes_of(meminfo, "MemAvailable:");
  if (!total || !available) return kNoLimit;
  const std::uint64_t left = *available + bytes_of(meminfo, "SwapFree:").value_or(0);
  const std::uint64_t for_others = *total / kPartForOthers;
  return left > for_others ? left - for_others : 0;
}

std::uint64_t file_size_limit() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : kNoLimit;  // RLIM_INFINITY is the largest number, too
}

}  // namespace shared_channel
