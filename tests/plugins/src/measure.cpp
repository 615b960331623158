// Counts, sums and produces. Message types, JavaScript to C++:
//   1 data      counted, a word of each cache line summed
//   2 report    answered with type 2: u64 count, u64 sum
//   3 produce   u32 messages, u32 size, u32 in place: sends them as type 1
//   4 echo      sent back as type 4
#include <cstring>
#include <vector>

#include <shared_channel/plugin.hpp>

class Measure final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case 1:
        ++count_;
        for (std::size_t at = 0; at < message.bytes.size(); at += 64) sum_ += std::to_integer<std::uint64_t>(message.bytes[at]);
        break;
      case 2: {
        const std::uint64_t report[2] = {count_, sum_};
        count_ = sum_ = 0;
        send(2, std::as_bytes(std::span(report)));
        break;
      }
      case 3: produce(message); break;
      case 4: send(4, message.bytes); break;
      default: break;
    }
  }

  void produce(const shared_channel::Message& message) {
    std::uint32_t order[3] = {};
    if (message.bytes.size() != sizeof order) throw std::invalid_argument("produce needs three numbers");
    std::memcpy(order, message.bytes.data(), sizeof order);
    const auto [messages, size, in_place] = order;
    data_.resize(size, std::byte{7});
    for (std::uint32_t i = 0; i < messages; ++i) {
      if (in_place != 0) {
        auto slot = reserve(size);
        std::memset(slot.bytes().data(), 7, size);
        slot.commit(1);
      } else {
        send(1, data_);
      }
    }
  }

  std::vector<std::byte> data_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

SHARED_CHANNEL_PLUGIN(Measure, "measure", "1.0.0")
