// A plugin of another age.
#include <shared_channel/plugin.h>

const sc_plugin_entry* sc_get_plugin_entry(void) {
  static const sc_plugin_entry entry = {SC_ABI_MAJOR + 1, 0, "other-abi", "1.0.0",
                                        [](const sc_host*) -> sc_plugin* { return nullptr; }};
  return &entry;
}
