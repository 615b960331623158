// Ends this process in the middle of what it does, at a chosen instruction.
#pragma once

#include <unistd.h>

#include <csignal>

#include "rounds.hpp"

namespace test {

#if defined(__x86_64__)
inline constexpr bool kCanStep = !kSanitized;  // whose own code would be stepped through as well

inline volatile long steps_left = 0;

// From here on the processor traps after each instruction.
[[gnu::always_inline]] inline void start_stepping() {
  asm volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
}
[[gnu::always_inline]] inline void stop_stepping() {
  asm volatile("sub $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
}
#else
inline constexpr bool kCanStep = false;
inline volatile long steps_left = 0;
inline void start_stepping() {}
inline void stop_stepping() {}
#endif

// Runs `call` and kills this process after `steps` instructions of it, system calls being one each. Returns how many steps
// were left if it ended before.
template <typename Call>
long run_and_die_after(long steps, Call&& call) {
  steps_left = steps;
  std::signal(SIGTRAP, [](int) {
    steps_left = steps_left - 1;
    if (steps_left == 0) kill(getpid(), SIGKILL);
  });
  start_stepping();
  call();
  stop_stepping();
  return steps_left;
}

}  // namespace test
