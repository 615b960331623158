#include "buffer_post.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace shared_channel {
namespace {

constexpr char kSeparator = '\n';
constexpr std::uint64_t kLargestId = (std::uint64_t{1} << 53) - 1;
constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 32;
constexpr std::size_t kLongestHandle = 4096;
constexpr std::size_t kLongestReason = 4096;
// In the order of BufferAccess.
constexpr std::array<std::string_view, 3> kAccessNames = {"read-write", "read-only", "read-only-strict"};

// Takes the text up to the next separator off `rest`; none when there is no separator.
std::optional<std::string_view> take_field(std::string_view& rest) {
  const std::size_t end = rest.find(kSeparator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return field;
}

std::optional<std::uint64_t> number_in(std::string_view field, std::uint64_t largest) {
  std::uint64_t number = 0;
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, number);
  const bool has_leading_zero = field.size() > 1 && field.front() == '0';
  if (field.empty() || error != std::errc() || stop != end || has_leading_zero || number > largest) return std::nullopt;
  return number;
}

std::optional<BufferAccess> access_in(std::string_view field) {
  for (std::size_t i = 0; i < kAccessNames.size(); ++i) {
    if (field == kAccessNames[i]) return static_cast<BufferAccess>(i);
  }
  return std::nullopt;
}

BufferText parse_post(std::uint64_t id, std::string_view rest) {
  const auto access = access_in(take_field(rest).value_or(""));
  const auto size = number_in(take_field(rest).value_or(""), kLargestSize);
  const auto handle = take_field(rest);
  if (!access || size.value_or(0) == 0 || !handle || handle->size() > kLongestHandle) return UnreadablePost{.id = id};
  return BufferPost{.id = id,
                    .access = *access,
                    .size = *size,
                    .handle = std::string(*handle),
                    .additional_data = std::string(rest)};
}

BufferText parse_declined(std::uint64_t id, std::string_view rest) {
  const auto code = take_field(rest);
  if (!code) return std::monostate();
  return PostAnswer{.kind = PostAnswer::Kind::declined,
                    .id = id,
                    .reason = std::string(code->substr(0, kLongestReason)) + ": " +
                              std::string(rest.substr(0, kLongestReason))};
}

std::string join(std::initializer_list<std::string_view> fields) {
  std::string text;
  for (const std::string_view field : fields) {
    if (!text.empty()) text += kSeparator;
    text += field;
  }
  return text;
}

}  // namespace

BufferText parse_buffer_text(std::string_view text) {
  const std::string_view verb = text.substr(0, text.find(kSeparator));
  std::string_view rest = text.substr(std::min(verb.size() + 1, text.size()));
  const std::size_t end = rest.find(kSeparator);
  const auto id = number_in(rest.substr(0, end), kLargestId);
  if (!id) return std::monostate();
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  if (verb == "post") return parse_post(*id, rest);
  if (verb == "received") return PostAnswer{.kind = PostAnswer::Kind::received, .id = *id};
  if (verb == "released") return PostAnswer{.kind = PostAnswer::Kind::released, .id = *id};
  if (verb == "declined") return parse_declined(*id, rest);
  return std::monostate();
}

std::string BufferPost::text() const {
  return join({"post", std::to_string(id), kAccessNames[static_cast<std::size_t>(access)], std::to_string(size), handle,
               additional_data});
}

std::string received_text(std::uint64_t id, const ProcessIdentity& receiver) {
  return join({"received", std::to_string(id), std::to_string(receiver.pid), std::to_string(receiver.start_time)});
}

std::string released_text(std::uint64_t id) { return join({"released", std::to_string(id)}); }

std::string declined_text(std::uint64_t id, std::string_view code, std::string_view reason) {
  return join({"declined", std::to_string(id), code, reason});
}

}  // namespace shared_channel
