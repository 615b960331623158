#pragma once

namespace shared_channel {

// Whether some handler is at work, so that `throw;` makes sense.
bool is_handling_exception() noexcept;

}  // namespace shared_channel
