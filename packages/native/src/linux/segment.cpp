#include "../segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "../failure.hpp"
#include "available_memory.hpp"
#include "descriptor.hpp"
#include "named_segments.hpp"
#include "shared_channel/layout.h"

namespace shared_channel {
namespace {

constexpr std::size_t kCookieBytes = 16;
constexpr char kNamePrefix[] = "shared-channel-";
// No holder can make it shorter, or take the seals away.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

Failure no_memory(std::size_t size, const char* step, int error) {
  return Failure("OUT_OF_MEMORY", "could not create " + std::to_string(size) + " bytes of shared memory (" + step +
                                      ": " + std::strerror(error) +
                                      "); use less, close channels and buffers, or raise the memory limit");
}

std::size_t aligned(std::size_t size) { return (size + (kSegmentAlignment - 1)) & ~std::size_t{kSegmentAlignment - 1}; }

std::string new_cookie(std::size_t size) {
  unsigned char bytes[kCookieBytes];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) throw no_memory(size, "getrandom", errno);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string cookie;
  for (const unsigned char byte : bytes) {
    cookie += kDigits[byte >> 4];
    cookie += kDigits[byte & 15];
  }
  return cookie;
}

// What a switch for tests says, else whether others will be able to open a descriptor of this process.
bool wants_name(SegmentUse use) {
  if (use == SegmentUse::this_process) return false;
  if (const char* const forced = std::getenv("SHARED_CHANNEL_SEGMENTS")) return std::strcmp(forced, "named") == 0;
  return prctl(PR_GET_DUMPABLE) != 1 && geteuid() != 0;
}

// ftruncate would succeed on a full machine, and the first write would be a SIGBUS.
void reserve(int descriptor, std::size_t size) {
  if (size > file_size_limit()) throw no_memory(size, "RLIMIT_FSIZE", EFBIG);  // else this would be a SIGXFSZ
  if (size > available_memory()) throw no_memory(size, "MemAvailable", ENOMEM);
  // In pieces: on older systems a call that a signal interrupts gives everything back, and never gets through among many.
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  for (std::size_t done = 0; done < size;) {
    const std::size_t piece = std::min(kPiece, size - done);
    const int error = posix_fallocate(descriptor, static_cast<off_t>(done), static_cast<off_t>(piece));
    if (error == 0) done += piece;
    else if (error != EINTR) throw no_memory(size, "posix_fallocate", error);
  }
}

// Empty where the system has none.
Descriptor create_sealed(std::size_t size, const std::string& cookie) {
  Descriptor descriptor(memfd_create((kNamePrefix + cookie).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!descriptor) {
    if (errno == ENOSYS || errno == EPERM || errno == EACCES) return {};
    throw no_memory(size, "memfd_create", errno);
  }
  reserve(descriptor.get(), size);
  return fcntl(descriptor.get(), F_ADD_SEALS, kSeals) == 0 ? std::move(descriptor) : Descriptor();
}

Failure gone(const SegmentHandle& handle) {
  return Failure("CLOSED", "the process " + std::to_string(handle.owner.pid) +
                               " has let go of this shared memory, or the handle leads to something else; ask for a new "
                               "handle, and keep the memory until it was opened");
}

Failure refused(const SegmentHandle& handle, int error) {
  if (is_shortage(error)) {
    return Failure("OUT_OF_MEMORY", std::string("could not open shared memory (") + std::strerror(error) +
                                        "); close channels and buffers, or raise the limit (ulimit -n)");
  }
  return Failure("NOT_SUPPORTED",
                 "the system does not let this process open shared memory of the process " +
                     std::to_string(handle.owner.pid) + " (" + std::strerror(error) +
                     "); both must run as the same user, and the owner may not be protected from being looked at");
}

// The file that a path leads to, looked at before it is opened: opening a pipe or a device of somebody else could wait or
// have effects.
Descriptor look_at(const std::string& path, const SegmentHandle& handle) {
  Descriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) throw gone(handle);
    throw refused(handle, errno);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_dev != handle.device ||
      status.st_ino != handle.inode || static_cast<std::uint64_t>(status.st_size) != aligned(handle.size)) {
    throw gone(handle);
  }
  return file;
}

std::string own_path(const Descriptor& descriptor) { return "/proc/self/fd/" + std::to_string(descriptor.get()); }

// The name that its maker gave the memory; nobody can change it.
bool has_name(const Descriptor& file, const std::string& name) {
  char found[256];
  const ssize_t length = readlink(own_path(file).c_str(), found, sizeof found);
  return length > 0 && std::string_view(found, static_cast<std::size_t>(length)) == name;
}

bool has_seals(const Descriptor& file) {
  const int seals = fcntl(file.get(), F_GET_SEALS);  // -1, all bits, for a file that cannot have any
  return seals >= 0 && (seals & kSeals) == kSeals;
}

