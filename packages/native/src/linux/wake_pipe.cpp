#include "../wake_pipe.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "../failure.hpp"

namespace shared_channel {
namespace {

constexpr int kFlags = O_RDWR | O_NONBLOCK | O_CLOEXEC;

Failure no_pipe(int error) {
  return Failure("OUT_OF_MEMORY", std::string("could not get a pipe (") + std::strerror(error) +
                                      "); close channels and buffers, or raise the limit (ulimit -n)");
}

// Both ends of what a descriptor leads to.
Descriptor open_again(int descriptor) { return Descriptor(open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), kFlags)); }

bool is_pipe(int descriptor, std::uint64_t inode) {
  struct stat status {};
  struct statfs system {};
  // One that has no name: what is written into that of somebody else cannot get into a file system.
  return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode) && status.st_ino == inode &&
         fstatfs(descriptor, &system) == 0 && system.f_type == PIPEFS_MAGIC;
}

}  // namespace

WakePipe WakePipe::create() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw no_pipe(errno);
  const Descriptor reader(ends[0]);
  const Descriptor writer(ends[1]);
  Descriptor both = open_again(reader.get());
  if (!both) throw no_pipe(errno);
  return WakePipe(std::move(both));
}

WakePipe WakePipe::open(const ProcessIdentity& owner, const PipePlace& place) {
  const ProcessReference process(owner);
  const std::string path = "/proc/" + std::to_string(owner.pid) + "/fd/" + std::to_string(place.descriptor);
  // Looked at before it is opened: opening something else could wait or have effects.
  const Descriptor found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  const int error = errno;
  // Until here the owner lived, so that the number was its own and not a later process's.
  if (process.has_ended()) throw Failure("PEER_LOST", "the process " + std::to_string(owner.pid) + " has ended");
  if (!found && is_shortage(error)) throw no_pipe(error);
  if (!found && error != ENOENT) {
    throw Failure("NOT_SUPPORTED", "the system does not let this process open a pipe of the process " +
                                       std::to_string(owner.pid) + " (" + std::strerror(error) + ")");
  }
  if (!found || !is_pipe(found.get(), place.inode)) {
    throw Failure("CLOSED", "the process " + std::to_string(owner.pid) +
                                " has let go of this channel, or the handle leads to something else; ask for a new handle");
  }
  Descriptor both = open_again(found.get());
  if (!both) throw no_pipe(errno);
  return WakePipe(std::move(both));
}

void WakePipe::ring() const noexcept {
  // A pipe that is full wakes as well.
  [[maybe_unused]] const ssize_t written = write(descriptor_.get(), "", 1);
}

Descriptor WakePipe::reader() const {
  Descriptor reader(fcntl(descriptor_.get(), F_DUPFD_CLOEXEC, 0));
  if (!reader) throw no_pipe(errno);
  return reader;
}

PipePlace WakePipe::place() const {
  struct stat status {};
  if (fstat(descriptor_.get(), &status) != 0) throw no_pipe(errno);
  return {.descriptor = static_cast<std::uint32_t>(descriptor_.get()), .inode = status.st_ino};
}

}  // namespace shared_channel
