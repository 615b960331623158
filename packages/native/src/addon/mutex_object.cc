#include "mutex_object.hpp"

#include <mutex>

#include "segment_object.hpp"

namespace shared_channel {

// Carries the lock from the waiter's thread to JavaScript. One at a time, as the lock is.
class MutexObject::LockedMail final : public Mail {
 public:
  explicit LockedMail(MutexObject& object) : object_(&object) {}

  void put(LockResult result) {
    const std::lock_guard lock(mutex_);
    result_ = result;
  }
  // What has not been delivered.
  LockResult take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(result_, LockResult{});
  }
  void deliver(napi_env env) noexcept override {
    if (object_ != nullptr) object_->locked(env, take());
  }
  void detach() noexcept { object_ = nullptr; }

 private:
  MutexObject* object_;  // JavaScript's thread only
  std::mutex mutex_;
  LockResult result_;
};

Napi::Function MutexObject::define(Napi::Env env) {
  return DefineClass(env, "NativeMutex",
                     {InstanceMethod("tryLock", &MutexObject::try_lock), InstanceMethod("wait", &MutexObject::wait),
                      InstanceMethod("cancel", &MutexObject::cancel), InstanceMethod("unlock", &MutexObject::unlock),
                      InstanceMethod("close", &MutexObject::close)});
}

MutexObject::MutexObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<MutexObject>(info),
      environment_(Environment::of(info.Env())),
      mail_(std::make_shared<LockedMail>(*this)) {
  translated(info.Env(), [&] {
    segment_ = SegmentObject::writable_segment_of(info[0]);
    lock_.emplace(word_at(segment_->data(), info[1].As<Napi::Number>()));
  });
  environment_.add(*this);
}

MutexObject::~MutexObject() { end(); }

void MutexObject::leave(std::chrono::steady_clock::time_point) noexcept { drop_lock(); }

// tryLock(): undefined | boolean: whether the last owner was lost, if the lock is held now.
Napi::Value MutexObject::try_lock(const Napi::CallbackInfo& info) {
  const LockResult result = lock_ ? lock_->try_take() : LockResult{};
  return result ? Napi::Boolean::New(info.Env(), result.owner_lost) : info.Env().Undefined();
}

// wait(onLocked: (ownerLost: boolean) => void): calls back once, when the lock is held. Keeps the event loop and this object
// alive meanwhile.
Napi::Value MutexObject::wait(const Napi::CallbackInfo& info) {
  if (!lock_ || !on_locked_.IsEmpty()) return info.Env().Undefined();
  translated(info.Env(), [&] {
    if (waiter_) return;
    waiter_.emplace(*lock_, [mail = mail_, event_loop = environment_.event_loop()](LockResult result) {
      mail->put(result);
      event_loop->deliver(mail);
    });
  });
  on_locked_ = Napi::Persistent(info[0].As<Napi::Function>());
  environment_.ref();
  Ref();
  waiter_->want();
  return info.Env().Undefined();
}

// cancel(): does not wait any more.
Napi::Value MutexObject::cancel(const Napi::CallbackInfo& info) {
  stop_waiting();
  give_back();
  return info.Env().Undefined();
}

void MutexObject::locked(napi_env env, LockResult result) noexcept {
  if (!result) return;  // given back meanwhile
  const Napi::HandleScope scope(env);
  const napi_value on_locked = on_locked_.Value();
  stop_waiting();
  napi_value undefined;
  napi_value owner_lost;
  napi_get_undefined(env, &undefined);
  napi_get_boolean(env, result.owner_lost, &owner_lost);
  napi_call_function(env, undefined, on_locked, 1, &owner_lost, nullptr);
}

void MutexObject::stop_waiting() noexcept {
  if (on_locked_.IsEmpty()) return;
  waiter_->give_up();
  on_locked_.Reset();
  environment_.unref();
  Unref();
}

// A lock that JavaScript has not heard of was not used.
void MutexObject::give_back() noexcept {
  if (const LockResult result = mail_->take()) lock_->release(result.owner_lost);
}

// unlock(): boolean: false when the word did not say that the lock is held here.
Napi::Value MutexObject::unlock(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), lock_ && lock_->release());
}

// close(): a lock that JavaScript holds counts as lost. Safe to call again.
Napi::Value MutexObject::close(const Napi::CallbackInfo& info) {
  stop_waiting();
  end();
  return info.Env().Undefined();
}

void MutexObject::end() noexcept {
  if (!lock_) return;
  drop_lock();
  environment_.remove(*this);
}

// Ends both threads.
void MutexObject::drop_lock() noexcept {
  mail_->detach();
  waiter_.reset();
  give_back();
  lock_.reset();
}

}  // namespace shared_channel
