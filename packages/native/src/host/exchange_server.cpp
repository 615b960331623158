#include "exchange_server.hpp"

#include <optional>
#include <vector>

#include "../failure.hpp"
#include "../host_protocol.hpp"
#include "../thread_name.hpp"

namespace shared_channel {
namespace {

ExchangeAnswer serve(PluginHost& host, const std::optional<Segment>& memory, const ExchangeRequest& request) {
  const std::size_t available = memory ? memory->size() : 0;
  if (request.offset > available || request.size > available - request.offset) {
    throw Failure("CLOSED", "the memory for exchange is missing");
  }
  std::byte* const data = memory ? memory->data() + request.offset : nullptr;
  return {.written = host.exchange({data, request.size})};
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
        memory.emplace(Segment::inherit(descriptors[0].release(), request->memory_size));
      }
      answer = serve(host, memory, *request);
    } catch (const Failure& failure) {
      answer = {.code = failure.code, .text = std::string(failure.what()).substr(0, kMaxEventText)};
    }
    if (memory && memory->size() > kKeptExchange) memory.reset();
    if (!requests.send(answer.packet())) return;
  }
}

}  // namespace shared_channel
