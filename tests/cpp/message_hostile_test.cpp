// Messages from a peer that cuts them as it likes: `corrupt`, `too_large` or a message of bytes that are there.
#include <shared_channel/message.hpp>

#include <cstring>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "support/array_memory.hpp"
#include "support/message_ring.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::Bytes;
using test::MessageRing;
using test::Random;
using test::some_bytes;

namespace {

// The payload of a first fragment: the message's length, a zero, then `size` bytes of it.
Bytes first_fragment(std::uint32_t message_size, std::uint32_t size, std::uint32_t zero = 0) {
  Bytes bytes = some_bytes(kFragmentPrefixSize + size, 1);
  std::memcpy(bytes.data(), &message_size, 4);
  std::memcpy(bytes.data() + 4, &zero, 4);
  return bytes;
}

// The payload of a whole call or reply: number, status, then `size` bytes.
Bytes whole_call(std::uint32_t status, std::uint32_t size) {
  Bytes bytes = some_bytes(kCallHeadSize + size, 1);
  std::memcpy(bytes.data() + 4, &status, 4);
  return bytes;
}

struct Forged {
  std::uint32_t tag;
  Bytes payload;
};

ReadStatus read_forged(const std::vector<Forged>& records, std::uint32_t max_message_bytes = 0xffffffff) {
  MessageRing ring(max_message_bytes);
  IncomingMessage message;
  ReadStatus status = ReadStatus::again;
  for (const Forged& record : records) {
    REQUIRE(ring.forge(record.tag, record.payload) == RingStatus::ok);
    status = ring.next(message);
  }
  return status;
}

}  // namespace

TEST_CASE("hostile message: forged fragments that are right are put together") {
  MessageRing ring;
  const Bytes first = first_fragment(30, 10);
  const Bytes rest = some_bytes(20, 2);
  REQUIRE(ring.forge(5 | kFlagFirst, first) == RingStatus::ok);
  REQUIRE(ring.forge(5, {}) == RingStatus::ok);
  REQUIRE(ring.forge(5 | kFlagLast, rest) == RingStatus::ok);
  Bytes expected(first.begin() + kFragmentPrefixSize, first.end());
  expected.insert(expected.end(), rest.begin(), rest.end());
  CHECK(ring.takes(5, expected));
}

TEST_CASE("hostile message: fragments that cannot be") {
  const Bytes ten = some_bytes(10, 3);
  const Forged first = {5 | kFlagFirst, first_fragment(30, 10)};
  struct Case {
    const char* what;
    std::vector<Forged> records;
  };
  for (const Case& impossible : {
           Case{"a middle without a first", {{5, ten}}},
           Case{"a last without a first", {{5 | kFlagLast, ten}}},
           Case{"a first inside a message", {first, first}},
           Case{"a whole message inside a message", {first, {5 | kFlagFirst | kFlagLast, ten}}},
           Case{"a middle of another type", {first, {6, ten}}},
           Case{"a last of another type", {first, {6 | kFlagLast, some_bytes(20, 1)}}},
           Case{"more bytes than announced, in a middle", {first, {5, some_bytes(21, 1)}}},
           Case{"more bytes than announced, in the last", {first, {5 | kFlagLast, some_bytes(21, 1)}}},
           Case{"more bytes than announced, in the first", {{5 | kFlagFirst, first_fragment(9, 10)}}},
           Case{"a last that comes too early", {first, {5 | kFlagLast, some_bytes(19, 1)}}},
           Case{"an empty last that comes too early", {first, {5 | kFlagLast, {}}}},
           Case{"a first without its prefix", {{5 | kFlagFirst, {}}}},
           Case{"a first with half of its prefix", {{5 | kFlagFirst, some_bytes(7, 1)}}},
           Case{"a prefix whose second word is not zero", {{5 | kFlagFirst, first_fragment(30, 10, 1)}}},
           Case{"an unknown flag", {{5 | kFlagFirst | kFlagLast | 1u << 31, ten}}},
           Case{"an unknown flag on a middle", {first, {5 | 1u << 31, ten}}},
           Case{"given up and whole", {{5 | kFlagFirst | kFlagLast | kFlagAbandoned, ten}}},
           Case{"given up and last", {first, {5 | kFlagLast | kFlagAbandoned, some_bytes(20, 1)}}},
           Case{"given up with a payload", {first, {kFlagAbandoned, ten}}},
           Case{"a middle after it was given up", {first, {kFlagAbandoned, {}}, {5, ten}}},
       }) {
    CAPTURE(impossible.what);
    CHECK(read_forged(impossible.records) == ReadStatus::corrupt);
  }
}

