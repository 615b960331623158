// Does what it is told by a text of type 1 and answers with a text of type 1. Its options, a JSON text, may name a
// place to throw in: "construct", "initialize", "initialize int", "update", "shutdown".
#include <pthread.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include <shared_channel/plugin.hpp>

class Inspect final : public shared_channel::Plugin {
 public:
  Inspect() {
    throw_if("\"construct\"");
    log(SC_LOG_INFO, "constructed");
  }
  ~Inspect() override { log(SC_LOG_INFO, "destroyed"); }

 private:
  void initialize() override {
    throw_if("\"initialize\"");
    if (options() == std::string("\"initialize int\"")) throw 5;
  }

  void on_message(const shared_channel::Message& message) override {
    const std::string command = message.text();
    if (command == "options") return answer(options());
    if (command == "updates") return answer(std::to_string(updates_));
    if (command == "instance") return answer(std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    if (command == "thread") return answer(thread_name());
    if (command == "stopping") return answer(stopping() ? "yes" : "no");
    if (command == "slot") return answer(std::to_string(max_slot_size()));
    if (command == "extension") return answer(host()->get_extension(host(), "none") == nullptr ? "none" : "some");
    if (command == "log") return log_everything();
    if (command == "flood the log") return flood_the_log();
    if (command == "report") return report_error("as it was told");
    if (command == "throw") throw std::runtime_error("thrown in on_message");
    if (command == "throw int") throw 5;
    answer("what is " + command + "?");
  }

  void update() override {
    ++updates_;
    throw_if("\"update\"");
  }

  void shutdown() override {
    log(SC_LOG_INFO, "shut down");
    throw_if("\"shutdown\"");
  }

  void throw_if(const char* place) const {
    if (options() == std::string(place)) throw std::runtime_error(std::string("thrown in ") + place);
  }

  void answer(const std::string& text) const { send(1, text); }

  void log_everything() const {
    log(SC_LOG_DEBUG, "a detail");
    log(SC_LOG_INFO, "some news: \xC3\xA4\xE2\x82\xAC");
    log(SC_LOG_WARN, "a warning");
    log(SC_LOG_ERROR, "a failure");
    log(99, "an unknown level");
    host()->log(host(), SC_LOG_INFO, nullptr);
    answer("logged");
  }

  // JavaScript's thread is asked to be busy meanwhile.
  void flood_the_log() const {
    for (int i = 0; i < 5000; ++i) log(SC_LOG_DEBUG, "line " + std::to_string(i));
    answer("flooded");
  }

  static std::string thread_name() {
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    return name;
  }

  int updates_ = 0;
};

SHARED_CHANNEL_PLUGIN(Inspect, "inspect", "3.2.1")
