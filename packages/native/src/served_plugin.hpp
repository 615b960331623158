// Runs a plugin at side 1 of a channel that was made elsewhere: on a thread of this process, for JavaScript of another one,
// or of another context of this one, whose end it watches.
#pragma once

#include <memory>
#include <string_view>

#include "plugin_host.hpp"

namespace shared_channel {

// All functions: [owner's thread], unless they say otherwise.
class ServedPlugin {
 public:
  // Opens the end that the handle leads to, and starts the plugin there, as PluginHost. When the plugin has ended, that end
  // is left before the listener hears of it: closed in order, or, when there was a reason, lost. The listener is told of the
  // plugin's events; nobody has to ring. Throws Failure as ChannelEnd::open; INVALID_ARGUMENT for a handle of side 0.
  ServedPlugin(std::string_view handle, PluginOptions options, std::shared_ptr<PluginListener> listener);
  ServedPlugin(const ServedPlugin&) = delete;
  ServedPlugin& operator=(const ServedPlugin&) = delete;
  ~ServedPlugin() = default;  // after `join`, or after `break_off` and `abandon`

  // As of PluginRunner.
  void request_stop() noexcept { host_->request_stop(); }  // [thread-safe]
  [[nodiscard]] bool join(const Deadline& deadline) { return host_->join(deadline); }
  const char* abandon() { return host_->abandon(); }

  // The channel is lost at once, whatever the plugin still does; it is asked to stop. [thread-safe]
  void break_off() noexcept;

 private:
  class End;

  std::shared_ptr<End> end_;
  std::shared_ptr<PluginHost> host_;
};

}  // namespace shared_channel
