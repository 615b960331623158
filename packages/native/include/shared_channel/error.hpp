// What the functions of shared_buffer.hpp and channel.hpp throw.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace shared_channel {

// Something went wrong: a stable code, the same that JavaScript's errors have (docs/errors.md has a paragraph for each),
// and a text for people that says what was wrong, what was expected and what to do.
//
//   try {
//     channel.send(1, frame);
//   } catch (const shared_channel::Error& error) {
//     if (error.code() != "PEER_LOST") throw;
//   }
class Error : public std::runtime_error {
 public:
  // `code`: a string literal.
  Error(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}

  [[nodiscard]] std::string_view code() const noexcept { return code_; }

 private:
  const char* code_;
};

}  // namespace shared_channel
