// What the operating system does for locks in shared memory: it tells the next one when an owner has ended.
#pragma once

#include <cstdint>
#include <memory>

#include "shared_channel/layout.h"

namespace shared_channel {

// The word of a lock, as the system knows it: who holds it, and two marks.
inline constexpr std::uint32_t kLockOwner = 0x3fffffff;      // the id of the owner's keeper; 0: nobody holds it
inline constexpr std::uint32_t kLockOwnerLost = 0x40000000;  // the last owner ended without letting go
inline constexpr std::uint32_t kLockWaiters = 0x80000000;    // somebody may sleep on the word

// A thread that sleeps as long as this object lives, and under whose id a lock is held. When the thread ends, with this
// object or with the process, however that ends, and the word has its id, then the system puts kLockOwnerLost in its
// place and wakes one sleeper. If nobody holds the lock then, it wakes one as well: the one that was to be woken, or was
// woken, by the thread that ended.
//
// The system is told of the word from private memory alone, so what others write cannot lead it astray.
class LockKeeper {
 public:
  // `word` stays mapped longer than this object lives. Throws Failure OUT_OF_MEMORY, NOT_SUPPORTED.
  explicit LockKeeper(Word& word);
  LockKeeper(const LockKeeper&) = delete;
  LockKeeper& operator=(const LockKeeper&) = delete;
  ~LockKeeper();

  [[nodiscard]] std::uint32_t id() const noexcept;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Is there a thread with this id, in whichever process?
[[nodiscard]] bool keeper_exists(std::uint32_t id) noexcept;

// The calling thread sleeps on `word` now and then while this lives. If it is killed, a wake-up that it may have got
// meanwhile goes to another sleeper. Its process's keeper may have ended before, and then does not do it.
class SleeperNotice {
 public:
  explicit SleeperNotice(Word& word) noexcept;
  SleeperNotice(const SleeperNotice&) = delete;
  SleeperNotice& operator=(const SleeperNotice&) = delete;
  ~SleeperNotice();

 private:
  void* const list_;
};

}  // namespace shared_channel
