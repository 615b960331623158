#include "message_sender.hpp"

#include <utility>

#include "hang_watch.hpp"

namespace shared_channel {
namespace {

bool has_passed(const Deadline& deadline) { return deadline && std::chrono::steady_clock::now() >= *deadline; }

}  // namespace

MessageSender::MessageSender(End& end, std::byte* base, const Layout& layout, std::uint32_t side) noexcept
    : end_(end), bell_(base, side), peer_bell_(base, 1 - side), ring_(base, layout, side), writer_(ring_) {}

SendStatus MessageSender::send(OutgoingMessage& message, const Deadline& deadline) noexcept {
  if (const SendStatus status = acquire(deadline); status != SendStatus::ok) return status;
  const SendStatus status = write_when_room(deadline, [&] {
    const RingStatus written = writer_.try_write(message);
    if ((message.started || written == RingStatus::ok) && peer_bell_.take(kWaitingForData)) end_.wake_peer();
    return written;
  });
  if (status != SendStatus::ok) writer_.abandon(message);
  release();
  return status;
}

SendStatus MessageSender::reserve(std::uint32_t size, const Deadline& deadline, std::byte*& slot) noexcept {
  if (const SendStatus status = acquire(deadline); status != SendStatus::ok) return status;
  const SendStatus status = write_when_room(deadline, [&] {
    const RingStatus written = writer_.write_abandonment();
    return written == RingStatus::ok ? ring_.try_reserve(size, slot) : written;
  });
  if (status != SendStatus::ok) {
    release();
    return status;
  }
  const std::lock_guard lock(mutex_);
  slot_open_ = true;
  slot_size_ = size;
  return SendStatus::ok;
}

SendStatus MessageSender::commit(std::uint32_t type, std::uint32_t size) noexcept {
  if (!close_slot()) return SendStatus::invalid;
  SendStatus status = SendStatus::ok;
  if (!end_.may_send()) {
    status = SendStatus::ended;
  } else if (type > kMaxMessageType || size > slot_size_) {
    status = SendStatus::invalid;
  } else {
    ring_.commit(size, type | kFlagFirst | kFlagLast);
    if (peer_bell_.take(kWaitingForData)) end_.wake_peer();
  }
  release();
  return status;
}

void MessageSender::abort() noexcept {
  if (close_slot()) release();
}

void MessageSender::wake_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  free_.notify_all();
}

void MessageSender::finish() noexcept {
  abort();
  std::unique_lock lock(mutex_);
  free_.notify_all();
  free_.wait(lock, [this] { return !taken_; });
}

bool MessageSender::close_slot() noexcept {
  const std::lock_guard lock(mutex_);
  return std::exchange(slot_open_, false);
}

SendStatus MessageSender::acquire(const Deadline& deadline) noexcept {
  std::unique_lock lock(mutex_);
  if (taken_) {
    if (slot_open_ && owner_ == std::this_thread::get_id()) return SendStatus::busy;
    const auto is_free = [this] { return !taken_ || !end_.may_send(); };
    const HangWatch::Pause pause;
    if (!deadline) {
      free_.wait(lock, is_free);
    } else if (!free_.wait_until(lock, *deadline, is_free)) {
      return SendStatus::timeout;
    }
  }
  if (!end_.may_send()) {
    free_.notify_all();  // the others that wait would hear of it from nobody else
    return SendStatus::ended;
  }
  taken_ = true;
  owner_ = std::this_thread::get_id();
  return SendStatus::ok;
}

void MessageSender::release() noexcept {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  free_.notify_one();
}

// Repeats `step` until it has written, sleeping while the ring is full. Only the holder of the writer gets here, so
// that one thread at most waits for room.
template <typename Step>
SendStatus MessageSender::write_when_room(const Deadline& deadline, Step&& step) noexcept {
  bool announced = false;
  bool slept = false;
  std::uint32_t seen = 0;
  SendStatus status = SendStatus::ok;
  for (;;) {
    const RingStatus written = step();
    if (written == RingStatus::ok) break;
    if (written == RingStatus::corrupt) {
      end_.found_corrupt();
      status = SendStatus::corrupt;
      break;
    }
    if (!end_.may_send()) {
      status = SendStatus::ended;
      break;
    }
    if (!announced) {
      seen = bell_.value();
      bell_.announce(kWaitingForRoom);
      announced = slept = true;
      continue;  // look once more: the room may have come before the announcement
    }
    if (has_passed(deadline)) {
      status = SendStatus::timeout;
      break;
    }
    const HangWatch::Pause pause;
    sleep_on(bell_.word(), seen, deadline);
    announced = false;
  }
  if (slept) bell_.withdraw(kWaitingForRoom);
  return status;
}

}  // namespace shared_channel
