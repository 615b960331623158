// The other end of the measurements. Message types, JavaScript to C++ and back:
//   1 data      to C++: counted, one byte of each cache line summed. To JavaScript: what `produce` makes
//   2 report    empty; answered with u64 count and u64 sum of the data since the last report
//   3 produce   u32 messages, u32 size: sends so many data messages; the first byte of each counts them, modulo 256
//   4 echo      sent back as it came
//   5 describe  u32 messages, then text: sends so many `json` messages with their number and this text
//   6 json      {"index":0,"source":"spectrometer-2","level":"warning","message":"…"}
//   7 ask       a call, answered with its payload
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <shared_channel/plugin.hpp>

namespace {

constexpr std::size_t kCacheLine = 64;

enum Type : std::uint32_t { kData = 1, kReport = 2, kProduce = 3, kEcho = 4, kDescribe = 5, kJson = 6, kAsk = 7 };

class Measure final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case kData: take(message.bytes); break;
      case kReport: report(); break;
      case kProduce: produce(message.bytes); break;
      case kAsk: message.reply(message.bytes); break;
      case kDescribe: describe(message.bytes); break;
      case kEcho: send(kEcho, message.bytes); break;
      default: throw std::invalid_argument("unknown message type " + std::to_string(message.type));
    }
  }

  void take(std::span<const std::byte> bytes) {
    ++count_;
    for (std::size_t at = 0; at < bytes.size(); at += kCacheLine) sum_ += std::to_integer<std::uint64_t>(bytes[at]);
  }

  void report() {
    const std::uint64_t words[2] = {count_, sum_};
    count_ = sum_ = 0;
    send(kReport, std::as_bytes(std::span(words)));
  }

  void produce(std::span<const std::byte> order) {
    std::uint32_t words[2] = {};
    if (order.size() != sizeof words) throw std::invalid_argument("produce takes two numbers");
    std::memcpy(words, order.data(), sizeof words);
    const auto [messages, size] = words;
    if (size == 0) throw std::invalid_argument("produce takes a size above 0");
    data_.assign(size, std::byte{7});
    for (std::uint32_t i = 0; i < messages; ++i) {
      data_[0] = static_cast<std::byte>(i);
      send(kData, data_);
    }
  }

  void describe(std::span<const std::byte> order) {
    std::uint32_t messages = 0;
    if (order.size() < sizeof messages) throw std::invalid_argument("describe takes a number and text");
    std::memcpy(&messages, order.data(), sizeof messages);
    // The text is one that needs no escapes.
    const std::string text(reinterpret_cast<const char*>(order.data()) + sizeof messages, order.size() - sizeof messages);
    std::vector<char> json(text.size() + 128);
    for (std::uint32_t i = 0; i < messages; ++i) {
      const int size = std::snprintf(json.data(), json.size(),
                                     R"({"index":%u,"source":"spectrometer-2","level":"warning","message":"%s"})", i,
                                     text.c_str());
      send(kJson, std::string_view(json.data(), static_cast<std::size_t>(size)));
    }
  }

  std::vector<std::byte> data_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace

SHARED_CHANNEL_PLUGIN(Measure, "measure", "1.0.0")
