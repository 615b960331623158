// What the application and the process of a plugin tell each other beside the channel's segment, as packets over two
// connections: events (with `start` first, and the end of it as the request to stop) and exchanges. What comes from the
// process is hostile until checked, for the plugin may have written over anything there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "packet.hpp"
#include "plugin_runner.hpp"
#include "shared_channel/layout.h"

namespace shared_channel {

// What the process is to do. Two descriptors come with it: the segment and its end of the connection for exchanges.
struct HostStart {
  PluginOptions plugin;
  std::uint32_t capacities[2] = {0, 0};
  std::chrono::milliseconds shutdown_timeout{0};
  std::optional<std::chrono::milliseconds> hang_timeout{};

  [[nodiscard]] Packet packet() const;
  static std::optional<HostStart> from(const Packet& packet);
};

// Longer texts of the plugin are cut, so that nothing that the process sends is large.
inline constexpr std::size_t kMaxEventText = 65536;
inline constexpr std::size_t kMaxEventPacket = 6 * kMaxEventText;

[[nodiscard]] Packet packet_of(const PluginEvent& event);
[[nodiscard]] std::optional<PluginEvent> event_of(const Packet& packet);

// Memory for exchanges up to this size is kept from one to the next; both sides know by it what the process has.
inline constexpr std::size_t kKeptExchange = 1 << 20;

// The plugin is to work in `size` bytes of a segment, which comes with this packet, or came with the one before.
struct ExchangeRequest {
  std::uint64_t memory_size = 0;  // of the whole segment
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  [[nodiscard]] Packet packet() const;
  static std::optional<ExchangeRequest> from(const Packet& packet);
};

// What came of it: how many bytes the plugin wrote, or an error.
struct ExchangeAnswer {
  std::uint64_t written = 0;
  std::string code = {};
  std::string text = {};

  [[nodiscard]] Packet packet() const;
  static std::optional<ExchangeAnswer> from(const Packet& packet);
};

}  // namespace shared_channel
