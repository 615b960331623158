// A ring whose other side writes whatever it likes: it is told `corrupt`, or it gets what lies in the ring; never does a
// read or a write leave the ring. Guard pages around it turn each one that does into a crash.
#include <shared_channel/ring.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/guarded_segment.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::GuardedSegment;
using test::Random;

namespace {

constexpr std::uint32_t kCapacity = kMinCapacity;
constexpr std::uint32_t kLargest = max_record_payload(kCapacity);

// A ring that has moved on to `position`, empty, with a good peer up to here.
class Victim {
 public:
  explicit Victim(std::uint32_t position = 0) { start_at(position); }

  // Starts anew.
  void start_at(std::uint32_t position) {
    tail().store(0);
    head().store(0);
    writer_.emplace(segment.base(), segment.layout(), 0);
    reader_.emplace(segment.base(), segment.layout(), 0);
    while (position != 0) {
      const std::uint32_t step = std::min(position, kCapacity / 2);
      std::byte* slot = nullptr;
      Record record;
      if (writer().try_reserve(step - kRecordHeadSize, slot) != RingStatus::ok) FAIL("no slot");
      writer().commit(step - kRecordHeadSize, 1);
      if (reader().try_read(record) != RingStatus::ok) FAIL("no record");
      reader().pop();
      reader().publish();
      position -= step;
    }
  }

  [[nodiscard]] RingWriter& writer() { return *writer_; }
  [[nodiscard]] RingReader& reader() { return *reader_; }
  [[nodiscard]] Word& tail() const { return segment.word(kTailOffset); }
  [[nodiscard]] Word& head() const { return segment.word(kHeadOffset); }

  void write_record_head(std::uint32_t index, std::uint32_t length, std::uint32_t tag) const {
    word_at(segment.ring(0), index).store(length);
    word_at(segment.ring(0), index + 4).store(tag);
  }

  GuardedSegment segment;

 private:
  std::optional<RingWriter> writer_;
  std::optional<RingReader> reader_;
};

// What is wrong with a record that the reader has accepted; touches each byte, which must not crash.
std::optional<std::string> problem_of(const Record& record, const GuardedSegment& segment) {
  const std::byte* const begin = segment.ring(0);
  const auto offset = record.payload - begin;
  if (offset < 8 || offset > kCapacity || offset % 8 != 0) return "the payload starts outside of the ring";
  if (record.length > kLargest) return "the payload is longer than any may be";
  if (offset + record.length > kCapacity) return "the payload ends outside of the ring";
  if ((record.tag & kFlagFiller) != 0) return "a filler was given out";
  // Atomic, since another thread may be writing there.
  for (std::uint32_t at = 0; at < record.length; at += 4) {
    (void)word_at(const_cast<std::byte*>(record.payload), at).load(std::memory_order_relaxed);
  }
  return std::nullopt;
}

struct Reading {
  std::uint32_t records = 0;
  bool corrupt = false;
  std::optional<std::string> problem = {};
};

// Reads until there is no more, as a host does.
Reading read_all(RingReader& reader, const GuardedSegment& segment) {
  Reading reading;
  std::uint32_t bytes = 0;
  Record record;
  for (;;) {
    const RingStatus status = reader.try_read(record);
    if (status == RingStatus::corrupt) {
      (void)reader.try_read(record);  // to look again does no harm
      reading.corrupt = true;
    }
    if (status != RingStatus::ok) return reading;
    reading.problem = problem_of(record, segment);
    bytes += kRecordHeadSize + align_record(record.length);
    if (bytes > kCapacity) reading.problem = "more was read than the ring holds";
    if (reading.problem) return reading;
    ++reading.records;
    reader.pop();
  }
}

std::uint32_t some_word(Random& random) {
  switch (random.below(4)) {
    case 0: return random.word();
    case 1: return random.below(64);
    case 2: return random.below(2 * kCapacity);
    default: return 0u - random.below(64);
  }
}

std::uint32_t some_position(Random& random, std::uint32_t position) {
  switch (random.below(5)) {
    case 0: return some_word(random);
    case 1: return position + random.below(kCapacity / 8 + 2) * 8;
    case 2: return position + random.below(kCapacity + 16);
    case 3: return position - random.below(kCapacity + 16);
    default: return position + kCapacity;
  }
}

std::uint32_t some_length(Random& random, std::uint32_t index) {
  switch (random.below(6)) {
    case 0: return some_word(random);
    case 1: return random.below(128);
    case 2: return kCapacity - index - 8;
    case 3: return kCapacity - index - 16 + random.below(16);
    case 4: return kLargest - 8 + random.below(16);
    default: return 0;
  }
}

std::uint32_t some_tag(Random& random) {
  switch (random.below(4)) {
    case 0: return random.word();
    case 1: return kFlagFiller;
    case 2: return kFlagFirst | kFlagLast | random.below(16);
    default: return random.word() & (kFlagFirst | kFlagLast | kFlagFiller | kFlagAbandoned);
  }
}

}  // namespace

