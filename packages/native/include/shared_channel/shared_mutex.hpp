// A lock in shared memory, for threads and processes, that survives the end of whoever holds it. The same as SharedMutex in
// JavaScript. Link with SharedChannel::native.
//
//   shared_channel::SharedMutex mutex(segment);
//   if (const auto locked = mutex.lock(std::chrono::seconds(1))) {
//     if (locked.owner_lost) repair();
//     change_something();
//     mutex.unlock();
//   }
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>

namespace shared_channel {

class RobustLock;

// What came of locking. True when the lock is held.
struct LockResult {
  bool acquired = false;
  // Whoever held the lock ended without unlocking: what it protects may be half changed. Said once, to the next owner.
  bool owner_lost = false;

  explicit operator bool() const noexcept { return acquired; }
};

enum class UnlockResult {
  unlocked,
  not_locked,  // this object does not hold the lock; nothing was done
  corrupt,     // somebody rewrote the lock's word meanwhile: others may have been in at the same time
};

// One end of a lock, over 4 bytes of shared memory; zeroed memory is a free lock. Each end has a thread of its own, which
// sleeps all the time: when it ends, with the object or with the process, the operating system sets the lock free and the
// next owner hears `owner_lost`. That cannot be otherwise than by the process's end while the object lives.
//
// What others write into those bytes can keep the lock from working, and can do no other harm. The processes must see one
// another's process ids: not one inside and one outside of a container.
//
// Threads: any, at the same time; one may unlock what another locked. The lock is not recursive. After `fork`, a child
// makes an object of its own.
class SharedMutex {
 public:
  // `memory`: 4 bytes, 4-aligned, mapped longer than this object lives; better on a 128-byte line of their own.
  // Throws Error INVALID_ARGUMENT (null or not aligned), OUT_OF_MEMORY (no thread), NOT_SUPPORTED (no robust futexes).
  explicit SharedMutex(std::byte* memory);
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  // Waits for nobody: no thread may be in a function of this object. A lock that is still held counts as lost.
  ~SharedMutex();

  // Waits for the lock.
  LockResult lock() noexcept;

  // Waits for at most `timeout`; 0 or less looks once.
  [[nodiscard]] LockResult lock(std::chrono::milliseconds timeout) noexcept;

  // Never waits.
  [[nodiscard]] LockResult try_lock() noexcept;

  // Lets the next one in. Everything written before is seen by the next owner.
  UnlockResult unlock() noexcept;

 private:
  const std::unique_ptr<RobustLock> lock_;
  std::atomic<bool> held_ = false;
};

}  // namespace shared_channel
