// C++ face of plugin.h: derive from `Plugin`, name the class in SHARED_CHANNEL_PLUGIN, done. An exception that leaves a
// callback becomes an error event in JavaScript instead of crossing the C interface.
//
//   #include <shared_channel/plugin.hpp>
//
//   class Echo final : public shared_channel::Plugin {
//     void on_message(const shared_channel::Message& message) override { send(message.type, message.bytes); }
//   };
//
//   SHARED_CHANNEL_PLUGIN(Echo, "echo", "1.0.0")
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "plugin.h"
#include "plugin_base.hpp"
#include "plugin_buffers.hpp"

namespace shared_channel {

namespace detail {
template <typename Derived>
struct Instance;
}  // namespace detail

// A call that JavaScript made with `channel.request` and that has yet to be answered, once: with `reply` or `fail`. One
// that is destroyed unanswered fails with a text that says so, so that no caller waits for ever.
//
// Threads: one at a time; it may be moved to any. Lives at most as long as the plugin.
//
//   void on_message(const shared_channel::Message& message) override {
//     jobs_.push({message.text(), message.defer()});  // a thread of the plugin replies when it is done
//   }
class Request {
 public:
  Request(Request&& other) noexcept
      : host_(std::exchange(other.host_, nullptr)), answers_(other.answers_), type_(other.type_), call_(other.call_) {}
  Request& operator=(Request&& other) noexcept {
    if (this == &other) return *this;
    drop();
    host_ = std::exchange(other.host_, nullptr);
    answers_ = other.answers_;
    type_ = other.type_;
    call_ = other.call_;
    return *this;
  }
  ~Request() { drop(); }

  // The message's id in the protocol.
  [[nodiscard]] std::uint32_t type() const noexcept { return type_; }

  // Answers with these bytes, copied before it returns; waits for room up to `timeout_ms` milliseconds. Throws
  // std::logic_error when it has been answered or moved from, SendError when it could not be sent: then it is still
  // unanswered.
  void reply(std::span<const std::byte> bytes, std::uint32_t timeout_ms = SC_FOREVER) {
    const sc_host* const host = open_host();
    answered(answers_->reply(host, type_, call_, bytes.data(), bytes.size(), timeout_ms));
  }
  void reply(std::string_view text, std::uint32_t timeout_ms = SC_FOREVER) {
    reply(std::as_bytes(std::span(text.data(), text.size())), timeout_ms);
  }

  // Says why there is no other answer: JavaScript's promise is rejected with this text. Waits and throws as `reply`.
  void fail(const std::string& reason, std::uint32_t timeout_ms = SC_FOREVER) {
    const sc_host* const host = open_host();
    answered(answers_->fail(host, type_, call_, reason.c_str(), timeout_ms));
  }

 private:
  template <typename Derived>
  friend struct detail::Instance;
  friend class Message;

  Request(const sc_host* host, const sc_host_requests* answers, std::uint32_t type, std::uint32_t call) noexcept
      : host_(host), answers_(answers), type_(type), call_(call) {}

  [[nodiscard]] bool is_open() const noexcept { return host_ != nullptr; }

  [[nodiscard]] const sc_host* open_host() const {
    if (host_ == nullptr) throw std::logic_error("this request was answered or deferred before; answer each one once");
    return host_;
  }

  void answered(sc_status status) {
    if (status != SC_OK) throw SendError(status);
    host_ = nullptr;
  }

  // The last answer there can be: when it cannot be sent either, the application hears of it.
  void give_up(const char* reason) noexcept {
    const sc_host* const host = std::exchange(host_, nullptr);
    const sc_status status = answers_->fail(host, type_, call_, reason, SC_FOREVER);
    if (status == SC_OK || status == SC_STOPPING) return;
    detail::guarded(host, [&] {
      throw std::runtime_error(std::string("a request was left unanswered: ") + SendError(status).what());
    });
  }

  void drop() noexcept {
    if (is_open()) give_up("the plugin dropped the request without an answer");
  }

  const sc_host* host_;  // null once it is answered, or moved from
  const sc_host_requests* answers_;
  std::uint32_t type_;
  std::uint32_t call_;
};

// A message from JavaScript, sent or called; `bytes` is the host's and valid until `on_message` returns (see
// sc_message).
class Message {
 public:
  // `request`: the call that came with it. Belongs to the caller, like the bytes.
  explicit Message(std::uint32_t type, std::span<const std::byte> bytes, Request* request = nullptr) noexcept
      : type(type), bytes(bytes), request_(request) {}

