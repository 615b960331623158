// The shared layout of one segment: a header, then two byte rings (side 0 to side 1, side 1 to side 0). All numbers are
// little-endian, 32 bits, naturally aligned. packages/core/src/layout.ts mirrors this file; a test holds them together.
// No Node-API and no OS calls here: native programs may include it. The format is described in docs/wire-format.md.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace shared_channel {

static_assert(std::endian::native == std::endian::little, "the shared layout is little-endian");

// A word that both sides read while one of them writes it.
using Word = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 4 && alignof(Word) == 4);

// ---- The header ----
inline constexpr std::uint32_t kMagic = 0x48434853;  // "SHCH" in memory
inline constexpr std::uint32_t kVersionMajor = 1;    // another one is refused
inline constexpr std::uint32_t kVersionMinor = 0;    // a higher one only adds words that older sides do not read

inline constexpr std::uint32_t kHeaderSize = 65536;      // the largest page size in use
inline constexpr std::uint32_t kSegmentAlignment = 65536;  // every mapping is a multiple of it

inline constexpr std::uint32_t kMagicOffset = 0;
inline constexpr std::uint32_t kVersionMajorOffset = 4;
inline constexpr std::uint32_t kVersionMinorOffset = 8;
inline constexpr std::uint32_t kTotalSizeOffset = 12;
inline constexpr std::uint32_t kRingOffsetOffset = 16;    // + 8 * ring
inline constexpr std::uint32_t kRingCapacityOffset = 20;  // + 8 * ring

// Words that change lie on lines of their own: 128 bytes, since adjacent 64-byte lines are fetched in pairs.
inline constexpr std::uint32_t kLineSize = 128;
inline constexpr std::uint32_t kStateOffset = 128;    // + kSideStride * side
inline constexpr std::uint32_t kListensOffset = 132;  // + kSideStride * side, beside the state: how that side is woken
inline constexpr std::uint32_t kWaitingOffset = 256;  // + kSideStride * side
inline constexpr std::uint32_t kBellOffset = 384;     // + kSideStride * side
inline constexpr std::uint32_t kSideStride = 384;
inline constexpr std::uint32_t kTailOffset = 896;   // + kRingStride * ring, written by the ring's writer
inline constexpr std::uint32_t kHeadOffset = 1024;  // + kRingStride * ring, written by the ring's reader
inline constexpr std::uint32_t kTakenOffset = 1028;  // + kRingStride * ring, beside the head: up to where messages were dealt with
inline constexpr std::uint32_t kRingStride = 256;

// Values of a side's state word, written by that side alone.
inline constexpr std::uint32_t kStateNone = 0;
inline constexpr std::uint32_t kStateOpen = 1;
inline constexpr std::uint32_t kStateClosed = 2;
inline constexpr std::uint32_t kStateLost = 3;  // ended without having said that it closes
inline constexpr std::uint32_t kStateGone = 4;  // closed, and reads nothing any more either

// Values of a side's listens word, written by that side alone.
inline constexpr std::uint32_t kListensToBell = 0;  // by those who wake the sleepers of its bell word
inline constexpr std::uint32_t kListensToPipe = 1;  // at its pipe, which the handle of the channel leads to

// Bits of a side's waiting word: what that side sleeps for. The sleeper sets them, whoever rings takes them away.
inline constexpr std::uint32_t kWaitingForData = 1;
inline constexpr std::uint32_t kWaitingForRoom = 2;

// ---- The rings ----
inline constexpr std::uint32_t kMinCapacity = 4096;
inline constexpr std::uint32_t kMaxCapacity = 1073741824;

