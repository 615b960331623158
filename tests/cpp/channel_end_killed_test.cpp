// A process that is killed in the middle of opening its end: either it never came, and another one may, or it is lost. Its
// peer, which does nothing but listen, is told which.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdarg>
#include <memory>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <segment_lock.hpp>

#include "support/listening_end.hpp"
#include "support/stepping.hpp"

using namespace shared_channel;
using test::Child;
using test::ListeningEnd;
using test::Wire;

namespace {

bool steps_after_first_lock = false;

// Opens the end, whose handle comes over the wire, step by step from the moment when it has its first lock.
std::unique_ptr<ChannelEnd> open_step_by_step(const Wire& wire, void (*step)()) {
  // Every function has run once: the first time takes a dynamically linked program many more steps.
  static_cast<void>(ChannelEnd::create(kMinCapacity, kMinCapacity));
  const std::string handle = wire.read();
  test::step_with(step);
  steps_after_first_lock = true;
  auto end = ChannelEnd::open(handle, PeerTrust::untrusted);
  test::stop_stepping();
  return end;
}

long count_steps() {
  Child child([](const Wire& wire) {
    static long steps = 0;
    const auto end = open_step_by_step(wire, [] { ++steps; });
    wire.write(std::to_string(steps));
  });
  const auto end = ChannelEnd::create(kMinCapacity, kMinCapacity);
  child.write(end->peer_handle());
  return std::stol(child.read());
}

// What the peer hears of one that is killed after so many instructions.
PeerState outcome_of_death_after(long steps) {
  Child victim([&](const Wire& wire) {
    static long left;
    left = steps;
    const auto end = open_step_by_step(wire, [] {
      if (--left == 0) kill(getpid(), SIGKILL);
    });
    kill(getpid(), SIGKILL);  // it was done
  });
  Child next = test::other_side();
  ListeningEnd end;
  const std::string handle = end.end().peer_handle();
  victim.write(handle);
  const int status = victim.wait();
  CHECK(WTERMSIG(status) == SIGKILL);
  // Whether it had come, its state says; nobody asks on behalf of the one who listens.
  const bool has_come = end.end().peer_state().load() != kStateNone;
  next.write(handle);
  if (has_come) {
    CHECK(end.hears_that_peer_is(PeerState::lost));
    CHECK(next.read() == "INVALID_ARGUMENT");
    return PeerState::lost;
  }
  CHECK(next.read() == "open");
  CHECK(end.hears_that_peer_is(PeerState::present));
  next.kill();
  CHECK(end.hears_that_peer_is(PeerState::lost));
  return PeerState::unknown;
}

}  // namespace

// Called in the place of the system's own by what is linked into this program.
extern "C" int fcntl(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const auto result = static_cast<int>(syscall(SYS_fcntl, descriptor, command, va_arg(arguments, void*)));
  va_end(arguments);
  if (command == F_SETLK && steps_after_first_lock) test::start_stepping();
  return result;
}

TEST_CASE("channel end: killed at any instruction of its opening, a peer has never come, or is lost") {
  if (!test::kCanStep) {
    MESSAGE("left out: no stepping through instructions here");
    return;
  }
  const long all = count_steps();
  REQUIRE(all > 100);
  constexpr long kStride = 4;  // no two system calls are closer
  std::set<PeerState> outcomes;
  for (long moment = 1; moment <= all; moment += kStride) {
    CAPTURE(moment);
    outcomes.insert(outcome_of_death_after(moment));
  }
  CHECK(outcomes == std::set<PeerState>{PeerState::unknown, PeerState::lost});
}

// The step at which a death was hardest to hear of, on machines where the test above is left out, too.
TEST_CASE("channel end: a process that has the lock and never becomes the peer is forgotten when it ends") {
  Child victim([](const Wire& wire) {
    const SegmentHandle handle = SegmentHandle::parse(wire.read(), SegmentHandle::Role::side1);
    const Segment segment = Segment::open(handle, SegmentAccess::read_write);
    if (!lock_byte(segment, 3) || !lock_byte(segment, 1)) throw test::Broken("no lock");
    wire.write("locked");
    static_cast<void>(wire.read());
  });
  Child early = test::other_side();
  Child late = test::other_side();
  ListeningEnd end;
  const std::string handle = end.end().peer_handle();
  victim.write(handle);
  REQUIRE(victim.read() == "locked");
  CHECK(end.peer() == PeerState::unknown);
  early.write(handle);
  CHECK(early.read() == "INVALID_ARGUMENT");
  victim.kill();
  CHECK(end.peer() == PeerState::unknown);
  late.write(handle);
  CHECK(late.read() == "open");
  CHECK(end.hears_that_peer_is(PeerState::present));
  late.kill();
  CHECK(end.hears_that_peer_is(PeerState::lost));
}
