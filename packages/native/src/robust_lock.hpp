// The lock behind SharedMutex: how its word is taken, waited for and given back.
#pragma once

#include <atomic>

#include "doorbell.hpp"
#include "lock_keeper.hpp"
#include "shared_channel/shared_mutex.hpp"

namespace shared_channel {

// Threads: any. The word is private memory to nobody: each value is read once, and none is trusted to be possible.
class RobustLock {
 public:
  // Throws what LockKeeper throws.
  explicit RobustLock(Word& word) : word_(word), keeper_(word) {}

  LockResult try_take() noexcept;

  // Waits for the lock until `deadline`.
  LockResult take(const Deadline& deadline) noexcept;

  // The parts of `take`, for who must do something in between. A thread sleeps only under its notice, and who has slept
  // takes the lock or passes on the wake-up that it may have got.
  [[nodiscard]] SleeperNotice give_notice() noexcept { return SleeperNotice(word_); }
  // True when nobody has the lock; false at `deadline`, or when `given_up` is set. Who is asleep does not look at `given_up`
  // before it is woken, by whoever lets go of the lock or by `wake_waiters`.
  bool wait_until_free(const Deadline& deadline, const std::atomic<bool>& given_up) noexcept;
  void pass_on() noexcept;

  // Lets go of the lock. False, and nothing is changed, when the word does not say that this end holds it.
  // `owner_lost`: the next owner is told that this one was lost, though it was not: it has passed on what it had heard.
  bool release(bool owner_lost = false) noexcept;

  // Has every waiter look again, in all processes.
  void wake_waiters() noexcept { wake_sleepers(word_); }

 private:
  std::uint32_t announce_waiter() noexcept;
  void wake_next() noexcept;

  Word& word_;
  const LockKeeper keeper_;
};

}  // namespace shared_channel
