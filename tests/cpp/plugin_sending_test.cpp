// What a plugin gets from send, reserve, commit and abort, from one thread and from several.
#include <plugin_host.hpp>

#include <doctest/doctest.h>

#include "plugins/numbered.hpp"
#include "plugins/orders.hpp"
#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::JavaScriptSide;
using test::kPatience;
using Kind = PluginEvent::Kind;

namespace {

constexpr std::uint32_t kLargestSlot = max_record_payload(kMinCapacity);

// A plugin that does what it is told.
class Obedient {
 public:
  Obedient() { js.wait_until_ready(); }

  void tell(const Order& order) {
    Bytes bytes(sizeof order);
    std::memcpy(bytes.data(), &order, sizeof order);
    js.send(0, bytes);
  }

  // Tells it and waits for the status that it got.
  [[nodiscard]] sc_status ask(const Order& order) {
    tell(order);
    return std::stoi(js.ears().wait_for(Kind::log).text);
  }

  [[nodiscard]] bool receives(std::uint32_t type, std::uint32_t size, std::uint8_t value) {
    const auto received = js.receive();
    return received.type == type && received.bytes == Bytes(size, std::byte{value});
  }

  // Fills the ring to the last byte with two messages of type 1.
  void fill_ring() {
    for (int i = 0; i < 2; ++i) REQUIRE(ask({.what = Order::send, .type = 1, .size = kLargestSlot}) == SC_OK);
    REQUIRE(ask({.what = Order::send, .type = 1}) == SC_TIMEOUT);
  }
  [[nodiscard]] bool empty_ring() { return receives(1, kLargestSlot, 0) && receives(1, kLargestSlot, 0); }

  JavaScriptSide js{{.plugin = "obedient"}};
};

}  // namespace

TEST_CASE("sending: arguments that cannot be are refused, and nothing is sent") {
  Obedient plugin;
  CHECK(plugin.ask({.what = Order::send, .type = kMaxMessageType + 1, .size = 1}) == SC_INVALID_ARGUMENT);
  CHECK(plugin.ask({.what = Order::send_nothing, .type = 1, .size = 1}) == SC_INVALID_ARGUMENT);
  CHECK(plugin.ask({.what = Order::send, .type = 1, .size = std::uint64_t{1} << 32}) == SC_TOO_LARGE);
  CHECK(plugin.ask({.what = Order::reserve, .size = kLargestSlot + 1}) == SC_TOO_LARGE);
  CHECK(plugin.ask({.what = Order::reserve_nowhere, .size = 1}) == SC_INVALID_ARGUMENT);
  CHECK(plugin.ask({.what = Order::commit, .type = 1, .size = 0}) == SC_INVALID_ARGUMENT);
  CHECK(plugin.ask({.what = Order::abort}) == SC_OK);
  CHECK(plugin.ask({.what = Order::send_nothing, .type = 1, .size = 0}) == SC_OK);
  CHECK(plugin.receives(1, 0, 0));
}

TEST_CASE("sending: a slot is written in place and committed whole or in part") {
  Obedient plugin;
  CHECK(plugin.ask({.what = Order::reserve, .size = 100}) == SC_OK);
  CHECK(plugin.ask({.what = Order::commit, .type = 1, .size = 100, .value = 7}) == SC_OK);
  CHECK(plugin.receives(1, 100, 7));
  CHECK(plugin.ask({.what = Order::reserve, .size = kLargestSlot}) == SC_OK);
  CHECK(plugin.ask({.what = Order::commit, .type = kMaxMessageType, .size = 3, .value = 8}) == SC_OK);
  CHECK(plugin.receives(kMaxMessageType, 3, 8));
  CHECK(plugin.ask({.what = Order::reserve, .size = 0}) == SC_OK);
  CHECK(plugin.ask({.what = Order::commit, .type = 2, .size = 0}) == SC_OK);
  CHECK(plugin.receives(2, 0, 0));
}

