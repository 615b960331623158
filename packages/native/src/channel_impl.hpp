// What is behind channel.hpp: one end of a channel, with what it sends and receives.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel_end.hpp"
#include "doorbell.hpp"
#include "message_sender.hpp"
#include "shared_channel/channel.hpp"

namespace shared_channel {

[[nodiscard]] inline bool has_passed(const Deadline& deadline) {
  return deadline && std::chrono::steady_clock::now() >= *deadline;
}

[[nodiscard]] Deadline deadline_in(const Timeout& timeout);

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] Error channel_is_closed();

class Channel::Impl final : private MessageSender::End {
 public:
  Impl(std::unique_ptr<ChannelEnd> end, std::uint32_t max_message_bytes);

  [[nodiscard]] std::string peer_handle() const;
  [[nodiscard]] std::size_t max_slot_size() const noexcept { return sender_.max_slot_size(); }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_ && kept_.empty(); }

  void send(OutgoingMessage message, std::span<const std::byte> bytes, const Timeout& timeout);
  bool try_send(std::uint32_t type, std::span<const std::byte> bytes);
  std::span<std::byte> reserve(std::size_t size, const Timeout& timeout);
  void commit(std::uint32_t type, std::uint32_t size) { check(sender_.commit(type, size)); }
  void abort() noexcept { sender_.abort(); }

  std::optional<Message> receive(const Timeout& timeout);
  std::vector<std::byte> request(std::uint32_t type, std::span<const std::byte> bytes, const Timeout& timeout);
  void interrupt() noexcept;
  PeerState look_at_peer() noexcept { return end_->peer(); }
  std::size_t close(const Timeout& timeout);

 private:
  // What makes an end unusable, once for all.
  enum class Fault { none, corrupt, too_large, no_memory };

  struct KeptMessage {
    std::uint32_t type = 0;
    std::vector<std::byte> bytes;
    std::optional<Request> request;
  };

  bool may_send() noexcept override;
  void wake_peer() noexcept override { end_->wake_peer(); }
  void found_corrupt() noexcept override { break_with(Fault::corrupt); }

  OutgoingMessage outgoing(OutgoingMessage message, std::span<const std::byte> bytes) const;
  void check(SendStatus status) const;
  [[nodiscard]] static Error error_of(Fault fault);
  [[nodiscard]] Error why_ended() const;
  void check_usable() const;

  bool next(IncomingMessage& message, const Deadline& deadline, bool may_be_interrupted);
  void take_fault(ReadStatus status);
  void take_control(const IncomingMessage& message);
  void send_answers() noexcept;
  void keep(const IncomingMessage& message);
  Message next_kept();
  void wait_until_taken(const Deadline& deadline) noexcept;
  void publish_room() noexcept;
  void release_last() noexcept;
  [[nodiscard]] bool peer_has_closed() const noexcept;
  void break_with(Fault fault) noexcept;
  void ring_self() noexcept;

  const std::unique_ptr<ChannelEnd> end_;
  const Bell& bell_;
  const Bell& peer_bell_;
  const std::uint32_t max_message_bytes_;
  RingReader ring_in_;
  MessageReader reader_;
  MessageSender sender_;

  std::atomic<bool> closed_ = false;
  std::atomic<bool> interrupted_ = false;
  std::atomic<Fault> fault_ = Fault::none;

  // The receiving thread's.
  bool has_ended_ = false;
  std::deque<KeptMessage> kept_;  // came in before the answer to a call
  std::size_t kept_bytes_ = 0;
  KeptMessage current_;              // the one of them that was given out last
  std::deque<std::string> answers_;  // control records that found no room
  std::uint32_t last_call_ = 0;
  std::size_t unread_ = 0;
};

}  // namespace shared_channel
