// Plugins of plugin_interface.h: what their callbacks do, and that a library has one instance at a time.
#include <plugin_host.hpp>

#include <thread>

#include <doctest/doctest.h>

#include "support/javascript_side.hpp"
#include "support/message_ring.hpp"
#include "support/plugin_library.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;
using test::Bytes;
using test::CopyOfPlugin;
using test::exported;
using test::JavaScriptSide;
using test::kPatience;
using test::some_bytes;
using Kind = PluginEvent::Kind;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A plugin that does what it is told, letter by letter (interface_script.cpp).
class Script {
 public:
  explicit Script(const std::string& plugin = "interface_script") : js({.plugin = plugin}) { js.wait_until_ready(); }

  void tell(const std::string& script) {
    const auto* const begin = reinterpret_cast<const std::byte*>(script.data());
    js.send(1, {begin, begin + script.size()});
  }
  // The next message, all of which are of type 0.
  [[nodiscard]] std::string receive() {
    const auto received = js.receive();
    CHECK(received.type == 0);
    return {reinterpret_cast<const char*>(received.bytes.data()), received.bytes.size()};
  }
  [[nodiscard]] std::string ask(const std::string& script) {
    tell(script);
    return receive();
  }
  [[nodiscard]] std::string error() { return js.ears().wait_for(Kind::error).text; }

  JavaScriptSide js;
};

// How a plugin ends that does not start.
PluginEvent failure_of(const std::string& plugin) {
  JavaScriptSide js({.plugin = plugin});
  PluginEvent end = js.ears().wait_for(Kind::ended);
  CHECK(js.join(kPatience));
  CHECK_FALSE(js.ears().try_take(Kind::ready));
  return end;
}

// A ring of 4 KiB has room for one of this size wherever the last message has ended.
const std::string kSpace = std::to_string(max_record_payload(kMinCapacity));

}  // namespace

TEST_CASE("plugin interface: a plugin starts, answers by callback and in a buffer, and leaves") {
  JavaScriptSide js({.plugin = "interface_echo"});
  const PluginEvent ready = js.ears().wait_for(Kind::ready);
  CHECK(ready.name == "interface-echo");
  CHECK(ready.version == "2.1.0");
  for (const std::uint32_t size : {0u, 1u, 8u, 1000u, 2040u}) {
    CAPTURE(size);
    js.send(size, some_bytes(size, size));
    for (int i = 0; i < 2; ++i) {
      const auto echo = js.receive();
      CHECK(echo.type == 0);
      CHECK(echo.bytes == some_bytes(size, size));
    }
  }
  js.announce_close();
  CHECK(js.ears().wait_for(Kind::ended).code == "");
  CHECK(js.join(kPatience));
  CHECK_FALSE(js.ears().try_take(Kind::error));
}

TEST_CASE("plugin interface: the message callback sends what is larger than the ring, and waits for room") {
  JavaScriptSide js({.plugin = "interface_echo", .send_capacity = 16384});
  js.wait_until_ready();
  // Too large for the buffer, so that there is one answer.
  for (std::uint32_t number = 0; number < 20; ++number) {
    const Bytes bytes = some_bytes(3000 + 1000 * number, number);
    js.send(number, bytes);
    REQUIRE(js.receive().bytes == bytes);
  }
}

TEST_CASE("plugin interface: a buffer is all that one message may have, and is sent in part") {
  Script plugin;
  CHECK(plugin.ask("r") == "ok " + kSpace);
  plugin.tell("rfs");
  CHECK(plugin.receive() == "bbb");
  CHECK(plugin.receive() == "ok " + kSpace + " ok");
}

TEST_CASE("plugin interface: a buffer is sent once, and not beyond its space") {
  Script plugin;
  CHECK(plugin.ask("s") == "no");
  CHECK(plugin.ask("rSs") == "ok " + kSpace + " no no");
  CHECK(plugin.ask("n") == "no");
  plugin.tell("rfss");
  CHECK(plugin.receive() == "bbb");
  CHECK(plugin.receive() == "ok " + kSpace + " ok no");
}

TEST_CASE("plugin interface: a buffer that was not sent is gone") {
  Script plugin;
  SUBCASE("at the next request") { CHECK(plugin.ask("rrns") == "ok " + kSpace + " ok " + kSpace + " no no"); }
  SUBCASE("when its thread sends a message, which is not lost") {
    plugin.tell("rms");
    CHECK(plugin.receive() == "m");
    CHECK(plugin.receive() == "ok " + kSpace + " no");
  }
  SUBCASE("when the function that requested it has returned") {
    plugin.tell("r.");
    CHECK(plugin.ask("s") == "no");
  }
  SUBCASE("when the function that requested it has thrown") {
    plugin.tell("re");
    CHECK(plugin.error() == "thrown in process_message");
    CHECK(plugin.ask("s") == "no");
  }
  SUBCASE("when its thread has ended") {
    plugin.tell("tm");
    CHECK(plugin.receive() == "m");
    CHECK(plugin.receive() == "ok");
  }
}

