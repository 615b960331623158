// What the system has left for shared memory. Asked before any is taken: where there is too little the system would not
// refuse, it would kill processes until there is enough, and perhaps those that have nothing to do with it.
#pragma once

#include <cstdint>

namespace shared_channel {

// Bytes, less a part that stays for everybody else. Without a limit where the system does not tell.
std::uint64_t available_memory() noexcept;

// Bytes that a file of this process may have (RLIMIT_FSIZE), and so a segment, which is one.
std::uint64_t file_size_limit() noexcept;

}  // namespace shared_channel
