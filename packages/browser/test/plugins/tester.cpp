// Does what it is told. Message types:
//   1 ask      a call, answered with what it asked
//   2 take     counts and adds up what comes; a call of `taken` (3) tells, as text: "<bytes> <checksum>"
//   4 produce  a call, "<messages> <bytes of each>": sends them as `data` (5), then answers "<bytes> <checksum>"
//   6 do       a call, one of the orders below; answers with what came of it
//   7 order    the same, which nobody answers
//   8 echo     is sent back
// Options, a JSON text: "fail", "trap", "loop" do that in `initialize`.
#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

#include "../helpers/checksum.hpp"

namespace {

struct Unusual {
  int number;
};

// What the libraries do here as elsewhere.
std::string use_libraries() {
  std::map<std::string, int> lengths;
  for (const std::string& word : std::vector<std::string>{"a", "word that is too long to lie within a string itself"}) {
    lengths[word] = static_cast<int>(word.size());
  }
  const std::function<double(double)> root = [](double x) { return std::sqrt(x); };
  char text[64];
  std::snprintf(text, sizeof text, "%.3f %d", root(2), lengths.rbegin()->second);
  std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::ostringstream stream;
  stream << text << ' ' << std::to_string(lengths.size());
  return stream.str();
}

bool time_passes() {
  using namespace std::chrono;
  const auto steady = steady_clock::now();
  std::this_thread::sleep_for(milliseconds(20));
  const auto passed = steady_clock::now() - steady;
  return passed >= milliseconds(19) && system_clock::now() > system_clock::time_point(hours(24 * 365 * 50));
}

std::string throw_and_catch() {
  try {
    try {
      (void)std::vector<int>(3).at(7);
    } catch (const std::out_of_range&) {
      throw Unusual{42};
    }
  } catch (const std::exception&) {
    return "wrong";
  } catch (const Unusual& unusual) {
    return "caught " + std::to_string(unusual.number);
  }
  return "nothing";
}

[[gnu::noinline]] int fill_stack(int depth) {
  volatile char room[4096];
  room[0] = static_cast<char>(depth);
  return depth > 200 ? room[0] : fill_stack(depth + 1) + room[0];
}

void throw_here() { throw std::runtime_error("it left a function without"); }

void throw_from_noexcept() noexcept { throw_here(); }

[[gnu::noinline]] void divide_by_nothing() { __builtin_trap(); }

}  // namespace

class Tester final : public shared_channel::Plugin {
  void initialize() override {
    const std::string how = options();
    if (how == "\"fail\"") throw std::runtime_error("there is no camera");
    if (how == "\"trap\"") __builtin_trap();
    while (how == "\"loop\"") spins_ = spins_ + 1;
  }

  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case 1: message.reply(message.bytes); break;
      case 2: taken_.add(message.bytes); break;
      case 3: message.reply(taken_.text()); break;
      case 4: produce(message); break;
      case 6: message.reply(obey(message.text())); break;
      case 7: obey(message.text()); break;
      case 8: send(8, message.bytes); break;
    }
  }

  void update() override { ++updates_; }

  void shutdown() override { log(SC_LOG_INFO, "shut down"); }

  void produce(const shared_channel::Message& order) {
    unsigned messages = 0;
    unsigned size = 0;
    if (std::sscanf(order.text().c_str(), "%u %u", &messages, &size) != 2) throw std::invalid_argument("two numbers");
    Checksum sent;
    for (unsigned i = 0; i < messages; ++i) {
      auto slot = reserve(size);
      fill(slot.bytes(), i);
      sent.add(slot.bytes());
      slot.commit(5);
    }
    order.reply(sent.text());
  }

  std::string obey(const std::string& order) {
    if (order == "libraries") return use_libraries();
    if (order == "time") return time_passes() ? "it passes" : "it does not pass";
    if (order == "random") return std::random_device()() != std::random_device()() ? "differs" : "the same";
    if (order == "environment") return std::getenv("PATH") == nullptr ? "empty" : "full";
    if (order == "exceptions") return throw_and_catch();
    if (order == "stack") return std::to_string(fill_stack(0) != 0);
    if (order == "memory") return std::to_string(std::vector<char>(64 << 20, 1)[7]);
    if (order == "options") return options();
    if (order == "updates") return std::to_string(updates_);
    if (order == "throw") throw std::runtime_error("thrown on purpose");
    if (order == "throw something") throw Unusual{1};
    if (order == "log") {
      log(SC_LOG_DEBUG, "fine");
      log(SC_LOG_WARN, "hm … ü");
      std::cout << "printed " << 1 << std::endl;
      std::fprintf(stderr, "complained\n");
    }
    if (order == "log a lot") {
      for (int i = 0; i < 5000; ++i) log(SC_LOG_INFO, "line " + std::to_string(i));
    }
    if (order == "report") report_error("reported");
    if (order == "trap") divide_by_nothing();
    if (order == "abort") std::abort();
    if (order == "exit") std::exit(3);
    if (order == "stoi") return std::to_string(std::stoi("none"));
    if (order == "terminate") throw_from_noexcept();
    while (order == "loop") spins_ = spins_ + 1;
    while (order == "loop until stopping" && !stopping()) spins_ = spins_ + 1;
    return "done";
  }

  Checksum taken_;
  int updates_ = 0;
  volatile unsigned spins_ = 0;  // an endless loop must do something
};

SHARED_CHANNEL_PLUGIN(Tester, "tester", "1.0.0")
