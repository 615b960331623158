// Throws where the options say: ["create"], ["initialize"], ["message"], ["update"], ["shutdown"], several at once.
// "unknown" makes it throw something that is not a std::exception.
#include <string>

#include <shared_channel/plugin.hpp>

class Thrower final : public shared_channel::Plugin {
 public:
  Thrower() { fail_at("create"); }
  ~Thrower() override { log(SC_LOG_INFO, "destroyed"); }

 private:
  void initialize() override { fail_at("initialize"); }
  void on_message(const shared_channel::Message& message) override {
    if (message.text() == "fail") fail_at("message");
    send(message.type, message.bytes);
  }
  void update() override { fail_at("update"); }
  void shutdown() override { fail_at("shutdown"); }

  void fail_at(const std::string& place) const {
    const std::string told = options();
    if (told.find('"' + place + '"') == std::string::npos) return;
    if (told.find("unknown") != std::string::npos) throw 42;
    throw std::runtime_error("thrown in " + place);
  }
};

SHARED_CHANNEL_PLUGIN(Thrower, "thrower", "1.0.0")
