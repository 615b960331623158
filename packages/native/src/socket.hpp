// A connection between this process and one that it has started, or that has started it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <utility>

#include "linux/descriptor.hpp"
#include "packet.hpp"

namespace shared_channel {

class Socket {
 public:
  // Both ends. Throws Failure OUT_OF_MEMORY.
  static std::pair<Socket, Socket> pair();
  explicit Socket(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  Socket(Socket&& other) noexcept : descriptor_(std::move(other.descriptor_)) {}
  Socket& operator=(Socket&&) = delete;

  // Sends a packet, and descriptors with it, which stay the caller's. Waits while the other side does not read. False when it
  // is gone. [thread-safe]
  bool send(const Packet& packet, std::initializer_list<int> descriptors = {}) noexcept;

  // Waits for the next packet. `ended`, if any, is a descriptor that becomes readable when the other process has ended:
  // descendants of it may hold its end open for longer. None when nothing more comes, and for what is no packet or has
  // more than `max_size` bytes. [one thread]
  [[nodiscard]] std::optional<Packet> receive(std::size_t max_size, int ended = -1) noexcept;

  // The same with up to two descriptors that came with it.
  [[nodiscard]] std::optional<Packet> receive_with(std::vector<Descriptor>& descriptors) noexcept;

  // The other side finds that nothing more comes; it can still send. [thread-safe]
  void end_sending() noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  [[nodiscard]] bool read(void* data, std::size_t size, int ended, std::vector<Descriptor>* descriptors) noexcept;
  [[nodiscard]] std::optional<Packet> receive(std::size_t max_size, int ended,
                                              std::vector<Descriptor>* descriptors) noexcept;

  Descriptor descriptor_;
  std::mutex sending_;
};

}  // namespace shared_channel
