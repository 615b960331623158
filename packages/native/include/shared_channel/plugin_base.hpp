// What the parts of plugin.hpp have in common.
#pragma once

#include <exception>
#include <stdexcept>

#include "plugin.h"

namespace shared_channel {

// Thrown by the functions that send or make something, when it could not be done. `status` is one of plugin.h's SC_ values.
class SendError : public std::runtime_error {
 public:
  explicit SendError(sc_status status) : std::runtime_error(describe(status)), status(status) {}
  const sc_status status;

 private:
  static const char* describe(sc_status status) {
    switch (status) {
      case SC_TIMEOUT: return "no room in the ring within the timeout";
      case SC_STOPPING: return "the channel is closing";
      case SC_TOO_LARGE: return "the message is too large";
      case SC_INVALID_ARGUMENT: return "invalid argument";
      case SC_BUSY: return "this thread holds an open slot: commit or abort it first";
      case SC_CORRUPT: return "the shared memory holds impossible values";
      case SC_OUT_OF_MEMORY: return "there is no memory for the buffer";
      default: return "unknown status";
    }
  }
};

namespace detail {

// For the base class to find its host while the derived class is being constructed.
inline thread_local const sc_host* constructing_host = nullptr;

inline constexpr const char* kUnknownException = "the plugin threw something that is not a std::exception";

// Runs a callback of the plugin; what it throws becomes an error event. Returns whether it went well.
template <typename Callback>
bool guarded(const sc_host* host, Callback&& callback) noexcept {
  try {
    callback();
    return true;
  } catch (const SendError& error) {
    // A plugin that is told to stop in the middle of a send has done nothing wrong.
    if (error.status != SC_STOPPING) host->report_error(host, error.what());
  } catch (const std::exception& error) {
    host->report_error(host, error.what());
  } catch (...) {
    host->report_error(host, kUnknownException);
  }
  return false;
}

}  // namespace detail
}  // namespace shared_channel
