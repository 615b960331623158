// Buffers between JavaScript and a plugin, through the host.
#include <cstring>
#include <optional>
#include <set>
#include <span>
#include <string>

#include <buffer_post.hpp>
#include <shared_channel/shared_buffer.hpp>

#include <doctest/doctest.h>

#include "support/child_process.hpp"
#include "support/failing.hpp"
#include "support/javascript_side.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;
using test::Bytes;
using test::JavaScriptSide;

namespace {

enum Type : std::uint32_t { post = 1, release, read_byte, write_byte, repost, create };

// JavaScript's side of the plugin `buffers`, which posts and answers as JavaScript does.
class Side {
 public:
  explicit Side(const char* plugin = "buffers", std::uint32_t capacity = 65536)
      : js({.plugin = plugin, .send_capacity = capacity, .receive_capacity = capacity}) {
    js.wait_until_ready();
  }

  void tell(std::uint32_t type, const std::string& text) { js.send(type, bytes_of(text)); }

  void send_control(const std::string& text) {
    js.send({.data = reinterpret_cast<const std::byte*>(text.data()),
             .size = static_cast<std::uint32_t>(text.size()),
             .kind = MessageKind::control});
  }

  void post_buffer(const SharedBuffer& buffer, const std::string& data, BufferAccess access = BufferAccess::read_write) {
    const BufferPost post{
        .id = ++id, .access = access, .size = buffer.size(), .handle = buffer.handle(), .additional_data = data};
    send_control(post.text());
  }

  // The next thing that comes: a control record, or what the plugin says.
  std::string next(MessageKind kind) {
    const auto received = js.receive();
    CHECK(received.kind == kind);
    return {reinterpret_cast<const char*>(received.bytes.data()), received.bytes.size()};
  }
  std::string said() { return next(MessageKind::plain); }
  std::string control() { return next(MessageKind::control); }
  BufferPost next_post() { return std::get<BufferPost>(parse_buffer_text(control())); }

  std::string received_answer() const { return received_text(id, this_process()); }

  JavaScriptSide js;
  std::uint64_t id = 100;

