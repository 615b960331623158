// The lock between processes, which are killed at any moment.
#include <shared_channel/shared_mutex.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/locked_area.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/shared_memory.hpp"
#include "support/threads.hpp"
#include "support/wait.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Program;
using test::SharedMemory;
using test::wait_until;

namespace {

class Users {
 public:
  [[nodiscard]] test::LockedArea& area() const { return test::area_at(memory_.one()); }

  [[nodiscard]] Program start(const std::string& task, std::uint32_t user) const {
    return Program("lock_user", {task, std::to_string(user)}, memory_.descriptor());
  }

  void wait_for_turns(std::uint32_t user, std::uint32_t count) const {
    const std::uint32_t before = area().turns[user].load();
    wait_until([&] { return area().turns[user].load() - before >= count; }, "a process has its turn");
  }

 private:
  const SharedMemory memory_;
};

}  // namespace

TEST_CASE("shared mutex between processes: the next one has it within a second of the owner's end") {
  const Users users;
  SharedMutex mutex(users.area().lock);
  for (int round = 0; round < 20; ++round) {
    const Program owner = users.start("hold", 1);
    wait_until([&] { return users.area().turns[1].load() == static_cast<unsigned>(round) + 1; }, "the process has it");
    CHECK_FALSE(mutex.lock(1ms));
    owner.kill();
    const LockResult result = mutex.lock(1s);
    CHECK(result.acquired);
    CHECK(result.owner_lost);
    CHECK(mutex.unlock() == UnlockResult::unlocked);
  }
}

TEST_CASE("shared mutex between processes: several work, and nobody sees half a change") {
  const Users users;
  std::vector<Program> workers;
  for (std::uint32_t user = 1; user <= 3; ++user) workers.push_back(users.start("work", user));
  for (std::uint32_t user = 1; user <= 3; ++user) users.wait_for_turns(user, test::rounds(3000, 300));
  SharedMutex mutex(users.area().lock);
  REQUIRE(mutex.lock(20s));
  CHECK(users.area().first == users.area().turns[1] + users.area().turns[2] + users.area().turns[3]);
  CHECK(users.area().violations.load() == 0);
  CHECK(users.area().losses.load() == 0);
}

TEST_CASE("shared mutex between processes: killed at random moments under load, waiters and owners alike") {
  const std::uint64_t seed = test::seed_or(42);
  CAPTURE(seed);
  test::Random random(seed);
  const Users users;
  test::LockedArea& area = users.area();
  SharedMutex mutex(area.lock);
  constexpr std::uint32_t kWorkers = 3;
  std::vector<Program> workers;
  for (std::uint32_t user = 1; user <= kWorkers; ++user) workers.push_back(users.start("work", user));
  for (unsigned round = 0; round < test::rounds(300, 100); ++round) {
    CAPTURE(round);
    const std::uint32_t victim = random.below(kWorkers);
    users.wait_for_turns(victim + 1, 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(2000)));
    workers[victim].kill();
    // The others go on by themselves.
    for (std::uint32_t user = 1; user <= kWorkers; ++user) {
      if (user != victim + 1) users.wait_for_turns(user, 2);
    }
    const LockResult result = mutex.lock(1s);
    REQUIRE(result.acquired);
    test::use(area, kWorkers + 1, result.owner_lost);
    REQUIRE(mutex.unlock() == UnlockResult::unlocked);
    workers[victim] = users.start("work", victim + 1);
  }
  CHECK(area.violations.load() == 0);
  CHECK(area.losses.load() > 0);
  MESSAGE("owners lost: ", area.losses.load());
}
