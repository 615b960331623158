#include "../socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "../failure.hpp"

namespace shared_channel {
namespace {

// What comes with one packet at most.
constexpr std::size_t kMaxDescriptors = 2;

union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
};

void attach(msghdr& message, Control& control, std::initializer_list<int> descriptors) noexcept {
  if (descriptors.size() == 0) return;
  const std::size_t size = descriptors.size() * sizeof(int);
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(header), descriptors.begin(), size);
}

void take_descriptors(msghdr& message, std::vector<Descriptor>& descriptors) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
      descriptors.emplace_back(number);
    }
  }
}

}  // namespace

std::pair<Socket, Socket> Socket::pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw Failure("OUT_OF_MEMORY", std::string("could not make a connection to the plugin's process: ") +
                                       std::strerror(errno) + "; close channels, or raise the limit (ulimit -n)");
  }
  return {Socket(Descriptor(ends[0])), Socket(Descriptor(ends[1]))};
}

bool Socket::send(const Packet& packet, std::initializer_list<int> descriptors) noexcept {
  try {
    const std::string body = packet.encode();
    const auto size = static_cast<std::uint32_t>(body.size());
    std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += body;

    Control control{};
    const std::lock_guard lock(sending_);
    for (std::size_t sent = 0; sent < bytes.size();) {
      iovec part{.iov_base = bytes.data() + sent, .iov_len = bytes.size() - sent};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      if (sent == 0) attach(message, control, descriptors);
      const ssize_t count = sendmsg(descriptor_.get(), &message, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  } catch (...) {
    return false;  // no memory for the copy
  }
}

std::optional<Packet> Socket::receive(std::size_t max_size, int ended) noexcept {
  return receive(max_size, ended, nullptr);
}

std::optional<Packet> Socket::receive_with(std::vector<Descriptor>& descriptors) noexcept {
  return receive(std::numeric_limits<std::uint32_t>::max(), -1, &descriptors);
}

std::optional<Packet> Socket::receive(std::size_t max_size, int ended,
                                      std::vector<Descriptor>* descriptors) noexcept {
  try {
    std::uint32_t size = 0;
    if (!read(&size, sizeof size, ended, descriptors) || size > max_size) return std::nullopt;
    std::string bytes(size, '\0');
    if (!read(bytes.data(), bytes.size(), ended, nullptr)) return std::nullopt;
    return Packet::decode(bytes);
  } catch (...) {
    return std::nullopt;  // no memory for it
  }
}

bool Socket::read(void* data, std::size_t size, int ended, std::vector<Descriptor>* descriptors) noexcept {
  for (std::size_t got = 0; got < size;) {
    pollfd states[2] = {{.fd = descriptor_.get(), .events = POLLIN, .revents = 0},
                        {.fd = ended, .events = POLLIN, .revents = 0}};
    if (poll(states, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    // What was sent before the end is still read.
    if (states[0].revents == 0 && states[1].revents != 0) return false;
    iovec part{.iov_base = static_cast<char*>(data) + got, .iov_len = size - got};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptors != nullptr) {
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof control.bytes;
    }
    const ssize_t count = recvmsg(descriptor_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return false;
    if (descriptors != nullptr) take_descriptors(message, *descriptors);
    got += static_cast<std::size_t>(count);
  }
  return true;
}

void Socket::end_sending() noexcept { shutdown(descriptor_.get(), SHUT_WR); }

}  // namespace shared_channel
