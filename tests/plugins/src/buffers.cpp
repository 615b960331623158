// Buffers both ways. What is done with a buffer that comes in is its additional data, a JSON string:
//   "sum"     says "sum <sum> <size> <access>", and closes it
//   "fill"    fills it from the seed 9, says "filled", and closes it
//   "keep"    keeps it, and says "kept"
//   "repost"  posts it back, read-write, with "back", and closes it
//   "write"   writes its first byte
//   "throw"   throws
// anything else: says "got <additional data>", or "got nothing", and closes it.
//
// Message types, with texts:
//   1 post     "<size> <seed> <access> <additional data>": makes a buffer, fills it, posts it and closes it; says "posted <id>"
//   2 release  closes what it keeps; with the text "slot" while a slot is open, which is then sent
//   3 read     says "byte <the first byte of the last kept one>"
//   4 write    writes the first byte of the last kept one
//   5 handle   posts the last kept one's handle again, and says "posted <id>"
//   6 create   "<size>": makes a buffer and keeps it; says "handle <handle>"
// What it says is type 1, and so is "released <id>" and "declined <id> <reason>".
#include <cstdio>
#include <cstring>
#include <vector>

#include <shared_channel/plugin.hpp>

#include "programs/pattern.hpp"

using shared_channel::BufferAccess;
using shared_channel::PluginBuffer;

class Buffers final : public shared_channel::Plugin, public shared_channel::SharedBuffers {
  void on_message(const shared_channel::Message& message) override {
    const std::string text = message.text();
    switch (message.type) {
      case 1: {
        unsigned long long size = 0;
        unsigned seed = 0;
        int access = 0;
        int rest = 0;
        if (std::sscanf(text.c_str(), "%llu %u %d %n", &size, &seed, &access, &rest) != 3) {
          throw std::invalid_argument("expected size, seed and access");
        }
        PluginBuffer buffer = create_shared_buffer(size);
        fill(buffer.bytes(), seed);
        posted(post_shared_buffer(buffer, static_cast<BufferAccess>(access), text.substr(static_cast<std::size_t>(rest))));
        break;
      }
      case 2:
        if (text == "slot") {
          auto slot = reserve(8);
          kept_.clear();
          std::memcpy(slot.bytes().data(), "the slot", 8);
          slot.commit(1);
        } else {
          kept_.clear();
        }
        break;
      case 3: say("byte " + std::to_string(std::to_integer<int>(kept_.back().bytes().front()))); break;
      case 4: kept_.back().bytes().front() = std::byte{1}; break;
      case 5: posted(post_shared_buffer(kept_.back())); break;
      case 6:
        kept_.push_back(create_shared_buffer(std::stoull(text)));
        say("handle " + kept_.back().handle());
        break;
      default: throw std::invalid_argument("unknown message type");
    }
  }

  void on_shared_buffer(PluginBuffer buffer) override {
    const std::string data = buffer.additional_data().value_or("nothing");
    if (data == "\"sum\"") {
      say("sum " + std::to_string(sum_of(buffer.bytes())) + " " + std::to_string(buffer.size()) + " " +
          std::to_string(static_cast<int>(buffer.access())));
    } else if (data == "\"fill\"") {
      fill(buffer.bytes(), 9);
      say("filled");
    } else if (data == "\"keep\"") {
      kept_.push_back(std::move(buffer));
      say("kept");
    } else if (data == "\"repost\"") {
      posted(post_shared_buffer(buffer, BufferAccess::read_write, "\"back\""));
    } else if (data == "\"write\"") {
      buffer.bytes().front() = std::byte{1};
    } else if (data == "\"throw\"") {
      throw std::runtime_error("as it was told");
    } else {
      say("got " + data);
    }
  }

  void on_buffer_released(std::uint32_t id, std::optional<std::string> declined) override {
    const std::string number = std::to_string(id);
    say(declined ? "declined " + number + " " + *declined : "released " + number);
  }

  void posted(std::uint32_t id) { say("posted " + std::to_string(id)); }
  void say(const std::string& text) { send(1, text); }

  std::vector<PluginBuffer> kept_;
};

SHARED_CHANNEL_PLUGIN(Buffers, "buffers", "1.0.0")
