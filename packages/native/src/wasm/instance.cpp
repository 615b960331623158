#include "instance.hpp"

#include <cstring>
#include <limits>
#include <utility>
#include <variant>

#include "../brief_look.hpp"
#include "../buffer_post.hpp"
#include "worker.hpp"

namespace shared_channel {
namespace {

constexpr std::uint32_t kPageSide = 0;
constexpr std::uint32_t kPluginSide = 1;
constexpr std::uint32_t kMaxMessageBytes = std::numeric_limits<std::uint32_t>::max();

// Where the segment lies. Compiled with -fno-delete-null-pointer-checks: here it is an address like any other.
std::byte* segment() noexcept { return nullptr; }

Deadline deadline_in(std::uint32_t timeout_ms) {
  if (timeout_ms == SC_FOREVER) return std::nullopt;
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

bool is_due(const Deadline& deadline) { return deadline && std::chrono::steady_clock::now() >= *deadline; }

sc_status status_of(SendStatus status) { return static_cast<sc_status>(status); }

// Told to stop, by a page that has let go of the channel.
bool has_let_go(std::uint32_t state) noexcept { return state == kStateLost || state == kStateGone; }

}  // namespace

Instance::Instance(const Layout& layout, const char* options, std::chrono::milliseconds update_interval)
    : update_interval_(update_interval),
      peer_state_(word_at(segment(), kStateOffset + kSideStride * kPageSide)),
      state_(word_at(segment(), kStateOffset + kSideStride * kPluginSide)),
      bell_(segment(), kPluginSide),
      peer_bell_(segment(), kPageSide),
      ring_in_(segment(), layout, kPageSide),
      reader_(ring_in_, kMaxMessageBytes),
      sender_(*this, segment(), layout, kPluginSide) {
  c_host_ = {
      .abi_major = SC_ABI_MAJOR,
      .abi_minor = SC_ABI_MINOR,
      .context = this,
      .options = options,
      .max_slot_size = sender_.max_slot_size(),
      .send = [](const sc_host* host, std::uint32_t type, const void* data, std::size_t size,
                 std::uint32_t timeout_ms) { return of(host).send({.type = type}, data, size, timeout_ms); },
      .reserve =
          [](const sc_host* host, std::uint32_t size, std::uint32_t timeout_ms, sc_slot* slot) {
            return slot == nullptr ? SC_INVALID_ARGUMENT : of(host).reserve(size, timeout_ms, *slot);
          },
      .commit = [](const sc_host* host, std::uint32_t type,
                   std::uint32_t size) { return status_of(of(host).sender_.commit(type, size)); },
      .abort = [](const sc_host* host) { of(host).sender_.abort(); },
      .log =
          [](const sc_host*, sc_log_level level, const char* text) {
            if (text == nullptr) text = "";
            worker::log(level, text, std::strlen(text));
          },
      .report_error = [](const sc_host* host, const char* text) { of(host).report_error(text); },
      .stopping = [](const sc_host* host) { return of(host).stopping_ || of(host).peer_state_.load() >= kStateClosed; },
      .get_extension = [](const sc_host*, const char* id) { return extension(id); },
  };
}

InstanceEnd Instance::run() {
  const sc_plugin_entry* const entry = sc_get_plugin_entry();
  if (entry == nullptr || entry->abi_major != SC_ABI_MAJOR) {
    return {"PLUGIN_ABI_MISMATCH", "the plugin was compiled for another plugin ABI than " + std::to_string(SC_ABI_MAJOR) +
                                       "; compile it with the headers that shared-channel wasm gives it"};
  }
  if (entry->create == nullptr || entry->name == nullptr || entry->version == nullptr) {
    return {"PLUGIN_LOAD_FAILED", "the plugin has an entry without a name, a version or a create function"};
  }
  plugin_name_ = entry->name;

  sc_plugin* plugin = nullptr;
  bool ready = contained("create", [&] { plugin = entry->create(&c_host_); }) && plugin != nullptr;
  if (ready && (plugin->initialize == nullptr || plugin->on_message == nullptr || plugin->destroy == nullptr)) {
    return {"PLUGIN_LOAD_FAILED", "the plugin lacks initialize, on_message or destroy"};
  }
  if (ready) {
    bool initialized = false;
    ready = contained("initialize", [&] { initialized = plugin->initialize(plugin); }) && initialized;
  }
  initializing_ = false;
  const std::string reason = std::exchange(initialize_error_, {});
  InstanceEnd end{"PLUGIN_INIT_FAILED", std::string(entry->name) + " could not be initialized: " +
                                            (reason.empty() ? "it gave no reason" : reason)};
  if (ready) {
    if (!reason.empty()) report_error(reason.c_str());
    requests_ = requests_of(*plugin);
    state_.store(kStateOpen);
    worker::ready(entry->name, std::strlen(entry->name), entry->version, std::strlen(entry->version), entry->abi_minor);
    end = serve(*plugin);
    reader_.release();
    publish_room();  // of all that was read: the page counts what was not
  }
  stopping_ = true;
  if (ready && plugin->shutdown != nullptr) contained("shutdown", [&] { plugin->shutdown(plugin); });
  if (plugin != nullptr) contained("destroy", [&] { plugin->destroy(plugin); });
  if (*end.code == '\0') {
    // Another end is for the worker's script to tell, which has a reason.
    state_.store(kStateClosed);
    peer_bell_.move();
    wake_peer();
  }
  return end;
}

// plugin.h forbids exceptions to cross it; a plugin that breaks the rule goes on all the same.
template <typename Call>
bool Instance::contained(const char* function, Call&& call) noexcept {
  try {
    call();
    return true;
  } catch (...) {
    report_error((std::string("an exception left the plugin's ") + function +
                  "; catch it there, or derive from shared_channel::Plugin, which does")
                     .c_str());
    return false;
  }
}

const sc_plugin_requests* Instance::requests_of(sc_plugin& plugin) noexcept {
  const void* found = nullptr;
  if (plugin.get_extension != nullptr) {
    contained("get_extension", [&] { found = plugin.get_extension(&plugin, SC_EXTENSION_REQUESTS); });
  }
  const auto* const requests = static_cast<const sc_plugin_requests*>(found);
  return requests != nullptr && requests->on_request != nullptr ? requests : nullptr;
}

InstanceEnd Instance::serve(sc_plugin& plugin) {
  const bool updates = update_interval_.count() > 0 && plugin.update != nullptr;
  Deadline next_update;
  if (updates) next_update = std::chrono::steady_clock::now() + update_interval_;

  IncomingMessage message;
  for (;;) {
    if (corrupt_) return {"CORRUPT", "the plugin's host read an impossible reading position of the page"};
    const std::uint32_t peer_state = peer_state_.load();
    if (peer_state > kStateGone) return {"CORRUPT", "the plugin's host read an impossible state of the page"};
    if (has_let_go(peer_state)) return {};
    if (updates && is_due(next_update)) {
      contained("update", [&] { plugin.update(&plugin); });
      next_update = std::chrono::steady_clock::now() + update_interval_;
    }
    switch (reader_.next(message)) {
      case ReadStatus::message:
        deliver(plugin, message);
        reader_.release();
        ring_in_.mark_taken();
        if (ring_in_.should_publish()) publish_room();
        break;
      case ReadStatus::again: {
        publish_room();
        // The order matters: what the page sent before it closed is in the ring once that is seen.
        const bool has_closed = peer_state_.load() >= kStateClosed;
        if (ring_in_.has_more()) break;
        if (has_closed) return {};
        wait_for_work(next_update);
        break;
      }
      case ReadStatus::corrupt:
        return {"CORRUPT", "the plugin's host read impossible values from the ring that the page writes"};
      case ReadStatus::too_large: return {"MESSAGE_TOO_LARGE", "the page sent a message above the limit of this host"};
      case ReadStatus::out_of_memory:
        return {"OUT_OF_MEMORY", "there was no memory to put a large message of the page together"};
    }
  }
}

void Instance::deliver(sc_plugin& plugin, const IncomingMessage& message) noexcept {
  const sc_message c_message = {.type = message.type,
                                .size = message.size,
                                .data = reinterpret_cast<const std::uint8_t*>(message.data)};
  switch (message.kind) {
    case MessageKind::plain: contained("on_message", [&] { plugin.on_message(&plugin, &c_message); }); break;
    case MessageKind::call:
      if (requests_ == nullptr) {
        refuse_call(message, std::string("the plugin \"") + plugin_name_ + "\" takes no calls; send it messages");
      } else if (!contained("on_request", [&] { requests_->on_request(&plugin, &c_message, message.call); })) {
        refuse_call(message, "an exception left the plugin's on_request");
      }
      break;
    case MessageKind::reply: break;  // to no call: plugins make none
    case MessageKind::control: decline_buffer(message); break;
  }
}

void Instance::refuse_call(const IncomingMessage& message, const std::string& reason) noexcept {
  const OutgoingMessage reply = {
      .type = message.type, .kind = MessageKind::reply, .call = message.call, .status = kReplyFailed};
  const sc_status status = send(reply, reason.data(), reason.size(), SC_FOREVER);
  if (status == SC_BUSY) report_error("a call could not be answered: the plugin holds an open slot");
}

// A browser has no memory that could be posted to a plugin: a module has one memory, its own.
void Instance::decline_buffer(const IncomingMessage& message) noexcept {
  // A copy: what is checked must not change underneath.
  const BufferText text = parse_buffer_text(std::string(reinterpret_cast<const char*>(message.data), message.size));
  std::uint64_t id = 0;
  if (const auto* const post = std::get_if<BufferPost>(&text)) {
    id = post->id;
  } else if (const auto* const unreadable = std::get_if<UnreadablePost>(&text)) {
    id = unreadable->id;
  } else {
    return;
  }
  const std::string answer = declined_text(id, "NOT_SUPPORTED", "plugins in a browser take no buffers; send the bytes as a message");
  const sc_status status = send({.kind = MessageKind::control}, answer.data(), answer.size(), SC_FOREVER);
  if (status == SC_BUSY) report_error("a buffer could not be declined: the plugin holds an open slot");
}

bool Instance::has_work() const noexcept {
  return ring_in_.has_more() || peer_state_.load() >= kStateClosed;
}

void Instance::wait_for_work(const Deadline& next_update) noexcept {
  if (comes_soon([this] { return has_work(); })) return;
  const std::uint32_t seen = bell_.value();
  bell_.announce(kWaitingForData);
  if (!has_work()) sleep_on(bell_.word(), seen, next_update);
  bell_.withdraw(kWaitingForData);
}

void Instance::publish_room() noexcept {
  if (ring_in_.publish() && peer_bell_.take(kWaitingForRoom)) wake_peer();
}

// ---- What the plugin calls ----

sc_status Instance::send(OutgoingMessage message, const void* data, std::size_t size, std::uint32_t timeout_ms) noexcept {
  if (message.type > kMaxMessageType || (data == nullptr && size != 0)) return SC_INVALID_ARGUMENT;
  if (size > max_payload(message.kind)) return SC_TOO_LARGE;
  message.data = static_cast<const std::byte*>(data);
  message.size = static_cast<std::uint32_t>(size);
  return status_of(sender_.send(message, deadline_in(timeout_ms)));
}

sc_status Instance::reserve(std::uint32_t size, std::uint32_t timeout_ms, sc_slot& slot) noexcept {
  if (size > sender_.max_slot_size()) return SC_TOO_LARGE;
  std::byte* data = nullptr;
  const SendStatus status = sender_.reserve(size, deadline_in(timeout_ms), data);
  if (status == SendStatus::ok) slot = {.size = size, .data = reinterpret_cast<std::uint8_t*>(data)};
  return status_of(status);
}

bool Instance::may_send() noexcept { return !stopping_ && peer_state_.load() < kStateLost; }

void Instance::wake_peer() noexcept {
  wake_sleepers(peer_bell_.word());
  worker::ring();
}

void Instance::report_error(const char* text) noexcept {
  if (text == nullptr) text = "";
  if (initializing_) {
    initialize_error_ = text;
  } else {
    worker::error(text, std::strlen(text));
  }
}

const void* Instance::extension(const char* id) noexcept {
  static constexpr sc_host_requests kRequests = {
      .reply =
          [](const sc_host* host, std::uint32_t type, std::uint32_t call, const void* data, std::size_t size,
             std::uint32_t timeout_ms) {
            return of(host).send({.type = type, .kind = MessageKind::reply, .call = call}, data, size, timeout_ms);
          },
      .fail =
          [](const sc_host* host, std::uint32_t type, std::uint32_t call, const char* reason,
             std::uint32_t timeout_ms) {
            if (reason == nullptr) reason = "the plugin gave no reason";
            return of(host).send({.type = type, .kind = MessageKind::reply, .call = call, .status = kReplyFailed},
                                 reason, std::strlen(reason), timeout_ms);
          },
  };
  return id != nullptr && std::strcmp(id, SC_EXTENSION_REQUESTS) == 0 ? &kRequests : nullptr;
}

}  // namespace shared_channel
