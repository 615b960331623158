#include "mirror.hpp"

#include <algorithm>
#include <cstring>

namespace shared_channel {
namespace {

constexpr std::uint32_t kAnything = kWaitingForData | kWaitingForRoom;

// No record ends there: its reader takes it for what it is.
constexpr std::uint32_t kImpossiblePosition = 1;
static_assert(kImpossiblePosition % kRecordAlignment != 0);

Word& tail_of(std::byte* base, std::uint32_t ring) noexcept { return word_at(base, kTailOffset + kRingStride * ring); }
Word& head_of(std::byte* base, std::uint32_t ring) noexcept { return word_at(base, kHeadOffset + kRingStride * ring); }
Word& state_of(std::byte* base, std::uint32_t side) noexcept { return word_at(base, kStateOffset + kSideStride * side); }

}  // namespace

Mirror::Mirror(std::byte* segment, const Layout& layout, std::uint32_t side) noexcept
    : segment_(segment),
      layout_(layout),
      side_(side),
      peer_(1 - side),
      bell_(segment, side),
      peer_bell_(segment, 1 - side),
      outgoing_{.ring = side},
      incoming_{.ring = 1 - side} {}

void Mirror::open(std::span<std::byte> view) noexcept {
  if (!fits(view)) return;
  for (std::uint32_t each = 0; each < 2; ++each) {
    for (const std::uint32_t word : {kStateOffset, kWaitingOffset, kBellOffset}) {
      word_at(view.data(), word + kSideStride * each).store(0, std::memory_order_relaxed);
    }
    for (const std::uint32_t word : {kTailOffset, kHeadOffset}) {
      word_at(view.data(), word + kRingStride * each).store(0, std::memory_order_relaxed);
    }
  }
  // Of our own layout, not the segment's words: those can change until JavaScript reads them.
  write_layout(view.data(), layout_);
  state_ = state_of(segment_, side_).load(std::memory_order_seq_cst);
  state_of(view.data(), side_).store(state_, std::memory_order_seq_cst);
  Bell(view.data(), peer_).announce(kAnything);
  collect(view);
}

bool Mirror::publish(std::span<std::byte> view) noexcept {
  if (!fits(view)) return false;
  std::byte* const own = view.data();
  bool wakes = false;
  if (pass_records(outgoing_, own, segment_)) wakes |= peer_bell_.take(kWaitingForData);
  if (pass_room(incoming_, own, segment_)) wakes |= peer_bell_.take(kWaitingForRoom);
  const std::uint32_t state = state_of(own, side_).load(std::memory_order_seq_cst);
  if (state != state_) {
    state_ = state;
    state_of(segment_, side_).store(state, std::memory_order_seq_cst);
    peer_bell_.move();
    wakes = true;
  }
  Bell(own, peer_).announce(kAnything);
  return wakes;
}

void Mirror::collect(std::span<std::byte> view) noexcept {
  if (!fits(view)) return;
  std::byte* const own = view.data();
  bell_.announce(kAnything);  // before anything is looked at
  const std::uint32_t state = state_of(segment_, peer_).load(std::memory_order_seq_cst);
  (void)pass_records(incoming_, segment_, own);
  (void)pass_room(outgoing_, segment_, own);
  state_of(own, peer_).store(state, std::memory_order_seq_cst);
}

bool Mirror::fits(std::span<std::byte> view) const noexcept { return view.size() == layout_.total_size; }

// New records go from their writer's memory to their reader's. Returns whether the reader's position has changed.
bool Mirror::pass_records(Passage& passage, std::byte* from, std::byte* to) const noexcept {
  if (passage.is_stopped) return false;
  std::uint32_t tail = tail_of(from, passage.ring).load(std::memory_order_seq_cst);
  if (tail == passage.tail) return false;
  // The writer can be ahead of what was given back by at most the capacity, and takes nothing back.
  const std::uint32_t ahead = tail - passage.head;
  if (ahead > layout_.ring_capacity[passage.ring] || ahead < passage.tail - passage.head) {
    passage.is_stopped = true;
    tail = kImpossiblePosition;
  } else {
    copy(passage, tail, from, to);
    passage.tail = tail;
  }
  tail_of(to, passage.ring).store(tail, std::memory_order_seq_cst);
  return true;
}

// Room goes the other way, from the reader's memory to the writer's, who checks it: nothing is copied by it.
bool Mirror::pass_room(Passage& passage, std::byte* from, std::byte* to) const noexcept {
  const std::uint32_t head = head_of(from, passage.ring).load(std::memory_order_seq_cst);
  if (head == passage.head) return false;
  passage.head = head;
  head_of(to, passage.ring).store(head, std::memory_order_seq_cst);
  return true;
}

// The bytes from what was passed on last up to `end`, at most the capacity: one piece, or two where the ring ends.
void Mirror::copy(const Passage& passage, std::uint32_t end, const std::byte* from, std::byte* to) const noexcept {
  const std::uint32_t capacity = layout_.ring_capacity[passage.ring];
  const std::uint32_t offset = layout_.ring_offset[passage.ring];
  const std::uint32_t index = passage.tail & (capacity - 1);
  const std::uint32_t size = end - passage.tail;
  const std::uint32_t first = std::min(size, capacity - index);
  std::memcpy(to + offset + index, from + offset + index, first);
  std::memcpy(to + offset, from + offset, size - first);
}

}  // namespace shared_channel