TEST_CASE("sending: a slot that is committed wakes JavaScript") {
  Obedient plugin;
  for (int i = 0; i < 100; ++i) {
    plugin.tell({.what = Order::reserve, .size = 8});
    plugin.tell({.what = Order::commit, .type = 1, .size = 8, .value = 5});
    REQUIRE(plugin.receives(1, 8, 5));
  }
}

TEST_CASE("sending: a slot that cannot be committed is gone, and so is one that is given back") {
  Obedient plugin;
  CHECK(plugin.ask({.what = Order::reserve, .size = 100}) == SC_OK);
  SUBCASE("more than the slot") {
    CHECK(plugin.ask({.what = Order::commit, .type = 1, .size = 101}) == SC_INVALID_ARGUMENT);
  }
  SUBCASE("a type above 24 bits") {
    CHECK(plugin.ask({.what = Order::commit, .type = kMaxMessageType + 1, .size = 1}) == SC_INVALID_ARGUMENT);
  }
  SUBCASE("given back") { CHECK(plugin.ask({.what = Order::abort}) == SC_OK); }
  CHECK(plugin.ask({.what = Order::commit, .type = 1, .size = 1}) == SC_INVALID_ARGUMENT);
  CHECK(plugin.ask({.what = Order::send, .type = 2, .size = 10, .value = 3}) == SC_OK);
  CHECK(plugin.receives(2, 10, 3));
}

TEST_CASE("sending: who holds a slot is told so, others wait for it") {
  Obedient plugin;
  CHECK(plugin.ask({.what = Order::reserve, .size = 10}) == SC_OK);
  CHECK(plugin.ask({.what = Order::send, .type = 1, .size = 1, .timeout_ms = SC_FOREVER}) == SC_BUSY);
  CHECK(plugin.ask({.what = Order::reserve, .size = 1, .timeout_ms = SC_FOREVER}) == SC_BUSY);
  CHECK(plugin.ask({.what = Order::send_on_thread, .type = 1, .size = 1}) == SC_TIMEOUT);
  CHECK(plugin.ask({.what = Order::reserve_on_thread, .size = 1, .timeout_ms = 10}) == SC_TIMEOUT);
  CHECK(plugin.ask({.what = Order::commit, .type = 2, .size = 10, .value = 9}) == SC_OK);
  CHECK(plugin.ask({.what = Order::send_on_thread, .type = 3, .size = 1, .value = 4}) == SC_OK);
  CHECK(plugin.receives(2, 10, 9));
  CHECK(plugin.receives(3, 1, 4));
  // A slot may be committed by another thread than the one that reserved it.
  CHECK(plugin.ask({.what = Order::reserve_on_thread, .size = 5}) == SC_OK);
  CHECK(plugin.ask({.what = Order::commit, .type = 4, .size = 5, .value = 1}) == SC_OK);
  CHECK(plugin.receives(4, 5, 1));
}

TEST_CASE("sending: a full ring is a timeout, or a wait that ends when JavaScript reads") {
  Obedient plugin;
  plugin.fill_ring();
  const auto start = std::chrono::steady_clock::now();
  CHECK(plugin.ask({.what = Order::send, .type = 2, .size = 1, .timeout_ms = 30}) == SC_TIMEOUT);
  CHECK(std::chrono::steady_clock::now() - start >= 30ms);
  CHECK(plugin.ask({.what = Order::reserve, .size = 1, .timeout_ms = 30}) == SC_TIMEOUT);
  CHECK(std::chrono::steady_clock::now() - start >= 60ms);

  SUBCASE("send") {
    plugin.tell({.what = Order::send, .type = 2, .size = kLargestSlot, .timeout_ms = SC_FOREVER, .value = 5});
    CHECK(plugin.empty_ring());
    CHECK(plugin.receives(2, kLargestSlot, 5));
    CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(SC_OK));
  }
  SUBCASE("reserve") {
    plugin.tell({.what = Order::reserve, .size = kLargestSlot, .timeout_ms = SC_FOREVER});
    CHECK(plugin.empty_ring());
    // Room comes with the publishing that reading ends with.
    CHECK_FALSE(plugin.js.try_receive());
    CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(SC_OK));
    CHECK(plugin.ask({.what = Order::commit, .type = 2, .size = 1, .value = 6}) == SC_OK);
    CHECK(plugin.receives(2, 1, 6));
  }
}

