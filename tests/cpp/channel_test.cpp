// Two ends of a channel in one process, on two threads or one.
#include <shared_channel/channel.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/failing.hpp"
#include "support/message_ring.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::code_of;
using test::some_bytes;

namespace {

constexpr auto kPatience = 20s;

struct Pair {
  explicit Pair(const CreateChannelOptions& options = {.capacity = 4096})
      : one(Channel::create(options)),
        two(Channel::open(one.peer_handle(), {.max_message_bytes = options.max_message_bytes})) {}
  Channel one;
  Channel two;
};

std::string next_text(Channel& channel) {
  const auto message = channel.receive(kPatience);
  return message ? message->text() : "nothing came";
}

bool holds(const std::optional<Channel::Message>& message, std::uint32_t type, const Bytes& bytes) {
  return message && message->type == type && std::ranges::equal(message->bytes, bytes);
}

}  // namespace

TEST_CASE("channel: carries messages both ways") {
  Pair pair;
  CHECK(pair.one.peer() == ChannelPeer::present);
  CHECK(pair.two.peer() == ChannelPeer::present);
  pair.one.send(7, "to two");
  pair.two.send(16'777'215, "to one");
  pair.one.send(0, "");
  const auto first = pair.two.receive(kPatience);
  REQUIRE(first);
  CHECK(first->type == 7);
  CHECK(first->text() == "to two");
  CHECK_FALSE(first->request);
  const auto second = pair.two.receive(kPatience);
  REQUIRE(second);
  CHECK(second->type == 0);
  CHECK(second->bytes.empty());
  const auto third = pair.one.receive(kPatience);
  REQUIRE(third);
  CHECK(third->type == 16'777'215);
  CHECK(third->text() == "to one");
  CHECK_FALSE(pair.two.try_receive());
}

TEST_CASE("channel: loses, reorders and tears nothing between two threads, whatever the sizes") {
  const std::uint64_t seed = test::seed_or(1);
  CAPTURE(seed);
  Pair pair({.capacity = 4096, .receive_capacity = 8192});
  const unsigned count = test::rounds(20000, 3000);
  const auto size_of = [](std::uint64_t number_and_seed) {
    test::Random random(number_and_seed);
    return random.one_in(16) ? random.below(30'000) : random.below(300);
  };
  const auto both = [&](Channel& channel, std::uint64_t own_seed, std::uint64_t other_seed) {
    std::string problem;
    std::thread sender([&] {
      for (unsigned i = 0; i < count; ++i) channel.send(i, some_bytes(size_of(own_seed + i), own_seed + i), kPatience);
    });
    for (unsigned i = 0; i < count && problem.empty(); ++i) {
      const auto message = channel.receive(kPatience);
      if (!holds(message, i, some_bytes(size_of(other_seed + i), other_seed + i))) {
        problem = "message " + std::to_string(i) + " is wrong";
      }
    }
    sender.join();
    return problem;
  };
  std::string problem_of_two;
  std::thread other([&] { problem_of_two = both(pair.two, seed + 1000000, seed); });
  CHECK(both(pair.one, seed, seed + 1000000) == "");
  other.join();
  CHECK(problem_of_two == "");
}

TEST_CASE("channel: keeps the order of each of many threads that send") {
  Pair pair;
  constexpr std::uint32_t kThreads = 4;
  const std::uint32_t count = test::rounds(3000, 500);
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint32_t number = 0; number < count; ++number) {
        if (number % 3 == 0) {
          auto slot = pair.one.reserve(64, kPatience);
          std::memset(slot.bytes().data(), static_cast<int>(number), 64);
          std::memcpy(slot.bytes().data(), &number, sizeof number);
          slot.commit(thread);
        } else {
          Bytes bytes(number % 7 == 0 ? 6000 : 64, static_cast<std::byte>(number));
          std::memcpy(bytes.data(), &number, sizeof number);
          pair.one.send(thread, bytes, kPatience);
        }
      }
    });
  }
  std::uint32_t next[kThreads] = {};
  std::uint32_t wrong = 0;
  for (std::uint32_t i = 0; i < kThreads * count; ++i) {
    const auto message = pair.two.receive(kPatience);
    REQUIRE(message);
    std::uint32_t number = 0;
    std::memcpy(&number, message->bytes.data(), sizeof number);
    if (number != next[message->type]++ || message->bytes.back() != static_cast<std::byte>(number)) ++wrong;
  }
  CHECK(wrong == 0);
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("channel: a slot is written in place, and given back when nobody commits it") {
  Pair pair;
  CHECK(pair.one.max_slot_size() == 4096 / 2 - 8);
  {
    auto slot = pair.one.reserve(16);
    CHECK(slot.bytes().size() == 16);
    CHECK(reinterpret_cast<std::uintptr_t>(slot.bytes().data()) % 8 == 0);
    CHECK(code_of([&] { pair.one.send(1, "while a slot is open"); }) == "INVALID_ARGUMENT");
    CHECK(code_of([&] { (void)pair.one.reserve(8); }) == "INVALID_ARGUMENT");
  }
  auto slot = pair.one.reserve(16);
  std::memcpy(slot.bytes().data(), "in place", 8);
  auto moved = std::move(slot);
  moved.commit(3, 8);
  CHECK(code_of([&] { moved.commit(3); }) == "INVALID_ARGUMENT");
  auto too_long = pair.one.reserve(8);
  CHECK(code_of([&] { too_long.commit(3, 9); }) == "INVALID_ARGUMENT");
  auto bad_type = pair.one.reserve(8);
  CHECK(code_of([&] { bad_type.commit(1 << 24); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)pair.one.reserve(pair.one.max_slot_size() + 1); }) == "MESSAGE_TOO_LARGE");
  CHECK(next_text(pair.two) == "in place");
  CHECK_FALSE(pair.two.try_receive());
}

