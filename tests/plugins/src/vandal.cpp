// The plugin's side as the hostile one: it writes where it may not, into the header and the rings of its own segment.
// Options: [bytes of the ring that JavaScript writes, bytes of the other, seed]; a seed that is not 0 has a thread write
// random words at random places from the first message on, while another sends, until the channel ends. Message types:
//   1 data    sent back
//   2 words   pairs of u32 offset and u32 value, written into the segment in this order; then "done" is logged
//   3 words   the same, and it stays there until it is told to stop: its host touches nothing meanwhile
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Vandal final : public shared_channel::Plugin {
  static constexpr std::uint32_t kHeader = 65536;

  void initialize() override {
    if (std::sscanf(options(), "[%u,%u,%u]", &ring0_, &ring1_, &random_) != 3) {
      throw std::invalid_argument("options must be [capacity 0, capacity 1, seed]");
    }
    // The first slot is the payload of the first record of ring 1.
    segment_ = reserve(8).bytes().data() - 8 - ring0_ - kHeader;
  }

  void on_message(const shared_channel::Message& message) override {
    if (random_ != 0 && !vandal_.joinable()) {
      vandal_ = std::thread([this] { rage(); });
      sender_ = std::thread([this] { flood(); });
    }
    if (message.type == 1) return send(1, message.bytes);
    std::vector<std::uint32_t> words(message.bytes.size() / 4);
    std::memcpy(words.data(), message.bytes.data(), words.size() * 4);
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) write(words[i], words[i + 1]);
    log(SC_LOG_INFO, "done");
    while (message.type == 3 && !stopping()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void shutdown() override {
    if (vandal_.joinable()) vandal_.join();
    if (sender_.joinable()) sender_.join();
  }

  void write(std::uint32_t offset, std::uint32_t value) const {
    reinterpret_cast<std::atomic<std::uint32_t>*>(segment_ + offset)->store(value);
  }

  void rage() noexcept {
    while (!stopping()) {
      write(random_offset(), random_value());
      // Now and then there is peace, and messages get through.
      if (random(64) == 0) std::this_thread::sleep_for(std::chrono::microseconds(random(200)));
    }
  }

  void flood() noexcept {
    std::vector<std::byte> bytes(2 * ring1_);
    for (std::uint32_t number = 0; !stopping(); ++number) {
      const std::size_t size = number % 7 == 0 ? bytes.size() : number * 37 % 500;
      if (try_send(1, std::span(bytes).first(size), SC_FOREVER) != SC_OK) return;
    }
  }

  std::uint32_t random_offset() {
    switch (random(8)) {
      case 0: return random(8) * 4;                       // what never changes
      case 1: return 128 + random(10) * 128;              // states, waiting words, bells, positions
      case 2: return kHeader + random(ring0_ / 4) * 4;    // what JavaScript writes
      default: return kHeader + ring0_ + random(ring1_ / 4) * 4;
    }
  }

  std::uint32_t random_value() {
    static constexpr std::uint32_t kTelling[] = {0, 1, 2, 3, 4, 8, 12, 4096, 0x7ffffff8, 0x80000000, 0xfffffff8, 0xffffffff};
    switch (random(3)) {
      case 0: return kTelling[random(12)];
      case 1: return random(64) << 24 | random(3);  // the tag of a record
      default: return random(4096) * 8;             // a length or a position
    }
  }

  std::uint32_t random(std::uint32_t limit) {
    random_ = random_ * 1664525 + 1013904223;
    return static_cast<std::uint32_t>(std::uint64_t{random_} * limit >> 32);
  }

  std::uint32_t ring0_ = 0;
  std::uint32_t ring1_ = 0;
  std::uint32_t random_ = 0;
  std::byte* segment_ = nullptr;
  std::thread vandal_;
  std::thread sender_;
};

SHARED_CHANNEL_PLUGIN(Vandal, "vandal", "1.0.0")
