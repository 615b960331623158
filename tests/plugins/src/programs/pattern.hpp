// Bytes that follow from a seed and their place, as `patternOf` of the tests makes them, and a sum that depends on every byte
// and its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

inline void fill(std::span<std::byte> bytes, std::uint32_t seed) {
  std::uint32_t state = seed;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
}

inline std::uint32_t sum_of(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (const std::byte byte : bytes) sum = sum * 31 + std::to_integer<std::uint32_t>(byte);
  return sum;
}
