// Waits for a lock on behalf of JavaScript, which cannot sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "robust_lock.hpp"

namespace shared_channel {

// A thread that waits for a lock when it is told to, and sleeps otherwise.
class LockWaiter {
 public:
  // `lock` outlives the waiter. `locked` is called on the waiter's thread when it has the lock. Throws Failure
  // OUT_OF_MEMORY.
  LockWaiter(RobustLock& lock, std::function<void(LockResult)> locked);
  LockWaiter(const LockWaiter&) = delete;
  LockWaiter& operator=(const LockWaiter&) = delete;
  // `locked` is not called afterwards. Wakes all who wait for the lock, in all processes, if it sleeps itself.
  ~LockWaiter();

  // Has `locked` called, once. [thread-safe]
  void want() noexcept;
  // The lock is not taken any more, if it was not. The thread may go on sleeping; when it is woken, it lets others have the
  // lock. [thread-safe]
  void give_up() noexcept;

 private:
  void run() noexcept;

  RobustLock& lock_;
  const std::function<void(LockResult)> locked_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> given_up_ = true;  // written under the mutex
  bool ending_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace shared_channel
