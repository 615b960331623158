#include "channels.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <shared_channel/channel.hpp>
#include <stdexcept>
#include <vector>

#include "../../plugins/src/sequence.hpp"

namespace {

using shared_channel::Channel;

// As in app/sharing/channels.ts.
constexpr std::uint32_t kData = 1;
constexpr std::uint32_t kDouble = 2;
constexpr std::uint32_t kCapacity = 1 << 20;
constexpr int kRequests = 100;

constexpr const char* kNothing = "null";

std::map<std::string, Channel> channels;

std::string create_channel(Arguments& arguments) {
  const std::string name = arguments.text();
  const auto [channel, is_new] = channels.emplace(name, Channel::create({.capacity = kCapacity}));
  return '"' + channel->second.peer_handle() + '"';
}

std::string open_channel(Arguments& arguments) {
  const std::string name = arguments.text();
  const std::string handle = arguments.text();
  channels.emplace(name, Channel::open(handle, {.trusted = arguments.flag()}));
  return kNothing;
}

// Checked data both ways at once, then requests both ways.
class Talk {
 public:
  Talk(Channel& channel, std::uint64_t bytes, std::uint32_t send, std::uint32_t receive)
      : channel_(channel), bytes_(bytes), own_(send), expected_(receive) {}

  std::string run() {
    for (std::uint64_t sent = 0; sent < bytes_;) {
      const std::span<const std::byte> message = own_.next();
      channel_.send(kData, message);
      sent += message.size();
    }
    while (received_ < bytes_) take(channel_.receive());
    for (int number = 0; number < kRequests; ++number) ask(number);
    while (answered_ < kRequests) take(channel_.receive());
    return "{\"received\":{\"messages\":" + std::to_string(messages_) + ",\"wrong\":" + std::to_string(wrong_) +
           ",\"bytes\":" + std::to_string(received_) + "},\"answers\":" + std::to_string(answers_) + ",\"errors\":[]}";
  }

 private:
  void take(const std::optional<Channel::Message>& message) {
    if (!message) throw std::runtime_error("the channel has ended");
    if (message->request) {
      channel_.reply(*message->request, std::to_string(2 * std::stoi(message->text())));
      ++answered_;
      return;
    }
    ++messages_;
    if (!std::ranges::equal(message->bytes, expected_.next())) ++wrong_;
    received_ += message->bytes.size();
  }

  void ask(int number) {
    const std::vector<std::byte> answer = channel_.request(kDouble, std::to_string(number));
    const std::string text(reinterpret_cast<const char*>(answer.data()), answer.size());
    if (text == std::to_string(2 * number)) ++answers_;
  }

  Channel& channel_;
  const std::uint64_t bytes_;
  Sequence own_;
  Sequence expected_;
  std::uint64_t received_ = 0;
  int messages_ = 0;
  int wrong_ = 0;
  int answers_ = 0;
  int answered_ = 0;
};

std::string talk(Arguments& arguments) {
  Channel& channel = channels.at(arguments.text());
  const std::uint64_t bytes = arguments.number();
  const auto send = static_cast<std::uint32_t>(arguments.number());
  const auto receive = static_cast<std::uint32_t>(arguments.number());
  return Talk(channel, bytes, send, receive).run();
}

std::string close_channels(Arguments&) {
  for (auto& [name, channel] : channels) channel.close();
  channels.clear();
  return kNothing;
}

}  // namespace

const std::map<std::string, Act>& channel_acts() {
  static const std::map<std::string, Act> acts = {
      {"createChannel", create_channel},
      {"openChannel", open_channel},
      {"talk", talk},
      {"closeChannels", close_channels},
  };
  return acts;
}
