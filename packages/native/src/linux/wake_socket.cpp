#include "../wake_socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "../failure.hpp"

namespace shared_channel {

std::pair<WakeSocket, Descriptor> WakeSocket::pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    throw Failure("OUT_OF_MEMORY", std::string("A page could not get a socket: ") + std::strerror(errno));
  }
  return {WakeSocket(Descriptor(ends[0])), Descriptor(ends[1])};
}

void WakeSocket::ring() const noexcept { send(descriptor_.get(), "", 1, MSG_DONTWAIT | MSG_NOSIGNAL); }

}  // namespace shared_channel
