// A channel whose JavaScript side has memory of its own: what passes, when it passes and who is rung. A hostile side, of
// either memory, gets at nothing but the words and rings that it may write: guard pages and canaries tell.
#include <mirror.hpp>

#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>

#include "support/guarded_segment.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::GuardedSegment;
using test::Random;

namespace {

constexpr std::uint32_t kCapacity = kMinCapacity;
constexpr std::uint32_t kAnything = kWaitingForData | kWaitingForRoom;

// JavaScript, on side 0 in memory of its own, and native code at the segment, each with both of its rings.
struct Channel {
  Channel() {
    segment.word(kStateOffset).store(kStateOpen);
    mirror.open(view());
  }

  [[nodiscard]] std::span<std::byte> view() const { return {own.base(), own.layout().total_size}; }
  [[nodiscard]] bool is_intact() const { return own.is_intact() && segment.is_intact(); }

  GuardedSegment own;
  GuardedSegment segment;
  Mirror mirror{segment.base(), segment.layout(), 0};
  RingWriter script_out{own.base(), own.layout(), 0};
  RingReader script_in{own.base(), own.layout(), 1};
  RingWriter native_out{segment.base(), segment.layout(), 1};
  RingReader native_in{segment.base(), segment.layout(), 0};
  Bell script_bell{segment.base(), 0};
  Bell native_bell{segment.base(), 1};
  Bell native_bell_in_own{own.base(), 1};
};

void write(RingWriter& writer, std::uint32_t size, std::uint32_t tag) {
  std::byte* slot = nullptr;
  REQUIRE(writer.try_reserve(size, slot) == RingStatus::ok);
  std::memset(slot, static_cast<int>(tag & 0xff), size);
  writer.commit(size, tag);
}

// Takes the next record; true if it is the one that `write` wrote.
bool reads(RingReader& reader, std::uint32_t size, std::uint32_t tag) {
  Record record;
  if (reader.try_read(record) != RingStatus::ok || record.tag != tag || record.length != size) return false;
  const bool same = std::all_of(record.payload, record.payload + size,
                                [tag](std::byte byte) { return byte == static_cast<std::byte>(tag & 0xff); });
  reader.pop();
  reader.publish();
  return same;
}

RingStatus look(RingReader& reader) {
  Record record;
  return reader.try_read(record);
}

}  // namespace

TEST_CASE("mirror: JavaScript's memory becomes a channel, whatever it was, with what was in the segment before") {
  GuardedSegment segment;
  GuardedSegment own;
  // As another channel has left it.
  std::memset(own.base(), 0xee, kRingCapacityOffset + 12);
  for (const std::uint32_t word : {kStateOffset, kWaitingOffset, kBellOffset, kTailOffset, kHeadOffset}) {
    own.word(word).store(24);
    own.word(word + (word < kTailOffset ? kSideStride : kRingStride)).store(24);
  }
  segment.word(kStateOffset).store(kStateOpen);
  segment.word(kStateOffset + kSideStride).store(kStateClosed);
  RingWriter native_out(segment.base(), segment.layout(), 1);
  write(native_out, 100, 7);
  Mirror mirror(segment.base(), segment.layout(), 0);
  mirror.open({own.base(), own.layout().total_size});

  CHECK(std::memcmp(own.base(), segment.base(), kRingCapacityOffset + 12) == 0);
  CHECK(own.word(kStateOffset) == kStateOpen);
  CHECK(own.word(kStateOffset + kSideStride) == kStateClosed);
  RingReader script_in(own.base(), own.layout(), 1);
  CHECK(reads(script_in, 100, 7));
  CHECK(look(script_in) == RingStatus::again);
  RingReader native_in(segment.base(), segment.layout(), 0);
  RingWriter script_out(own.base(), own.layout(), 0);
  for (std::uint32_t number = 0; number < 3; ++number) {
    write(script_out, 2000, number);
    (void)mirror.publish({own.base(), own.layout().total_size});
    CHECK(reads(native_in, 2000, number));
    mirror.collect({own.base(), own.layout().total_size});
  }
  CHECK(own.is_intact());
}

TEST_CASE("mirror: records pass both ways, around the end of the ring, and so does the room that they give back") {
  Channel channel;
  std::uint32_t number = 1;
  // Several times around each ring, with records of which three fill it.
  for (const std::uint32_t size : {1300u, 1300u, 900u, 2040u, 8u, 0u, 1300u, 1300u, 2040u, 700u}) {
    for (int round = 0; round < 5; ++round, ++number) {
      CAPTURE(number);
      write(channel.script_out, size, number);
      CHECK(look(channel.native_in) == RingStatus::again);
      (void)channel.mirror.publish(channel.view());
      CHECK(reads(channel.native_in, size, number));
      channel.mirror.collect(channel.view());

      write(channel.native_out, size, number);
      CHECK(look(channel.script_in) == RingStatus::again);
      channel.mirror.collect(channel.view());
      CHECK(reads(channel.script_in, size, number));
      (void)channel.mirror.publish(channel.view());
    }
  }
  CHECK(channel.segment.word(kTailOffset) > 4 * kCapacity);
  CHECK(channel.segment.word(kHeadOffset + kRingStride) > 4 * kCapacity);
  CHECK(channel.is_intact());
}

