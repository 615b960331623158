// The program shared-channel-host: runs one plugin for an application that openPlugin was called in with
// `isolation: 'process'`, and ends with it. Started by PluginProcess, which also says what it is to do.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "../child_process.hpp"
#include "../failure.hpp"
#include "../host_protocol.hpp"
#include "../plugin_host.hpp"
#include "../socket.hpp"
#include "../thread_name.hpp"
#include "exchange_server.hpp"
#include "inheritance.hpp"

namespace {

using namespace shared_channel;

// A plugin that does not return is the application's to deal with, which ends this process. Only when there is no
// application any more does it end by itself, so much later than the application would have ended it.
constexpr std::chrono::milliseconds kPatienceBeyondShutdown{1000};

// Hands everything on to the application.
class Reporter final : public PluginListener {
 public:
  Reporter(Socket& events, const Segment& segment)
      : events_(events), bell_(word_at(segment.data(), kBellOffset)) {}

  void ring() noexcept override { wake_sleepers(bell_); }

  void post(PluginEvent&& event) noexcept override {
    if (event.kind == PluginEvent::Kind::ready) name_this_process("sc:" + event.name);
    events_.send(packet_of(event));
  }

 private:
  Socket& events_;
  Word& bell_;  // of JavaScript's side
};

// The application asks to stop by sending no more, and so does its end, whatever it was.
void stop_when_asked(Socket& events, PluginHost& host, std::chrono::milliseconds shutdown_timeout) {
  while (events.receive(0)) {
  }
  host.request_stop();
  std::this_thread::sleep_for(shutdown_timeout + kPatienceBeyondShutdown);
  _exit(EXIT_FAILURE);
}

std::shared_ptr<HangWatch> make_watch(const HostStart& start, Socket& events) {
  if (!start.hang_timeout) return nullptr;
  return std::make_shared<HangWatch>(*start.hang_timeout, [&events, limit = *start.hang_timeout](const char* function) {
    events.send(packet_of({.kind = PluginEvent::Kind::ended,
                           .code = "PEER_LOST",
                           .text = std::string("its ") + function + " did not return within " +
                                   std::to_string(limit.count()) + " ms (hangTimeout)"}));
    _exit(EXIT_SUCCESS);
  });
}

int run() {
  // Never destroyed: threads use them until the very end.
  auto& events = *new Socket(Descriptor(ChildProcess::kSocket));
  std::vector<Descriptor> descriptors;
  const auto packet = events.receive_with(descriptors);
  const auto start = packet ? HostStart::from(*packet) : std::nullopt;
  if (!start || descriptors.size() != 2) return EXIT_FAILURE;  // the application has changed its mind, or ended
  const Layout layout = make_layout(start->capacities[0], start->capacities[1]);
  auto& exchanges = *new Socket(std::move(descriptors[1]));
  auto segment = std::make_shared<const Segment>(Segment::inherit(descriptors[0].release(), layout.total_size));
  const auto reporter = std::make_shared<Reporter>(events, *segment);
  const auto watch = make_watch(*start, events);
  auto& host = *new std::shared_ptr<PluginHost>(
      PluginHost::start(std::move(segment), layout, start->plugin, reporter, watch));
  std::thread([&events, &host, timeout = start->shutdown_timeout] { stop_when_asked(events, *host, timeout); }).detach();
  std::thread([&exchanges, &host] { serve_exchanges(exchanges, *host); }).detach();
  return host->join(std::nullopt) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main() {
  try {
    if (!close_what_is_not_ours(ChildProcess::kSocket)) {
      std::fputs("shared-channel-host runs plugins for Shared Channel; openPlugin starts it.\n", stderr);
      return EXIT_FAILURE;
    }
    // With what the library registered for the end of its process, and what it wrote into buffers of the C library.
    std::exit(run());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shared-channel-host: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
