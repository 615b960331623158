#include "../doorbell.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <climits>
#include <ctime>

namespace shared_channel {

// None of these calls carries FUTEX_PRIVATE_FLAG: the sleeper may be in another process, and even in one process it sleeps on
// another mapping than JavaScript's.

void sleep_on(Word& word, std::uint32_t seen, const Deadline& deadline) noexcept {
  timespec until{};
  if (deadline) {
    // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is what steady_clock counts on Linux.
    const auto since_start = deadline->time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_start);
    until.tv_sec = static_cast<time_t>(seconds.count());
    until.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since_start - seconds).count());
  }
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_BITSET, seen, deadline ? &until : nullptr,
          nullptr, FUTEX_BITSET_MATCH_ANY);
}

void wake_sleepers(Word& word) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool wake_one_sleeper(Word& word) noexcept {
  return syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE, 1, nullptr, nullptr, 0) > 0;
}

void clear_and_wake_sleepers(Word& word, std::uint32_t bit) noexcept {
  auto* const address = reinterpret_cast<std::uint32_t*>(&word);
  // The operation is on the second address, as is a second wake-up that we have no use for.
  const auto clear = FUTEX_OP(FUTEX_OP_ANDN | FUTEX_OP_OPARG_SHIFT, std::countr_zero(bit), FUTEX_OP_CMP_EQ, 0);
  syscall(SYS_futex, address, FUTEX_WAKE_OP, INT_MAX, nullptr, address, clear);
}

int current_core() noexcept { return sched_getcpu(); }

}  // namespace shared_channel
