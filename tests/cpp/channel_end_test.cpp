// Ends of channels: who may open one, and what is heard of the peer.
#include <poll.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/failing.hpp"
#include "support/listening_end.hpp"
#include "support/this_process.hpp"

using namespace shared_channel;
using test::Child;
using test::ListeningEnd;
using test::Wire;

namespace {

std::unique_ptr<ChannelEnd> create() { return ChannelEnd::create(kMinCapacity, 2 * kMinCapacity); }

std::unique_ptr<ChannelEnd> open(const std::string& handle) { return ChannelEnd::open(handle, PeerTrust::untrusted); }

std::string refusal_of(const std::string& handle) {
  return test::code_of([&] { static_cast<void>(open(handle)); });
}

// What SharedChannel does before it lets go of its link.
void close_in_order(ChannelEnd& end) { end.state().store(kStateClosed); }

}  // namespace

TEST_CASE("channel end: both see one segment, each its own words and the other's") {
  const auto one = create();
  const auto other = open(one->peer_handle());
  CHECK(one->side() == 0);
  CHECK(other->side() == 1);
  CHECK(one->layout().ring_capacity[0] == kMinCapacity);
  CHECK(other->layout().ring_capacity[1] == 2 * kMinCapacity);
  CHECK(&one->state() == &other->peer_state());
  CHECK(&one->bell().word() == &other->peer_bell().word());
  CHECK(one->segment().cookie() == other->segment().cookie());
  CHECK(refusal_of(other->peer_handle()) == "INVALID_ARGUMENT");  // side 0 was never free
}

TEST_CASE("channel end: opened once, in whichever process, and never again after it was let go of") {
  Child first = test::other_side();
  Child second = test::other_side();
  Child third = test::other_side();
  const auto end = create();
  const std::string handle = end->peer_handle();
  first.write(handle);
  CHECK(first.read() == "open");
  CHECK(end->look_at_peer() == PeerState::present);
  second.write(handle);
  CHECK(second.read() == "INVALID_ARGUMENT");
  CHECK(refusal_of(handle) == "INVALID_ARGUMENT");
  CHECK(end->look_at_peer() == PeerState::present);  // the others have done no harm
  first.kill();
  third.write(handle);
  CHECK(third.read() == "INVALID_ARGUMENT");
  CHECK(refusal_of(handle) == "INVALID_ARGUMENT");
}

TEST_CASE("channel end: threads that open the same end at once, one gets it, and stays known to the other process") {
  constexpr int kRounds = 60;
  Child opener([](const Wire& wire) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string handle = wire.read();
      std::atomic<int> waiting = 0;
      std::vector<std::unique_ptr<ChannelEnd>> ends(4);
      std::atomic<int> refused = 0;
      std::vector<std::thread> threads;
      for (auto& end : ends) {
        threads.emplace_back([&] {
          for (++waiting; waiting < 4;) std::this_thread::yield();
          if (test::code_of([&] { end = open(handle); }) == "INVALID_ARGUMENT") ++refused;
        });
      }
      for (std::thread& thread : threads) thread.join();
      wire.write("refused " + std::to_string(refused));
      if (wire.read() != "seen") throw test::Broken("not seen");
    }
    wire.write("over");
    static_cast<void>(wire.read());
  });
  for (int round = 0; round < kRounds; ++round) {
    const auto end = create();
    opener.write(end->peer_handle());
    REQUIRE(opener.read() == "refused 3");
    REQUIRE(end->look_at_peer() == PeerState::present);
    opener.write("seen");
  }
}

TEST_CASE("channel end: the peer is unknown until it comes, in this process or another, and is heard coming") {
  Child child = test::other_side();
  ListeningEnd local;
  ListeningEnd remote;
  CHECK(local.peer() == PeerState::unknown);
  CHECK(remote.peer() == PeerState::unknown);
  ListeningEnd other(open(local.end().peer_handle()));
  CHECK(local.hears_that_peer_is(PeerState::present));
  CHECK(other.peer() == PeerState::present);
  child.write(remote.end().peer_handle());
  CHECK(remote.hears_that_peer_is(PeerState::present));
}

TEST_CASE("channel end: a peer that closes, and then lets go, has left") {
  SUBCASE("in this process") {
    ListeningEnd end;
    auto other = open(end.end().peer_handle());
    close_in_order(*other);
    CHECK(end.end().look_at_peer() == PeerState::present);  // it still takes what is sent
    other.reset();
    CHECK(end.hears_that_peer_is(PeerState::left));
    CHECK(end.end().peer_state().load() == kStateGone);
  }
  SUBCASE("in another process") {
    Child child([](const Wire& wire) {
      auto other = open(wire.read());
      close_in_order(*other);
      wire.write("closed");
      static_cast<void>(wire.read());
      other.reset();
      wire.write("gone");
      static_cast<void>(wire.read());
    });
    ListeningEnd end;
    child.write(end.end().peer_handle());
    CHECK(child.read() == "closed");
    CHECK(end.end().look_at_peer() == PeerState::present);
    child.write("go on");
    CHECK(end.hears_that_peer_is(PeerState::left));
    child.kill();
    CHECK(end.end().look_at_peer() == PeerState::left);
  }
  SUBCASE("and is killed between the two") {
    Child child([](const Wire& wire) {
      auto other = open(wire.read());
      close_in_order(*other);
      wire.write("closed");
      static_cast<void>(wire.read());
    });
    ListeningEnd end;
    child.write(end.end().peer_handle());
    CHECK(child.read() == "closed");
    child.kill();
    CHECK(end.hears_that_peer_is(PeerState::left));
  }
}

