// Runs one plugin instance in a process of its own, which a crash of the plugin costs and nothing else. The process runs the
// PluginHost of plugin_host.hpp on the same segment (src/host/main.cpp).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "bell_waiter.hpp"
#include "child_process.hpp"
#include "host_protocol.hpp"
#include "plugin_runner.hpp"
#include "socket.hpp"

namespace shared_channel {

struct ProcessOptions {
  std::string program;  // the path of shared-channel-host
  std::chrono::milliseconds shutdown_timeout{0};
  std::optional<std::chrono::milliseconds> hang_timeout{};  // the longest that one call into the plugin may take
};

class PluginProcess final : public PluginRunner {
 public:
  // Starts the process, and a thread that hears what it says. `ended` of the listener tells how the process ended, when it
  // was not in good order: PLUGIN_INIT_FAILED before it was ready, PEER_LOST afterwards. Throws Failure.
  static std::shared_ptr<PluginProcess> start(Segment segment, const Layout& layout, PluginOptions options,
                                              ProcessOptions process, std::shared_ptr<PluginListener> listener);
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;

  void wake() noexcept override;
  // The plugin gets the segment of `place`, or else a copy of `memory`, of which what it says that it wrote is copied back.
  // Throws also PEER_LOST, when the process ends in the middle.
  [[nodiscard]] std::size_t exchange(std::span<std::byte> memory, const SharedPlace& place) override;
  void request_stop() noexcept override;
  [[nodiscard]] bool join(const Deadline& deadline) override;
  // Ends the process.
  const char* abandon() override;
  [[nodiscard]] const Segment& segment() const noexcept override { return segment_; }

 private:
  PluginProcess(Segment segment, const Layout& layout, PluginOptions options, const ProcessOptions& process,
                std::shared_ptr<PluginListener> listener, std::pair<Socket, Socket> events,
                std::pair<Socket, Socket> exchanges);

  void run() noexcept;
  [[nodiscard]] PluginEvent hear();
  void give_back_what_was_taken() noexcept;
  [[nodiscard]] std::size_t exchange_in(const SharedPlace& place, std::size_t size);
  [[nodiscard]] ExchangeAnswer ask(const SharedPlace& place, std::size_t size);
  [[nodiscard]] bool wait_until_finished(const Deadline& deadline);

  const Segment segment_;
  const HostStart start_;
  const std::shared_ptr<PluginListener> listener_;
  Socket events_;
  Socket exchanges_;
  std::optional<Socket> their_events_;     // theirs, until the process has them
  std::optional<Socket> their_exchanges_;
  std::optional<BellWaiter> bell_waiter_;  // until the process is joined
  std::optional<ChildProcess> process_;
  std::shared_ptr<const Segment> exchange_memory_;     // for memory that is not shared
  std::weak_ptr<const Segment> their_exchange_memory_;  // what the process has now
  std::string who_;  // the plugin's name, once it is known

  std::mutex finished_mutex_;
  std::condition_variable finished_changed_;
  std::optional<PluginEvent> end_;  // set when it has finished
  std::thread thread_;
};

}  // namespace shared_channel
