// One direction of a channel: a ring of bytes with one writer and one reader, which may be two threads, two processes,
// or a thread and JavaScript. No Node-API and no OS calls here; whoever sleeps or wakes does it beside the ring
// (Bell below says when).
//
// Threads: one RingWriter and one RingReader per ring, each used by one thread at a time.
//
// Memory order. Positions that a sleeper may look at before it goes to sleep are stored and loaded seq_cst: with
// release and acquire alone the publisher's store of the position and its load of the waiting word may pass each other,
// and the wake-up is lost. Record heads are atomic words because the other side may be hostile and rewrite them at any
// time: each is read exactly once, checked, then used.
#pragma once

#include <cstdint>

#include "layout.h"

namespace shared_channel {

enum class RingStatus {
  ok,
  again,    // the ring is full (writer) or empty (reader)
  corrupt,  // the other side has written something impossible: stop using this ring
};

class RingWriter {
 public:
  // `base` is the segment, `ring` 0 or 1. Both sides start at position 0.
  RingWriter(std::byte* base, const Layout& layout, std::uint32_t ring) noexcept
      : data_(base + layout.ring_offset[ring]),
        capacity_(layout.ring_capacity[ring]),
        tail_(word_at(base, kTailOffset + kRingStride * ring)),
        head_(word_at(base, kHeadOffset + kRingStride * ring)) {}
  RingWriter(const RingWriter&) = delete;
  RingWriter& operator=(const RingWriter&) = delete;

  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }

  // Room for a record with `size` bytes of payload (at most max_record_payload), contiguous and 8-aligned, at `slot`.
  // Nothing is seen by the reader before `commit`. Reserving again forgets the slot reserved before.
  [[nodiscard]] RingStatus try_reserve(std::uint32_t size, std::byte*& slot) noexcept {
    const std::uint32_t index = position_ & (capacity_ - 1);
    const std::uint32_t to_end = capacity_ - index;
    const std::uint32_t record = kRecordHeadSize + align_record(size);
    filler_ = record > to_end ? to_end : 0;
    if (const RingStatus status = require(filler_ + record); status != RingStatus::ok) return status;
    slot = data_ + ((index + filler_) & (capacity_ - 1)) + kRecordHeadSize;
    return RingStatus::ok;
  }

  // Publishes the reserved record with its first `size` bytes (at most what was reserved) and the given tag.
  void commit(std::uint32_t size, std::uint32_t tag) noexcept {
    if (filler_ != 0) {
      write_head(filler_ - kRecordHeadSize, kFlagFiller);
      position_ += filler_;
      filler_ = 0;
    }
    write_head(size, tag);
    position_ += kRecordHeadSize + align_record(size);
    tail_.store(position_, std::memory_order_seq_cst);
  }

  // Has the reader given everything back?
  [[nodiscard]] bool is_read() const noexcept { return head_.load(std::memory_order_seq_cst) == position_; }

 private:
  void write_head(std::uint32_t length, std::uint32_t tag) noexcept {
    std::byte* const record = data_ + (position_ & (capacity_ - 1));
    word_at(record, 0).store(length, std::memory_order_relaxed);
    word_at(record, 4).store(tag, std::memory_order_relaxed);
  }

  [[nodiscard]] RingStatus require(std::uint32_t bytes) noexcept {
    if (capacity_ - (position_ - known_head_) >= bytes) return RingStatus::ok;
    const std::uint32_t head = head_.load(std::memory_order_seq_cst);
    // The reader may only move forward, up to what we have published, from record to record.
    if (head - known_head_ > position_ - known_head_ || head % kRecordAlignment != 0) return RingStatus::corrupt;
    known_head_ = head;
    return capacity_ - (position_ - head) >= bytes ? RingStatus::ok : RingStatus::again;
  }

  std::byte* const data_;
  const std::uint32_t capacity_;
  Word& tail_;
  const Word& head_;
  std::uint32_t position_ = 0;    // ours alone; never read back from shared memory
  std::uint32_t known_head_ = 0;  // the reader's position when we last looked
  std::uint32_t filler_ = 0;      // in front of the reserved record
};

// A record in the ring. `payload` is shared memory: it stays until `RingReader::pop`, and a hostile writer may change it
// while it is read.
struct Record {
  const std::byte* payload = nullptr;
  std::uint32_t length = 0;
  std::uint32_t tag = 0;
};

class RingReader {
 public:
  // `start`: where the first record is; other than at position 0 only for who looks at what another reader left.
  RingReader(std::byte* base, const Layout& layout, std::uint32_t ring, std::uint32_t start = 0) noexcept
      : data_(base + layout.ring_offset[ring]),
        capacity_(layout.ring_capacity[ring]),
        tail_(word_at(base, kTailOffset + kRingStride * ring)),
        head_(word_at(base, kHeadOffset + kRingStride * ring)),
        taken_(word_at(base, kTakenOffset + kRingStride * ring)),
        position_(start),
        published_(start),
        known_tail_(start) {}
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  // The next record, if there is one. It stays in the ring until `pop`.
  [[nodiscard]] RingStatus try_read(Record& record) noexcept {
    for (;;) {
      if (position_ == known_tail_) {
        const RingStatus status = look_again();
        if (status != RingStatus::ok) return status;
      }
      const std::uint32_t available = known_tail_ - position_;
      const std::uint32_t index = position_ & (capacity_ - 1);
      const std::uint32_t to_end = capacity_ - index;
      std::byte* const head = data_ + index;
      const std::uint32_t length = word_at(head, 0).load(std::memory_order_relaxed);
      const std::uint32_t tag = word_at(head, 4).load(std::memory_order_relaxed);
      // Checked before it is rounded up: a length near 2^32 would wrap to a small one.
      if (length > capacity_ - kRecordHeadSize) return RingStatus::corrupt;
      const std::uint32_t size = kRecordHeadSize + align_record(length);
      if (size > available || size > to_end) return RingStatus::corrupt;
      if ((tag & kFlagFiller) != 0) {
        if (size != to_end) return RingStatus::corrupt;
        position_ += size;
        continue;
      }
      if (length > max_record_payload(capacity_)) return RingStatus::corrupt;
      size_ = size;
      record = {.payload = head + kRecordHeadSize, .length = length, .tag = tag};
      return RingStatus::ok;
    }
  }

