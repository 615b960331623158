#include <charconv>

#include "failure.hpp"
#include "segment.hpp"

namespace shared_channel {
namespace {

constexpr std::string_view kPrefix = "shared-channel/1";
constexpr char kSeparator = ':';
constexpr std::size_t kCookieDigits = 32;
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 32;

// Takes what it finds: whether all of it was right is seen by writing it again.
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
    std::from_chars(field.data(), field.data() + field.size(), value);
    return value;
  }

  template <typename Letter>
  Letter letter() {
    const std::string_view field = next();
    return static_cast<Letter>(field.empty() ? '\0' : field[0]);
  }

 private:
  std::string_view rest_;
};

bool is_known(SegmentHandle::Role role) {
  using enum SegmentHandle::Role;
  return role == buffer || role == side0 || role == side1;
}

bool is_known(SegmentHandle::Kind kind) {
  return kind == SegmentHandle::Kind::sealed || kind == SegmentHandle::Kind::named;
}

bool has_pipes(const SegmentHandle& handle) {
  return handle.kind == SegmentHandle::Kind::sealed && handle.role != SegmentHandle::Role::buffer;
}

bool is_cookie(std::string_view text) {
  return text.size() == kCookieDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

SegmentHandle SegmentHandle::parse(std::string_view text, Role role) {
  const bool is_buffer = role == Role::buffer;
  Fields fields(text);
  fields.next();  // the prefix
  SegmentHandle handle;
  handle.role = fields.letter<Role>();
  handle.kind = fields.letter<Kind>();
  handle.owner.pid = fields.number<std::uint32_t>();
  handle.owner.start_time = fields.number<std::uint64_t>();
  handle.descriptor = fields.number<std::uint32_t>();
  handle.device = fields.number<std::uint64_t>();
  handle.inode = fields.number<std::uint64_t>();
  handle.size = fields.number<std::uint64_t>();
  if (has_pipes(handle)) {
    auto& pipes = handle.pipes.emplace();
    for (PipePlace& pipe : pipes) {
      pipe.descriptor = fields.number<std::uint32_t>();
      pipe.inode = fields.number<std::uint64_t>();
    }
  }
  handle.cookie = fields.next();  // last, and of one length: a handle that was cut off has none
  if (!is_known(handle.role) || !is_known(handle.kind) || !is_cookie(handle.cookie) || handle.size == 0 ||
      handle.size > kMaxSize || handle.text() != text) {
    throw Failure("INVALID_ARGUMENT", "this is no handle of shared memory, or not exactly one; hand it over as it was given");
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
  if (pipes) {
    for (const PipePlace& pipe : *pipes) {
      add(std::to_string(pipe.descriptor));
      add(std::to_string(pipe.inode));
    }
  }
  add(cookie);
  return text;
}

}  // namespace shared_channel