 private:
  static Bytes bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The pattern of the seed 9 at the first bytes: see pattern.hpp of the plugins.
std::byte byte_of_pattern(std::uint32_t seed, std::size_t at) {
  std::uint32_t state = seed;
  for (std::size_t i = 0; i <= at; ++i) state = state * 1664525 + 1013904223;
  return static_cast<std::byte>(state >> 24);
}

}  // namespace

TEST_CASE("plugin buffers: one that JavaScript posts is received, read and released") {
  Side side;
  const auto buffer = SharedBuffer::create(100'001);
  buffer.bytes()[0] = std::byte{1};
  side.post_buffer(buffer, "\"sum\"");
  // 31 to the power of 100,000, modulo 2^32.
  std::uint32_t power = 1;
  for (int i = 0; i < 100'000; ++i) power *= 31;
  std::set<std::string> seen = {};
  for (int i = 0; i < 3; ++i) {
    const auto received = side.js.receive();
    seen.emplace(reinterpret_cast<const char*>(received.bytes.data()), received.bytes.size());
  }
  CHECK(seen == std::set<std::string>{side.received_answer(), "sum " + std::to_string(power) + " 100001 0",
                                      released_text(side.id)});
}

TEST_CASE("plugin buffers: the plugin writes into one that it may write") {
  Side side;
  const auto buffer = SharedBuffer::create(10);
  side.post_buffer(buffer, "\"fill\"");
  CHECK(side.control() == side.received_answer());
  CHECK(side.said() == "filled");
  CHECK(side.control() == released_text(side.id));
  CHECK(buffer.bytes()[9] == byte_of_pattern(9, 9));
}

TEST_CASE("plugin buffers: without additional data there is none, and what is no string is given as it is") {
  Side side;
  const auto buffer = SharedBuffer::create(10);
  for (const auto& [data, said] : {std::pair{"", "got nothing"}, {"{\"a\":\n[1]}", "got {\"a\":\n[1]}"}, {"null", "got null"}}) {
    side.post_buffer(buffer, data);
    CHECK(side.control() == side.received_answer());
    CHECK(side.said() == said);
    CHECK(side.control() == released_text(side.id));
  }
}

TEST_CASE("plugin buffers: one that is kept stays when its owner has closed it, and comes back when the plugin lets go") {
  Side side;
  auto buffer = SharedBuffer::create(10);
  buffer.bytes()[0] = std::byte{77};
  side.post_buffer(buffer, "\"keep\"", BufferAccess::read_only);
  CHECK(side.control() == side.received_answer());
  CHECK(side.said() == "kept");
  buffer.bytes()[0] = std::byte{78};
  buffer.close();
  side.tell(read_byte, "");
  CHECK(side.said() == "byte 78");
  side.tell(release, "");
  CHECK(side.control() == released_text(side.id));
}

TEST_CASE("plugin buffers: a release while the same thread has a slot open is told afterwards") {
  Side side;
  const auto buffer = SharedBuffer::create(10);
  side.post_buffer(buffer, "\"keep\"");
  CHECK(side.control() == side.received_answer());
  CHECK(side.said() == "kept");
  side.tell(release, "slot");
  CHECK(side.said() == "the slot");
  CHECK(side.control() == released_text(side.id));
}

TEST_CASE("plugin buffers: one that the plugin makes is posted, and kept until it was received") {
  Side side;
  side.tell(post, "100001 7 0 {\"seed\":7}");
  const BufferPost posted = side.next_post();
  CHECK(posted.access == BufferAccess::read_write);
  CHECK(posted.size == 100'001);
  CHECK(posted.additional_data == "{\"seed\":7}");
  CHECK(side.said() == "posted " + std::to_string(posted.id));
  // The plugin has closed it by now; the post has not.
  auto opened = SharedBuffer::open(posted.handle);
  CHECK(opened.bytes()[100'000] == byte_of_pattern(7, 100'000));
  side.send_control(received_text(posted.id, this_process()));
  side.tell(create, "1");
  CHECK(has(side.said(), "handle shared-channel/"));  // what came before was dealt with
  CHECK(test::code_of([&] { (void)SharedBuffer::open(posted.handle); }) == "CLOSED");
  CHECK(opened.bytes()[100'000] == byte_of_pattern(7, 100'000));
  side.send_control(released_text(posted.id));
  CHECK(side.said() == "released " + std::to_string(posted.id));
}

TEST_CASE("plugin buffers: a post that is declined is let go of, and the plugin hears why") {
  Side side;
  side.tell(post, "10 7 1 not JSON");
  const BufferPost posted = side.next_post();
  CHECK(posted.additional_data == "not JSON");
  (void)side.said();
  side.send_control(declined_text(posted.id, "INVALID_ARGUMENT", "no\nJSON"));
  CHECK(side.said() == "declined " + std::to_string(posted.id) + " INVALID_ARGUMENT: no\nJSON");
  CHECK(test::code_of([&] { (void)SharedBuffer::open(posted.handle); }) == "CLOSED");
}

TEST_CASE("plugin buffers: the same one may be posted again and again, and one that was received may be posted on") {
  Side side;
  const auto buffer = SharedBuffer::create(10);
  side.post_buffer(buffer, "\"keep\"", BufferAccess::read_only);
  CHECK(side.control() == side.received_answer());
  CHECK(side.said() == "kept");
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    side.tell(repost, "");
    const BufferPost posted = side.next_post();
    ids.insert(posted.id);
    CHECK(posted.size == 10);
    CHECK(has(side.said(), "posted "));
    const auto opened = SharedBuffer::open(posted.handle);
    opened.bytes()[3] = static_cast<std::byte>(i + 1);
    CHECK(buffer.bytes()[3] == static_cast<std::byte>(i + 1));
  }
  CHECK(ids.size() == 3);
}

TEST_CASE("plugin buffers: posts, answers and texts that are wrong harm nobody") {
  Side side;
  const auto buffer = SharedBuffer::create(10);
  const std::string handle = buffer.handle();
  for (const std::string& wrong : {std::string("post\n5\nread-only\n10\nno handle\n"), "post\n5\nread-only\n11\n" + handle + "\n",
                                   std::string("post\n5\nread-only\n10\n\n"), "post\n5\nread-only\n10\n" + handle.substr(0, 30) + "\n",
                                   std::string("post\n5\nsometimes\n10\n" + handle + "\n")}) {
    CAPTURE(wrong);
    side.send_control(wrong);
    CHECK(has(side.control(), "declined\n5\n"));
  }
  std::string stale;
  {
    const auto gone = SharedBuffer::create(10);
    stale = gone.handle();
  }
  side.send_control("post\n6\nread-only\n10\n" + stale + "\n");
  CHECK(has(side.control(), "declined\n6\nCLOSED\n"));
  for (const char* const ignored : {"", "nonsense", "received\n1\n\n", "released\n1", "declined\n1\nCLOSED\n", "released\n99999"}) {
    side.send_control(ignored);
  }
  side.tell(create, "1");
  CHECK(has(side.said(), "handle"));
  CHECK_FALSE(side.js.ears().try_take(PluginEvent::Kind::error));
}

TEST_CASE("plugin buffers: what cannot be made or posted is an error of the plugin's") {
  Side side;
  const auto error = [&] { return side.js.ears().wait_for(PluginEvent::Kind::error).text; };
  for (const char* const size : {"0", "4294967297"}) {
    side.tell(create, size);
    CHECK(has(error(), "invalid argument"));
  }
  side.tell(post, "10 7 9 {}");
  CHECK(has(error(), "invalid argument"));
  side.tell(post, "10 7 -1 {}");
  CHECK(has(error(), "invalid argument"));
}

TEST_CASE("plugin buffers: a plugin that throws has let go of the buffer") {
  Side side;
  side.post_buffer(SharedBuffer::create(10), "\"throw\"");
  // The owner may be gone before the plugin looks.
  const std::string answer = side.control();
  if (has(answer, "received")) {
    CHECK(has(side.js.ears().wait_for(PluginEvent::Kind::error).text, "as it was told"));
    CHECK(side.control() == released_text(side.id));
  } else {
    CHECK(has(answer, "CLOSED"));
  }
}

TEST_CASE("plugin buffers: a plugin without the extension declines") {
  for (const char* const plugin : {"echo", "interface_echo"}) {
    CAPTURE(plugin);
    Side side(plugin);
    const auto buffer = SharedBuffer::create(10);
    side.post_buffer(buffer, "");
    const std::string answer = side.control();
    CHECK(has(answer, "declined\n" + std::to_string(side.id) + "\nNOT_SUPPORTED\n"));
    CHECK(has(answer, "takes no buffers"));
    side.send_control("post\n7\nother");
    CHECK(has(side.control(), "declined\n7\nNOT_SUPPORTED\n"));
  }
}

TEST_CASE("plugin buffers: many posts through a small ring all arrive, and nothing is left") {
  const auto before = test::count_descriptors();
  {
    Side side("buffers", 4096);
    const auto buffer = SharedBuffer::create(10);
    const unsigned count = test::rounds(2000, 200);
    unsigned received = 0;
    unsigned released = 0;
    unsigned said = 0;
    const auto take = [&](const JavaScriptSide::Received& message) {
      const std::string text(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
      received += text.starts_with("received\n");
      released += text.starts_with("released\n");
      said += text.starts_with("sum ");
    };
    for (unsigned i = 0; i < count; ++i) {
      const BufferPost post{.id = i, .size = 10, .handle = buffer.handle(), .additional_data = "\"sum\""};
      const std::string text = post.text();
      OutgoingMessage message{.data = reinterpret_cast<const std::byte*>(text.data()),
                              .size = static_cast<std::uint32_t>(text.size()),
                              .kind = MessageKind::control};
      while (!side.js.try_send(message)) {
        if (const auto next = side.js.try_receive()) take(*next);
        else side.js.sleep();
      }
    }
    while (received < count || released < count || said < count) take(side.js.receive());
    CHECK(received == count);
    CHECK(released == count);
    CHECK(said == count);
    // What is out at the end goes with the plugin.
    for (int i = 0; i < 5; ++i) side.tell(post, "1000 1 1 ");
    side.post_buffer(buffer, "\"keep\"");
    side.js.announce_close();
    (void)side.js.ears().wait_for(PluginEvent::Kind::ended);
    CHECK(side.js.join(std::chrono::seconds(20)));
  }
  CHECK(test::count_descriptors() == before);
}
