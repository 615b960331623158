#include "channel_object.hpp"

namespace shared_channel {

void ChannelMail::delivered(napi_env env) noexcept {
  if (object_ != nullptr) object_->on_ring(env);
}

Napi::Function ChannelObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeChannel",
      {InstanceMethod("size", &ChannelObject::size), InstanceMethod("side", &ChannelObject::side),
       InstanceMethod("peerHandle", &ChannelObject::peer_handle), InstanceMethod("start", &ChannelObject::start),
       InstanceMethod("look", &ChannelObject::look),
       InstanceMethod("wakePeer", &ChannelObject::wake_peer), InstanceMethod("ref", &ChannelObject::ref),
       InstanceMethod("leave", &ChannelObject::leave),
       InstanceMethod("unref", &ChannelObject::unref), InstanceMethod("close", &ChannelObject::close)});
}

ChannelObject::ChannelObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ChannelObject>(info) {
  translated(info.Env(), [&] {
    end_ = info[0].IsString()
               ? ChannelEnd::open(info[0].As<Napi::String>().Utf8Value(),
                                  info[1].As<Napi::Boolean>() ? PeerTrust::trusted : PeerTrust::untrusted)
               : ChannelEnd::create(info[0].As<Napi::Number>(), info[1].As<Napi::Number>());
  });
  mail_ = std::make_shared<ChannelMail>(Environment::of(info.Env()).event_loop(), *this);
}

ChannelObject::~ChannelObject() { mail_->detach(); }

// start(view: Uint8Array, onRing: (peer: 0 unknown | 1 present | 2 left | 3 lost) => void, reads: boolean): number. Maps the
// segment over the view's pages and listens to this side's bell. If the caller's event loop `reads`, it may get a descriptor,
// which is its own: it calls `look` whenever there is something to read. Else, and for what was rung before, `onRing` is
// called by itself, and -1 is returned.
Napi::Value ChannelObject::start(const Napi::CallbackInfo& info) {
  std::optional<Descriptor> reader;
  translated(info.Env(), [&] {
    view_.open(info[0].As<Napi::Uint8Array>(), end_->segment(), end_->layout(), end_->side());
    on_ring_ = Napi::Persistent(info[1].As<Napi::Function>());
    try {
      if (info[2].As<Napi::Boolean>()) reader = end_->listen_to_pipe();
      if (!reader) waiter_.emplace(end_->bell().word(), [mail = mail_] { mail->send(); });
    } catch (const Failure&) {
      view_.close();
      on_ring_.Reset();
      throw;
    }
  });
  Environment::of(info.Env()).add(*this);
  is_started_ = true;
  Ref();          // what listens is not collected
  mail_->send();  // what was rung before
  return Napi::Number::New(info.Env(), reader ? reader->release() : -1);
}

Napi::Value ChannelObject::look(const Napi::CallbackInfo& info) {
  if (end_ != nullptr) on_ring(info.Env());
  return info.Env().Undefined();
}

void ChannelObject::on_ring(napi_env env) noexcept {
  if (on_ring_.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  napi_value undefined;
  napi_value peer;
  napi_get_undefined(env, &undefined);
  napi_create_int32(env, static_cast<std::int32_t>(end_->look_at_peer()), &peer);
  view_.collect();  // after the look: all that a peer wrote which is gone
  napi_call_function(env, undefined, on_ring_.Value(), 1, &peer, nullptr);
}

Napi::Value ChannelObject::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(end_->segment().size()));
}

Napi::Value ChannelObject::side(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), end_->side()); }

Napi::Value ChannelObject::peer_handle(const Napi::CallbackInfo& info) {
  return translated(info.Env(), [&] { return Napi::String::New(info.Env(), end_->peer_handle()); });
}

Napi::Value ChannelObject::wake_peer(const Napi::CallbackInfo& info) {
  if (end_ != nullptr && view_.publish()) end_->wake_peer();
  return info.Env().Undefined();
}

Napi::Value ChannelObject::ref(const Napi::CallbackInfo& info) {
  if (is_started_ && !std::exchange(referenced_, true)) Environment::of(info.Env()).ref();
  return info.Env().Undefined();
}

Napi::Value ChannelObject::unref(const Napi::CallbackInfo& info) {
  if (std::exchange(referenced_, false)) Environment::of(info.Env()).unref();
  return info.Env().Undefined();
}

// leave(): this side neither reads nor writes any more, and says so. The memory can still be looked at.
Napi::Value ChannelObject::leave(const Napi::CallbackInfo& info) {
  if (end_ == nullptr) return info.Env().Undefined();
  end_->leave();
  view_.collect();
  return info.Env().Undefined();
}

// close(): leaves the channel and lets go of everything. Safe to call again.
Napi::Value ChannelObject::close(const Napi::CallbackInfo& info) {
  if (end_ == nullptr) return info.Env().Undefined();
  unref(info);
  const bool was_started = std::exchange(is_started_, false);
  waiter_.reset();
  mail_->detach();
  on_ring_.Reset();
  view_.close();
  end_.reset();
  if (was_started) {
    Environment::of(info.Env()).remove(*this);
    Unref();
  }
  return info.Env().Undefined();
}

void ChannelObject::ask_to_stop() noexcept { end_->leave(); }

void ChannelObject::leave(std::chrono::steady_clock::time_point) noexcept {
  mail_->detach();
  waiter_.reset();
}

}  // namespace shared_channel
