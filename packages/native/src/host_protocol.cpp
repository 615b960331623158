#include "host_protocol.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace shared_channel {
namespace {

// Kinds of packets; those of events are the numbers of PluginEvent::Kind.
constexpr std::uint32_t kStart = 16;
constexpr std::uint32_t kExchangeRequest = 17;
constexpr std::uint32_t kExchangeAnswer = 18;

using Milliseconds = std::chrono::milliseconds;

std::string field(std::uint64_t number) { return std::to_string(number); }
std::string field(const std::optional<Milliseconds>& time) { return time ? std::to_string(time->count()) : ""; }

bool has(const Packet& packet, std::uint32_t kind, std::size_t fields) {
  return packet.kind == kind && packet.fields.size() == fields;
}

std::optional<Milliseconds> time_of(const std::string& field) {
  const auto number = parse_number(field);
  if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) return std::nullopt;
  return Milliseconds(*number);
}

// A code is shown and compared, so it must look like one.
std::string code_of(const std::string& field) {
  const bool is_code = field.size() <= 32 && std::all_of(field.begin(), field.end(), [](char letter) {
                         return (letter >= 'A' && letter <= 'Z') || letter == '_';
                       });
  return is_code ? field : "PLUGIN_ERROR";
}

}  // namespace

Packet HostStart::packet() const {
  return {.kind = kStart,
          .fields = {plugin.path, plugin.options_json, field(plugin.update_interval), field(capacities[0]),
                     field(capacities[1]), field(shutdown_timeout), field(hang_timeout)}};
}

std::optional<HostStart> HostStart::from(const Packet& packet) {
  if (!has(packet, kStart, 7)) return std::nullopt;
  const auto& fields = packet.fields;
  const auto capacity0 = parse_number(fields[3]);
  const auto capacity1 = parse_number(fields[4]);
  const auto shutdown_timeout = time_of(fields[5]);
  if (!capacity0 || !capacity1 || !shutdown_timeout) return std::nullopt;
  return HostStart{
      .plugin = {.path = fields[0], .options_json = fields[1], .update_interval = time_of(fields[2])},
      .capacities = {static_cast<std::uint32_t>(*capacity0), static_cast<std::uint32_t>(*capacity1)},
      .shutdown_timeout = *shutdown_timeout,
      .hang_timeout = time_of(fields[6])};
}

Packet packet_of(const PluginEvent& event) {
  Packet packet{.kind = static_cast<std::uint32_t>(event.kind),
                .fields = {event.code, event.text, std::to_string(event.level), event.name, event.version,
                           field(event.abi_minor)}};
  for (std::string& text : packet.fields) {
    if (text.size() > kMaxEventText) text.resize(kMaxEventText);
  }
  return packet;
}

std::optional<PluginEvent> event_of(const Packet& packet) {
  if (packet.kind > static_cast<std::uint32_t>(PluginEvent::Kind::ended) || packet.fields.size() != 6) return std::nullopt;
  const auto& fields = packet.fields;
  const auto level = parse_number(fields[2]);
  const auto abi_minor = parse_number(fields[5]);
  if (!abi_minor) return std::nullopt;
  return PluginEvent{.kind = static_cast<PluginEvent::Kind>(packet.kind),
                     .code = code_of(fields[0]),
                     .text = fields[1],
                     // Any other number is none of JavaScript's levels either.
                     .level = level && *level <= SC_LOG_ERROR ? static_cast<sc_log_level>(*level) : SC_LOG_INFO,
                     .name = fields[3],
                     .version = fields[4],
                     .abi_minor = static_cast<std::uint32_t>(*abi_minor)};
}

Packet ExchangeRequest::packet() const {
  return {.kind = kExchangeRequest, .fields = {field(memory_size), field(offset), field(size)}};
}

std::optional<ExchangeRequest> ExchangeRequest::from(const Packet& packet) {
  if (!has(packet, kExchangeRequest, 3)) return std::nullopt;
  const auto memory_size = parse_number(packet.fields[0]);
  const auto offset = parse_number(packet.fields[1]);
  const auto size = parse_number(packet.fields[2]);
  if (!memory_size || !offset || !size) return std::nullopt;
  return ExchangeRequest{.memory_size = *memory_size, .offset = *offset, .size = *size};
}

Packet ExchangeAnswer::packet() const { return {.kind = kExchangeAnswer, .fields = {field(written), code, text}}; }

std::optional<ExchangeAnswer> ExchangeAnswer::from(const Packet& packet) {
  if (!has(packet, kExchangeAnswer, 3)) return std::nullopt;
  const auto written = parse_number(packet.fields[0]);
  if (!written) return std::nullopt;
  return ExchangeAnswer{.written = *written, .code = packet.fields[1], .text = packet.fields[2]};
}

}  // namespace shared_channel
