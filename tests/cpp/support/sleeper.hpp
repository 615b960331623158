// A thread that sleeps in what it is told to do.
#pragma once

#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "threads.hpp"
#include "wait.hpp"

namespace test {

class Sleeper {
 public:
  // `sleep` must come back by itself in the end, whatever happens.
  explicit Sleeper(std::function<void()> sleep)
      : thread_([this, sleep = std::move(sleep)] {
          id_.store(gettid());
          sleep();
          is_awake_.store(true);
        }) {}
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() { thread_.join(); }

  void wait_until_asleep() const {
    wait_until([this] { return id_.load() != 0 && is_asleep(id_.load()); }, "the thread sleeps");
  }
  void wait_until_awake() const {
    wait_until([this] { return is_awake_.load(); }, "the thread wakes up");
  }
  [[nodiscard]] bool is_awake() const noexcept { return is_awake_.load(); }

 private:
  std::atomic<pid_t> id_ = 0;
  std::atomic<bool> is_awake_ = false;
  std::thread thread_;
};

}  // namespace test
