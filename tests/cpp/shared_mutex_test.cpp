// The lock within one process: two ends are two objects over two mappings of the same memory.
#include <shared_channel/shared_mutex.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <lock_keeper.hpp>
#include <robust_lock.hpp>

#include "support/failing.hpp"
#include "support/locked_area.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/shared_memory.hpp"
#include "support/sleeper.hpp"
#include "support/threads.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::SharedMemory;
using test::wait_until;

namespace {

Word& word(const SharedMemory& memory) { return word_at(memory.one(), 0); }

bool has_waiters(const SharedMemory& memory) { return (word(memory).load() & kLockWaiters) != 0; }

// Somebody who waits for the lock on a thread of its own.
class Waiter {
 public:
  explicit Waiter(std::function<LockResult()> wait) : sleeper_([this, wait = std::move(wait)] { result_ = wait(); }) {}

  void wait_until_asleep() const { sleeper_.wait_until_asleep(); }
  [[nodiscard]] bool is_done() const noexcept { return sleeper_.is_awake(); }
  [[nodiscard]] LockResult result() const {
    sleeper_.wait_until_awake();
    return result_;
  }

 private:
  LockResult result_;
  test::Sleeper sleeper_;
};

}  // namespace

TEST_CASE("shared mutex: one has it at a time") {
  const SharedMemory memory;
  SharedMutex one(memory.one());
  SharedMutex other(memory.other());
  CHECK(one.lock().acquired);
  CHECK_FALSE(other.try_lock());
  CHECK_FALSE(one.try_lock());  // not recursive
  CHECK_FALSE(other.lock(0ms));
  CHECK_FALSE(other.lock(-1h));
  CHECK(one.unlock() == UnlockResult::unlocked);
  const LockResult result = other.try_lock();
  CHECK(result.acquired);
  CHECK_FALSE(result.owner_lost);
  CHECK(other.unlock() == UnlockResult::unlocked);
  CHECK(word(memory).load() == 0);
}

TEST_CASE("shared mutex: only who has it lets go of it") {
  const SharedMemory memory;
  SharedMutex one(memory.one());
  SharedMutex other(memory.other());
  CHECK(one.unlock() == UnlockResult::not_locked);
  (void)one.lock();
  CHECK(other.unlock() == UnlockResult::not_locked);
  CHECK_FALSE(other.try_lock());
  CHECK(one.unlock() == UnlockResult::unlocked);
  CHECK(one.unlock() == UnlockResult::not_locked);
}

TEST_CASE("shared mutex: waits until the other lets go") {
  const SharedMemory memory;
  SharedMutex one(memory.one());
  SharedMutex other(memory.other());
  (void)one.lock();
  std::function<LockResult()> wait;
  SUBCASE("for ever") { wait = [&] { return other.lock(); }; }
  SUBCASE("for a time") { wait = [&] { return other.lock(20s); }; }
  SUBCASE("for a time beyond what the clock can count") { wait = [&] { return other.lock(std::chrono::milliseconds::max()); }; }
  Waiter waiter(wait);
  wait_until([&] { return has_waiters(memory); }, "somebody waits");
  waiter.wait_until_asleep();
  CHECK_FALSE(waiter.is_done());
  CHECK(one.unlock() == UnlockResult::unlocked);
  const LockResult result = waiter.result();
  CHECK(result.acquired);
  CHECK_FALSE(result.owner_lost);
  CHECK(other.unlock() == UnlockResult::unlocked);
  CHECK(word(memory).load() == 0);  // nobody is left to wake, and nobody tries
}

TEST_CASE("shared mutex: gives up in time, and leaves the owner alone however long it has it") {
  const SharedMemory memory;
  SharedMutex one(memory.one());
  SharedMutex other(memory.other());
  (void)one.lock();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(other.lock(350ms));
  CHECK(std::chrono::steady_clock::now() - start >= 350ms);
  CHECK(one.unlock() == UnlockResult::unlocked);
}

