// The other end of a channel in a process of its own, which can be killed.
#pragma once

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <shared_channel/channel.hpp>

#include "child_process.hpp"

namespace test {

// A line of text from one process to another.
class TextPipe {
 public:
  TextPipe() {
    if (pipe(ends_.data()) != 0) throw std::runtime_error("pipe failed");
  }
  TextPipe(const TextPipe&) = delete;
  TextPipe& operator=(const TextPipe&) = delete;
  ~TextPipe() {
    for (const int end : ends_) ::close(end);
  }

  void write(const std::string& text) const {
    const std::string line = text + '\n';
    if (::write(ends_[1], line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      throw std::runtime_error("write failed");
    }
  }

  [[nodiscard]] std::string read() const {
    std::string line;
    for (char next = 0; ::read(ends_[0], &next, 1) == 1 && next != '\n';) line += next;
    return line;
  }

 private:
  std::array<int, 2> ends_{};
};

// Forked before the channel is made: a child must not inherit the parent's end.
class ChannelPeer {
 public:
  // Runs `part(channel)` in another process, over the end that `handle` leads to.
  template <typename Part>
  explicit ChannelPeer(Part&& part)
      : child_([this, &part] {
          auto channel = shared_channel::Channel::open(handle_.read());
          return part(channel);
        }) {}

  void start(const shared_channel::Channel& channel) const { handle_.write(channel.peer_handle()); }
  [[nodiscard]] Child& process() { return child_; }

 private:
  TextPipe handle_;
  Child child_;
};

}  // namespace test
