// What goes wrong below the addon and below the public headers: a stable code (packages/core/src/errors.ts lists them) and
// a text for people.
#pragma once

#include <string>

#include "shared_channel/error.hpp"

namespace shared_channel {

class Failure : public Error {
 public:
  Failure(const char* code, const std::string& message) : Error(code, message), code(code) {}
  const char* const code;  // a string literal
};

}  // namespace shared_channel
