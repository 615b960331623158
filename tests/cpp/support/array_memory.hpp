// Lets the memory for arrays run out.
#pragma once

#include <cstddef>

namespace test {

// While it lives, `new (std::nothrow) T[n]` of more than `bytes` gives nothing, in the whole program.
class NoMemoryAbove {
 public:
  explicit NoMemoryAbove(std::size_t bytes);
  NoMemoryAbove(const NoMemoryAbove&) = delete;
  NoMemoryAbove& operator=(const NoMemoryAbove&) = delete;
  ~NoMemoryAbove();
};

}  // namespace test
