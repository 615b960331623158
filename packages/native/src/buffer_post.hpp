// The four texts by which SharedBuffers are posted: docs/wire-format.md, "Posting buffers". They come from another side, maybe
// another process: nothing in them is believed before it was checked here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "process.hpp"
#include "shared_channel/buffer_access.hpp"

namespace shared_channel {

// A buffer on its way.
struct BufferPost {
  std::uint64_t id = 0;  // chosen by the poster; an answer repeats it
  BufferAccess access = BufferAccess::read_only;
  std::uint64_t size = 0;
  std::string handle;
  std::string additional_data;  // JSON, or empty

  [[nodiscard]] std::string text() const;
};

// A post of a form that this side does not know: to be declined.
struct UnreadablePost {
  std::uint64_t id = 0;
};

// What comes back for a post.
struct PostAnswer {
  enum class Kind { received, released, declined };
  Kind kind = Kind::received;
  std::uint64_t id = 0;
  std::string reason = {};  // of `declined`: the code, a colon and the text
};

// monostate: none of these, which a newer peer may send.
using BufferText = std::variant<std::monostate, BufferPost, UnreadablePost, PostAnswer>;

BufferText parse_buffer_text(std::string_view text);

std::string received_text(std::uint64_t id, const ProcessIdentity& receiver);
std::string released_text(std::uint64_t id);
std::string declined_text(std::uint64_t id, std::string_view code, std::string_view reason);

}  // namespace shared_channel
