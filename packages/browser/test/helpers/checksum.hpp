// Bytes that depend on their place, and a sum that depends on all of them and on their order; checksum.ts has the same.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

// `bytes`: whole words.
inline void fill(std::span<std::byte> bytes, std::uint32_t seed) {
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    const std::uint32_t word = seed * 2654435761u + static_cast<std::uint32_t>(at);
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
}

class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    size_ += bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
      std::uint32_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      sum_ = sum_ * 31 + word;
    }
  }
  std::string text() const { return std::to_string(size_) + " " + std::to_string(sum_); }

 private:
  std::uint64_t size_ = 0;
  std::uint32_t sum_ = 0;
};
