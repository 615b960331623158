// Breaks the rules of plugin.h where the options say: lets exceptions out of its functions ("create", "initialize",
// "message", "update", "shutdown", "destroy", "extensions", "request", "exchange"), makes no instance ("nothing"), lacks
// functions ("hollow"), gives no reason for its failure ("silent"), has extensions without their functions ("empty"). It
// takes calls only when it is told of them, and keeps a slot open from the message of type 99 on.
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

const void* get_extension(sc_plugin* plugin, const char* id) {
  fail_at(host_of(plugin), "extensions");
  static const sc_plugin_requests empty_requests{};
  static const sc_plugin_exchange empty_exchange{};
  static const sc_plugin_requests requests = {
      [](sc_plugin* self, const sc_message*, std::uint32_t) { fail_at(host_of(self), "request"); }};
  static const sc_plugin_exchange exchange = {[](sc_plugin* self, std::uint8_t*, std::size_t, std::size_t*) {
    fail_at(host_of(self), "exchange");
    return static_cast<const char*>(nullptr);
  }};
  const bool is_empty = told(host_of(plugin), "empty");
  if (std::strcmp(id, SC_EXTENSION_EXCHANGE) == 0) return is_empty ? &empty_exchange : &exchange;
  if (std::strcmp(id, SC_EXTENSION_REQUESTS) != 0) return nullptr;
  if (is_empty) return &empty_requests;
  return told(host_of(plugin), "request") ? &requests : nullptr;
}

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
    sc_slot slot{};
    if (message->type == 99) return static_cast<void>(to->reserve(to, 8, SC_FOREVER, &slot));
    to->send(to, message->type, message->data, message->size, SC_FOREVER);
  };
  breaker->c.update = [](sc_plugin* plugin) { fail_at(host_of(plugin), "update"); };
  breaker->c.shutdown = [](sc_plugin* plugin) { fail_at(host_of(plugin), "shutdown"); };
  breaker->c.get_extension = &get_extension;
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
