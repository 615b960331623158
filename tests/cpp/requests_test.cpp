// Calls of JavaScript and a plugin's answers to them.
#include <plugin_host.hpp>

#include <map>

#include <doctest/doctest.h>

#include "plugins/orders.hpp"
#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::Bytes;
using test::JavaScriptSide;
using test::some_bytes;
using Kind = PluginEvent::Kind;

namespace {

// What a call of each type wants: see requests.cpp.
enum Want : std::uint32_t { echo = 1, keep, answer, thread, throw_it, forget, drop, large, fail, misuse, late, hasty };

Bytes bytes_of(const std::string& text) {
  const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

Bytes bytes_of(std::uint32_t number) {
  Bytes bytes(sizeof number);
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

std::string text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Caller {
  explicit Caller(const JavaScriptSide::Setup& setup) : js(setup) { js.wait_until_ready(); }

  void call(std::uint32_t type, std::uint32_t number, const Bytes& bytes) {
    js.send(test::outgoing_call(type, number, bytes));
  }

  // Calls and takes the answer, which must be the next thing to come.
  [[nodiscard]] JavaScriptSide::Received ask(std::uint32_t type, const Bytes& bytes) {
    call(type, ++number_, bytes);
    const auto reply = js.receive();
    CHECK(reply.kind == MessageKind::reply);
    CHECK(reply.type == type);
    CHECK(reply.call == number_);
    return reply;
  }

  [[nodiscard]] bool succeeds(std::uint32_t type, const Bytes& bytes, const Bytes& expected) {
    const auto reply = ask(type, bytes);
    return reply.status == kReplyOk && reply.bytes == expected;
  }

  // Calls, and gives the reason why there is no answer.
  [[nodiscard]] std::string failure_of(std::uint32_t type, const Bytes& bytes) {
    const auto reply = ask(type, bytes);
    CHECK(reply.status == kReplyFailed);
    return text_of(reply.bytes);
  }

  [[nodiscard]] bool works() { return succeeds(echo, bytes_of("go on"), bytes_of("go on")); }

  [[nodiscard]] std::string next_error() {
    const PluginEvent error = js.ears().wait_for(Kind::error);
    CHECK(error.code == "PLUGIN_ERROR");
    return error.text;
  }

  [[nodiscard]] bool was_quiet() { return !js.ears().try_take(Kind::error); }

  JavaScriptSide js;

 private:
  std::uint32_t number_ = 0xfffffff0;  // so that numbers wrap too
};

struct Requests : Caller {
  Requests() : Caller({.plugin = "requests"}) {}
};

}  // namespace

TEST_CASE("requests: a call is answered with its own type and number") {
  Requests plugin;
  for (const std::uint32_t size : {0u, 1u, 8u, 1000u}) {
    CHECK(plugin.succeeds(echo, some_bytes(size, size), some_bytes(size, size)));
  }
  for (const std::uint32_t number : {0u, 1u, 0xffffffffu}) {
    plugin.call(echo, number, {});
    CHECK(plugin.js.receive().call == number);
  }
  CHECK(plugin.was_quiet());
}

TEST_CASE("requests: calls and answers larger than the rings") {
  Requests plugin;
  CHECK(plugin.succeeds(echo, some_bytes(100000, 1), some_bytes(100000, 1)));
  const auto reply = plugin.ask(large, bytes_of(1000003u));
  REQUIRE(reply.bytes.size() == 1000003);
  std::uint32_t wrong = 0;
  for (std::uint32_t i = 0; i < 1000003; ++i) wrong += reply.bytes[i] != static_cast<std::byte>(i * 7);
  CHECK(wrong == 0);
  CHECK(plugin.works());
}

TEST_CASE("requests: a plain message of the same type is none") {
  Requests plugin;
  plugin.js.send(echo, some_bytes(10, 1));
  const auto received = plugin.js.receive();
  CHECK(received.kind == MessageKind::plain);
  CHECK(received.bytes == some_bytes(10, 1));
}

TEST_CASE("requests: calls are answered in any order, later, beside other messages") {
  Requests plugin;
  for (std::uint32_t number = 0; number < 5; ++number) plugin.call(keep, number, some_bytes(number, number));
  plugin.js.send(echo, {});
  CHECK(plugin.js.receive().kind == MessageKind::plain);
  CHECK_FALSE(plugin.js.try_receive());
  plugin.call(answer, 100, {});
  for (std::uint32_t number = 5; number-- > 0;) {
    const auto reply = plugin.js.receive();
    CHECK(reply.call == number);
    CHECK(reply.type == keep);
    CHECK(reply.bytes == some_bytes(number, number));
  }
  const auto last = plugin.js.receive();
  CHECK(last.call == 100);
  CHECK(last.bytes == bytes_of("5"));
}

TEST_CASE("requests: answers of two threads under load, none lost and none twice") {
  const std::uint64_t seed = test::seed_or(15);
  CAPTURE(seed);
  test::Random random(seed);
  Requests plugin;
  std::map<std::uint32_t, Bytes> open;
  const auto take = [&](const JavaScriptSide::Received& reply) {
    const auto found = open.find(reply.call);
    if (found == open.end()) FAIL("an answer to no open call " << reply.call);
    if (reply.status != kReplyOk || reply.bytes != found->second) FAIL("a wrong answer to call " << reply.call);
    open.erase(found);
  };
  for (std::uint32_t number = 0; number < test::rounds(20000, 5000); ++number) {
    Bytes bytes = some_bytes(random.one_in(16) ? random.below(9000) : random.below(200), seed + number);
    OutgoingMessage call = test::outgoing_call(random.one_in(2) ? echo : thread, number, bytes);
    open.emplace(number, bytes);
    while (!plugin.js.try_send(call)) {
      const auto reply = plugin.js.try_receive();
      if (reply) take(*reply);
      else plugin.js.sleep();
    }
  }
  while (!open.empty()) take(plugin.js.receive());
  CHECK_FALSE(plugin.js.try_receive());
  CHECK(plugin.was_quiet());
}

TEST_CASE("requests: what goes wrong is the answer, not an error event") {
  Requests plugin;
  CHECK(plugin.failure_of(fail, bytes_of("no camera")) == "no camera");
  CHECK(plugin.failure_of(fail, {}) == "");
  CHECK(plugin.failure_of(throw_it, bytes_of("as told")) == "as told");
  CHECK(has(plugin.failure_of(throw_it, {}), "not a std::exception"));
  CHECK(has(plugin.failure_of(forget, {}), "returned without an answer"));
  CHECK(has(plugin.failure_of(drop, {}), "dropped the request"));
  CHECK(has(plugin.failure_of(4711, {}), "unknown message type"));
  CHECK(plugin.works());
  CHECK(plugin.was_quiet());
}

TEST_CASE("requests: an answer for which there is no room in time leaves the call to be answered otherwise") {
  Requests plugin;
  plugin.call(hasty, 1, bytes_of(20u));
  // Nobody reads before it has given up. Then the reason why waits for room like any message.
  CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(SC_TIMEOUT));
  const auto reply = plugin.js.receive();
  CHECK(reply.status == kReplyFailed);
  CHECK(has(text_of(reply.bytes), "no room"));
  CHECK(plugin.works());
}

TEST_CASE("requests: what goes wrong once there is an answer is an error event") {
  Requests plugin;
  CHECK(plugin.succeeds(misuse, some_bytes(10, 1), some_bytes(10, 1)));
  CHECK(has(plugin.next_error(), "answered or deferred before"));
  CHECK(plugin.succeeds(late, bytes_of("too late"), bytes_of("done")));
  CHECK(plugin.next_error() == "too late");
  CHECK(plugin.works());
  CHECK_FALSE(plugin.js.try_receive());
}

TEST_CASE("requests: an answer to a message that is no request is an error event") {
  Requests plugin;
  for (const Want want : {misuse, keep}) {
    plugin.js.send(want, {});
    CHECK(has(plugin.next_error(), "not a request"));
  }
  CHECK(plugin.works());
}

TEST_CASE("requests: replies and control records to a plugin, which makes no calls and posts nothing, are ignored") {
  Requests plugin;
  plugin.js.send(test::outgoing_reply(echo, 1, kReplyOk, some_bytes(10, 1)));
  plugin.js.send(test::outgoing_reply(throw_it, 2, kReplyFailed, some_bytes(10000, 1)));
  plugin.js.send({.kind = MessageKind::control});
  CHECK(plugin.works());
  CHECK(plugin.was_quiet());
}

TEST_CASE("requests: a plugin that takes no calls fails each, and the channel goes on") {
  for (const char* const options : {"null", "\"empty\""}) {
    CAPTURE(options);
    Caller plugin({.plugin = "rule_breaker", .options = options});
    CHECK(has(plugin.failure_of(1, some_bytes(10, 1)), "\"rule-breaker\" takes no calls"));
    CHECK(has(plugin.failure_of(2, some_bytes(10000, 1)), "takes no calls"));
    plugin.js.send(3, some_bytes(10, 2));
    CHECK(plugin.js.receive().bytes == some_bytes(10, 2));
    CHECK(plugin.was_quiet());
  }
}

TEST_CASE("requests: failures that do not fit the ring wait for room") {
  Caller plugin({.plugin = "rule_breaker", .send_capacity = 65536});
  for (std::uint32_t number = 0; number < 1000; ++number) plugin.call(1, number, {});
  SUBCASE("until JavaScript reads") {
    for (std::uint32_t number = 0; number < 1000; ++number) REQUIRE(plugin.js.receive().call == number);
  }
  SUBCASE("until the plugin is stopped") {
    plugin.js.host().request_stop();
    CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  }
  CHECK(plugin.was_quiet());
}

TEST_CASE("requests: an exception that crosses the interface fails the call and is an error event") {
  Caller plugin({.plugin = "rule_breaker", .options = "\"request\""});
  CHECK(has(plugin.failure_of(1, {}), "left the plugin's on_request"));
  CHECK(has(plugin.next_error(), "left the plugin's on_request"));
  plugin.js.send(3, some_bytes(10, 2));
  CHECK(plugin.js.receive().bytes == some_bytes(10, 2));
}

TEST_CASE("requests: an exception from get_extension is an error event, and the plugin has none") {
  Caller plugin({.plugin = "rule_breaker", .options = "\"extensions\""});
  CHECK(has(plugin.next_error(), "left the plugin's get_extension"));
  CHECK(has(plugin.failure_of(1, {}), "takes no calls"));
}

TEST_CASE("requests: a call that cannot even be failed, because of an open slot, is an error event") {
  SUBCASE("by the plugin") {
    Caller plugin({.plugin = "obedient"});
    const Order reserve = {.what = Order::reserve, .size = 8};
    Bytes bytes(sizeof reserve);
    std::memcpy(bytes.data(), &reserve, sizeof reserve);
    plugin.js.send(0, bytes);
    plugin.call(0, 1, bytes_of("no order"));
    CHECK(has(plugin.next_error(), "left unanswered"));
  }
  SUBCASE("by the host") {
    Caller plugin({.plugin = "rule_breaker"});
    plugin.js.send(99, {});
    plugin.call(1, 1, {});
    CHECK(has(plugin.next_error(), "could not be answered"));
  }
}

TEST_CASE("requests: what is sent before the close is answered, what is answered from shutdown on is not, quietly") {
  Requests plugin;
  plugin.call(echo, 1, some_bytes(10, 1));
  for (std::uint32_t number = 2; number < 5; ++number) plugin.call(keep, number, {});
  plugin.js.announce_close();
  CHECK(plugin.js.receive().call == 1);
  CHECK(plugin.js.ears().wait_for(Kind::ended).code == "");
  for (int i = 0; i < 3; ++i) CHECK(plugin.js.ears().wait_for(Kind::log).text == std::to_string(SC_STOPPING));
  CHECK_FALSE(plugin.js.try_receive());
  CHECK(plugin.was_quiet());
}
