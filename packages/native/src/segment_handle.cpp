#include <charconv>

#include "failure.hpp"
#include "segment.hpp"

namespace shared_channel {
namespace {

constexpr std::string_view kPrefix = "shared-channel/1";
constexpr char kSeparator = ':';
constexpr std::size_t kCookieDigits = 32;
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 32;

class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::string_view next() {
    const std::size_t end = rest_.find(kSeparator);
    const std::string_view field = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return field;
  }

  template <typename Number>
  Number number() {
    const std::string_view field = next();
    Number value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (field.empty() || error != std::errc() || end != field.data() + field.size()) is_right_ = false;
    return value;
  }

  template <typename Letter>
  Letter letter(std::string_view known) {
    const std::string_view field = next();
    if (field.size() != 1 || known.find(field[0]) == std::string_view::npos) is_right_ = false;
    return static_cast<Letter>(field.empty() ? '\0' : field[0]);
  }

  // Every field was what it should be, and none is left.
  [[nodiscard]] bool are_right() const { return is_right_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_right_ = true;
};

bool is_cookie(std::string_view text) {
  return text.size() == kCookieDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

SegmentHandle SegmentHandle::parse(std::string_view text, Role role) {
  const bool is_buffer = role == Role::buffer;
  Fields fields(text);
  const bool is_ours = fields.next() == kPrefix;
  SegmentHandle handle;
  handle.role = fields.letter<Role>("b01");
  handle.kind = fields.letter<Kind>("sn");
  handle.owner.pid = fields.number<std::uint32_t>();
  handle.owner.start_time = fields.number<std::uint64_t>();
  handle.descriptor = fields.number<std::uint32_t>();
  handle.device = fields.number<std::uint64_t>();
  handle.inode = fields.number<std::uint64_t>();
  handle.size = fields.number<std::uint64_t>();
  handle.cookie = fields.next();
  if (!is_ours || !fields.are_right() || !is_cookie(handle.cookie) || handle.size == 0 || handle.size > kMaxSize) {
    throw Failure("INVALID_ARGUMENT", "this is no handle of shared memory, or not all of one; hand it over as it was given");
  }
  if (is_buffer != (handle.role == Role::buffer)) {
    throw Failure("INVALID_ARGUMENT", is_buffer ? "this handle is of a channel; give it to openChannel"
                                                : "this handle is of a buffer; give it to openSharedBuffer");
  }
  return handle;
}

std::string SegmentHandle::text() const {
  std::string text(kPrefix);
  const auto add = [&text](const std::string& field) { text += kSeparator + field; };
  add({static_cast<char>(role)});
  add({static_cast<char>(kind)});
  add(std::to_string(owner.pid));
  add(std::to_string(owner.start_time));
  add(std::to_string(descriptor));
  add(std::to_string(device));
  add(std::to_string(inode));
  add(std::to_string(size));
  add(cookie);
  return text;
}

}  // namespace shared_channel
