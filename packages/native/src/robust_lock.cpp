#include "robust_lock.hpp"

#include <algorithm>

namespace shared_channel {
namespace {

using Clock = std::chrono::steady_clock;

// How long a waiter sleeps before it asks for the first time whether there still is an owner; then ever longer.
constexpr std::chrono::milliseconds kFirstNap{100};

const std::atomic<bool> kNeverGivenUp = false;

constexpr bool is_free(std::uint32_t value) noexcept { return (value & kLockOwner) == 0; }

}  // namespace

LockResult RobustLock::try_take() noexcept {
  std::uint32_t value = word_.load(std::memory_order_relaxed);
  while (is_free(value)) {
    // The mark of the waiters stays: a newcomer does not know whether more of them sleep.
    const std::uint32_t taken = keeper_.id() | (value & kLockWaiters);
    if (word_.compare_exchange_weak(value, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
      return {.acquired = true, .owner_lost = (value & kLockOwnerLost) != 0};
    }
  }
  return {};
}

LockResult RobustLock::take(const Deadline& deadline) noexcept {
  if (const LockResult result = try_take()) return result;
  const SleeperNotice notice = give_notice();
  while (wait_until_free(deadline, kNeverGivenUp)) {
    if (const LockResult result = try_take()) return result;
  }
  pass_on();
  return {};
}

bool RobustLock::wait_until_free(const Deadline& deadline, const std::atomic<bool>& given_up) noexcept {
  for (auto nap = Clock::duration(kFirstNap);;) {
    const auto now = Clock::now();
    if (given_up.load() || (deadline && now >= *deadline)) return false;
    const std::uint32_t value = announce_waiter();
    if (is_free(value)) return true;
    const auto nap_end = now + nap;
    sleep_on(word_, value, deadline ? std::min(*deadline, nap_end) : nap_end);
    if (Clock::now() < nap_end) {
      nap = kFirstNap;
      continue;
    }
    // The system frees the lock of an owner that ends, unless a thread of a process that is being killed took it when
    // its keeper had ended already: then nobody is left to do it but us. It happens at the moment of taking; hence ever
    // more rarely is often enough.
    nap *= 2;
    std::uint32_t expected = value;
    if (!keeper_exists(value & kLockOwner)) word_.compare_exchange_strong(expected, kLockOwnerLost | kLockWaiters);
  }
}

// When somebody has the lock by now, the mark of the waiters has the next one woken later.
void RobustLock::pass_on() noexcept {
  if (is_free(word_.load())) wake_next();
}

bool RobustLock::release(bool owner_lost) noexcept {
  std::uint32_t value = word_.load(std::memory_order_relaxed);
  do {
    if ((value & ~kLockWaiters) != keeper_.id()) return false;
  } while (!word_.compare_exchange_weak(value, (value & kLockWaiters) | (owner_lost ? kLockOwnerLost : 0),
                                        std::memory_order_release, std::memory_order_relaxed));
  if ((value & kLockWaiters) != 0) wake_next();
  return true;
}

// Says in the word that somebody is going to sleep on it, unless it is free by now. Returns what it holds then.
std::uint32_t RobustLock::announce_waiter() noexcept {
  std::uint32_t value = word_.load();
  while (!is_free(value) && (value & kLockWaiters) == 0) {
    if (word_.compare_exchange_weak(value, value | kLockWaiters)) return value | kLockWaiters;
  }
  return value;
}

// The mark of the waiters goes when nobody sleeps any more. In one step with waking, all there are: taken away on its own,
// it could be that of somebody who has gone to sleep just now.
void RobustLock::wake_next() noexcept {
  if (!wake_one_sleeper(word_)) clear_and_wake_sleepers(word_, kLockWaiters);
}

}  // namespace shared_channel
