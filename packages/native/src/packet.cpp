#include "packet.hpp"

#include <charconv>
#include <cstring>

namespace shared_channel {
namespace {

// Both ends are processes of one machine: numbers are as it has them.
void put(std::string& bytes, std::uint32_t number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof raw);
  bytes.append(raw, sizeof raw);
}

std::optional<std::uint32_t> take(std::string_view& bytes) {
  std::uint32_t number = 0;
  if (bytes.size() < sizeof number) return std::nullopt;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

}  // namespace

std::string Packet::encode() const {
  std::string bytes;
  put(bytes, kind);
  for (const std::string& field : fields) {
    put(bytes, static_cast<std::uint32_t>(field.size()));
    bytes += field;
  }
  return bytes;
}

std::optional<Packet> Packet::decode(std::string_view bytes) {
  const auto kind = take(bytes);
  if (!kind) return std::nullopt;
  Packet packet{.kind = *kind, .fields = {}};
  while (!bytes.empty()) {
    const auto size = take(bytes);
    if (!size || *size > bytes.size()) return std::nullopt;
    packet.fields.emplace_back(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
  }
  return packet;
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace shared_channel
