// Registers the addon. Context-aware: loaded once per main thread, worker and renderer context, all at the same time.
#include <napi.h>

#include "../library.hpp"
#include "channel_object.hpp"
#include "environment.hpp"
#include "plugin_object.hpp"
#include "segment_object.hpp"

namespace {

// setErrorFactory(createError: (code: string, message: string) => Error): what this addon throws.
Napi::Value SetErrorFactory(const Napi::CallbackInfo& info) {
  shared_channel::Environment::of(info.Env()).set_error_factory(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

// checkPlugin(path: string): void: loads the library and looks at what it exports, on this thread; starts nothing.
Napi::Value CheckPlugin(const Napi::CallbackInfo& info) {
  shared_channel::translated(info.Env(), [&] { shared_channel::load_plugin_library(info[0].As<Napi::String>()); });
  return info.Env().Undefined();
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new shared_channel::Environment(env));
  exports.Set("setErrorFactory", Napi::Function::New(env, SetErrorFactory));
  exports.Set("checkPlugin", Napi::Function::New(env, CheckPlugin));
  exports.Set("NativePlugin", shared_channel::PluginObject::define(env));
  exports.Set("NativeChannel", shared_channel::ChannelObject::define(env));
  exports.Set("NativeSegment", shared_channel::SegmentObject::define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(shared_channel, Initialize)
