// What JavaScript is to a plugin: side 0 of its segment, a thread that sends and receives in turn and sleeps when it can
// do neither, woken by the host's listener. Nothing here waits for ever: what does not come throws `NeverCame`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <plugin_host.hpp>
#include <shared_channel/message.hpp>

namespace test {

using namespace shared_channel;

using Bytes = std::vector<std::byte>;

inline constexpr std::chrono::seconds kPatience{20};

[[nodiscard]] inline std::string plugin_path(const std::string& name) { return PLUGIN_FOLDER + name + ".so"; }

class NeverCame : public std::runtime_error {
 public:
  explicit NeverCame(const std::string& what) : std::runtime_error(what + " never came") {}
};

// The listener of the host, called from the plugin's threads.
class Ears final : public PluginListener {
 public:
  void ring() noexcept override {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    heard_.notify_all();
  }

  void post(PluginEvent&& event) noexcept override {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    heard_.notify_all();
  }

  void wait_for_ring() {
    std::unique_lock lock(mutex_);
    if (!heard_.wait_for(lock, kPatience, [this] { return rung_; })) throw NeverCame("a wake-up");
    rung_ = false;
  }

  // The next event of this kind, whatever came in between; each is given out once.
  [[nodiscard]] PluginEvent wait_for(PluginEvent::Kind kind) {
    std::unique_lock lock(mutex_);
    std::optional<PluginEvent> found;
    if (!heard_.wait_for(lock, kPatience, [&] { return (found = take(kind)).has_value(); })) {
      throw NeverCame("an event of kind " + std::to_string(static_cast<int>(kind)));
    }
    return *std::move(found);
  }

  [[nodiscard]] std::optional<PluginEvent> try_take(PluginEvent::Kind kind) {
    const std::lock_guard lock(mutex_);
    return take(kind);
  }

 private:
  std::optional<PluginEvent> take(PluginEvent::Kind kind) {
    for (auto event = events_.begin(); event != events_.end(); ++event) {
      if (event->kind != kind) continue;
      PluginEvent found = std::move(*event);
      events_.erase(event);
      return found;
    }
    return std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable heard_;
  bool rung_ = false;
  std::deque<PluginEvent> events_;
};

class JavaScriptSide {
 public:
  struct Received {
    std::uint32_t type = 0;
    Bytes bytes;
    MessageKind kind = MessageKind::plain;
    std::uint32_t call = 0;
    std::uint32_t status = kReplyOk;
  };
  struct Setup {
    std::string plugin;  // a name in plugins/, or a path
    std::string options = "null";
    std::uint32_t send_capacity = kMinCapacity;
    std::uint32_t receive_capacity = kMinCapacity;
    std::optional<std::chrono::milliseconds> update_interval{};
  };

  explicit JavaScriptSide(const Setup& setup)
      : JavaScriptSide(setup, make_layout(setup.send_capacity, setup.receive_capacity)) {}
  JavaScriptSide(const JavaScriptSide&) = delete;
  JavaScriptSide& operator=(const JavaScriptSide&) = delete;
  ~JavaScriptSide() {
    if (host_ == nullptr) return;
    host_->request_stop();
    if (!host_->join(std::chrono::steady_clock::now() + kPatience)) host_->abandon();
  }

  [[nodiscard]] Ears& ears() { return *ears_; }
  [[nodiscard]] PluginHost& host() { return *host_; }
  [[nodiscard]] std::byte* memory() const { return base_; }
  [[nodiscard]] std::uint32_t peer_state() const { return word_at(base_, kStateOffset + kSideStride).load(); }

  void wait_until_ready() { (void)ears_->wait_for(PluginEvent::Kind::ready); }

  // Sends as much of `message` as there is room for; true when all of it is on its way.
  [[nodiscard]] bool try_send(OutgoingMessage& message) {
    const std::uint32_t before = message.sent;
    const RingStatus status = writer_.try_write(message);
    if (status == RingStatus::corrupt) throw std::runtime_error("the plugin's reading position is impossible");
    if (status == RingStatus::ok || message.sent != before) wake_plugin(kWaitingForData);
    return status == RingStatus::ok;
  }

