// A peer that writes what it likes into the shared memory: this process lives, and says what is wrong.
#include <shared_channel/channel.hpp>

#include <sys/mman.h>

#include <atomic>
#include <new>
#include <set>
#include <string>
#include <thread>

#include <channel_end.hpp>
#include <shared_channel/message.hpp>

#include <doctest/doctest.h>

#include "support/failing.hpp"
#include "support/message_ring.hpp"
#include "support/rounds.hpp"
#include "support/side1_handle.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::code_of;
using test::some_bytes;

namespace {

constexpr auto kPatience = 20s;

// The other end, as whoever has the memory may use it: at addresses of its own, so that the thread sanitizer takes it for
// another process.
class Peer {
 public:
  explicit Peer(const Channel& channel)
      : end(ChannelEnd::open(channel.peer_handle(), PeerTrust::untrusted)),
        base(map(end->segment())),
        ring_(base, end->layout(), 1),
        writer(ring_) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { munmap(base, end->segment().size()); }

  [[nodiscard]] Word& word(std::uint32_t offset) const { return word_at(base, offset); }
  void ring() const {
    end->peer_bell().move();
    end->wake_peer();
  }
  void send(OutgoingMessage message) {
    REQUIRE(writer.try_write(message) == RingStatus::ok);
    ring();
  }

  std::unique_ptr<ChannelEnd> end;
  std::byte* const base;

