// Sends everything back, and answers calls with what they asked.
#include <shared_channel/plugin.hpp>

class Echo final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    if (message.is_request()) {
      message.reply(message.bytes);
    } else {
      send(message.type, message.bytes);
    }
  }
};

SHARED_CHANNEL_PLUGIN(Echo, "echo", "1.2.3")
