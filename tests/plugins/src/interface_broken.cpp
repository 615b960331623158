// Has something wrong with its interface: the version, or what `break_interface` was told.
#include <cstring>

#include <plugin_interface.h>

static const char* what = "version";

extern "C" PLUGIN_EXPORT void break_interface(const char* told) { what = told; }

static bool is(const char* part) { return std::strcmp(what, part) == 0; }

const PluginInterface* get_plugin_interface() {
  static PluginInterface interface;
  interface = {{"interface-broken", "1.0.0", PLUGIN_API_VERSION},
               [](MessageCallback, BufferRequestCallback, BufferSendCallback) { return PLUGIN_SUCCESS; },
               nullptr,
               [](const uint8_t*, size_t) {},
               nullptr};
  if (is("version")) interface.info.api_version = PLUGIN_API_VERSION + 6;
  if (is("name")) interface.info.name = nullptr;
  if (is("text of version")) interface.info.version = nullptr;
  if (is("initialize")) interface.initialize = nullptr;
  if (is("process_message")) interface.process_message = nullptr;
  if (is("all")) return nullptr;
  if (is("get_plugin_interface")) throw 42;
  return &interface;
}