TEST_CASE("hostile ring: a tail that cannot be") {
  Record record;
  struct Case {
    const char* what;
    std::uint32_t position;  // where the ring is
    std::uint32_t tail;
  };
  for (const Case& impossible : {Case{"not from record to record", 0, 12}, Case{"one byte", 0, 1},
                                 Case{"more than the ring holds", 0, kCapacity + 8}, Case{"behind 0", 0, 0u - 8},
                                 Case{"half way round", 0, 0x80000000}, Case{"behind the reader", 1024, 1016},
                                 Case{"back at the start", 1024, 0}, Case{"a lap back", 8192, 4096},
                                 Case{"more than the ring holds, later", 1024, 1024 + kCapacity + 8}}) {
    CAPTURE(impossible.what);
    Victim victim(impossible.position);
    victim.tail().store(impossible.tail);
    CHECK(victim.reader().has_more());
    CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
    CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
  }
}

TEST_CASE("hostile ring: a tail that moves back over what was read and not yet given back") {
  Victim victim;
  std::byte* slot = nullptr;
  Record record;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(victim.writer().try_reserve(56, slot) == RingStatus::ok);
    victim.writer().commit(56, 1);
    REQUIRE(victim.reader().try_read(record) == RingStatus::ok);
    victim.reader().pop();
  }
  victim.tail().store(64);
  CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
}

TEST_CASE("hostile ring: a record head that cannot be") {
  Record record;
  struct Case {
    const char* what;
    std::uint32_t position;
    std::uint32_t available;
    std::uint32_t length;
    std::uint32_t tag;
  };
  constexpr std::uint32_t kNearEnd = kCapacity - 64;
  for (const Case& impossible : {
           Case{"longer than the largest", 0, kCapacity, kLargest + 1, 1},
           Case{"longer than the ring", 0, kCapacity, kCapacity, 1},
           Case{"as long as the ring", 0, kCapacity, kCapacity - kRecordHeadSize, 1},
           Case{"longer than what was published", 0, 64, 57, 1},
           Case{"only a head published, with a payload", 0, 8, 1, 1},
           Case{"wraps to 0 when rounded up", 0, kCapacity, 0xffffffff, 1},
           Case{"wraps to 8 when rounded up with its head", 0, kCapacity, 0xfffffff8, 1},
           Case{"negative", 0, kCapacity, 0x80000000, 1},
           Case{"over the end of the ring", kNearEnd, kCapacity, 57, 1},
           Case{"a filler that ends before the ring", 0, kCapacity, 64, kFlagFiller},
           Case{"a filler of nothing in the middle", 512, kCapacity, 0, kFlagFiller},
           Case{"a filler over the end", kNearEnd, kCapacity, 64, kFlagFiller},
           Case{"a filler that wraps", kNearEnd, kCapacity, 0xfffffff8, kFlagFiller},
           Case{"a filler that wraps to an empty one, where that would fit", kCapacity - 8, 8, 0xffffffff, kFlagFiller},
           Case{"a filler beyond what was published", kNearEnd, 32, 56, kFlagFiller},
       }) {
    CAPTURE(impossible.what);
    Victim victim(impossible.position);
    victim.write_record_head(impossible.position, impossible.length, impossible.tag);
    victim.tail().store(impossible.position + impossible.available);
    CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
    CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
  }
}

TEST_CASE("hostile ring: fillers alone never keep the reader busy") {
  Victim victim;
  Record record;
  // A filler as long as the whole ring is allowed by its own words. It takes one lap's room, once.
  victim.write_record_head(0, kCapacity - kRecordHeadSize, kFlagFiller);
  victim.tail().store(kCapacity);
  CHECK(victim.reader().try_read(record) == RingStatus::again);
  victim.tail().store(2 * kCapacity);
  CHECK(victim.reader().try_read(record) == RingStatus::corrupt);
}

TEST_CASE("hostile ring: a head that cannot be") {
  std::byte* slot = nullptr;
  struct Case {
    const char* what;
    std::uint32_t position;
    std::uint32_t head;
  };
  for (const Case& impossible :
       {Case{"beyond what was written", 0, kCapacity + 8}, Case{"far beyond", 0, 0x7fffffff}, Case{"behind", 1024, 1016},
        Case{"at the start again", 1024, 0}, Case{"not from record to record", 0, 4}, Case{"before 0", 0, 0u - 8}}) {
    CAPTURE(impossible.what);
    Victim victim(impossible.position);
    // The head is looked at when the room is not enough: the ring is full.
    for (int i = 0; i < 4; ++i) {
      REQUIRE(victim.writer().try_reserve(kCapacity / 4 - kRecordHeadSize, slot) == RingStatus::ok);
      victim.writer().commit(kCapacity / 4 - kRecordHeadSize, 1);
    }
    victim.head().store(impossible.head);
    CHECK(victim.writer().try_reserve(0, slot) == RingStatus::corrupt);
    CHECK(victim.writer().try_reserve(kLargest, slot) == RingStatus::corrupt);
  }
}

