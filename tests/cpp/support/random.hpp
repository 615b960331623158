// Numbers that look random and are the same in every run. A test says its seed when it fails; SHARED_CHANNEL_SEED runs
// it with another one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace test {

[[nodiscard]] inline std::uint64_t seed_or(std::uint64_t otherwise) {
  const char* const given = std::getenv("SHARED_CHANNEL_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

// SplitMix64: also good for numbers that must be found again from a seed and an index.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint32_t word() noexcept { return static_cast<std::uint32_t>(mix(state_++) >> 32); }
  // 0 to `end` - 1.
  [[nodiscard]] std::uint32_t below(std::uint32_t end) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{word()} * end) >> 32);
  }
  // Both included.
  [[nodiscard]] std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept {
    return low + below(high - low + 1);
  }
  [[nodiscard]] bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }
  [[nodiscard]] std::uint32_t one_of(std::initializer_list<std::uint32_t> values) noexcept {
    return values.begin()[below(static_cast<std::uint32_t>(values.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace test
