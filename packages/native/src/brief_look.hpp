// Looking again for a moment before going to sleep: about as long as a sleep and a wake-up cost together.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shared_channel {

// Some microseconds. It happens once after each burst of work, never while a channel is idle.
inline constexpr int kLooksBeforeSleep = 50;

inline void pause_briefly() noexcept {
#if defined(__x86_64__)
  for (int i = 0; i < 8; ++i) _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Whether `happened` became true within that time.
template <typename Condition>
[[nodiscard]] bool comes_soon(Condition&& happened) noexcept(noexcept(happened())) {
  for (int look = 0; look < kLooksBeforeSleep; ++look) {
    if (happened()) return true;
    pause_briefly();
  }
  return false;
}

}  // namespace shared_channel
