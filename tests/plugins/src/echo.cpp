// Sends every message back as it came. The plugin of the README.
#include <shared_channel/plugin.hpp>

class Echo final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override { send(message.type, message.bytes); }
};

SHARED_CHANNEL_PLUGIN(Echo, "echo", "1.0.0")
