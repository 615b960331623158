// The JavaScript object behind a Plugin link: owns the host of one plugin instance and the mapping of its segment over
// V8's pages. lib/plugin.ts is its only user.
#pragma once

#include <napi.h>

#include <vector>

#include "../plugin_host.hpp"
#include "environment.hpp"

namespace shared_channel {

// Carries rings and events from the plugin's threads to JavaScript.
class PluginMail final : public PluginListener, public Mail, public std::enable_shared_from_this<PluginMail> {
 public:
  PluginMail(std::shared_ptr<EventLoop> event_loop, PluginObject& object)
      : event_loop_(std::move(event_loop)), object_(&object) {}

  void ring() noexcept override;
  void post(PluginEvent&& event) noexcept override;
  void deliver(napi_env env) noexcept override;

  // The JavaScript object is going away. [JavaScript's thread]
  void detach() noexcept { object_ = nullptr; }

 private:
  const std::shared_ptr<EventLoop> event_loop_;
  PluginObject* object_;  // JavaScript's thread only
  std::atomic<bool> on_its_way_ = false;
  std::mutex mutex_;
  std::vector<PluginEvent> events_;
  std::uint32_t dropped_ = 0;
};

class PluginObject final : public Napi::ObjectWrap<PluginObject> {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativePlugin(view: Uint8Array, sendCapacity, receiveCapacity, path, optionsJson, updateInterval,
  //                  shutdownTimeout, onRing: () => void, onEvent: (kind, code, text, level, name, version, abi) => void)
  explicit PluginObject(const Napi::CallbackInfo& info);
  ~PluginObject() override;

  [[nodiscard]] PluginHost& host() noexcept { return *host_; }
  void on_ring(napi_env env) noexcept;
  void on_event(napi_env env, const PluginEvent& event) noexcept;

  // Joins the plugin's thread, which was asked to stop at `asked`, or leaves it when it takes longer than the shutdown
  // timeout. [environment cleanup]
  void leave(std::chrono::steady_clock::time_point asked) noexcept;

 private:
  Napi::Value wake_peer(const Napi::CallbackInfo& info);
  Napi::Value exchange(const Napi::CallbackInfo& info);
  Napi::Value ref(const Napi::CallbackInfo& info);
  Napi::Value unref(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void unmap() noexcept;

  std::shared_ptr<PluginHost> host_;
  std::shared_ptr<PluginMail> mail_;
  Napi::Reference<Napi::Uint8Array> view_;
  void* address_ = nullptr;
  std::size_t length_ = 0;
  std::chrono::milliseconds shutdown_timeout_{0};
  Napi::FunctionReference on_ring_;
  Napi::FunctionReference on_event_;
  bool referenced_ = false;
  bool closed_ = false;
};

}  // namespace shared_channel