TEST_CASE("hostile message: calls, replies and control records that cannot be") {
  constexpr std::uint32_t kNoType = kFlagFirst | kFlagLast;
  constexpr std::uint32_t kWhole = 5 | kNoType;
  const Forged first = {5 | kFlagFirst | kFlagCall, first_fragment(30, 10, 0)};
  const Bytes twenty = some_bytes(20, 3);
  struct Case {
    const char* what;
    std::vector<Forged> records;
  };
  for (const Case& impossible : {
           Case{"a call and a reply at once", {{kWhole | kFlagCall | kFlagReply, whole_call(0, 10)}}},
           Case{"fragments of a call and a reply at once", {{5 | kFlagFirst | kFlagCall | kFlagReply, twenty}}},
           Case{"a call without a head", {{kWhole | kFlagCall, {}}}},
           Case{"a call with a part of its head", {{kWhole | kFlagCall, some_bytes(7, 1)}}},
           Case{"a reply with a part of its head", {{kWhole | kFlagReply, some_bytes(7, 1)}}},
           Case{"a call that has failed", {{kWhole | kFlagCall, whole_call(kReplyFailed, 10)}}},
           Case{"a reply of an unknown status", {{kWhole | kFlagReply, whole_call(2, 10)}}},
           Case{"a fragmented call too short for its head", {{5 | kFlagFirst | kFlagCall, first_fragment(7, 0)}}},
           Case{"a fragmented reply too short for its head", {{5 | kFlagFirst | kFlagReply, first_fragment(0, 0)}}},
           Case{"a fragmented call that has failed",
                {{5 | kFlagFirst | kFlagCall, first_fragment(8, 0)}, {5 | kFlagLast | kFlagCall, whole_call(1, 0)}}},
           Case{"a call that goes on as a message", {first, {5 | kFlagLast, twenty}}},
           Case{"a call that goes on as a reply", {first, {5 | kFlagLast | kFlagReply, twenty}}},
           Case{"a message that goes on as a call",
                {{5 | kFlagFirst, first_fragment(30, 10)}, {5 | kFlagLast | kFlagCall, twenty}}},
           Case{"a reply inside a call", {first, {kWhole | kFlagReply, whole_call(0, 10)}}},
           Case{"the end of a call that never began", {{5 | kFlagLast | kFlagCall, twenty}}},
           Case{"a call given up and whole", {first, {kFlagAbandoned | kFlagCall, {}}}},
           Case{"a control record that is a call", {{kNoType | kFlagControl | kFlagCall, whole_call(0, 10)}}},
           Case{"a control record that is a reply", {{kNoType | kFlagControl | kFlagReply, whole_call(0, 10)}}},
           Case{"a control record of a type", {{kWhole | kFlagControl, twenty}}},
           Case{"fragments of a control record of a type", {{5 | kFlagFirst | kFlagControl, first_fragment(30, 10)}}},
           Case{"a message that goes on as a control record",
                {{kFlagFirst, first_fragment(30, 10)}, {kFlagLast | kFlagControl, twenty}}},
           Case{"a control record that goes on as a message",
                {{kFlagFirst | kFlagControl, first_fragment(30, 10)}, {kFlagLast, twenty}}},
           Case{"a control record given up", {first, {kFlagAbandoned | kFlagControl, {}}}},
       }) {
    CAPTURE(impossible.what);
    CHECK(read_forged(impossible.records) == ReadStatus::corrupt);
  }
}

TEST_CASE("hostile message: a call may be cut anywhere, also in its head") {
  MessageRing ring;
  const Bytes whole = whole_call(0, 12);
  const auto part = [&](std::size_t from, std::size_t to) { return Bytes(whole.begin() + from, whole.begin() + to); };
  REQUIRE(ring.forge(5 | kFlagFirst | kFlagCall, first_fragment(20, 0)) == RingStatus::ok);
  REQUIRE(ring.forge(5 | kFlagCall, part(0, 3)) == RingStatus::ok);
  REQUIRE(ring.forge(5 | kFlagCall, part(3, 9)) == RingStatus::ok);
  REQUIRE(ring.forge(5 | kFlagLast | kFlagCall, part(9, 20)) == RingStatus::ok);
  std::uint32_t number = 0;
  std::memcpy(&number, whole.data(), sizeof number);
  IncomingMessage message;
  REQUIRE(ring.next(message) == ReadStatus::message);
  CHECK(test::is(message, test::outgoing_call(5, number, {}), part(8, 20)));
}

TEST_CASE("hostile message: what was wrong stays in the ring, what came before is given back") {
  MessageRing ring;
  REQUIRE(ring.forge(5 | kFlagFirst | kFlagLast, some_bytes(16, 1)) == RingStatus::ok);
  REQUIRE(ring.forge(5 | kFlagFirst | kFlagLast | kFlagCall, {}) == RingStatus::ok);
  IncomingMessage message;
  REQUIRE(ring.next(message) == ReadStatus::message);
  REQUIRE(ring.next(message) == ReadStatus::corrupt);
  ring.reader().release();
  ring.records_in().publish();
  CHECK(ring.segment.word(kHeadOffset).load() == kRecordHeadSize + 16);
}

