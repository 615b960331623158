// Its threads never stop to use the callbacks, also when there is no channel, until `let_restless_rest` joins them. Every
// byte of a message is its length modulo 256.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <plugin_interface.h>

namespace {

MessageCallback send_message = nullptr;
BufferRequestCallback request_buffer = nullptr;
BufferSendCallback send_buffer = nullptr;

std::vector<std::thread> threads;
std::atomic<bool> resting = false;

void send_copied(std::uint32_t size) {
  const std::vector<std::uint8_t> data(size, static_cast<std::uint8_t>(size));
  send_message(data.data(), data.size());
}

void send_in_place(std::uint32_t size) {
  std::uint8_t* data = nullptr;
  std::uint32_t space = 0;
  if (request_buffer(size % 3, &data, &space) != 0) return;
  // All of it, so that a buffer that is not this thread's any more hurts.
  std::memset(data, static_cast<int>(size & 0xff), space);
  // Time for the channel to close meanwhile.
  std::this_thread::sleep_for(std::chrono::microseconds(size));
  std::memset(data, static_cast<int>(size & 0xff), space);
  if (size % 5 != 0) send_buffer(size);
}

void run(std::uint32_t random) {
  while (!resting) {
    random = random * 1664525 + 1013904223;
    const std::uint32_t size = 1 + (random >> 8) % 600;
    if ((random >> 20) % 2 == 0) send_copied(size);
    else send_in_place(size);
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

// The callbacks are the same ones each time, or this would be a race with the threads.
PluginStatus initialize(MessageCallback callback, BufferRequestCallback request, BufferSendCallback send) {
  if (!threads.empty()) {
    return callback == send_message && request == request_buffer && send == send_buffer ? PLUGIN_SUCCESS
                                                                                        : PLUGIN_ERROR_INITIALIZATION;
  }
  send_message = callback;
  request_buffer = request;
  send_buffer = send;
  for (std::uint32_t seed = 1; seed <= 3; ++seed) threads.emplace_back(&run, seed);
  return PLUGIN_SUCCESS;
}

}  // namespace

extern "C" PLUGIN_EXPORT void let_restless_rest() {
  resting = true;
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

const PluginInterface* get_plugin_interface() {
  static const PluginInterface interface = {
      {"interface-restless", "1.0.0", PLUGIN_API_VERSION}, &initialize, nullptr, [](const uint8_t*, size_t) {}, nullptr};
  return &interface;
}
