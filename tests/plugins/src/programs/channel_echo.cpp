// A native program at the other end of a channel, whose handle is its argument. Message types:
//   1 data     sent back; as a call, answered with the same bytes
//   2 ask      a call. It first calls the other side with the same bytes and type 2, and answers with what comes back
//   3 fail     a call, which fails with the text of the message
//   4 sum      a call with the handle of a buffer: answered with the sum of its bytes, as text
//   5 make     a call with "size seed": answered with the handle of a buffer so filled, which is kept until the next
//   6 abort    ends the program with SIGABRT
//   7 slots    sends 10 messages of type 7 in place, of 1,000 bytes each, filled with their number
// Exits with 0 when the other side has closed and taken everything, 3 when it was lost, 1 for anything else.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <shared_channel/channel.hpp>
#include <shared_channel/shared_buffer.hpp>

#include "pattern.hpp"

namespace {

using shared_channel::Channel;
using shared_channel::SharedBuffer;

class Program {
 public:
  explicit Program(const char* handle) : channel_(Channel::open(handle)) {}

  int run() {
    while (const auto message = channel_.receive()) take(*message);
    return channel_.close() == 0 ? 0 : 1;
  }

 private:
  void take(const Channel::Message& message) {
    if (message.request) {
      answer(*message.request, message);
    } else if (message.type == 7) {
      for (int number = 0; number < 10; ++number) {
        auto slot = channel_.reserve(1000);
        std::memset(slot.bytes().data(), number, slot.bytes().size());
        slot.commit(7);
      }
    } else {
      if (message.type == 6) std::abort();
      channel_.send(message.type, message.bytes);
    }
  }

  void answer(const Channel::Request& request, const Channel::Message& message) {
    const std::string text = message.text();
    switch (request.type) {
      case 1: channel_.reply(request, message.bytes); break;
      case 2: channel_.reply(request, channel_.request(2, text)); break;
      case 3: channel_.fail(request, text); break;
      case 4: channel_.reply(request, std::to_string(sum_of(SharedBuffer::open(text).bytes()))); break;
      case 5: {
        unsigned long long size = 0;
        unsigned seed = 0;
        if (std::sscanf(text.c_str(), "%llu %u", &size, &seed) != 2) throw std::runtime_error("expected size and seed");
        made_ = SharedBuffer::create(size);
        fill(made_->bytes(), seed);
        channel_.reply(request, made_->handle());
        break;
      }
      default: channel_.fail(request, "unknown type");
    }
  }

  Channel channel_;
  std::optional<SharedBuffer> made_;
};

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 2) throw std::runtime_error("the handle of a channel is expected");
    return Program(arguments[1]).run();
  } catch (const shared_channel::Error& error) {
    std::fprintf(stderr, "%s: %s\n", std::string(error.code()).c_str(), error.what());
    return error.code() == "PEER_LOST" ? 3 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
