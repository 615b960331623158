// A native program that makes a channel and starts the program in its arguments, with the handle as the last, at the other
// end. It streams messages of all sizes, which must come back as they were, then calls, then closes. Exits with 0 when all
// went well; else it says what did not.
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/channel.hpp>

#include "pattern.hpp"

extern char** environ;

namespace {

using namespace std::chrono_literals;
using shared_channel::Channel;

constexpr std::uint32_t kMessages = 2000;
constexpr auto kPatience = 20s;

std::vector<std::byte> message_of(std::uint32_t number) {
  // Some are larger than the ring.
  std::vector<std::byte> bytes(number % 50 == 0 ? number * 100 : number % 700);
  fill(bytes, number);
  return bytes;
}

pid_t start(char** arguments, std::string handle) {
  std::vector<char*> command;
  for (; *arguments != nullptr; ++arguments) command.push_back(*arguments);
  command.insert(command.end(), {handle.data(), nullptr});
  pid_t child = 0;
  if (posix_spawn(&child, command[0], nullptr, nullptr, command.data(), environ) != 0) {
    throw std::runtime_error("could not start the other side");
  }
  return child;
}

void stream(Channel& channel) {
  std::thread sender([&channel] {
    for (std::uint32_t i = 0; i < kMessages; ++i) channel.send(1, message_of(i), kPatience);
  });
  std::string problem;
  for (std::uint32_t i = 0; i < kMessages && problem.empty(); ++i) {
    const auto message = channel.receive(kPatience);
    if (!message || !std::ranges::equal(message->bytes, message_of(i))) problem = "message " + std::to_string(i) + " is wrong";
  }
  sender.join();
  if (!problem.empty()) throw std::runtime_error(problem);
}

void call(Channel& channel) {
  for (std::uint32_t i = 0; i < 100; ++i) {
    if (channel.request(2, message_of(i * 10), kPatience) != message_of(i * 10)) throw std::runtime_error("a wrong answer");
  }
}

}  // namespace

int main(int, char** arguments) {
  try {
    auto channel = Channel::create({.capacity = 65536});
    const pid_t child = start(arguments + 1, channel.peer_handle());
    stream(channel);
    call(channel);
    const std::size_t unread = channel.close(kPatience);
    int status = 0;
    waitpid(child, &status, 0);
    if (unread != 0 || status != 0) throw std::runtime_error("the other side did not end well");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
