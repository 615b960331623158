// What the module exports to the script of its worker.
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "exceptions.hpp"
#include "instance.hpp"
#include "worker.hpp"

namespace {

// A plugin that gets here traps; this says why, as far as it can be known.
[[noreturn]] void tell_and_trap() {
  std::string text = "std::terminate was called";
  if (shared_channel::is_handling_exception()) {
    try {
      throw;
    } catch (const std::exception& error) {
      text = std::string("an exception left a function that lets none out: ") + error.what();
    } catch (...) {
      text = "an exception left a function that lets none out";
    }
  }
  shared_channel::worker::dying(text.data(), text.size());
  __builtin_trap();
}

}  // namespace

#define SC_WASM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// Memory for the script to put the options in; never freed.
SC_WASM_EXPORT(shared_channel_allocate) void* shared_channel_allocate(std::size_t size) { return std::malloc(size); }

// Runs the plugin until it has ended. `options`: JSON text, NUL-terminated. Capacities: of the rings from and to the page.
SC_WASM_EXPORT(shared_channel_run)
void shared_channel_run(std::uint32_t capacity_from_page, std::uint32_t capacity_to_page, const char* options,
                        std::uint32_t update_interval_ms) {
  using namespace shared_channel;
  std::set_terminate(tell_and_trap);
  Instance instance(make_layout(capacity_from_page, capacity_to_page), options,
                    std::chrono::milliseconds(update_interval_ms));
  const InstanceEnd end = instance.run();
  worker::ended(end.code, std::strlen(end.code), end.text.data(), end.text.size());
}
