// Wakes JavaScript when a peer in another process rings: JavaScript cannot sleep on a word of shared memory itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "shared_channel/layout.h"

namespace shared_channel {

// A thread that sleeps until a bell is rung. The bell is the one of the side that it wakes (Bell in ring.hpp), in native
// code's own mapping of the segment, which must outlive the waiter.
class BellWaiter {
 public:
  // `ring` is called on the waiter's thread after each ring, or once for several. Throws Failure OUT_OF_MEMORY.
  BellWaiter(Word& bell, std::function<void()> ring);
  BellWaiter(const BellWaiter&) = delete;
  BellWaiter& operator=(const BellWaiter&) = delete;
  ~BellWaiter();  // `ring` is not called afterwards

 private:
  void run(std::uint32_t seen) noexcept;

  Word& bell_;
  const std::function<void()> ring_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace shared_channel
