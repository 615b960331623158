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
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "plugin.h"

namespace shared_channel {

// A message from JavaScript; `bytes` is the host's and valid until `on_message` returns (see sc_message).
struct Message {
  std::uint32_t type = 0;
  std::span<const std::byte> bytes;

  // The payload as text. Copied: what is checked or parsed must not change underneath.
  [[nodiscard]] std::string text() const {
    return bytes.empty() ? std::string() : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
};

// Thrown by the sending functions when a message could not be sent. `status` is one of plugin.h's SC_ values.
class SendError : public std::runtime_error {
 public:
  explicit SendError(sc_status status) : std::runtime_error(describe(status)), status(status) {}
  const sc_status status;

 private:
  static const char* describe(sc_status status) {
    switch (status) {
      case SC_TIMEOUT: return "no room in the ring within the timeout";
      case SC_STOPPING: return "the channel is closing";
      case SC_TOO_LARGE: return "the message is too large";
      case SC_INVALID_ARGUMENT: return "invalid argument";
      case SC_BUSY: return "this thread holds an open slot: commit or abort it first";
      case SC_CORRUPT: return "the shared memory holds impossible values";
      default: return "unknown status";
    }
  }
};

namespace detail {
// For the base class to find its host while the derived class is being constructed.
inline thread_local const sc_host* constructing_host = nullptr;
}  // namespace detail

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
  // A message from JavaScript.
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

namespace detail {

// Runs a callback of the plugin; what it throws becomes an error event. Returns whether it went well.
template <typename Callback>
bool guarded(const sc_host* host, Callback&& callback) noexcept {
  try {
    callback();
    return true;
  } catch (const SendError& error) {
    // A plugin that is told to stop in the middle of a send has done nothing wrong.
    if (error.status != SC_STOPPING) host->report_error(host, error.what());
  } catch (const std::exception& error) {
    host->report_error(host, error.what());
  } catch (...) {
    host->report_error(host, "the plugin threw something that is not a std::exception");
  }
  return false;
}

// The instance that the host holds: the C struct and the C++ object behind it.
template <typename Derived>
struct Instance {
  sc_plugin c{};
  const sc_host* host = nullptr;
  std::unique_ptr<Derived> object;

  static Instance& of(sc_plugin* plugin) noexcept { return *static_cast<Instance*>(plugin->context); }

  static sc_plugin* create(const sc_host* host) noexcept {
    std::unique_ptr<Instance> instance;
    const bool made = guarded(host, [&] {
      instance = std::make_unique<Instance>();
      instance->host = host;
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
                           static_cast<Plugin&>(*self.object)
                               .on_message({.type = message->type,
                                            .bytes = {reinterpret_cast<const std::byte*>(message->data), message->size}});
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
                     guarded(self.host, [&] { extension = static_cast<Plugin&>(*self.object).get_extension(id); });
                     return extension;
                   }};
    return &instance.release()->c;
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
