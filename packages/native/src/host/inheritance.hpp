#pragma once

namespace shared_channel {

// Closes every descriptor behind `last`: the application may hold some that were not marked to be closed in other
// programs, and they are none of the plugin's business. `last` itself is marked, for programs that the plugin starts. False
// when there is no `last`.
[[nodiscard]] bool close_what_is_not_ours(int last) noexcept;

}  // namespace shared_channel