 private:
  static std::byte* map(const Segment& segment) {
    void* const memory = mmap(nullptr, segment.size(), PROT_READ | PROT_WRITE, MAP_SHARED, segment.descriptor(), 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
  }

  RingWriter ring_;

 public:
  MessageWriter writer;
};

const std::set<std::string> kKnownCodes = {"",       "CORRUPT",           "PEER_LOST", "CLOSED",
                                           "TIMEOUT", "MESSAGE_TOO_LARGE", "OUT_OF_MEMORY", "REMOTE_ERROR"};

}  // namespace

TEST_CASE("hostile channel: positions that cannot be end the channel") {
  auto channel = Channel::create({.capacity = 4096});
  Peer peer(channel);
  SUBCASE("of the ring that it writes") {
    for (const std::uint32_t tail : {4u, 4104u, 0x80000000u, 0xfffffff8u}) {
      CAPTURE(tail);
      auto other = Channel::create({.capacity = 4096});
      Peer scribbler(other);
      scribbler.word(kTailOffset + kRingStride).store(tail);
      scribbler.ring();
      for (int i = 0; i < 2; ++i) CHECK(code_of([&] { (void)other.receive(kPatience); }) == "CORRUPT");
      CHECK(code_of([&] { other.send(1, "x"); }) == "CORRUPT");
      CHECK(other.close() == 0);
      CHECK(scribbler.end->look_at_peer() == PeerState::lost);
    }
  }
  SUBCASE("of the ring that it reads, and who waits for a message hears of it too") {
    std::string receiving;
    std::thread receiver([&] { receiving = code_of([&] { (void)channel.receive(); }); });
    peer.word(kHeadOffset).store(4);
    CHECK(code_of([&] { for (;;) channel.send(1, Bytes(1000)); }) == "CORRUPT");
    receiver.join();
    CHECK(receiving == "CORRUPT");
  }
}

TEST_CASE("hostile channel: records that cannot be end the channel") {
  for (const auto& [length, tag] : {std::pair{0xffffffffu, kFlagFirst | kFlagLast}, {4088u, kFlagFirst | kFlagLast},
                                   {8u, kFlagFirst | kFlagLast | kFlagCall | kFlagReply}, {8u, kFlagLast},
                                   {4u, kFlagFirst | kFlagLast | kFlagCall}, {8u, 0x80000000u}}) {
    CAPTURE(length);
    CAPTURE(tag);
    auto channel = Channel::create({.capacity = 4096});
    Peer peer(channel);
    std::byte* const ring = peer.base + peer.end->layout().ring_offset[1];
    word_at(ring, 0).store(length);
    word_at(ring, 4).store(tag);
    peer.word(kTailOffset + kRingStride).store(16);
    peer.ring();
    CHECK(code_of([&] { (void)channel.receive(kPatience); }) == "CORRUPT");
  }
}

TEST_CASE("hostile channel: a state that cannot be counts as lost") {
  for (const std::uint32_t state : {kStateGone + 1, 0x80000001u, 0xffffffffu}) {
    auto channel = Channel::create();
    Peer peer(channel);
    peer.word(kStateOffset + kSideStride).store(state);
    peer.ring();
    CHECK(code_of([&] { (void)channel.receive(kPatience); }) == "PEER_LOST");
    CHECK(code_of([&] { channel.send(1, "x"); }) == "PEER_LOST");
  }
}

TEST_CASE("hostile channel: a peer that closes and goes on sending cannot keep close waiting") {
  auto channel = Channel::create({.capacity = 4096});
  Peer peer(channel);
  std::atomic<bool> done = false;
  std::thread flood([&] {
    const Bytes bytes(100);
    OutgoingMessage message = test::outgoing(1, bytes);
    while (!done.load()) {
      OutgoingMessage next = message;
      (void)peer.writer.try_write(next);
      peer.ring();
    }
  });
  (void)channel.close(20ms);
  done.store(true);
  flood.join();
  CHECK(code_of([&] { (void)channel.receive(); }) == "CLOSED");
}

TEST_CASE("hostile channel: answers to calls that were never made are nobody's") {
  auto channel = Channel::create({.capacity = 4096});
  Peer peer(channel);
  const Bytes bytes = some_bytes(20, 1);
  for (std::uint32_t number = 0; number < 5; ++number) peer.send(test::outgoing_reply(1, number, kReplyOk, bytes));
  peer.send(test::outgoing(9, bytes));
  const auto message = channel.receive(kPatience);
  REQUIRE(message);
  CHECK(message->type == 9);
}

TEST_CASE("hostile channel: a posted buffer is declined, and a text that is none is ignored") {
  auto channel = Channel::create({.capacity = 4096});
  Peer peer(channel);
  const auto post = [&](const std::string& text) {
    peer.send({.data = reinterpret_cast<const std::byte*>(text.data()),
               .size = static_cast<std::uint32_t>(text.size()),
               .kind = MessageKind::control});
  };
  for (const char* const text : {"", "post", "post\n", "post\nx\nread-only", "nonsense\n1", "received\n1\n2\n3", "\n\n\n"}) post(text);
  post("post\n41\nread-only\n5\nhandle\n{}");
  post("post\n42\nfor-ever");
  peer.send(test::outgoing(1, {}));
  REQUIRE(channel.receive(kPatience));
  CHECK_FALSE(channel.try_receive());
  RingReader ring(peer.base, peer.end->layout(), 0);
  MessageReader reader(ring, 4096);
  for (const char* const expected : {"declined\n41\nNOT_SUPPORTED\n", "declined\n42\nNOT_SUPPORTED\n"}) {
    IncomingMessage answer;
    REQUIRE(reader.next(answer) == ReadStatus::message);
    CHECK(answer.kind == MessageKind::control);
    const std::string text(reinterpret_cast<const char*>(answer.data), answer.size);
    CHECK(text.starts_with(expected));
  }
}

TEST_CASE("hostile channel: whatever is scribbled over the segment, nothing worse than an error comes of it") {
  const std::uint64_t seed = test::seed_or(5);
  CAPTURE(seed);
  test::Random random(seed);
  std::set<std::string> seen;
  for (unsigned round = 0; round < test::rounds(600, 100); ++round) {
    auto channel = Channel::create({.capacity = 4096});
    Peer peer(channel);
    std::atomic<bool> done = false;
    std::thread scribbler([&, own = test::Random(seed + round)]() mutable {
      const Bytes bytes = some_bytes(500, round);
      while (!done.load()) {
        OutgoingMessage message = test::outgoing(1, bytes);
        (void)peer.writer.try_write(message);
        const std::uint32_t words = own.one_in(2) ? 400 : peer.end->layout().total_size / 4;
        peer.word(4 * own.below(words)).store(own.one_in(2) ? own.below(8192) : own.word());
        peer.ring();
      }
    });
    for (int i = 0; i < 30; ++i) {
      seen.insert(code_of([&] { (void)channel.receive(1ms); }));
      seen.insert(code_of([&] { channel.send(1, some_bytes(random.below(3000), i), 1ms); }));
      seen.insert(code_of([&] { (void)channel.request(2, "x", 1ms); }));
      (void)channel.peer();
    }
    (void)channel.close(1ms);
    done.store(true);
    scribbler.join();
  }
  for (const std::string& code : seen) CHECK(kKnownCodes.contains(code));
  CHECK(seen.contains("CORRUPT"));
}

TEST_CASE("hostile channel: a handle that is none, or is of something else, opens nothing") {
  const auto channel = Channel::create();
  const std::string handle = channel.peer_handle();
  for (std::size_t length = 0; length < handle.size(); ++length) {
    CHECK(code_of([&] { (void)Channel::open(handle.substr(0, length)); }) == "INVALID_ARGUMENT");
  }
  const auto segment = Segment::create(1 << 20, SegmentUse::other_processes);
  CHECK(code_of([&] { (void)Channel::open(segment.handle(SegmentHandle::Role::buffer, 10).text()); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)Channel::open(test::side1_handle(segment, 1 << 20)); }) == "CORRUPT");
  std::string stale;
  {
    const auto gone = Channel::create();
    stale = gone.peer_handle();
  }
  CHECK(code_of([&] { (void)Channel::open(stale); }) == "CLOSED");
}
