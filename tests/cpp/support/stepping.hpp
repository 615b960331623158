// Runs a process instruction by instruction, so that it can end itself between any two.
#pragma once

#include <csignal>

#include "rounds.hpp"

namespace test {

#if defined(__x86_64__)
inline constexpr bool kCanStep = !kSanitized;  // whose own code would be stepped through as well

// From here on the processor traps after each instruction. (Below the stack pointer there may be data: hence the 128.)
[[gnu::always_inline]] inline void start_stepping() {
  asm volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
}
[[gnu::always_inline]] inline void stop_stepping() {
  asm volatile("sub $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
}
#else
inline constexpr bool kCanStep = false;
inline void start_stepping() {}
inline void stop_stepping() {}
#endif

// What is called after each instruction from `start_stepping` on; a system call is one instruction.
inline void (*after_each_step)() = nullptr;
inline void step_with(void (*step)()) {
  after_each_step = step;
  std::signal(SIGTRAP, [](int) { after_each_step(); });
}

}  // namespace test
