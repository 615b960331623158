#pragma once

#include <cstddef>

#include "shared_channel/layout.h"

namespace shared_channel {

// Reads and checks the header of a segment that somebody else has made: `size` bytes at `base`, at least kHeaderSize. Each
// word is read once. Throws Failure CORRUPT when this is no channel's segment, VERSION_MISMATCH when it is of another version.
Layout read_layout(std::byte* base, std::size_t size);

}  // namespace shared_channel
