// The sending half of one end of a channel, for any number of threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include "doorbell.hpp"
#include "shared_channel/message.hpp"

namespace shared_channel {

// The numbers are those of plugin.h.
enum class SendStatus : std::int32_t {
  ok = 0,
  timeout = -1,
  ended = -2,  // nothing can be sent any more
  invalid = -4,
  busy = -5,  // this thread holds an open slot
  corrupt = -6,
};

// One message at a time is written, by whichever thread; a slot keeps the writer until it is committed or given back. So the
// messages of a thread keep their order. All functions may be called from any thread.
class MessageSender {
 public:
  // The end of the channel that the sender belongs to. Called from the threads that send.
  class End {
   public:
    // Whether it makes sense to send, or to wait for room. What changes that rings this end's bell.
    virtual bool may_send() noexcept = 0;
    // The other side's announcement was taken, and its bell moved.
    virtual void wake_peer() noexcept = 0;
    // The other side's reading position cannot be.
    virtual void found_corrupt() noexcept = 0;

   protected:
    ~End() = default;
  };

  // Writes the ring of `side`.
  MessageSender(End& end, std::byte* base, const Layout& layout, std::uint32_t side) noexcept;
  MessageSender(const MessageSender&) = delete;
  MessageSender& operator=(const MessageSender&) = delete;

  // The largest slot.
  [[nodiscard]] std::uint32_t max_slot_size() const noexcept { return max_record_payload(ring_.capacity()); }

  // Waits for room until the deadline; of a message that does not get in the other side sees nothing.
  [[nodiscard]] SendStatus send(OutgoingMessage& message, const Deadline& deadline) noexcept;

  // Room for `size` bytes, at most `max_slot_size`, in the ring itself.
  [[nodiscard]] SendStatus reserve(std::uint32_t size, const Deadline& deadline, std::byte*& slot) noexcept;

  // Sends the first `size` bytes of the slot; it is gone then, whatever is returned.
  SendStatus commit(std::uint32_t type, std::uint32_t size) noexcept;

  // Gives the slot back; harmless when none is open.
  void abort() noexcept;

  // Has those who wait for others to finish ask again whether they may send. (Who waits for room hears the bell.)
  void wake_waiting() noexcept;

  // For an end that may not send any more, after it has rung its own bell: gives an open slot back, and returns when nobody
  // writes.
  void finish() noexcept;

  // Has the other side taken everything? [after `finish`]
  [[nodiscard]] bool is_read() const noexcept { return ring_.is_read(); }

 private:
  SendStatus acquire(const Deadline& deadline) noexcept;
  void release() noexcept;
  [[nodiscard]] bool close_slot() noexcept;
  template <typename Step>
  SendStatus write_when_room(const Deadline& deadline, Step&& step) noexcept;

  End& end_;
  const Bell bell_;
  const Bell peer_bell_;
  RingWriter ring_;
  MessageWriter writer_;

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
  std::thread::id owner_;
  bool slot_open_ = false;
  std::uint32_t slot_size_ = 0;
};

}  // namespace shared_channel