TEST_CASE("mirror: what JavaScript has not read is not written over, however often the mirror collects") {
  Channel channel;
  write(channel.native_out, kCapacity / 2 - 8, 1);
  write(channel.native_out, kCapacity / 2 - 8, 2);
  channel.mirror.collect(channel.view());
  std::byte* slot = nullptr;
  CHECK(channel.native_out.try_reserve(0, slot) == RingStatus::again);
  // A native side that writes all the same is no writer any more.
  std::memset(channel.segment.ring(1), 0xee, kCapacity);
  channel.mirror.collect(channel.view());
  CHECK(reads(channel.script_in, kCapacity / 2 - 8, 1));
  CHECK(reads(channel.script_in, kCapacity / 2 - 8, 2));
}

TEST_CASE("mirror: a native side that sleeps is rung once for what it waits for") {
  Channel channel;
  SUBCASE("data") {
    channel.native_bell.announce(kWaitingForData);
    write(channel.script_out, 8, 1);
    CHECK(channel.mirror.publish(channel.view()));
    CHECK(channel.native_bell.value() == 1);
    write(channel.script_out, 8, 2);
    CHECK_FALSE(channel.mirror.publish(channel.view()));  // it is awake by now
  }
  SUBCASE("room") {
    write(channel.native_out, 8, 1);
    channel.mirror.collect(channel.view());
    CHECK(reads(channel.script_in, 8, 1));
    channel.native_bell.announce(kWaitingForRoom);
    CHECK(channel.mirror.publish(channel.view()));
    CHECK(channel.native_bell.value() == 1);
  }
  SUBCASE("nothing that came") {
    channel.native_bell.announce(kWaitingForRoom);
    write(channel.script_out, 8, 1);
    CHECK_FALSE(channel.mirror.publish(channel.view()));
    CHECK_FALSE(channel.mirror.publish(channel.view()));
    CHECK(channel.native_bell.value() == 0);
  }
}

TEST_CASE("mirror: a native side that does not sleep is not rung, but for the end") {
  Channel channel;
  write(channel.script_out, 8, 1);
  CHECK_FALSE(channel.mirror.publish(channel.view()));
  channel.own.word(kStateOffset).store(kStateClosed);
  write(channel.script_out, 8, 2);
  CHECK(channel.mirror.publish(channel.view()));
  CHECK(channel.native_bell.value() == 1);
  CHECK(channel.segment.word(kStateOffset) == kStateClosed);
  CHECK(reads(channel.native_in, 8, 1));
  CHECK(reads(channel.native_in, 8, 2));
  CHECK_FALSE(channel.mirror.publish(channel.view()));
}

TEST_CASE("mirror: JavaScript is rung for everything, and calls for everything") {
  Channel channel;
  for (int round = 0; round < 3; ++round) {
    CHECK(channel.script_bell.take(kWaitingForData));
    CHECK(channel.script_bell.take(kWaitingForRoom));
    CHECK_FALSE(channel.script_bell.take(kAnything));
    channel.mirror.collect(channel.view());

    CHECK(channel.native_bell_in_own.take(kWaitingForData));
    CHECK(channel.native_bell_in_own.take(kWaitingForRoom));
    (void)channel.mirror.publish(channel.view());
  }
}

TEST_CASE("mirror: what was sent before the native side closed is there when its state says closed") {
  Channel channel;
  write(channel.native_out, 8, 1);
  channel.segment.word(kStateOffset + kSideStride).store(kStateClosed);
  channel.mirror.collect(channel.view());
  CHECK(channel.own.word(kStateOffset + kSideStride) == kStateClosed);
  CHECK(reads(channel.script_in, 8, 1));
}

TEST_CASE("mirror: memory that was detached or resized is left alone") {
  Channel channel;
  write(channel.script_out, 8, 1);
  CHECK_FALSE(channel.mirror.publish({}));
  CHECK_FALSE(channel.mirror.publish(channel.view().subspan(0, kHeaderSize)));
  channel.mirror.collect({});
  CHECK(look(channel.native_in) == RingStatus::again);
  (void)channel.mirror.publish(channel.view());
  CHECK(reads(channel.native_in, 8, 1));
}

