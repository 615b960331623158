// The JavaScript object behind a Plugin link: owns what runs one plugin instance and what JavaScript sees of its
// segment. lib/plugin.ts is its only user.
#pragma once

#include <napi.h>

#include "../plugin_process.hpp"
#include "channel_view.hpp"
#include "environment.hpp"
#include "plugin_events.hpp"

namespace shared_channel {

class PluginObject final : public Napi::ObjectWrap<PluginObject>, public Teardown, public PluginMail::Reader {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativePlugin(view: Uint8Array, sendCapacity, receiveCapacity, path, optionsJson, updateInterval,
  //                  shutdownTimeout, program, hangTimeout, onRing: () => void, onEvent: (kind, code, text, level, name, version, abi) => void)
  // With a program, which hosts plugins, this one runs in a process of its own.
  explicit PluginObject(const Napi::CallbackInfo& info);
  ~PluginObject() override;

  void ask_to_stop() noexcept override { runner_->request_stop(); }
  // Waits for the plugin, and gives it up when it takes longer than the shutdown timeout.
  void leave(std::chrono::steady_clock::time_point asked) noexcept override;

 private:
  void collect() override { view_.collect(); }
  void on_ring(napi_env env) noexcept override;
  void on_event(napi_env env, const PluginEvent& event) noexcept override { call_with(env, on_event_, event); }

  Napi::Value wake_peer(const Napi::CallbackInfo& info);
  Napi::Value exchange(const Napi::CallbackInfo& info);
  Napi::Value ref(const Napi::CallbackInfo& info);
  Napi::Value unref(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value restart(const Napi::CallbackInfo& info);
  Napi::Value remap(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  [[nodiscard]] Segment make_segment() const;
  void start(Segment segment);

  Layout layout_;
  PluginOptions options_;
  std::optional<ProcessOptions> process_;  // none: a thread of this process
  std::shared_ptr<PluginRunner> runner_;
  std::shared_ptr<PluginMail> mail_;
  ChannelView view_;
  std::chrono::milliseconds shutdown_timeout_{0};
  Napi::FunctionReference on_ring_;
  Napi::FunctionReference on_event_;
  bool referenced_ = false;
  bool closed_ = false;
};

}  // namespace shared_channel