// ---- Records ----
inline constexpr std::uint32_t kRecordHeadSize = 8;  // u32 length of the payload, u32 tag
inline constexpr std::uint32_t kRecordAlignment = 8;
inline constexpr std::uint32_t kMaxMessageType = 16777215;  // a tag's low 24 bits
inline constexpr std::uint32_t kFlagFirst = 16777216;       // the first record of a message
inline constexpr std::uint32_t kFlagLast = 33554432;        // the last record of a message
inline constexpr std::uint32_t kFlagFiller = 67108864;      // closes the end of the ring; nothing to read
inline constexpr std::uint32_t kFlagAbandoned = 134217728;  // the sender gave up the message whose fragments came before
inline constexpr std::uint32_t kFlagCall = 268435456;       // a call: the other side answers it with a reply
inline constexpr std::uint32_t kFlagReply = 536870912;      // the answer to a call
inline constexpr std::uint32_t kFlagControl = 1073741824;   // between the two ends themselves; message type 0
// The first of several fragments starts with the message's whole length: u32 length, u32 zero.
inline constexpr std::uint32_t kFragmentPrefixSize = 8;
// The payload of a call or reply follows these words: u32 number of the call, u32 status (zero in a call).
inline constexpr std::uint32_t kCallHeadSize = 8;
inline constexpr std::uint32_t kReplyOk = 0;
inline constexpr std::uint32_t kReplyFailed = 1;  // the payload is the reason, as UTF-8 text

[[nodiscard]] constexpr std::uint32_t align_record(std::uint32_t size) noexcept {
  return (size + (kRecordAlignment - 1)) & ~(kRecordAlignment - 1);
}

// The largest payload of one record. A whole record is at most half the ring, else a filler and the record behind it
// might never fit together.
[[nodiscard]] constexpr std::uint32_t max_record_payload(std::uint32_t capacity) noexcept {
  return capacity / 2 - kRecordHeadSize;
}

// The payload of one fragment. A quarter of the ring, so that one side fills a fragment while the other empties one.
[[nodiscard]] constexpr std::uint32_t fragment_payload(std::uint32_t capacity) noexcept {
  return capacity / 4 - kRecordHeadSize;
}

[[nodiscard]] constexpr bool is_valid_capacity(std::uint32_t capacity) noexcept {
  return capacity >= kMinCapacity && capacity <= kMaxCapacity && std::has_single_bit(capacity);
}

[[nodiscard]] inline Word& word_at(std::byte* base, std::uint32_t offset) noexcept {
  return *reinterpret_cast<Word*>(base + offset);
}

// Where things are in a segment. Read once, checked, and kept in private memory: the other side may rewrite the header.
struct Layout {
  std::uint32_t total_size = 0;
  std::uint32_t ring_offset[2] = {0, 0};  // ring r is written by side r
  std::uint32_t ring_capacity[2] = {0, 0};
};

// The layout of a new segment. Both capacities must be valid (is_valid_capacity).
[[nodiscard]] constexpr Layout make_layout(std::uint32_t capacity0, std::uint32_t capacity1) noexcept {
  const std::uint32_t end = kHeaderSize + capacity0 + capacity1;
  return {.total_size = (end + (kSegmentAlignment - 1)) & ~(kSegmentAlignment - 1),
          .ring_offset = {kHeaderSize, kHeaderSize + capacity0},
          .ring_capacity = {capacity0, capacity1}};
}

// Writes the header of a new segment; `base` is zeroed memory of `layout.total_size` bytes. Done before it is shared.
inline void write_layout(std::byte* base, const Layout& layout) noexcept {
  word_at(base, kVersionMajorOffset).store(kVersionMajor, std::memory_order_relaxed);
  word_at(base, kVersionMinorOffset).store(kVersionMinor, std::memory_order_relaxed);
  word_at(base, kTotalSizeOffset).store(layout.total_size, std::memory_order_relaxed);
  for (std::uint32_t ring = 0; ring < 2; ++ring) {
    word_at(base, kRingOffsetOffset + 8 * ring).store(layout.ring_offset[ring], std::memory_order_relaxed);
    word_at(base, kRingCapacityOffset + 8 * ring).store(layout.ring_capacity[ring], std::memory_order_relaxed);
  }
  word_at(base, kMagicOffset).store(kMagic, std::memory_order_seq_cst);
}

}  // namespace shared_channel