TEST_CASE("mirror: a position that cannot be makes its reader say corrupt") {
  const auto is_told = [&](std::uint32_t word, const auto& reader_says) {
    for (const std::uint32_t wrong : {8u, 17u, 20u, kCapacity + 8, kCapacity + 16, 0x80000000u, 0xfffffff8u}) {
      Channel fresh;
      write(fresh.script_out, 8, 1);
      write(fresh.native_out, 8, 1);
      (void)fresh.mirror.publish(fresh.view());
      fresh.mirror.collect(fresh.view());
      // A record of 16 bytes lies in both rings, and nobody has read it. Half of it may be given back, for all that the
      // mirror knows of records; a writer takes nothing back.
      if (wrong == 8 && (word == kHeadOffset || word == kHeadOffset + kRingStride)) continue;
      CAPTURE(wrong);
      CHECK(reader_says(fresh, word, wrong) == RingStatus::corrupt);
      CHECK(fresh.is_intact());
    }
  };
  const auto fill = [](RingWriter& writer) {
    std::byte* slot = nullptr;
    RingStatus status = RingStatus::ok;
    while ((status = writer.try_reserve(kCapacity / 2 - 8, slot)) == RingStatus::ok) writer.commit(kCapacity / 2 - 8, 1);
    return status;
  };
  is_told(kTailOffset + kRingStride, [](Channel& fresh, std::uint32_t word, std::uint32_t wrong) {
    fresh.segment.word(word).store(wrong);
    fresh.mirror.collect(fresh.view());
    return look(fresh.script_in);
  });
  is_told(kTailOffset, [](Channel& fresh, std::uint32_t word, std::uint32_t wrong) {
    fresh.own.word(word).store(wrong);
    (void)fresh.mirror.publish(fresh.view());
    return look(fresh.native_in);
  });
  is_told(kHeadOffset, [&](Channel& fresh, std::uint32_t word, std::uint32_t wrong) {
    fresh.segment.word(word).store(wrong);
    fresh.mirror.collect(fresh.view());
    return fill(fresh.script_out);
  });
  is_told(kHeadOffset + kRingStride, [&](Channel& fresh, std::uint32_t word, std::uint32_t wrong) {
    fresh.own.word(word).store(wrong);
    (void)fresh.mirror.publish(fresh.view());
    return fill(fresh.native_out);
  });
}

TEST_CASE("mirror: a writer that takes a record back, before anybody has read it, is corrupt") {
  Channel channel;
  write(channel.native_out, 8, 1);
  write(channel.native_out, 8, 2);
  channel.mirror.collect(channel.view());
  channel.segment.word(kTailOffset + kRingStride).store(16);
  channel.mirror.collect(channel.view());
  CHECK(look(channel.script_in) == RingStatus::corrupt);
}

TEST_CASE("mirror: a ring whose position could not be stays stopped") {
  Channel channel;
  channel.segment.word(kTailOffset + kRingStride).store(kCapacity + 8);
  channel.mirror.collect(channel.view());
  channel.segment.word(kTailOffset + kRingStride).store(16);
  channel.mirror.collect(channel.view());
  CHECK(look(channel.script_in) == RingStatus::corrupt);
  // The other ring still works.
  write(channel.script_out, 8, 1);
  (void)channel.mirror.publish(channel.view());
  CHECK(reads(channel.native_in, 8, 1));
}

TEST_CASE("mirror: words at random on either side reach nothing outside of the rings") {
  const std::uint64_t seed = test::seed_or(41);
  CAPTURE(seed);
  Random random(seed);
  for (unsigned round = 0; round < test::rounds(3000, 500); ++round) {
    Channel channel;
    for (int step = 0; step < 40; ++step) {
      GuardedSegment& victim = random.one_in(2) ? channel.segment : channel.own;
      const std::uint32_t offset =
          random.one_of({kTailOffset, kHeadOffset, kStateOffset, kWaitingOffset, kBellOffset, kMagicOffset,
                         kRingOffsetOffset, kRingCapacityOffset, kTotalSizeOffset});
      const bool of_ring = offset == kTailOffset || offset == kHeadOffset;
      const bool of_side = offset == kStateOffset || offset == kWaitingOffset || offset == kBellOffset;
      const std::uint32_t stride = of_ring ? kRingStride : of_side ? kSideStride : 0;
      // Often a position that could be, so that there is something to copy.
      const std::uint32_t value =
          random.one_in(4) ? random.word() : victim.word(offset).load() + kRecordAlignment * random.below(700);
      victim.word(offset + (random.one_in(2) ? stride : 0)).store(value);
      if (random.one_in(2)) {
        channel.mirror.collect(channel.view());
      } else {
        (void)channel.mirror.publish(channel.view());
      }
    }
    REQUIRE(channel.is_intact());
  }
}
