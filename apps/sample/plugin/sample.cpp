// What the sample applications talk to: natively in Electron and Node, as WebAssembly in a browser. So it has no threads: all it
// does happens in `on_message`, and in `update` as far as there is room, every few milliseconds.
// src/protocol.ts is the same in TypeScript. Numbers are u32, little-endian. Message types:
//   0 message   both ways: the tutorial's, u8 type, u32 length (big-endian), payload. Answered: TEXT (0) in upper case, BINARY (1)
//               backwards, COMMAND (2) "ping" with "pong"
//   1 rate      to C++: how many levels a second, up to 1,000,000, from now on; 0: none
//   2 level     to JavaScript: f64 from 0 to 1, up and down once in two seconds
//   3 stream    to C++: blocks, bytes of each, seed: sends so many blocks of the seed's pattern
//   4 block     both ways: bytes
//   5 streamed  to JavaScript: the stream is over: how many blocks, checksum of their bytes
//   6 checksum  call: of the blocks that came since the last one: how many, checksum
//   7 describe  call: JSON { name, options, instances }
//   8 fail      to C++: text: reports it as an error; "trap": crashes
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <shared_channel/plugin.hpp>

namespace {

using Bytes = std::vector<std::byte>;

// Random bytes from a seed, by xorshift.
class Pattern {
 public:
  explicit Pattern(std::uint32_t seed = 1) : state_(seed == 0 ? 1 : seed) {}

  void fill(std::span<std::byte> block) {
    for (std::size_t i = 0; i < block.size(); i += 4) {
      const std::uint32_t word = next();
      std::memcpy(&block[i], &word, std::min<std::size_t>(4, block.size() - i));
    }
  }

 private:
  std::uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

  std::uint32_t state_;
};

// FNV-1a.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    std::uint32_t sum = sum_;
    for (const std::byte byte : bytes) sum = (sum ^ static_cast<std::uint32_t>(byte)) * 16777619u;
    sum_ = sum;
  }
  std::uint32_t value() const { return sum_; }

 private:
  std::uint32_t sum_ = 2166136261u;
};

// How many levels are due, and what they are.
class Levels {
 public:
  explicit Levels(std::uint32_t per_second = 0) : per_second_(per_second) {}

  std::uint64_t due() const {
    const std::chrono::duration<double> passed = Clock::now() - start_;
    return static_cast<std::uint64_t>(passed.count() * per_second_) - since_start_;
  }

  double next() const {
    const double seconds = static_cast<double>(number_) / per_second_;
    return seconds > 1 ? 2 - seconds : seconds;
  }

  void sent() {
    ++since_start_;
    number_ = (number_ + 1) % (2 * per_second_);
  }

  // What is due by now is not made up for.
  void skip() {
    start_ = Clock::now();
    since_start_ = 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::uint32_t per_second_;
  Clock::time_point start_ = Clock::now();
  std::uint64_t since_start_ = 0;  // sent
  std::uint32_t number_ = 0;
};

std::atomic<std::uint32_t> instances{0};

class Sample final : public shared_channel::Plugin {
  using Message = shared_channel::Message;

 public:
  Sample() { ++instances; }
  ~Sample() override { --instances; }

 private:
  static constexpr std::uint32_t kLargestRate = 1'000'000;
  static constexpr std::size_t kBytesAtOnce = 4 << 20;  // then messages are looked at again

  void on_message(const Message& message) override {
    switch (message.type) {
      case 0: return echo(message);
      case 1: return set_rate(message);
      case 3: return start_stream(message);
      case 4:
        received_sum_.add(message.bytes);
        ++received_blocks_;
        return;
      case 6: return answer_checksum(message);
      case 7: return describe(message);
      case 8: return fail(message.text());
      default: throw std::invalid_argument("there is no message of this type");
    }
  }

  void update() override {
    send_levels();
    continue_stream();
  }