TEST_CASE("hostile message: giving up what was never begun is harmless") {
  CHECK(read_forged({{kFlagAbandoned, {}}}) == ReadStatus::again);
  CHECK(read_forged({{kFlagAbandoned, {}}, {5 | kFlagFirst | kFlagLast, {}}}) == ReadStatus::message);
}

TEST_CASE("hostile message: above the limit") {
  CHECK(read_forged({{5 | kFlagFirst | kFlagLast, some_bytes(100, 1)}}, 100) == ReadStatus::message);
  CHECK(read_forged({{5 | kFlagFirst | kFlagLast, some_bytes(101, 1)}}, 100) == ReadStatus::too_large);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment(100, 10)}}, 100) == ReadStatus::again);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment(101, 10)}}, 100) == ReadStatus::too_large);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment(0xffffffff, 10)}}, 0xfffffffe) == ReadStatus::too_large);
}

TEST_CASE("hostile message: the limit is on the payload, without a call's head") {
  constexpr std::uint32_t kWhole = 5 | kFlagFirst | kFlagLast | kFlagReply;
  CHECK(read_forged({{kWhole, whole_call(0, 100)}}, 100) == ReadStatus::message);
  CHECK(read_forged({{kWhole, whole_call(0, 101)}}, 100) == ReadStatus::too_large);
  CHECK(read_forged({{5 | kFlagFirst | kFlagCall, first_fragment(108, 10)}}, 100) == ReadStatus::again);
  CHECK(read_forged({{5 | kFlagFirst | kFlagCall, first_fragment(109, 10)}}, 100) == ReadStatus::too_large);
}

TEST_CASE("hostile message: a length that there is no memory for") {
  const test::NoMemoryAbove limit(1u << 20);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment(0xffffffff, 10)}}) == ReadStatus::out_of_memory);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment((1u << 20) + 1, 10)}}) == ReadStatus::out_of_memory);
  CHECK(read_forged({{5 | kFlagFirst, first_fragment(1u << 20, 10)}}) == ReadStatus::again);
}

TEST_CASE("hostile message: random records") {
  const std::uint64_t seed = test::seed_or(11);
  CAPTURE(seed);
  Random random(seed);
  constexpr std::uint32_t kLimit = 20000;
  const unsigned rounds = test::rounds(500000, 100000);
  MessageRing ring(kLimit);
  std::uint32_t type = 0;
  unsigned messages = 0;
  unsigned corrupt = 0;
  unsigned too_large = 0;
  const auto some_record = [&]() -> Forged {
    // Likely sequences, so that fragments get somewhere, and now and then anything.
    if (random.one_in(4)) {
      const std::uint32_t kinds[] = {0, 0, kFlagCall, kFlagReply, kFlagControl};
      type = random.below(2) | kinds[random.below(5)];
    }
    switch (random.below(9)) {
      case 0: return {random.word() & ~kFlagFiller, some_bytes(random.below(40), seed)};
      case 1:
      case 8: {
        const std::uint32_t tag = type | kFlagFirst | kFlagLast;
        if (type <= kMaxMessageType || random.one_in(8)) return {tag, some_bytes(random.below(300), seed)};
        return {tag, whole_call(random.one_in(8) ? kReplyFailed : kReplyOk, random.below(300))};
      }
      case 2: return {kFlagAbandoned, {}};
      case 3:
      case 4: {
        const std::uint32_t size = random.below(100);
        Forged first = {type | kFlagFirst,
                        first_fragment(random.one_in(8) ? random.word() : size + random.below(100), size,
                                       random.one_in(50) ? 1 : 0)};
        // The status of a call, which chance would hardly make 0.
        if (size >= kCallHeadSize) std::memset(first.payload.data() + kFragmentPrefixSize + 4, 0, 4);
        return first;
      }
      case 5: return {type, some_bytes(random.below(30), seed)};
      default: return {type | kFlagLast, some_bytes(random.below(100), seed)};
    }
  };
  for (unsigned round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const Forged record = some_record();
    if (ring.forge(record.tag, record.payload) != RingStatus::ok) FAIL("no room");
    IncomingMessage message;
    ReadStatus status;
    while ((status = ring.next(message)) == ReadStatus::message) {
      if (message.size > kLimit) FAIL("a message above the limit");
      // Each byte is there: AddressSanitizer and the guard pages watch.
      (void)std::accumulate(message.data, message.data + message.size, 0u,
                            [](unsigned sum, std::byte byte) { return sum + std::to_integer<unsigned>(byte); });
      ++messages;
    }
    if (status == ReadStatus::again) continue;
    if (status == ReadStatus::out_of_memory) FAIL("memory for a message above the limit was asked for");
    ++(status == ReadStatus::corrupt ? corrupt : too_large);
    (void)ring.next(message);  // a host stops here; one that does not comes to no harm
    ring.start_anew();
  }
  CHECK(messages > rounds / 10);
  CHECK(corrupt > rounds / 10);
  CHECK(too_large > rounds / 200);
}
