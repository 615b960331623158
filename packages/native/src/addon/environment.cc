#include "environment.hpp"

namespace shared_channel {

void EventLoop::deliver(std::shared_ptr<Mail> mail) noexcept {
  auto* const parcel = new std::shared_ptr<Mail>(std::move(mail));
  {
    const std::lock_guard lock(mutex_);
    if (function_ != nullptr &&
        napi_call_threadsafe_function(function_, parcel, napi_tsfn_nonblocking) == napi_ok) {
      return;
    }
  }
  delete parcel;
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
  const std::lock_guard lock(self.event_loop_->mutex_);
  self.event_loop_->function_ = nullptr;
}

}  // namespace shared_channel
