// What the module exports to the script of its worker.
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "exceptions.hpp"
#include "instance.hpp"
#include "worker.hpp"

namespace {

// A trap is what ends a module for good: an exception of JavaScript would be caught on its way.
[[noreturn]] void trap(const std::string& reason) {
  shared_channel::worker::dying(reason.data(), reason.size());
  __builtin_trap();
}

[[noreturn]] void end_uncaught() {
  const std::exception* const error = shared_channel::uncaught_exception();
  if (error == nullptr) trap("std::terminate was called");
  trap(std::string("nobody catches an exception: ") + error->what());
}

}  // namespace

// In the place of the C library's: what `exit` comes to.
extern "C" void _Exit(int code) { trap("the plugin called exit(" + std::to_string(code) + ")"); }

#define SC_WASM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

// Memory for the script to put the options in; never freed.
SC_WASM_EXPORT(shared_channel_allocate) void* shared_channel_allocate(std::size_t size) { return std::malloc(size); }

// Runs the plugin until it has ended. `options`: JSON text, NUL-terminated. Capacities: of the rings from and to the page.
SC_WASM_EXPORT(shared_channel_run)
void shared_channel_run(std::uint32_t capacity_from_page, std::uint32_t capacity_to_page, const char* options,
                        std::uint32_t update_interval_ms) {
  using namespace shared_channel;
  std::set_terminate(end_uncaught);
  Instance instance(make_layout(capacity_from_page, capacity_to_page), options,
                    std::chrono::milliseconds(update_interval_ms));
  const InstanceEnd end = instance.run();
  worker::ended(end.code, std::strlen(end.code), end.text.data(), end.text.size());
}
