// Both ends of a ring of messages, on one thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <shared_channel/message.hpp>

#include "guarded_segment.hpp"
#include "random.hpp"

namespace test {

using namespace shared_channel;

using Bytes = std::vector<std::byte>;

// Bytes that follow from the seed, so that any two payloads differ.
[[nodiscard]] inline Bytes some_bytes(std::uint32_t size, std::uint64_t seed) {
  Bytes bytes(size);
  for (std::uint32_t at = 0; at < size; at += 8) {
    const std::uint64_t word = mix(seed + at);
    std::memcpy(bytes.data() + at, &word, size - at < 8 ? size - at : 8);
  }
  return bytes;
}

[[nodiscard]] inline OutgoingMessage outgoing(std::uint32_t type, const Bytes& bytes) {
  return {.type = type, .data = bytes.data(), .size = static_cast<std::uint32_t>(bytes.size())};
}

[[nodiscard]] inline OutgoingMessage outgoing_call(std::uint32_t type, std::uint32_t call, const Bytes& bytes) {
  OutgoingMessage message = outgoing(type, bytes);
  message.kind = MessageKind::call;
  message.call = call;
  return message;
}

[[nodiscard]] inline OutgoingMessage outgoing_reply(std::uint32_t type, std::uint32_t call, std::uint32_t status,
                                                    const Bytes& bytes) {
  OutgoingMessage message = outgoing_call(type, call, bytes);
  message.kind = MessageKind::reply;
  message.status = status;
  return message;
}

// Is `message` what `sent` was sent as, with these bytes?
[[nodiscard]] inline bool is(const IncomingMessage& message, const OutgoingMessage& sent, const Bytes& bytes) {
  return message.type == sent.type && message.kind == sent.kind && message.call == sent.call &&
         message.status == sent.status &&
         std::equal(bytes.begin(), bytes.end(), message.data, message.data + message.size);
}

[[nodiscard]] inline bool holds(const IncomingMessage& message, std::uint32_t type, const Bytes& bytes) {
  return is(message, {.type = type}, bytes);
}

class MessageRing {
 public:
  explicit MessageRing(std::uint32_t max_message_bytes = 0xffffffff) : max_message_bytes_(max_message_bytes) {
    start_anew();
  }

  // As if newly made, over the same memory, whatever was written there.
  void start_anew() {
    segment.word(kTailOffset).store(0);
    segment.word(kHeadOffset).store(0);
    ends_.emplace(segment, max_message_bytes_);
  }

  [[nodiscard]] MessageWriter& writer() { return ends_->writer; }
  [[nodiscard]] MessageReader& reader() { return ends_->reader; }
  [[nodiscard]] RingReader& records_in() { return ends_->records_in; }

  // Reads as a host does: gives room back when told to, and says `again` only when there is nothing more to read.
  [[nodiscard]] ReadStatus next(IncomingMessage& message) {
    for (;;) {
      const ReadStatus status = reader().next(message);
      if (status != ReadStatus::again) return status;
      records_in().publish();
      if (!records_in().has_more()) return status;
    }
  }

  // Takes the next message; true if it is the one expected.
  [[nodiscard]] bool takes(std::uint32_t type, const Bytes& bytes) {
    IncomingMessage message;
    return next(message) == ReadStatus::message && holds(message, type, bytes);
  }

  // Writes a whole message while the far end takes what is in its way, which must be parts of it only.
  [[nodiscard]] bool passes(OutgoingMessage message) {
    const Bytes bytes(message.data, message.data + message.size);
    IncomingMessage received;
    for (;;) {
      const RingStatus status = writer().try_write(message);
      if (status == RingStatus::ok) return next(received) == ReadStatus::message && is(received, message, bytes);
      if (status == RingStatus::corrupt || next(received) != ReadStatus::again) return false;
    }
  }
  [[nodiscard]] bool passes(std::uint32_t type, const Bytes& bytes) { return passes(outgoing(type, bytes)); }

  // Writes a record past the MessageWriter, as a hostile peer would.
  [[nodiscard]] RingStatus forge(std::uint32_t tag, const Bytes& payload) {
    std::byte* slot = nullptr;
    const RingStatus status = ends_->records_out.try_reserve(static_cast<std::uint32_t>(payload.size()), slot);
    if (status != RingStatus::ok) return status;
    if (!payload.empty()) std::memcpy(slot, payload.data(), payload.size());
    ends_->records_out.commit(static_cast<std::uint32_t>(payload.size()), tag);
    return status;
  }

  GuardedSegment segment;

 private:
  struct Ends {
    Ends(const GuardedSegment& segment, std::uint32_t max_message_bytes)
        : records_out(segment.base(), segment.layout(), 0),
          records_in(segment.base(), segment.layout(), 0),
          writer(records_out),
          reader(records_in, max_message_bytes) {}
    RingWriter records_out;
    RingReader records_in;
    MessageWriter writer;
    MessageReader reader;
  };

  const std::uint32_t max_message_bytes_;
  std::optional<Ends> ends_;
};

}  // namespace test
