// The plugin of tests/electron. Message types:
//   1 data      both ways: a sequence of messages of random sizes and contents, which both sides make from a seed
//   2 begin     u32 seed: what comes as data from now on is compared with the sequence of this seed
//   3 report    answered with type 3: u32 messages, u32 wrong messages, u64 bytes since `begin`
//   4 produce   u32 seed, u32 MiB: sends the sequence as data until it has so many MiB, then an empty type 4
//   5 fill      u32 messages, u32 size: sends so many of type 6
//   6 filler    both ways, of no meaning
#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <shared_channel/plugin.hpp>

#include "sequence.hpp"

class ElectronStream final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case 1: check(message.bytes); break;
      case 2: begin(numbers<1>(message)[0]); break;
      case 3: report(); break;
      case 4: {
        const auto [seed, mebibytes] = numbers<2>(message);
        produce(seed, std::uint64_t{mebibytes} << 20);
        break;
      }
      case 5: {
        const auto [messages, size] = numbers<2>(message);
        fill(messages, size);
        break;
      }
      case 6: break;
      default: throw std::invalid_argument("unknown message type");
    }
  }

  void begin(std::uint32_t seed) {
    expected_ = Sequence(seed);
    messages_ = wrong_ = 0;
    bytes_ = 0;
  }

  void check(std::span<const std::byte> bytes) {
    const std::span<const std::byte> expected = expected_.next();
    if (!std::ranges::equal(bytes, expected)) ++wrong_;
    ++messages_;
    bytes_ += bytes.size();
  }

  void report() const {
    std::array<std::byte, 16> answer;
    std::memcpy(answer.data(), &messages_, 4);
    std::memcpy(answer.data() + 4, &wrong_, 4);
    std::memcpy(answer.data() + 8, &bytes_, 8);
    send(3, answer);
  }

  void produce(std::uint32_t seed, std::uint64_t total) const {
    Sequence sequence(seed);
    for (std::uint64_t sent = 0; sent < total;) {
      const std::span<const std::byte> bytes = sequence.next();
      send(1, bytes);
      sent += bytes.size();
    }
    send(4, std::string_view());
  }

  void fill(std::uint32_t messages, std::uint32_t size) const {
    const std::vector<std::byte> filler(size);
    for (std::uint32_t i = 0; i < messages; ++i) send(6, filler);
  }

  template <std::size_t Count>
  static std::array<std::uint32_t, Count> numbers(const shared_channel::Message& message) {
    std::array<std::uint32_t, Count> values;
    if (message.bytes.size() != sizeof values) throw std::invalid_argument("the message has not the right length");
    std::memcpy(values.data(), message.bytes.data(), sizeof values);
    return values;
  }

  Sequence expected_{1};
  std::uint32_t messages_ = 0;
  std::uint32_t wrong_ = 0;
  std::uint64_t bytes_ = 0;
};

SHARED_CHANNEL_PLUGIN(ElectronStream, "electron_stream", "1.0.0")
