#include "served_plugin_object.hpp"

namespace shared_channel {

Napi::Function ServedPluginObject::define(Napi::Env env) {
  return DefineClass(env, "NativeServedPlugin",
                     {InstanceMethod("stop", &ServedPluginObject::stop),
                      InstanceMethod("close", &ServedPluginObject::close)});
}

ServedPluginObject::ServedPluginObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ServedPluginObject>(info) {
  Environment& environment = Environment::of(info.Env());
  shutdown_timeout_ = time_of(info[5]).value_or(shutdown_timeout_);
  on_event_ = Napi::Persistent(info[6].As<Napi::Function>());
  mail_ = std::make_shared<PluginMail>(environment.event_loop(), *this);
  translated(info.Env(), [&] {
    PluginOptions options = {.path = info[2].As<Napi::String>(),
                             .options_json = info[3].As<Napi::String>(),
                             .update_interval = time_of(info[4]),
                             .peer = info[1].As<Napi::Boolean>() ? PeerTrust::trusted : PeerTrust::untrusted};
    plugin_.emplace(info[0].As<Napi::String>().Utf8Value(), std::move(options), mail_);
  });
  environment.add(*this);
  environment.ref();
  Ref();  // a running plugin is not collected
}

ServedPluginObject::~ServedPluginObject() {
  if (mail_ != nullptr) mail_->detach();
}

void ServedPluginObject::leave(std::chrono::steady_clock::time_point asked) noexcept {
  mail_->detach();
  if (!plugin_->join(asked + shutdown_timeout_)) report_abandoned(shutdown_timeout_, plugin_->abandon());
}

// stop(): ends the plugin's waits and asks it to leave; `onEvent('ended')` follows when it does.
Napi::Value ServedPluginObject::stop(const Napi::CallbackInfo& info) {
  if (plugin_) plugin_->request_stop();
  return info.Env().Undefined();
}

// close(): boolean: after `onEvent('ended')`, or when the plugin has not returned in time: lets go of everything. Returns
// whether it had ended; else its channel is lost, and its thread left to itself.
Napi::Value ServedPluginObject::close(const Napi::CallbackInfo& info) {
  if (!plugin_) return Napi::Boolean::New(info.Env(), true);
  const bool joined = plugin_->join(std::chrono::steady_clock::now());
  if (!joined) {
    plugin_->break_off();
    plugin_->abandon();
  }
  Environment::of(info.Env()).remove(*this);
  mail_->detach();
  plugin_.reset();
  on_event_.Reset();
  Environment::of(info.Env()).unref();
  Unref();
  return Napi::Boolean::New(info.Env(), joined);
}

}  // namespace shared_channel
