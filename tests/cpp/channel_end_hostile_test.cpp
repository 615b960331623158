// Peers that write into the segment what they like, or that are none.
#include <fcntl.h>

#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <doorbell.hpp>
#include <segment_lock.hpp>

#include "support/failing.hpp"
#include "support/listening_end.hpp"
#include "support/random.hpp"
#include "support/side1_handle.hpp"
#include "support/this_process.hpp"

using namespace shared_channel;
using test::Child;
using test::ListeningEnd;
using test::Wire;
using Role = SegmentHandle::Role;

namespace {

std::unique_ptr<ChannelEnd> open(const std::string& handle) { return ChannelEnd::open(handle, PeerTrust::untrusted); }

void ring(const Bell& bell) {
  bell.move();
  wake_sleepers(bell.word());
}

// Whether this is heard of a process that opens its end, writes that into its state, and is killed.
bool hears(PeerState expected, std::uint32_t state) {
  Child peer([&](const Wire& wire) {
    const auto end = open(wire.read());
    wire.write("open");
    static_cast<void>(wire.read());
    end->state().store(state);
    ring(end->peer_bell());
    wire.write("said");
    static_cast<void>(wire.read());
  });
  ListeningEnd end;
  peer.write(end.end().peer_handle());
  REQUIRE(peer.read() == "open");
  REQUIRE(end.hears_that_peer_is(PeerState::present));
  peer.write("go on");
  REQUIRE(peer.read() == "said");
  peer.kill();
  return end.hears_that_peer_is(expected);
}

// Memory that somebody else has made, with this in it, and a handle that calls it a channel's.
std::string refusal_of(const std::function<void(std::byte*)>& fill, std::size_t size = 2 * kSegmentAlignment) {
  Segment segment = Segment::create(size, SegmentUse::other_processes);
  if (size >= kHeaderSize) fill(segment.data());
  return test::code_of([&] { static_cast<void>(open(test::side1_handle(segment, size))); });
}

}  // namespace

TEST_CASE("hostile peer: whatever its state says, its death is heard of") {
  CHECK(hears(PeerState::lost, kStateOpen));
  CHECK(hears(PeerState::lost, kStateNone));  // as if it had never come
  CHECK(hears(PeerState::left, kStateClosed));
  CHECK(hears(PeerState::lost, kStateLost));
  CHECK(hears(PeerState::left, kStateGone));
  CHECK(hears(PeerState::lost, kStateGone + 1));
  CHECK(hears(PeerState::lost, 0xffffffff));
}

TEST_CASE("hostile peer: it cannot keep this side from saying that it goes") {
  for (const std::uint32_t state : {kStateNone, kStateClosed, kStateLost, kStateGone, 0xffffffffu}) {
    auto end = ChannelEnd::create(kMinCapacity, kMinCapacity);
    const auto peer = open(end->peer_handle());
    peer->peer_state().store(state);
    end.reset();
    CHECK(peer->peer_state().load() == (state == kStateClosed ? kStateGone : kStateLost));
  }
}

TEST_CASE("hostile peer: a bell that is moved all the time, or put back, does not keep the listener") {
  const std::uint64_t seed = test::seed_or(5);
  CAPTURE(seed);
  for (int round = 0; round < 20; ++round) {
    const bool puts_back = round % 2 == 1;
    CAPTURE(puts_back);
    Child peer([&](const Wire& wire) {
      const auto end = open(wire.read());
      wire.write("open");
      Word& bell = end->peer_bell().word();
      const std::uint32_t start = bell.load();
      test::Random random(seed);
      for (;;) {  // until it is killed
        bell.store(puts_back ? start : random.word());
        if (!puts_back && random.one_in(100)) wake_sleepers(bell);
      }
    });
    auto end = std::make_unique<ListeningEnd>();
    peer.write(end->end().peer_handle());
    REQUIRE(peer.read() == "open");
    end.reset();  // returns
    CHECK(test::has_threads("sc:bell", 0));
  }
}

TEST_CASE("hostile peer: one that is killed while it moves the bell all the time is heard of") {
  Child peer([](const Wire& wire) {
    const auto end = open(wire.read());
    wire.write("open");
    for (;;) end->peer_bell().word().fetch_add(1);
  });
  ListeningEnd end;
  peer.write(end.end().peer_handle());
  REQUIRE(peer.read() == "open");
  peer.kill();
  CHECK(end.hears_that_peer_is(PeerState::lost));
}

TEST_CASE("hostile peer: a lock that tells nobody's number is nobody's") {
  Child peer([](const Wire& wire) {
    const SegmentHandle handle = SegmentHandle::parse(wire.read(), Role::side1);
    const Segment segment = Segment::open(handle, SegmentAccess::read_write);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_start = 1;
    lock.l_len = 1;
    // Belongs to the open file: asked for its holder, the system says -1.
    if (fcntl(segment.descriptor(), F_OFD_SETLK, &lock) != 0) throw test::Broken("no lock");
    wire.write("locked");
    static_cast<void>(wire.read());
    word_at(segment.data(), kStateOffset + kSideStride).store(kStateOpen);
    wire.write("said");
    static_cast<void>(wire.read());
  });
  const auto end = ChannelEnd::create(kMinCapacity, kMinCapacity);
  peer.write(end->peer_handle());
  REQUIRE(peer.read() == "locked");
  CHECK(end->look_at_peer() == PeerState::unknown);
  peer.write("go on");
  REQUIRE(peer.read() == "said");
  CHECK(end->look_at_peer() == PeerState::lost);
}

TEST_CASE("hostile segment: what is no channel's is refused, and nothing of it is kept") {
  static_cast<void>(refusal_of([](std::byte*) {}));  // after which the pipe of all handles is there
  const unsigned descriptors = test::descriptors();
  const Layout right = make_layout(kMinCapacity, kMinCapacity);
  CHECK(refusal_of([&](std::byte* base) { write_layout(base, right); }) == "");
  CHECK(refusal_of([](std::byte*) {}) == "CORRUPT");
  CHECK(refusal_of([](std::byte*) {}, 1) == "CORRUPT");
  CHECK(refusal_of([&](std::byte* base) {
          write_layout(base, right);
          word_at(base, kVersionMajorOffset).store(2);
        }) == "VERSION_MISMATCH");
  CHECK(refusal_of([](std::byte* base) { write_layout(base, make_layout(kMinCapacity, kMaxCapacity)); }) == "CORRUPT");
  CHECK(test::descriptors() == descriptors);
  CHECK(test::mappings("shared-channel-") == 0);
}
