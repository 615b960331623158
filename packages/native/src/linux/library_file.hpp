// The file of a library, before the system loads it.
#pragma once

#include <string>

namespace shared_channel {

// Finds out what the loader would not survive or would not say: it waits for ever at a pipe, maps a file that was cut off
// and dies of the missing pages, and calls a library of another architecture missing. The rest is left to the loader.
// Throws Failure.
void check_library_file(const std::string& path);

}  // namespace shared_channel