TEST_CASE("plugin interface: a buffer is its thread's, and others wait for it") {
  Script plugin;
  CHECK(plugin.ask("ro") == "ok " + kSpace + " no");
  CHECK(plugin.ask("rT") == "ok " + kSpace + " no");
  plugin.tell("r.");
  plugin.tell("T");
  CHECK(plugin.receive() == "bbb");
  CHECK(plugin.receive() == "ok ok");
}

TEST_CASE("plugin interface: a request without room ends after its time") {
  Script plugin;
  // Two such messages fill the ring, and nothing is read before all is done.
  plugin.tell("rfararRx");
  CHECK(has(plugin.error(), "without data"));
  CHECK(plugin.receive() == std::string(2040, 'b'));
  CHECK(plugin.receive().size() == 2040);
  CHECK(plugin.receive() == "ok " + kSpace + " ok ok " + kSpace + " ok no no");
}

TEST_CASE("plugin interface: what cannot be sent is an error event") {
  Script plugin;
  plugin.tell("x.");
  CHECK(has(plugin.error(), "without data"));
  CHECK(plugin.ask("m") == "m");
}

TEST_CASE("plugin interface: an exception is an error event, and the channel goes on") {
  Script plugin;
  for (int i = 0; i < 3; ++i) {
    plugin.tell("e");
    CHECK(plugin.error() == "thrown in process_message");
    plugin.tell("i");
    CHECK(has(plugin.error(), "not a std::exception"));
    CHECK(plugin.ask("m") == "m");
    (void)plugin.receive();
  }
}

TEST_CASE("plugin interface: an interface that cannot be one") {
  struct Case {
    const char* broken;
    const char* code;
    const char* text;
  };
  auto* const break_interface = exported<void(const char*)>("interface_broken", "break_interface");
  for (const Case& wrong : {Case{"version", "PLUGIN_ABI_MISMATCH", "version 7 of plugin_interface.h"},
                            Case{"all", "PLUGIN_LOAD_FAILED", "returned no interface"},
                            Case{"get_plugin_interface", "PLUGIN_LOAD_FAILED", "an exception left"},
                            Case{"name", "PLUGIN_LOAD_FAILED", "without a name"},
                            Case{"text of version", "PLUGIN_LOAD_FAILED", "without a name, a version"},
                            Case{"initialize", "PLUGIN_LOAD_FAILED", "without a name, a version, initialize"},
                            Case{"process_message", "PLUGIN_LOAD_FAILED", "process_message"}}) {
    CAPTURE(wrong.broken);
    break_interface(wrong.broken);
    const PluginEvent end = failure_of("interface_broken");
    CHECK(end.code == wrong.code);
    CAPTURE(end.text);
    CHECK(has(end.text, wrong.text));
  }
  // Without shutdown and update it is a plugin.
  break_interface("nothing");
  JavaScriptSide js({.plugin = "interface_broken", .update_interval = 1ms});
  js.wait_until_ready();
  js.send(1, Bytes(10));
  js.announce_close();
  CHECK(js.ears().wait_for(Kind::ended).code == "");
}

TEST_CASE("plugin interface: a library that exports neither entry is told both") {
  const PluginEvent end = failure_of("no_entry");
  CHECK(end.code == "PLUGIN_LOAD_FAILED");
  CHECK(has(end.text, "neither sc_get_plugin_entry nor get_plugin_interface"));
}

TEST_CASE("plugin interface: a plugin that does not start gives its status by name, and nothing more is called") {
  struct Case {
    const char* how;
    const char* text;
  };
  auto* const refuse = exported<void(const char*)>("interface_refuser", "refuse");
  for (const Case& failing : {Case{"-1", "initialize returned PLUGIN_ERROR_INVALID_VERSION"},
                              Case{"-2", "initialize returned PLUGIN_ERROR_INITIALIZATION"},
                              Case{"7", "initialize returned 7, which is no PluginStatus"},
                              Case{"throw", "thrown in initialize"}}) {
    CAPTURE(failing.how);
    refuse(failing.how);
    const PluginEvent end = failure_of("interface_refuser");
    CHECK(end.code == "PLUGIN_INIT_FAILED");
    CAPTURE(end.text);
    CHECK(has(end.text, failing.text));
  }
  CHECK(exported<int()>("interface_refuser", "shutdowns_of_refuser")() == 0);
}

TEST_CASE("plugin interface: a plugin that does not start may have a thread that waits for room") {
  exported<void(const char*)>("interface_refuser", "refuse")("with a thread");
  CHECK(failure_of("interface_refuser").code == "PLUGIN_INIT_FAILED");
}

