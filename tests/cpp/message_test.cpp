// Messages of any size through a ring of 4 KiB.
#include <shared_channel/message.hpp>

#include <deque>

#include <doctest/doctest.h>

#include "support/message_ring.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::Bytes;
using test::MessageRing;
using test::outgoing;
using test::outgoing_call;
using test::outgoing_reply;
using test::Random;
using test::some_bytes;

namespace {

constexpr std::uint32_t kLargestRecord = max_record_payload(kMinCapacity);
constexpr std::uint32_t kFragment = fragment_payload(kMinCapacity);

}  // namespace

TEST_CASE("message: none") {
  MessageRing ring;
  IncomingMessage message;
  CHECK(ring.next(message) == ReadStatus::again);
  CHECK(ring.next(message) == ReadStatus::again);
}

TEST_CASE("message: one that fits a record is read in the ring itself") {
  for (const std::uint32_t size : {0u, 1u, 7u, 8u, 9u, kFragment, kLargestRecord}) {
    CAPTURE(size);
    MessageRing ring;
    const Bytes bytes = some_bytes(size, size);
    OutgoingMessage message = outgoing(kMaxMessageType, bytes);
    REQUIRE(ring.writer().try_write(message) == RingStatus::ok);
    IncomingMessage received;
    REQUIRE(ring.next(received) == ReadStatus::message);
    CHECK(received.data == ring.segment.ring(0) + kRecordHeadSize);
    CHECK(test::holds(received, kMaxMessageType, bytes));
    CHECK(ring.next(received) == ReadStatus::again);
  }
}

TEST_CASE("message: larger than a record, larger than the ring") {
  for (const std::uint32_t size : {kLargestRecord + 1, kMinCapacity, kMinCapacity + 1, 10 * kMinCapacity,
                                   3 * kFragment - kFragmentPrefixSize, 3 * kFragment - kFragmentPrefixSize + 1}) {
    CAPTURE(size);
    MessageRing ring;
    CHECK(ring.passes(0, some_bytes(size, 1)));
    CHECK(ring.passes(kMaxMessageType, some_bytes(size, 2)));
    CHECK(ring.passes(7, Bytes()));
    CHECK(ring.segment.is_intact());
  }
}

TEST_CASE("message: a call and its reply carry a number and a status in front of the payload") {
  MessageRing ring;
  const Bytes question = some_bytes(20, 1);
  const Bytes answer = some_bytes(9, 2);
  const std::uint32_t number = 0xfedcba98;
  OutgoingMessage call = outgoing_call(kMaxMessageType, number, question);
  OutgoingMessage reply = outgoing_reply(kMaxMessageType, number, kReplyOk, answer);
  OutgoingMessage failure = outgoing_reply(0, 0, kReplyFailed, {});
  for (OutgoingMessage* const message : {&call, &reply, &failure}) {
    REQUIRE(ring.writer().try_write(*message) == RingStatus::ok);
  }

  std::byte* const record = ring.segment.ring(0);
  CHECK(word_at(record, 0).load() == kCallHeadSize + 20);
  CHECK(word_at(record, 4).load() == (kMaxMessageType | kFlagFirst | kFlagLast | kFlagCall));
  CHECK(word_at(record, 8).load() == number);
  CHECK(word_at(record, 12).load() == kReplyOk);

  IncomingMessage received;
  REQUIRE(ring.next(received) == ReadStatus::message);
  CHECK(received.data == record + kRecordHeadSize + kCallHeadSize);
  CHECK(test::is(received, call, question));
  REQUIRE(ring.next(received) == ReadStatus::message);
  CHECK(test::is(received, reply, answer));
  REQUIRE(ring.next(received) == ReadStatus::message);
  CHECK(test::is(received, failure, {}));
}

TEST_CASE("message: calls and replies of any size") {
  constexpr std::uint32_t kLargest = kLargestRecord - kCallHeadSize;
  constexpr std::uint32_t kThree = 3 * kFragment - kFragmentPrefixSize - kCallHeadSize;
  for (const std::uint32_t size : {0u, 1u, kLargest - 1, kLargest, kLargest + 1, kLargestRecord, kLargestRecord + 1,
                                   kThree - 1, kThree, kThree + 1, kMinCapacity, 10 * kMinCapacity}) {
    CAPTURE(size);
    MessageRing ring;
    const Bytes bytes = some_bytes(size, size);
    CHECK(ring.passes(outgoing_call(1, 7, bytes)));
    CHECK(ring.passes(outgoing_reply(1, 7, kReplyOk, bytes)));
    CHECK(ring.passes(outgoing_reply(1, 8, kReplyFailed, bytes)));
    CHECK(ring.passes(1, bytes));
    CHECK(ring.segment.is_intact());
  }
}

