#include "channel_impl.hpp"

#include <algorithm>
#include <utility>

namespace shared_channel {

Deadline deadline_in(const Timeout& timeout) {
  if (!timeout) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (*timeout > std::chrono::steady_clock::time_point::max() - now) return std::nullopt;
  return now + std::max(*timeout, std::chrono::nanoseconds(0));
}

Error channel_is_closed() { return {"CLOSED", "this channel is closed; create or open another"}; }

Channel::Impl::Impl(std::unique_ptr<ChannelEnd> end, std::uint32_t max_message_bytes)
    : end_(std::move(end)),
      bell_(end_->bell()),
      peer_bell_(end_->peer_bell()),
      max_message_bytes_(max_message_bytes),
      ring_in_(end_->segment().data(), end_->layout(), 1 - end_->side()),
      reader_(ring_in_, max_message_bytes),
      sender_(*this, end_->segment().data(), end_->layout(), end_->side()) {}

std::string Channel::Impl::peer_handle() const {
  if (closed_.load()) throw channel_is_closed();
  return end_->peer_handle();
}

// ---- Sending ----

OutgoingMessage Channel::Impl::outgoing(OutgoingMessage message, std::span<const std::byte> bytes) const {
  if (message.type > kMaxMessageType) {
    throw Error("INVALID_ARGUMENT", "a message's type must be from 0 to " + std::to_string(kMaxMessageType) + "; it is " +
                                        std::to_string(message.type));
  }
  if (bytes.size() > std::min(max_message_bytes_, max_payload(message.kind))) {
    throw Error("MESSAGE_TOO_LARGE", "a message of " + std::to_string(bytes.size()) + " bytes is above the limit of " +
                                         std::to_string(max_message_bytes_) +
                                         "; send it in parts, or raise max_message_bytes on both sides");
  }
  message.data = bytes.data();
  message.size = static_cast<std::uint32_t>(bytes.size());
  return message;
}

void Channel::Impl::send(OutgoingMessage message, std::span<const std::byte> bytes, const Timeout& timeout) {
  OutgoingMessage whole = outgoing(message, bytes);
  check(sender_.send(whole, deadline_in(timeout)));
}

bool Channel::Impl::try_send(std::uint32_t type, std::span<const std::byte> bytes) {
  OutgoingMessage message = outgoing({.type = type}, bytes);
  if (bytes.size() > max_slot_size()) {
    throw Error("MESSAGE_TOO_LARGE", "try_send sends one piece, at most " + std::to_string(max_slot_size()) +
                                         " bytes here; use send, or give the ring more capacity");
  }
  const SendStatus status = sender_.send(message, std::chrono::steady_clock::now());
  if (status != SendStatus::timeout) check(status);
  return status == SendStatus::ok;
}

std::span<std::byte> Channel::Impl::reserve(std::size_t size, const Timeout& timeout) {
  if (size > std::min<std::size_t>(max_slot_size(), max_message_bytes_)) {
    throw Error("MESSAGE_TOO_LARGE", "a slot has at most " + std::to_string(max_slot_size()) + " bytes here, not " +
                                         std::to_string(size) + "; use send, or give the ring more capacity");
  }
  std::byte* slot = nullptr;
  check(sender_.reserve(static_cast<std::uint32_t>(size), deadline_in(timeout), slot));
  return {slot, size};
}

void Channel::Impl::check(SendStatus status) const {
  switch (status) {
    case SendStatus::ok: return;
    case SendStatus::timeout: throw Error("TIMEOUT", "there was no room in the ring in time; the other side is slow, or busy");
    case SendStatus::invalid:
      throw Error("INVALID_ARGUMENT", "this slot is gone, or has fewer bytes, or the type has more than 24 bits");
    case SendStatus::busy:
      throw Error("INVALID_ARGUMENT", "this thread holds a slot; commit it, or let it go, before you send something else");
    case SendStatus::ended:
    case SendStatus::corrupt: throw why_ended();
  }
}

bool Channel::Impl::may_send() noexcept {
  if (closed_.load(std::memory_order_relaxed) || fault_.load(std::memory_order_relaxed) != Fault::none) return false;
  return end_->peer() <= PeerState::present;
}

Error Channel::Impl::why_ended() const {
  if (closed_.load()) return channel_is_closed();
  if (const Fault fault = fault_.load(); fault != Fault::none) return error_of(fault);
  if (end_->peer() == PeerState::lost) return {"PEER_LOST", "the other side of the channel has ended without closing it"};
  return {"CLOSED", "the other side has closed the channel; open another"};
}

void Channel::Impl::check_usable() const {
  if (closed_.load() || fault_.load() != Fault::none) throw why_ended();
}

Error Channel::Impl::error_of(Fault fault) {
  switch (fault) {
    case Fault::too_large:
      return {"MESSAGE_TOO_LARGE",
              "the other side sent a message above max_message_bytes, and what comes behind it cannot be read; raise the "
              "limit, or send in parts"};
    case Fault::no_memory: return {"OUT_OF_MEMORY", "there was no memory to put a large message of the other side together"};
    default: return {"CORRUPT", "the other side wrote impossible values into the memory of the channel"};
  }
}

// ---- The other side ----

// Only in good order: how else it ended is for `look_at_peer` to say, which may yet have to be rung for.
bool Channel::Impl::peer_has_closed() const noexcept {
  const std::uint32_t state = end_->peer_state().load();
  return state == kStateClosed || state == kStateGone;
}

void Channel::Impl::break_with(Fault fault) noexcept {
  Fault none = Fault::none;
  fault_.compare_exchange_strong(none, fault);
  end_->leave();
  ring_self();  // the thread that receives may be another one, and asleep
}

void Channel::Impl::ring_self() noexcept {
  bell_.move();
  wake_sleepers(bell_.word());
}

std::size_t Channel::Impl::close(const Timeout& timeout) {
  if (closed_.exchange(true)) return unread_;
  ring_self();  // for whoever waits for room
  sender_.finish();
  kept_.clear();
  if (fault_.load() == Fault::none) {
    end_->state().store(kStateClosed);
    peer_bell_.move();
    end_->wake_peer();
    wait_until_taken(deadline_in(timeout));
  }
  unread_ = count_unread(end_->segment().data(), end_->layout(), end_->side());
  end_->leave();
  return unread_;
}

// Reads on, so that the other side can finish, until it has closed too and taken everything.
void Channel::Impl::wait_until_taken(const Deadline& deadline) noexcept {
  constexpr std::uint32_t kWhat = kWaitingForData | kWaitingForRoom;
  bool announced = false;
  std::uint32_t seen = 0;
  for (IncomingMessage message; !has_passed(deadline);) {
    const ReadStatus status = reader_.next(message);
    if (status == ReadStatus::message) {
      if (ring_in_.should_publish()) publish_room();
      continue;
    }
    if (status != ReadStatus::again) break;
    publish_room();
    const PeerState peer = look_at_peer();
    const bool has_closed = peer_has_closed();
    if (ring_in_.has_more()) continue;
    if (peer > PeerState::present || (has_closed && sender_.is_read())) break;
    if (announced) {
      sleep_on(bell_.word(), seen, deadline);
    } else {
      seen = bell_.value();
      bell_.announce(kWhat);
    }
    announced = !announced;
  }
  bell_.withdraw(kWhat);
}

}  // namespace shared_channel
