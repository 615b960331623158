#include <hang_watch.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace shared_channel;
using namespace std::chrono_literals;

namespace {

// Hears of a hang.
class Alarm {
 public:
  void raise(const char* function) {
    const std::lock_guard lock(mutex_);
    functions_.emplace_back(function);
    raised_.notify_all();
  }

  [[nodiscard]] std::string wait() {
    std::unique_lock lock(mutex_);
    raised_.wait_for(lock, 20s, [this] { return !functions_.empty(); });
    return functions_.empty() ? "nothing" : functions_.front();
  }

  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return functions_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable raised_;
  std::vector<std::string> functions_;
};

}  // namespace

TEST_CASE("a watch hears of the call that does not return, and only of that") {
  Alarm alarm;
  HangWatch watch(20ms, [&](const char* function) { alarm.raise(function); });
  for (int i = 0; i < 1000; ++i) const HangWatch::Call quick(&watch, "quick");
  const HangWatch::Call slow(&watch, "slow");
  CHECK(alarm.wait() == "slow");
  CHECK(alarm.count() == 1);
}

TEST_CASE("a watch tells calls of two threads apart") {
  Alarm alarm;
  HangWatch watch(50ms, [&](const char* function) { alarm.raise(function); });
  std::atomic<bool> done = false;
  std::thread busy([&] {
    while (!done) const HangWatch::Call call(&watch, "busy");
  });
  {
    const HangWatch::Call stuck(&watch, "stuck");
    CHECK(alarm.wait() == "stuck");
  }
  done = true;
  busy.join();
}

TEST_CASE("a watch does not count the time in which a call waits for JavaScript") {
  Alarm alarm;
  HangWatch watch(20ms, [&](const char* function) { alarm.raise(function); });
  const HangWatch::Call call(&watch, "call");
  {
    const HangWatch::Pause pause;
    std::this_thread::sleep_for(100ms);
    CHECK(alarm.count() == 0);
  }
  CHECK(alarm.wait() == "call");
}

TEST_CASE("a watch that nobody needs ends, also in the middle of a call, and none at all is one too") {
  Alarm alarm;
  {
    const HangWatch idle(1h, [&](const char* function) { alarm.raise(function); });
  }
  {
    HangWatch watch(1h, [&](const char* function) { alarm.raise(function); });
    const HangWatch::Call call(&watch, "call");
  }
  const HangWatch::Call call(nullptr, "call");
  const HangWatch::Pause pause;
  CHECK(alarm.count() == 0);
}
