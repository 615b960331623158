// A new segment mapped twice, as JavaScript and native code see it: the same memory at two addresses.
#pragma once

#include <sys/mman.h>

#include <new>

#include <segment.hpp>
#include <shared_channel/layout.h>

namespace test {

using namespace shared_channel;

class SharedPages {
 public:
  explicit SharedPages(std::uint32_t capacity0 = kMinCapacity, std::uint32_t capacity1 = kMinCapacity)
      : layout_(make_layout(capacity0, capacity1)), segment_(Segment::create(layout_.total_size)) {
    write_layout(segment_.data(), layout_);
    void* const again = mmap(nullptr, segment_.size(), PROT_READ | PROT_WRITE, MAP_SHARED, segment_.descriptor(), 0);
    if (again == MAP_FAILED) throw std::bad_alloc();
    other_ = static_cast<std::byte*>(again);
  }
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;
  ~SharedPages() { munmap(other_, segment_.size()); }

  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::byte* one() const noexcept { return segment_.data(); }
  [[nodiscard]] std::byte* other() const noexcept { return other_; }

 private:
  Layout layout_;
  Segment segment_;
  std::byte* other_ = nullptr;
};

}  // namespace test
