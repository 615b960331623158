// The thread that waits for a lock on behalf of JavaScript.
#include <lock_waiter.hpp>

#include <atomic>
#include <memory>

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/shared_memory.hpp"
#include "support/sleeper.hpp"
#include "support/threads.hpp"
#include "support/wait.hpp"

using namespace shared_channel;
using test::wait_until;

namespace {

// Somebody who wants the lock, over a mapping of its own choice.
struct Customer {
  explicit Customer(std::byte* memory) : word(word_at(memory, 0)), lock(word) {}

  Word& word;
  RobustLock lock;
  std::atomic<int> served = 0;
  std::atomic<bool> owner_lost = false;
  LockWaiter waiter{lock, [this](LockResult result) {
                      owner_lost.store(result.owner_lost);
                      served.fetch_add(1);
                    }};

  void wait_until_served(int times = 1) const {
    wait_until([&] { return served.load() == times; }, "it has the lock");
  }
  // To be called while no other customer is about to sleep.
  void want_and_sleep() {
    waiter.want();
    wait_until([&] { return (word.load() & kLockWaiters) != 0; }, "somebody waits");
    wait_until(
        [] {
          for (const pid_t thread : test::thread_ids("sc:lock")) {
            if (!test::is_asleep(thread)) return false;
          }
          return true;
        },
        "it sleeps");
  }
};

}  // namespace

TEST_CASE("lock waiter: has the lock when it is free") {
  const test::SharedMemory memory;
  Customer customer(memory.one());
  CHECK(customer.served.load() == 0);
  for (int round = 1; round <= 3; ++round) {
    customer.waiter.want();
    customer.wait_until_served(round);
    CHECK(customer.lock.release());
  }
  customer.word.store(kLockOwnerLost);
  customer.waiter.want();
  customer.wait_until_served(4);
  CHECK(customer.owner_lost.load());
}

TEST_CASE("lock waiter: one that gives up after it was woken wakes the next") {
  const test::SharedMemory memory;
  RobustLock owner(word_at(memory.one(), 0));
  Customer first(memory.one());
  Customer second(memory.other());
  REQUIRE(owner.try_take());
  // The system wakes them in the order in which they went to sleep.
  first.want_and_sleep();
  second.want_and_sleep();
  first.waiter.give_up();
  CHECK(owner.release());
  second.wait_until_served();
  CHECK(first.served.load() == 0);
  CHECK(second.lock.release());
}

TEST_CASE("lock waiter: its wake-up goes to whoever sleeps on the word, when it has given up and when it goes") {
  const test::SharedMemory memory;
  RobustLock owner(word_at(memory.one(), 0));
  Customer customer(memory.other());
  REQUIRE(owner.try_take());
  customer.want_and_sleep();
  // Unlike a waiter, it does not look again by itself.
  const auto never = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const test::Sleeper other([&, seen = customer.word.load()] { sleep_on(customer.word, seen, never); });
  other.wait_until_asleep();
  SUBCASE("given up") {
    customer.waiter.give_up();
    CHECK(owner.release());
    other.wait_until_awake();
  }
  SUBCASE("gone") {
    { const LockWaiter gone(owner, [](LockResult) {}); }
    other.wait_until_awake();
  }
}

TEST_CASE("lock waiter: one that goes while it sleeps, or after it was woken, leaves the lock to others") {
  const test::SharedMemory memory;
  RobustLock owner(word_at(memory.one(), 0));
  auto first = std::make_unique<Customer>(memory.one());
  Customer second(memory.other());
  REQUIRE(owner.try_take());
  first->want_and_sleep();
  second.want_and_sleep();
  SUBCASE("before") {
    first.reset();
    CHECK(owner.release());
  }
  SUBCASE("after") {
    first->waiter.give_up();
    CHECK(owner.release());
    first.reset();
  }
  second.wait_until_served();
}

TEST_CASE("lock waiter: wants again while it still sleeps") {
  const test::SharedMemory memory;
  RobustLock owner(word_at(memory.one(), 0));
  Customer customer(memory.other());
  REQUIRE(owner.try_take());
  customer.want_and_sleep();
  customer.waiter.give_up();
  customer.waiter.want();
  CHECK(owner.release());
  customer.wait_until_served();
}

TEST_CASE("lock waiter: takes nothing when it has given up, however late") {
  const std::uint64_t seed = test::seed_or(43);
  CAPTURE(seed);
  test::Random random(seed);
  const test::SharedMemory memory;
  RobustLock owner(word_at(memory.one(), 0));
  Customer customer(memory.other());
  for (unsigned round = 0; round < test::rounds(2000, 500); ++round) {
    REQUIRE(owner.take({}));
    customer.waiter.want();
    for (volatile std::uint32_t left = random.below(20000); left > 0;) left = left - 1;
    customer.waiter.give_up();
    REQUIRE(owner.release());
    for (volatile std::uint32_t left = random.below(200000); left > 0;) left = left - 1;
    REQUIRE(owner.try_take());
    REQUIRE(owner.release());
  }
  CHECK(customer.served.load() == 0);
}
