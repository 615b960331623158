// Does what a message tells it, letter by letter, and answers in one line with what came of it.
//   r  requests a buffer, for up to a second       R  requests one without waiting
//   f  fills it with the letter b                  n  requests one into null pointers
//   s  sends 3 bytes of it                         S  sends one byte more than it has
//   a  sends all of it
//   m  sends "m" by the message callback           x  sends a byte of no memory by it
//   t  requests a buffer on another thread, which ends
//   T  requests, fills and sends one on another thread
//   o  sends 3 bytes of this thread's buffer on another thread
//   u  tells how often `update` was called         l  tells the least number of milliseconds between two of them
//   e  throws a std::exception                     i  throws an int
//   z  waits for `let_script_go`                   .  ends without an answer
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include <plugin_interface.h>

namespace {

using Clock = std::chrono::steady_clock;

MessageCallback send_message = nullptr;
BufferRequestCallback request_buffer = nullptr;
BufferSendCallback send_buffer = nullptr;

std::atomic<bool> may_go = false;
unsigned updates = 0;
Clock::time_point last_update;
Clock::duration least_interval = std::chrono::hours(1);
std::string answer;

struct Buffer {
  std::uint8_t* data = nullptr;
  std::uint32_t space = 0;
} buffer;

void tell(const std::string& what) { answer += answer.empty() ? what : ' ' + what; }
void tell_result(int result) { tell(result == 0 ? "ok" : "no"); }

int request(std::uint32_t wait_ms, Buffer& into) { return request_buffer(wait_ms, &into.data, &into.space); }

void request_here(std::uint32_t wait_ms) {
  const int result = request(wait_ms, buffer);
  tell_result(result);
  if (result == 0) tell(std::to_string(buffer.space));
}

void send_from_another_thread() {
  Buffer own;
  const int result = request(1000, own);
  tell_result(result);
  if (result != 0) return;
  std::memset(own.data, 'b', own.space);
  tell_result(send_buffer(3));
}

template <typename Work>
void on_another_thread(Work&& work) {
  std::thread(work).join();
}

void obey(char letter) {
  switch (letter) {
    case 'r': return request_here(1000);
    case 'R': return request_here(0);
    case 'n': return tell_result(request_buffer(0, nullptr, nullptr));
    case 'f': std::memset(buffer.data, 'b', buffer.space); return;
    case 's': return tell_result(send_buffer(3));
    case 'a': return tell_result(send_buffer(buffer.space));
    case 'S': return tell_result(send_buffer(buffer.space + 1));
    case 'm': return send_message(reinterpret_cast<const std::uint8_t*>("m"), 1);
    case 'x': return send_message(nullptr, 1);
    case 't': return on_another_thread([] { Buffer own; tell_result(request(1000, own)); });
    case 'T': return on_another_thread(&send_from_another_thread);
    case 'o': return on_another_thread([] { tell_result(send_buffer(3)); });
    case 'u': return tell(std::to_string(updates));
    case 'l': return tell(std::to_string(std::chrono::floor<std::chrono::milliseconds>(least_interval).count()));
    case 'e': throw std::runtime_error("thrown in process_message");
    case 'i': throw 42;
    case 'z': return may_go.wait(false);
    default: throw std::invalid_argument(std::string("an unknown letter: ") + letter);
  }
}

PluginStatus initialize(MessageCallback callback, BufferRequestCallback request, BufferSendCallback send) {
  send_message = callback;
  request_buffer = request;
  send_buffer = send;
  return PLUGIN_SUCCESS;
}

void process_message(const std::uint8_t* data, std::size_t length) {
  const std::string script(reinterpret_cast<const char*>(data), length);
  answer.clear();
  for (const char letter : script) {
    if (letter == '.') return;
    obey(letter);
  }
  send_message(reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size());
}

void update() {
  const Clock::time_point now = Clock::now();
  if (updates++ != 0) least_interval = std::min(least_interval, now - last_update);
  last_update = now;
}

}  // namespace

extern "C" PLUGIN_EXPORT void let_script_go() {
  may_go = true;
  may_go.notify_all();
}

const PluginInterface* get_plugin_interface() {
  static const PluginInterface interface = {
      {"interface-script", "1.0.0", PLUGIN_API_VERSION}, &initialize, nullptr, &process_message, &update};
  return &interface;
}
