// One end of a channel between two processes, or two threads of one: the segment, who is at the other end, and how that
// ended. What is sent is the business of whoever holds the end (JavaScript's channel, or channel.hpp).
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "process.hpp"
#include "segment.hpp"
#include "shared_channel/ring.hpp"

namespace shared_channel {

enum class PeerState {
  unknown,  // nobody has opened the other end yet
  present,
  left,  // it closed in good order, and takes nothing any more
  lost,  // it ended without a word
};

class ChannelEnd {
 public:
  // Makes the segment and opens side 0. Both capacities must be valid. Throws Failure OUT_OF_MEMORY.
  static std::unique_ptr<ChannelEnd> create(std::uint32_t capacity0, std::uint32_t capacity1);

  // Opens the end that a handle leads to. Throws Failure as Segment::open; INVALID_ARGUMENT when that end is open already;
  // CORRUPT or VERSION_MISMATCH when the segment is none of a channel of this version.
  static std::unique_ptr<ChannelEnd> open(std::string_view handle, PeerTrust trust);

  ChannelEnd(const ChannelEnd&) = delete;
  ChannelEnd& operator=(const ChannelEnd&) = delete;
  ~ChannelEnd();  // leaves

  [[nodiscard]] const Segment& segment() const noexcept { return *segment_; }
  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::uint32_t side() const noexcept { return side_; }
  // This side's bell, which the peer rings, and the peer's.
  [[nodiscard]] const Bell& bell() const noexcept { return bell_; }
  [[nodiscard]] const Bell& peer_bell() const noexcept { return peer_bell_; }
  [[nodiscard]] Word& state() const noexcept { return state_; }
  [[nodiscard]] Word& peer_state() const noexcept { return peer_state_; }

  // For an event loop: this side is woken by what is returned becoming readable, from now on, and not at its bell any more.
  // Nothing where there is no such way; then somebody has to sleep on the bell. To be called once; what was rung before is for
  // the caller to look at. Throws Failure OUT_OF_MEMORY.
  [[nodiscard]] std::optional<Descriptor> listen_to_pipe();

  // The handle of the other end. Valid as long as this end is there.
  [[nodiscard]] std::string peer_handle() const;

  // What has become of the other side. To be asked after each ring: it looks who has come, and watches that process, so
  // that its end rings too. [thread-safe]
  [[nodiscard]] PeerState look_at_peer() noexcept;

  // The same, for those who ask often: what changes rings the bell, so it looks only when the bell has moved. [thread-safe]
  [[nodiscard]] PeerState peer() noexcept;

  // Wakes the other side, whose announcement was taken and whose bell was moved. [thread-safe]
  void wake_peer() const noexcept;

  // This side reads and writes nothing any more; the other one is told. Safe to call again. [thread-safe]
  void leave() noexcept;

 private:
  // By which an event loop at each side may be woken.
  using Pipes = std::array<WakePipe, 2>;

  ChannelEnd(std::shared_ptr<const Segment> segment, const Layout& layout, std::uint32_t side, std::optional<Pipes> pipes);
  void wake_this_side() const noexcept;
  void claim();
  [[nodiscard]] bool is_peer_there() noexcept;
  [[nodiscard]] bool find_peer();
  void ring_peer() const noexcept;

  const std::shared_ptr<const Segment> segment_;
  const Layout layout_;
  const std::uint32_t side_;
  const std::optional<Pipes> pipes_;
  Word& state_;
  Word& peer_state_;
  const Bell bell_;
  const Bell peer_bell_;
  std::atomic<bool> is_open_ = false;
  std::atomic<bool> listens_to_pipe_ = false;

  std::atomic<bool> has_looked_ = false;
  std::atomic<std::uint32_t> bell_looked_at_ = 0;  // what the bell said when `peer_` was looked at last
  std::atomic<PeerState> peer_ = PeerState::unknown;

  std::mutex mutex_;
  bool peer_came_ = false;      // its state was seen to be another than none
  bool peer_is_local_ = false;  // a thread of this process
  std::atomic<bool> peer_died_ = false;  // the watch's
  std::optional<ProcessWatch> watch_;  // last, so that it ends first
};

}  // namespace shared_channel
