// Messages over the records of a ring: one that fits is one record, a longer one is cut into fragments and put together
// at the far end. No Node-API, no OS calls, and nothing here waits: what cannot go on says `again`.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "ring.hpp"

namespace shared_channel {

// A message on its way into a ring, and how far it got.
struct OutgoingMessage {
  std::uint32_t type = 0;  // 0 to kMaxMessageType
  const std::byte* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t sent = 0;
  bool started = false;
};

// Used by one thread at a time, like the RingWriter beneath it.
class MessageWriter {
 public:
  explicit MessageWriter(RingWriter& ring) noexcept : ring_(ring) {}

  // Writes as much of `message` as there is room for. `ok`: all of it is in the ring. `again`: call once more with the
  // same message when there is room, or `abandon` it. No other message may be written in between.
  [[nodiscard]] RingStatus try_write(OutgoingMessage& message) noexcept {
    if (const RingStatus status = write_abandonment(); status != RingStatus::ok) return status;
    if (message.size <= max_record_payload(ring_.capacity())) {
      return write_record(message.type | kFlagFirst | kFlagLast, message, 0, message.size);
    }
    while (!message.started || message.sent < message.size) {
      const std::uint32_t prefix = message.started ? 0 : kFragmentPrefixSize;
      const std::uint32_t part =
          std::min(message.size - message.sent, fragment_payload(ring_.capacity()) - prefix);
      const std::uint32_t flags =
          (message.started ? 0 : kFlagFirst) | (message.sent + part == message.size ? kFlagLast : 0);
      const RingStatus status = write_record(message.type | flags, message, prefix, part);
      if (status != RingStatus::ok) return status;
    }
    return RingStatus::ok;
  }

  // Gives up a message that `try_write` could not finish. The reader drops the fragments it has: the mark that tells it
  // goes in front of the next message.
  void abandon(const OutgoingMessage& message) noexcept {
    // A mark that is still due stays due: a message given up behind it has not been started.
    if (message.started) abandonment_pending_ = true;
  }

  // Writes that mark if one is due. Whoever uses the ring directly (a slot) calls it first.
  [[nodiscard]] RingStatus write_abandonment() noexcept {
    if (!abandonment_pending_) return RingStatus::ok;
    std::byte* slot = nullptr;
    const RingStatus status = ring_.try_reserve(0, slot);
    if (status != RingStatus::ok) return status;
    ring_.commit(0, kFlagAbandoned);
    abandonment_pending_ = false;
    return RingStatus::ok;
  }

 private:
  RingStatus write_record(std::uint32_t tag, OutgoingMessage& message, std::uint32_t prefix,
                          std::uint32_t part) noexcept {
    std::byte* slot = nullptr;
    const RingStatus status = ring_.try_reserve(prefix + part, slot);
    if (status != RingStatus::ok) return status;
    if (prefix != 0) {
      const std::uint32_t words[2] = {message.size, 0};
      std::memcpy(slot, words, sizeof words);
    }
    if (part != 0) std::memcpy(slot + prefix, message.data + message.sent, part);
    ring_.commit(prefix + part, tag);
    message.started = true;
    message.sent += part;
    return RingStatus::ok;
  }

  RingWriter& ring_;
  bool abandonment_pending_ = false;
};

struct IncomingMessage {
  std::uint32_t type = 0;
  const std::byte* data = nullptr;  // in the ring (one record) or in private memory (fragments); until the next `next`
  std::uint32_t size = 0;
};

enum class ReadStatus { message, again, corrupt, too_large, out_of_memory };

// Used by one thread at a time, like the RingReader beneath it.
class MessageReader {
 public:
  MessageReader(RingReader& ring, std::uint32_t max_message_bytes) noexcept
      : ring_(ring), max_message_bytes_(max_message_bytes) {}

  // The next whole message. The one before it is given back. After anything but `message` and `again` stop reading.
  [[nodiscard]] ReadStatus next(IncomingMessage& message) noexcept {
    release();
    Record record;
    for (;;) {
      switch (ring_.try_read(record)) {
        case RingStatus::again: return ReadStatus::again;
        case RingStatus::corrupt: return ReadStatus::corrupt;
        case RingStatus::ok: break;
      }
      in_ring_ = true;
      const std::uint32_t type = record.tag & kMaxMessageType;
      const std::uint32_t flags = record.tag & ~kMaxMessageType;
      if (flags == (kFlagFirst | kFlagLast)) {
        if (assembling_ || record.length > max_message_bytes_) {
          return assembling_ ? ReadStatus::corrupt : ReadStatus::too_large;
        }
        message = {.type = type, .data = record.payload, .size = record.length};
        return ReadStatus::message;
      }
      if (flags == kFlagAbandoned) {
        if (record.length != 0) return ReadStatus::corrupt;
        assembling_ = false;
        assembled_.reset();
      } else {
        const ReadStatus status = add_fragment(type, flags, record);
        if (status == ReadStatus::message) {
          message = {.type = type_, .data = assembled_.get(), .size = size_};
          return status;
        }
        if (status != ReadStatus::again) return status;
      }
      ring_.pop();
      in_ring_ = false;
      // Fragments give their room back as they come, so that a message larger than the ring can pass.
      if (ring_.should_publish()) return ReadStatus::again;
    }
  }

  // Gives the last message back; its memory may be overwritten from the next `publish` of the ring on.
  void release() noexcept {
    if (in_ring_) ring_.pop();
    in_ring_ = false;
    if (!assembling_) assembled_.reset();
  }

 private:
  ReadStatus add_fragment(std::uint32_t type, std::uint32_t flags, const Record& record) noexcept {
    const std::byte* data = record.payload;
    std::uint32_t length = record.length;
    if ((flags & ~(kFlagFirst | kFlagLast)) != 0) return ReadStatus::corrupt;
    if ((flags & kFlagFirst) != 0) {
      std::uint32_t words[2];
      if (assembling_ || length < kFragmentPrefixSize) return ReadStatus::corrupt;
      words[0] = word_at(const_cast<std::byte*>(data), 0).load(std::memory_order_relaxed);
      words[1] = word_at(const_cast<std::byte*>(data), 4).load(std::memory_order_relaxed);
      if (words[1] != 0) return ReadStatus::corrupt;
      if (words[0] > max_message_bytes_) return ReadStatus::too_large;
      data += kFragmentPrefixSize;
      length -= kFragmentPrefixSize;
      type_ = type;
      size_ = words[0];
      filled_ = 0;
      assembled_.reset(new (std::nothrow) std::byte[size_]);
      if (!assembled_) return ReadStatus::out_of_memory;
      assembling_ = true;
    }
    if (!assembling_ || type != type_ || length > size_ - filled_) return ReadStatus::corrupt;
    if (length != 0) std::memcpy(assembled_.get() + filled_, data, length);
    filled_ += length;
    if ((flags & kFlagLast) == 0) return ReadStatus::again;
    if (filled_ != size_) return ReadStatus::corrupt;
    assembling_ = false;
    return ReadStatus::message;
  }

  RingReader& ring_;
  const std::uint32_t max_message_bytes_;
  bool in_ring_ = false;
  bool assembling_ = false;
  std::unique_ptr<std::byte[]> assembled_;
  std::uint32_t type_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t filled_ = 0;
};

}  // namespace shared_channel
