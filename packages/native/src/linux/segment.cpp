#include "../segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../failure.hpp"

namespace shared_channel {
namespace {

Failure no_memory(std::size_t size, const char* step, int error) {
  return Failure("OUT_OF_MEMORY", "could not create " + std::to_string(size) + " bytes of shared memory (" + step +
                                      ": " + std::strerror(error) +
                                      "); use smaller capacities, close channels, or raise the memory limit");
}

}  // namespace

Segment Segment::create(std::size_t size) {
  const int descriptor = memfd_create("shared-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) throw no_memory(size, "memfd_create", errno);
  Segment segment(descriptor, size);
  // ftruncate would succeed on a full machine, and the first write would be a SIGBUS.
  int error = 0;
  do {
    error = posix_fallocate(descriptor, 0, static_cast<off_t>(size));
  } while (error == EINTR);
  if (error != 0) throw no_memory(size, "posix_fallocate", error);
  if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw no_memory(size, "F_ADD_SEALS", errno);
  }
  void* const data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) throw no_memory(size, "mmap", errno);
  segment.data_ = static_cast<std::byte*>(data);
  return segment;
}

Segment::~Segment() {
  if (data_ != nullptr) munmap(data_, size_);
  if (handle_ != kNoHandle) close(handle_);
}

}  // namespace shared_channel
