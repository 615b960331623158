// The receiving half of a channel's end, and calls, which wait for what they receive.
#include <variant>

#include "brief_look.hpp"
#include "buffer_post.hpp"
#include "channel_impl.hpp"

namespace shared_channel {
namespace {

// What may be kept for `receive` while an answer is awaited; each message counts for a little at least.
constexpr std::size_t kMaxKeptBytes = 64 * 1024 * 1024;
constexpr std::size_t kKeptOverhead = 64;

// Answers to posts that found no room yet; a peer that posts more and reads nothing gets no more answers.
constexpr std::size_t kMaxAnswers = 1000;

}  // namespace

std::optional<Channel::Message> Channel::Impl::receive(const Timeout& timeout) {
  check_usable();
  release_last();
  if (!kept_.empty()) return next_kept();
  const Deadline deadline = deadline_in(timeout);
  for (IncomingMessage message; next(message, deadline, true);) {
    if (message.kind == MessageKind::reply) continue;  // to no call that is open any more
    Message received{.type = message.type, .bytes = {message.data, message.size}};
    if (message.kind == MessageKind::call) received.request = Request{.type = message.type, .number = message.call};
    return received;
  }
  return std::nullopt;
}

std::vector<std::byte> Channel::Impl::request(std::uint32_t type, std::span<const std::byte> bytes,
                                              const Timeout& timeout) {
  check_usable();
  release_last();
  const Deadline deadline = deadline_in(timeout);
  const std::uint32_t number = ++last_call_;
  OutgoingMessage call = outgoing({.type = type, .kind = MessageKind::call, .call = number}, bytes);
  check(sender_.send(call, deadline));
  for (IncomingMessage message; next(message, deadline, false);) {
    if (message.kind != MessageKind::reply) {
      keep(message);
    } else if (message.call == number) {
      std::vector<std::byte> answer(message.data, message.data + message.size);
      if (message.status == kReplyOk) return answer;
      throw Error("REMOTE_ERROR", "the call failed on the other side: " +
                                      std::string(reinterpret_cast<const char*>(answer.data()), answer.size()));
    }
  }
  if (has_ended_) throw Error("CLOSED", "the other side has closed the channel, and did not answer");
  throw Error("TIMEOUT", "the call was not answered in time");
}

// The next message that is not between the two ends themselves. False when none came in time, or `interrupt` was called, or
// none will come any more (`has_ended_`).
bool Channel::Impl::next(IncomingMessage& message, const Deadline& deadline, bool may_be_interrupted) {
  bool announced = false;
  std::uint32_t seen = 0;
  const auto leave = [&](bool result) {
    if (announced) bell_.withdraw(kWaitingForData);
    return result;
  };
  for (;;) {
    check_usable();
    if (!answers_.empty()) send_answers();
    if (may_be_interrupted && interrupted_.exchange(false)) return leave(false);
    const ReadStatus status = reader_.next(message);
    if (status == ReadStatus::message) {
      if (ring_in_.should_publish()) publish_room();
      if (message.kind != MessageKind::control) return leave(true);
      take_control(message);
      continue;
    }
    if (status != ReadStatus::again) take_fault(status);
    publish_room();
    // The order matters: what the other side sent before it closed or ended is in the ring once that is seen.
    const PeerState peer = end_->peer();
    const bool has_closed = peer_has_closed();
    if (ring_in_.has_more()) continue;
    if (peer == PeerState::lost) {
      leave(false);
      throw why_ended();
    }
    if (has_closed) {
      has_ended_ = true;
      return leave(false);
    }
    if (has_passed(deadline)) return leave(false);
    if (announced) {
      sleep_on(bell_.word(), seen, deadline);
      bell_.withdraw(kWaitingForData);
      announced = false;
    } else if (!comes_soon([this] { return ring_in_.has_more(); })) {
      seen = bell_.value();
      bell_.announce(kWaitingForData);
      announced = true;  // and looks once more at everything
    }
  }
}

void Channel::Impl::take_fault(ReadStatus status) {
  switch (status) {
    case ReadStatus::too_large: break_with(Fault::too_large); break;
    case ReadStatus::out_of_memory: break_with(Fault::no_memory); break;
    default: break_with(Fault::corrupt);
  }
  throw why_ended();
}

// Buffers cannot be posted to a native program; a poster that heard nothing would keep them until the end.
void Channel::Impl::take_control(const IncomingMessage& message) {
  const std::string text(reinterpret_cast<const char*>(message.data), message.size);
  const BufferText parsed = parse_buffer_text(text);
  const auto decline = [this](std::uint64_t id) {
    if (answers_.size() == kMaxAnswers) return;
    answers_.push_back(declined_text(id, "NOT_SUPPORTED",
                                     "a native program takes no posted buffers; send it the buffer's handle in a message"));
  };
  if (const auto* const post = std::get_if<BufferPost>(&parsed)) decline(post->id);
  if (const auto* const post = std::get_if<UnreadablePost>(&parsed)) decline(post->id);
}

void Channel::Impl::send_answers() noexcept {
  for (; !answers_.empty(); answers_.pop_front()) {
    const std::span bytes = bytes_of(answers_.front());
    OutgoingMessage answer{.data = bytes.data(), .size = static_cast<std::uint32_t>(bytes.size()), .kind = MessageKind::control};
    if (sender_.send(answer, std::chrono::steady_clock::now()) != SendStatus::ok) return;  // later, then
  }
}

void Channel::Impl::keep(const IncomingMessage& message) {
  KeptMessage kept{.type = message.type, .bytes = {message.data, message.data + message.size}, .request = {}};
  if (message.kind == MessageKind::call) kept.request = Request{.type = message.type, .number = message.call};
  kept_.push_back(std::move(kept));
  kept_bytes_ += message.size + kKeptOverhead;
  if (kept_bytes_ <= kMaxKeptBytes) return;
  throw Error("QUEUE_FULL", "more than " + std::to_string(kMaxKeptBytes) +
                                " bytes of other messages came before the answer to a call; receive them first");
}

Channel::Message Channel::Impl::next_kept() {
  current_ = std::move(kept_.front());
  kept_.pop_front();
  kept_bytes_ -= current_.bytes.size() + kKeptOverhead;
  return {.type = current_.type, .bytes = current_.bytes, .request = current_.request};
}

void Channel::Impl::interrupt() noexcept {
  interrupted_.store(true);
  ring_self();
}

void Channel::Impl::publish_room() noexcept {
  if (ring_in_.publish() && peer_bell_.take(kWaitingForRoom)) end_->wake_peer();
}

// The caller is done with the message that it was given last.
void Channel::Impl::release_last() noexcept {
  reader_.release();
  ring_in_.mark_taken();
}

}  // namespace shared_channel
