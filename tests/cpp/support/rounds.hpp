// How often a test repeats: sanitizers are some ten times slower.
#pragma once

namespace test {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

[[nodiscard]] constexpr unsigned rounds(unsigned plain, unsigned sanitized) noexcept {
  return kSanitized ? sanitized : plain;
}

}  // namespace test
