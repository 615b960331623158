// A plugin in a process of its own, without JavaScript.
#include <plugin_process.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <failure.hpp>

#include "support/javascript_side.hpp"

using namespace shared_channel;
using namespace std::chrono_literals;

namespace {

// Side 0 of its segment, through a mapping of its own, as JavaScript has one.
class Application {
 public:
  explicit Application(const std::string& plugin, const std::string& options = "null",
                       const std::string& program = HOST_PROGRAM)
      : runner_(start(plugin, options, program)),
        base_(runner_->segment().data()),
        ring_out_(base_, layout_, 0),
        writer_(ring_out_),
        ring_in_(base_, layout_, 1),
        reader_(ring_in_, 1 << 20) {}
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application() {
    runner_->request_stop();
    if (!runner_->join(std::chrono::steady_clock::now() + test::kPatience)) runner_->abandon();
  }

  [[nodiscard]] test::Ears& ears() { return *ears_; }
  [[nodiscard]] PluginProcess& process() { return *runner_; }
  [[nodiscard]] Word& word(std::uint32_t offset) const { return word_at(base_, offset); }

  void send(const std::string& text) {
    OutgoingMessage message = {.type = 1,
                               .data = reinterpret_cast<const std::byte*>(text.data()),
                               .size = static_cast<std::uint32_t>(text.size())};
    REQUIRE(writer_.try_write(message) == RingStatus::ok);
    if (Bell(base_, 1).take(kWaitingForData)) runner_->wake();
  }

  [[nodiscard]] std::string receive() {
    const Bell bell(base_, 0);
    for (;;) {
      IncomingMessage message;
      if (reader_.next(message) == ReadStatus::message) {
        std::string text(reinterpret_cast<const char*>(message.data), message.size);
        reader_.release();
        ring_in_.publish();
        return text;
      }
      bell.announce(kWaitingForData);
      if (!ring_in_.has_more()) ears_->wait_for_ring();
    }
  }

 private:
  std::shared_ptr<PluginProcess> start(const std::string& plugin, const std::string& options,
                                       const std::string& program) {
    Segment segment = Segment::create(layout_.total_size);
    write_layout(segment.data(), layout_);
    word_at(segment.data(), kStateOffset).store(kStateOpen);
    return PluginProcess::start(std::move(segment), layout_,
                                {.path = test::plugin_path(plugin), .options_json = options},
                                {.program = program, .shutdown_timeout = 2s}, ears_);
  }

  const Layout layout_ = make_layout(kMinCapacity, kMinCapacity);
  const std::shared_ptr<test::Ears> ears_ = std::make_shared<test::Ears>();
  const std::shared_ptr<PluginProcess> runner_;
  std::byte* const base_;
  RingWriter ring_out_;
  MessageWriter writer_;
  RingReader ring_in_;
  MessageReader reader_;
};

using Kind = PluginEvent::Kind;

}  // namespace

TEST_CASE("a plugin in a process of its own is woken and wakes, and ends when it is told to") {
  Application application("echo");
  CHECK(application.ears().wait_for(Kind::ready).name == "echo");
  for (const std::string text : {"one", "two", "three"}) {
    application.send(text);
    CHECK(application.receive() == text);
  }
  application.process().request_stop();
  CHECK(application.ears().wait_for(Kind::ended).code.empty());
  CHECK(application.process().join(std::nullopt));
  CHECK(application.word(kStateOffset + kSideStride).load() == kStateClosed);
}

