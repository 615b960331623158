// The life of a plugin in its host: started, fed, stopped, left behind.
#include <plugin_host.hpp>

#include <dlfcn.h>

#include <deque>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "support/array_memory.hpp"
#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::JavaScriptSide;
using test::kPatience;
using test::some_bytes;
using Kind = PluginEvent::Kind;

namespace {

// Sends messages and takes their echoes, both at once, as fast as either goes.
void echo_under_load(JavaScriptSide& js, std::uint64_t seed, unsigned messages, std::uint32_t largest) {
  test::Random random(seed);
  std::deque<Bytes> under_way;
  unsigned sent = 0;
  unsigned received = 0;
  OutgoingMessage message;
  while (received < messages) {
    bool moved = false;
    if (message.data == nullptr && sent < messages) {
      const std::uint32_t size = random.one_in(16) ? random.below(largest) : random.below(300);
      under_way.push_back(some_bytes(size + 1, seed + sent));
      message = test::outgoing(sent & kMaxMessageType, under_way.back());
    }
    if (message.data != nullptr) {
      const std::uint32_t before = message.sent;
      if (js.try_send(message)) {
        message = {};
        ++sent;
        moved = true;
      } else {
        moved = message.sent != before;
      }
    }
    while (const auto echo = js.try_receive()) {
      moved = true;
      if (echo->type != (received & kMaxMessageType) || echo->bytes != under_way.front()) {
        FAIL("echo " << received << " is not what was sent");
      }
      under_way.pop_front();
      ++received;
    }
    if (!moved) js.sleep();
  }
}

// Writes a word of the header as a hostile JavaScript would, past everything that checks.
struct HostileSide {
  HostileSide() : layout(make_layout(kMinCapacity, kMinCapacity)), segment(Segment::create(layout.total_size)) {
    write_layout(segment.data(), layout);
    base = segment.data();
  }
  void start() {
    host = PluginHost::start(std::make_shared<const Segment>(std::move(segment)), layout, {.path = test::plugin_path("echo")}, ears);
    (void)ears->wait_for(Kind::ready);
  }
  [[nodiscard]] std::string end() {
    const PluginEvent end = ears->wait_for(Kind::ended);
    CHECK(host->join(std::chrono::steady_clock::now() + kPatience));
    return end.code;
  }

  Layout layout;
  Segment segment;
  std::byte* base = nullptr;
  std::shared_ptr<test::Ears> ears = std::make_shared<test::Ears>();
  std::shared_ptr<PluginHost> host;
};

}  // namespace

TEST_CASE("plugin host: a plugin starts, answers, and leaves when JavaScript closes") {
  JavaScriptSide js({.plugin = "echo"});
  const PluginEvent ready = js.ears().wait_for(Kind::ready);
  CHECK(ready.name == "echo");
  CHECK(ready.version == "1.0.0");
  CHECK(ready.abi_minor == SC_ABI_MINOR);
  CHECK(js.peer_state() == kStateOpen);

  js.send(7, some_bytes(100, 1));
  const auto echo = js.receive();
  CHECK(echo.type == 7);
  CHECK(echo.bytes == some_bytes(100, 1));

  js.announce_close();
  const PluginEvent end = js.ears().wait_for(Kind::ended);
  CHECK(end.code == "");
  CHECK(end.text == "");
  CHECK(js.peer_state() == kStateClosed);
  CHECK(js.join(kPatience));
  CHECK_FALSE(js.ears().try_take(Kind::error));
}

TEST_CASE("plugin host: what was sent before JavaScript closed is still read") {
  JavaScriptSide js({.plugin = "echo"});
  js.wait_until_ready();
  for (std::uint32_t number = 0; number < 30; ++number) js.send(number, some_bytes(50, number));
  js.announce_close();
  for (std::uint32_t number = 0; number < 30; ++number) {
    const auto echo = js.receive();
    CHECK(echo.type == number);
    CHECK(echo.bytes == some_bytes(50, number));
  }
  CHECK(js.ears().wait_for(Kind::ended).code == "");
}

TEST_CASE("plugin host: a message in fragments that was sent before JavaScript closed is still read") {
  JavaScriptSide js({.plugin = "echo", .send_capacity = 16384});
  js.wait_until_ready();
  // So many that the plugin cannot send all their echoes and does not get to the large one before the close.
  for (std::uint32_t number = 0; number < 60; ++number) js.send(number, some_bytes(100, number));
  js.send(60, some_bytes(9000, 60));
  js.announce_close();
  for (std::uint32_t number = 0; number < 60; ++number) REQUIRE(js.receive().bytes == some_bytes(100, number));
  CHECK(js.receive().bytes == some_bytes(9000, 60));
  CHECK(js.ears().wait_for(Kind::ended).code == "");
}

TEST_CASE("plugin host: an echo under load from both directions") {
  const std::uint64_t seed = test::seed_or(12);
  CAPTURE(seed);
  std::uint32_t largest = 0;
  SUBCASE("messages that fit the rings") { largest = 2000; }
  SUBCASE("messages larger than the rings") { largest = 20000; }
  JavaScriptSide js({.plugin = "echo"});
  js.wait_until_ready();
  echo_under_load(js, seed, test::rounds(50000, 20000), largest);
}

TEST_CASE("plugin host: many plugins at once, each from a thread of its own") {
  const std::uint64_t seed = test::seed_or(13);
  CAPTURE(seed);
  std::vector<std::thread> threads;
  std::vector<std::string> problems(8);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        JavaScriptSide js({.plugin = "echo"});
        js.wait_until_ready();
        for (std::uint32_t number = 0; number < test::rounds(500, 100); ++number) {
          const Bytes bytes = some_bytes(number, seed + i);
          js.send(number, bytes);
          if (js.receive().bytes != bytes) throw std::runtime_error("a wrong echo");
        }
      } catch (const std::exception& error) {
        problems[i] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& problem : problems) CHECK(problem == "");
}

