// A plugin that cannot even say what it is.
#include <shared_channel/plugin.h>

const sc_plugin_entry* sc_get_plugin_entry(void) { throw 42; }
