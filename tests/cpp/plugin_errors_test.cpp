// Plugins that cannot be loaded, do not start, or let exceptions out: the application hears of it and goes on.
#include <plugin_host.hpp>

#include <doctest/doctest.h>

#include "support/javascript_side.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::JavaScriptSide;
using test::kPatience;
using Kind = PluginEvent::Kind;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Bytes bytes_of(const std::string& text) {
  const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// How a plugin ends that does not start.
PluginEvent failure_of(const std::string& plugin, const std::string& options = "null") {
  JavaScriptSide js({.plugin = plugin, .options = options});
  PluginEvent end = js.ears().wait_for(Kind::ended);
  CHECK(js.join(kPatience));
  CHECK_FALSE(js.ears().try_take(Kind::ready));
  CHECK(js.peer_state() == kStateLost);
  return end;
}

}  // namespace

TEST_CASE("plugin errors: a library that cannot be a plugin") {
  struct Case {
    const char* plugin;
    const char* code;
    const char* text;
  };
  for (const Case& wrong : {Case{"/nowhere/none.so", "PLUGIN_NOT_FOUND", "/nowhere/none.so"},
                            Case{__FILE__, "PLUGIN_LOAD_FAILED", "cannot load"},
                            Case{"no_entry", "PLUGIN_LOAD_FAILED", "sc_get_plugin_entry"},
                            Case{"throwing_entry", "PLUGIN_LOAD_FAILED", "an exception left"},
                            Case{"nameless", "PLUGIN_LOAD_FAILED", "without a name"},
                            Case{"other_abi", "PLUGIN_ABI_MISMATCH", "compile it again"}}) {
    CAPTURE(wrong.plugin);
    const PluginEvent end = failure_of(wrong.plugin);
    CHECK(end.code == wrong.code);
    CAPTURE(end.text);
    CHECK(has(end.text, wrong.text));
  }
}

TEST_CASE("plugin errors: a plugin that does not start gives its reason") {
  struct Case {
    const char* plugin;
    const char* options;
    const char* text;
  };
  for (const Case& failing : {Case{"thrower", "[\"create\"]", "thrown in create"},
                              Case{"thrower", "[\"initialize\"]", "thrown in initialize"},
                              Case{"thrower", "[\"initialize\",\"unknown\"]", "not a std::exception"},
                              Case{"rule_breaker", "\"create\"", "left the plugin's create"},
                              Case{"rule_breaker", "\"initialize\"", "left the plugin's initialize"},
                              Case{"rule_breaker", "\"nothing\"", "it gave no reason"},
                              Case{"rule_breaker", "\"silent\"", "it gave no reason"}}) {
    CAPTURE(failing.plugin);
    CAPTURE(failing.options);
    const PluginEvent end = failure_of(failing.plugin, failing.options);
    CHECK(end.code == "PLUGIN_INIT_FAILED");
    CAPTURE(end.text);
    CHECK(has(end.text, failing.text));
  }
  const PluginEvent hollow = failure_of("rule_breaker", "\"hollow\"");
  CHECK(hollow.code == "PLUGIN_LOAD_FAILED");
  CHECK(has(hollow.text, "lacks"));
}

TEST_CASE("plugin errors: an instance that was made is destroyed when it does not start") {
  JavaScriptSide js({.plugin = "thrower", .options = "[\"initialize\"]"});
  (void)js.ears().wait_for(Kind::ended);
  const auto log = js.ears().try_take(Kind::log);
  REQUIRE(log);
  CHECK(log->text == "destroyed");
}

TEST_CASE("plugin errors: an exception in a callback is an error event, and the channel goes on") {
  struct Case {
    const char* plugin;
    const char* options;
    const char* message;  // one that makes it throw
    const char* text;
  };
  for (const Case& throwing : {Case{"thrower", "[\"message\"]", "fail", "thrown in message"},
                               Case{"thrower", "[\"message\",\"unknown\"]", "fail", "not a std::exception"},
                               Case{"rule_breaker", "\"message\"", "", "left the plugin's on_message"}}) {
    CAPTURE(throwing.options);
    JavaScriptSide js({.plugin = throwing.plugin, .options = throwing.options});
    js.wait_until_ready();
    for (int i = 0; i < 3; ++i) {
      js.send(1, bytes_of(throwing.message));
      js.send(2, bytes_of("go on"));
      const PluginEvent error = js.ears().wait_for(Kind::error);
      CHECK(error.code == "PLUGIN_ERROR");
      CAPTURE(error.text);
      CHECK(has(error.text, throwing.text));
      const auto received = js.receive();
      CHECK(received.type == 2);
      CHECK(received.bytes == bytes_of("go on"));
    }
  }
}

TEST_CASE("plugin errors: an exception in update is an error event each time") {
  for (const auto& [plugin, text] : {std::pair{"thrower", "thrown in update"}, {"rule_breaker", "plugin's update"}}) {
    CAPTURE(plugin);
    JavaScriptSide js({.plugin = plugin, .options = "[\"update\"]", .update_interval = 1ms});
    js.wait_until_ready();
    for (int i = 0; i < 3; ++i) CHECK(has(js.ears().wait_for(Kind::error).text, text));
    js.send(2, bytes_of("go on"));
    CHECK(js.receive().bytes == bytes_of("go on"));
  }
}

TEST_CASE("plugin errors: an exception at the end is an error event before the end") {
  struct Case {
    const char* plugin;
    const char* options;
    const char* text;
  };
  for (const Case& throwing : {Case{"thrower", "[\"shutdown\"]", "thrown in shutdown"},
                               Case{"rule_breaker", "\"shutdown\"", "plugin's shutdown"},
                               Case{"rule_breaker", "\"destroy\"", "plugin's destroy"}}) {
    CAPTURE(throwing.options);
    JavaScriptSide js({.plugin = throwing.plugin, .options = throwing.options});
    js.wait_until_ready();
    js.announce_close();
    CHECK(js.ears().wait_for(Kind::ended).code == "");
    const auto error = js.ears().try_take(Kind::error);
    REQUIRE(error);
    CHECK(has(error->text, throwing.text));
    CHECK(js.join(kPatience));
  }
}
