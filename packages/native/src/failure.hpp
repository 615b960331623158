// What goes wrong below the addon: a stable code (packages/core/src/errors.ts lists them) and a text for people.
#pragma once

#include <stdexcept>
#include <string>

namespace shared_channel {

class Failure : public std::runtime_error {
 public:
  Failure(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* const code;  // a string literal
};

}  // namespace shared_channel
