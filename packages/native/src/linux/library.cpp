#include "../library.hpp"

#include <dlfcn.h>

#include "../failure.hpp"
#include "../plugin_interface_adapter.hpp"
#include "library_file.hpp"

namespace shared_channel {

namespace {

using GetEntry = const sc_plugin_entry* (*)();

void* open_library(const std::string& path) {
  check_library_file(path);
  // RTLD_NODELETE, and no dlclose: see library.hpp.
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    const char* const reason = dlerror();
    throw Failure("PLUGIN_LOAD_FAILED",
                  "the system cannot load " + path + ": " + (reason != nullptr ? reason : "no reason given"));
  }
  return library;
}

const sc_plugin_entry& checked_entry(GetEntry get_entry, const std::string& path) {
  const sc_plugin_entry* entry = nullptr;
  try {
    entry = get_entry();
  } catch (...) {
    throw Failure("PLUGIN_LOAD_FAILED", "an exception left sc_get_plugin_entry of " + path);
  }
  if (entry == nullptr || entry->abi_major != SC_ABI_MAJOR) {
    throw Failure("PLUGIN_ABI_MISMATCH",
                  path + " was compiled for plugin ABI " +
                      (entry == nullptr ? std::string("none") : std::to_string(entry->abi_major)) +
                      ", this is ABI " + std::to_string(SC_ABI_MAJOR) +
                      "; compile it again with the headers of this version");
  }
  if (entry->create == nullptr || entry->name == nullptr || entry->version == nullptr) {
    throw Failure("PLUGIN_LOAD_FAILED", path + " has an entry without a name, a version or a create function");
  }
  return *entry;
}

}  // namespace

PluginLibrary load_plugin_library(const std::string& path) {
  void* const library = open_library(path);
  if (const auto get_entry = reinterpret_cast<GetEntry>(dlsym(library, "sc_get_plugin_entry"))) {
    return {.entry = checked_entry(get_entry, path), .update_interval = std::chrono::milliseconds(0)};
  }
  if (const auto get_interface = reinterpret_cast<GetPluginInterface>(dlsym(library, "get_plugin_interface"))) {
    return {.entry = adapt_plugin_interface(get_interface, path), .update_interval = kPluginInterfaceUpdateInterval};
  }
  throw Failure("PLUGIN_LOAD_FAILED",
                path + " is a library but no plugin: it exports neither sc_get_plugin_entry nor get_plugin_interface; use "
                       "the macro SHARED_CHANNEL_PLUGIN of shared_channel/plugin.hpp");
}

}  // namespace shared_channel
