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

  // False when the end is claimed or open here already.
  bool claim(const std::shared_ptr<const Segment>& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    Ends& ends = ends_[segment->cookie()];
    if (ends.use[side] != Use::none) return false;
    ends.use[side] = Use::claimed;
    ends.segment = segment;
    return true;
  }

  // It was claimed, and nobody else has it.
  void open(const Segment& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    ends_[segment.cookie()].use[side] = Use::open;
  }

  void remove(const Segment& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(segment.cookie());
    if (found == ends_.end()) return;
    auto& use = found->second.use;
    use[side] = Use::none;
    if (use[0] == Use::none && use[1] == Use::none) ends_.erase(found);
  }

  bool is_open(const Segment& segment, std::uint32_t side) {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(segment.cookie());
    return found != ends_.end() && found->second.use[side] == Use::open;
  }

 private:
  enum class Use { none, claimed, open };
  struct Ends {
    std::shared_ptr<const Segment> segment;
    Use use[2] = {Use::none, Use::none};
  };
  std::mutex mutex_;
  std::map<std::string, Ends> ends_;
};

// A lock besides those of the ends, bytes 0 and 1: who has it may claim the end. + side
constexpr std::uint32_t kClaimByte = 2;

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
  const bool is_sealed = segment->handle(SegmentHandle::Role::side1, layout.total_size).kind == SegmentHandle::Kind::sealed;
  std::optional<Pipes> pipes;
  if (is_sealed) pipes = Pipes{WakePipe::create(), WakePipe::create()};
  std::unique_ptr<ChannelEnd> end(new ChannelEnd(std::move(segment), layout, 0, std::move(pipes)));
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
  std::optional<Pipes> pipes;
  if (handle.pipes) {
    const auto& [pipe0, pipe1] = *handle.pipes;
    pipes = Pipes{WakePipe::open(handle.owner, pipe0), WakePipe::open(handle.owner, pipe1)};
  }
  std::unique_ptr<ChannelEnd> end(new ChannelEnd(std::move(segment), layout, side, std::move(pipes)));
  end->claim();
  return end;
}

ChannelEnd::ChannelEnd(std::shared_ptr<const Segment> segment, const Layout& layout, std::uint32_t side,
                       std::optional<Pipes> pipes)
    : segment_(std::move(segment)),
      layout_(layout),
      side_(side),
      pipes_(std::move(pipes)),
      state_(state_of(*segment_, side)),
      peer_state_(state_of(*segment_, 1 - side)),
      bell_(segment_->data(), side),
      peer_bell_(segment_->data(), 1 - side) {}

ChannelEnd::~ChannelEnd() { leave(); }

// One process at a time claims an end, and only while nobody has come: so whoever holds the end's own lock is coming or has
// come, and nobody else has. The lock, then the bell, then the state: a peer that hears the bell finds who is coming. So
// there is no moment at which this process could be killed and nobody would ever know that it was here.
void ChannelEnd::claim() {
  LocalEnds& ends = LocalEnds::instance();
  if (!ends.claim(segment_, side_)) throw taken();
  try {
    std::uint32_t none = kStateNone;
    if (!lock_byte(*segment_, kClaimByte + side_) || state_.load() != kStateNone || !lock_byte(*segment_, side_)) {
      throw taken();
    }
    ends.open(*segment_, side_);
    ring_peer();
    if (!state_.compare_exchange_strong(none, kStateOpen)) throw taken();
  } catch (const Failure&) {
    ends.remove(*segment_, side_);
    throw;
  }
  is_open_.store(true);
  ring_peer();
}

std::string ChannelEnd::peer_handle() const {
  const auto role = side_ == 0 ? SegmentHandle::Role::side1 : SegmentHandle::Role::side0;
  SegmentHandle handle = segment_->handle(role, layout_.total_size);
  if (pipes_) handle.pipes = {(*pipes_)[0].place(), (*pipes_)[1].place()};
  return handle.text();
}

std::optional<Descriptor> ChannelEnd::listen_to_pipe() {
  if (!pipes_) return std::nullopt;
  Descriptor reader = (*pipes_)[side_].reader();
  listens_to_pipe_.store(true);
  // A ring that does not see this yet was for what the caller looks at after this.
  word_at(segment_->data(), kListensOffset + kSideStride * side_).store(kListensToPipe);
  return reader;
}

PeerState ChannelEnd::look_at_peer() noexcept {
  const std::lock_guard lock(mutex_);
  bool is_there = is_peer_there();
  std::uint32_t state = peer_state_.load();
  if (!is_there && !peer_came_ && state != kStateNone) {  // it came meanwhile, and perhaps nobody rings any more
    is_there = is_peer_there();
    state = peer_state_.load();
  }
  peer_came_ |= state != kStateNone;
  switch (state) {
    case kStateNone: return peer_came_ ? PeerState::lost : PeerState::unknown;  // no side goes back to none
    case kStateOpen: return is_there ? PeerState::present : PeerState::lost;
    case kStateClosed: return is_there ? PeerState::present : PeerState::left;
    case kStateGone: return PeerState::left;
    default: return PeerState::lost;  // an impossible state, too
  }
}

PeerState ChannelEnd::peer() noexcept {
  const std::uint32_t now = bell_.value();
  if (has_looked_.load() && bell_looked_at_.load() == now) return peer_.load();
  const PeerState peer = look_at_peer();
  peer_.store(peer);
  // Last: another thread that finds this need not look.
  bell_looked_at_.store(now);
  has_looked_.store(true);
  return peer;
}

bool ChannelEnd::is_peer_there() noexcept {
  // First the state, then the lock, which is taken before the state is changed and given up after it was for the last time.
  const std::uint32_t state = peer_state_.load();
  peer_came_ |= state != kStateNone;
  try {
    return state < kStateLost && find_peer();
  } catch (const std::exception&) {
    return false;  // it ends just now; or it cannot be watched, and then it cannot be waited for
  }
}

// Whether somebody has the other end, or is about to; that process is watched.
bool ChannelEnd::find_peer() {
  if (peer_is_local_ || (watch_ && !peer_died_.load())) return true;
  const std::uint32_t peer = 1 - side_;
  peer_is_local_ = LocalEnds::instance().is_open(*segment_, peer);
  if (peer_is_local_) return true;
  // None yet; or it has ended. If that was before the end was its own, another one may have come.
  watch_.reset();
  peer_died_.store(false);
  const auto holder = holder_of_byte(*segment_, peer);
  if (!holder) return false;
  watch_.emplace(find_process(*holder), [this] {
    peer_died_.store(true);
    bell_.move();
    wake_this_side();
  });
  // The number could be a later process's by now; the lock tells.
  if (holder_of_byte(*segment_, peer) == holder) return true;
  watch_.reset();
  return false;
}

// What the other side says of how it listens harms nobody else: it is not woken, or what it does not read fills a pipe.
void ChannelEnd::wake_peer() const noexcept {
  const std::uint32_t peer = 1 - side_;
  if (pipes_ && word_at(segment_->data(), kListensOffset + kSideStride * peer).load() == kListensToPipe) {
    (*pipes_)[peer].ring();
  } else {
    wake_sleepers(peer_bell_.word());
  }
}

// How this side listens it knows itself: in the segment the other one could have written over it.
void ChannelEnd::wake_this_side() const noexcept {
  if (listens_to_pipe_.load()) (*pipes_)[side_].ring();
  else wake_sleepers(bell_.word());
}

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
