// Sends the number of each update, and echoes messages.
#include <shared_channel/plugin.hpp>

class Ticker final : public shared_channel::Plugin {
  void update() override {
    const std::uint32_t count[] = {++count_};
    send(1, std::as_bytes(std::span(count)));
  }
  void on_message(const shared_channel::Message& message) override { send(message.type, message.bytes); }

  std::uint32_t count_ = 0;
};

SHARED_CHANNEL_PLUGIN(Ticker, "ticker", "1.0.0")
