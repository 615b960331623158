#include "exchange_server.hpp"

#include <optional>
#include <vector>

#include "../failure.hpp"
#include "../host_protocol.hpp"
#include "../thread_name.hpp"

namespace shared_channel {
namespace {

ExchangeAnswer serve(PluginHost& host, const std::optional<Segment>& memory, std::uint64_t size) {
  try {
    if (size > (memory ? memory->size() : 0)) throw Failure("CLOSED", "the memory for exchange is missing");
    return {.written = host.exchange({memory ? memory->data() : nullptr, size})};
  } catch (const Failure& failure) {
    return {.code = failure.code, .text = std::string(failure.what()).substr(0, kMaxEventText)};
  }
}

}  // namespace

void serve_exchanges(Socket& requests, PluginHost& host) noexcept {
  name_this_thread("sc:exchange");
  std::optional<Segment> memory;
  for (;;) {
    std::vector<Descriptor> descriptors;
    const auto packet = requests.receive_with(descriptors);
    const auto request = packet ? ExchangeRequest::from(*packet) : std::nullopt;
    if (!request) return;
    ExchangeAnswer answer;
    try {
      if (!descriptors.empty()) {
        memory.reset();
        memory.emplace(Segment::inherit(descriptors[0].release(), request->size));
      }
      answer = serve(host, memory, request->size);
    } catch (const Failure& failure) {
      answer = {.code = failure.code, .text = failure.what()};
    }
    if (memory && memory->size() > kKeptExchange) memory.reset();
    if (!requests.send(answer.packet())) return;
  }
}

}  // namespace shared_channel
