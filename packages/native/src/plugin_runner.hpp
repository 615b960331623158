// What runs one plugin instance at side 1 of a segment, whose side 0 is JavaScript: a thread of this process (PluginHost) or
// a process of its own (PluginProcess).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "doorbell.hpp"
#include "segment.hpp"
#include "shared_channel/plugin.h"

namespace shared_channel {

inline constexpr std::uint32_t kJavaScriptSide = 0;
inline constexpr std::uint32_t kPluginSide = 1;

struct PluginEvent {
  enum class Kind {
    ready,   // `initialize` went well; name, version and abi_minor are set
    error,   // the plugin reported an error (PLUGIN_ERROR), or the host did; the channel stays open
    log,     // a line of the plugin
    ended,   // the last event; `code` and `text` say why when the plugin was not asked to end
  };
  Kind kind;
  std::string code = {};
  std::string text = {};
  sc_log_level level = SC_LOG_INFO;
  std::string name = {};
  std::string version = {};
  std::uint32_t abi_minor = 0;
};

// Whom the runner tells. All functions are called from its threads, several at once.
class PluginListener {
 public:
  virtual ~PluginListener() = default;
  virtual void ring() noexcept = 0;                    // JavaScript sleeps, and there is something for it
  virtual void post(PluginEvent&& event) noexcept = 0;  // never waits
  // Whether JavaScript is at the other end no more and did not say so, where nobody else looks after that. What changes it
  // rings the plugin's bell.
  [[nodiscard]] virtual bool is_peer_lost() noexcept { return false; }
};

struct PluginOptions {
  std::string path;
  std::string options_json = "null";
  std::optional<std::chrono::milliseconds> update_interval{};  // 0: `update` is never called; none: as the library says
  PeerTrust peer = PeerTrust::trusted;  // JavaScript, which posts buffers
};

// Where memory of JavaScript lies in shared memory, if it does: another process gets that, and not a copy.
struct SharedPlace {
  std::shared_ptr<const Segment> segment = nullptr;
  std::size_t offset = 0;
};

class PluginRunner {
 public:
  virtual ~PluginRunner() = default;

  // JavaScript has taken the plugin's announcement and moved its bell. [JavaScript's thread]
  virtual void wake() noexcept = 0;

  // Has the plugin work in `memory`, which lies at `place`. Returns how many bytes it wrote. Throws Failure: NOT_SUPPORTED when the plugin has no
  // exchange, CLOSED when it has ended, PLUGIN_ERROR when it fails. [JavaScript's thread]
  [[nodiscard]] virtual std::size_t exchange(std::span<std::byte> memory, const SharedPlace& place) = 0;

  // Ends every wait of the plugin and has it leave as soon as it returns. [thread-safe]
  virtual void request_stop() noexcept = 0;

  // Waits for the plugin to end, until the deadline, and lets go of its thread or process. False when it is still running.
  // [owner's thread]
  [[nodiscard]] virtual bool join(const Deadline& deadline) = 0;

  // For a plugin that does not return. Says what has become of it, as the rest of a sentence. [owner's thread]
  virtual const char* abandon() = 0;

  [[nodiscard]] virtual const Segment& segment() const noexcept = 0;
};

}  // namespace shared_channel