TEST_CASE("plugin interface: a library is open once at a time") {
  auto first = std::make_unique<Script>();
  SUBCASE("a second opening fails when the first goes on") {
    const PluginEvent end = failure_of("interface_script");
    CHECK(end.code == "PLUGIN_INIT_FAILED");
    CAPTURE(end.text);
    CHECK(has(end.text, "already open"));
    CHECK(first->ask("R") == "ok " + kSpace);
  }
  SUBCASE("a second opening waits for the first to end") {
    JavaScriptSide second({.plugin = "interface_script"});
    CHECK(first->ask("R") == "ok " + kSpace);
    CHECK_FALSE(second.ears().try_take(Kind::ready));
    first.reset();
    second.wait_until_ready();
  }
  SUBCASE("a second opening that is stopped does not wait") {
    JavaScriptSide second({.plugin = "interface_script"});
    second.host().request_stop();
    const PluginEvent end = second.ears().wait_for(Kind::ended);
    CHECK(end.code == "PLUGIN_INIT_FAILED");
    CHECK(has(end.text, "is closing"));
  }
}

TEST_CASE("plugin interface: one library by two names is one library") {
  const CopyOfPlugin original("interface_script");
  const std::string link = original.path() + ".link.so";
  std::filesystem::create_symlink(original.path(), link);
  const Script first(original.path());
  const PluginEvent end = failure_of(link);
  std::filesystem::remove(link);
  CHECK(end.code == "PLUGIN_INIT_FAILED");
}

TEST_CASE("plugin interface: an instance whose thread was left behind keeps the library busy until it returns") {
  const CopyOfPlugin copy("interface_script");
  Script stuck(copy.path());
  stuck.tell("mz.");
  CHECK(stuck.receive() == "m");
  stuck.js.host().request_stop();
  CHECK_FALSE(stuck.js.join(50ms));
  stuck.js.host().abandon();
  (void)stuck.js.let_go();
  CHECK(failure_of(copy.path()).code == "PLUGIN_INIT_FAILED");

  void* const library = dlopen(copy.path().c_str(), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(library != nullptr);
  reinterpret_cast<void (*)()>(dlsym(library, "let_script_go"))();
  CHECK(stuck.js.ears().wait_for(Kind::ended).code == "");
  CHECK(Script(copy.path()).ask("R") == "ok " + kSpace);
}

TEST_CASE("plugin interface: opened and closed many times") {
  for (unsigned round = 0; round < 50; ++round) {
    CAPTURE(round);
    Script plugin;
    REQUIRE(plugin.ask("R") == "ok " + kSpace);
    plugin.js.announce_close();
    REQUIRE(plugin.js.ears().wait_for(Kind::ended).code == "");
  }
}

TEST_CASE("plugin interface: libraries at once keep their messages apart") {
  const std::uint64_t seed = test::seed_or(31);
  CAPTURE(seed);
  const CopyOfPlugin copies[] = {CopyOfPlugin("interface_echo"), CopyOfPlugin("interface_echo"),
                                 CopyOfPlugin("interface_echo")};
  std::vector<std::string> problems(std::size(copies));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::size(copies); ++i) {
    threads.emplace_back([&, i] {
      try {
        JavaScriptSide js({.plugin = copies[i].path()});
        js.wait_until_ready();
        for (std::uint32_t number = 0; number < test::rounds(1000, 200); ++number) {
          const Bytes bytes = some_bytes(8 + number % 500, seed + i * 1'000'000 + number);
          js.send(number, bytes);
          for (int answer = 0; answer < 2; ++answer) {
            if (js.receive().bytes != bytes) throw std::runtime_error("a wrong echo");
          }
        }
      } catch (const std::exception& error) {
        problems[i] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& problem : problems) CHECK(problem == "");
}

TEST_CASE("plugin interface: threads may use the callbacks while the channel closes, and when there is none") {
  const std::uint64_t seed = test::seed_or(32);
  CAPTURE(seed);
  test::Random random(seed);
  for (unsigned round = 0; round < test::rounds(100, 30); ++round) {
    CAPTURE(round);
    // While there is no channel.
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(1000)));
    JavaScriptSide js({.plugin = "interface_restless"});
    js.wait_until_ready();
    for (std::uint32_t number = random.below(100); number > 0; --number) {
      const auto received = js.receive();
      REQUIRE(received.type == 0);
      REQUIRE(received.bytes == Bytes(received.bytes.size(), std::byte(received.bytes.size() & 0xff)));
    }
    // At once, or when nobody has taken messages for a while.
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    if (random.one_in(2)) js.announce_close();
    else js.host().request_stop();
    REQUIRE(js.ears().wait_for(Kind::ended).code == "");
    REQUIRE(js.join(kPatience));
    REQUIRE_FALSE(js.ears().try_take(Kind::error));
  }
  exported<void()>("interface_restless", "let_restless_rest")();
}