  // Is there something that `try_read` has not seen? What a sleeper asks after it has said that it waits.
  [[nodiscard]] bool has_more() const noexcept {
    return position_ != known_tail_ || tail_.load(std::memory_order_seq_cst) != position_;
  }

  // Done with the record that `try_read` gave. The writer learns of it at the next `publish`.
  void pop() noexcept {
    position_ += size_;
    size_ = 0;
  }

  // Enough has been read that a waiting writer should hear of it, even in the middle of a batch.
  [[nodiscard]] bool should_publish() const noexcept { return position_ - published_ >= capacity_ / 4; }

  // What was popped has been dealt with: should this side end now, it was not lost. Costs next to nothing, since this side
  // alone writes the line; for one that may crash.
  void mark_taken() noexcept { taken_.store(position_, std::memory_order_relaxed); }

  // Gives the room of all popped records back. Returns whether there was any.
  bool publish() noexcept {
    if (published_ == position_) return false;
    published_ = position_;
    head_.store(position_, std::memory_order_seq_cst);
    return true;
  }

 private:
  [[nodiscard]] RingStatus look_again() noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_seq_cst);
    if (tail == position_) return RingStatus::again;
    // The writer can be ahead of what we have given back by at most the capacity, and never behind us.
    if (tail - published_ > capacity_ || tail - published_ < position_ - published_ || tail % kRecordAlignment != 0) {
      return RingStatus::corrupt;
    }
    known_tail_ = tail;
    return RingStatus::ok;
  }

  std::byte* const data_;
  const std::uint32_t capacity_;
  const Word& tail_;
  Word& head_;
  Word& taken_;
  std::uint32_t position_;    // ours alone; never read back from shared memory
  std::uint32_t published_;   // what the writer knows of it
  std::uint32_t known_tail_;  // the writer's position when we last looked
  std::uint32_t size_ = 0;    // of the record that try_read gave
};

// How many messages are in a ring that its reader has not dealt with. For a report at the end: the other side could have
// rewritten positions and records, so that what looks impossible ends the count.
[[nodiscard]] inline std::size_t count_unread(std::byte* base, const Layout& layout, std::uint32_t ring) noexcept {
  const auto word = [&](std::uint32_t offset) { return word_at(base, offset + kRingStride * ring).load(); };
  const std::uint32_t head = word(kHeadOffset);
  const std::uint32_t taken = word(kTakenOffset);
  // Not every reader says what it has dealt with, and none while it puts a message together.
  const std::uint32_t start = taken - head > word(kTailOffset) - head ? head : taken;
  // A record that starts elsewhere than at a multiple of 8 could reach beyond the ring.
  if (start % kRecordAlignment != 0) return 0;
  RingReader reader(base, layout, ring, start);
  std::size_t count = 0;
  for (Record record; reader.try_read(record) == RingStatus::ok; reader.pop()) count += (record.tag & kFlagLast) != 0;
  return count;
}

// When to sleep and whom to wake: the words of one side. How a thread sleeps on the bell word, or how JavaScript is
// woken, is the host's business.
//
// The sleeper:   seen = bell.value();  bell.announce(what);  look once more;  nothing?  sleep while value() == seen.
// The publisher: store the position (seq_cst);  if (bell.take(what)) wake the sleepers of this side.
class Bell {
 public:
  Bell(std::byte* base, std::uint32_t side) noexcept
      : waiting_(word_at(base, kWaitingOffset + kSideStride * side)),
        bell_(word_at(base, kBellOffset + kSideStride * side)) {}

  [[nodiscard]] Word& word() const noexcept { return bell_; }
  [[nodiscard]] std::uint32_t value() const noexcept { return bell_.load(std::memory_order_seq_cst); }

  // Several threads of a side may sleep at once; each announces before it looks.
  void announce(std::uint32_t what) const noexcept { waiting_.fetch_or(what, std::memory_order_seq_cst); }

  // The sleeper is awake, however it came about: nobody needs to ring for it.
  void withdraw(std::uint32_t what) const noexcept { waiting_.fetch_and(~what, std::memory_order_seq_cst); }

  // Takes the announcement and moves the bell; true when somebody must be woken.
  [[nodiscard]] bool take(std::uint32_t what) const noexcept {
    if ((waiting_.load(std::memory_order_seq_cst) & what) == 0) return false;
    if ((waiting_.fetch_and(~what, std::memory_order_seq_cst) & what) == 0) return false;
    bell_.fetch_add(1, std::memory_order_seq_cst);
    return true;
  }

  // Moves the bell whoever waits: at close and when a peer is lost. The caller wakes.
  void move() const noexcept { bell_.fetch_add(1, std::memory_order_seq_cst); }

 private:
  Word& waiting_;
  Word& bell_;
};

}  // namespace shared_channel
