// An end of a channel that listens as the addon does: a thread that sleeps on its bell and looks at the peer after each ring.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include <bell_waiter.hpp>
#include <channel_end.hpp>
#include <failure.hpp>
#include <shared_channel/layout.h>

#include "child.hpp"

namespace test {

using namespace shared_channel;

class ListeningEnd {
 public:
  explicit ListeningEnd(std::unique_ptr<ChannelEnd> end) : end_(std::move(end)), waiter_(end_->bell().word(), [this] { look(); }) {
    look();
  }
  ListeningEnd() : ListeningEnd(ChannelEnd::create(kMinCapacity, kMinCapacity)) {}

  [[nodiscard]] ChannelEnd& end() const { return *end_; }
  // What has become of the peer, as far as it was heard.
  [[nodiscard]] PeerState peer() {
    const std::lock_guard lock(mutex_);
    return peer_;
  }
  // Whether it is heard of within some seconds.
  [[nodiscard]] bool hears_that_peer_is(PeerState peer) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return peer_ == peer; });
  }

 private:
  void look() {
    const std::lock_guard lock(mutex_);
    peer_ = end_->look_at_peer();
    changed_.notify_all();
  }

  const std::unique_ptr<ChannelEnd> end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  PeerState peer_ = PeerState::unknown;
  BellWaiter waiter_;
};

// A process that opens the end whose handle it is sent, says "open" or why not, and has it until it is told to end.
[[nodiscard]] inline Child other_side() {
  return Child([](const Wire& wire) {
    try {
      const auto end = ChannelEnd::open(wire.read(), PeerTrust::untrusted);
      wire.write("open");
      static_cast<void>(wire.read());
    } catch (const Failure& failure) {
      wire.write(failure.code);
    }
  });
}

}  // namespace test