TEST_CASE("plugin host: started and stopped many times, at any moment") {
  const std::uint64_t seed = test::seed_or(14);
  CAPTURE(seed);
  test::Random random(seed);
  for (unsigned round = 0; round < test::rounds(1000, 400); ++round) {
    CAPTURE(round);
    JavaScriptSide js({.plugin = "echo"});
    // Before it is ready, once it is, in the middle of messages, or when it was told that JavaScript has closed.
    const std::uint32_t moment = random.below(4);
    if (moment >= 1) js.wait_until_ready();
    if (moment >= 2) {
      for (std::uint32_t number = random.below(20); number > 0; --number) js.send(number, Bytes(100));
    }
    if (moment == 3) js.announce_close();
    js.host().request_stop();
    REQUIRE(js.join(kPatience));
    REQUIRE(js.ears().wait_for(Kind::ended).code == "");
  }
}

TEST_CASE("plugin host: update is called at its interval, and never without one") {
  SUBCASE("with an interval") {
    constexpr auto kInterval = 5ms;
    const auto start = std::chrono::steady_clock::now();
    JavaScriptSide js({.plugin = "ticker", .update_interval = kInterval});
    js.wait_until_ready();
    for (std::uint32_t number = 1; number <= 20; ++number) {
      const auto tick = js.receive();
      std::uint32_t count = 0;
      REQUIRE(tick.bytes.size() == sizeof count);
      std::memcpy(&count, tick.bytes.data(), sizeof count);
      REQUIRE(count == number);
    }
    // Never early.
    CHECK(std::chrono::steady_clock::now() - start >= 20 * kInterval);
  }
  SUBCASE("with an interval, between messages that never end") {
    JavaScriptSide js({.plugin = "ticker", .update_interval = 1ms});
    js.wait_until_ready();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::uint32_t ticks = 0;
    for (js.send(2, {}), js.send(2, {}); ticks < 5;) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      const auto received = js.receive();
      if (received.type == 1) ++ticks;
      else js.send(2, {});
    }
  }
  SUBCASE("without an interval") {
    JavaScriptSide js({.plugin = "ticker"});
    js.wait_until_ready();
    for (unsigned number = 0; number < 1000; ++number) {
      js.send(2, {});
      REQUIRE(js.receive().type == 2);
    }
  }
}

TEST_CASE("plugin host: a plugin that never returns is left behind, and may return later") {
  JavaScriptSide js({.plugin = "stuck"});
  js.wait_until_ready();
  js.send(1, {});
  (void)js.ears().wait_for(Kind::log);

  js.host().request_stop();
  CHECK_FALSE(js.join(50ms));
  js.host().abandon();
  const std::weak_ptr<PluginHost> host = js.let_go();
  CHECK_FALSE(host.expired());

  // It still has all that it touches; when it returns after all, it cleans up by itself.
  void* const library = dlopen(test::plugin_path("stuck").c_str(), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(library != nullptr);
  reinterpret_cast<void (*)()>(dlsym(library, "let_stuck_plugin_go"))();
  CHECK(js.ears().wait_for(Kind::log).text == "going");
  CHECK(js.ears().wait_for(Kind::ended).code == "");
  CHECK_FALSE(js.ears().try_take(Kind::error));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!host.expired() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(host.expired());
}

TEST_CASE("plugin host: at its end the room of all that it has read is given back, and of nothing else") {
  JavaScriptSide js({.plugin = "requests"});
  js.wait_until_ready();
  // Its answer does not fit the ring, and nobody reads: the plugin stays there, as the ring of its first fragment tells.
  constexpr std::uint32_t kLarge = 8;
  const std::uint32_t size = 100000;
  const auto* const bytes = reinterpret_cast<const std::byte*>(&size);
  js.sleep();
  js.send(test::outgoing_call(kLarge, 1, Bytes(bytes, bytes + sizeof size)));
  js.sleep();
  for (std::uint32_t number = 0; number < 3; ++number) js.send(1, Bytes(100));
  js.host().request_stop();
  CHECK(js.ears().wait_for(Kind::ended).code == "");
  CHECK(word_at(js.memory(), kHeadOffset).load() == kRecordHeadSize + kCallHeadSize + align_record(sizeof size));
}

TEST_CASE("plugin host: impossible values from JavaScript end the plugin with a reason") {
  HostileSide js;
  const auto publish = [&](std::uint32_t tail) {
    word_at(js.base, kTailOffset).store(tail);
    const Bell bell(js.base, 1);
    bell.move();
    js.host->wake();
  };
  std::byte* const record = js.base + js.layout.ring_offset[0];
  js.start();
  SUBCASE("a tail that cannot be") {
    publish(12);
    CHECK(js.end() == "CORRUPT");
  }
  SUBCASE("a record longer than the ring") {
    word_at(record, 0).store(0xffffffff);
    publish(64);
    CHECK(js.end() == "CORRUPT");
  }
  SUBCASE("the middle of no message") {
    word_at(record, 4).store(5);
    publish(8);
    CHECK(js.end() == "CORRUPT");
  }
  SUBCASE("a length that there is no memory for") {
    const test::NoMemoryAbove limit(1u << 20);
    word_at(record, 0).store(kFragmentPrefixSize);
    word_at(record, 4).store(5 | kFlagFirst);
    word_at(record, 8).store(0xffffffff);
    publish(16);
    CHECK(js.end() == "OUT_OF_MEMORY");
  }
}
