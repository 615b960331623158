// A plugin that has nothing to do, or that cannot go on, costs nothing until it is woken.
#include <plugin_host.hpp>

#include <sys/resource.h>

#include <ctime>
#include <thread>

#include <doctest/doctest.h>

#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::JavaScriptSide;
using test::some_bytes;

namespace {

struct Effort {
  std::chrono::nanoseconds processor_time;
  long wake_ups;
};

Effort effort_so_far() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec), usage.ru_nvcsw};
}

// What the whole process does while this thread sleeps. A thread that looks every 10 ms would wake 20 times.
void check_that_nobody_works() {
  std::this_thread::sleep_for(20ms);  // what goes on for a moment after a burst has its time
  const Effort before = effort_so_far();
  std::this_thread::sleep_for(200ms);
  const Effort after = effort_so_far();
  CHECK(after.processor_time - before.processor_time < 50ms);
  CHECK(after.wake_ups - before.wake_ups < 10);  // one is ours; the sanitizers' own threads wake now and then
}

}  // namespace

TEST_CASE("idle plugin: it waits for its first message") {
  JavaScriptSide js({.plugin = "echo"});
  js.wait_until_ready();
  check_that_nobody_works();
  js.send(1, some_bytes(10, 1));
  CHECK(js.receive().bytes == some_bytes(10, 1));
}

TEST_CASE("idle plugin: it waits for more after a burst") {
  JavaScriptSide js({.plugin = "echo"});
  js.wait_until_ready();
  for (std::uint32_t number = 0; number < 100; ++number) {
    js.send(number, some_bytes(number, number));
    CHECK(js.receive().bytes == some_bytes(number, number));
  }
  check_that_nobody_works();
}

TEST_CASE("idle plugin: it waits for room in the middle of a message, again and again") {
  JavaScriptSide js({.plugin = "echo", .send_capacity = 1 << 16});
  js.wait_until_ready();
  js.send(1, some_bytes(30000, 1));
  check_that_nobody_works();
  // Some room: the plugin goes on for a while and is stuck once more.
  js.read_a_little();
  check_that_nobody_works();
  CHECK(js.receive().bytes == some_bytes(30000, 1));
}

TEST_CASE("idle plugin: several of its threads wait for room") {
  JavaScriptSide js({.plugin = "crowd", .options = "[4,0]"});
  js.wait_until_ready();
  for (int i = 0; i < 100; ++i) (void)js.receive();
  check_that_nobody_works();
}
