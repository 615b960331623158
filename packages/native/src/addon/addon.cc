// Registers the addon. Context-aware: loaded once per main thread, worker and renderer context, all at the same time.
#include <napi.h>

#include "../library.hpp"
#include "channel_object.hpp"
#include "environment.hpp"
#include "mutex_object.hpp"
#include "plugin_object.hpp"
#include "segment_object.hpp"
#include "served_plugin_object.hpp"
#include "watch_object.hpp"

namespace {

// setErrorFactory(createError: (code: string, message: string) => Error): what this addon throws.
Napi::Value SetErrorFactory(const Napi::CallbackInfo& info) {
  shared_channel::Environment::of(info.Env()).set_error_factory(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

// whenShared(callback: () => void): void, useSocket(otherEnds: () => void): number, openMail(): void, tellOthers(): void; see Environment.
Napi::Value WhenShared(const Napi::CallbackInfo& info) {
  shared_channel::Environment::of(info.Env()).when_shared(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}
Napi::Value UseSocket(const Napi::CallbackInfo& info) {
  return shared_channel::translated(info.Env(), [&]() -> Napi::Value {
    auto reader = shared_channel::Environment::of(info.Env()).use_socket(info[0].As<Napi::Function>());
    return Napi::Number::New(info.Env(), reader.release());
  });
}
Napi::Value OpenMail(const Napi::CallbackInfo& info) {
  shared_channel::Environment::of(info.Env()).open_mail();
  return info.Env().Undefined();
}
Napi::Value TellOthers(const Napi::CallbackInfo& info) {
  shared_channel::Environment::of(info.Env()).tell_others();
  return info.Env().Undefined();
}

// checkPlugin(path: string): void: loads the library and looks at what it exports, on this thread; starts nothing.
Napi::Value CheckPlugin(const Napi::CallbackInfo& info) {
  shared_channel::translated(info.Env(), [&] { shared_channel::load_plugin_library(info[0].As<Napi::String>()); });
  return info.Env().Undefined();
}

// detach(view: Uint8Array): void: takes its ArrayBuffer, which the engine can detach, away from JavaScript.
Napi::Value Detach(const Napi::CallbackInfo& info) {
  napi_value buffer = nullptr;
  if (napi_get_typedarray_info(info.Env(), info[0], nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok) {
    napi_detach_arraybuffer(info.Env(), buffer);
  }
  return info.Env().Undefined();
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new shared_channel::Environment(env));
  exports.Set("setErrorFactory", Napi::Function::New(env, SetErrorFactory));
  exports.Set("whenShared", Napi::Function::New(env, WhenShared));
  exports.Set("useSocket", Napi::Function::New(env, UseSocket));
  exports.Set("openMail", Napi::Function::New(env, OpenMail));
  exports.Set("tellOthers", Napi::Function::New(env, TellOthers));
  exports.Set("checkPlugin", Napi::Function::New(env, CheckPlugin));
  exports.Set("detach", Napi::Function::New(env, Detach));
  exports.Set("NativePlugin", shared_channel::PluginObject::define(env));
  exports.Set("NativeServedPlugin", shared_channel::ServedPluginObject::define(env));
  exports.Set("NativeChannel", shared_channel::ChannelObject::define(env));
  exports.Set("NativeSegment", shared_channel::SegmentObject::define(env));
  exports.Set("NativeMutex", shared_channel::MutexObject::define(env));
  exports.Set("NativeWatch", shared_channel::WatchObject::define(env));
  exports.Set("processIdentity", Napi::Function::New(env, shared_channel::this_process_identity));
  return exports;
}

}  // namespace

NODE_API_MODULE(shared_channel, Initialize)
