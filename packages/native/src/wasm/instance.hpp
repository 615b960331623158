// Runs one plugin instance at side 1 of the segment that lies at the start of this module's memory. Side 0 is the page. As
// PluginHost does, but on the one thread that a worker has, and with neither exchange nor buffers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "../message_sender.hpp"
#include "shared_channel/message.hpp"
#include "shared_channel/plugin.h"

namespace shared_channel {

// Why an instance has ended; `code` is empty when it was asked to.
struct InstanceEnd {
  const char* code = "";
  std::string text = {};
};

class Instance final : private MessageSender::End {
 public:
  // `options`: JSON text. `update_interval`: 0 for no updates.
  Instance(const Layout& layout, const char* options, std::chrono::milliseconds update_interval);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // The whole life of the plugin. Returns when it has ended.
  [[nodiscard]] InstanceEnd run();

 private:
  [[nodiscard]] InstanceEnd serve(sc_plugin& plugin);
  void deliver(sc_plugin& plugin, const IncomingMessage& message) noexcept;
  void decline_buffer(const IncomingMessage& message) noexcept;
  void refuse_call(const IncomingMessage& message, const std::string& reason) noexcept;
  template <typename Call>
  bool contained(const char* function, Call&& call) noexcept;
  const sc_plugin_requests* requests_of(sc_plugin& plugin) noexcept;
  void wait_for_work(const Deadline& next_update) noexcept;
  [[nodiscard]] bool has_work() const noexcept;
  void publish_room() noexcept;

  // The functions of sc_host and sc_host_requests. `message` says what is sent but for its data.
  sc_status send(OutgoingMessage message, const void* data, std::size_t size, std::uint32_t timeout_ms) noexcept;
  sc_status reserve(std::uint32_t size, std::uint32_t timeout_ms, sc_slot& slot) noexcept;
  void report_error(const char* text) noexcept;
  static const void* extension(const char* id) noexcept;
  static Instance& of(const sc_host* host) noexcept { return *static_cast<Instance*>(host->context); }

  bool may_send() noexcept override;
  void wake_peer() noexcept override;
  void found_corrupt() noexcept override { corrupt_ = true; }

  const std::chrono::milliseconds update_interval_;
  const Word& peer_state_;
  Word& state_;
  const Bell bell_;       // this side's: the page rings it
  const Bell peer_bell_;  // the page's: we ring it
  RingReader ring_in_;
  MessageReader reader_;
  MessageSender sender_;
  sc_host c_host_{};

  const char* plugin_name_ = "";
  const sc_plugin_requests* requests_ = nullptr;  // null when the plugin takes no calls
  bool initializing_ = true;
  std::string initialize_error_;
  bool stopping_ = false;
  bool corrupt_ = false;  // the page's reading position of the ring that we write cannot be
};

}  // namespace shared_channel
