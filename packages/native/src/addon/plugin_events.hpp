// What a plugin says, on its way from the plugin's threads to JavaScript. For the objects of the addon that run plugins.
#pragma once

#include <napi.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "../plugin_runner.hpp"
#include "environment.hpp"

namespace shared_channel {

// Carries rings and events to JavaScript.
class PluginMail final : public PluginListener, public RingMail {
 public:
  // Whom they reach. [JavaScript's thread]
  class Reader {
   public:
    // Before either of the next two: what the plugin has written until now.
    virtual void collect() {}
    virtual void on_ring(napi_env) noexcept {}
    virtual void on_event(napi_env env, const PluginEvent& event) noexcept = 0;

   protected:
    ~Reader() = default;
  };

  PluginMail(std::shared_ptr<EventLoop> event_loop, Reader& reader)
      : RingMail(std::move(event_loop)), reader_(&reader) {}

  void ring() noexcept override { send(); }
  void post(PluginEvent&& event) noexcept override;

  // The reader is going away. [JavaScript's thread]
  void detach() noexcept { reader_ = nullptr; }

 private:
  void delivered(napi_env env) noexcept override;

  Reader* reader_;  // JavaScript's thread only
  std::mutex mutex_;
  std::vector<PluginEvent> events_;
  std::uint32_t dropped_ = 0;
};

// Calls NativeEventListener of lib/addon.ts; nothing when it is empty. [JavaScript's thread]
void call_with(napi_env env, const Napi::FunctionReference& on_event, const PluginEvent& event) noexcept;

// Where no JavaScript can be told any more: a plugin that was asked to stop had not returned in time.
void report_abandoned(std::chrono::milliseconds timeout, const char* outcome) noexcept;

// Milliseconds; none when undefined.
std::optional<std::chrono::milliseconds> time_of(const Napi::Value& value);

}  // namespace shared_channel
