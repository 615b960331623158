// Loading a plugin's dynamic library and naming the threads that run it.
#pragma once

#include <string>

#include "shared_channel/plugin.h"

namespace shared_channel {

// Loads the library at `path` and returns its entry. Libraries are never unloaded: threads, destructors and
// thread-locals of theirs may outlive any instance. Throws Failure PLUGIN_NOT_FOUND, PLUGIN_LOAD_FAILED (with the
// loader's reason) or PLUGIN_ABI_MISMATCH.
const sc_plugin_entry& load_plugin_library(const std::string& path);

// The name that debuggers and process monitors show for the calling thread; cut where the system allows less.
void name_this_thread(const std::string& name) noexcept;

}  // namespace shared_channel