TEST_CASE("message: a fragmented call names its length with its head, which stands in the first fragment") {
  MessageRing ring;
  const Bytes bytes = some_bytes(kLargestRecord, 1);
  OutgoingMessage call = outgoing_call(5, 77, bytes);
  REQUIRE(ring.writer().try_write(call) == RingStatus::ok);
  std::byte* const first = ring.segment.ring(0);
  CHECK(word_at(first, 0).load() == kFragment);
  CHECK(word_at(first, 4).load() == (5 | kFlagFirst | kFlagCall));
  CHECK(word_at(first, 8).load() == kLargestRecord + kCallHeadSize);
  CHECK(word_at(first, 12).load() == 0);
  CHECK(word_at(first, 16).load() == 77);
  CHECK(word_at(first, 20).load() == 0);
  std::byte* const second = first + kRecordHeadSize + kFragment;
  CHECK(word_at(second, 4).load() == (5 | kFlagCall));
  IncomingMessage received;
  REQUIRE(ring.next(received) == ReadStatus::message);
  CHECK(test::is(received, call, bytes));
  CHECK(reinterpret_cast<std::uintptr_t>(received.data) % kRecordAlignment == 0);
}

TEST_CASE("message: a control record has no type and no head, whatever its size") {
  MessageRing ring;
  OutgoingMessage empty = {.kind = MessageKind::control};
  REQUIRE(ring.writer().try_write(empty) == RingStatus::ok);
  CHECK(word_at(ring.segment.ring(0), 0).load() == 0);
  CHECK(word_at(ring.segment.ring(0), 4).load() == (kFlagFirst | kFlagLast | kFlagControl));
  for (const std::uint32_t size : {0u, 1u, kLargestRecord, kLargestRecord + 1, 3 * kFragment - kFragmentPrefixSize,
                                   10 * kMinCapacity}) {
    CAPTURE(size);
    MessageRing fresh;
    const Bytes bytes = some_bytes(size, size);
    OutgoingMessage control = outgoing(0, bytes);
    control.kind = MessageKind::control;
    CHECK(fresh.passes(control));
    CHECK(fresh.passes(0, bytes));
    CHECK(fresh.segment.is_intact());
  }
}

TEST_CASE("message: a message in the ring keeps its bytes until the next one is asked for") {
  MessageRing ring;
  const Bytes first = some_bytes(kLargestRecord, 1);
  const Bytes second = some_bytes(kLargestRecord, 2);
  OutgoingMessage message = outgoing(1, first);
  REQUIRE(ring.writer().try_write(message) == RingStatus::ok);
  message = outgoing(2, second);
  REQUIRE(ring.writer().try_write(message) == RingStatus::ok);
  IncomingMessage received;
  REQUIRE(ring.next(received) == ReadStatus::message);
  ring.records_in().publish();
  OutgoingMessage third = outgoing(3, first);
  CHECK(ring.writer().try_write(third) == RingStatus::again);
  CHECK(test::holds(received, 1, first));
  CHECK(ring.takes(2, second));
  ring.records_in().publish();
  CHECK(ring.writer().try_write(third) == RingStatus::ok);
  CHECK(ring.takes(3, first));
}

TEST_CASE("message: given up in the middle, the far end drops what it has") {
  MessageRing ring;
  const Bytes large = some_bytes(3 * kMinCapacity, 1);
  const Bytes small = some_bytes(100, 2);
  IncomingMessage received;
  OutgoingMessage message = outgoing(1, large);
  REQUIRE(ring.writer().try_write(message) == RingStatus::again);
  REQUIRE(message.started);

  SUBCASE("before the far end has read any of it") { ring.writer().abandon(message); }
  SUBCASE("after the far end has read some") {
    REQUIRE(ring.next(received) == ReadStatus::again);
    REQUIRE(ring.writer().try_write(message) == RingStatus::again);
    REQUIRE(ring.next(received) == ReadStatus::again);
    ring.writer().abandon(message);
  }
  CHECK(ring.next(received) == ReadStatus::again);
  CHECK(ring.passes(2, small));
  CHECK(ring.passes(1, large));
  CHECK(ring.passes(2, small));
}

