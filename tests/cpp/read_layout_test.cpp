// Headers that somebody else has written: what is not a channel's layout is refused, and what is accepted lies inside.
#include <array>
#include <string>

#include <doctest/doctest.h>
#include <read_layout.hpp>

#include "support/failing.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;

namespace {

constexpr std::uint32_t kCapacity0 = 8192;
constexpr std::uint32_t kCapacity1 = 4096;
constexpr std::uint32_t kSize = 131072;

// Only the header is memory: nobody may look behind it.
class Header {
 public:
  Header() { write_layout(memory_.data(), make_layout(kCapacity0, kCapacity1)); }
  Header& with(std::uint32_t offset, std::uint32_t value) {
    word_at(memory_.data(), offset).store(value);
    return *this;
  }
  [[nodiscard]] std::string refusal(std::size_t size = kSize) {
    return test::code_of([&] { layout_ = read_layout(memory_.data(), size); });
  }
  [[nodiscard]] const Layout& layout() const { return layout_; }

 private:
  alignas(128) std::array<std::byte, kHeaderSize> memory_{};
  Layout layout_;
};

constexpr std::uint32_t ring_offset(std::uint32_t ring) { return kRingOffsetOffset + 8 * ring; }
constexpr std::uint32_t ring_capacity(std::uint32_t ring) { return kRingCapacityOffset + 8 * ring; }

// Counted where nothing can overflow.
bool is_inside(const Layout& layout, std::uint64_t size) {
  const auto end = [&](int ring) { return std::uint64_t{layout.ring_offset[ring]} + layout.ring_capacity[ring]; };
  for (const int ring : {0, 1}) {
    if (layout.ring_offset[ring] < kHeaderSize || end(ring) > size || !is_valid_capacity(layout.ring_capacity[ring]) ||
        layout.ring_offset[ring] % kLineSize != 0) {
      return false;
    }
  }
  return end(0) <= layout.ring_offset[1] || end(1) <= layout.ring_offset[0];
}

}  // namespace

TEST_CASE("header: what write_layout writes is read, in memory that is as large or larger") {
  for (const std::size_t size : {std::size_t{kSize}, std::size_t{kSize} + 65536, std::size_t{1} << 32}) {
    Header header;
    REQUIRE(header.refusal(size) == "");
    CHECK(header.layout().total_size == kSize);
    CHECK(header.layout().ring_offset[0] == kHeaderSize);
    CHECK(header.layout().ring_offset[1] == kHeaderSize + kCapacity0);
    CHECK(header.layout().ring_capacity[0] == kCapacity0);
    CHECK(header.layout().ring_capacity[1] == kCapacity1);
  }
  CHECK(Header().with(kVersionMinorOffset, 7).refusal() == "");  // only adds words
}

TEST_CASE("header: memory that is too small, or does not start like one, is CORRUPT; another version is said to be one") {
  for (const std::uint32_t size : {0u, 4u, kHeaderSize - 1, kHeaderSize, kSize - 1}) {
    CHECK(Header().refusal(size) == "CORRUPT");
  }
  CHECK(Header().with(kMagicOffset, 0).refusal() == "CORRUPT");
  CHECK(Header().with(kMagicOffset, kMagic + 1).refusal() == "CORRUPT");
  for (const std::uint32_t version : {0u, 2u, 0xffffffffu}) {
    CHECK(Header().with(kVersionMajorOffset, version).refusal() == "VERSION_MISMATCH");
  }
}

TEST_CASE("header: a ring that is not whole inside the segment, or has an impossible size, is CORRUPT") {
  for (const std::uint32_t ring : {0u, 1u}) {
    CAPTURE(ring);
    for (const std::uint32_t capacity : {0u, 1u, 2048u, 4097u, 12288u, 65536u, kMaxCapacity, 0x80000000u, 0xffffffffu}) {
      CAPTURE(capacity);
      CHECK(Header().with(ring_capacity(ring), capacity).refusal() == "CORRUPT");
    }
    // The last ones wrap around when a capacity is added in 32 bits.
    for (const std::uint32_t offset : {0u, 128u, kHeaderSize - 128, kHeaderSize + 64, kSize, kSize - 128, 0xffffff80u}) {
      CAPTURE(offset);
      CHECK(Header().with(ring_offset(ring), offset).refusal() == "CORRUPT");
    }
  }
  for (const std::uint32_t total : {0u, kHeaderSize, kSize - 65536, kSize + 1, kSize + 65536, 0xffffffffu}) {
    CAPTURE(total);
    CHECK(Header().with(kTotalSizeOffset, total).refusal() == "CORRUPT");
  }
}

TEST_CASE("header: a ring starts at a whole line") {
  for (const std::uint32_t shift : {4u, 8u, 64u, 127u, 129u}) {
    CHECK(Header().with(ring_offset(1), kHeaderSize + kCapacity0 + shift).refusal() == "CORRUPT");
  }
  CHECK(Header().with(ring_offset(1), kHeaderSize + kCapacity0 + 128).refusal() == "");
}

TEST_CASE("header: a ring that would wrap around the end of the numbers is CORRUPT") {
  const auto refusal = [](std::uint32_t offset, std::uint32_t capacity) {
    Header header;
    header.with(kTotalSizeOffset, 0xffff0000).with(ring_offset(1), offset).with(ring_capacity(1), capacity);
    return header.refusal(std::size_t{1} << 32);
  };
  CHECK(refusal(0xffff0000 - kMaxCapacity, kMaxCapacity) == "");
  CHECK(refusal(0xffff0000 - 4096, 4096) == "");
  CHECK(refusal(0xffff0000 - 4096, kMaxCapacity) == "CORRUPT");
  CHECK(refusal(0xffff0000, kMaxCapacity) == "CORRUPT");
}

TEST_CASE("header: rings may lie in any order, and may not overlap by a byte") {
  const auto with_offsets = [](std::uint32_t first, std::uint32_t second) {
    return Header().with(ring_offset(0), first).with(ring_offset(1), second).refusal();
  };
  CHECK(with_offsets(kHeaderSize + kCapacity1, kHeaderSize) == "");
  CHECK(with_offsets(kSize - kCapacity0, kHeaderSize) == "");
  CHECK(with_offsets(kHeaderSize, kHeaderSize) == "CORRUPT");
  CHECK(with_offsets(kHeaderSize, kHeaderSize + kCapacity0 - 128) == "CORRUPT");
  CHECK(with_offsets(kHeaderSize + kCapacity1 - 128, kHeaderSize) == "CORRUPT");
}

TEST_CASE("header: whatever is in it, what is accepted lies inside the memory") {
  const std::uint64_t seed = test::seed_or(31337);
  CAPTURE(seed);
  test::Random random(seed);
  unsigned accepted = 0;
  for (unsigned round = 0; round < test::rounds(100000, 10000); ++round) {
    Header header;
    for (std::uint32_t changes = random.between(1, 4); changes > 0; --changes) {
      const std::uint32_t offset = 4 * random.below(9);
      const std::uint32_t near_one = std::uint32_t{1} << random.below(32);
      header.with(offset, random.one_of({random.word(), near_one, near_one - 128, kHeaderSize + 128 * random.below(600)}));
    }
    const std::size_t size = random.one_of({kSize, kHeaderSize, kSize + 65536, 65536 * random.below(100)});
    const std::string refusal = header.refusal(size);
    if (refusal.empty()) {
      ++accepted;
      REQUIRE(is_inside(header.layout(), size));
    } else {
      REQUIRE((refusal == "CORRUPT" || refusal == "VERSION_MISMATCH"));
    }
  }
  CHECK(accepted > 100);
}