TEST_CASE("the process has nothing of the application's but its output") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);  // as careless libraries do: not marked to be closed in other programs
  const Descriptor reading(pipe[0]);
  const Descriptor writing(pipe[1]);
  Application application("crash");
  (void)application.ears().wait_for(Kind::ready);
  application.send("pid");
  const std::string folder = "/proc/" + application.receive() + "/fd/";
  int sockets = 0;
  int segments = 0;
  for (int number = 3; number < 256; ++number) {
    char target[256] = {};
    if (readlink((folder + std::to_string(number)).c_str(), target, sizeof target - 1) < 0) continue;
    if (std::string_view(target).starts_with("socket:")) {
      ++sockets;
    } else if (std::string_view(target).starts_with("/memfd:shared-channel")) {
      ++segments;
    } else {
      FAIL("descriptor " << number << " is " << target);
    }
  }
  CHECK(sockets == 2);
  CHECK(segments == 1);
}

TEST_CASE("a crash is the last event, and what the plugin had dealt with is given back") {
  Application application("crash");
  (void)application.ears().wait_for(Kind::ready);
  for (const std::string text : {"one", "two", "abort", "three"}) application.send(text);
  const PluginEvent end = application.ears().wait_for(Kind::ended);
  CHECK(end.code == "PEER_LOST");
  CHECK(end.text.find("SIGABRT") != std::string::npos);
  // Records have 8 bytes in front, and multiples of 8: "one" and "two" are gone, "abort" and "three" are there.
  CHECK(application.word(kHeadOffset).load() == 32);
  CHECK(application.word(kTailOffset).load() == 64);
  std::array<std::byte, 4> memory{};
  CHECK_THROWS_WITH_AS((void)application.process().exchange(memory, {}), end.text.c_str(), Failure);
}

TEST_CASE("a position that the plugin cannot have reached is not believed") {
  for (const std::uint32_t taken : {8u, 36u, 4096u, 0xffff'fff0u}) {
    Application application("crash");
    (void)application.ears().wait_for(Kind::ready);
    application.send("one");
    CHECK(application.receive() == "one");
    application.send("two");
    CHECK(application.receive() == "two");
    // Nobody writes it until the next message: this stands for a plugin that has lost its way.
    application.process().request_stop();
    application.word(kHeadOffset).store(16);
    application.word(kTakenOffset).store(taken);
    (void)application.ears().wait_for(Kind::ended);
    const std::uint32_t head = application.word(kHeadOffset).load();
    CHECK((head == 16 || head == 32));  // as it was, or as the plugin wrote it at its end
  }
}

TEST_CASE("exchange brings a copy back, or works in a segment itself") {
  Application application("exchange");
  (void)application.ears().wait_for(Kind::ready);
  std::array<std::byte, 100> memory{};
  CHECK(application.process().exchange(memory, {}) == 100);
  for (std::size_t i = 0; i < memory.size(); ++i) CHECK(memory[i] == static_cast<std::byte>(i * 7 + 3));

  const auto segment = std::make_shared<const Segment>(Segment::create(200'000));
  const std::span<std::byte> part{segment->data() + 1000, 100};
  CHECK(application.process().exchange(part, {.segment = segment, .offset = 1000}) == 100);
  CHECK(std::memcmp(part.data(), memory.data(), memory.size()) == 0);
  CHECK(application.process().exchange({}, {}) == 0);
}

TEST_CASE("a program that hosts nothing is an error, not a wait") {
  CHECK_THROWS_AS(Application("echo", "null", "/nowhere/shared-channel-host"), Failure);
  Application application("echo", "null", "/bin/false");
  const PluginEvent end = application.ears().wait_for(Kind::ended);
  CHECK(end.code == "PLUGIN_INIT_FAILED");
  CHECK(end.text.find("exit code 1") != std::string::npos);
}

TEST_CASE("a plugin that does not return is killed") {
  Application application("crash", "\"initialize hang\"");
  CHECK(application.ears().wait_for(Kind::log).text == "staying");
  application.process().request_stop();
  CHECK_FALSE(application.process().join(std::chrono::steady_clock::now() + 20ms));
  CHECK(std::string(application.process().abandon()) == "its process was killed");
  CHECK(application.ears().wait_for(Kind::ended).code == "PLUGIN_INIT_FAILED");
  CHECK(application.process().join(std::nullopt));
}
