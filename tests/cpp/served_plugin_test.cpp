// A plugin at side 1 of a channel that somebody else made: another process, or another thread of this one.
#include <served_plugin.hpp>
#include <shared_channel/channel.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "plugins/orders.hpp"
#include "support/child.hpp"
#include "support/failing.hpp"
#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/this_process.hpp"
#include "support/wait.hpp"

using namespace shared_channel;
using test::Child;
using test::Ears;
using test::kPatience;
using test::some_bytes;
using test::Wire;
using Kind = PluginEvent::Kind;

namespace {

struct Served {
  Served(const std::string& handle, const std::string& name, const std::string& options = "null")
      : plugin(handle, {.path = test::plugin_path(name), .options_json = options, .peer = PeerTrust::untrusted}, ears) {}
  ~Served() {
    if (plugin.join(std::chrono::steady_clock::now() + kPatience)) return;
    plugin.break_off();
    plugin.abandon();
  }

  [[nodiscard]] std::string end() { return ears->wait_for(Kind::ended).code; }

  std::shared_ptr<Ears> ears = std::make_shared<Ears>();
  ServedPlugin plugin;
};

// A process that makes a channel, whose plugin is here, sends it an order, if any, and does nothing more.
std::unique_ptr<Child> start_owner(std::optional<Order> order = {}) {
  return std::make_unique<Child>([order](const Wire& wire) {
    auto channel = Channel::create({.capacity = kMinCapacity});
    if (order) channel.send(1, std::as_bytes(std::span(&*order, 1)));
    wire.write(channel.peer_handle());
    for (;;) pause();
  });
}

ChannelPeer peer_at_end_of(Channel& channel) {
  test::wait_until([&] { return channel.peer() > ChannelPeer::present; }, "the plugin has ended");
  return channel.peer();
}

}  // namespace

// First: the processes are forked before this one has threads.
TEST_CASE("served plugin: ends with the process of the other side, whatever it does") {
  const auto first = start_owner();
  const auto second = start_owner();
  const auto third = start_owner(Order{.what = Order::loop_until_stopping});
  {
    Served asleep(first->read(), "echo");
    static_cast<void>(asleep.ears->wait_for(Kind::ready));
    first->kill();
    CHECK(asleep.end() == "PEER_LOST");

    Served full(second->read(), "crowd", "[3,0]");
    static_cast<void>(full.ears->wait_for(Kind::ready));
    second->kill();
    CHECK(full.end() == "PEER_LOST");

    Served busy(third->read(), "obedient");
    static_cast<void>(busy.ears->wait_for(Kind::ready));
    third->kill();
    CHECK(busy.end() == "PEER_LOST");
  }
  CHECK(test::descriptors("memfd:shared-channel") == 0);
}

TEST_CASE("served plugin: answers until the channel is closed") {
  auto channel = Channel::create({.capacity = kMinCapacity});
  Served served(channel.peer_handle(), "echo");
  CHECK(served.ears->wait_for(Kind::ready).name == "echo");
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto bytes = some_bytes(i * 7, i);
    channel.send(i, bytes, kPatience);
    const auto message = channel.receive(kPatience);
    REQUIRE(message);
    CHECK(message->type == i);
    CHECK(std::ranges::equal(message->bytes, bytes));
  }
  CHECK(channel.close(kPatience) == 0);
  CHECK(served.end() == "");
}

TEST_CASE("served plugin: one that is stopped has closed, one that does not start is lost") {
  auto one = Channel::create();
  Served stopped(one.peer_handle(), "echo");
  static_cast<void>(stopped.ears->wait_for(Kind::ready));
  stopped.plugin.request_stop();
  CHECK(stopped.end() == "");
  CHECK(peer_at_end_of(one) == ChannelPeer::left);

  auto two = Channel::create();
  Served missing(two.peer_handle(), "none");
  CHECK(missing.end() == "PLUGIN_NOT_FOUND");
  CHECK(peer_at_end_of(two) == ChannelPeer::lost);
}

TEST_CASE("served plugin: one that is broken off is lost at once, and whatever it does later changes nothing") {
  for (const bool is_ready : {false, true}) {
    auto channel = Channel::create();
    Served served(channel.peer_handle(), "echo");
    if (is_ready) static_cast<void>(served.ears->wait_for(Kind::ready));
    served.plugin.break_off();
    CHECK(channel.peer() == ChannelPeer::lost);
    CHECK(served.end() == "");
    CHECK(channel.peer() == ChannelPeer::lost);
  }
}

TEST_CASE("served plugin: at the plugin's end of a channel, and where nobody else is") {
  auto channel = Channel::create();
  const std::string handle = channel.peer_handle();
  const auto refusal = [](const std::string& of) { return test::code_of([&] { Served served(of, "echo"); }); };
  CHECK(refusal("no handle") == "INVALID_ARGUMENT");
  {
    auto other = Channel::open(handle);
    CHECK(refusal(handle) == "INVALID_ARGUMENT");
    CHECK(refusal(other.peer_handle()) == "INVALID_ARGUMENT");
    CHECK(channel.peer() == ChannelPeer::present);
  }
  CHECK(refusal(handle) == "INVALID_ARGUMENT");
}
