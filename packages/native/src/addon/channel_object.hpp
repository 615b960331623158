// The JavaScript object behind a link to another process or worker: one end of a channel, its mapping over V8's pages, and
// what wakes JavaScript: a pipe that its event loop reads from, or, where there can be none, a thread. lib/channel-link.ts is
// its only user.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "../bell_waiter.hpp"
#include "../channel_end.hpp"
#include "channel_view.hpp"
#include "environment.hpp"

namespace shared_channel {

class ChannelObject;

// Carries rings from the waiting thread to JavaScript.
class ChannelMail final : public RingMail {
 public:
  ChannelMail(std::shared_ptr<EventLoop> event_loop, ChannelObject& object)
      : RingMail(std::move(event_loop)), object_(&object) {}

  // The JavaScript object is going away. [JavaScript's thread]
  void detach() noexcept { object_ = nullptr; }

 private:
  void delivered(napi_env env) noexcept override;

  ChannelObject* object_;  // JavaScript's thread only
};

class ChannelObject final : public Napi::ObjectWrap<ChannelObject>, public Teardown {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativeChannel(capacity0: number, capacity1: number), or new NativeChannel(handle: string, trusted: boolean)
  explicit ChannelObject(const Napi::CallbackInfo& info);
  ~ChannelObject() override;

  void on_ring(napi_env env) noexcept;
  void ask_to_stop() noexcept override;
  void leave(std::chrono::steady_clock::time_point asked) noexcept override;

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value side(const Napi::CallbackInfo& info);
  Napi::Value peer_handle(const Napi::CallbackInfo& info);
  Napi::Value start(const Napi::CallbackInfo& info);
  Napi::Value look(const Napi::CallbackInfo& info);
  Napi::Value wake_peer(const Napi::CallbackInfo& info);
  Napi::Value ref(const Napi::CallbackInfo& info);
  Napi::Value unref(const Napi::CallbackInfo& info);
  Napi::Value leave(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  std::unique_ptr<ChannelEnd> end_;
  std::shared_ptr<ChannelMail> mail_;
  bool is_started_ = false;
  std::optional<BellWaiter> waiter_;
  ChannelView view_;
  Napi::FunctionReference on_ring_;
  bool referenced_ = false;
};

}  // namespace shared_channel
