// Notices when a plugin does not return from a call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace shared_channel {

// A thread that sleeps while nothing is called, and until the limit of the first call that is going on. So it wakes up at
// most twice in the time of the limit, however many calls there are.
class HangWatch {
 public:
  // `hung` is called once, on the watch's thread, with the name of the function that has taken longer than `limit`; nothing
  // is watched after that. Throws Failure OUT_OF_MEMORY.
  HangWatch(std::chrono::milliseconds limit, std::function<void(const char* function)> hung);
  HangWatch(const HangWatch&) = delete;
  HangWatch& operator=(const HangWatch&) = delete;
  ~HangWatch();

  // For as long as it lives, the calling thread is in a function of the plugin. One at a time on each thread.
  class Call {
   public:
    Call(HangWatch* watch, const char* function) noexcept;  // null: nobody watches
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call();

   private:
    friend class HangWatch;
    HangWatch* const watch_;
    const char* const function_;
    std::chrono::steady_clock::time_point deadline_{};
  };

  // For as long as it lives, the calling thread waits for JavaScript inside its call: that is no fault of the plugin, which
  // gets its time anew afterwards.
  class Pause {
   public:
    Pause() noexcept;
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

   private:
    Call* const call_;
  };

 private:
  void run() noexcept;
  void enter(Call& call) noexcept;
  void leave(Call& call) noexcept;

  const std::chrono::milliseconds limit_;
  const std::function<void(const char*)> hung_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call*> calls_;  // in the order of their deadlines
  bool is_idle_ = false;      // the thread sleeps without a limit
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace shared_channel