TEST_CASE("sending: JavaScript gets room back while the plugin is still busy with a batch") {
  Obedient plugin;
  const Order waiting = {.what = Order::send, .type = 2, .size = kLargestSlot, .timeout_ms = SC_FOREVER};
  const Order passing = {.what = Order::send, .type = 2};
  plugin.fill_ring();
  // The plugin waits in the first of these while the others come; the ring holds about a hundred.
  plugin.tell(waiting);
  for (int i = 0; i < 60; ++i) plugin.tell(passing);
  plugin.tell(waiting);
  for (int i = 0; i < 35; ++i) plugin.tell(passing);
  // Taking the second message gives the first one's room back: the plugin goes on, to where it waits again.
  CHECK(plugin.empty_ring());
  for (int i = 0; i < 40; ++i) plugin.tell(passing);
}

TEST_CASE("sending: nothing is seen of a message that timed out in the middle") {
  Obedient plugin;
  constexpr std::uint32_t kLarger = 3 * kMinCapacity;
  CHECK(plugin.ask({.what = Order::send, .type = 1, .size = kLarger, .timeout_ms = 10}) == SC_TIMEOUT);
  SUBCASE("at once") {}
  SUBCASE("then small ones that time out too") {
    CHECK(plugin.ask({.what = Order::send, .type = 2, .size = 1, .timeout_ms = 10}) == SC_TIMEOUT);
    CHECK(plugin.ask({.what = Order::reserve, .size = 1, .timeout_ms = 10}) == SC_TIMEOUT);
    CHECK(plugin.ask({.what = Order::send, .type = 2, .size = kLarger, .timeout_ms = 10}) == SC_TIMEOUT);
  }
  CHECK_FALSE(plugin.js.try_receive());
  SUBCASE("a message follows") {
    CHECK(plugin.ask({.what = Order::send, .type = 3, .size = 10, .value = 2}) == SC_OK);
    CHECK(plugin.receives(3, 10, 2));
  }
  SUBCASE("a slot follows") {
    CHECK(plugin.ask({.what = Order::reserve, .size = 10}) == SC_OK);
    CHECK(plugin.ask({.what = Order::commit, .type = 3, .size = 10, .value = 2}) == SC_OK);
    CHECK(plugin.receives(3, 10, 2));
  }
  SUBCASE("a slot that is given back follows") {
    CHECK(plugin.ask({.what = Order::reserve, .size = 10}) == SC_OK);
    CHECK(plugin.ask({.what = Order::abort}) == SC_OK);
  }
  plugin.tell({.what = Order::send, .type = 4, .size = kLarger, .timeout_ms = SC_FOREVER, .value = 1});
  CHECK(plugin.receives(4, kLarger, 1));
}

TEST_CASE("sending: a stop ends the wait for room, and then nothing can be sent") {
  Obedient plugin;
  plugin.fill_ring();
  Order order = {.type = 2, .size = 1, .timeout_ms = SC_FOREVER};
  SUBCASE("send") { order.what = Order::send; }
  SUBCASE("send of many fragments") {
    order.what = Order::send;
    order.size = 100000;
  }
  SUBCASE("reserve") { order.what = Order::reserve; }
  SUBCASE("on another thread") { order.what = Order::send_on_thread; }
  plugin.tell(order);
  plugin.js.host().request_stop();
  CHECK(plugin.js.join(kPatience));
  // Either it was in the middle of the wait, or it had not yet looked at the order.
  if (const auto status = plugin.js.ears().try_take(Kind::log)) CHECK(status->text == std::to_string(SC_STOPPING));
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  CHECK(plugin.empty_ring());
  CHECK_FALSE(plugin.js.try_receive());
}

