// Was compiled, so it says, with a plugin.h of the future.
#include <shared_channel/plugin.h>

extern "C" SC_EXPORT const sc_plugin_entry* sc_get_plugin_entry(void) {
  static const sc_plugin_entry entry = {SC_ABI_MAJOR + 98, 0, "wrong_abi", "1.0.0", nullptr};
  return &entry;
}
