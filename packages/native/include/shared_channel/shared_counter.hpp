// A number that any number of threads and processes count in, in shared memory. The same as SharedCounter in JavaScript.
//
//   shared_channel::SharedCounter frames(segment + 128);
//   frames.increment();
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "error.hpp"

namespace shared_channel {

// A signed 64-bit number in 8 bytes of shared memory; zeroed memory is a counter at 0. Every operation is one atomic step,
// seq_cst, and never waits. Beyond its range it wraps around. JavaScript handles -(2^53 - 1) to 2^53 - 1.
//
// The object holds nothing but the address: make as many over the same memory as you like. [thread-safe]
class SharedCounter {
 public:
  // `memory`: 8 bytes, 8-aligned, mapped for as long as this object is used; better on a 128-byte line of their own.
  // Throws Error INVALID_ARGUMENT when it is null or not aligned.
  explicit SharedCounter(std::byte* memory) : number_(number_at(memory)) {}

  [[nodiscard]] std::int64_t value() const noexcept { return number_.load(); }

  // Adds `amount`, which may be negative, and returns the new value.
  std::int64_t add(std::int64_t amount) noexcept {
    // In unsigned numbers, which may wrap.
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(number_.fetch_add(amount)) +
                                     static_cast<std::uint64_t>(amount));
  }

  // Return the new value.
  std::int64_t increment() noexcept { return add(1); }
  std::int64_t decrement() noexcept { return add(-1); }

  // Stores `desired` if the value is `expected`. Returns the value that was found: `expected` when it was stored.
  std::int64_t compare_exchange(std::int64_t expected, std::int64_t desired) noexcept {
    number_.compare_exchange_strong(expected, desired);
    return expected;
  }

 private:
  using Number = std::atomic<std::int64_t>;
  static_assert(Number::is_always_lock_free && sizeof(Number) == 8);

  static Number& number_at(std::byte* memory) {
    if (memory == nullptr || reinterpret_cast<std::uintptr_t>(memory) % sizeof(Number) != 0) {
      throw Error("INVALID_ARGUMENT", "a SharedCounter needs 8 bytes at an address that is a multiple of 8");
    }
    return *reinterpret_cast<Number*>(memory);
  }

  Number& number_;
};

}  // namespace shared_channel