TEST_CASE("channel end: a peer that lets go without having closed is lost") {
  ListeningEnd end;
  open(end.end().peer_handle()).reset();
  CHECK(end.hears_that_peer_is(PeerState::lost));
}

TEST_CASE("channel end: letting go is said once, and the peer that went first stays what it was") {
  const auto one = create();
  const auto other = open(one->peer_handle());
  close_in_order(*one);
  one->leave();
  one->leave();
  other->leave();
  CHECK(other->look_at_peer() == PeerState::left);
  CHECK(one->look_at_peer() == PeerState::lost);
}

TEST_CASE("channel end: a peer that is killed is heard of while nobody does anything, one that is stopped is not lost") {
  Child child = test::other_side();
  ListeningEnd end;
  child.write(end.end().peer_handle());
  CHECK(end.hears_that_peer_is(PeerState::present));
  child.signal(SIGSTOP);
  siginfo_t info{};
  waitid(P_PID, child.pid(), &info, WSTOPPED | WNOWAIT);
  CHECK(end.end().look_at_peer() == PeerState::present);
  child.signal(SIGCONT);
  child.signal(SIGKILL);
  CHECK(end.hears_that_peer_is(PeerState::lost));
}

TEST_CASE("channel end: a process without descriptors for its peer cannot wait for it, and counts it as lost") {
  Child child = test::other_side();
  const auto end = create();
  child.write(end->peer_handle());
  REQUIRE(child.read() == "open");
  const test::Limit limit(RLIMIT_NOFILE, 0);
  CHECK(end->look_at_peer() == PeerState::lost);
}

TEST_CASE("channel end: nothing of it is left, however it ended") {
  Child child = test::other_side();
  const unsigned descriptors = test::descriptors();
  {
    ListeningEnd local;
    ListeningEnd remote;
    ListeningEnd other(open(local.end().peer_handle()));
    child.write(remote.end().peer_handle());
    CHECK(remote.hears_that_peer_is(PeerState::present));
    CHECK(refusal_of(local.end().peer_handle()) == "INVALID_ARGUMENT");
    CHECK(test::has_threads("sc:bell", 3));
    CHECK(test::has_threads("sc:processes", 1));
    CHECK(test::descriptors("shared-channel-") == 2);
  }
  CHECK(test::descriptors() == descriptors);
  CHECK(test::mappings("shared-channel-") == 0);
  CHECK(test::has_threads("sc:bell", 0));
  CHECK(test::has_threads("sc:processes", 0));
}

namespace {

bool is_rung(const Descriptor& reader) {
  pollfd poll_for{.fd = reader.get(), .events = POLLIN, .revents = 0};
  if (poll(&poll_for, 1, 10'000) != 1) return false;
  char bytes[64];
  return read(reader.get(), bytes, sizeof bytes) > 0;
}

}  // namespace

TEST_CASE("channel end: one that listens to its pipe is woken there, by the other side and by its end") {
  Child child = test::other_side();
  const auto end = create();
  const auto reader = end->listen_to_pipe();
  REQUIRE(reader);
  child.write(end->peer_handle());
  CHECK(child.read() == "open");
  CHECK(is_rung(*reader));
  while (end->look_at_peer() != PeerState::present) CHECK(is_rung(*reader));
  child.kill();
  while (end->look_at_peer() != PeerState::lost) CHECK(is_rung(*reader));
}

TEST_CASE("channel end: each side is woken as it listens") {
  const auto one = create();
  const auto other = open(one->peer_handle());
  const auto reader = one->listen_to_pipe();
  REQUIRE(reader);
  other->wake_peer();
  CHECK(is_rung(*reader));
  ListeningEnd sleeper;  // at its bell
  const auto third = open(sleeper.end().peer_handle());
  CHECK(sleeper.hears_that_peer_is(PeerState::present));
}

TEST_CASE("channel end: one that listens to its pipe hears of the end of a peer that has written over everything") {
  Child child([](const Wire& wire) {
    const auto peer = open(wire.read());
    wire.write("open");
    static_cast<void>(wire.read());
    std::memset(peer->segment().data(), 0xff, peer->segment().size());
    wire.write("written");
    static_cast<void>(wire.read());
  });
  const auto end = create();
  const auto reader = end->listen_to_pipe();
  REQUIRE(reader);
  child.write(end->peer_handle());
  CHECK(child.read() == "open");
  CHECK(end->look_at_peer() == PeerState::present);
  child.write("go on");
  CHECK(child.read() == "written");
  char bytes[64];
  while (read(reader->get(), bytes, sizeof bytes) > 0) {
  }
  child.kill();
  CHECK(is_rung(*reader));
  CHECK(end->look_at_peer() == PeerState::lost);
}

TEST_CASE("channel end: what the other side says of how it listens harms nobody") {
  const auto one = create();
  const auto other = open(one->peer_handle());
  Word& listens = word_at(one->segment().data(), kListensOffset);
  for (const std::uint32_t value : {kListensToPipe, 2u, 0xffffffffu, kListensToBell}) {
    listens.store(value);
    for (int ring = 0; ring < 100'000; ++ring) other->wake_peer();
  }
  CHECK(other->look_at_peer() == PeerState::present);
}
