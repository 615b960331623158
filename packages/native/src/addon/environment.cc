#include "environment.hpp"

#include <utility>

namespace shared_channel {

namespace {

// Of this thread.
std::set<Environment*>& environments() {
  thread_local std::set<Environment*> all;
  return all;
}

}  // namespace

void EventLoop::deliver(std::shared_ptr<Mail> mail) noexcept {
  const std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  if (socket_) {
    mail_.push_back(std::move(mail));
    if (mail_.size() == 1) socket_->ring();
    return;
  }
  auto parcel = std::make_unique<std::shared_ptr<Mail>>(std::move(mail));
  if (napi_call_threadsafe_function(function_, parcel.get(), napi_tsfn_nonblocking) == napi_ok) {
    static_cast<void>(parcel.release());
  }
}

Environment::Environment(Napi::Env env) : env_(env) {
  napi_value name;
  napi_threadsafe_function function = nullptr;
  if (napi_create_string_utf8(env, "shared-channel", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, &call_js,
                                      &function) != napi_ok) {
    throw Napi::Error::New(env, "could not reach the event loop");
  }
  napi_unref_threadsafe_function(env, function);
  event_loop_->function_ = function;
  // Registered after the threadsafe function, hence run before its own hook: nobody may call it once it is going away.
  napi_add_env_cleanup_hook(env, &close, this);
  environments().insert(this);
}

void Environment::when_shared(Napi::Function callback) {
  shared_ = Napi::Persistent(callback);
  if (environments().size() < 2) return;
  for (Environment* const each : environments()) {
    const Napi::FunctionReference shared = std::exchange(each->shared_, {});
    each->call(shared);
  }
}

Descriptor Environment::use_socket(Napi::Function other_ends) {
  auto [socket, reader] = WakeSocket::pair();
  other_ends_ = Napi::Persistent(other_ends);
  const std::lock_guard lock(event_loop_->mutex_);
  event_loop_->socket_.emplace(std::move(socket));
  return std::move(reader);
}

void Environment::open_mail() noexcept {
  std::vector<std::shared_ptr<Mail>> mail;
  {
    const std::lock_guard lock(event_loop_->mutex_);
    mail.swap(event_loop_->mail_);
  }
  for (const std::shared_ptr<Mail>& each : mail) {
    each->deliver(env_);
    report_exception();  // as after the call of a threadsafe function: what follows is delivered, too
  }
}

void Environment::report_exception() const noexcept {
  bool is_thrown = false;
  napi_value error;
  if (napi_is_exception_pending(env_, &is_thrown) == napi_ok && is_thrown &&
      napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
    napi_fatal_exception(env_, error);
  }
}

void Environment::tell_others() const noexcept {
  for (const Environment* const other : environments()) {
    if (other != this) other->call(other->other_ends_);
  }
}

void Environment::call(const Napi::FunctionReference& function) const noexcept {
  if (function.IsEmpty()) return;
  const Napi::HandleScope scope(env_);
  napi_value undefined;
  if (napi_get_undefined(env_, &undefined) != napi_ok) return;
  napi_call_function(env_, undefined, function.Value(), 0, nullptr, nullptr);
  report_exception();  // nobody else would, and this environment would refuse all calls
}

void Environment::ref() {
  if (references_++ == 0) napi_ref_threadsafe_function(env_, event_loop_->function_);
}

void Environment::unref() {
  if (--references_ == 0) napi_unref_threadsafe_function(env_, event_loop_->function_);
}

Napi::Error Environment::error(const Failure& failure) const {
  if (create_error_.IsEmpty()) return Napi::Error::New(env_, failure.what());
  const Napi::Value error =
      create_error_.Call({Napi::String::New(env_, failure.code), Napi::String::New(env_, failure.what())});
  return Napi::Error(env_, error);
}

void Environment::call_js(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<std::shared_ptr<Mail>> parcel(static_cast<std::shared_ptr<Mail>*>(data));
  if (env != nullptr) (*parcel)->deliver(env);  // null while the environment is being torn down
}

// The environment ends (exit, worker terminated, page reloaded): no JavaScript can run any more. Threads are joined
// here; those that do not return are left to themselves with all that they may touch.
void Environment::close(void* data) {
  auto& self = *static_cast<Environment*>(data);
  for (Teardown* const object : self.objects_) object->ask_to_stop();
  const auto asked = std::chrono::steady_clock::now();
  for (Teardown* const object : self.objects_) object->leave(asked);
  self.objects_.clear();
  environments().erase(&self);
  self.shared_.Reset();
  self.other_ends_.Reset();
  std::vector<std::shared_ptr<Mail>> unopened;  // thrown away without the lock
  const std::lock_guard lock(self.event_loop_->mutex_);
  self.event_loop_->function_ = nullptr;
  self.event_loop_->socket_.reset();
  unopened.swap(self.event_loop_->mail_);
}

}  // namespace shared_channel
