// A peer that does not keep still: while one thread sends messages of types 1 to `types` in turn, another rewrites the
// payloads of all that is in the ring, without a pause. Options: [types, bytes of a record].
//
// Records are all of one size, a power of two, so that their heads are at its multiples and can be left alone.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Rewriter final : public shared_channel::Plugin {
  void initialize() override {
    if (std::sscanf(options(), "[%u,%u]", &types_, &record_) != 2 || record_ > max_slot_size() + 8) {
      throw std::invalid_argument("options must be [types, bytes of a record], at most half of the ring");
    }
    ring_ = reserve(8).bytes().data() - 8;
    rewriter_ = std::thread([this] { rewrite(); });
    sender_ = std::thread([this] { flood(); });
  }

  void on_message(const shared_channel::Message&) override {}

  void shutdown() override {
    rewriter_.join();
    sender_.join();
  }

  void flood() noexcept {
    const std::vector<std::byte> bytes(record_ - 8, std::byte{'1'});
    for (std::uint32_t number = 0; !stopping(); ++number) {
      if (try_send(1 + number % types_, bytes, SC_FOREVER) != SC_OK) return;
    }
  }

  void rewrite() noexcept {
    // Eight bytes each: digits, JSON, UTF-8 of two to four bytes a character, halves of it, and none at all.
    static constexpr char kWords[][9] = {"11111111", "{\"a\":1} ", "[1,2,3] ", "\xC3\xA4\xC3\xB6\xC3\xBC..",
                                         "\xE2\x82\xAC\xE2\x82\xAC..",       "\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
                                         "\x98\x80\xF0\x9F\x98\x80\xF0\x9F", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"};
    const std::uint32_t capacity = 2 * (max_slot_size() + 8);
    for (std::uint32_t round = 0; !stopping(); ++round) {
      // The same one everywhere: whoever measures a text first and converts it then finds it twice as long.
      std::uint64_t word = 0;
      std::memcpy(&word, kWords[round % 8], sizeof word);
      for (std::uint32_t at = 0; at < capacity; at += 8) {
        if (at % record_ == 0) continue;
        reinterpret_cast<std::atomic<std::uint64_t>*>(ring_ + at)->store(word, std::memory_order_relaxed);
      }
    }
  }

  std::uint32_t types_ = 0;
  std::uint32_t record_ = 0;
  std::byte* ring_ = nullptr;
  std::thread rewriter_;
  std::thread sender_;
};

SHARED_CHANNEL_PLUGIN(Rewriter, "rewriter", "1.0.0")
