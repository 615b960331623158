// How any process wakes an event loop that reads from a pipe. A thread that sleeps on a word of shared memory and then calls
// into the event loop would be one hop more.
#pragma once

#include <cstdint>
#include <utility>

#include "linux/descriptor.hpp"
#include "process.hpp"

namespace shared_channel {

// Where another process finds a pipe, while its owner has it. Checked after opening, as the rest of a handle.
struct PipePlace {
  std::uint32_t descriptor = 0;
  std::uint64_t inode = 0;

  bool operator==(const PipePlace&) const = default;
};

class WakePipe {
 public:
  // Throws Failure OUT_OF_MEMORY.
  static WakePipe create();

  // A pipe of another process, or of this one. Throws Failure: PEER_LOST when the owner has ended, CLOSED when there is no
  // such pipe, NOT_SUPPORTED when the system lets this process not look at the owner, OUT_OF_MEMORY.
  static WakePipe open(const ProcessIdentity& owner, const PipePlace& place);

  // Never waits: whoever does not read is awake, or gone. [thread-safe]
  void ring() const noexcept;

  // For the event loop: becomes readable when it is rung. Throws Failure OUT_OF_MEMORY.
  [[nodiscard]] Descriptor reader() const;

  // Throws Failure OUT_OF_MEMORY.
  [[nodiscard]] PipePlace place() const;

 private:
  explicit WakePipe(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;  // of both ends, so that it has a reader and a writer as long as this is there
};

}  // namespace shared_channel
