// Two ends of a channel in two processes.
#include <shared_channel/channel.hpp>

#include <algorithm>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/channel_peer.hpp"
#include "support/failing.hpp"
#include "support/message_ring.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::Child;
using test::code_of;
using test::some_bytes;

namespace {

constexpr auto kPatience = 20s;

int echo(Channel& channel) {
  while (const auto message = channel.receive()) {
    if (message->request) {
      channel.reply(*message->request, message->bytes);
    } else {
      channel.send(message->type, message->bytes);
    }
  }
  return channel.close(kPatience) == 0 ? 0 : 1;
}

int do_nothing(Channel&) {
  for (;;) pause();
}

void wait_for_peer(const Channel& channel) {
  while (channel.peer() == ChannelPeer::none) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("channel between processes: what is sent comes back, and the end is in order") {
  const std::uint64_t seed = test::seed_or(1);
  CAPTURE(seed);
  test::ChannelPeer peer(echo);
  auto channel = Channel::create({.capacity = 8192, .receive_capacity = 4096});
  peer.start(channel);
  test::Random random(seed);
  for (unsigned i = 0; i < test::rounds(3000, 500); ++i) {
    const Bytes bytes = some_bytes(random.one_in(20) ? random.below(50'000) : random.below(500), seed + i);
    if (random.one_in(2)) {
      CHECK(std::ranges::equal(channel.request(i, bytes, kPatience), bytes));
    } else {
      // The echo may be so long that neither side can go on before this one reads.
      std::thread sender([&] { channel.send(i, bytes, kPatience); });
      const auto message = channel.receive(kPatience);
      REQUIRE(message);
      CHECK(message->type == i);
      CHECK(std::ranges::equal(message->bytes, bytes));
      sender.join();
    }
  }
  CHECK(channel.close(kPatience) == 0);
  CHECK(peer.process().exit_code() == 0);
}

TEST_CASE("channel between processes: the child may be the one that makes it") {
  test::TextPipe pipe;
  Child child([&] {
    auto channel = Channel::create();
    pipe.write(channel.peer_handle());
    return echo(channel);
  });
  auto channel = Channel::open(pipe.read());
  CHECK(channel.request(1, "hello", kPatience).size() == 5);
  CHECK(channel.close(kPatience) == 0);
  CHECK(child.exit_code() == 0);
}

TEST_CASE("channel between processes: who waits hears within a second that the other one was killed") {
  test::ChannelPeer peer(do_nothing);
  auto channel = Channel::create({.capacity = 4096});
  peer.start(channel);
  wait_for_peer(channel);
  std::chrono::steady_clock::time_point killed;
  std::thread killer([&] {
    std::this_thread::sleep_for(20ms);  // idle meanwhile
    killed = std::chrono::steady_clock::now();
    peer.process().kill();
  });
  std::string code;
  SUBCASE("for a message") { code = code_of([&] { (void)channel.receive(); }); }
  SUBCASE("for room") { code = code_of([&] { channel.send(1, Bytes(1 << 20)); }); }
  SUBCASE("for an answer") { code = code_of([&] { (void)channel.request(1, "x"); }); }
  const auto heard = std::chrono::steady_clock::now();
  killer.join();
  CHECK(code == "PEER_LOST");
  CHECK(heard - killed < 1s);
  (void)channel.close();
}

TEST_CASE("channel between processes: what a process had sent before it was killed is received first") {
  test::ChannelPeer peer([](Channel& channel) {
    for (int i = 0; i < 1000; ++i) channel.send(1, std::to_string(i));
    test::die_quietly();
    std::abort();
    return 0;
  });
  auto channel = Channel::create();
  peer.start(channel);
  CHECK(peer.process().signal() == SIGABRT);
  int received = 0;
  const std::string code = code_of([&] {
    while (const auto message = channel.receive(kPatience)) CHECK(message->text() == std::to_string(received++));
  });
  CHECK(received == 1000);
  CHECK(code == "PEER_LOST");
}

TEST_CASE("channel between processes: killing the other one at any moment harms nobody and leaves nothing") {
  const std::uint64_t seed = test::seed_or(3);
  CAPTURE(seed);
  test::Random random(seed);
  const auto before = test::count_descriptors();
  for (unsigned round = 0; round < test::rounds(100, 20); ++round) {
    test::ChannelPeer peer(echo);
    auto channel = Channel::create({.capacity = 4096});
    peer.start(channel);
    wait_for_peer(channel);
    std::thread killer([&, microseconds = random.below(5000)] {
      std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
      peer.process().kill();
    });
    std::thread sender([&] {
      const std::string code = code_of([&] { for (std::uint32_t i = 0;; ++i) channel.send(1, some_bytes(i * 7 % 3000, i)); });
      CHECK(code == "PEER_LOST");
    });
    std::uint32_t received = 0;
    const std::string code = code_of([&] {
      while (const auto message = channel.receive(kPatience)) {
        if (!std::ranges::equal(message->bytes, some_bytes(received * 7 % 3000, received))) throw Error("WRONG", "");
        ++received;
      }
    });
    CHECK(code == "PEER_LOST");
    sender.join();
    killer.join();
    (void)channel.close();
  }
  CHECK(test::count_descriptors() == before);
}

TEST_CASE("channel between processes: when one was killed before it opened its end, another can") {
  test::ChannelPeer second(echo);
  auto channel = Channel::create();
  {
    test::ChannelPeer first([](Channel&) { return 0; });
    first.process().kill();
    CHECK(first.process().signal() == SIGKILL);
  }
  CHECK(channel.peer() == ChannelPeer::none);
  second.start(channel);
  CHECK(channel.request(1, "hello", kPatience).size() == 5);
  CHECK(channel.close(kPatience) == 0);
}

TEST_CASE("channel between processes: a second process cannot open the same end") {
  test::TextPipe handle;
  test::TextPipe result;
  Child second([&] {
    const std::string text = handle.read();
    result.write(code_of([&] { (void)Channel::open(text); }));
    return 0;
  });
  test::ChannelPeer peer(echo);
  auto channel = Channel::create();
  peer.start(channel);
  CHECK(channel.request(1, "hello", kPatience).size() == 5);
  handle.write(channel.peer_handle());
  CHECK(result.read() == "INVALID_ARGUMENT");
  CHECK(channel.request(1, "still there", kPatience).size() == 11);
  CHECK(channel.close(kPatience) == 0);
}
