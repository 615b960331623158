#include "plugin_events.hpp"

#include <cstdio>
#include <utility>

namespace shared_channel {
namespace {

// Lines that wait for an event loop which is busy; beyond it they are dropped and counted (plugin.h, `log`).
constexpr std::size_t kMaxWaitingEvents = 1024;

const char* name_of(PluginEvent::Kind kind) {
  switch (kind) {
    case PluginEvent::Kind::ready: return "ready";
    case PluginEvent::Kind::error: return "error";
    case PluginEvent::Kind::log: return "log";
    case PluginEvent::Kind::ended: return "ended";
  }
  return "error";
}

bool may_be_dropped(const PluginEvent& event) {
  return event.kind == PluginEvent::Kind::log || event.kind == PluginEvent::Kind::error;
}

}  // namespace

void PluginMail::post(PluginEvent&& event) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() >= kMaxWaitingEvents && may_be_dropped(event)) {
      ++dropped_;
    } else {
      events_.push_back(std::move(event));
    }
  }
  ring();
}

void PluginMail::delivered(napi_env env) noexcept {
  std::vector<PluginEvent> events;
  std::uint32_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    events.swap(events_);
    dropped = std::exchange(dropped_, 0);
  }
  if (dropped != 0) {
    events.push_back({.kind = PluginEvent::Kind::error,
                       .code = "PLUGIN_ERROR",
                       .text = std::to_string(dropped) +
                               " log lines and errors of the plugin were dropped: it reports faster than JavaScript reads"});
  }
  // After the events were taken: all that was written before the last of them.
  if (reader_ != nullptr) reader_->collect();
  for (const PluginEvent& event : events) {
    if (reader_ != nullptr) reader_->on_event(env, event);
  }
  if (reader_ != nullptr) reader_->on_ring(env);
}

void call_with(napi_env env, const Napi::FunctionReference& on_event, const PluginEvent& event) noexcept {
  if (on_event.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  napi_value arguments[7];
  const auto text = [env](const std::string& value, napi_value* result) {
    napi_create_string_utf8(env, value.data(), value.size(), result);
  };
  text(name_of(event.kind), &arguments[0]);
  text(event.code, &arguments[1]);
  text(event.text, &arguments[2]);
  napi_create_int32(env, event.level, &arguments[3]);
  text(event.name, &arguments[4]);
  text(event.version, &arguments[5]);
  napi_create_uint32(env, event.abi_minor, &arguments[6]);
  napi_call_function(env, undefined, on_event.Value(), 7, arguments, nullptr);
}

void report_abandoned(std::chrono::milliseconds timeout, const char* outcome) noexcept {
  std::fprintf(stderr,
               "shared-channel: PLUGIN_ERROR: a plugin did not return within %lld ms when its environment ended; %s\n",
               static_cast<long long>(timeout.count()), outcome);
}

std::optional<std::chrono::milliseconds> time_of(const Napi::Value& value) {
  if (value.IsUndefined()) return std::nullopt;
  return std::chrono::milliseconds(value.As<Napi::Number>().Int64Value());
}

}  // namespace shared_channel