TEST_CASE("shared mutex: an object that goes while it has the lock was its owner") {
  const SharedMemory memory;
  SharedMutex other(memory.other());
  {
    SharedMutex one(memory.one());
    (void)one.lock();
  }
  CHECK(other.lock(0ms).owner_lost);
  CHECK(other.unlock() == UnlockResult::unlocked);
  CHECK_FALSE(other.lock().owner_lost);  // said once
}

TEST_CASE("shared mutex: a waiter hears of it at once") {
  const SharedMemory memory;
  SharedMutex other(memory.other());
  auto one = std::make_unique<SharedMutex>(memory.one());
  (void)one->lock();
  Waiter waiter([&] { return other.lock(); });
  wait_until([&] { return has_waiters(memory); }, "somebody waits");
  waiter.wait_until_asleep();
  one.reset();
  CHECK(waiter.result().owner_lost);
}

TEST_CASE("shared mutex: an owner whose thread had ended when the lock was taken in its name") {
  const SharedMemory memory;
  std::uint32_t ended = 0;
  std::thread([&] { ended = static_cast<std::uint32_t>(gettid()); }).join();
  wait_until([&] { return !keeper_exists(ended); }, "the thread is gone");
  SharedMutex mutex(memory.one());
  word(memory).store(ended);
  SUBCASE("nobody waited") {}
  SUBCASE("somebody was said to wait") { word(memory).store(ended | kLockWaiters); }
  const LockResult result = mutex.lock(1s);
  CHECK(result.acquired);
  CHECK(result.owner_lost);
  CHECK(mutex.unlock() == UnlockResult::unlocked);
}

TEST_CASE("shared mutex: the mark of the waiters stays as long as one sleeps") {
  const SharedMemory memory;
  SharedMutex owner(memory.one());
  SharedMutex first(memory.other());
  SharedMutex second(memory.other());
  (void)owner.lock();
  const Waiter one([&] { return first.lock(); });
  one.wait_until_asleep();
  const Waiter other([&] { return second.lock(); });
  other.wait_until_asleep();
  CHECK(owner.unlock() == UnlockResult::unlocked);
  CHECK(one.result());
  CHECK(has_waiters(memory));
  CHECK(first.unlock() == UnlockResult::unlocked);
  CHECK(other.result());
  CHECK(second.unlock() == UnlockResult::unlocked);
  CHECK(word(memory).load() == 0);
}

TEST_CASE("shared mutex: what was heard of a lost owner can be passed on") {
  const SharedMemory memory;
  RobustLock one(word(memory));
  word(memory).store(kLockOwnerLost);
  CHECK(one.try_take().owner_lost);
  CHECK(one.release(true));
  CHECK(one.try_take().owner_lost);
  CHECK(one.release());
  CHECK_FALSE(one.try_take().owner_lost);
  CHECK(one.release());
}

