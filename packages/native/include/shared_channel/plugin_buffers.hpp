// Buffers for plugins; a part of plugin.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "buffer_access.hpp"
#include "plugin.h"
#include "plugin_base.hpp"

namespace shared_channel {

namespace detail {
template <typename Derived>
struct Instance;
}

// Large memory that the plugin and JavaScript see both: one that the plugin made, or was posted by JavaScript. Released when
// it goes out of scope.
//
// Threads: one at a time; it may be moved to any. Lives at most as long as the plugin.
class PluginBuffer {
 public:
  PluginBuffer(PluginBuffer&& other) noexcept
      : host_(other.host_), functions_(other.functions_), buffer_(std::exchange(other.buffer_, nullptr)) {}
  PluginBuffer& operator=(PluginBuffer&& other) noexcept {
    if (this == &other) return *this;
    close();
    host_ = other.host_;
    functions_ = other.functions_;
    buffer_ = std::exchange(other.buffer_, nullptr);
    return *this;
  }
  ~PluginBuffer() { close(); }

  // Bytes. Throws std::logic_error after `close`, like all below.
  [[nodiscard]] std::uint64_t size() const { return open().size; }

  // The memory, from the start of a page, until `close`. Others may change it at any time: check a copy, not the original,
  // before you rely on a check. A write into one that JavaScript posted read-only ends the process (SIGSEGV).
  [[nodiscard]] std::byte* data() const { return reinterpret_cast<std::byte*>(open().data); }
  [[nodiscard]] std::span<std::byte> bytes() const { return {data(), static_cast<std::size_t>(size())}; }
  [[nodiscard]] BufferAccess access() const { return static_cast<BufferAccess>(open().access); }

  // A line of text by which other processes open the same memory while this plugin has it.
  [[nodiscard]] std::string handle() const { return open().handle; }

  // What JavaScript gave with it, as JSON text; none when it gave nothing, and for the plugin's own.
  [[nodiscard]] std::optional<std::string> additional_data() const {
    const char* const data = open().additional_data;
    return data == nullptr ? std::nullopt : std::optional<std::string>(data);
  }

  // Lets go of the memory; JavaScript hears of it when it was the poster. Safe to call again.
  void close() noexcept {
    if (buffer_ != nullptr) functions_->release(host_, std::exchange(buffer_, nullptr));
  }
  [[nodiscard]] bool is_closed() const noexcept { return buffer_ == nullptr; }

 private:
  template <typename Derived>
  friend struct detail::Instance;
  friend class SharedBuffers;

  PluginBuffer(const sc_host* host, const sc_host_buffers* functions, const sc_shared_buffer* buffer) noexcept
      : host_(host), functions_(functions), buffer_(buffer) {}

  [[nodiscard]] const sc_shared_buffer& open() const {
    if (buffer_ == nullptr) throw std::logic_error("this buffer is closed");
    return *buffer_;
  }

  const sc_host* host_;
  const sc_host_buffers* functions_;
  const sc_shared_buffer* buffer_;  // null once closed, or moved from
};

// What a plugin also derives from to share large memory with JavaScript, without a copy.
//
//   class Camera final : public shared_channel::Plugin, public shared_channel::SharedBuffers {
//     void on_message(const shared_channel::Message&) override {
//       auto image = create_shared_buffer(1920 * 1080 * 4);
//       render(image.bytes());
//       post_shared_buffer(image, shared_channel::BufferAccess::read_only, R"({"width":1920})");
//     }
//   };
class SharedBuffers {
 public:
  SharedBuffers() noexcept
      : host_(detail::constructing_host),
        functions_(static_cast<const sc_host_buffers*>(host_->get_extension(host_, SC_EXTENSION_BUFFERS))) {}
  SharedBuffers(const SharedBuffers&) = delete;
  SharedBuffers& operator=(const SharedBuffers&) = delete;
  virtual ~SharedBuffers() = default;

  // A buffer that JavaScript posted, in order with its messages: the plugin's until it is closed. By default it is closed at
  // once. [plugin thread]
  virtual void on_shared_buffer(PluginBuffer) {}

  // Whoever received the post `id` has let go of the buffer, which may be used again; or has not taken it, for the reason
  // `declined`. [plugin thread]
  virtual void on_buffer_released(std::uint32_t /* id */, std::optional<std::string> /* declined */) {}

 protected:
  // Zeroed memory of 1 byte to 4 GiB, all of which is there at once. Throws SendError SC_INVALID_ARGUMENT for another size,
  // SC_OUT_OF_MEMORY. [thread-safe]
  [[nodiscard]] PluginBuffer create_shared_buffer(std::uint64_t size) const {
    const sc_shared_buffer* buffer = nullptr;
    if (const sc_status status = functions().create(host_, size, &buffer); status != SC_OK) throw SendError(status);
    return {host_, functions_, buffer};
  }

  // Posts a buffer to JavaScript, in order with the messages of this thread. It may be closed at once: the host keeps the
  // memory until it was received. `buffer`: a PluginBuffer, or the SharedBuffer of shared_buffer.hpp. `additional_data`: JSON
  // text, or nothing; JavaScript declines what is not JSON. Returns the number that `on_buffer_released` is given, which may
  // be before this returns on another thread. Throws SendError as `Plugin::send`, and SC_OUT_OF_MEMORY. [thread-safe]
  template <typename Buffer>
  std::uint32_t post_shared_buffer(const Buffer& buffer, BufferAccess access = BufferAccess::read_only,
                                   const std::string& additional_data = {},
                                   std::uint32_t timeout_ms = SC_FOREVER) const {
    const std::string handle = buffer.handle();
    const char* const data = additional_data.empty() ? nullptr : additional_data.c_str();
    std::uint32_t id = 0;
    const sc_status status =
        functions().post(host_, handle.c_str(), static_cast<sc_buffer_access>(access), data, &id, timeout_ms);
    if (status != SC_OK) throw SendError(status);
    return id;
  }

 private:
  [[nodiscard]] const sc_host_buffers& functions() const {
    if (functions_ == nullptr) throw std::runtime_error("this host has no buffers: it is a browser, or an older @shared-channel/native");
    return *functions_;
  }

  const sc_host* const host_;
  const sc_host_buffers* const functions_;  // null when the host has none
};

}  // namespace shared_channel
