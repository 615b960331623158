#include "watch_object.hpp"

#include <charconv>

namespace shared_channel {

class WatchObject::EndMail final : public Mail {
 public:
  explicit EndMail(WatchObject& object) : object_(&object) {}
  void deliver(napi_env env) noexcept override {
    if (object_ != nullptr) object_->ended(env);
  }
  void detach() noexcept { object_ = nullptr; }

 private:
  WatchObject* object_;  // JavaScript's thread only
};

Napi::Value this_process_identity(const Napi::CallbackInfo& info) {
  const ProcessIdentity identity = translated(info.Env(), [] { return this_process(); });
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("pid", identity.pid);
  result.Set("startTime", std::to_string(identity.start_time));
  return result;
}

Napi::Function WatchObject::define(Napi::Env env) {
  return DefineClass(env, "NativeWatch", {InstanceMethod("close", &WatchObject::close)});
}

WatchObject::WatchObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<WatchObject>(info),
      on_end_(Napi::Persistent(info[2].As<Napi::Function>())),
      mail_(std::make_shared<EndMail>(*this)) {
  Environment& environment = Environment::of(info.Env());
  ProcessIdentity identity{.pid = info[0].As<Napi::Number>(), .start_time = 0};
  const std::string start_time = info[1].As<Napi::String>();
  std::from_chars(start_time.data(), start_time.data() + start_time.size(), identity.start_time);
  const auto tell = [mail = mail_, event_loop = environment.event_loop()] { event_loop->deliver(mail); };
  try {
    watch_.emplace(identity, tell);
  } catch (const Failure&) {
    tell();  // it has ended, or cannot be watched and so not be waited for
  }
  environment.add(*this);
  Ref();
}

WatchObject::~WatchObject() { mail_->detach(); }

void WatchObject::ended(napi_env env) noexcept {
  if (on_end_.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, on_end_.Value(), 0, nullptr, nullptr);
}

// close(): not told any more. To be called after `onEnd` too. Safe to call again.
Napi::Value WatchObject::close(const Napi::CallbackInfo& info) {
  if (on_end_.IsEmpty()) return info.Env().Undefined();
  on_end_.Reset();
  watch_.reset();
  mail_->detach();
  Environment::of(info.Env()).remove(*this);
  Unref();
  return info.Env().Undefined();
}

}  // namespace shared_channel
