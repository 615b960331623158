#include "shared_channel/channel.hpp"

#include <algorithm>
#include <bit>

#include "channel_impl.hpp"

namespace shared_channel {
namespace {

std::uint32_t checked_capacity(const char* name, std::uint32_t capacity) {
  if (capacity < 1 || capacity > kMaxCapacity) {
    throw Error("INVALID_ARGUMENT", std::string(name) + " must be from 1 to " + std::to_string(kMaxCapacity) +
                                        " bytes (1 GiB); it is " + std::to_string(capacity));
  }
  return std::max(kMinCapacity, std::bit_ceil(capacity));
}

}  // namespace

Channel Channel::create(const CreateChannelOptions& options) {
  const std::uint32_t capacity = checked_capacity("capacity", options.capacity);
  const std::uint32_t receive_capacity =
      options.receive_capacity == 0 ? capacity : checked_capacity("receive_capacity", options.receive_capacity);
  return Channel(std::make_unique<Impl>(ChannelEnd::create(capacity, receive_capacity), options.max_message_bytes));
}

Channel Channel::open(std::string_view handle, const OpenChannelOptions& options) {
  const PeerTrust trust = options.trusted ? PeerTrust::trusted : PeerTrust::untrusted;
  return Channel(std::make_unique<Impl>(ChannelEnd::open(handle, trust), options.max_message_bytes));
}

Channel::Channel(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;
Channel::~Channel() = default;

Channel::Impl& Channel::open_impl() const {
  if (impl_ == nullptr) throw channel_is_closed();
  return *impl_;
}

std::string Channel::peer_handle() const { return open_impl().peer_handle(); }

void Channel::send(std::uint32_t type, std::span<const std::byte> bytes, Timeout timeout) {
  open_impl().send({.type = type}, bytes, timeout);
}
void Channel::send(std::uint32_t type, std::string_view text, Timeout timeout) { send(type, bytes_of(text), timeout); }

bool Channel::try_send(std::uint32_t type, std::span<const std::byte> bytes) { return open_impl().try_send(type, bytes); }

Channel::Slot Channel::reserve(std::size_t size, Timeout timeout) {
  Impl& impl = open_impl();
  return {impl, impl.reserve(size, timeout)};
}

std::size_t Channel::max_slot_size() const { return open_impl().max_slot_size(); }

Channel::Slot::~Slot() {
  if (impl_ != nullptr) impl_->abort();
}

void Channel::Slot::commit(std::uint32_t type, std::size_t size) {
  Impl* const impl = std::exchange(impl_, nullptr);
  if (impl == nullptr || size > bytes_.size()) {
    if (impl != nullptr) impl->abort();
    throw Error("INVALID_ARGUMENT", "this slot is gone, or has fewer bytes");
  }
  impl->commit(type, static_cast<std::uint32_t>(size));
}

std::optional<Channel::Message> Channel::receive(Timeout timeout) { return open_impl().receive(timeout); }
bool Channel::has_ended() const { return open_impl().has_ended(); }

void Channel::interrupt() noexcept {
  if (impl_ != nullptr) impl_->interrupt();
}

std::vector<std::byte> Channel::request(std::uint32_t type, std::span<const std::byte> bytes, Timeout timeout) {
  return open_impl().request(type, bytes, timeout);
}
std::vector<std::byte> Channel::request(std::uint32_t type, std::string_view text, Timeout timeout) {
  return request(type, bytes_of(text), timeout);
}

void Channel::reply(const Request& request, std::span<const std::byte> bytes, Timeout timeout) {
  open_impl().send({.type = request.type, .kind = MessageKind::reply, .call = request.number}, bytes, timeout);
}
void Channel::reply(const Request& request, std::string_view text, Timeout timeout) {
  reply(request, bytes_of(text), timeout);
}
void Channel::fail(const Request& request, std::string_view reason, Timeout timeout) {
  open_impl().send(
      {.type = request.type, .kind = MessageKind::reply, .call = request.number, .status = kReplyFailed},
      bytes_of(reason), timeout);
}

ChannelPeer Channel::peer() const {
  switch (open_impl().look_at_peer()) {
    case PeerState::unknown: return ChannelPeer::none;
    case PeerState::present: return ChannelPeer::present;
    case PeerState::left: return ChannelPeer::left;
    default: return ChannelPeer::lost;
  }
}

std::size_t Channel::close(Timeout timeout) { return impl_ == nullptr ? 0 : impl_->close(timeout); }

}  // namespace shared_channel
