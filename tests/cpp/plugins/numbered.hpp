// The messages of crowd.cpp: a number, then bytes that follow from it and from the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace numbered {

inline std::uint32_t size_of(std::uint32_t thread, std::uint32_t number) {
  const std::uint32_t random = (number * 2654435761u) ^ (thread * 40503u);
  // Some are longer than the ring of 4 KiB.
  return 4 + (random % 32 == 0 ? (random >> 8) % 10000 : (random >> 8) % 200);
}

inline void fill(std::byte* data, std::uint32_t size, std::uint32_t thread, std::uint32_t number) {
  std::memcpy(data, &number, sizeof number);
  for (std::uint32_t at = 4; at < size; ++at) data[at] = static_cast<std::byte>(at + number + 31 * thread);
}

}  // namespace numbered
