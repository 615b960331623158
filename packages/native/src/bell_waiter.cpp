#include "bell_waiter.hpp"

#include <chrono>
#include <string>
#include <system_error>

#include "doorbell.hpp"
#include "failure.hpp"
#include "thread_name.hpp"

namespace shared_channel {

BellWaiter::BellWaiter(Word& bell, std::function<void()> ring) : bell_(bell), ring_(std::move(ring)) {
  try {
    // Read here: what is rung from now on is heard.
    thread_ = std::thread([this, seen = bell.load()] { run(seen); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("could not start the thread that waits for the other side: ") + error.what());
  }
}

BellWaiter::~BellWaiter() {
  stopping_.store(true);
  std::unique_lock lock(mutex_);
  do {
    bell_.fetch_add(1);
    wake_sleepers(bell_);
    // Again, if need be: a hostile peer could put the word back before the thread sleeps on it.
  } while (!changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return ended_; }));
  lock.unlock();
  thread_.join();
}

void BellWaiter::run(std::uint32_t seen) noexcept {
  name_this_thread("sc:bell");
  while (!stopping_.load()) {
    const std::uint32_t now = bell_.load();
    if (now == seen) {
      sleep_on(bell_, seen, std::nullopt);
      continue;
    }
    seen = now;
    if (!stopping_.load()) ring_();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

}  // namespace shared_channel
