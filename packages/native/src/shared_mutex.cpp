#include "shared_channel/shared_mutex.hpp"

#include <algorithm>
#include <cstdint>

#include "failure.hpp"
#include "robust_lock.hpp"

namespace shared_channel {
namespace {

Word& lock_word(std::byte* memory) {
  if (memory == nullptr || reinterpret_cast<std::uintptr_t>(memory) % alignof(Word) != 0) {
    throw Failure("INVALID_ARGUMENT", "a SharedMutex needs 4 bytes at an address that is a multiple of 4");
  }
  return word_at(memory, 0);
}

// None for a time that is beyond what the clock can count.
Deadline deadline_in(std::chrono::milliseconds timeout) noexcept {
  using Clock = std::chrono::steady_clock;
  const auto now = Clock::now();
  if (timeout > std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - now)) return {};
  return now + std::max(timeout, std::chrono::milliseconds(0));
}

}  // namespace

SharedMutex::SharedMutex(std::byte* memory) : lock_(std::make_unique<RobustLock>(lock_word(memory))) {}

SharedMutex::~SharedMutex() = default;

LockResult SharedMutex::lock() noexcept {
  const LockResult result = lock_->take({});
  held_.store(true);
  return result;
}

LockResult SharedMutex::lock(std::chrono::milliseconds timeout) noexcept {
  const LockResult result = lock_->take(deadline_in(timeout));
  if (result) held_.store(true);
  return result;
}

LockResult SharedMutex::try_lock() noexcept {
  const LockResult result = lock_->try_take();
  if (result) held_.store(true);
  return result;
}

UnlockResult SharedMutex::unlock() noexcept {
  // Before the word: another thread may take the lock at once.
  if (!held_.exchange(false)) return UnlockResult::not_locked;
  return lock_->release() ? UnlockResult::unlocked : UnlockResult::corrupt;
}

}  // namespace shared_channel