  std::uint32_t type;
  std::span<const std::byte> bytes;

  // The payload as text. Copied: what is checked or parsed must not change underneath.
  [[nodiscard]] std::string text() const {
    return bytes.empty() ? std::string() : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  // Does JavaScript wait for an answer (`channel.request`)?
  [[nodiscard]] bool is_request() const noexcept { return request_ != nullptr; }

  // Answers a request: see Request. Throw std::logic_error when this is none.
  void reply(std::span<const std::byte> bytes, std::uint32_t timeout_ms = SC_FOREVER) const {
    request().reply(bytes, timeout_ms);
  }
  void reply(std::string_view text, std::uint32_t timeout_ms = SC_FOREVER) const { request().reply(text, timeout_ms); }
  void fail(const std::string& reason, std::uint32_t timeout_ms = SC_FOREVER) const {
    request().fail(reason, timeout_ms);
  }

  // The request itself, to be answered after `on_message` has returned. Throws std::logic_error when this is none or it
  // was answered or deferred before.
  [[nodiscard]] Request defer() const {
    (void)request().open_host();
    return std::move(request());
  }

 private:
  [[nodiscard]] Request& request() const {
    if (request_ == nullptr) {
      throw std::logic_error("this message is not a request, so nobody waits for an answer; ask is_request() first");
    }
    return *request_;
  }

  Request* request_;
};

// Room for one message inside the ring. Written in place, then committed; given back unused when it goes out of scope.
class Slot {
 public:
  Slot(const sc_host* host, sc_slot slot) noexcept : host_(host), slot_(slot) {}
  Slot(Slot&& other) noexcept : host_(std::exchange(other.host_, nullptr)), slot_(other.slot_) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (host_ != nullptr) host_->abort(host_);
  }

  // Writable bytes, 8-aligned.
  [[nodiscard]] std::span<std::byte> bytes() const noexcept {
    return {reinterpret_cast<std::byte*>(slot_.data), slot_.size};
  }

  // Sends the first `size` bytes as a message of `type`. Throws SendError; the slot is gone either way.
  void commit(std::uint32_t type, std::size_t size) {
    const sc_host* const host = std::exchange(host_, nullptr);
    if (host == nullptr || size > slot_.size) {
      if (host != nullptr) host->abort(host);
      throw SendError(SC_INVALID_ARGUMENT);
    }
    if (const sc_status status = host->commit(host, type, static_cast<std::uint32_t>(size)); status != SC_OK) {
      throw SendError(status);
    }
  }
  void commit(std::uint32_t type) { commit(type, slot_.size); }

 private:
  const sc_host* host_;
  sc_slot slot_;
};

// One plugin instance. The virtual functions run on the instance's own thread, one at a time. The protected functions
// are thread-safe from `initialize` until `shutdown` has returned; join your own threads in `shutdown`.
class Plugin {
 public:
  Plugin() noexcept : host_(detail::constructing_host) {}
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  // First call. Throw to reject `openPlugin` with PLUGIN_INIT_FAILED and the exception's text.
  virtual void initialize() {}
  // A message from JavaScript. One that is a request wants an answer: `message.reply`, `message.fail`, or `message.defer`
  // for later. What this throws before there is one is the answer, as the text of the caller's error.
  virtual void on_message(const Message& message) = 0;
  // Every `updateInterval` milliseconds, if one was given.
  virtual void update() {}
  // Last call before the destructor.
  virtual void shutdown() {}
  // An extension of plugin.h by id. [thread-safe]
  virtual const void* get_extension(std::string_view) { return nullptr; }

 protected:
  // Sends a message; waits for room up to `timeout_ms` milliseconds. Throws SendError.
  void send(std::uint32_t type, std::span<const std::byte> bytes, std::uint32_t timeout_ms = SC_FOREVER) const {
    if (const sc_status status = try_send(type, bytes, timeout_ms); status != SC_OK) throw SendError(status);
  }
  void send(std::uint32_t type, std::string_view text, std::uint32_t timeout_ms = SC_FOREVER) const {
    send(type, std::as_bytes(std::span(text.data(), text.size())), timeout_ms);
  }

