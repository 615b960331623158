// Works in JavaScript's memory in the way that its options, a JSON text, name:
//
//   "fill"       each byte becomes the low byte of 7 times its place plus 3 (also without options)
//   "invert"     each byte is inverted
//   "half"       as "fill", the first half only
//   "throw"      throws "as it was told"; "throw int" throws an int
//   "overshoot"  says that it wrote one byte more than there is
//   "send"       sends 16 KiB as type 2, however long that takes
//   "thread"     writes the name of the thread that it runs on, as text
//   "dawdle"     logs "in", stays until the channel closes and a little longer, logs "out"
//
// Messages are sent back. It logs "shutdown", and reports an error if it is in exchange then or ever after.
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Worker final : public shared_channel::Plugin, public shared_channel::Exchange {
 public:
  ~Worker() override { check_that_nobody_is_in("the destructor"); }

 private:
  void on_message(const shared_channel::Message& message) override { send(message.type, message.bytes); }

  void shutdown() override {
    check_that_nobody_is_in("shutdown");
    log(SC_LOG_INFO, "shutdown");
    ended_ = true;
  }

  std::size_t exchange(std::span<std::byte> memory) override {
    if (ended_) report_error("exchange after shutdown");
    inside_ = true;
    const Leaving leaving{inside_};
    const std::string told = options();
    if (told == "\"invert\"") return invert(memory);
    if (told == "\"half\"") return fill(memory.first(memory.size() / 2));
    if (told == "\"throw\"") throw std::runtime_error("as it was told");
    if (told == "\"throw int\"") throw 5;
    if (told == "\"overshoot\"") return memory.size() + 1;
    if (told == "\"send\"") return send(2, std::vector<std::byte>(16384)), 0;
    if (told == "\"thread\"") return write_thread_name(memory);
    if (told == "\"dawdle\"") dawdle();
    return fill(memory);
  }

  static std::size_t fill(std::span<std::byte> memory) {
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::byte>(i * 7 + 3);
    return memory.size();
  }

  static std::size_t invert(std::span<std::byte> memory) {
    for (std::byte& byte : memory) byte = ~byte;
    return memory.size();
  }

  static std::size_t write_thread_name(std::span<std::byte> memory) {
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    const std::size_t size = std::min(std::strlen(name), memory.size());
    std::memcpy(memory.data(), name, size);
    return size;
  }

  void dawdle() const {
    log(SC_LOG_INFO, "in");
    while (!stopping()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    log(SC_LOG_INFO, "out");
  }

  void check_that_nobody_is_in(const std::string& place) const {
    if (inside_) report_error("in exchange during " + place);
  }

  struct Leaving {
    std::atomic<bool>& inside;
    ~Leaving() { inside = false; }
  };

  std::atomic<bool> inside_ = false;
  std::atomic<bool> ended_ = false;
};

SHARED_CHANNEL_PLUGIN(Worker, "exchange", "1.0.0")
