// OS shared memory of a fixed size, mapped once for native code. JavaScript sees the same memory through page_map.hpp;
// native code uses only this mapping, which nothing that happens to V8's pages can take away.
#pragma once

#include <cstddef>
#include <utility>

namespace shared_channel {

class Segment {
 public:
  // Zeroed, reserved memory: a later write never finds the machine out of room. `size` in bytes, a multiple of
  // kSegmentAlignment. Sealed, so that no holder can shrink it under another. Throws Failure OUT_OF_MEMORY.
  static Segment create(std::size_t size);

  Segment(Segment&& other) noexcept
      : handle_(std::exchange(other.handle_, kNoHandle)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Segment& operator=(Segment&&) = delete;
  ~Segment();

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] int handle() const noexcept { return handle_; }

 private:
  static constexpr int kNoHandle = -1;
  Segment(int handle, std::size_t size) noexcept : handle_(handle), size_(size) {}

  int handle_;
  std::byte* data_ = nullptr;
  std::size_t size_;
};

}  // namespace shared_channel
