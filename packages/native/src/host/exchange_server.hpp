// Calls the plugin's exchange for the application.
#pragma once

#include "../plugin_host.hpp"
#include "../socket.hpp"

namespace shared_channel {

// Serves requests until the application is gone. On a thread of its own: a plugin may stay in `exchange` for long.
void serve_exchanges(Socket& requests, PluginHost& host) noexcept;

}  // namespace shared_channel
