// What the application and the process of a plugin say to each other: a kind and some texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shared_channel {

struct Packet {
  std::uint32_t kind = 0;
  std::vector<std::string> fields;

  [[nodiscard]] std::string encode() const;
  // None for bytes that are no packet.
  static std::optional<Packet> decode(std::string_view bytes);
};

// A field that is a number, in decimal; none for what is no number or does not fit.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

}  // namespace shared_channel
