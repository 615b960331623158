#include "plugin_object.hpp"

#include "../plugin_host.hpp"
#include "segment_object.hpp"

namespace shared_channel {

Napi::Function PluginObject::define(Napi::Env env) {
  return DefineClass(env, "NativePlugin",
                     {InstanceMethod("wakePeer", &PluginObject::wake_peer),
                      InstanceMethod("exchange", &PluginObject::exchange), InstanceMethod("ref", &PluginObject::ref),
                      InstanceMethod("unref", &PluginObject::unref), InstanceMethod("stop", &PluginObject::stop),
                      InstanceMethod("restart", &PluginObject::restart), InstanceMethod("remap", &PluginObject::remap),
                      InstanceMethod("close", &PluginObject::close)});
}

PluginObject::PluginObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PluginObject>(info) {
  Environment& environment = Environment::of(info.Env());
  try {
    layout_ = make_layout(info[1].As<Napi::Number>(), info[2].As<Napi::Number>());
    const Pages pages = pages_of(info.Env(), info[0]);
    if (pages.length != layout_.total_size || !is_valid_capacity(layout_.ring_capacity[0]) ||
        !is_valid_capacity(layout_.ring_capacity[1])) {
      throw Failure("INVALID_ARGUMENT", "the memory has not the size that its capacities need");
    }
    options_.path = info[3].As<Napi::String>();
    options_.options_json = info[4].As<Napi::String>();
    options_.update_interval = time_of(info[5]);
    shutdown_timeout_ = time_of(info[6]).value_or(shutdown_timeout_);
    if (!info[7].IsUndefined()) {
      process_ = {.program = info[7].As<Napi::String>(),
                  .shutdown_timeout = shutdown_timeout_,
                  .hang_timeout = time_of(info[8])};
    }
    on_ring_ = Napi::Persistent(info[9].As<Napi::Function>());
    on_event_ = Napi::Persistent(info[10].As<Napi::Function>());
    mail_ = std::make_shared<PluginMail>(environment.event_loop(), *this);

    Segment segment = make_segment();
    view_.open(info[0].As<Napi::Uint8Array>(), segment, layout_, kJavaScriptSide);
    start(std::move(segment));
  } catch (const Failure& failure) {
    view_.close();
    throw environment.error(failure);
  }
  environment.add(*this);
  Ref();  // a running plugin is not collected
}

Segment PluginObject::make_segment() const {
  Segment segment = Segment::create(layout_.total_size);
  write_layout(segment.data(), layout_);
  word_at(segment.data(), kStateOffset).store(kStateOpen);
  return segment;
}

void PluginObject::start(Segment segment) {
  if (process_) {
    runner_ = PluginProcess::start(std::move(segment), layout_, options_, *process_, mail_);
  } else {
    runner_ = PluginHost::start(std::make_shared<const Segment>(std::move(segment)), layout_, options_, mail_);
  }
}

PluginObject::~PluginObject() {
  if (mail_ != nullptr) mail_->detach();
}

void PluginObject::on_ring(napi_env env) noexcept {
  const Napi::HandleScope scope(env);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  if (!on_ring_.IsEmpty()) napi_call_function(env, undefined, on_ring_.Value(), 0, nullptr, nullptr);
}

void PluginObject::leave(std::chrono::steady_clock::time_point asked) noexcept {
  mail_->detach();
  if (runner_->join(asked + shutdown_timeout_)) return;
  report_abandoned(shutdown_timeout_, runner_->abandon());
}

// Wakes the plugin's side, after JavaScript has taken its announcement and moved its bell.
Napi::Value PluginObject::wake_peer(const Napi::CallbackInfo& info) {
  if (!closed_ && view_.publish()) runner_->wake();
  return info.Env().Undefined();
}

// exchange(memory: Uint8Array, segment?: NativeSegment, offset?: number): number; with the segment that the memory is
// mapped from, and where in it. The one place where native code touches V8's memory: JavaScript stands still in this call,
// so nothing can take it away, and the plugin may keep no pointer.
Napi::Value PluginObject::exchange(const Napi::CallbackInfo& info) {
  try {
    if (closed_) throw Failure("CLOSED", "This plugin is closed; open it again.");
    const Pages memory = pages_of(info.Env(), info[0]);
    SharedPlace place{.segment = SegmentObject::segment_of(info[1])};
    if (place.segment != nullptr) {
      place.offset = static_cast<std::size_t>(info[2].As<Napi::Number>().Int64Value());
      const std::size_t size = place.segment->size();
      if (place.offset > size || memory.length > size - place.offset) {
        throw Failure("INVALID_ARGUMENT", "the buffer has not so many bytes");
      }
    }
    const std::size_t written = runner_->exchange({static_cast<std::byte*>(memory.address), memory.length}, place);
    return Napi::Number::New(info.Env(), static_cast<double>(written));
  } catch (const Failure& failure) {
    throw Environment::of(info.Env()).error(failure);
  }
}

Napi::Value PluginObject::ref(const Napi::CallbackInfo& info) {
  if (!closed_ && !std::exchange(referenced_, true)) Environment::of(info.Env()).ref();
  return info.Env().Undefined();
}

Napi::Value PluginObject::unref(const Napi::CallbackInfo& info) {
  if (std::exchange(referenced_, false)) Environment::of(info.Env()).unref();
  return info.Env().Undefined();
}

// Ends the plugin's waits and asks it to leave; `onEvent('ended')` follows when it does.
Napi::Value PluginObject::stop(const Napi::CallbackInfo& info) {
  if (!closed_) runner_->request_stop();
  return info.Env().Undefined();
}

// After `onEvent('ended')`: starts the plugin again, on a new segment. JavaScript sees the old one until `remap`.
Napi::Value PluginObject::restart(const Napi::CallbackInfo& info) {
  try {
    if (closed_ || !runner_->join(std::chrono::steady_clock::now())) throw Failure("CLOSED", "The plugin cannot be restarted.");
    Segment segment = make_segment();
    view_.leave();  // the old segment goes with its runner
    start(std::move(segment));
  } catch (const Failure& failure) {
    throw Environment::of(info.Env()).error(failure);
  }
  return info.Env().Undefined();
}

// Has JavaScript see the segment of the plugin that was started last, in the same memory.
Napi::Value PluginObject::remap(const Napi::CallbackInfo& info) {
  try {
    if (closed_ || !view_.reopen(runner_->segment(), layout_, kJavaScriptSide)) {
      throw Failure("CORRUPT", "The shared memory was detached or resized. Leave link.memory alone.");
    }
  } catch (const Failure& failure) {
    throw Environment::of(info.Env()).error(failure);
  }
  return info.Env().Undefined();
}

// After `onEvent('ended')`, or when the plugin has not returned in time: lets go of everything. Returns whether it
// had ended; else it was given up: a thread is left to itself with its segment, a process is ended.
Napi::Value PluginObject::close(const Napi::CallbackInfo& info) {
  if (closed_) return Napi::Boolean::New(info.Env(), true);
  closed_ = true;
  unref(info);
  const bool joined = runner_->join(std::chrono::steady_clock::now());
  if (!joined) runner_->abandon();
  Environment::of(info.Env()).remove(*this);
  mail_->detach();
  runner_.reset();
  view_.close();
  on_ring_.Reset();
  on_event_.Reset();
  Unref();
  return Napi::Boolean::New(info.Env(), joined);
}

}  // namespace shared_channel
