// A segment whose two rings lie between pages that nobody can touch: a read or a write outside of a ring is a crash. What
// no page boundary can protect (the rest of the header) is filled with canaries.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

#include <shared_channel/layout.h>

namespace test {

using namespace shared_channel;

class GuardedSegment {
 public:
  explicit GuardedSegment(std::uint32_t capacity0 = kMinCapacity, std::uint32_t capacity1 = kMinCapacity) {
    layout_.ring_offset[0] = kHeaderSize + kSegmentAlignment;
    layout_.ring_offset[1] = area_end(layout_.ring_offset[0], capacity0);
    layout_.ring_capacity[0] = capacity0;
    layout_.ring_capacity[1] = capacity1;
    layout_.total_size = area_end(layout_.ring_offset[1], capacity1);
    void* const memory =
        mmap(nullptr, layout_.total_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::byte*>(memory);
    fill_header();
    protect(kHeaderSize, layout_.ring_offset[0]);
    for (int ring = 0; ring < 2; ++ring) protect_behind(ring);
  }
  GuardedSegment(const GuardedSegment&) = delete;
  GuardedSegment& operator=(const GuardedSegment&) = delete;
  ~GuardedSegment() { munmap(base_, layout_.total_size); }

  [[nodiscard]] std::byte* base() const noexcept { return base_; }
  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::byte* ring(int ring) const noexcept { return base_ + layout_.ring_offset[ring]; }
  [[nodiscard]] Word& word(std::uint32_t offset) const noexcept { return word_at(base_, offset); }

  // Has nothing been written but the words of the header and the rings?
  [[nodiscard]] bool is_intact() const {
    for (const Range& range : canaries_) {
      for (std::uint32_t at = range.begin; at < range.end; ++at) {
        if (base_[at] != kCanary) return false;
      }
    }
    return true;
  }

 private:
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  static constexpr std::byte kCanary{0xa5};

  // A ring's area: the ring from its first page on, then at least kSegmentAlignment bytes of guard.
  static std::uint32_t area_end(std::uint32_t begin, std::uint32_t capacity) {
    return (begin + capacity + 2 * kSegmentAlignment - 1) & ~(kSegmentAlignment - 1);
  }

  void fill_header() {
    std::uint32_t at = kRingCapacityOffset + 12;
    const auto canary_until = [&](std::uint32_t end) {
      add_canary(at, end);
      at = end + sizeof(Word);
    };
    for (const std::uint32_t word : {kStateOffset, kWaitingOffset, kBellOffset, kStateOffset + kSideStride,
                                     kWaitingOffset + kSideStride, kBellOffset + kSideStride, kTailOffset, kHeadOffset,
                                     kTailOffset + kRingStride, kHeadOffset + kRingStride}) {
      canary_until(word);
    }
    canary_until(kHeaderSize);
    write_layout(base_, layout_);
  }

  void protect_behind(int ring) {
    const auto page = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
    const std::uint32_t end = layout_.ring_offset[ring] + layout_.ring_capacity[ring];
    const std::uint32_t next_page = (end + page - 1) & ~(page - 1);
    add_canary(end, next_page);
    protect(next_page, ring == 0 ? layout_.ring_offset[1] : layout_.total_size);
  }

  void add_canary(std::uint32_t begin, std::uint32_t end) {
    if (begin == end) return;
    std::memset(base_ + begin, std::to_integer<int>(kCanary), end - begin);
    canaries_.push_back({begin, end});
  }

  void protect(std::uint32_t begin, std::uint32_t end) {
    if (mprotect(base_ + begin, end - begin, PROT_NONE) != 0) throw std::bad_alloc();
  }

  Layout layout_;
  std::byte* base_ = nullptr;
  std::vector<Range> canaries_;
};

}  // namespace test
