// Where things lie in a segment.
#include <shared_channel/layout.h>

#include <array>
#include <cstring>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace shared_channel;

namespace {

// Every word that changes while a channel is in use.
std::vector<std::uint32_t> changing_words() {
  std::vector<std::uint32_t> words;
  for (std::uint32_t side = 0; side < 2; ++side) {
    for (const std::uint32_t offset : {kStateOffset, kWaitingOffset, kBellOffset}) {
      words.push_back(offset + kSideStride * side);
    }
    for (const std::uint32_t offset : {kTailOffset, kHeadOffset}) words.push_back(offset + kRingStride * side);
  }
  return words;
}

std::vector<std::uint32_t> valid_capacities() {
  std::vector<std::uint32_t> capacities;
  for (std::uint32_t capacity = kMinCapacity; capacity <= kMaxCapacity; capacity *= 2) capacities.push_back(capacity);
  return capacities;
}

}  // namespace

TEST_CASE("layout: each word that changes has a 128-byte line of its own, apart from the constants") {
  std::set<std::uint32_t> lines = {kMagicOffset / 128};
  for (const std::uint32_t offset : changing_words()) {
    CAPTURE(offset);
    CHECK(offset % 128 == 0);
    CHECK(offset + 128 <= kHeaderSize);
    CHECK(lines.insert(offset / 128).second);
  }
  CHECK(lines.size() == 11);
  CHECK(kRingCapacityOffset + 8 + sizeof(Word) <= kLineSize);
}

TEST_CASE("layout: a valid capacity is a power of two from 4 KiB to 1 GiB") {
  CHECK(valid_capacities().size() == 19);
  for (const std::uint32_t capacity : valid_capacities()) {
    CAPTURE(capacity);
    CHECK(is_valid_capacity(capacity));
    CHECK_FALSE(is_valid_capacity(capacity - 1));
    CHECK_FALSE(is_valid_capacity(capacity + 1));
  }
  for (const std::uint32_t capacity : {0u, 1u, 8u, 2048u, 0x80000000u, 0xffffffffu}) {
    CHECK_FALSE(is_valid_capacity(capacity));
  }
}

TEST_CASE("layout: the rings of a new segment lie behind the header, one after the other, inside whole mappings") {
  for (const std::uint32_t capacity0 : valid_capacities()) {
    for (const std::uint32_t capacity1 : valid_capacities()) {
      CAPTURE(capacity0);
      CAPTURE(capacity1);
      const Layout layout = make_layout(capacity0, capacity1);
      // Counted in 64 bits, where nothing can overflow.
      const std::uint64_t end = std::uint64_t{kHeaderSize} + capacity0 + capacity1;
      REQUIRE(layout.ring_capacity[0] == capacity0);
      REQUIRE(layout.ring_capacity[1] == capacity1);
      REQUIRE(layout.ring_offset[0] == kHeaderSize);
      REQUIRE(layout.ring_offset[1] == kHeaderSize + capacity0);
      REQUIRE(layout.ring_offset[1] % kLineSize == 0);
      REQUIRE(layout.total_size % kSegmentAlignment == 0);
      REQUIRE(layout.total_size >= end);
      REQUIRE(layout.total_size < end + kSegmentAlignment);
    }
  }
}

TEST_CASE("layout: the header of a new segment, byte by byte") {
  const Layout layout = make_layout(8192, 4096);
  alignas(4096) static std::array<std::byte, kHeaderSize> memory{};
  write_layout(memory.data(), layout);

  std::array<std::uint8_t, kHeaderSize> expected{};
  const std::uint8_t constants[32] = {
      'S', 'H', 'C', 'H',      // the magic number
      1,   0,   0,   0,        // major
      0,   0,   0,   0,        // minor
      0,   0,   2,   0,        // 65,536 + 8,192 + 4,096, rounded up to 131,072
      0,   0,   1,   0,        // ring 0 at 65,536
      0,   32,  0,   0,        // with 8,192 bytes
      0,   32,  1,   0,        // ring 1 at 73,728
      0,   16,  0,   0,        // with 4,096 bytes
  };
  std::memcpy(expected.data(), constants, sizeof constants);
  CHECK(std::memcmp(memory.data(), expected.data(), kHeaderSize) == 0);
}

TEST_CASE("layout: records are rounded up to 8 bytes, and two largest ones fill the ring") {
  for (std::uint32_t size = 0; size < 10000; ++size) {
    const std::uint32_t aligned = align_record(size);
    CAPTURE(size);
    REQUIRE(aligned % kRecordAlignment == 0);
    REQUIRE(aligned >= size);
    REQUIRE(aligned < size + kRecordAlignment);
  }
  for (const std::uint32_t capacity : valid_capacities()) {
    CAPTURE(capacity);
    CHECK(2 * (kRecordHeadSize + align_record(max_record_payload(capacity))) == capacity);
    CHECK(4 * (kRecordHeadSize + align_record(fragment_payload(capacity))) == capacity);
    CHECK(fragment_payload(capacity) > kFragmentPrefixSize);
  }
}

TEST_CASE("layout: the flags of a tag are single bits above the message type") {
  std::uint32_t seen = kMaxMessageType;
  for (const std::uint32_t flag : {kFlagFirst, kFlagLast, kFlagFiller, kFlagAbandoned}) {
    CAPTURE(flag);
    CHECK(std::has_single_bit(flag));
    CHECK((seen & flag) == 0);
    seen |= flag;
  }
}
