#include "marked_pages.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kPagesAtOnce = 1024;  // IOV_MAX of Linux

struct Range {
  std::uintptr_t begin;
  std::uintptr_t end;
};

std::vector<Range> private_writable_memory() {
  std::vector<Range> ranges;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Range range{};
    char dash = 0;
    std::string permissions;
    if ((std::istringstream(line) >> std::hex >> range.begin >> dash >> range.end >> permissions) &&
        permissions == "rw-p") {
      ranges.push_back(range);
    }
  }
  return ranges;
}

// Through the kernel: what another thread unmaps meanwhile is an error then, not a signal. Returns how many of the first
// `count` places could be read.
std::size_t read_markers(std::uintptr_t address, std::size_t stride, std::size_t count, Marker* markers) {
  std::array<iovec, kPagesAtOnce> places{};
  for (std::size_t i = 0; i < count; ++i) {
    places[i] = {reinterpret_cast<void*>(address + i * stride), sizeof(Marker)};
  }
  const iovec destination{markers, count * sizeof(Marker)};
  const ssize_t read = process_vm_readv(getpid(), &destination, 1, places.data(), count, 0);
  return read < 0 ? 0 : static_cast<std::size_t>(read) / sizeof(Marker);
}

bool is_marked(std::uintptr_t address, const Marker& marker) {
  Marker found{};
  return read_markers(address, 0, 1, &found) == 1 && found == marker;
}

}  // namespace

void* find_marked_pages(const Marker& marker, std::size_t length) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::array<Marker, kPagesAtOnce> markers{};
  for (const auto& [begin, end] : private_writable_memory()) {
    for (std::uintptr_t address = begin; address + length <= end;) {
      const std::size_t places = (end - length - address) / page + 1;
      const std::size_t count = read_markers(address, page, std::min(places, kPagesAtOnce), markers.data());
      for (std::size_t i = 0; i < count; ++i) {
        const std::uintptr_t candidate = address + i * page;
        // The end too: the marker also lies in variables, which may happen to begin a page.
        if (markers[i] == marker && is_marked(candidate + length - sizeof(Marker), marker)) {
          return reinterpret_cast<void*>(candidate);
        }
      }
      address += std::max<std::size_t>(count, 1) * page;
    }
  }
  return nullptr;
}