TEST_CASE("channel: what finds no room in time is not sent") {
  Pair pair;
  const Bytes piece = some_bytes(1000, 1);
  int sent = 0;
  while (pair.one.try_send(1, piece)) ++sent;
  CHECK(sent == 4);
  CHECK(code_of([&] { pair.one.send(2, piece, 1ms); }) == "TIMEOUT");
  CHECK(code_of([&] { (void)pair.one.reserve(1000, 0ms); }) == "TIMEOUT");
  // Some fragments of this one get in as the other side reads, and it is given up all the same.
  CHECK(holds(pair.two.try_receive(), 1, piece));
  CHECK(holds(pair.two.try_receive(), 1, piece));
  CHECK(holds(pair.two.try_receive(), 1, piece));
  CHECK(code_of([&] { pair.one.send(2, some_bytes(100'000, 2), 1ms); }) == "TIMEOUT");
  CHECK(holds(pair.two.try_receive(), 1, piece));
  CHECK_FALSE(pair.two.try_receive());
  pair.one.send(3, piece, kPatience);
  CHECK(holds(pair.two.receive(kPatience), 3, piece));
  CHECK_FALSE(pair.two.try_receive());
}

TEST_CASE("channel: refuses what cannot be sent") {
  Pair pair({.capacity = 4096, .max_message_bytes = 10'000});
  CHECK(code_of([&] { pair.one.send(1 << 24, "type"); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { pair.one.send(1, Bytes(10'001)); }) == "MESSAGE_TOO_LARGE");
  CHECK(code_of([&] { (void)pair.one.try_send(1, Bytes(2041)); }) == "MESSAGE_TOO_LARGE");
  CHECK(code_of([&] { (void)Channel::create({.capacity = 0}); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)Channel::create({.capacity = (1 << 30) + 1}); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)Channel::create({.receive_capacity = ~0u}); }) == "INVALID_ARGUMENT");
  CHECK(Channel::create({.capacity = 5000}).max_slot_size() == 4096 - 8);
}

TEST_CASE("channel: a message above the receiver's limit ends the channel") {
  auto one = Channel::create({.capacity = 4096});
  auto two = Channel::open(one.peer_handle(), {.max_message_bytes = 1000});
  one.send(1, Bytes(1001));
  for (int i = 0; i < 2; ++i) CHECK(code_of([&] { (void)two.receive(kPatience); }) == "MESSAGE_TOO_LARGE");
  CHECK(code_of([&] { two.send(1, "x"); }) == "MESSAGE_TOO_LARGE");
  CHECK(code_of([&] { (void)one.receive(kPatience); }) == "PEER_LOST");
  CHECK(two.close() == 0);
}

TEST_CASE("channel: receiving waits as long as it is told to") {
  Pair pair;
  CHECK_FALSE(pair.one.receive(1ms));
  CHECK_FALSE(pair.one.receive(-1h));
  CHECK_FALSE(pair.one.has_ended());
  std::thread sender([&] { pair.two.send(1, "late"); });
  CHECK(next_text(pair.one) == "late");
  sender.join();
  pair.two.send(1, "there already");
  CHECK(pair.one.receive(std::chrono::nanoseconds::max())->text() == "there already");
}

TEST_CASE("channel: receiving can be interrupted, before and while it waits") {
  Pair pair;
  pair.one.interrupt();
  CHECK_FALSE(pair.one.receive());
  for (unsigned round = 0; round < test::rounds(2000, 200); ++round) {
    std::thread other([&] { pair.one.interrupt(); });
    CHECK_FALSE(pair.one.receive());
    other.join();
  }
  pair.two.send(1, "still works");
  CHECK(next_text(pair.one) == "still works");
}

TEST_CASE("channel: calls are answered, in any order, and what comes between is kept for receive") {
  Pair pair;
  std::thread other([&] {
    const auto call = pair.two.receive(kPatience);
    REQUIRE(call);
    REQUIRE(call->request);
    const Channel::Request first = *call->request;
    CHECK(call->text() == "question");
    pair.two.send(5, "before");
    pair.two.reply({.type = 2, .number = 12345}, "to nobody");
    pair.two.reply(first, some_bytes(10'000, 1));
    pair.two.reply(first, "again");
    const auto second = pair.two.receive(kPatience);
    REQUIRE(second);
    pair.two.fail(second->request.value(), "no such lamp");
  });
  const auto answer = pair.one.request(2, "question", kPatience);
  CHECK(std::ranges::equal(answer, some_bytes(10'000, 1)));
  try {
    (void)pair.one.request(2, "lamp", kPatience);
    FAIL("this call cannot go well");
  } catch (const Error& error) {
    CHECK(error.code() == "REMOTE_ERROR");
    CHECK(std::string(error.what()).find("no such lamp") != std::string::npos);
  }
  other.join();
  CHECK(next_text(pair.one) == "before");
  CHECK_FALSE(pair.one.try_receive());
}

TEST_CASE("channel: a call that is not answered in time is given up, and its late answer ignored") {
  Pair pair;
  CHECK(code_of([&] { (void)pair.one.request(2, "slow", 1ms); }) == "TIMEOUT");
  const auto slow = pair.two.receive(kPatience);
  REQUIRE(slow);
  pair.two.reply(slow->request.value(), "late");
  std::thread other([&] {
    const auto next = pair.two.receive(kPatience);
    REQUIRE(next);
    pair.two.reply(next->request.value(), "in time");
  });
  const auto answer = pair.one.request(2, "fast", kPatience);
  CHECK(std::string(reinterpret_cast<const char*>(answer.data()), answer.size()) == "in time");
  other.join();
  CHECK_FALSE(pair.one.try_receive());
}

TEST_CASE("channel: more than can be kept before an answer is an error, and nothing is lost") {
  Pair pair({.capacity = 1 << 20});
  const Bytes large = some_bytes(9 << 20, 1);
  std::thread other([&] {
    REQUIRE(pair.two.receive(kPatience));
    for (std::uint32_t i = 0; i < 10; ++i) pair.two.send(i, large, kPatience);
  });
  CHECK(code_of([&] { (void)pair.one.request(2, "", kPatience); }) == "QUEUE_FULL");
  for (std::uint32_t i = 0; i < 10; ++i) CHECK(holds(pair.one.receive(kPatience), i, large));
  other.join();
}

TEST_CASE("channel: closing lets the other side take everything first") {
  Pair pair({.capacity = 1 << 20});
  for (int i = 0; i < 100; ++i) pair.one.send(1, std::to_string(i));
  std::string took;
  std::thread other([&] {
    while (const auto message = pair.two.receive(kPatience)) took += message->text() + " ";
    CHECK(pair.two.has_ended());
    pair.two.send(2, "may still be sent, and is dropped");
    CHECK(pair.two.close(kPatience) == 0);
  });
  CHECK(pair.one.close(kPatience) == 0);
  other.join();
  CHECK(took.ends_with(" 98 99 "));
  CHECK(pair.one.close() == 0);
  for (Channel* const channel : {&pair.one, &pair.two}) {
    CHECK(code_of([&] { channel->send(1, "x"); }) == "CLOSED");
    CHECK(code_of([&] { (void)channel->receive(); }) == "CLOSED");
    CHECK(code_of([&] { (void)channel->request(1, "x"); }) == "CLOSED");
    CHECK(code_of([&] { (void)channel->peer_handle(); }) == "CLOSED");
    channel->interrupt();
  }
}

TEST_CASE("channel: closing in the middle of a message larger than the ring drops it, at either end") {
  Pair pair;
  std::string code;
  // Many rings long: what is there at one look is never all of it.
  std::thread sender([&] { code = code_of([&] { pair.one.send(1, Bytes(64 << 20)); }); });
  CHECK_FALSE(pair.two.try_receive());
  SUBCASE("of the receiver") {
    CHECK(pair.two.close(1ms) == 0);
    sender.join();
  }
  SUBCASE("of the sender") {
    (void)pair.one.close(1ms);
    sender.join();
    CHECK_FALSE(pair.two.receive(kPatience));
    CHECK(pair.two.has_ended());
  }
  CHECK(code == "CLOSED");
}

TEST_CASE("channel: closing does not wait longer than it is told to, and says what was not taken") {
  Pair pair;
  for (int i = 0; i < 3; ++i) pair.one.send(1, "x");
  REQUIRE(pair.two.receive(kPatience));
  SUBCASE("of a message that is still looked at") { CHECK(pair.one.close(1ms) == 3); }
  SUBCASE("of one that is done with") {
    REQUIRE(pair.two.receive(kPatience));
    CHECK(pair.one.close(1ms) == 2);
  }
  CHECK(pair.two.receive(kPatience));
  while (pair.two.receive(kPatience)) {
  }
  CHECK(pair.two.has_ended());
  CHECK(pair.two.peer() == ChannelPeer::left);
  CHECK(code_of([&] { pair.two.send(1, "nobody takes this"); }) == "CLOSED");
}

TEST_CASE("channel: both sides may close at once") {
  for (unsigned round = 0; round < test::rounds(500, 100); ++round) {
    Pair pair;
    for (unsigned i = 0; i < round % 5; ++i) pair.one.send(1, "x");
    std::size_t left = 1;
    std::thread other([&] { left = pair.two.close(kPatience); });
    CHECK(pair.one.close(kPatience) == 0);
    other.join();
    CHECK(left == 0);
  }
}

TEST_CASE("channel: one that is destroyed and was not closed is lost for the other side, after what it had sent") {
  auto one = Channel::create();
  {
    auto two = Channel::open(one.peer_handle());
    two.send(1, "last words");
  }
  CHECK(next_text(one) == "last words");
  for (int i = 0; i < 2; ++i) CHECK(code_of([&] { (void)one.receive(); }) == "PEER_LOST");
  CHECK(code_of([&] { one.send(1, "x"); }) == "PEER_LOST");
  CHECK(one.peer() == ChannelPeer::lost);
  CHECK(one.close() == 0);
}

TEST_CASE("channel: the end of the other side wakes who waits, for a message, for room, or for a slot") {
  for (unsigned round = 0; round < test::rounds(300, 60); ++round) {
    Pair pair;
    std::string receiving;
    std::string sending;
    std::string reserving;
    std::thread receiver([&] { receiving = code_of([&] { (void)pair.one.receive(); }); });
    std::thread sender([&] { sending = code_of([&] { pair.one.send(1, Bytes(100'000)); }); });
    std::thread second_sender([&] { (void)code_of([&] { for (;;) pair.one.send(1, Bytes(1000)); }); });
    std::thread reserver([&] { reserving = code_of([&] { for (;;) pair.one.reserve(1000).commit(1); }); });
    { const Channel gone = std::move(pair.two); }
    receiver.join();
    sender.join();
    second_sender.join();
    reserver.join();
    CHECK(receiving == "PEER_LOST");
    CHECK(sending == "PEER_LOST");
    CHECK(reserving == "PEER_LOST");
  }
}

TEST_CASE("channel: an end can be opened once") {
  auto one = Channel::create();
  const std::string handle = one.peer_handle();
  auto two = Channel::open(handle);
  CHECK(code_of([&] { (void)Channel::open(handle); }) == "INVALID_ARGUMENT");
  two.send(1, "unharmed");
  CHECK(next_text(one) == "unharmed");
  (void)two.close(1ms);
  CHECK(code_of([&] { (void)Channel::open(handle); }) == "INVALID_ARGUMENT");
}

TEST_CASE("channel: nobody is there before the other end is opened, and what was sent waits") {
  auto one = Channel::create();
  CHECK(one.peer() == ChannelPeer::none);
  one.send(1, "early");
  CHECK_FALSE(one.receive(1ms));
  auto two = Channel::open(one.peer_handle());
  CHECK(next_text(two) == "early");
  CHECK(one.peer() == ChannelPeer::present);
}

TEST_CASE("channel: can be moved; one that was moved from is closed") {
  Pair pair;
  Channel one = std::move(pair.one);
  pair.two.send(1, "to wherever it is");
  CHECK(next_text(one) == "to wherever it is");
  CHECK(code_of([&] { pair.one.send(1, "x"); }) == "CLOSED");
  CHECK(pair.one.close() == 0);
  pair.one.interrupt();
}
