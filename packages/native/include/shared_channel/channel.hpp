// One end of a channel for native programs; the other end is in another process: JavaScript's `createChannel` or
// `openChannel`, or a native program again. Link with SharedChannel::native.
//
//   int main(int, char** arguments) {
//     auto channel = shared_channel::Channel::open(arguments[1]);  // the handle that createChannel gave
//     while (const auto message = channel.receive()) channel.send(message->type, message->bytes);
//     channel.close();
//   }
//
// Threads: any may send, reply and fail, and messages of one thread keep their order. One at a time receives: `receive`,
// `try_receive`, `request`, `has_ended` and `close` are for the same thread, or for one after the other. `interrupt` and
// `peer` may be called from any. Whoever sends while the channel is closed gets CLOSED; nobody may be in a function of one that
// is destroyed.
//
// Errors: what can go wrong everywhere is not repeated below. Error CLOSED: this end was closed, or the other one has
// closed and takes nothing any more. PEER_LOST: the other side ended without closing; what it had sent before is received
// first. CORRUPT: the other side wrote something impossible into the shared memory; nothing more is read or written.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "error.hpp"

namespace shared_channel {

// How long to wait at most; nothing waits for ever.
using Timeout = std::optional<std::chrono::nanoseconds>;
inline constexpr Timeout kForever = std::nullopt;

struct CreateChannelOptions {
  // Bytes of the ring to the other side, up to 1 GiB, rounded up to a power of two from 4 KiB on.
  std::uint32_t capacity = 512 * 1024;
  // Bytes of the ring from the other side. 0: as many.
  std::uint32_t receive_capacity = 0;
  // The largest message that is sent or received, in bytes; the same as JavaScript's `maxMessageBytes`.
  std::uint32_t max_message_bytes = 1024 * 1024 * 1024;
};

struct OpenChannelOptions {
  // The process that gave the handle belongs to this application; see SharedBuffer::open.
  bool trusted = false;
  std::uint32_t max_message_bytes = 1024 * 1024 * 1024;
};

// Who is at the other end.
enum class ChannelPeer {
  none,     // nobody has opened it yet
  present,  // also while it closes: it still reads, and may be answered
  left,     // it has closed
  lost,     // it ended without closing
};

class Channel {
  class Impl;

 public:
  // A call of the other side, which wants one answer: see `reply`.
  struct Request {
    std::uint32_t type = 0;
    std::uint32_t number = 0;  // the caller's
  };

  struct Message {
    std::uint32_t type = 0;  // the message's id in the protocol, 0 to 16,777,215
    // 8-aligned; valid until the next call of `receive`, `try_receive`, `request` or `close`. Often in shared memory, where a
    // peer that misbehaves could change it while it is read: check a copy, not the original, before you rely on a check.
    std::span<const std::byte> bytes = {};
    // Set when the other side waits for an answer (`channel.request`).
    std::optional<Request> request = {};

    // The payload as text, copied.
    [[nodiscard]] std::string text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  };

  // Room for one message inside the ring: written in place, then committed; given back when it goes out of scope. Lives at
  // most as long as its channel.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)), bytes_(other.bytes_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

    // Writable, 8-aligned.
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

    // Sends the first `size` bytes as a message of `type`. Throws Error INVALID_ARGUMENT when there are not as many, the type
    // has more than 24 bits, or the slot was committed before; it is gone either way.
    void commit(std::uint32_t type, std::size_t size);
    void commit(std::uint32_t type) { commit(type, bytes_.size()); }

   private:
    friend class Channel;
    Slot(Impl& impl, std::span<std::byte> bytes) noexcept : impl_(&impl), bytes_(bytes) {}

    Impl* impl_;  // null once it is gone
    std::span<std::byte> bytes_;
  };

  // Makes a channel, whose other end is opened by `peer_handle`. Throws Error INVALID_ARGUMENT for a bad capacity,
  // OUT_OF_MEMORY.
  [[nodiscard]] static Channel create(const CreateChannelOptions& options = {});

