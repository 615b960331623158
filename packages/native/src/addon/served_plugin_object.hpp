// The JavaScript object behind a plugin that is served to another process: owns what runs it, and tells what it says.
// lib/served-plugin.ts is its only user.
#pragma once

#include <napi.h>

#include <optional>

#include "../served_plugin.hpp"
#include "environment.hpp"
#include "plugin_events.hpp"

namespace shared_channel {

class ServedPluginObject final : public Napi::ObjectWrap<ServedPluginObject>,
                                 public Teardown,
                                 public PluginMail::Reader {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativeServedPlugin(handle: string, trusted: boolean, path, optionsJson, updateInterval, shutdownTimeout,
  //                        onEvent: NativeEventListener)
  // Keeps the event loop alive until `close`.
  explicit ServedPluginObject(const Napi::CallbackInfo& info);
  ~ServedPluginObject() override;

  // As for any end of a channel whose context goes without a word: it is lost.
  void ask_to_stop() noexcept override { plugin_->break_off(); }
  void leave(std::chrono::steady_clock::time_point asked) noexcept override;

 private:
  void on_event(napi_env env, const PluginEvent& event) noexcept override { call_with(env, on_event_, event); }

  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  std::optional<ServedPlugin> plugin_;  // none after `close`
  std::shared_ptr<PluginMail> mail_;
  std::chrono::milliseconds shutdown_timeout_{0};
  Napi::FunctionReference on_event_;
};

}  // namespace shared_channel
