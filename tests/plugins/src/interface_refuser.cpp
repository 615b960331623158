// Fails to initialize: returns PLUGIN_ERROR_INITIALIZATION, or does what `refuse` was told.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <plugin_interface.h>

static const char* how = "-2";
static int shutdowns = 0;
static std::atomic<int> sent = 0;

extern "C" PLUGIN_EXPORT void refuse(const char* told) { how = told; }
extern "C" PLUGIN_EXPORT int shutdowns_of_refuser() { return shutdowns; }

// Of a thread that nobody joins. A ring of 4 KiB has room for 36 of its messages.
static void leave_a_thread_that_waits_for_room(MessageCallback callback) {
  sent = 0;
  std::thread([callback] {
    const uint8_t data[100] = {};
    for (; sent < 100; ++sent) callback(data, sizeof data);
  }).detach();
  while (sent < 36) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // so that it is in the next call
}

static PluginStatus initialize(MessageCallback callback, BufferRequestCallback, BufferSendCallback) {
  if (std::strcmp(how, "throw") == 0) throw std::runtime_error("thrown in initialize");
  if (std::strcmp(how, "with a thread") == 0) {
    leave_a_thread_that_waits_for_room(callback);
    return PLUGIN_ERROR_INITIALIZATION;
  }
  return static_cast<PluginStatus>(std::atoi(how));
}

const PluginInterface* get_plugin_interface() {
  static const PluginInterface interface = {{"interface-refuser", "1.0.0", PLUGIN_API_VERSION},
                                            &initialize,
                                            [] { ++shutdowns; },
                                            [](const uint8_t*, size_t) {},
                                            nullptr};
  return &interface;
}
