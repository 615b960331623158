// What the addon keeps per JavaScript environment (main thread, worker, renderer context): the way back to its event
// loop, and what goes on by itself, which ends with it.
#pragma once

#include <napi.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "../failure.hpp"
#include "../wake_socket.hpp"

namespace shared_channel {

class Mail;

// Something of an environment that goes on by itself, and ends with it. [the environment's thread]
class Teardown {
 public:
  virtual ~Teardown() = default;
  virtual void ask_to_stop() noexcept = 0;
  // Waits for the end, as long as it may take since it was asked for at `asked`, then leaves it.
  virtual void leave(std::chrono::steady_clock::time_point asked) noexcept = 0;
};

// The way from any thread to the event loop of one environment. Outlives the environment: a plugin thread that was left
// behind may still ring, and then nobody hears it.
//
// By a threadsafe function, or, slower, by a socket, from which JavaScript reads. In a renderer several pages may share one
// loop, and Electron runs it inside the context of one of them, and inside that of any one that ends. Node calls a threadsafe
// function without entering its context, and ends the process when another one is entered. What reads from a socket enters
// its own.
class EventLoop {
 public:
  // Has `mail->deliver` called on the environment's thread, soon. [thread-safe]
  void deliver(std::shared_ptr<Mail> mail) noexcept;

 private:
  friend class Environment;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;  // null before the environment starts and after it ends
  std::optional<WakeSocket> socket_;
  std::vector<std::shared_ptr<Mail>> mail_;  // for who reads from the socket, who is rung for the first
};

// Something that JavaScript must hear.
class Mail {
 public:
  virtual ~Mail() = default;
  // [JavaScript's thread] Must leave no exception behind.
  virtual void deliver(napi_env env) noexcept = 0;
};

// Mail that several threads may ring for, and that is under way once at most: who rings meanwhile is heard by that.
class RingMail : public Mail, public std::enable_shared_from_this<RingMail> {
 public:
  explicit RingMail(std::shared_ptr<EventLoop> event_loop) : event_loop_(std::move(event_loop)) {}

  void send() noexcept {
    if (!on_its_way_.exchange(true)) event_loop_->deliver(shared_from_this());
  }
  void deliver(napi_env env) noexcept final {
    on_its_way_.store(false);  // before anybody looks: what comes from here on rings again
    delivered(env);
  }

 private:
  // [JavaScript's thread] Must leave no exception behind.
  virtual void delivered(napi_env env) noexcept = 0;

  const std::shared_ptr<EventLoop> event_loop_;
  std::atomic<bool> on_its_way_ = false;
};

class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& of(napi_env env) { return *Napi::Env(env).GetInstanceData<Environment>(); }

  [[nodiscard]] const std::shared_ptr<EventLoop>& event_loop() const noexcept { return event_loop_; }

  // What ends with the environment.
  void add(Teardown& object) { objects_.insert(&object); }
  void remove(Teardown& object) { objects_.erase(&object); }

  // `callback` is called when this thread has several environments, now or later, once: it calls `use_socket`.
  void when_shared(Napi::Function callback);
  // From here on mail is announced by a byte from the socket that this returns, and opened by `open_mail`. A byte is lost
  // when it comes while another environment of this thread ends; therefore `other_ends` is called before, and has the mail
  // opened as soon as it is over.
  Descriptor use_socket(Napi::Function other_ends);
  void open_mail() noexcept;
  // This environment is about to end, and JavaScript can still run.
  void tell_others() const noexcept;

  // Counted: the event loop stays alive while at least one plugin wants it to.
  void ref();
  void unref();

  void set_error_factory(Napi::Function create_error) { create_error_ = Napi::Persistent(create_error); }
  // A SharedChannelError to throw, made by JavaScript's own class.
  [[nodiscard]] Napi::Error error(const Failure& failure) const;

 private:
  // A function of this environment, from whatever environment of this thread.
  void call(const Napi::FunctionReference& function) const noexcept;
  void report_exception() const noexcept;
  static void call_js(napi_env env, napi_value callback, void* context, void* data);
  static void close(void* environment);

  Napi::Env env_;
  Napi::FunctionReference shared_;
  Napi::FunctionReference other_ends_;
  std::shared_ptr<EventLoop> event_loop_ = std::make_shared<EventLoop>();
  std::set<Teardown*> objects_;
  std::uint32_t references_ = 0;
  Napi::FunctionReference create_error_;
};

// What `call` returns; the Failure that it throws becomes a SharedChannelError.
template <typename Call>
auto translated(Napi::Env env, Call&& call) {
  try {
    return call();
  } catch (const Failure& failure) {
    throw Environment::of(env).error(failure);
  }
}

}  // namespace shared_channel