  // Opens the other end of a channel, once. Throws Error INVALID_ARGUMENT for what is no handle of a channel, and when that
  // end is open already; PEER_LOST, CLOSED, NOT_SUPPORTED, OUT_OF_MEMORY as SharedBuffer::open; CORRUPT; VERSION_MISMATCH.
  [[nodiscard]] static Channel open(std::string_view handle, const OpenChannelOptions& options = {});

  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) noexcept;
  // Waits for nothing: for the other side a channel that was not closed is lost.
  ~Channel();

  // The handle of the other end: a line of text, valid as long as this end is open.
  [[nodiscard]] std::string peer_handle() const;

  // ---- Sending ----

  // Copies `bytes` into the ring as a message of `type`, in fragments if it is larger; waits while there is no room. Throws
  // Error TIMEOUT, and then the other side sees nothing of the message; MESSAGE_TOO_LARGE; INVALID_ARGUMENT for a type above
  // 24 bits.
  void send(std::uint32_t type, std::span<const std::byte> bytes, Timeout timeout = kForever);
  void send(std::uint32_t type, std::string_view text, Timeout timeout = kForever);

  // Sends a message if there is room for it now, in one piece; returns whether it was sent. Throws as `send`, and Error
  // MESSAGE_TOO_LARGE above `max_slot_size`.
  [[nodiscard]] bool try_send(std::uint32_t type, std::span<const std::byte> bytes);

  // Room for up to `size` bytes in the ring itself, to write a message in place without a copy. One slot at a time: other
  // threads that send wait until it is committed or gone, and this one may not send meanwhile (INVALID_ARGUMENT). Throws Error
  // MESSAGE_TOO_LARGE above `max_slot_size`, TIMEOUT.
  [[nodiscard]] Slot reserve(std::size_t size, Timeout timeout = kForever);

  // The largest size for `reserve`: half the ring less 8 bytes.
  [[nodiscard]] std::size_t max_slot_size() const;

  // ---- Receiving ----

  // The next message. Nothing when none came in time, or `interrupt` was called, or the other side has closed and all that
  // it sent was received: then `has_ended` is true. Throws Error MESSAGE_TOO_LARGE when the other side sends too much, and
  // OUT_OF_MEMORY when there is none to put a large message together: both end the channel.
  [[nodiscard]] std::optional<Message> receive(Timeout timeout = kForever);
  [[nodiscard]] std::optional<Message> try_receive() { return receive(std::chrono::nanoseconds(0)); }

  // Whether nothing will be received any more, because the other side has closed in good order.
  [[nodiscard]] bool has_ended() const;

  // Makes the `receive` that waits, or else the next one, return without a message. [any thread]
  void interrupt() noexcept;

  // ---- Calls ----

  // Calls the other side (`channel.handle` in JavaScript) and waits for its answer. Messages that come in before the answer
  // are kept, as copies, for `receive`. Throws Error REMOTE_ERROR with the other side's reason when it fails; TIMEOUT;
  // QUEUE_FULL when more than 64 MiB of other messages come first; what `send` and `receive` throw. An answer that comes
  // too late is ignored.
  [[nodiscard]] std::vector<std::byte> request(std::uint32_t type, std::span<const std::byte> bytes,
                                               Timeout timeout = kForever);
  [[nodiscard]] std::vector<std::byte> request(std::uint32_t type, std::string_view text, Timeout timeout = kForever);

  // Answers a call, at once or later, in any order. Of several answers to one call the first counts. Throws as `send`.
  void reply(const Request& request, std::span<const std::byte> bytes, Timeout timeout = kForever);
  void reply(const Request& request, std::string_view text, Timeout timeout = kForever);

  // Answers a call with the reason why there is no other answer, as UTF-8: the caller's promise is rejected with it.
  void fail(const Request& request, std::string_view reason, Timeout timeout = kForever);

  // ---- The end ----

  [[nodiscard]] ChannelPeer peer() const;

  // Sends nothing more, tells the other side, and waits until it has taken everything and has closed too, at most for
  // `timeout`. What it still sends meanwhile is dropped: receive before you close. Safe to call again; throws nothing that
  // the end of the other side could cause.
  //
  // Returns how many messages of this side were not taken.
  std::size_t close(Timeout timeout = std::chrono::seconds(1));

 private:
  explicit Channel(std::unique_ptr<Impl> impl) noexcept;
  [[nodiscard]] Impl& open_impl() const;

  std::unique_ptr<Impl> impl_;  // null once moved from
};

}  // namespace shared_channel