TEST_CASE("sending: a stop ends the wait for a slot that another thread holds") {
  Obedient plugin;
  REQUIRE(plugin.ask({.what = Order::reserve, .size = 10}) == SC_OK);
  plugin.tell({.what = Order::send_on_thread, .type = 2, .size = 1, .timeout_ms = SC_FOREVER});
  plugin.js.host().request_stop();
  CHECK(plugin.js.join(kPatience));
  if (const auto status = plugin.js.ears().try_take(Kind::log)) CHECK(status->text == std::to_string(SC_STOPPING));
}

TEST_CASE("sending: an impossible reading position of JavaScript is said to be so, and ends the channel") {
  Obedient plugin;
  plugin.fill_ring();
  word_at(plugin.js.memory(), kHeadOffset + kRingStride).store(12);
  Order order = {.type = 1, .size = 1, .timeout_ms = SC_FOREVER};
  SUBCASE("send") { order.what = Order::send; }
  SUBCASE("reserve") { order.what = Order::reserve; }
  CHECK(plugin.ask(order) == SC_CORRUPT);
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "CORRUPT");
  CHECK(plugin.js.join(kPatience));
}

TEST_CASE("sending: an impossible reading position that another thread of the plugin finds wakes and ends the plugin") {
  JavaScriptSide js({.plugin = "crowd", .options = "[1,0]"});
  js.wait_until_ready();
  (void)js.receive();
  word_at(js.memory(), kHeadOffset + kRingStride).store(12);
  js.ring_plugin();  // it may be waiting for room
  CHECK(js.ears().wait_for(Kind::ended).code == "CORRUPT");
  CHECK(js.join(kPatience));
}

TEST_CASE("sending: answers still go out while JavaScript closes, nothing does from shutdown on") {
  Obedient plugin;
  plugin.tell({.what = Order::send, .type = 1, .size = 10, .value = 1});
  plugin.tell({.what = Order::send_at_shutdown, .type = 2, .size = 10, .value = 2});
  plugin.js.announce_close();
  CHECK(plugin.receives(1, 10, 1));
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  for (const sc_status status : {SC_OK, SC_OK, SC_STOPPING}) {
    CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(status));
  }
  CHECK_FALSE(plugin.js.try_receive());
}

TEST_CASE("sending: a callback that loops until it is told to stop hears of the close of JavaScript") {
  Obedient plugin;
  plugin.tell({.what = Order::loop_until_stopping});
  plugin.js.announce_close();
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(SC_OK));
  CHECK(plugin.js.join(kPatience));
}

TEST_CASE("sending: several threads at once; those of one thread arrive in its order") {
  constexpr std::uint32_t kThreads = 4;
  const std::uint32_t messages = test::rounds(10000, 3000);
  JavaScriptSide js(
      {.plugin = "crowd", .options = "[" + std::to_string(kThreads) + "," + std::to_string(messages) + "]"});
  std::uint32_t next[kThreads] = {};
  for (std::uint32_t total = 0; total < kThreads * messages; ++total) {
    const auto received = js.receive();
    if (received.type >= kThreads) FAIL("a message of nobody");
    const std::uint32_t number = next[received.type]++;
    Bytes expected(numbered::size_of(received.type, number));
    numbered::fill(expected.data(), static_cast<std::uint32_t>(expected.size()), received.type, number);
    if (received.bytes != expected) FAIL("message " << number << " of thread " << received.type << " is wrong");
  }
  CHECK_FALSE(js.ears().try_take(Kind::error));
}

TEST_CASE("sending: threads of the plugin that send without end leave when they are told, though nobody reads") {
  JavaScriptSide js({.plugin = "crowd", .options = "[3,0]"});
  js.wait_until_ready();
  for (int i = 0; i < 100; ++i) (void)js.receive();
  SUBCASE("by a stop") { js.host().request_stop(); }
  SUBCASE("by the close of JavaScript") { js.announce_close(); }
  CHECK(js.ears().wait_for(Kind::ended).code == "");
  CHECK(js.join(kPatience));
  CHECK_FALSE(js.ears().try_take(Kind::error));
}
