#include "../segment_lock.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "../failure.hpp"

namespace shared_channel {
namespace {

// Traditional record locks, not those of the open file description: only these tell who holds them (fcntl(2), F_GETLK).
bool lock_call(const Segment& segment, int command, struct flock& lock, std::uint32_t byte) {
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  if (fcntl(segment.descriptor(), command, &lock) == 0) return true;
  if (errno == EACCES || errno == EAGAIN) return false;
  throw Failure("NOT_SUPPORTED", std::string("the system cannot lock a part of shared memory: ") + std::strerror(errno));
}

}  // namespace

bool lock_byte(const Segment& segment, std::uint32_t byte) {
  struct flock lock {};
  return lock_call(segment, F_SETLK, lock, byte);
}

std::optional<std::uint32_t> holder_of_byte(const Segment& segment, std::uint32_t byte) {
  struct flock lock {};
  if (!lock_call(segment, F_GETLK, lock, byte) || lock.l_type == F_UNLCK) return std::nullopt;
  return static_cast<std::uint32_t>(lock.l_pid);
}

}  // namespace shared_channel
