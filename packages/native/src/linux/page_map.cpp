#include "../page_map.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "../failure.hpp"

namespace shared_channel {

void map_pages(void* address, std::size_t length, const Segment& segment, PageAccess access) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (reinterpret_cast<std::uintptr_t>(address) % page != 0 || length % page != 0 || length == 0 ||
      length > segment.size()) {
    throw Failure("INVALID_ARGUMENT", "the memory to map is not " + std::to_string(segment.size()) +
                                          " bytes of page-aligned memory");
  }
  const int protection = access == PageAccess::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  const int sharing = access == PageAccess::copy_on_write ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED;
  if (mmap(address, length, protection, sharing | MAP_FIXED, segment.descriptor(), 0) == MAP_FAILED) {
    throw Failure("NOT_SUPPORTED",
                  std::string("the system refuses to map shared memory over V8's pages: ") + std::strerror(errno));
  }
}

bool restore_pages(void* address, std::size_t length) noexcept {
  return mmap(address, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) !=
         MAP_FAILED;
}

}  // namespace shared_channel