  // The same without an exception. Returns SC_OK or what sc_host.send returns.
  [[nodiscard]] sc_status try_send(std::uint32_t type, std::span<const std::byte> bytes,
                                   std::uint32_t timeout_ms = 0) const noexcept {
    return host_->send(host_, type, bytes.data(), bytes.size(), timeout_ms);
  }

  // Room for `size` bytes in the ring, at most `max_slot_size()`. Throws SendError.
  [[nodiscard]] Slot reserve(std::uint32_t size, std::uint32_t timeout_ms = SC_FOREVER) const {
    sc_slot slot{};
    if (const sc_status status = host_->reserve(host_, size, timeout_ms, &slot); status != SC_OK) {
      throw SendError(status);
    }
    return Slot(host_, slot);
  }
  [[nodiscard]] std::uint32_t max_slot_size() const noexcept { return host_->max_slot_size; }

  void log(sc_log_level level, const std::string& text) const noexcept { host_->log(host_, level, text.c_str()); }
  void report_error(const std::string& text) const noexcept { host_->report_error(host_, text.c_str()); }
  [[nodiscard]] bool stopping() const noexcept { return host_->stopping(host_); }
  // JSON text of openPlugin's `options`, "null" when none were given.
  [[nodiscard]] const char* options() const noexcept { return host_->options; }
  [[nodiscard]] const sc_host* host() const noexcept { return host_; }

 private:
  const sc_host* const host_;
};

// What a plugin also derives from to work in JavaScript's own memory (`plugin.exchange(view)`).
//
//   class Camera final : public shared_channel::Plugin, public shared_channel::Exchange {
//     std::size_t exchange(std::span<std::byte> memory) override { return read_frame(memory); }
//   };
class Exchange {
 public:
  virtual ~Exchange() = default;

  // Reads and writes `memory`, which is JavaScript's: aligned to nothing and gone when this returns. Returns how many
  // bytes it wrote, from the start, at most `memory.size()`. What it throws is thrown at the caller as a PLUGIN_ERROR.
  //
  // Threads: runs on JavaScript's thread, one at a time, between `initialize` and `shutdown`, while the plugin's thread
  // may be in any other callback: guard what both use, and never send while you hold that guard. Sending from here does
  // not wait for room, since JavaScript stands still and makes none: SC_TIMEOUT.
  virtual std::size_t exchange(std::span<std::byte> memory) = 0;
};

namespace detail {

// The instance that the host holds: the C struct and the C++ object behind it.
template <typename Derived>
struct Instance {
  sc_plugin c{};
  const sc_host* host = nullptr;
  const sc_host_requests* answers = nullptr;
  const sc_host_buffers* buffers = nullptr;
  std::string exchange_error;  // JavaScript's thread only
  std::unique_ptr<Derived> object;

  static Instance& of(sc_plugin* plugin) noexcept { return *static_cast<Instance*>(plugin->context); }

  static sc_plugin* create(const sc_host* host) noexcept {
    std::unique_ptr<Instance> instance;
    const bool made = guarded(host, [&] {
      instance = std::make_unique<Instance>();
      instance->host = host;
      instance->answers = static_cast<const sc_host_requests*>(host->get_extension(host, SC_EXTENSION_REQUESTS));
      instance->buffers = static_cast<const sc_host_buffers*>(host->get_extension(host, SC_EXTENSION_BUFFERS));
      constructing_host = host;
      instance->object = std::make_unique<Derived>();
    });
    constructing_host = nullptr;
    if (!made) return nullptr;
    instance->c = {.context = instance.get(),
                   .initialize =
                       [](sc_plugin* plugin) {
                         Instance& self = of(plugin);
                         return guarded(self.host, [&] { static_cast<Plugin&>(*self.object).initialize(); });
                       },
                   .on_message =
                       [](sc_plugin* plugin, const sc_message* message) {
                         Instance& self = of(plugin);
                         guarded(self.host, [&] {
                           static_cast<Plugin&>(*self.object).on_message(Message(message->type, bytes_of(*message)));
                         });
                       },
                   .update =
                       [](sc_plugin* plugin) {
                         Instance& self = of(plugin);
                         guarded(self.host, [&] { static_cast<Plugin&>(*self.object).update(); });
                       },
                   .shutdown =
                       [](sc_plugin* plugin) {
                         Instance& self = of(plugin);
                         guarded(self.host, [&] { static_cast<Plugin&>(*self.object).shutdown(); });
                       },
                   .destroy = [](sc_plugin* plugin) { delete &of(plugin); },
                   .get_extension = [](sc_plugin* plugin, const char* id) -> const void* {
                     Instance& self = of(plugin);
                     const void* extension = nullptr;
                     guarded(self.host, [&] { extension = self.extension(id); });
                     return extension;
                   }};
    return &instance.release()->c;
  }

