// The buffers of one plugin instance, and the posts that are under way, either way: docs/wire-format.md, "Posting buffers".
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "buffer_post.hpp"
#include "message_sender.hpp"
#include "segment.hpp"
#include "shared_channel/plugin.h"

namespace shared_channel {

// All functions may be called from any thread, unless they say otherwise.
class PluginBuffers {
 public:
  // `poster` is JavaScript; `wake` wakes the plugin thread, which has to call `send_answers`.
  PluginBuffers(MessageSender& sender, PeerTrust poster, std::function<void()> wake)
      : sender_(sender), poster_(poster), wake_(std::move(wake)) {}
  PluginBuffers(const PluginBuffers&) = delete;
  PluginBuffers& operator=(const PluginBuffers&) = delete;

  // The functions of sc_host_buffers.
  sc_status create(std::uint64_t size, const sc_shared_buffer*& buffer) noexcept;
  sc_status post(const char* handle, sc_buffer_access access, const char* additional_data, std::uint32_t* id,
                 const Deadline& deadline) noexcept;
  void release(const sc_shared_buffer* buffer) noexcept;

  // Opens a buffer that was posted and answers the poster. Null when it was declined. [plugin thread]
  [[nodiscard]] const sc_shared_buffer* receive(const BufferPost& post) noexcept;
  void decline(std::uint64_t id, const char* code, const std::string& reason) noexcept;

  // What has become of a post of the plugin, when that is for the plugin to know: `reason` is null when it was released.
  struct Released {
    std::uint32_t id = 0;
    std::optional<std::string> declined = {};
  };
  [[nodiscard]] std::optional<Released> take_answer(PostAnswer&& answer) noexcept;

  // Answers wait to be sent. They have their own queue since whoever releases a buffer may have a slot open, and may not wait.
  [[nodiscard]] bool has_answers() const noexcept { return has_answers_.load(); }
  // Waits for room. What finds this thread's slot open stays until `slot_closed`. [plugin thread]
  void send_answers() noexcept;
  void slot_closed() noexcept;

  // Lets go of everything. [plugin thread, after the plugin has ended]
  void close() noexcept;

 private:
  struct Buffer {
    sc_shared_buffer c{};
    std::shared_ptr<const Segment> segment;
    std::string handle;
    std::string additional_data;
    std::optional<std::uint64_t> post;  // by which it came; none for the plugin's own
  };

  const sc_shared_buffer& add(std::unique_ptr<Buffer> buffer);
  std::shared_ptr<const Segment> find_or_open(const SegmentHandle& handle);
  void queue_answer(std::string text) noexcept;

  MessageSender& sender_;
  const PeerTrust poster_;
  const std::function<void()> wake_;
  std::atomic<bool> has_answers_ = false;

  std::mutex mutex_;
  std::map<const sc_shared_buffer*, std::unique_ptr<Buffer>> buffers_;
  // The plugin's posts that were not released yet, and until they were received what keeps the memory.
  std::map<std::uint64_t, std::shared_ptr<const Segment>> posts_;
  std::uint32_t last_post_ = 0;
  std::deque<std::string> answers_;
};

}  // namespace shared_channel
