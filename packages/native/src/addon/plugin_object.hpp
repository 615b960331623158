// The JavaScript object behind a Plugin link: owns what runs one plugin instance and what JavaScript sees of its
// segment. lib/plugin.ts is its only user.
#pragma once

#include <napi.h>

#include <vector>

#include "../plugin_process.hpp"
#include "../plugin_runner.hpp"
#include "channel_view.hpp"
#include "environment.hpp"

namespace shared_channel {

class PluginObject;

// Carries rings and events from the plugin's threads to JavaScript.
class PluginMail final : public PluginListener, public RingMail {
 public:
  PluginMail(std::shared_ptr<EventLoop> event_loop, PluginObject& object)
      : RingMail(std::move(event_loop)), object_(&object) {}

  void ring() noexcept override { send(); }
  void post(PluginEvent&& event) noexcept override;

  // The JavaScript object is going away. [JavaScript's thread]
  void detach() noexcept { object_ = nullptr; }

 private:
  void delivered(napi_env env) noexcept override;

  PluginObject* object_;  // JavaScript's thread only
  std::mutex mutex_;
  std::vector<PluginEvent> events_;
  std::uint32_t dropped_ = 0;
};

class PluginObject final : public Napi::ObjectWrap<PluginObject>, public Teardown {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativePlugin(view: Uint8Array, sendCapacity, receiveCapacity, path, optionsJson, updateInterval,
  //                  shutdownTimeout, program, hangTimeout, onRing: () => void, onEvent: (kind, code, text, level, name, version, abi) => void)
  // With a program, which hosts plugins, this one runs in a process of its own.
  explicit PluginObject(const Napi::CallbackInfo& info);
  ~PluginObject() override;

  // Before either of the next two: what the plugin has written until now.
  void collect() { view_.collect(); }
  void on_ring(napi_env env) noexcept;
  void on_event(napi_env env, const PluginEvent& event) noexcept;

  void ask_to_stop() noexcept override { runner_->request_stop(); }
  // Waits for the plugin, and gives it up when it takes longer than the shutdown timeout.
  void leave(std::chrono::steady_clock::time_point asked) noexcept override;

 private:
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
