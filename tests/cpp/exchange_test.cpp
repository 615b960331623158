// JavaScript's thread in the plugin: what it gets, and that it is never there when the plugin ends.
#include <plugin_host.hpp>

#include <failure.hpp>

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::Bytes;
using test::JavaScriptSide;
using test::some_bytes;
using Kind = PluginEvent::Kind;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Exchanging {
  explicit Exchanging(const std::string& options, const std::string& plugin = "exchange")
      : js({.plugin = plugin, .options = options}) {
    js.wait_until_ready();
  }

  [[nodiscard]] std::string failure(std::size_t size = 100) {
    Bytes memory(size);
    try {
      (void)js.host().exchange(memory);
    } catch (const Failure& failure) {
      return std::string(failure.code) + ": " + failure.what();
    }
    return "none";
  }

  JavaScriptSide js;
};

}  // namespace

TEST_CASE("exchange: the plugin works in the caller's memory, on the caller's thread") {
  Bytes memory = some_bytes(1000, 1);
  SUBCASE("and nowhere else") {
    Exchanging plugin("\"fill\"");
    const Bytes before = memory;
    CHECK(plugin.js.host().exchange(std::span(memory).subspan(10, 900)) == 900);
    for (std::size_t i = 0; i < 900; ++i) REQUIRE(memory[10 + i] == static_cast<std::byte>(i * 7 + 3));
    CHECK(std::equal(before.begin(), before.begin() + 10, memory.begin()));
    CHECK(std::equal(before.end() - 90, before.end(), memory.end() - 90));
  }
  SUBCASE("in place") {
    Exchanging plugin("\"invert\"");
    const Bytes before = memory;
    CHECK(plugin.js.host().exchange(memory) == 1000);
    CHECK(plugin.js.host().exchange(memory) == 1000);
    CHECK(memory == before);
  }
  SUBCASE("and says how much of it it wrote") {
    Exchanging plugin("\"half\"");
    CHECK(plugin.js.host().exchange(memory) == 500);
  }
  SUBCASE("under the name of that thread") {
    Exchanging plugin("\"thread\"");
    std::thread([&] {
      pthread_setname_np(pthread_self(), "the caller");
      CHECK(plugin.js.host().exchange(memory) == 10);
    }).join();
    CHECK(std::memcmp(memory.data(), "the caller", 10) == 0);
  }
  SUBCASE("also of no bytes") {
    Exchanging plugin("\"fill\"");
    CHECK(plugin.js.host().exchange({}) == 0);
  }
}

TEST_CASE("exchange: messages go their way meanwhile") {
  Exchanging plugin("\"fill\"");
  for (std::uint32_t number = 0; number < 1000; ++number) {
    Bytes memory(100);
    plugin.js.send(number, some_bytes(50, number));
    REQUIRE(plugin.js.host().exchange(memory) == 100);
    REQUIRE(plugin.js.receive().bytes == some_bytes(50, number));
  }
}

TEST_CASE("exchange: what goes wrong is thrown at the caller, and is no error event") {
  struct Case {
    const char* options;
    const char* failure;
  };
  for (const Case& wrong :
       {Case{"\"throw\"", "PLUGIN_ERROR: The plugin \"exchange\": as it was told"},
        Case{"\"throw int\"", "PLUGIN_ERROR: The plugin \"exchange\": the plugin threw something that is not"},
        Case{"\"overshoot\"", "PLUGIN_ERROR: The plugin \"exchange\" says that it wrote 101 bytes into memory of 100"}}) {
    CAPTURE(wrong.options);
    Exchanging plugin(wrong.options);
    for (int i = 0; i < 3; ++i) {
      const std::string failure = plugin.failure();
      CAPTURE(failure);
      CHECK(has(failure, wrong.failure));
    }
    plugin.js.send(1, some_bytes(10, 1));
    CHECK(plugin.js.receive().bytes == some_bytes(10, 1));
    CHECK_FALSE(plugin.js.ears().try_take(Kind::error));
  }
}

TEST_CASE("exchange: an exception that crosses the interface is thrown at the caller") {
  Exchanging plugin("\"exchange\"", "rule_breaker");
  CHECK(has(plugin.failure(), "PLUGIN_ERROR: The plugin \"rule-breaker\": an exception left its exchange"));
}

TEST_CASE("exchange: a plugin without it says so") {
  CHECK(has(Exchanging("null", "echo").failure(), "NOT_SUPPORTED: The plugin \"echo\" has no exchange"));
  CHECK(has(Exchanging("\"empty\"", "rule_breaker").failure(), "NOT_SUPPORTED"));
}

TEST_CASE("exchange: sending from it does not wait for the very JavaScript that stands still") {
  Exchanging plugin("\"send\"");
  for (int i = 0; i < 3; ++i) CHECK(has(plugin.failure(), "no room in the ring"));
  CHECK_FALSE(plugin.js.try_receive());
  // Elsewhere it waits as ever.
  for (int i = 0; i < 6; ++i) plugin.js.send(1, some_bytes(1000, i));
  for (int i = 0; i < 6; ++i) CHECK(plugin.js.receive().bytes == some_bytes(1000, i));
}

TEST_CASE("exchange: the end of the plugin waits for who is in it") {
  Exchanging plugin("\"dawdle\"");
  std::thread caller([&] {
    Bytes memory(100);
    CHECK(plugin.js.host().exchange(memory) == 100);
  });
  CHECK(plugin.js.ears().wait_for(Kind::log).text == "in");
  SUBCASE("when it is stopped") { plugin.js.host().request_stop(); }
  SUBCASE("when JavaScript closes") { plugin.js.announce_close(); }
  CHECK(plugin.js.ears().wait_for(Kind::log).text == "out");
  CHECK(plugin.js.ears().wait_for(Kind::log).text == "shutdown");
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  caller.join();
  CHECK_FALSE(plugin.js.ears().try_take(Kind::error));
}

TEST_CASE("exchange: once the plugin has ended it is closed, however it ended") {
  Exchanging plugin("\"fill\"");
  SUBCASE("stopped") { plugin.js.host().request_stop(); }
  SUBCASE("closed") { plugin.js.announce_close(); }
  SUBCASE("corrupt") {
    word_at(plugin.js.memory(), kTailOffset).store(12);
    plugin.js.ring_plugin();
  }
  (void)plugin.js.ears().wait_for(Kind::ended);
  CHECK(has(plugin.failure(), "CLOSED"));
}

TEST_CASE("exchange: over and over while the plugin ends") {
  for (unsigned round = 0; round < test::rounds(300, 100); ++round) {
    CAPTURE(round);
    Exchanging plugin("\"fill\"");
    Bytes memory(64);
    std::thread stopper([&] { plugin.js.host().request_stop(); });
    std::string end;
    const auto deadline = std::chrono::steady_clock::now() + test::kPatience;
    try {
      while (std::chrono::steady_clock::now() < deadline) (void)plugin.js.host().exchange(memory);
    } catch (const Failure& failure) {
      end = failure.code;
    }
    stopper.join();
    REQUIRE(end == "CLOSED");
    (void)plugin.js.ears().wait_for(Kind::ended);
    REQUIRE_FALSE(plugin.js.ears().try_take(Kind::error));
  }
}
