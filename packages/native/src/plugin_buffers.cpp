#include "plugin_buffers.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "failure.hpp"

namespace shared_channel {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{1} << 32;

static_assert(SC_BUFFER_READ_WRITE == static_cast<int>(BufferAccess::read_write) &&
              SC_BUFFER_READ_ONLY == static_cast<int>(BufferAccess::read_only) &&
              SC_BUFFER_READ_ONLY_STRICT == static_cast<int>(BufferAccess::read_only_strict));

std::string handle_of(const Segment& segment, std::uint64_t size) {
  return segment.handle(SegmentHandle::Role::buffer, size).text();
}

}  // namespace

// ---- What the plugin calls ----

sc_status PluginBuffers::create(std::uint64_t size, const sc_shared_buffer*& buffer) noexcept {
  if (size < 1 || size > kLargest) return SC_INVALID_ARGUMENT;
  try {
    auto made = std::make_unique<Buffer>();
    made->segment = std::make_shared<const Segment>(Segment::create(size, SegmentUse::other_processes));
    made->handle = handle_of(*made->segment, size);
    made->c = {.size = size, .data = nullptr, .access = SC_BUFFER_READ_WRITE, .handle = nullptr, .additional_data = nullptr};
    buffer = &add(std::move(made));
    return SC_OK;
  } catch (const std::exception&) {
    return SC_OUT_OF_MEMORY;
  }
}

sc_status PluginBuffers::post(const char* handle_text, sc_buffer_access access, const char* additional_data,
                              std::uint32_t* id, const Deadline& deadline) noexcept {
  if (handle_text == nullptr || access < SC_BUFFER_READ_WRITE || access > SC_BUFFER_READ_ONLY_STRICT) {
    return SC_INVALID_ARGUMENT;
  }
  try {
    const SegmentHandle handle = SegmentHandle::parse(handle_text, SegmentHandle::Role::buffer);
    BufferPost post{.access = static_cast<BufferAccess>(access),
                    .size = handle.size,
                    .handle = {},
                    .additional_data = additional_data != nullptr ? additional_data : ""};
    {
      const std::lock_guard lock(mutex_);
      std::shared_ptr<const Segment> segment = find_or_open(handle);
      // Of what is kept here: the one that it was given may be closed before it is received.
      post.handle = handle_of(*segment, post.size);
      do ++last_post_;
      while (posts_.contains(last_post_));
      post.id = last_post_;
      posts_.emplace(post.id, std::move(segment));
    }
    if (id != nullptr) *id = static_cast<std::uint32_t>(post.id);
    const std::string text = post.text();
    OutgoingMessage message{.data = reinterpret_cast<const std::byte*>(text.data()),
                            .size = static_cast<std::uint32_t>(text.size()),
                            .kind = MessageKind::control};
    const SendStatus status = sender_.send(message, deadline);
    if (status == SendStatus::ok) return SC_OK;
    const std::lock_guard lock(mutex_);
    posts_.erase(post.id);
    return static_cast<sc_status>(status);
  } catch (const Failure& failure) {
    return std::strcmp(failure.code, "OUT_OF_MEMORY") == 0 ? SC_OUT_OF_MEMORY : SC_INVALID_ARGUMENT;
  } catch (const std::exception&) {
    return SC_OUT_OF_MEMORY;
  }
}

void PluginBuffers::release(const sc_shared_buffer* buffer) noexcept {
  std::unique_ptr<Buffer> released;
  {
    const std::lock_guard lock(mutex_);
    const auto found = buffers_.find(buffer);
    if (found == buffers_.end()) return;
    released = std::move(found->second);
    buffers_.erase(found);
  }
  if (released->post) queue_answer(released_text(*released->post));
}

const sc_shared_buffer& PluginBuffers::add(std::unique_ptr<Buffer> buffer) {
  sc_shared_buffer& c = buffer->c;
  c.data = reinterpret_cast<std::uint8_t*>(buffer->segment->data());
  c.handle = buffer->handle.c_str();
  const std::lock_guard lock(mutex_);
  buffers_.emplace(&c, std::move(buffer));
  return c;
}

