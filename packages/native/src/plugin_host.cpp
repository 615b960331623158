#include "plugin_host.hpp"

#include <cstring>
#include <limits>
#include <utility>

#include "brief_look.hpp"
#include "failure.hpp"
#include "library.hpp"
#include "thread_name.hpp"

namespace shared_channel {
namespace {

constexpr std::uint32_t kMaxMessageBytes = std::numeric_limits<std::uint32_t>::max();
constexpr const char* kPeerLost = "the other side of the channel has ended without closing it";

// This thread is JavaScript's and in the plugin's exchange.
thread_local bool in_exchange = false;

Deadline deadline_in(std::uint32_t timeout_ms) {
  // JavaScript, who alone makes room, would wait for itself.
  if (in_exchange) return std::chrono::steady_clock::now();
  if (timeout_ms == SC_FOREVER) return std::nullopt;
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

bool has_passed(const Deadline& deadline) { return deadline && std::chrono::steady_clock::now() >= *deadline; }

sc_status status_of(SendStatus status) { return static_cast<sc_status>(status); }

PluginEvent ended(const char* code = "", const std::string& text = "") {
  return {.kind = PluginEvent::Kind::ended, .code = code, .text = text};
}

}  // namespace

PluginHost::PluginHost(std::shared_ptr<const Segment> segment, const Layout& layout, PluginOptions options,
                       std::shared_ptr<PluginListener> listener, std::shared_ptr<HangWatch> watch)
    : segment_(std::move(segment)),
      options_(std::move(options)),
      listener_(std::move(listener)),
      watch_(std::move(watch)),
      peer_state_(word_at(segment_->data(), kStateOffset + kSideStride * kJavaScriptSide)),
      state_(word_at(segment_->data(), kStateOffset + kSideStride * kPluginSide)),
      bell_(segment_->data(), kPluginSide),
      peer_bell_(segment_->data(), kJavaScriptSide),
      ring_in_(segment_->data(), layout, kJavaScriptSide),
      reader_(ring_in_, kMaxMessageBytes),
      sender_(*this, segment_->data(), layout, kPluginSide),
      buffers_(sender_, options_.peer, [this] { wake_plugin(); }) {
  c_host_ = {
      .abi_major = SC_ABI_MAJOR,
      .abi_minor = SC_ABI_MINOR,
      .context = this,
      .options = options_.options_json.c_str(),
      .max_slot_size = sender_.max_slot_size(),
      .send = [](const sc_host* host, std::uint32_t type, const void* data, std::size_t size,
                 std::uint32_t timeout_ms) { return of(host).send({.type = type}, data, size, timeout_ms); },
      .reserve =
          [](const sc_host* host, std::uint32_t size, std::uint32_t timeout_ms, sc_slot* slot) {
            return slot == nullptr ? SC_INVALID_ARGUMENT : of(host).reserve(size, timeout_ms, *slot);
          },
      .commit = [](const sc_host* host, std::uint32_t type,
                   std::uint32_t size) { return of(host).commit(type, size); },
      .abort = [](const sc_host* host) { of(host).abort(); },
      .log =
          [](const sc_host* host, sc_log_level level, const char* text) {
            of(host).listener_->post(
                {.kind = PluginEvent::Kind::log, .code = "", .text = text != nullptr ? text : "", .level = level});
          },
      .report_error = [](const sc_host* host, const char* text) { of(host).report_error(text); },
      .stopping = [](const sc_host* host) { return of(host).stopping_.load() || of(host).peer_has_ended(); },
      .get_extension = [](const sc_host*, const char* id) { return extension(id); },
  };
}

std::shared_ptr<PluginHost> PluginHost::start(std::shared_ptr<const Segment> segment, const Layout& layout,
                                              PluginOptions options,
                                              std::shared_ptr<PluginListener> listener,
                                              std::shared_ptr<HangWatch> watch) {
  std::shared_ptr<PluginHost> host(
      new PluginHost(std::move(segment), layout, std::move(options), std::move(listener), std::move(watch)));
  try {
    // The thread holds the host, so that nothing it touches goes away while it runs, even when it is abandoned.
    host->thread_ = std::thread([host] { host->run(); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("could not start a thread for the plugin: ") + error.what());
  }
  return host;
}

void PluginHost::wake() noexcept {
  peer_core_.store(current_core(), std::memory_order_relaxed);
  wake_sleepers(bell_.word());
}

std::size_t PluginHost::exchange(std::span<std::byte> memory, const SharedPlace&) {
  const std::lock_guard lock(exchange_mutex_);
  if (exchange_plugin_ == nullptr) throw Failure("CLOSED", "The plugin has ended; open it again.");
  const auto failure = [this](const char* code, const std::string& text) {
    return Failure(code, std::string("The plugin \"") + plugin_name_ + "\"" + text);
  };
  if (exchange_ == nullptr) {
    throw failure("NOT_SUPPORTED", " has no exchange: it does not derive from shared_channel::Exchange.");
  }
  std::size_t written = 0;
  const char* reason = nullptr;
  in_exchange = true;
  try {
    const HangWatch::Call call(watch_.get(), "exchange");
    auto* const data = reinterpret_cast<std::uint8_t*>(memory.data());
    reason = exchange_->exchange(exchange_plugin_, data, memory.size(), &written);
  } catch (...) {
    reason = "an exception left its exchange; catch it there, or derive from shared_channel::Exchange, which does";
  }
  in_exchange = false;
  if (reason != nullptr) throw failure("PLUGIN_ERROR", std::string(": ") + reason);
  if (written > memory.size()) {
    throw failure("PLUGIN_ERROR", " says that it wrote " + std::to_string(written) + " bytes into memory of " +
                                      std::to_string(memory.size()));
  }
  return written;
}

void PluginHost::request_stop() noexcept {
  stopping_.store(true);
  wake_plugin();
  sender_.wake_waiting();
}

bool PluginHost::join(const Deadline& deadline) {
  {
    std::unique_lock lock(finished_mutex_);
    const auto is_finished = [this] { return finished_; };
    if (!deadline) {
      finished_changed_.wait(lock, is_finished);
    } else if (!finished_changed_.wait_until(lock, *deadline, is_finished)) {
      return false;
    }
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

const char* PluginHost::abandon() {
  if (thread_.joinable()) thread_.detach();
  return "its thread is left behind";
}

// ---- The plugin thread ----

void PluginHost::run() noexcept {
  name_this_thread("shared-channel");
  PluginEvent end = ended();
  try {
    end = run_plugin();
  } catch (const Failure& failure) {
    end = ended(failure.code, failure.what());
  } catch (const std::exception& error) {
    end = ended("PLUGIN_ERROR", error.what());
  }
  // Whoever of the plugin's threads still tries to send is told that it is over.
  request_stop();
  change_state(end.code.empty() ? kStateClosed : kStateLost);
  peer_bell_.move();  // and wakes JavaScript, below
  {
    const std::lock_guard lock(finished_mutex_);
    finished_ = true;
    finished_changed_.notify_all();
  }
  listener_->post(std::move(end));
}

// Forwards only: the end may have been left meanwhile, and is opened already where it was claimed.
void PluginHost::change_state(std::uint32_t to) noexcept {
  std::uint32_t now = state_.load();
  while (now < to && now < kStateClosed && !state_.compare_exchange_weak(now, to)) {
  }
}

// plugin.h forbids exceptions to cross it, but a plugin that breaks the rule must not take the application down.
template <typename Call>
bool PluginHost::contained(const char* function, Call&& call) noexcept {
  try {
    const HangWatch::Call watched(watch_.get(), function);
    call();
    return true;
  } catch (...) {
    report_error((std::string("an exception left the plugin's ") + function +
                  "; catch it there, or derive from shared_channel::Plugin, which does")
                     .c_str());
    return false;
  }
}

PluginEvent PluginHost::run_plugin() {
  const PluginLibrary library = load_plugin_library(options_.path);
  const sc_plugin_entry& entry = library.entry;
  plugin_name_ = entry.name;
  name_this_thread(std::string("sc:") + entry.name);

  sc_plugin* plugin = nullptr;
  bool ready = contained("create", [&] { plugin = entry.create(&c_host_); }) && plugin != nullptr;
  if (ready && (plugin->initialize == nullptr || plugin->on_message == nullptr || plugin->destroy == nullptr)) {
    return ended("PLUGIN_LOAD_FAILED", "the plugin lacks initialize, on_message or destroy");
  }
  if (ready) {
    bool initialized = false;
    ready = contained("initialize", [&] { initialized = plugin->initialize(plugin); }) && initialized;
  }
  std::string reason;
  {
    const std::lock_guard lock(initialize_mutex_);
    initializing_ = false;
    reason = std::exchange(initialize_error_, {});
  }
  PluginEvent end = ended("PLUGIN_INIT_FAILED", std::string(entry.name) + " could not be initialized: " +
                                                    (reason.empty() ? "it gave no reason" : reason));
  if (ready) {
    if (!reason.empty()) report_error(reason.c_str());
    requests_ = extension_of(*plugin, SC_EXTENSION_REQUESTS, &sc_plugin_requests::on_request);
    plugin_buffers_ = extension_of(*plugin, SC_EXTENSION_BUFFERS, &sc_plugin_buffers::on_shared_buffer);
    open_exchange(*plugin);
    change_state(kStateOpen);
    listener_->post({.kind = PluginEvent::Kind::ready,
                     .code = "",
                     .text = "",
                     .name = entry.name,
                     .version = entry.version,
                     .abi_minor = entry.abi_minor});
    end = serve(*plugin, options_.update_interval.value_or(library.update_interval));
    reader_.release();
    publish_room();  // of all that was read: JavaScript counts what was not
    request_stop();  // so that threads of the plugin that wait for room come back, and `shutdown` can join them
    close_exchange();
    if (plugin->shutdown != nullptr) contained("shutdown", [&] { plugin->shutdown(plugin); });
  } else {
    request_stop();  // for `destroy` likewise: `initialize` may have started threads before it failed
  }
  if (plugin != nullptr) contained("destroy", [&] { plugin->destroy(plugin); });
  buffers_.close();
  return end;
}

// An extension of the plugin, or null when it has none or one without its function.
template <typename Extension, typename Function>
const Extension* PluginHost::extension_of(sc_plugin& plugin, const char* id, Function Extension::* function) noexcept {
  const void* found = nullptr;
  if (plugin.get_extension != nullptr) {
    contained("get_extension", [&] { found = plugin.get_extension(&plugin, id); });
  }
  const auto* const extension = static_cast<const Extension*>(found);
  return extension != nullptr && extension->*function != nullptr ? extension : nullptr;
}

void PluginHost::open_exchange(sc_plugin& plugin) noexcept {
  const sc_plugin_exchange* const exchange = extension_of(plugin, SC_EXTENSION_EXCHANGE, &sc_plugin_exchange::exchange);
  const std::lock_guard lock(exchange_mutex_);
  exchange_plugin_ = &plugin;
  exchange_ = exchange;
}

// Returns when JavaScript is not in the plugin, and keeps it out from then on.
void PluginHost::close_exchange() noexcept {
  const std::lock_guard lock(exchange_mutex_);
  exchange_plugin_ = nullptr;
}

PluginEvent PluginHost::serve(sc_plugin& plugin, std::chrono::milliseconds interval) {
  const bool updates = interval.count() > 0 && plugin.update != nullptr;
  Deadline next_update;
  if (updates) next_update = std::chrono::steady_clock::now() + interval;

  IncomingMessage message;
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (corrupt_.load(std::memory_order_relaxed)) {
      return ended("CORRUPT", "the plugin's host read an impossible reading position of JavaScript");
    }
    if (updates && has_passed(next_update)) {
      contained("update", [&] { plugin.update(&plugin); });
      next_update = std::chrono::steady_clock::now() + interval;
    }
    if (buffers_.has_answers()) buffers_.send_answers();
    switch (reader_.next(message)) {
      case ReadStatus::message:
        deliver(plugin, message);
        reader_.release();
        ring_in_.mark_taken();
        if (ring_in_.should_publish()) publish_room();
        break;
      case ReadStatus::again: {
        publish_room();
        // The order matters: what JavaScript sent before it closed or ended is in the ring once that is seen.
        const bool has_ended = peer_has_ended();
        if (ring_in_.has_more()) break;
        if (has_ended) return listener_->is_peer_lost() ? ended("PEER_LOST", kPeerLost) : ended();
        wait_for_work(next_update);
        break;
      }
      case ReadStatus::corrupt:
        return ended("CORRUPT", "the plugin's host read impossible values from the ring that JavaScript writes");
      case ReadStatus::too_large:
        return ended("MESSAGE_TOO_LARGE", "JavaScript sent a message above the limit of this host");
      case ReadStatus::out_of_memory:
        return ended("OUT_OF_MEMORY", "there was no memory to put a large message of JavaScript together");
    }
  }
  return ended();
}

void PluginHost::deliver(sc_plugin& plugin, const IncomingMessage& message) noexcept {
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
    case MessageKind::reply: break;    // to no call: plugins make none
    case MessageKind::control: take_control(plugin, message); break;
  }
}

void PluginHost::take_control(sc_plugin& plugin, const IncomingMessage& message) noexcept {
  // A copy: what is checked must not change underneath.
  BufferText text = parse_buffer_text(std::string(reinterpret_cast<const char*>(message.data), message.size));
  if (auto* const post = std::get_if<BufferPost>(&text)) {
    if (plugin_buffers_ == nullptr) {
      buffers_.decline(post->id, "NOT_SUPPORTED", std::string("the plugin \"") + plugin_name_ + "\" takes no buffers");
      return;
    }
    const sc_shared_buffer* const buffer = buffers_.receive(*post);
    if (buffer == nullptr) return;
    buffers_.send_answers();  // that it was received, before anything that the plugin says
    if (!contained("on_shared_buffer", [&] { plugin_buffers_->on_shared_buffer(&plugin, buffer); })) buffers_.release(buffer);
  } else if (const auto* const unreadable = std::get_if<UnreadablePost>(&text)) {
    buffers_.decline(unreadable->id, "NOT_SUPPORTED", "the plugin's host cannot read the post; use one version on both sides");
  } else if (auto* const answer = std::get_if<PostAnswer>(&text)) {
    const auto released = buffers_.take_answer(std::move(*answer));
    if (!released || plugin_buffers_ == nullptr || plugin_buffers_->on_buffer_released == nullptr) return;
    const char* const declined = released->declined ? released->declined->c_str() : nullptr;
    contained("on_buffer_released", [&] { plugin_buffers_->on_buffer_released(&plugin, released->id, declined); });
  }
}

void PluginHost::refuse_call(const IncomingMessage& message, const std::string& reason) noexcept {
  const OutgoingMessage reply = {
      .type = message.type, .kind = MessageKind::reply, .call = message.call, .status = kReplyFailed};
  const sc_status status = send(reply, reason.data(), reason.size(), SC_FOREVER);
  // The plugin may have kept a slot open on this very thread.
  if (status == SC_BUSY) report_error("a call could not be answered: the plugin holds an open slot");
}

bool PluginHost::has_work() const noexcept {
  return ring_in_.has_more() || stopping_.load() || corrupt_.load() || peer_closed() || buffers_.has_answers();
}

bool PluginHost::peer_closed() const noexcept { return peer_state_.load() >= kStateClosed; }

bool PluginHost::peer_has_ended() const noexcept { return peer_closed() || listener_->is_peer_lost(); }

void PluginHost::wait_for_work(const Deadline& next_update) noexcept {
  // Never on the core that JavaScript last ran on: it may need that very core to go on.
  if (current_core() != peer_core_.load(std::memory_order_relaxed)) {
    if (comes_soon([this] { return has_work(); })) return;
  }
  const std::uint32_t seen = bell_.value();
  bell_.announce(kWaitingForData);
  if (!has_work() && !listener_->is_peer_lost()) sleep_on(bell_.word(), seen, next_update);
  bell_.withdraw(kWaitingForData);
}

void PluginHost::publish_room() noexcept {
  if (ring_in_.publish() && peer_bell_.take(kWaitingForRoom)) listener_->ring();
}

// ---- What the plugin calls, from any of its threads ----

sc_status PluginHost::send(OutgoingMessage message, const void* data, std::size_t size,
                           std::uint32_t timeout_ms) noexcept {
  if (message.type > kMaxMessageType || (data == nullptr && size != 0)) return SC_INVALID_ARGUMENT;
  if (size > max_payload(message.kind)) return SC_TOO_LARGE;
  message.data = static_cast<const std::byte*>(data);
  message.size = static_cast<std::uint32_t>(size);
  return status_of(sender_.send(message, deadline_in(timeout_ms)));
}

sc_status PluginHost::reserve(std::uint32_t size, std::uint32_t timeout_ms, sc_slot& slot) noexcept {
  if (size > sender_.max_slot_size()) return SC_TOO_LARGE;
  std::byte* data = nullptr;
  const SendStatus status = sender_.reserve(size, deadline_in(timeout_ms), data);
  if (status == SendStatus::ok) slot = {.size = size, .data = reinterpret_cast<std::uint8_t*>(data)};
  return status_of(status);
}

sc_status PluginHost::commit(std::uint32_t type, std::uint32_t size) noexcept {
  const SendStatus status = sender_.commit(type, size);
  buffers_.slot_closed();
  return status_of(status);
}

void PluginHost::abort() noexcept {
  sender_.abort();
  buffers_.slot_closed();
}

// A side that has closed may still read; one that is gone, or lost, does not.
bool PluginHost::may_send() noexcept {
  return !stopping_.load() && peer_state_.load() < kStateLost && !listener_->is_peer_lost();
}

void PluginHost::wake_peer() noexcept { listener_->ring(); }

void PluginHost::found_corrupt() noexcept {
  corrupt_.store(true);
  wake_plugin();
}

// The plugin thread may be another one than the caller's, and asleep.
void PluginHost::wake_plugin() noexcept {
  bell_.move();
  wake_sleepers(bell_.word());
}

void PluginHost::report_error(const char* text) noexcept {
  std::string reason = text != nullptr ? text : "";
  {
    const std::lock_guard lock(initialize_mutex_);
    if (initializing_) {
      initialize_error_ = std::move(reason);
      return;
    }
  }
  listener_->post({.kind = PluginEvent::Kind::error, .code = "PLUGIN_ERROR", .text = std::move(reason)});
}

const void* PluginHost::extension(const char* id) noexcept {
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
  static constexpr sc_host_buffers kBuffers = {
      .create =
          [](const sc_host* host, std::uint64_t size, const sc_shared_buffer** buffer) {
            return buffer == nullptr ? SC_INVALID_ARGUMENT : of(host).buffers_.create(size, *buffer);
          },
      .post =
          [](const sc_host* host, const char* handle, sc_buffer_access access, const char* additional_data,
             std::uint32_t* number, std::uint32_t timeout_ms) {
            return of(host).buffers_.post(handle, access, additional_data, number, deadline_in(timeout_ms));
          },
      .release = [](const sc_host* host, const sc_shared_buffer* buffer) { of(host).buffers_.release(buffer); },
  };
  if (id == nullptr) return nullptr;
  if (std::strcmp(id, SC_EXTENSION_REQUESTS) == 0) return &kRequests;
  return std::strcmp(id, SC_EXTENSION_BUFFERS) == 0 ? &kBuffers : nullptr;
}

}  // namespace shared_channel
