// Who a process is, and hearing of its end.
#include <fcntl.h>
#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <failure.hpp>
#include <process.hpp>

#include "support/child.hpp"
#include "support/failing.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/this_process.hpp"

using namespace shared_channel;
using test::Child;
using test::Wire;

namespace {

constexpr char kThread[] = "sc:processes";

// Does nothing until it is killed, or its wire is written to.
void idle(const Wire& wire) { static_cast<void>(wire.read()); }

// Counts what happens on other threads.
class Counter {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  // Whether there are as many within some seconds.
  [[nodiscard]] bool reaches(unsigned count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return count_ >= count; });
  }
  [[nodiscard]] unsigned value() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned count_ = 0;
};

}  // namespace

TEST_CASE("process: this one and another are told apart by number and start time") {
  const ProcessIdentity self = this_process();
  CHECK(self.pid == static_cast<std::uint32_t>(getpid()));
  CHECK(self.start_time > 0);
  CHECK(this_process() == self);
  Child child(idle);
  const ProcessIdentity other = find_process(child.pid());
  CHECK(other.start_time >= self.start_time);
  CHECK(other != self);
  child.kill();
  CHECK(find_process(child.pid()).start_time == 0);
  CHECK(find_process(0).start_time == 0);
  CHECK(find_process(0xffffffff).start_time == 0);
}

TEST_CASE("process: its start time is found whatever it calls itself") {
  Child child([](const Wire& wire) {
    const std::string right = std::to_string(this_process().start_time);
    for (const char* const name : {"a b", ")", "1 2 3) 4 5", ") R 1 1 1 1 1", "((((((((((((((("}) {
      prctl(PR_SET_NAME, name);
      if (std::to_string(this_process().start_time) != right) return wire.write(name);
    }
    wire.write("found");
  });
  CHECK(child.read() == "found");
}

TEST_CASE("process watch: tells of the end once, of whatever kind it is") {
  const std::vector<void (*)(Child&)> ends = {
      [](Child& child) { child.kill(); },
      [](Child& child) { child.kill_to_zombie(); },
      [](Child& child) { child.write("end"); },
  };
  for (const auto end : ends) {
    Counter told;
    {
      Child child(idle);
      const ProcessWatch watch(find_process(child.pid()), [&] { told.add(); });
      CHECK(told.value() == 0);
      end(child);
      CHECK(told.reaches(1));
    }
    CHECK(told.value() == 1);
  }
}

TEST_CASE("process watch: a process that is stopped has not ended") {
  Counter told;
  Child child(idle);
  const ProcessWatch watch(find_process(child.pid()), [&] { told.add(); });
  child.signal(SIGSTOP);
  siginfo_t info{};
  waitid(P_PID, child.pid(), &info, WSTOPPED | WNOWAIT);
  // Another one's end, which comes later, is heard of.
  Counter other_told;
  Child other([](const Wire&) {});
  try {
    const ProcessWatch other_watch(find_process(other.pid()), [&] { other_told.add(); });
    CHECK(other_told.reaches(1));
  } catch (const Failure& failure) {
    CHECK(failure.code == std::string("PEER_LOST"));  // it was faster
  }
  CHECK(told.value() == 0);
  child.signal(SIGCONT);
  child.write("end");
  CHECK(told.reaches(1));
}

TEST_CASE("process watch: of a process that has ended is PEER_LOST, and leaves no thread") {
  Child child(idle);
  const ProcessIdentity identity = find_process(child.pid());
  child.kill_to_zombie();
  const auto refusal = [&] { return test::code_of([&] { ProcessWatch watch(identity, [] {}); }); };
  CHECK(refusal() == "PEER_LOST");
  child.wait();
  CHECK(refusal() == "PEER_LOST");
  CHECK(test::has_threads(kThread, 0));
}

TEST_CASE("process watch: many share one thread, which goes with the last of them") {
  const unsigned descriptors = test::descriptors();
  {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 20; ++i) children.push_back(std::make_unique<Child>(idle));
    const unsigned before = test::descriptors();
    Counter told;
    std::vector<std::unique_ptr<ProcessWatch>> watches;
    for (int i = 0; i < 200; ++i) {
      watches.push_back(std::make_unique<ProcessWatch>(find_process(children[i % 20]->pid()), [&] { told.add(); }));
    }
    CHECK(test::has_threads(kThread, 1));
    for (int i = 0; i < 20; i += 2) children[i]->kill();
    CHECK(told.reaches(100));
    CHECK(told.value() == 100);
    while (watches.size() > 1) watches.pop_back();
    CHECK(test::has_threads(kThread, 1));
    watches.pop_back();
    CHECK(test::has_threads(kThread, 0));
    CHECK(test::descriptors() == before);
    CHECK(told.value() == 100);
  }
  CHECK(test::descriptors() == descriptors);
}

TEST_CASE("process watch: the thread comes and goes any number of times") {
  for (int round = 0; round < 50; ++round) {
    Child child(idle);
    Counter told;
    const ProcessWatch watch(find_process(child.pid()), [&] { told.add(); });
    child.kill();
    REQUIRE(told.reaches(1));
  }
  CHECK(test::has_threads(kThread, 0));
}

TEST_CASE("process watch: destroyed while the process ends, it tells before or never") {
  const std::uint64_t seed = test::seed_or(99);
  CAPTURE(seed);
  test::Random random(seed);
  const unsigned rounds = test::rounds(300, 60);
  for (unsigned round = 0; round < rounds; ++round) {
    Child child(idle);
    // The callback writes where nothing may be written any more once the watch is gone.
    auto told = std::make_unique<std::atomic<unsigned>>(0);
    auto watch = std::make_unique<ProcessWatch>(find_process(child.pid()), [&told] { told->fetch_add(1); });
    child.signal(SIGKILL);
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(200));
    while (std::chrono::steady_clock::now() < moment) {
    }
    watch.reset();
    REQUIRE(told->load() <= 1);
    told.reset();
  }
  CHECK(test::has_threads(kThread, 0));
}

TEST_CASE("process watch: without descriptors it is OUT_OF_MEMORY, and leaves nothing") {
  Child child([](const Wire& wire) {
    Child watched(idle);
    const ProcessIdentity identity = find_process(watched.pid());
    const unsigned before = test::descriptors();
    std::string codes;
    bool is_watching = false;
    for (rlim_t most = 0; most < 64 && !is_watching; ++most) {
      const test::Limit limit(RLIMIT_NOFILE, most);
      const std::string code = test::code_of([&] { ProcessWatch watch(identity, [] {}); });
      is_watching = code.empty();
      if (!is_watching && code != "OUT_OF_MEMORY") codes += code + " ";
    }
    if (!is_watching) codes += "never";
    // What a start that failed halfway has left is used, or closed, by the next.
    { ProcessWatch watch(identity, [] {}); }
    if (test::descriptors() != before || !test::has_threads(kThread, 0)) codes += "something is left";
    wire.write("tried " + codes);
  });
  CHECK(child.read() == "tried ");
  CHECK(child.wait() == 0);
}
