// Has an entry in which everything but the version is missing.
#include <shared_channel/plugin.h>

extern "C" SC_EXPORT const sc_plugin_entry* sc_get_plugin_entry(void) {
  static const sc_plugin_entry entry = {SC_ABI_MAJOR, SC_ABI_MINOR, nullptr, nullptr, nullptr};
  return &entry;
}