TEST_CASE("shared mutex: several threads, several ends, plain memory") {
  const SharedMemory memory;
  // One mapping: the sanitizer sees all threads at the same addresses. Two mappings: what two processes have.
  std::byte* second = nullptr;
  SUBCASE("over one mapping") { second = memory.one(); }
  SUBCASE("over two mappings") { second = memory.other(); }
  SharedMutex mutexes[] = {SharedMutex(memory.one()), SharedMutex(second)};
  test::LockedArea* const areas[] = {&test::area_at(memory.one()), &test::area_at(second)};
  const unsigned rounds = test::rounds(40000, 4000);
  std::vector<std::thread> threads;
  for (std::uint32_t user = 1; user <= 4; ++user) {
    threads.emplace_back([&mutex = mutexes[user % 2], &area = *areas[user % 2], rounds, user] {
      for (unsigned i = 0; i < rounds; ++i) {
        if (i % 3 == 0) {
          while (!mutex.lock(1ms)) {
          }
        } else {
          (void)mutex.lock();
        }
        test::use(area, user, false);
        if (mutex.unlock() != UnlockResult::unlocked) area.violations.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(areas[0]->first == std::uint64_t{4} * rounds);
  CHECK(areas[0]->violations.load() == 0);
  CHECK(word(memory).load() == 0);
}

TEST_CASE("shared mutex: works with the standard library's guards") {
  const SharedMemory memory;
  SharedMutex mutex(memory.one());
  {
    const std::lock_guard guard(mutex);
    CHECK_FALSE(mutex.try_lock());
  }
  CHECK(mutex.try_lock());
}

TEST_CASE("shared mutex: costs nothing while it is held or waited for, and leaves no thread") {
  const SharedMemory memory;
  const std::size_t threads = test::thread_ids().size();
  {
    SharedMutex one(memory.one());
    SharedMutex other(memory.other());
    (void)one.lock();
    Waiter waiter([&] { return other.lock(); });
    wait_until([&] { return has_waiters(memory); }, "somebody waits");
    test::check_that_nobody_works();
    (void)one.unlock();
    CHECK(waiter.result());
  }
  wait_until([threads] { return test::thread_ids().size() == threads; }, "its threads are gone");
}

TEST_CASE("shared mutex: refuses an address that cannot be") {
  const SharedMemory memory;
  for (std::byte* const address : {static_cast<std::byte*>(nullptr), memory.one() + 2}) {
    CHECK(test::code_of([address] { SharedMutex mutex(address); }) == "INVALID_ARGUMENT");
  }
}

TEST_CASE("shared mutex: garbage in the word") {
  const SharedMemory memory;
  SharedMutex mutex(memory.one());
  SUBCASE("under an owner's hands") {
    for (const std::uint32_t garbage : {0u, 1u, kLockWaiters, kLockOwnerLost, 0xffffffffu}) {
      CAPTURE(garbage);
      word(memory).store(0);
      REQUIRE(mutex.lock(0ms));
      word(memory).store(garbage);
      CHECK(mutex.unlock() == UnlockResult::corrupt);
      CHECK(word(memory).load() == garbage);
      CHECK(mutex.unlock() == UnlockResult::not_locked);
    }
  }
  SUBCASE("under an owner's hands, with the owner's own name") {
    REQUIRE(mutex.lock(0ms));
    word(memory).fetch_or(kLockOwnerLost);
    CHECK(mutex.unlock() == UnlockResult::corrupt);
  }
  SUBCASE("the name of somebody who lives and has nothing to do with it") {
    word(memory).store(static_cast<std::uint32_t>(getpid()));
    CHECK_FALSE(mutex.lock(250ms));
  }
  SUBCASE("the name of nobody") {
    word(memory).store(kLockOwner);
    CHECK(mutex.lock(1s).owner_lost);
  }
}

TEST_CASE("shared mutex: garbage all the time") {
  const std::uint64_t seed = test::seed_or(41);
  CAPTURE(seed);
  const SharedMemory memory;
  std::atomic<bool> enough = false;
  std::thread vandal([&] {
    test::Random random(seed);
    while (!enough.load()) {
      // Also free ones, also owners that there may be.
      const std::uint32_t mask = random.one_of({0, kLockOwnerLost, kLockWaiters | 0x1ffff, 0xffffffff});
      word(memory).store(random.word() & mask);
      if (random.one_in(8)) wake_sleepers(word(memory));
    }
  });
  std::vector<std::thread> users;
  std::atomic<unsigned> acquired = 0;
  for (std::byte* const memory : {memory.one(), memory.other()}) {
    users.emplace_back([&, memory] {
      for (unsigned round = 0; round < test::rounds(20, 5); ++round) {
        SharedMutex mutex(memory);
        for (int i = 0; i < 50; ++i) {
          if (!mutex.lock(i % 2 == 0 ? 0ms : 1ms)) continue;
          acquired.fetch_add(1);
          (void)mutex.unlock();
        }
      }
    });
  }
  for (std::thread& user : users) user.join();
  enough.store(true);
  vandal.join();
  CHECK(acquired.load() > 0);
  // And all is well when the vandal has gone.
  word(memory).store(0);
  SharedMutex mutex(memory.one());
  CHECK(mutex.lock());
  CHECK(mutex.unlock() == UnlockResult::unlocked);
}
