// Sends every chunk back as it came and computes the SHA-256 of all of them. Message types:
//   1 chunk    to C++: bytes; sent back as it came
//   2 finish   to C++: empty; answered with type 2, the digest in hexadecimal
#include <shared_channel/plugin.hpp>

#include "sha256.hpp"

namespace {

class Sha256Plugin final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    switch (message.type) {
      case 1:
        digest_.update(message.bytes);
        send(1, message.bytes);
        break;
      case 2: send(2, std::exchange(digest_, {}).finish()); break;
      default: throw std::invalid_argument("unknown message type " + std::to_string(message.type));
    }
  }

  demo::Sha256 digest_;
};

}  // namespace

SHARED_CHANNEL_PLUGIN(Sha256Plugin, "sha256", "1.0.0")
