// How any thread wakes an event loop that reads from a socket.
#pragma once

#include <utility>

#include "linux/descriptor.hpp"

namespace shared_channel {

class WakeSocket {
 public:
  // Also the other end, which becomes readable when it is rung. Throws Failure OUT_OF_MEMORY.
  static std::pair<WakeSocket, Descriptor> pair();

  // Never waits: who does not read is awake, or gone. [thread-safe]
  void ring() const noexcept;

 private:
  explicit WakeSocket(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

}  // namespace shared_channel
