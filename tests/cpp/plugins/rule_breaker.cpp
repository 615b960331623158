// Breaks the rules of plugin.h where the options say: lets exceptions out of its functions ("create", "initialize",
// "message", "update", "shutdown", "destroy"), makes no instance ("nothing"), lacks functions ("hollow"), gives no reason
// for its failure ("silent").
#include <cstring>
#include <stdexcept>

#include <shared_channel/plugin.h>

namespace {

struct Breaker {
  sc_plugin c{};
  const sc_host* host = nullptr;
};

bool told(const sc_host* host, const char* what) { return std::strstr(host->options, what) != nullptr; }

void fail_at(const sc_host* host, const char* place) {
  if (told(host, place)) throw std::runtime_error(place);
}

const sc_host* host_of(const sc_plugin* plugin) { return static_cast<Breaker*>(plugin->context)->host; }

sc_plugin* create(const sc_host* host) {
  fail_at(host, "create");
  if (told(host, "nothing")) return nullptr;
  static sc_plugin hollow{};
  if (told(host, "hollow")) return &hollow;
  auto* const breaker = new Breaker;
  breaker->host = host;
  breaker->c.context = breaker;
  breaker->c.initialize = [](sc_plugin* plugin) {
    fail_at(host_of(plugin), "initialize");
    return !told(host_of(plugin), "silent");
  };
  breaker->c.on_message = [](sc_plugin* plugin, const sc_message* message) {
    if (message->size == 0) fail_at(host_of(plugin), "message");
    const sc_host* const to = host_of(plugin);
    to->send(to, message->type, message->data, message->size, SC_FOREVER);
  };
  breaker->c.update = [](sc_plugin* plugin) { fail_at(host_of(plugin), "update"); };
  breaker->c.shutdown = [](sc_plugin* plugin) { fail_at(host_of(plugin), "shutdown"); };
  breaker->c.destroy = [](sc_plugin* plugin) {
    const sc_host* const host = host_of(plugin);
    delete static_cast<Breaker*>(plugin->context);
    fail_at(host, "destroy");
  };
  return &breaker->c;
}

}  // namespace

const sc_plugin_entry* sc_get_plugin_entry(void) {
  static const sc_plugin_entry entry = {SC_ABI_MAJOR, SC_ABI_MINOR, "rule-breaker", "1.0.0", &create};
  return &entry;
}