  void send(std::uint32_t type, const Bytes& bytes) {
    OutgoingMessage message = {.type = type, .data = bytes.data(), .size = static_cast<std::uint32_t>(bytes.size())};
    while (!try_send(message)) sleep();
  }

  // Sends a call, or a reply as no JavaScript does.
  void send(OutgoingMessage message) {
    while (!try_send(message)) sleep();
  }

  [[nodiscard]] std::optional<Received> try_receive() {
    IncomingMessage message;
    for (;;) {
      switch (reader_.next(message)) {
        case ReadStatus::message: {
          Received received = {.type = message.type,
                               .bytes = Bytes(message.data, message.data + message.size),
                               .kind = message.kind,
                               .call = message.call,
                               .status = message.status};
          if (records_in_.should_publish()) give_room_back();
          return received;
        }
        case ReadStatus::again: break;
        default: throw std::runtime_error("the plugin's ring is corrupt");
      }
      give_room_back();
      if (!records_in_.has_more()) return std::nullopt;
    }
  }

  // Reads some fragments of a message that is larger than the ring, and gives their room back, once.
  void read_a_little() {
    IncomingMessage message;
    if (reader_.next(message) != ReadStatus::again) throw std::runtime_error("there is more than some fragments");
    give_room_back();
  }

  [[nodiscard]] Received receive() {
    for (;;) {
      if (auto received = try_receive()) return *std::move(received);
      sleep();
    }
  }

  // To be called when nothing could be sent or received. The first call announces it, so that the caller looks once
  // more; the second sleeps. What was announced either still stands or has been taken, and then it has rung.
  void sleep() {
    if (!std::exchange(announced_, true)) {
      bell_.announce(kWaitingForData | kWaitingForRoom);
      return;
    }
    ears_->wait_for_ring();
    announced_ = false;
  }

  // Says in shared memory that nothing more will be sent; the plugin reads what is there and leaves.
  void announce_close() {
    word_at(base_, kStateOffset).store(kStateClosed);
    ring_plugin();
  }

  // Wakes all threads of the plugin that wait, so that they look again.
  void ring_plugin() {
    peer_bell_.move();
    host_->wake();
  }

  [[nodiscard]] bool join(std::chrono::milliseconds time) {
    return host_->join(std::chrono::steady_clock::now() + time);
  }

  // Gives the host away, as an object does that is closed.
  [[nodiscard]] std::weak_ptr<PluginHost> let_go() { return std::exchange(host_, nullptr); }

 private:
  JavaScriptSide(const Setup& setup, const Layout& layout) : JavaScriptSide(setup, layout, new_segment(layout)) {}
  JavaScriptSide(const Setup& setup, const Layout& layout, Segment segment)
      : base_(segment.data()),
        bell_(base_, 0),
        peer_bell_(base_, 1),
        records_out_(base_, layout, 0),
        records_in_(base_, layout, 1),
        writer_(records_out_),
        reader_(records_in_, 0xffffffff),
        ears_(std::make_shared<Ears>()),
        host_(PluginHost::start(
            std::make_shared<const Segment>(std::move(segment)), layout,
            {.path = setup.plugin.find('/') == std::string::npos ? plugin_path(setup.plugin) : setup.plugin,
             .options_json = setup.options,
             .update_interval = setup.update_interval},
            ears_)) {}

  static Segment new_segment(const Layout& layout) {
    Segment segment = Segment::create(layout.total_size);
    write_layout(segment.data(), layout);
    word_at(segment.data(), kStateOffset).store(kStateOpen);
    return segment;
  }

  void wake_plugin(std::uint32_t what) {
    if (peer_bell_.take(what)) host_->wake();
  }

  void give_room_back() {
    if (records_in_.publish()) wake_plugin(kWaitingForRoom);
  }

  std::byte* base_;  // of the host's own mapping: sanitizers see both sides at the same addresses
  const Bell bell_;
  const Bell peer_bell_;
  RingWriter records_out_;
  RingReader records_in_;
  MessageWriter writer_;
  MessageReader reader_;
  bool announced_ = false;
  std::shared_ptr<Ears> ears_;
  std::shared_ptr<PluginHost> host_;
};

}  // namespace test
