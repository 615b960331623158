// Crashes as it is told, by a text of type 1 or, as `exchange`, by the text in the memory. Any other text is sent back, and
// in memory each byte is inverted; "write and throw" writes a W over its first byte, and throws. A call of type 2 is answered likewise, but for "never", which is kept.
//
// Its options, a JSON text, may be "PLACE HOW" with "initialize", "update", "shutdown" or "destroy" as the place; or
// "needs FILE": `initialize` crashes while there is no such file.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Crash final : public shared_channel::Plugin, public shared_channel::Exchange {
 public:
  ~Crash() override { crash_in("destroy"); }

 private:
  void initialize() override {
    crash_in("initialize");
    const std::string file = told_in("needs");
    if (!file.empty() && ::access(file.c_str(), F_OK) != 0) std::abort();
  }

  void on_message(const shared_channel::Message& message) override {
    const std::string text = message.text();
    if (message.is_request() && text == "never") return kept_.push_back(message.defer());
    crash(text);
    if (message.is_request()) return message.reply(text);
    send(1, text);
  }

  void update() override { crash_in("update"); }
  void shutdown() override {
    kept_.clear();
    crash_in("shutdown");
  }

  std::size_t exchange(std::span<std::byte> memory) override {
    const std::string text(reinterpret_cast<const char*>(memory.data()), memory.size());
    if (text.starts_with("write and throw")) {
      memory[0] = std::byte{'W'};
      throw std::runtime_error("thrown after writing");
    }
    crash(text);
    for (std::byte& byte : memory) byte = ~byte;
    return memory.size();
  }

  // What the options say behind `word`.
  std::string told_in(const std::string& word) const {
    const std::string told = options();
    const std::string start = "\"" + word + " ";
    return told.starts_with(start) ? told.substr(start.size(), told.size() - start.size() - 1) : "";
  }

  void crash_in(const char* place) const { crash(told_in(place)); }

  void crash(const std::string& how) const {
    if (how == "segv") raise_by_default(SIGSEGV);
    if (how == "abort") std::abort();
    if (how == "kill") ::kill(::getpid(), SIGKILL);
    if (how == "exit 3") std::exit(3);
    if (how == "exit 0") ::_exit(0);
    if (how == "hang") stay();
    if (how == "cut") {
      ::shutdown(kConnection, SHUT_RDWR);
      stay();
    }
    if (how == "fork") {
      // A descendant that holds everything open that the plugin's process does, but for its output.
      if (::fork() == 0) {
        ::close(STDOUT_FILENO);
        ::close(STDERR_FILENO);
        ::sleep(20);
        ::_exit(0);
      }
      std::abort();
    }
    if (how == "garbage") garbage();
    if (how == "wait for room") wait_for_room();
    if (how == "print") std::puts("printed");
    if (how == "pid") send(1, std::to_string(::getpid()));
    if (how == "log") log(SC_LOG_INFO, std::string(1'000'000, 'x'));
  }

  // As a wild pointer does; a sanitizer may have a handler of its own.
  static void raise_by_default(int signal) {
    std::signal(signal, SIG_DFL);
    volatile int* const nowhere = nullptr;
    *nowhere = 1;
  }

  void stay() const {
    log(SC_LOG_INFO, "staying");
    for (;;) ::pause();
  }

  // More than both rings hold: it stays until JavaScript reads, or closes.
  void wait_for_room() const { send(1, std::vector<std::byte>(1 << 20)); }

  // What a plugin could write that has lost its way, into the connection that its host has.
  void garbage() const {
    const std::string text(100'000, '\xff');
    static_cast<void>(::send(kConnection, text.data(), text.size(), MSG_NOSIGNAL));
    stay();
  }

  static constexpr int kConnection = 3;
  std::vector<shared_channel::Request> kept_;
};

SHARED_CHANNEL_PLUGIN(Crash, "crash", "1.0.0")
