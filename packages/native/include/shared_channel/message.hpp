// Messages over the records of a ring: one that fits is one record, a longer one is cut into fragments and put together
// at the far end. Calls and their replies are messages too, with a number and a status in front of the payload; control
// records are messages of no type. No Node-API, no OS calls, and nothing here waits: what cannot go on says `again`.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "ring.hpp"

namespace shared_channel {

// What a message is for. The values are the flags of its records.
enum class MessageKind : std::uint32_t { plain = 0, call = kFlagCall, reply = kFlagReply, control = kFlagControl };

// The bytes that stand between a message's prefix and its payload.
[[nodiscard]] constexpr std::uint32_t head_size(MessageKind kind) noexcept {
  return kind == MessageKind::call || kind == MessageKind::reply ? kCallHeadSize : 0;
}

// The largest payload: the length of a message is a 32-bit word, and a call's head counts in it.
[[nodiscard]] constexpr std::uint32_t max_payload(MessageKind kind) noexcept { return 0xffffffff - head_size(kind); }

// A message on its way into a ring, and how far it got.
struct OutgoingMessage {
  std::uint32_t type = 0;  // 0 to kMaxMessageType; of a control record 0
  const std::byte* data = nullptr;
  std::uint32_t size = 0;  // up to max_payload(kind)
  MessageKind kind = MessageKind::plain;
  std::uint32_t call = 0;           // the call's number; its reply repeats it
  std::uint32_t status = kReplyOk;  // kReplyOk in a call
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
    const std::uint32_t head = head_size(message.kind);
    if (message.size <= max_record_payload(ring_.capacity()) - head) {
      return write_record(kFlagFirst | kFlagLast, message, 0, message.size);
    }
    while (!message.started || message.sent < message.size) {
      const std::uint32_t prefix = message.started ? 0 : kFragmentPrefixSize;
      const std::uint32_t in_front = message.started ? 0 : prefix + head;
      const std::uint32_t part =
          std::min(message.size - message.sent, fragment_payload(ring_.capacity()) - in_front);
      const std::uint32_t flags =
          (message.started ? 0 : kFlagFirst) | (message.sent + part == message.size ? kFlagLast : 0);
      const RingStatus status = write_record(flags, message, prefix, part);
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
  // The next `part` bytes of the payload, behind a prefix (in the first of several fragments) and a call's head (in the
  // first record).
  RingStatus write_record(std::uint32_t flags, OutgoingMessage& message, std::uint32_t prefix,
                          std::uint32_t part) noexcept {
    const std::uint32_t head = message.started ? 0 : head_size(message.kind);
    const std::uint32_t length = prefix + head + part;
    std::byte* slot = nullptr;
    const RingStatus status = ring_.try_reserve(length, slot);
    if (status != RingStatus::ok) return status;
    if (prefix != 0) {
      const std::uint32_t words[2] = {head + message.size, 0};
      std::memcpy(slot, words, sizeof words);
    }
    if (head != 0) {
      const std::uint32_t words[2] = {message.call, message.status};
      std::memcpy(slot + prefix, words, sizeof words);
    }
    if (part != 0) std::memcpy(slot + prefix + head, message.data + message.sent, part);
    ring_.commit(length, message.type | static_cast<std::uint32_t>(message.kind) | flags);
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
  MessageKind kind = MessageKind::plain;
  std::uint32_t call = 0;           // of a call or a reply
  std::uint32_t status = kReplyOk;  // of a reply: kReplyOk or kReplyFailed
};

enum class ReadStatus { message, again, corrupt, too_large, out_of_memory };

// Used by one thread at a time, like the RingReader beneath it.
class MessageReader {
 public:
  // `max_message_bytes` is for payloads; a call's head does not count.
  MessageReader(RingReader& ring, std::uint32_t max_message_bytes) noexcept
      : ring_(ring), max_message_bytes_(max_message_bytes) {}

  // The next whole message. The one before it is given back. After anything but `message` and `again` stop reading; the
  // record that was wrong stays in the ring.
  [[nodiscard]] ReadStatus next(IncomingMessage& message) noexcept {
    release();
    Record record;
    for (;;) {
      switch (ring_.try_read(record)) {
        case RingStatus::again: return ReadStatus::again;
        case RingStatus::corrupt: return ReadStatus::corrupt;
        case RingStatus::ok: break;
      }
      const ReadStatus status = add_record(record, message);
      if (status == ReadStatus::message) in_ring_ = true;
      if (status != ReadStatus::again) return status;
      ring_.pop();
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
  // `again`: there is more to come.
  ReadStatus add_record(const Record& record, IncomingMessage& message) noexcept {
    const std::uint32_t type = record.tag & kMaxMessageType;
    const std::uint32_t place = record.tag & (kFlagFirst | kFlagLast);
    const std::uint32_t kind_flags = record.tag & (kFlagCall | kFlagReply | kFlagControl);
    const std::uint32_t others = record.tag & ~(kMaxMessageType | place | kind_flags);
    if (others == kFlagAbandoned && place == 0 && kind_flags == 0) {
      if (record.length != 0) return ReadStatus::corrupt;
      assembling_ = false;
      assembled_.reset();
      return ReadStatus::again;
    }
    if (others != 0 || (kind_flags & (kind_flags - 1)) != 0) return ReadStatus::corrupt;  // more than one of them
    const auto kind = static_cast<MessageKind>(kind_flags);
    if (kind == MessageKind::control && type != 0) return ReadStatus::corrupt;
    if (place != (kFlagFirst | kFlagLast)) return add_fragment(type, kind, place, record, message);
    if (assembling_) return ReadStatus::corrupt;
    if (const ReadStatus status = check_length(kind, record.length); status != ReadStatus::message) return status;
    return open(type, kind, record.payload, record.length, message);
  }

  ReadStatus add_fragment(std::uint32_t type, MessageKind kind, std::uint32_t place, const Record& record,
                          IncomingMessage& message) noexcept {
    const std::byte* data = record.payload;
    std::uint32_t length = record.length;
    if ((place & kFlagFirst) != 0) {
      if (assembling_ || length < kFragmentPrefixSize) return ReadStatus::corrupt;
      const std::uint32_t size = read_word(data, 0);
      if (read_word(data, 4) != 0) return ReadStatus::corrupt;
      if (const ReadStatus status = check_length(kind, size); status != ReadStatus::message) return status;
      data += kFragmentPrefixSize;
      length -= kFragmentPrefixSize;
      type_ = type;
      kind_ = kind;
      size_ = size;
      filled_ = 0;
      assembled_.reset(new (std::nothrow) std::byte[size_]);
      if (!assembled_) return ReadStatus::out_of_memory;
      assembling_ = true;
    }
    if (!assembling_ || type != type_ || kind != kind_ || length > size_ - filled_) return ReadStatus::corrupt;
    if (length != 0) std::memcpy(assembled_.get() + filled_, data, length);
    filled_ += length;
    if ((place & kFlagLast) == 0) return ReadStatus::again;
    if (filled_ != size_) return ReadStatus::corrupt;
    assembling_ = false;
    return open(type_, kind_, assembled_.get(), size_, message);
  }

  // `message` when one of this length may be, its head included.
  [[nodiscard]] ReadStatus check_length(MessageKind kind, std::uint32_t length) const noexcept {
    if (length < head_size(kind)) return ReadStatus::corrupt;
    return length - head_size(kind) > max_message_bytes_ ? ReadStatus::too_large : ReadStatus::message;
  }

  // Takes the head of a call or reply off a whole message, whose length has been checked.
  [[nodiscard]] static ReadStatus open(std::uint32_t type, MessageKind kind, const std::byte* data,
                                       std::uint32_t length, IncomingMessage& message) noexcept {
    const std::uint32_t head = head_size(kind);
    message = {.type = type, .data = data + head, .size = length - head, .kind = kind};
    if (head == 0) return ReadStatus::message;
    message.call = read_word(data, 0);
    message.status = read_word(data, 4);
    const std::uint32_t largest_status = kind == MessageKind::call ? kReplyOk : kReplyFailed;
    return message.status > largest_status ? ReadStatus::corrupt : ReadStatus::message;
  }

  // Exactly once: in shared memory the other side may rewrite it at any time.
  [[nodiscard]] static std::uint32_t read_word(const std::byte* data, std::uint32_t offset) noexcept {
    return word_at(const_cast<std::byte*>(data), offset).load(std::memory_order_relaxed);
  }

  RingReader& ring_;
  const std::uint32_t max_message_bytes_;
  bool in_ring_ = false;
  bool assembling_ = false;
  std::unique_ptr<std::byte[]> assembled_;
  std::uint32_t type_ = 0;
  MessageKind kind_ = MessageKind::plain;
  std::uint32_t size_ = 0;
  std::uint32_t filled_ = 0;
};

}  // namespace shared_channel
