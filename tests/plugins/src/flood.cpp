// Writes into shared memory as fast as it can, from a thread of its own, until it is stopped. Options, a JSON text:
//   "send"      messages of type 1, of all sizes up to three times the ring; u32 number first
//   "scribble"  the same slot over and over, never sent: it does not stop when nobody reads
// Messages from JavaScript are sent back.
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Flood final : public shared_channel::Plugin {
  void initialize() override {
    const bool scribbles = options() == std::string("\"scribble\"");
    writer_ = std::thread([this, scribbles] {
      try {
        if (scribbles) {
          scribble();
        } else {
          flood();
        }
      } catch (const shared_channel::SendError& error) {
        if (error.status != SC_STOPPING) report_error(error.what());
      }
    });
  }

  void on_message(const shared_channel::Message& message) override { send(message.type, message.bytes); }

  void shutdown() override { writer_.join(); }

  void scribble() const {
    auto slot = reserve(max_slot_size());
    for (int value = 1; !stopping(); ++value) std::memset(slot.bytes().data(), value, slot.bytes().size());
  }

  void flood() const {
    const std::size_t sizes[] = {4, 64, 1000, max_slot_size(), max_slot_size() * std::size_t{6}};
    std::vector<std::byte> bytes(sizes[4]);
    for (std::uint32_t number = 0; !stopping(); ++number) {
      std::memcpy(bytes.data(), &number, sizeof number);
      send(1, std::span(bytes).first(sizes[number % 5]));
    }
  }

  std::thread writer_;
};

SHARED_CHANNEL_PLUGIN(Flood, "flood", "1.0.0")
