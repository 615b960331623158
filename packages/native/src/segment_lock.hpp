// Which process is at an end of a channel, as the system knows it: whoever opens an end locks a byte of the segment.
#pragma once

#include <cstdint>
#include <optional>

#include "segment.hpp"

namespace shared_channel {

// Locks the byte for this process, until the process closes its last descriptor of the segment, or ends. False when
// another process has it. (Within one process every lock succeeds: see ChannelEnd.)
bool lock_byte(const Segment& segment, std::uint32_t byte);

// The number of the other process that has locked the byte; none when there is no such process.
std::optional<std::uint32_t> holder_of_byte(const Segment& segment, std::uint32_t byte);

}  // namespace shared_channel