int open_flags(SegmentAccess access) { return (access == SegmentAccess::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC; }

Descriptor open_sealed(const SegmentHandle& handle, SegmentAccess access) {
  const ProcessReference owner(handle.owner);
  const Descriptor file = look_at(
      "/proc/" + std::to_string(handle.owner.pid) + "/fd/" + std::to_string(handle.descriptor), handle);
  // Until here the owner lived, so that the number was its own and not a later process's.
  if (owner.has_ended()) throw Failure("PEER_LOST", "the process " + std::to_string(handle.owner.pid) + " has ended");
  if (!has_name(file, "/memfd:" + (kNamePrefix + handle.cookie) + " (deleted)")) throw gone(handle);
  Descriptor segment(open(own_path(file).c_str(), open_flags(access)));
  if (!segment) throw refused(handle, errno);
  return segment;
}

Descriptor open_named(const SegmentHandle& handle, SegmentAccess access) {
  const ProcessReference owner(handle.owner);
  Descriptor segment = open_named_segment(handle.owner, handle.cookie, open_flags(access));
  if (!segment) {
    if (errno == ENOENT) throw gone(handle);
    throw refused(handle, errno);
  }
  struct stat status {};
  if (fstat(segment.get(), &status) != 0 || status.st_dev != handle.device || status.st_ino != handle.inode ||
      static_cast<std::uint64_t>(status.st_size) != aligned(handle.size) || status.st_uid != geteuid()) {
    throw gone(handle);
  }
  return segment;
}

}  // namespace

Segment Segment::create(std::size_t size, SegmentUse use) {
  const std::string cookie = new_cookie(size);
  const std::size_t rounded = aligned(size);
  if (!wants_name(use)) {
    if (Descriptor descriptor = create_sealed(rounded, cookie)) {
      Segment segment(descriptor.release(), rounded, cookie);
      segment.map(SegmentAccess::read_write);
      return segment;
    }
  }
  NamedSegment named = create_named_segment(cookie);
  if (!named.descriptor) throw no_memory(rounded, "shm_open", errno);
  Segment segment(named.descriptor.release(), rounded, cookie);
  segment.name_ = std::move(named.name);  // from here on it goes with the segment
  segment.maker_ = this_process();
  reserve(segment.descriptor_, rounded);
  segment.map(SegmentAccess::read_write);
  return segment;
}

Segment Segment::open(const SegmentHandle& handle, SegmentAccess access, PeerTrust trust) {
  const bool is_sealed = handle.kind == SegmentHandle::Kind::sealed;
  if (!is_sealed && trust != PeerTrust::trusted) {
    throw Failure("NOT_SUPPORTED",
                  "this shared memory has no seals, so its owner could take it away under this process; open it only if the "
                  "owner belongs to your own application, and say so with `trusted: true`");
  }
  Descriptor descriptor = is_sealed ? open_sealed(handle, access) : open_named(handle, access);
  if (is_sealed && !has_seals(descriptor)) {
    throw Failure("NOT_SUPPORTED", "this shared memory claims to be sealed and is not; its owner cannot be trusted");
  }
  Segment segment(descriptor.release(), aligned(handle.size), handle.cookie);
  if (!is_sealed) segment.maker_ = handle.owner;
  segment.map(access);
  return segment;
}

Segment Segment::inherit(int descriptor, std::size_t size) {
  Segment segment(descriptor, aligned(size), "");
  struct stat status {};
  if (size == 0 || fstat(descriptor, &status) != 0 || static_cast<std::size_t>(status.st_size) < segment.size_) {
    throw Failure("INVALID_ARGUMENT", "this is no shared memory of " + std::to_string(size) + " bytes");
  }
  segment.map(SegmentAccess::read_write);
  return segment;
}

void Segment::map(SegmentAccess access) {
  const int protection = access == SegmentAccess::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void* const data = mmap(nullptr, size_, protection, MAP_SHARED, descriptor_, 0);
  if (data == MAP_FAILED) throw no_memory(size_, "mmap", errno);
  data_ = static_cast<std::byte*>(data);
}

SegmentHandle Segment::handle(SegmentHandle::Role role, std::size_t size) const {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) throw no_memory(size_, "fstat", errno);
  return {.role = role,
          .kind = maker_ ? SegmentHandle::Kind::named : SegmentHandle::Kind::sealed,
          .owner = maker_ ? *maker_ : this_process(),
          .descriptor = static_cast<std::uint32_t>(descriptor_),
          .device = status.st_dev,
          .inode = status.st_ino,
          .size = size,
          .cookie = cookie_};
}

Segment::~Segment() {
  if (data_ != nullptr) munmap(data_, size_);
  if (descriptor_ != kNone) close(descriptor_);
  if (!name_.empty()) remove_named_segment(name_);
}

}  // namespace shared_channel
