// Runs one plugin instance at side 1 of a segment, on a thread of its own. Side 0 is JavaScript.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "hang_watch.hpp"
#include "message_sender.hpp"
#include "plugin_buffers.hpp"
#include "plugin_runner.hpp"
#include "shared_channel/message.hpp"

namespace shared_channel {

class PluginHost final : public PluginRunner, private MessageSender::End {
 public:
  // Starts the thread, which loads the library, runs `initialize` and posts `ready` or `ended`. `watch`, if any, is told of
  // every call into the plugin.
  static std::shared_ptr<PluginHost> start(std::shared_ptr<const Segment> segment, const Layout& layout, PluginOptions options,
                                           std::shared_ptr<PluginListener> listener,
                                           std::shared_ptr<HangWatch> watch = nullptr);
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  void wake() noexcept override;
  [[nodiscard]] std::size_t exchange(std::span<std::byte> memory, const SharedPlace& place = {}) override;
  void request_stop() noexcept override;
  [[nodiscard]] bool join(const Deadline& deadline) override;
  // Leaves a thread that does not return to itself: it holds all that it may touch.
  const char* abandon() override;
  [[nodiscard]] const Segment& segment() const noexcept override { return *segment_; }

 private:
  PluginHost(std::shared_ptr<const Segment> segment, const Layout& layout, PluginOptions options,
             std::shared_ptr<PluginListener> listener, std::shared_ptr<HangWatch> watch);

  void run() noexcept;
  void change_state(std::uint32_t to) noexcept;
  [[nodiscard]] PluginEvent run_plugin();
  template <typename Call>
  bool contained(const char* function, Call&& call) noexcept;
  template <typename Extension, typename Function>
  [[nodiscard]] const Extension* extension_of(sc_plugin& plugin, const char* id,
                                              Function Extension::* function) noexcept;
  void open_exchange(sc_plugin& plugin) noexcept;
  void close_exchange() noexcept;
  [[nodiscard]] PluginEvent serve(sc_plugin& plugin, std::chrono::milliseconds interval);
  void deliver(sc_plugin& plugin, const IncomingMessage& message) noexcept;
  void take_control(sc_plugin& plugin, const IncomingMessage& message) noexcept;
  void refuse_call(const IncomingMessage& message, const std::string& reason) noexcept;
  void wait_for_work(const Deadline& next_update) noexcept;
  [[nodiscard]] bool has_work() const noexcept;
  [[nodiscard]] bool peer_closed() const noexcept;
  [[nodiscard]] bool peer_has_ended() const noexcept;
  void publish_room() noexcept;

  // The functions of sc_host and sc_host_requests. `message` says what is sent but for its data.
  sc_status send(OutgoingMessage message, const void* data, std::size_t size, std::uint32_t timeout_ms) noexcept;
  sc_status reserve(std::uint32_t size, std::uint32_t timeout_ms, sc_slot& slot) noexcept;
  sc_status commit(std::uint32_t type, std::uint32_t size) noexcept;
  void abort() noexcept;
  void report_error(const char* text) noexcept;
  void wake_plugin() noexcept;
  static const void* extension(const char* id) noexcept;
  static PluginHost& of(const sc_host* host) noexcept { return *static_cast<PluginHost*>(host->context); }

  bool may_send() noexcept override;
  void wake_peer() noexcept override;
  void found_corrupt() noexcept override;

  const std::shared_ptr<const Segment> segment_;
  const PluginOptions options_;
  const std::shared_ptr<PluginListener> listener_;
  const std::shared_ptr<HangWatch> watch_;
  const Word& peer_state_;
  Word& state_;
  const Bell bell_;       // this side's: JavaScript rings it
  const Bell peer_bell_;  // JavaScript's: we ring it
  RingReader ring_in_;
  MessageReader reader_;
  MessageSender sender_;
  PluginBuffers buffers_;
  sc_host c_host_{};

  const char* plugin_name_ = "";                   // the library's
  const sc_plugin_requests* requests_ = nullptr;  // null when the plugin takes no calls
  const sc_plugin_buffers* plugin_buffers_ = nullptr;  // null when it takes no buffers

  // Held while JavaScript's thread is in the plugin, so that the plugin ends only when it has come out.
  std::mutex exchange_mutex_;
  sc_plugin* exchange_plugin_ = nullptr;           // null before the plugin is ready and once it ends
  const sc_plugin_exchange* exchange_ = nullptr;  // null when the plugin has none

  std::mutex initialize_mutex_;
  bool initializing_ = true;
  std::string initialize_error_;

  std::atomic<int> peer_core_ = -1;  // where JavaScript ran when it last woke the plugin thread
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> corrupt_ = false;  // JavaScript's reading position of the ring that we write cannot be
  std::mutex finished_mutex_;
  std::condition_variable finished_changed_;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace shared_channel
