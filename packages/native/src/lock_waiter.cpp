#include "lock_waiter.hpp"

#include <chrono>
#include <string>
#include <system_error>

#include "failure.hpp"
#include "thread_name.hpp"

namespace shared_channel {

LockWaiter::LockWaiter(RobustLock& lock, std::function<void(LockResult)> locked)
    : lock_(lock), locked_(std::move(locked)) {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("could not start the thread that waits for a lock: ") + error.what());
  }
}

LockWaiter::~LockWaiter() {
  std::unique_lock lock(mutex_);
  given_up_.store(true);
  ending_ = true;
  changed_.notify_all();
  do {
    lock_.wake_waiters();
    // Again, if need be: the thread may have been about to go to sleep.
  } while (!changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return ended_; }));
  lock.unlock();
  thread_.join();
}

void LockWaiter::want() noexcept {
  const std::lock_guard lock(mutex_);
  given_up_.store(false);
  changed_.notify_all();
}

void LockWaiter::give_up() noexcept {
  const std::lock_guard lock(mutex_);
  given_up_.store(true);
}

void LockWaiter::run() noexcept {
  name_this_thread("sc:lock");
  const SleeperNotice notice = lock_.give_notice();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !given_up_.load(); });
    if (ending_) break;
    // Under the mutex: when `give_up` has returned, the lock is not taken any more.
    if (const LockResult result = lock_.try_take()) {
      given_up_.store(true);
      locked_(result);
      continue;
    }
    lock.unlock();
    lock_.wait_until_free({}, given_up_);
    lock.lock();
    if (given_up_.load()) lock_.pass_on();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace shared_channel