// The segment that a buffer of this instance has, or one more hold of it.
std::shared_ptr<const Segment> PluginBuffers::find_or_open(const SegmentHandle& handle) {
  for (const auto& [c, buffer] : buffers_) {
    if (!buffer->post && buffer->segment->cookie() == handle.cookie) return buffer->segment;
  }
  return std::make_shared<const Segment>(Segment::open(handle, SegmentAccess::read_only, PeerTrust::trusted));
}

// ---- What JavaScript posts, and answers ----

const sc_shared_buffer* PluginBuffers::receive(const BufferPost& post) noexcept {
  try {
    const SegmentHandle handle = SegmentHandle::parse(post.handle, SegmentHandle::Role::buffer);
    if (handle.size != post.size) {
      throw Failure("INVALID_ARGUMENT", "the handle is of a buffer of " + std::to_string(handle.size) + " bytes, not of " +
                                            std::to_string(post.size));
    }
    const bool is_writable = post.access == BufferAccess::read_write;
    auto received = std::make_unique<Buffer>();
    received->segment = std::make_shared<const Segment>(
        Segment::open(handle, is_writable ? SegmentAccess::read_write : SegmentAccess::read_only, poster_));
    received->handle = handle_of(*received->segment, post.size);
    received->additional_data = post.additional_data;
    received->post = post.id;
    received->c = {.size = post.size,
                   .data = nullptr,
                   .access = static_cast<sc_buffer_access>(post.access),
                   .handle = nullptr,
                   .additional_data = post.additional_data.empty() ? nullptr : received->additional_data.c_str()};
    const sc_shared_buffer& buffer = add(std::move(received));
    queue_answer(received_text(post.id, this_process()));
    return &buffer;
  } catch (const Failure& failure) {
    decline(post.id, failure.code, failure.what());
  } catch (const std::exception& error) {
    decline(post.id, "OUT_OF_MEMORY", error.what());
  }
  return nullptr;
}

void PluginBuffers::decline(std::uint64_t id, const char* code, const std::string& reason) noexcept {
  queue_answer(declined_text(id, code, reason));
}

std::optional<PluginBuffers::Released> PluginBuffers::take_answer(PostAnswer&& answer) noexcept {
  const std::lock_guard lock(mutex_);
  const auto post = posts_.find(answer.id);
  if (post == posts_.end()) return std::nullopt;
  if (answer.kind == PostAnswer::Kind::received) {
    post->second.reset();
    return std::nullopt;
  }
  posts_.erase(post);
  Released released{.id = static_cast<std::uint32_t>(answer.id)};
  if (answer.kind == PostAnswer::Kind::declined) released.declined = std::move(answer.reason);
  return released;
}

// ---- Answers ----

void PluginBuffers::queue_answer(std::string text) noexcept {
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(text));
  }
  has_answers_.store(true);
  wake_();
}

void PluginBuffers::send_answers() noexcept {
  has_answers_.store(false);
  for (;;) {
    std::string text;
    {
      const std::lock_guard lock(mutex_);
      if (answers_.empty()) return;
      text = answers_.front();
    }
    OutgoingMessage message{.data = reinterpret_cast<const std::byte*>(text.data()),
                            .size = static_cast<std::uint32_t>(text.size()),
                            .kind = MessageKind::control};
    if (sender_.send(message, std::nullopt) != SendStatus::ok) return;
    const std::lock_guard lock(mutex_);
    answers_.pop_front();  // this thread alone takes them
  }
}

void PluginBuffers::slot_closed() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return;
  }
  has_answers_.store(true);
  wake_();
}

void PluginBuffers::close() noexcept {
  const std::lock_guard lock(mutex_);
  buffers_.clear();
  posts_.clear();
}

}  // namespace shared_channel
