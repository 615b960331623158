// Makes a plugin of plugin_interface.h look like one of plugin.h, so that the rest of the host knows one kind.
#pragma once

#include <chrono>
#include <string>

#include "plugin_interface.h"
#include "shared_channel/plugin.h"

namespace shared_channel {

using GetPluginInterface = const PluginInterface* (*)();

// How often `update` of such a plugin is called when the application does not say.
inline constexpr std::chrono::milliseconds kPluginInterfaceUpdateInterval{10};

// The entry of the library at `path`, which exports `get_interface`; the same one each time. Its instances are one at a
// time: `create` waits a second for another one to end, then fails. Throws Failure PLUGIN_LOAD_FAILED or
// PLUGIN_ABI_MISMATCH. [thread-safe]
const sc_plugin_entry& adapt_plugin_interface(GetPluginInterface get_interface, const std::string& path);

}  // namespace shared_channel
