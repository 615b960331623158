// Tells JavaScript when another process has ended. lib/processes.ts is its only user.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "../process.hpp"
#include "environment.hpp"

namespace shared_channel {

// { pid: number, startTime: string } of this process.
Napi::Value this_process_identity(const Napi::CallbackInfo& info);

class WatchObject final : public Napi::ObjectWrap<WatchObject>, public Teardown {
 public:
  static Napi::Function define(Napi::Env env);

  // new NativeWatch(pid: number, startTime: string, onEnd: () => void); onEnd is called soon when it has ended already.
  explicit WatchObject(const Napi::CallbackInfo& info);
  ~WatchObject() override;

  void ask_to_stop() noexcept override { watch_.reset(); }
  void leave(std::chrono::steady_clock::time_point) noexcept override {}

 private:
  class EndMail;
  Napi::Value close(const Napi::CallbackInfo& info);
  void ended(napi_env env) noexcept;

  Napi::FunctionReference on_end_;
  std::shared_ptr<EndMail> mail_;
  std::optional<ProcessWatch> watch_;
};

}  // namespace shared_channel
