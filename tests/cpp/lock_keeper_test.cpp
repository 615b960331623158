// What the system does when a thread ends under whose id a lock is held, or that sleeps on one.
#include <lock_keeper.hpp>

#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include <doorbell.hpp>

#include "support/program.hpp"
#include "support/shared_memory.hpp"
#include "support/sleeper.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Sleeper;

namespace {

// Far longer than `wait_until_awake` waits: whoever comes back was woken.
Deadline never() { return std::chrono::steady_clock::now() + 60s; }

// The word of a lock, and threads that sleep on it in another mapping.
struct Lock {
  test::SharedMemory memory;
  Word& word = word_at(memory.one(), 0);
  std::optional<Sleeper> sleepers[2];

  void put_to_sleep() {
    for (auto& sleeper : sleepers) {
      sleeper.emplace([this, seen = word.load()] { sleep_on(word_at(memory.other(), 0), seen, never()); });
      sleeper->wait_until_asleep();
    }
  }
  // They sleep in this order.
  void check_that_one_was_woken() {
    sleepers[0]->wait_until_awake();
    CHECK_FALSE(sleepers[1]->is_awake());
  }
  ~Lock() { wake_sleepers(word); }
};

}  // namespace

TEST_CASE("lock keeper: a lock that is held under its id is lost with it, and one sleeper hears of it") {
  Lock lock;
  auto keeper = std::make_unique<LockKeeper>(lock.word);
  lock.word.store(keeper->id() | kLockWaiters);
  lock.put_to_sleep();
  keeper.reset();
  CHECK(lock.word.load() == (kLockOwnerLost | kLockWaiters));
  lock.check_that_one_was_woken();
}

TEST_CASE("lock keeper: nobody is woken when nobody was said to sleep") {
  Lock lock;
  {
    const LockKeeper keeper(lock.word);
    lock.word.store(keeper.id());
  }
  CHECK(lock.word.load() == kLockOwnerLost);
}

TEST_CASE("lock keeper: when nobody has the lock, its wake-up is passed on") {
  Lock lock;
  auto keeper = std::make_unique<LockKeeper>(lock.word);
  lock.word.store(kLockWaiters);
  lock.put_to_sleep();
  keeper.reset();
  lock.check_that_one_was_woken();
  CHECK(lock.word.load() == kLockWaiters);
}

TEST_CASE("lock keeper: another owner is left alone") {
  Lock lock;
  const LockKeeper other(lock.word);
  {
    const LockKeeper keeper(lock.word);
    CHECK(keeper.id() != other.id());
    lock.word.store(other.id() | kLockWaiters);
  }
  CHECK(lock.word.load() == (other.id() | kLockWaiters));
}

TEST_CASE("lock keeper: exists as long as it does") {
  Lock lock;
  auto keeper = std::make_unique<LockKeeper>(lock.word);
  const std::uint32_t id = keeper->id();
  CHECK(keeper_exists(id));
  keeper.reset();
  test::wait_until([id] { return !keeper_exists(id); }, "it is gone");
  CHECK(keeper_exists(1));  // of another process
}

TEST_CASE("sleeper notice: who is killed while it sleeps on a free lock passes its wake-up on") {
  Lock lock;
  const test::Program child("lock_user", {"sleep", "1"}, lock.memory.descriptor());
  test::wait_until([&] { return lock.word.load() == kLockWaiters; }, "the process has given notice");
  lock.put_to_sleep();
  child.kill();
  lock.check_that_one_was_woken();
}

TEST_CASE("sleepers on a word: one is woken, and whether there was one is told") {
  Lock lock;
  CHECK_FALSE(wake_one_sleeper(lock.word));
  lock.put_to_sleep();
  CHECK(wake_one_sleeper(lock.word));
  lock.check_that_one_was_woken();
  CHECK(wake_one_sleeper(lock.word));
  CHECK_FALSE(wake_one_sleeper(lock.word));
}

TEST_CASE("sleepers on a word: all are woken when a bit is taken away, and no other bit is") {
  Lock lock;
  lock.word.store(0xffffffff);
  lock.put_to_sleep();
  clear_and_wake_sleepers(lock.word, kLockWaiters);
  CHECK(lock.word.load() == 0x7fffffff);
  for (const auto& sleeper : lock.sleepers) sleeper->wait_until_awake();
  clear_and_wake_sleepers(lock.word, 1);
  CHECK(lock.word.load() == 0x7ffffffe);
}
