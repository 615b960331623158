#include "../hang_watch.hpp"

// Nobody in the worker watches how long the plugin takes: the page ends it from outside.

namespace shared_channel {

HangWatch::Pause::Pause() noexcept : call_(nullptr) {}
HangWatch::Pause::~Pause() = default;

}  // namespace shared_channel