  static std::span<const std::byte> bytes_of(const sc_message& message) noexcept {
    return {reinterpret_cast<const std::byte*>(message.data), message.size};
  }

  const void* extension(std::string_view id) {
    static constexpr sc_plugin_requests kRequests = {.on_request = &on_request};
    if (id == SC_EXTENSION_REQUESTS) return &kRequests;
    if constexpr (std::is_base_of_v<Exchange, Derived>) {
      static constexpr sc_plugin_exchange kExchange = {.exchange = &exchange};
      if (id == SC_EXTENSION_EXCHANGE) return &kExchange;
    }
    if constexpr (std::is_base_of_v<SharedBuffers, Derived>) {
      static constexpr sc_plugin_buffers kBuffers = {.on_shared_buffer = &on_shared_buffer,
                                                     .on_buffer_released = &on_buffer_released};
      if (id == SC_EXTENSION_BUFFERS) return &kBuffers;
    }
    return static_cast<Plugin&>(*object).get_extension(id);
  }

  static void on_shared_buffer(sc_plugin* plugin, const sc_shared_buffer* buffer) noexcept {
    Instance& self = of(plugin);
    guarded(self.host, [&] {
      static_cast<SharedBuffers&>(*self.object).on_shared_buffer(PluginBuffer(self.host, self.buffers, buffer));
    });
  }

  static void on_buffer_released(sc_plugin* plugin, std::uint32_t id, const char* declined) noexcept {
    Instance& self = of(plugin);
    guarded(self.host, [&] {
      auto reason = declined == nullptr ? std::nullopt : std::optional<std::string>(declined);
      static_cast<SharedBuffers&>(*self.object).on_buffer_released(id, std::move(reason));
    });
  }

  static void on_request(sc_plugin* plugin, const sc_message* message, std::uint32_t call) noexcept {
    Instance& self = of(plugin);
    Request request(self.host, self.answers, message->type, call);
    guarded(self.host, [&] {
      try {
        static_cast<Plugin&>(*self.object).on_message(Message(message->type, bytes_of(*message), &request));
        if (request.is_open()) request.give_up("on_message returned without an answer; reply, fail or defer the request");
      } catch (const std::exception& error) {
        if (!request.is_open()) throw;  // the caller has its answer or will get it: for the application then
        request.give_up(error.what());
      } catch (...) {
        if (!request.is_open()) throw;
        request.give_up(kUnknownException);
      }
    });
  }

  static const char* exchange(sc_plugin* plugin, std::uint8_t* memory, std::size_t size, std::size_t* written) noexcept {
    Instance& self = of(plugin);
    try {
      *written = static_cast<Exchange&>(*self.object).exchange({reinterpret_cast<std::byte*>(memory), size});
      return nullptr;
    } catch (const std::exception& error) {
      return self.keep(error.what());
    } catch (...) {
      return kUnknownException;
    }
  }

  const char* keep(const char* text) noexcept {
    try {
      exchange_error = text;
      return exchange_error.c_str();
    } catch (...) {
      return "the plugin threw an exception, and there was no memory for its text";
    }
  }
};

}  // namespace detail
}  // namespace shared_channel

// Exports `Class` (derived from shared_channel::Plugin, default-constructible) as the plugin of this library.
#define SHARED_CHANNEL_PLUGIN(Class, plugin_name, plugin_version)                        \
  extern "C" SC_EXPORT const sc_plugin_entry* sc_get_plugin_entry(void) {                \
    static const sc_plugin_entry entry = {.abi_major = SC_ABI_MAJOR,                     \
                                          .abi_minor = SC_ABI_MINOR,                     \
                                          .name = plugin_name,                           \
                                          .version = plugin_version,                     \
                                          .create = &shared_channel::detail::Instance<Class>::create}; \
    return &entry;                                                                       \
  }
