// Loading a plugin's dynamic library.
#pragma once

#include <chrono>
#include <string>

#include "shared_channel/plugin.h"

namespace shared_channel {

struct PluginLibrary {
  const sc_plugin_entry& entry;
  std::chrono::milliseconds update_interval;  // when the application gives none; 0: never
};

// Loads the library at `path`, which exports sc_get_plugin_entry, or get_plugin_interface of plugin_interface.h. Libraries
// are never unloaded: threads, destructors and thread-locals of theirs may outlive any instance. Throws Failure
// PLUGIN_NOT_FOUND, PLUGIN_LOAD_FAILED (with the loader's reason) or PLUGIN_ABI_MISMATCH.
PluginLibrary load_plugin_library(const std::string& path);

}  // namespace shared_channel
