// A new segment mapped twice, as JavaScript and native code see it: the same memory at two addresses.
#pragma once

#include <sys/mman.h>

#include <new>

#include <segment.hpp>

namespace test {

class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size = 65536) : segment_(shared_channel::Segment::create(size)) {
    void* const again = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor(), 0);
    if (again == MAP_FAILED) throw std::bad_alloc();
    other_ = static_cast<std::byte*>(again);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { munmap(other_, segment_.size()); }

  [[nodiscard]] std::byte* one() const noexcept { return segment_.data(); }
  [[nodiscard]] std::byte* other() const noexcept { return other_; }
  [[nodiscard]] int descriptor() const noexcept { return segment_.descriptor(); }

 private:
  shared_channel::Segment segment_;
  std::byte* other_ = nullptr;
};

}  // namespace test
