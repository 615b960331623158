// Answers calls in every way there is. What a call wants is its type:
//
//    1 echo     bytes: answered at once with the same bytes; a plain message is sent back as one
//    2 keep     bytes: kept until 3
//    3 answer   answers each kept call with its bytes, the last one first, and then itself with their number as text; a
//               plain message only answers the kept ones
//    4 thread   bytes: answered with them by another thread
//    5 throw    text: throws it; an empty one throws an int
//    6 forget   not answered
//    7 drop     deferred, and the request destroyed unanswered
//    8 large    u32 size: answered with so many bytes, each the low byte of 7 times its place
//    9 fail     text: answered that it failed, with this reason
//   10 misuse   bytes: answered with them, and then once more, which throws and is an error event; a plain message is
//               answered all the same, which is an error event too
//   11 late     text: answered with "done", then throws the text, which is an error event
//   12 hasty    u32 milliseconds: answered with 1 MiB within that time; else logs the status, and it failed
//
// At shutdown it answers what is still kept and logs the status that it gets, once for each.
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <shared_channel/plugin.hpp>

class Requests final : public shared_channel::Plugin {
  using Message = shared_channel::Message;
  using Request = shared_channel::Request;

  struct Kept {
    Request request;
    std::vector<std::byte> bytes;
  };

  void initialize() override {
    worker_ = std::thread([this] { work(); });
  }

  void on_message(const Message& message) override {
    switch (message.type) {
      case 1: return message.is_request() ? message.reply(message.bytes) : send(message.type, message.bytes);
      case 2: kept_.push_back(keep(message)); return;
      case 3: return answer_kept(message);
      case 4: return hand_to_worker(keep(message));
      case 5:
        if (message.bytes.empty()) throw 5;
        throw std::runtime_error(message.text());
      case 6: return;
      case 7: static_cast<void>(message.defer()); return;
      case 8: return message.reply(pattern(number_in(message)));
      case 9: return message.fail(message.text());
      case 10:
        message.reply(message.bytes);
        return message.reply(message.bytes);
      case 11:
        message.reply("done");
        throw std::runtime_error(message.text());
      case 12: return reply_hastily(message);
      default: throw std::invalid_argument("unknown message type");
    }
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    worker_.join();
    for (Kept& kept : kept_) {
      sc_status status = SC_OK;
      try {
        kept.request.reply(kept.bytes);
      } catch (const shared_channel::SendError& error) {
        status = error.status;
      }
      log(SC_LOG_INFO, std::to_string(status));
    }
  }

  static Kept keep(const Message& message) {
    return {message.defer(), std::vector(message.bytes.begin(), message.bytes.end())};
  }

  void answer_kept(const Message& message) {
    const std::size_t count = kept_.size();
    for (; !kept_.empty(); kept_.pop_back()) kept_.back().request.reply(kept_.back().bytes);
    if (message.is_request()) message.reply(std::to_string(count));
  }

  void reply_hastily(const Message& message) const {
    try {
      message.reply(pattern(1 << 20), number_in(message));
    } catch (const shared_channel::SendError& error) {
      log(SC_LOG_INFO, std::to_string(error.status));
      throw;
    }
  }

  void hand_to_worker(Kept kept) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(kept));
    }
    changed_.notify_one();
  }

  void work() noexcept {
    try {
      for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        Kept job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job.request.reply(job.bytes);
      }
    } catch (const shared_channel::SendError& error) {
      if (error.status != SC_STOPPING) report_error(error.what());
    }
  }

  static std::vector<std::byte> pattern(std::uint32_t size) {
    std::vector<std::byte> bytes(size);
    for (std::uint32_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
    return bytes;
  }

  static std::uint32_t number_in(const Message& message) {
    std::uint32_t number = 0;
    if (message.bytes.size() != sizeof number) throw std::invalid_argument("expected a number of 4 bytes");
    std::memcpy(&number, message.bytes.data(), sizeof number);
    return number;
  }

  std::vector<Kept> kept_;
  std::thread worker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Kept> jobs_;
  bool done_ = false;
};

SHARED_CHANNEL_PLUGIN(Requests, "requests", "1.0.0")
