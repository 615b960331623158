#pragma once

namespace shared_channel {

// What a process may do with a shared buffer of another one.
enum class BufferAccess : int {
  read_write = 0,
  // JavaScript's writes stay its own, and a page that it wrote does not follow the owner any more. Native code has no such
  // pages: its writes end the process (SIGSEGV), as with `read_only_strict`.
  read_only = 1,
  // A write ends the process.
  read_only_strict = 2,
};

}  // namespace shared_channel
