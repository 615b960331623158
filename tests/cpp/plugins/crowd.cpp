// Sends from several threads at once, copied and in place. Options: [threads, messages of each]; 0 messages: until it is
// told to stop. The type of a message is its thread.
#include <cstdio>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

#include "numbered.hpp"

class Crowd final : public shared_channel::Plugin {
  void initialize() override {
    unsigned threads = 0;
    unsigned messages = 0;
    if (std::sscanf(options(), "[%u,%u]", &threads, &messages) != 2) throw std::invalid_argument("bad options");
    for (unsigned thread = 0; thread < threads; ++thread) {
      threads_.emplace_back([this, thread, messages] { run(thread, messages); });
    }
  }

  void on_message(const shared_channel::Message&) override {}

  void shutdown() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void run(std::uint32_t thread, std::uint32_t messages) {
    for (std::uint32_t number = 0; (messages == 0 || number < messages) && !stopping(); ++number) {
      const sc_status status = number % 3 == 0 ? send_in_place(thread, number) : send_copied(thread, number);
      if (status == SC_OK) continue;
      if (status != SC_STOPPING) report_error("a send ended with " + std::to_string(status));
      return;
    }
  }

  sc_status send_copied(std::uint32_t thread, std::uint32_t number) {
    std::vector<std::byte> data(numbered::size_of(thread, number));
    numbered::fill(data.data(), static_cast<std::uint32_t>(data.size()), thread, number);
    return try_send(thread, data, SC_FOREVER);
  }

  sc_status send_in_place(std::uint32_t thread, std::uint32_t number) {
    const std::uint32_t size = numbered::size_of(thread, number);
    if (size > max_slot_size()) return send_copied(thread, number);
    sc_slot slot{};
    if (number % 2 == 0) {  // another one first, that is given back
      if (const sc_status status = host()->reserve(host(), 64, SC_FOREVER, &slot); status != SC_OK) return status;
      host()->abort(host());
    }
    if (const sc_status status = host()->reserve(host(), size, SC_FOREVER, &slot); status != SC_OK) return status;
    numbered::fill(reinterpret_cast<std::byte*>(slot.data), size, thread, number);
    return host()->commit(host(), thread, size);
  }

  std::vector<std::thread> threads_;
};

SHARED_CHANNEL_PLUGIN(Crowd, "crowd", "1.0.0")
