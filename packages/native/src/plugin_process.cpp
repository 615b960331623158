#include "plugin_process.hpp"

#include <cstring>
#include <system_error>
#include <utility>

#include "doorbell.hpp"
#include "failure.hpp"
#include "thread_name.hpp"

namespace shared_channel {
namespace {

// How long a process may take to go when it has nothing more to say, and when it was killed: only the system's own work.
constexpr std::chrono::milliseconds kPatienceWithEnd{1000};

constexpr const char* kAdvice = ". A debugger or its core dump tells where; restart: 'on-crash' brings it back.";

Word& bell_of(const Segment& segment, std::uint32_t side) {
  return word_at(segment.data(), kBellOffset + kSideStride * side);
}

// The codes that an exchange may fail with; others are not the process's to give.
constexpr const char* kPluginError = "PLUGIN_ERROR";

const char* known_code(const std::string& code) {
  for (const char* const known : {"NOT_SUPPORTED", "CLOSED", "OUT_OF_MEMORY"}) {
    if (code == known) return known;
  }
  return kPluginError;
}

}  // namespace

PluginProcess::PluginProcess(Segment segment, const Layout& layout, PluginOptions options, const ProcessOptions& process,
                             std::shared_ptr<PluginListener> listener, std::pair<Socket, Socket> events,
                             std::pair<Socket, Socket> exchanges)
    : segment_(std::move(segment)),
      start_{.plugin = std::move(options),
             .capacities = {layout.ring_capacity[0], layout.ring_capacity[1]},
             .shutdown_timeout = process.shutdown_timeout,
             .hang_timeout = process.hang_timeout},
      listener_(std::move(listener)),
      events_(std::move(events.first)),
      exchanges_(std::move(exchanges.first)),
      their_events_(std::move(events.second)),
      their_exchanges_(std::move(exchanges.second)),
      who_(start_.plugin.path) {
  bell_waiter_.emplace(bell_of(segment_, kJavaScriptSide), [to = listener_] { to->ring(); });
  process_.emplace(process.program, start_.plugin.path, *their_events_);
  their_events_.reset();
}

std::shared_ptr<PluginProcess> PluginProcess::start(Segment segment, const Layout& layout, PluginOptions options,
                                                    ProcessOptions process, std::shared_ptr<PluginListener> listener) {
  std::shared_ptr<PluginProcess> runner(new PluginProcess(std::move(segment), layout, std::move(options), process,
                                                          std::move(listener), Socket::pair(), Socket::pair()));
  try {
    // The thread holds all that it touches, even when the process does not go although it was killed.
    runner->thread_ = std::thread([runner] { runner->run(); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("could not start a thread for the plugin's process: ") + error.what());
  }
  return runner;
}

void PluginProcess::wake() noexcept { wake_sleepers(bell_of(segment_, kPluginSide)); }

void PluginProcess::request_stop() noexcept { events_.end_sending(); }

bool PluginProcess::join(const Deadline& deadline) {
  if (!wait_until_finished(deadline)) return false;
  if (thread_.joinable()) thread_.join();
  bell_waiter_.reset();
  return true;
}

const char* PluginProcess::abandon() {
  process_->kill();
  // The system's work is done in no time, but for a process that waits for a device that does not answer.
  if (!join(std::chrono::steady_clock::now() + kPatienceWithEnd)) {
    bell_waiter_.reset();
    if (thread_.joinable()) thread_.detach();
  }
  return "its process was killed";
}

bool PluginProcess::wait_until_finished(const Deadline& deadline) {
  std::unique_lock lock(finished_mutex_);
  const auto is_finished = [this] { return end_.has_value(); };
  if (deadline) return finished_changed_.wait_until(lock, *deadline, is_finished);
  finished_changed_.wait(lock, is_finished);
  return true;
}

// ---- The thread that hears the process ----

void PluginProcess::run() noexcept {
  name_this_thread("sc:process");
  events_.send(start_.packet(), {segment_.descriptor(), their_exchanges_->descriptor()});
  their_exchanges_.reset();
  PluginEvent end = hear();
  {
    const std::lock_guard lock(finished_mutex_);
    end_ = end;
    finished_changed_.notify_all();
  }
  listener_->post(std::move(end));
}

// Hands on what the process says until it has ended. Returns its last event.
PluginEvent PluginProcess::hear() {
  std::optional<PluginEvent> end;
  bool is_ready = false;
  while (const auto packet = events_.receive(kMaxEventPacket, process_->descriptor())) {
    auto event = event_of(*packet);
    if (end) continue;  // threads of the plugin may still log
    if (!event || (is_ready && event->kind == PluginEvent::Kind::ready)) {
      process_->wait(std::chrono::milliseconds(0));
      return {.kind = PluginEvent::Kind::ended, .code = "CORRUPT", .text = "The process of " + who_ + " sent what no such process sends, and was ended."};
    }
    if (event->kind == PluginEvent::Kind::ended) {
      end = std::move(event);
      continue;
    }
    if (event->kind == PluginEvent::Kind::ready) {
      is_ready = true;
      who_ = "the plugin \"" + event->name + "\"";
    }
    listener_->post(*std::move(event));
  }
  // By now it is ending already, or has cut the connection and has to.
  const ProcessEnd process_end = process_->wait(std::chrono::milliseconds(0));
  give_back_what_was_taken();
  const char* const lost = is_ready ? "PEER_LOST" : "PLUGIN_INIT_FAILED";
  const std::string how = "The process of " + who_ + " " + process_end.text();
  if (!end) return {.kind = PluginEvent::Kind::ended, .code = lost, .text = how + kAdvice};
  if (end->code == "PEER_LOST") {  // it has ended itself
    return {.kind = PluginEvent::Kind::ended, .code = lost, .text = "The process of " + who_ + " was ended: " + end->text + "."};
  }
  if (!process_end.is_clean()) {
    listener_->post({.kind = PluginEvent::Kind::error, .code = "PLUGIN_ERROR", .text = how + " after the plugin had closed."});
  }
  return *std::move(end);
}

// In the name of the process, which gives room back in batches: what it had dealt with is not lost. It is gone, and so is
// nobody's reading position; what it wrote is believed only if it can be.
void PluginProcess::give_back_what_was_taken() noexcept {
  const std::uint32_t tail = word_at(segment_.data(), kTailOffset + kRingStride * kJavaScriptSide).load();
  const std::uint32_t taken = word_at(segment_.data(), kTakenOffset + kRingStride * kJavaScriptSide).load();
  Word& head = word_at(segment_.data(), kHeadOffset + kRingStride * kJavaScriptSide);
  const std::uint32_t given_back = head.load();
  const bool is_possible = tail - given_back <= start_.capacities[kJavaScriptSide] && taken % kRecordAlignment == 0;
  if (is_possible && taken - given_back <= tail - given_back) head.store(taken);
}

// ---- Exchange, on JavaScript's thread ----

std::size_t PluginProcess::exchange(std::span<std::byte> memory, const SharedPlace& place) {
  if (place.segment != nullptr || memory.empty()) return exchange_in(place, memory.size());
  if (exchange_memory_ == nullptr || exchange_memory_->size() < memory.size()) {
    exchange_memory_ = std::make_shared<const Segment>(Segment::create(memory.size()));
  }
  std::memcpy(exchange_memory_->data(), memory.data(), memory.size());
  const std::size_t written = exchange_in({.segment = exchange_memory_}, memory.size());
  if (written != 0) std::memcpy(memory.data(), exchange_memory_->data(), written);
  if (exchange_memory_->size() > kKeptExchange) exchange_memory_.reset();
  return written;
}

std::size_t PluginProcess::exchange_in(const SharedPlace& place, std::size_t size) {
  const ExchangeAnswer answer = ask(place, size);
  if (!answer.code.empty()) {
    const char* const code = known_code(answer.code);
    if (code != kPluginError) their_exchange_memory_.reset();  // the process may not have got it
    throw Failure(code, answer.text);
  }
  if (answer.written > size) throw Failure(kPluginError, "The plugin's process says that it wrote more than there is.");
  return answer.written;
}

ExchangeAnswer PluginProcess::ask(const SharedPlace& place, std::size_t size) {
  const std::size_t memory_size = place.segment != nullptr ? place.segment->size() : 0;
  const ExchangeRequest request = {.memory_size = memory_size, .offset = place.offset, .size = size};
  const bool is_new = place.segment != nullptr && their_exchange_memory_.lock() != place.segment;
  const bool sent = is_new ? exchanges_.send(request.packet(), {place.segment->descriptor()})
                           : exchanges_.send(request.packet());
  if (is_new) their_exchange_memory_ = place.segment;
  if (memory_size > kKeptExchange) their_exchange_memory_.reset();
  if (sent) {
    if (const auto packet = exchanges_.receive(kMaxEventPacket, process_->descriptor())) {
      if (auto answer = ExchangeAnswer::from(*packet)) return *std::move(answer);
    }
  }
  if (wait_until_finished(std::chrono::steady_clock::now() + kPatienceWithEnd) && end_->code == "PEER_LOST") {
    throw Failure("PEER_LOST", end_->text);
  }
  throw Failure("CLOSED", "The plugin has ended; open it again.");
}

}  // namespace shared_channel
