// A stream of 32-bit words with a checksum that depends on every word and its place. Message types:
//   1 data     both ways: words of the stream
//   2 report   answered with type 2: u32 checksum and u32 low half of the count of the words received; starts anew
//   3 produce  u32 words, u32 words a message, u32 seed: sends so many words, then type 3: u32 their checksum
#include <algorithm>
#include <cstring>
#include <vector>

#include <shared_channel/plugin.hpp>

class Checksum final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case 1: {
        const std::size_t words = message.bytes.size() / 4;
        add(words_of(message), words);
        break;
      }
      case 2: {
        const std::uint32_t report[2] = {sum_, count_};
        sum_ = count_ = 0;
        send(2, std::as_bytes(std::span(report)));
        break;
      }
      case 3: produce(message); break;
      default: throw std::invalid_argument("unknown message type");
    }
  }

  void produce(const shared_channel::Message& message) {
    std::uint32_t order[3] = {};
    if (message.bytes.size() != sizeof order) throw std::invalid_argument("produce needs three numbers");
    std::memcpy(order, message.bytes.data(), sizeof order);
    auto [words, words_a_message, state] = order;
    sum_ = count_ = 0;
    std::vector<std::uint32_t> data(words_a_message);
    while (words > 0) {
      const std::uint32_t part = std::min(words, words_a_message);
      for (std::uint32_t i = 0; i < part; ++i) data[i] = state = state * 1664525 + 1013904223;
      add(data.data(), part);
      send(1, std::as_bytes(std::span(data).first(part)));
      words -= part;
    }
    send(3, std::as_bytes(std::span(&sum_, 1)));
  }

  // Payloads are 8-aligned.
  static const std::uint32_t* words_of(const shared_channel::Message& message) {
    return reinterpret_cast<const std::uint32_t*>(message.bytes.data());
  }

  void add(const std::uint32_t* words, std::size_t count) noexcept {
    std::uint32_t sum = sum_;
    for (std::size_t i = 0; i < count; ++i) sum = sum * 31 + words[i];
    sum_ = sum;
    count_ += static_cast<std::uint32_t>(count);
  }

  std::uint32_t sum_ = 0;
  std::uint32_t count_ = 0;
};

SHARED_CHANNEL_PLUGIN(Checksum, "checksum", "1.0.0")
