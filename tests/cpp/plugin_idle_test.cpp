// A plugin that has nothing to do, or that cannot go on, costs nothing until it is woken.
#include <plugin_host.hpp>

#include <doctest/doctest.h>

#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/threads.hpp"

using namespace shared_channel;
using test::check_that_nobody_works;
using test::JavaScriptSide;
using test::some_bytes;

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
