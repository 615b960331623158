#include "hang_watch.hpp"

#include <string>
#include <system_error>

#include "failure.hpp"
#include "thread_name.hpp"

namespace shared_channel {
namespace {

// More than there ever are: the plugin thread's and JavaScript's.
constexpr std::size_t kMaxCalls = 8;

thread_local HangWatch::Call* current_call = nullptr;

}  // namespace

HangWatch::HangWatch(std::chrono::milliseconds limit, std::function<void(const char* function)> hung)
    : limit_(limit), hung_(std::move(hung)) {
  calls_.reserve(kMaxCalls);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("could not start the thread for hangTimeout: ") + error.what());
  }
}

HangWatch::~HangWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void HangWatch::run() noexcept {
  name_this_thread("sc:watch");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (calls_.empty()) {
      is_idle_ = true;
      changed_.wait(lock);
      is_idle_ = false;
      continue;
    }
    const Call& first = *calls_.front();
    if (std::chrono::steady_clock::now() >= first.deadline_) {
      const char* const function = first.function_;
      lock.unlock();
      hung_(function);
      return;
    }
    // A copy: the call may be over, and gone, before the time is.
    const auto deadline = first.deadline_;
    changed_.wait_until(lock, deadline);
  }
}

void HangWatch::enter(Call& call) noexcept {
  call.deadline_ = std::chrono::steady_clock::now() + limit_;
  const std::lock_guard lock(mutex_);
  calls_.push_back(&call);
  if (is_idle_) changed_.notify_all();
}

void HangWatch::leave(Call& call) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(calls_, &call);
}

HangWatch::Call::Call(HangWatch* watch, const char* function) noexcept : watch_(watch), function_(function) {
  if (watch_ == nullptr) return;
  watch_->enter(*this);
  current_call = this;
}

HangWatch::Call::~Call() {
  if (watch_ == nullptr) return;
  current_call = nullptr;
  watch_->leave(*this);
}

HangWatch::Pause::Pause() noexcept : call_(current_call) {
  if (call_ != nullptr) call_->watch_->leave(*call_);
}

HangWatch::Pause::~Pause() {
  if (call_ != nullptr) call_->watch_->enter(*call_);
}

}  // namespace shared_channel
