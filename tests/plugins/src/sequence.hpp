// Messages of random sizes and contents from a seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// tests/electron/app/sequence.ts is the same in JavaScript.
class Sequence {
 public:
  explicit Sequence(std::uint32_t seed) : state_(seed) {}

  // Valid until the next call.
  std::span<const std::byte> next() {
    const std::size_t size = next_size();
    words_.resize(std::max(words_.size(), (size + 3) / 4));
    for (std::size_t i = 0; i < (size + 3) / 4; ++i) words_[i] = random();
    return std::as_bytes(std::span(words_)).first(size);
  }

 private:
  std::size_t next_size() {
    const std::uint32_t r = random();
    if (count_++ % 1000 == 500) return (3U << 20) + (r & 4095);  // larger than a ring of 1 MiB
    return (r >> 6) & ((r & 63) == 0 ? 0x3ffffU : 0x3fffU);
  }

  std::uint32_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

  std::uint32_t state_;
  std::uint32_t count_ = 0;
  std::vector<std::uint32_t> words_;
};
