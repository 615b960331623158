// A plugin that uses plugin.h alone and breaks its rules in the way that its options, a JSON text, name.
#include <cstring>
#include <stdexcept>

#include <shared_channel/plugin.h>

namespace {

bool told(const sc_host* host, const char* what) { return std::strcmp(host->options, what) == 0; }

const sc_host* host_of(sc_plugin* plugin) { return static_cast<const sc_host*>(plugin->context); }

bool initialize(sc_plugin* plugin) {
  const sc_host* const host = host_of(plugin);
  if (told(host, "\"throw in initialize\"")) throw std::runtime_error("across the interface");
  if (told(host, "\"refuse\"")) return false;
  if (told(host, "\"refuse with a reason\"")) {
    host->report_error(host, "there is no camera");
    return false;
  }
  return true;
}

void on_message(sc_plugin* plugin, const sc_message* message) {
  const sc_host* const host = host_of(plugin);
  if (told(host, "\"throw in on_message\"")) throw std::runtime_error("across the interface");
  host->send(host, message->type, message->data, message->size, SC_FOREVER);
}

void destroy(sc_plugin* plugin) {
  const bool throws = told(host_of(plugin), "\"throw in destroy\"");
  delete plugin;
  if (throws) throw std::runtime_error("across the interface");
}

sc_plugin* create(const sc_host* host) {
  if (told(host, "\"throw in create\"")) throw std::runtime_error("across the interface");
  if (told(host, "\"no instance\"")) return nullptr;
  auto* const plugin = new sc_plugin{};
  plugin->context = const_cast<sc_host*>(host);
  plugin->initialize = &initialize;
  if (!told(host, "\"no on_message\"")) plugin->on_message = &on_message;
  plugin->destroy = &destroy;
  return plugin;
}

}  // namespace

extern "C" SC_EXPORT const sc_plugin_entry* sc_get_plugin_entry(void) {
  static const sc_plugin_entry entry = {SC_ABI_MAJOR, SC_ABI_MINOR, "bare", "0.0.1", &create};
  return &entry;
}
