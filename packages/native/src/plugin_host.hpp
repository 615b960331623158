// Runs one plugin instance at side 1 of a segment, on a thread of its own. Side 0 is JavaScript.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "doorbell.hpp"
#include "segment.hpp"
#include "shared_channel/message.hpp"
#include "shared_channel/plugin.h"

namespace shared_channel {

struct PluginEvent {
  enum class Kind {
    ready,   // `initialize` went well; name, version and abi_minor are set
    error,   // the plugin reported an error (PLUGIN_ERROR), or the host did; the channel stays open
    log,     // a line of the plugin
    ended,   // the thread is about to end; `code` and `text` say why when it was not asked to
  };
  Kind kind;
  std::string code = {};
  std::string text = {};
  sc_log_level level = SC_LOG_INFO;
  std::string name = {};
  std::string version = {};
  std::uint32_t abi_minor = 0;
};

// Whom the host tells. All functions are called from the plugin's threads, several at once.
class PluginListener {
 public:
  virtual ~PluginListener() = default;
  virtual void ring() noexcept = 0;                    // JavaScript sleeps, and there is something for it
  virtual void post(PluginEvent&& event) noexcept = 0;  // never waits
};

struct PluginOptions {
  std::string path;
  std::string options_json = "null";
  std::optional<std::chrono::milliseconds> update_interval{};  // 0: `update` is never called; none: as the library says
};

class PluginHost : public std::enable_shared_from_this<PluginHost> {
 public:
  // Starts the thread, which loads the library, runs `initialize` and posts `ready` or `ended`.
  static std::shared_ptr<PluginHost> start(Segment segment, const Layout& layout, PluginOptions options,
                                           std::shared_ptr<PluginListener> listener);
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // JavaScript has taken this side's announcement and moved the bell. [JavaScript's thread]
  void wake() noexcept;

  // Has the plugin work in `memory`. Returns how many bytes it wrote. Throws Failure: NOT_SUPPORTED when the plugin has no
  // exchange, CLOSED when it has ended, PLUGIN_ERROR when it fails. [JavaScript's thread]
  [[nodiscard]] std::size_t exchange(std::span<std::byte> memory);

  // Ends every wait of the plugin and makes its thread leave as soon as the plugin returns. [thread-safe]
  void request_stop() noexcept;

  // Waits for the thread to end, until the deadline, and joins it. False when it is still running. [owner's thread]
  [[nodiscard]] bool join(const Deadline& deadline);

  // Leaves a thread that does not return to itself: it holds all that it may touch. [owner's thread]
  void abandon();

 private:
  PluginHost(Segment segment, const Layout& layout, PluginOptions options, std::shared_ptr<PluginListener> listener);

  void run() noexcept;
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
  void refuse_call(const IncomingMessage& message, const std::string& reason) noexcept;
  void wait_for_work(const Deadline& next_update) noexcept;
  [[nodiscard]] bool has_work() const noexcept;
  [[nodiscard]] bool peer_closed() const noexcept;
  void publish_room() noexcept;

  // The functions of sc_host and sc_host_requests. `message` says what is sent but for its data.
  sc_status send(OutgoingMessage message, const void* data, std::size_t size, std::uint32_t timeout_ms) noexcept;
  sc_status reserve(std::uint32_t size, std::uint32_t timeout_ms, sc_slot& slot) noexcept;
  sc_status commit(std::uint32_t type, std::uint32_t size) noexcept;
  void abort() noexcept;
  void report_error(const char* text) noexcept;
  static const void* extension(const char* id) noexcept;
  static PluginHost& of(const sc_host* host) noexcept { return *static_cast<PluginHost*>(host->context); }

  sc_status acquire_writer(const Deadline& deadline) noexcept;
  void release_writer() noexcept;
  template <typename Step>
  sc_status write_when_room(const Deadline& deadline, Step&& step) noexcept;

  const Segment segment_;
  const PluginOptions options_;
  const std::shared_ptr<PluginListener> listener_;
  const Word& peer_state_;
  Word& state_;
  const Bell bell_;       // this side's: JavaScript rings it
  const Bell peer_bell_;  // JavaScript's: we ring it
  RingReader ring_in_;
  MessageReader reader_;
  RingWriter ring_out_;
  MessageWriter writer_;
  sc_host c_host_{};

  const char* plugin_name_ = "";                   // the library's
  const sc_plugin_requests* requests_ = nullptr;  // null when the plugin takes no calls

  // Held while JavaScript's thread is in the plugin, so that the plugin ends only when it has come out.
  std::mutex exchange_mutex_;
  sc_plugin* exchange_plugin_ = nullptr;           // null before the plugin is ready and once it ends
  const sc_plugin_exchange* exchange_ = nullptr;  // null when the plugin has none

  // One message at a time is written, by whichever thread of the plugin; a slot keeps the writer until it is committed.
  std::mutex writer_mutex_;
  std::condition_variable writer_free_;
  bool writer_taken_ = false;
  bool slot_open_ = false;
  std::uint32_t slot_size_ = 0;
  std::thread::id writer_owner_;

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
