#include "channel_end.hpp"

#include <map>
#include <utility>

#include "doorbell.hpp"
#include "failure.hpp"
#include "read_layout.hpp"
#include "segment_lock.hpp"

namespace shared_channel {
namespace {

// The ends that are open in this process. Both ends of a channel use one Segment then: the system's locks are the
// process's, and closing a second descriptor of the same memory would give them up.
class LocalEnds {
 public:
  static LocalEnds& instance() {
    static auto* const ends = new LocalEnds;  // outlives whoever is left at exit
    return *ends;
  }

  std::shared_ptr<const Segment> find(const std::string& cookie) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(cookie);
    return found == ends_.end() ? nullptr : found->second.segment;
  }

  // False when the end is open here already.
  bool add(const std::shared_ptr<const Segment>& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    Ends& ends = ends_[segment->cookie()];
    if (std::exchange(ends.is_open[side], true)) return false;
    ends.segment = segment;
    return true;
  }

  void remove(const Segment& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(segment.cookie());
    if (found == ends_.end()) return;
    found->second.is_open[side] = false;
    if (!found->second.is_open[0] && !found->second.is_open[1]) ends_.erase(found);
  }

  bool has(const Segment& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(segment.cookie());
    return found != ends_.end() && found->second.is_open[side];
  }

 private:
  struct Ends {
    std::shared_ptr<const Segment> segment;
    bool is_open[2] = {false, false};
  };
  std::mutex mutex_;
  std::map<std::string, Ends> ends_;
};

Failure taken() {
  return Failure("INVALID_ARGUMENT", "this end of the channel is open already; a handle is good for one channel, create "
                                     "another");
}

Word& state_of(const Segment& segment, std::uint32_t side) {
  return word_at(segment.data(), kStateOffset + kSideStride * side);
}

}  // namespace

std::unique_ptr<ChannelEnd> ChannelEnd::create(std::uint32_t capacity0, std::uint32_t capacity1) {
  const Layout layout = make_layout(capacity0, capacity1);
  auto segment = std::make_shared<const Segment>(Segment::create(layout.total_size, SegmentUse::other_processes));
  write_layout(segment->data(), layout);
  std::unique_ptr<ChannelEnd> end(new ChannelEnd(std::move(segment), layout, 0));
  end->claim();
  return end;
}

std::unique_ptr<ChannelEnd> ChannelEnd::open(std::string_view text, PeerTrust trust) {
  const SegmentHandle handle = SegmentHandle::parse(text, SegmentHandle::Role::side1);
  // One at a time: who comes second finds the segment of the first. One of its own, when it is closed, would give up the
  // first one's lock.
  static std::mutex opening;
  const std::lock_guard lock(opening);
  const std::uint32_t side = handle.role == SegmentHandle::Role::side0 ? 0 : 1;
  std::shared_ptr<const Segment> segment = LocalEnds::instance().find(handle.cookie);
  if (segment == nullptr) {
    segment = std::make_shared<const Segment>(Segment::open(handle, SegmentAccess::read_write, trust));
  }
  const Layout layout = read_layout(segment->data(), segment->size());
  std::unique_ptr<ChannelEnd> end(new ChannelEnd(std::move(segment), layout, side));
  end->claim();
  return end;
}

ChannelEnd::ChannelEnd(std::shared_ptr<const Segment> segment, const Layout& layout, std::uint32_t side)
    : segment_(std::move(segment)),
      layout_(layout),
      side_(side),
      state_(state_of(*segment_, side)),
      peer_state_(state_of(*segment_, 1 - side)),
      bell_(segment_->data(), side),
      peer_bell_(segment_->data(), 1 - side) {}

ChannelEnd::~ChannelEnd() { leave(); }

// The lock, then the bell, then the state: a peer that hears the bell finds who is coming. So there is no moment at which
// this process could be killed and nobody would ever know that it was here.
void ChannelEnd::claim() {
  if (!LocalEnds::instance().add(segment_, side_)) throw taken();
  try {
    std::uint32_t none = kStateNone;
    if (!lock_byte(*segment_, side_)) throw taken();
    ring_peer();
    if (!state_.compare_exchange_strong(none, kStateOpen)) throw taken();
  } catch (const Failure&) {
    LocalEnds::instance().remove(*segment_, side_);
    throw;
  }
  is_open_.store(true);
  ring_peer();
}

std::string ChannelEnd::peer_handle() const {
  const auto role = side_ == 0 ? SegmentHandle::Role::side1 : SegmentHandle::Role::side0;
  return segment_->handle(role, layout_.total_size).text();
}

PeerState ChannelEnd::look_at_peer() noexcept {
  if (peer_state_.load() < kStateLost) {
    try {
      find_peer();
    } catch (const std::exception&) {
      peer_died_.store(true);  // or it cannot be watched, and then it cannot be waited for
    }
  }
  const bool died = peer_died_.load();
  const std::uint32_t state = peer_state_.load();  // what it said last
  if (state == kStateNone) return peer_came_.load() ? PeerState::lost : PeerState::unknown;  // no side goes back to none
  peer_came_.store(true);
  switch (state) {
    case kStateOpen: return died ? PeerState::lost : PeerState::present;
    case kStateClosed: return died ? PeerState::left : PeerState::present;
    case kStateGone: return PeerState::left;
    default: return PeerState::lost;  // an impossible state, too
  }
}

void ChannelEnd::find_peer() {
  const std::lock_guard lock(mutex_);
  if (peer_died_.load() && !peer_came_.load() && peer_state_.load() == kStateNone) {
    // Killed before the end was its own: another one may come.
    watch_.reset();
    peer_died_.store(false);
    peer_found_ = false;
  }
  if (peer_found_) return;
  const std::uint32_t peer = 1 - side_;
  const bool has_come = peer_state_.load() != kStateNone;  // before the lock is looked at: it is taken first, given up last
  const auto holder = holder_of_byte(*segment_, peer);
  if (!holder) {
    if (!has_come) return;
    peer_found_ = true;
    if (!peer_is_here()) peer_died_.store(true);
    return;
  }
  peer_found_ = true;
  watch_.emplace(find_process(*holder), [this] {
    peer_died_.store(true);
    bell_.move();
    wake_sleepers(bell_.word());
  });
  // The number could be a later process's by now; the lock tells.
  if (holder_of_byte(*segment_, peer) != holder) throw Failure("PEER_LOST", "the other side has ended");
}

bool ChannelEnd::peer_is_here() const { return LocalEnds::instance().has(*segment_, 1 - side_); }

void ChannelEnd::wake_peer() const noexcept { wake_sleepers(peer_bell_.word()); }

void ChannelEnd::ring_peer() const noexcept {
  peer_bell_.move();
  wake_peer();
}

void ChannelEnd::leave() noexcept {
  if (!is_open_.exchange(false)) return;
  std::uint32_t closed = kStateClosed;
  if (!state_.compare_exchange_strong(closed, kStateGone)) state_.store(kStateLost);
  ring_peer();
  LocalEnds::instance().remove(*segment_, side_);
}

}  // namespace shared_channel
