// What the addon keeps per JavaScript environment (main thread, worker, renderer context): the way back to its event
// loop, and the open plugins, which end with it.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <set>

#include "../failure.hpp"

namespace shared_channel {

class PluginObject;
class Mail;

// The way from any thread to the event loop of one environment. Outlives the environment: a plugin thread that was left
// behind may still ring, and then nobody hears it.
class EventLoop {
 public:
  // Has `mail->deliver` called on the environment's thread, soon. [thread-safe]
  void deliver(std::shared_ptr<Mail> mail) noexcept;

 private:
  friend class Environment;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;  // null before the environment starts and after it ends
};

// Something that JavaScript must hear.
class Mail {
 public:
  virtual ~Mail() = default;
  // [JavaScript's thread] Must leave no exception behind.
  virtual void deliver(napi_env env) noexcept = 0;
};

class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& of(napi_env env) { return *Napi::Env(env).GetInstanceData<Environment>(); }

  [[nodiscard]] const std::shared_ptr<EventLoop>& event_loop() const noexcept { return event_loop_; }

  // Open plugins, which `close` stops when the environment ends.
  void add(PluginObject& plugin) { plugins_.insert(&plugin); }
  void remove(PluginObject& plugin) { plugins_.erase(&plugin); }

  // Counted: the event loop stays alive while at least one plugin wants it to.
  void ref();
  void unref();

  void set_error_factory(Napi::Function create_error) { create_error_ = Napi::Persistent(create_error); }
  // A SharedChannelError to throw, made by JavaScript's own class.
  [[nodiscard]] Napi::Error error(const Failure& failure) const;

 private:
  static void call_js(napi_env env, napi_value callback, void* context, void* data);
  static void close(void* environment);

  Napi::Env env_;
  std::shared_ptr<EventLoop> event_loop_ = std::make_shared<EventLoop>();
  std::set<PluginObject*> plugins_;
  std::uint32_t references_ = 0;
  Napi::FunctionReference create_error_;
};

}  // namespace shared_channel
