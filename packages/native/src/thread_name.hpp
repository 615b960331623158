#pragma once

#include <string>

namespace shared_channel {

// The name that debuggers and process monitors show for the calling thread; cut where the system allows less.
void name_this_thread(const std::string& name) noexcept;

// The name of this process there.
void name_this_process(const std::string& name) noexcept;

}  // namespace shared_channel
