// The JavaScript object behind a SharedMutex. lib/shared-mutex.ts is its only user.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "../lock_waiter.hpp"
#include "../segment.hpp"
#include "environment.hpp"

namespace shared_channel {

class MutexObject final : public Napi::ObjectWrap<MutexObject>, public Teardown {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativeMutex(segment: NativeSegment, offset: number)
  explicit MutexObject(const Napi::CallbackInfo& info);
  ~MutexObject() override;

  void ask_to_stop() noexcept override {}
  void leave(std::chrono::steady_clock::time_point) noexcept override;

 private:
  class LockedMail;

  Napi::Value try_lock(const Napi::CallbackInfo& info);
  Napi::Value wait(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value unlock(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void locked(napi_env env, LockResult result) noexcept;
  void stop_waiting() noexcept;
  void give_back() noexcept;
  void end() noexcept;
  void drop_lock() noexcept;

  Environment& environment_;
  std::shared_ptr<const Segment> segment_;  // outlives the lock
  std::shared_ptr<LockedMail> mail_;
  std::optional<RobustLock> lock_;
  std::optional<LockWaiter> waiter_;   // from the first wait on
  Napi::FunctionReference on_locked_;  // while JavaScript waits
};

}  // namespace shared_channel