TEST_CASE("hostile ring: neither side reads its own position back") {
  Victim victim(512);
  victim.tail().store(0xdeadbeef);
  std::byte* slot = nullptr;
  REQUIRE(victim.writer().try_reserve(8, slot) == RingStatus::ok);
  CHECK(slot == victim.segment.ring(0) + 512 + kRecordHeadSize);
  victim.writer().commit(8, 7);
  CHECK(victim.tail().load() == 512 + 16);

  victim.head().store(0xdeadbeef);
  Record record;
  REQUIRE(victim.reader().try_read(record) == RingStatus::ok);
  CHECK(record.tag == 7);
  victim.reader().pop();
  CHECK(victim.reader().publish());
  CHECK(victim.head().load() == 512 + 16);
}

TEST_CASE("hostile ring: a reader among random words") {
  const std::uint64_t seed = test::seed_or(3);
  CAPTURE(seed);
  Random random(seed);
  const unsigned rounds = test::rounds(1000000, 200000);
  Victim victim;
  unsigned read = 0;
  unsigned corrupt = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const std::uint32_t position = victim.head().load();
    // A chain of heads, often likely ones, so that the reader also gets somewhere.
    std::uint32_t index = position % kCapacity;
    for (unsigned i = random.below(8); i > 0 && index < kCapacity; --i) {
      const std::uint32_t length = some_length(random, index);
      victim.write_record_head(index, length, some_tag(random));
      index = length < kCapacity ? index + kRecordHeadSize + align_record(length) : kCapacity;
    }
    victim.tail().store(some_position(random, position));
    const Reading reading = read_all(victim.reader(), victim.segment);
    if (reading.problem) FAIL(*reading.problem);
    read += reading.records;
    corrupt += reading.corrupt;
    victim.reader().publish();
    if (reading.corrupt) victim.start_at(random.below(3 * kCapacity / 8) * 8);
  }
  // The words were not all of one kind.
  CHECK(read > rounds / 8);
  CHECK(corrupt > rounds / 4);
  CHECK(corrupt < rounds);
  CHECK(victim.segment.is_intact());
}

TEST_CASE("hostile ring: a writer among random heads") {
  const std::uint64_t seed = test::seed_or(4);
  CAPTURE(seed);
  Random random(seed);
  const unsigned rounds = test::rounds(1000000, 200000);
  Victim victim;
  unsigned written = 0;
  unsigned corrupt = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    CAPTURE(round);
    victim.head().store(some_position(random, victim.tail().load() - random.below(kCapacity / 8) * 8));
    const std::uint32_t size = random.one_in(4) ? kLargest - random.below(9) : random.below(512);
    std::byte* slot = nullptr;
    const RingStatus status = victim.writer().try_reserve(size, slot);
    if (status == RingStatus::corrupt) {
      ++corrupt;
      victim.start_at(random.below(3 * kCapacity / 8) * 8);
    }
    if (status != RingStatus::ok) continue;
    const auto offset = slot - victim.segment.ring(0);
    if (offset < 8 || offset % 8 != 0 || offset + size > kCapacity) FAIL("a slot of " << size << " at " << offset);
    std::memset(slot, 0x5a, size);
    victim.writer().commit(size - random.below(size + 1), random.word());
    ++written;
  }
  CHECK(written > rounds / 4);
  CHECK(corrupt > rounds / 20);
  CHECK(victim.segment.is_intact());
}

TEST_CASE("hostile ring: words that change while the reader looks at them") {
  const std::uint64_t seed = test::seed_or(5);
  CAPTURE(seed);
  GuardedSegment segment;
  std::atomic<bool> done = false;
  std::thread hostile([&] {
    Random random(seed);
    while (!done.load(std::memory_order_relaxed)) {
      const std::uint32_t index = random.below(kCapacity / 8) * 8;
      word_at(segment.ring(0), index).store(some_length(random, index), std::memory_order_relaxed);
      word_at(segment.ring(0), index + 4).store(some_tag(random), std::memory_order_relaxed);
      const std::uint32_t head = segment.word(kHeadOffset).load();
      segment.word(kTailOffset).store(random.one_in(4) ? some_position(random, head) : head + kCapacity);
    }
  });
  std::optional<std::string> problem;
  const unsigned enough = test::rounds(100000, 20000);
  unsigned read = 0;
  unsigned corrupt = 0;
  std::optional<RingReader> reader;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((read < enough || corrupt < enough) && !problem && std::chrono::steady_clock::now() < deadline) {
    if (!reader) {
      segment.word(kHeadOffset).store(0);
      reader.emplace(segment.base(), segment.layout(), 0);
    }
    const Reading reading = read_all(*reader, segment);
    problem = reading.problem;
    read += reading.records;
    corrupt += reading.corrupt;
    reader->publish();
    if (reading.corrupt) reader.reset();
  }
  done.store(true);
  hostile.join();
  CHECK_MESSAGE(!problem, problem.value_or(""));
  CHECK(read >= enough);
  CHECK(corrupt >= enough);
  CHECK(segment.is_intact());
}
