#include "../doorbell.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace shared_channel {

// Neither call carries FUTEX_PRIVATE_FLAG: the sleeper may be in another process, and even in one process it sleeps on
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

int current_core() noexcept { return sched_getcpu(); }

}  // namespace shared_channel
