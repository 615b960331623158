// An echo that keeps account. Message types:
//   1 patient     sent back, however long there is no room
//   2 impatient   sent back when there is room within as many milliseconds as the message's size modulo 4
//   3 account     answered with u32 numbers of the impatient messages that were not sent back, counted from 0 over all
//                 messages of the types 1 and 2
//   4 slow        takes a millisecond; nothing is sent
// At the end it logs "took N", all messages, and what became of an attempt to send: "last words: STATUS STATUS".
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Tally final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    ++taken_;
    switch (message.type) {
      case 1:
        ++echoes_;
        send(1, message.bytes);
        break;
      case 2:
        if (try_send(2, message.bytes, message.bytes.size() % 4) == SC_TIMEOUT) given_up_.push_back(echoes_);
        ++echoes_;
        break;
      case 3: send(3, std::as_bytes(std::span(given_up_))); break;
      case 4: std::this_thread::sleep_for(std::chrono::milliseconds(1)); break;
      default: break;
    }
  }

  void shutdown() override {
    log(SC_LOG_INFO, "took " + std::to_string(taken_));
    sc_slot slot{};
    const sc_status sent = try_send(1, std::as_bytes(std::span("good bye")), SC_FOREVER);
    const sc_status reserved = host()->reserve(host(), 8, SC_FOREVER, &slot);
    log(SC_LOG_INFO, "last words: " + std::to_string(sent) + " " + std::to_string(reserved));
  }

  std::uint32_t taken_ = 0;
  std::uint32_t echoes_ = 0;
  std::vector<std::uint32_t> given_up_;
};

SHARED_CHANNEL_PLUGIN(Tally, "tally", "1.0.0")