TEST_CASE("message: one that was never started is given up without a trace") {
  MessageRing ring;
  const Bytes half = some_bytes(kLargestRecord, 1);
  for (int i = 0; i < 2; ++i) {
    OutgoingMessage message = outgoing(1, half);
    REQUIRE(ring.writer().try_write(message) == RingStatus::ok);
  }
  const std::uint32_t tail = ring.segment.word(kTailOffset).load();
  for (const std::uint32_t size : {10u, 3 * kMinCapacity}) {
    const Bytes bytes = some_bytes(size, 2);
    OutgoingMessage message = outgoing(2, bytes);
    REQUIRE(ring.writer().try_write(message) == RingStatus::again);
    CHECK_FALSE(message.started);
    ring.writer().abandon(message);
  }
  CHECK(ring.segment.word(kTailOffset).load() == tail);
  CHECK(ring.takes(1, half));
  CHECK(ring.takes(1, half));
  CHECK(ring.passes(3, some_bytes(10, 3)));
}

TEST_CASE("message: several given up while the ring is full, the first of them in the middle") {
  MessageRing ring;
  const Bytes large = some_bytes(3 * kMinCapacity, 1);
  const Bytes small = some_bytes(100, 2);
  OutgoingMessage message = outgoing(1, large);
  REQUIRE(ring.writer().try_write(message) == RingStatus::again);
  ring.writer().abandon(message);
  // There is not even room for the mark that says so.
  for (const Bytes* const bytes : {&small, &large}) {
    OutgoingMessage next = outgoing(2, *bytes);
    REQUIRE(ring.writer().try_write(next) == RingStatus::again);
    CHECK_FALSE(next.started);
    ring.writer().abandon(next);
  }
  IncomingMessage received;
  CHECK(ring.next(received) == ReadStatus::again);
  CHECK(ring.passes(3, small));
  CHECK(ring.passes(4, large));
}

TEST_CASE("message: sizes and interruptions at random") {
  const std::uint64_t seed = test::seed_or(10);
  CAPTURE(seed);
  Random random(seed);
  MessageRing ring;
  struct Expected {
    OutgoingMessage sent;
    Bytes bytes;
  };
  std::deque<Expected> expected;
  unsigned received = 0;
  unsigned abandoned = 0;
  const unsigned messages = test::rounds(300000, 50000);
  const auto read_some = [&](std::uint32_t most) {
    IncomingMessage message;
    for (; most > 0; --most) {
      const ReadStatus status = ring.reader().next(message);
      if (status == ReadStatus::again) {
        ring.records_in().publish();
        continue;
      }
      if (status != ReadStatus::message) FAIL("the reader ended with status " << static_cast<int>(status));
      if (expected.empty()) FAIL("a message that was not sent");
      const auto& [sent, bytes] = expected.front();
      if (!test::is(message, sent, bytes)) FAIL("message " << received << " is not the one that was sent");
      expected.pop_front();
      ++received;
      if (random.one_in(2)) ring.records_in().publish();
    }
  };
  for (unsigned number = 0; number < messages; ++number) {
    CAPTURE(number);
    const std::uint32_t size = random.one_in(2)   ? random.below(300)
                               : random.one_in(2) ? random.below(kLargestRecord + 20)
                                                  : random.below(4 * kMinCapacity);
    const std::uint32_t type = random.below(kMaxMessageType + 1);
    Bytes bytes = some_bytes(size, number);
    const std::uint32_t patience = random.below(12);
    OutgoingMessage message = random.one_in(2)   ? outgoing(type, bytes)
                              : random.one_in(2) ? outgoing_call(type, random.word(), bytes)
                                                 : outgoing_reply(type, random.word(), random.below(2), bytes);
    RingStatus status = RingStatus::again;
    for (std::uint32_t tries = 0; tries <= patience && status == RingStatus::again; ++tries) {
      status = ring.writer().try_write(message);
      if (status == RingStatus::again) read_some(random.below(3));
    }
    if (status == RingStatus::corrupt) FAIL("the writer calls the ring corrupt");
    if (status == RingStatus::ok) {
      expected.push_back({message, std::move(bytes)});
    } else {
      ring.writer().abandon(message);
      ++abandoned;
    }
    read_some(random.below(3));
  }
  read_some(1000);
  CHECK(expected.empty());
  CHECK(received + abandoned == messages);
  CHECK(received > messages / 4);
  CHECK(abandoned > messages / 20);
  CHECK(ring.segment.is_intact());
}
