// Sends from several threads at once. Options: [threads, messages each, largest size]. A message of type 2 starts them.
// Each message of type 1 is u32 thread, u32 number of the message, then bytes made of both. One in three is written in
// place.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Threads final : public shared_channel::Plugin {
  void initialize() override {
    if (std::sscanf(options(), "[%u,%u,%u]", &threads_, &messages_, &largest_) != 3) {
      throw std::invalid_argument("options must be [threads, messages, largest]");
    }
  }

  void on_message(const shared_channel::Message&) override {
    for (std::uint32_t i = 0; i < threads_; ++i) running_.emplace_back([this, i] { run(i); });
  }

  void shutdown() override {
    for (std::thread& thread : running_) thread.join();
  }

  void run(std::uint32_t thread) noexcept {
    std::uint32_t random = thread * 2654435761U + 1;
    std::vector<std::byte> bytes;
    try {
      for (std::uint32_t number = 0; number < messages_; ++number) {
        random = random * 1664525 + 1013904223;
        const std::uint32_t size = 8 + (random >> 8) % (largest_ - 7);
        if (number % 3 == 0) {
          auto slot = reserve(std::min(size, max_slot_size()));
          fill(slot.bytes(), thread, number);
          slot.commit(1);
        } else {
          bytes.resize(size);
          fill(bytes, thread, number);
          send(1, bytes);
        }
      }
    } catch (const shared_channel::SendError& error) {
      if (error.status != SC_STOPPING) report_error(error.what());
    }
  }

  static void fill(std::span<std::byte> bytes, std::uint32_t thread, std::uint32_t number) {
    const std::uint32_t head[2] = {thread, number};
    std::memcpy(bytes.data(), head, sizeof head);
    for (std::size_t i = sizeof head; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::byte>(i * 7 + thread * 31 + number);
    }
  }

  std::uint32_t threads_ = 0;
  std::uint32_t messages_ = 0;
  std::uint32_t largest_ = 0;
  std::vector<std::thread> running_;
};

SHARED_CHANNEL_PLUGIN(Threads, "threads", "1.0.0")
