#include "library_file.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "../failure.hpp"

namespace shared_channel {
namespace {

using ElfHeader = ElfW(Ehdr);
using ElfSegment = ElfW(Phdr);

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#endif

class File {
 public:
  // Without waiting: a pipe that nobody writes to would be waited for.
  explicit File(const std::string& path) noexcept
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] bool status(struct stat& status) const noexcept { return fstat(descriptor_, &status) == 0; }

  template <typename T>
  [[nodiscard]] bool read(T& value, std::uint64_t offset) const noexcept {
    return pread(descriptor_, &value, sizeof value, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof value);
  }

 private:
  const int descriptor_;
};

Failure cannot_open(const std::string& path, int error) {
  const std::string reason = std::strerror(error);
  if (error == ENOENT || error == ENOTDIR) {
    return Failure("PLUGIN_NOT_FOUND", "there is no plugin at " + path + " (" + reason +
                                           "); build it first, or correct the path");
  }
  if (error == EMFILE || error == ENFILE || error == ENOMEM) {
    return Failure("OUT_OF_MEMORY", "the system cannot open " + path + ": " + reason +
                                        "; close channels, or raise the limit (ulimit -n)");
  }
  return Failure("PLUGIN_LOAD_FAILED", "the system cannot open " + path + ": " + reason);
}

// Where the file must end at the earliest; 0 when that cannot be told.
std::uint64_t needed_size(const File& file, const ElfHeader& header) {
  std::uint64_t needed = 0;
  if (header.e_phentsize != sizeof(ElfSegment)) return 0;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    ElfSegment segment;
    if (!file.read(segment, header.e_phoff + i * sizeof segment)) return 0;
    if (segment.p_type == PT_LOAD) needed = std::max<std::uint64_t>(needed, segment.p_offset + segment.p_filesz);
  }
  return needed;
}

}  // namespace

void check_library_file(const std::string& path) {
  const File file(path);
  if (!file.is_open()) throw cannot_open(path, errno);
  struct stat status {};
  if (!file.status(status) || !S_ISREG(status.st_mode)) {
    throw Failure("PLUGIN_LOAD_FAILED", path + " is no file that could be a library");
  }
  ElfHeader header;
  if (!file.read(header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
  if (header.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32)) return;
  if (header.e_machine != kMachine) {
    throw Failure("PLUGIN_LOAD_FAILED", path + " was compiled for another architecture (ELF machine " +
                                            std::to_string(header.e_machine) + ", this is " + std::to_string(kMachine) +
                                            "); compile it for this one");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (const std::uint64_t needed = needed_size(file, header); size < needed) {
    throw Failure("PLUGIN_LOAD_FAILED", path + " is cut off: it has " + std::to_string(size) + " bytes of at least " +
                                            std::to_string(needed) + "; copy or build it again");
  }
}

}  // namespace shared_channel
