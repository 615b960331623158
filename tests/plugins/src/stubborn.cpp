// Does not return when it is told to stop. Its options, a JSON text, say where it stays: "initialize", "message" or
// "shutdown". It goes on using what the host gave it.
#include <chrono>
#include <string>
#include <thread>

#include <shared_channel/plugin.hpp>

class Stubborn final : public shared_channel::Plugin {
  void initialize() override { stay_if("\"initialize\""); }
  void on_message(const shared_channel::Message& message) override {
    send(message.type, message.bytes);
    stay_if("\"message\"");
  }
  void shutdown() override { stay_if("\"shutdown\""); }

  void stay_if(const char* place) const {
    if (options() != std::string(place)) return;
    for (;;) {
      static_cast<void>(try_send(1, std::as_bytes(std::span("still here"))));
      log(SC_LOG_DEBUG, "still here");
      report_error("still here");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

SHARED_CHANNEL_PLUGIN(Stubborn, "stubborn", "1.0.0")
