#pragma once

#include <exception>

namespace shared_channel {

// What was thrown and has not been caught; null when there is nothing, or something else than a std::exception.
const std::exception* uncaught_exception() noexcept;

}  // namespace shared_channel
