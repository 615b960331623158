// Maps a segment over pages that V8 allocated, so that JavaScript sees OS shared memory inside V8's cage.
#pragma once

#include <cstddef>

#include "segment.hpp"

namespace shared_channel {

// What JavaScript may do with the pages.
enum class PageAccess {
  read_write,
  copy_on_write,  // its writes stay its own; a page that it wrote does not follow the segment any more
  read_only,      // a write ends the process
};

// Replaces the `length` bytes at `address` by the first `length` bytes of `segment`. What the pages held is gone. `address`
// must be page-aligned memory that V8 allocated for this purpose and that is alive. Throws Failure INVALID_ARGUMENT
// (alignment, length) or NOT_SUPPORTED (the OS refuses).
// [the thread that runs the JavaScript which owns the pages]
void map_pages(void* address, std::size_t length, const Segment& segment, PageAccess access = PageAccess::read_write);

// Puts private zeroes back, so that V8 frees what it allocated. The pages must still be alive: pages that V8 has freed
// may belong to somebody else by now. Returns false when the OS refuses; the segment then stays mapped there.
bool restore_pages(void* address, std::size_t length) noexcept;

}  // namespace shared_channel