  void echo(const Message& message) {
    constexpr std::size_t kHead = 5;
    Bytes answer(message.bytes.begin(), message.bytes.end());
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(answer[i]); };
    if (answer.size() < kHead || (at(1) << 24 | at(2) << 16 | at(3) << 8 | at(4)) != answer.size() - kHead) {
      throw std::invalid_argument("a message is not as long as it says");
    }
    const std::span payload = std::span(answer).subspan(kHead);
    switch (at(0)) {
      case 0: std::ranges::transform(payload, payload.begin(), upper_case); break;
      case 1: std::ranges::reverse(payload); break;
      case 2:
        if (!equals(payload, "ping")) throw std::invalid_argument("the only command is ping");
        payload[1] = std::byte{'o'};
        break;
      default: throw std::invalid_argument("there is no such type of the tutorial's messages");
    }
    // Waits for room: as long as the answers are not read, no more messages are.
    static_cast<void>(try_send(0, answer, SC_FOREVER));
  }

  static std::byte upper_case(std::byte letter) {
    return letter >= std::byte{'a'} && letter <= std::byte{'z'} ? letter ^ std::byte{0x20} : letter;
  }

  static bool equals(std::span<const std::byte> bytes, std::string_view text) {
    return std::ranges::equal(bytes, std::as_bytes(std::span(text)));
  }

  void set_rate(const Message& message) {
    const auto [per_second] = numbers<1>(message);
    if (per_second > kLargestRate) throw std::invalid_argument("a rate is at most 1000000 a second");
    levels_ = Levels(per_second);
  }

  void send_levels() {
    for (std::uint64_t due = levels_.due(); due > 0; --due) {
      const double level = levels_.next();
      if (try_send(2, std::as_bytes(std::span(&level, 1))) != SC_OK) return levels_.skip();
      levels_.sent();
    }
  }

  void start_stream(const Message& message) {
    const auto [blocks, block_bytes, seed] = numbers<3>(message);
    if (is_streaming_) throw std::invalid_argument("there is a stream under way");
    if (block_bytes > max_slot_size()) throw std::invalid_argument("a block must fit into half the ring");
    stream_blocks_ = blocks;
    stream_sent_ = 0;
    pattern_ = Pattern(seed);
    stream_sum_ = Checksum();
    block_.resize(block_bytes);
    is_streaming_ = true;
    make_block();
    continue_stream();
  }

  void make_block() {
    if (stream_sent_ == stream_blocks_) return;
    pattern_.fill(block_);
    stream_sum_.add(block_);
  }

  void continue_stream() {
    for (std::size_t bytes = 0; is_streaming_ && bytes < kBytesAtOnce; bytes += block_.size() + 8) {
      if (stream_sent_ == stream_blocks_) return end_stream();
      if (try_send(4, block_) != SC_OK) return;
      ++stream_sent_;
      make_block();
    }
  }

  void end_stream() {
    const std::array answer{stream_sent_, stream_sum_.value()};
    is_streaming_ = try_send(5, std::as_bytes(std::span(answer))) == SC_TIMEOUT;
  }

  void answer_checksum(const Message& message) {
    const std::array answer{received_blocks_, received_sum_.value()};
    received_blocks_ = 0;
    received_sum_ = Checksum();
    message.reply(std::as_bytes(std::span(answer)));
  }

  void describe(const Message& message) {
    message.reply(R"({"name":"sample","options":)" + std::string(options()) + R"(,"instances":)" +
                  std::to_string(instances.load()) + "}");
  }

  void fail(const std::string& how) {
    if (how == "trap") __builtin_trap();
    report_error(how);
  }

  template <std::size_t Count>
  static std::array<std::uint32_t, Count> numbers(const Message& message) {
    std::array<std::uint32_t, Count> values;
    if (message.bytes.size() != sizeof values) throw std::invalid_argument("a message has not the right length");
    std::memcpy(values.data(), message.bytes.data(), sizeof values);
    return values;
  }

  Levels levels_;

  bool is_streaming_ = false;
  std::uint32_t stream_blocks_ = 0;
  std::uint32_t stream_sent_ = 0;
  Pattern pattern_;
  Checksum stream_sum_;
  Bytes block_;  // made, not sent yet

  std::uint32_t received_blocks_ = 0;
  Checksum received_sum_;
};

}  // namespace

SHARED_CHANNEL_PLUGIN(Sample, "sample", "1.0.0")
