#include "array_memory.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace test {
namespace {

std::atomic<std::size_t> largest_array = SIZE_MAX;

}  // namespace

NoMemoryAbove::NoMemoryAbove(std::size_t bytes) { largest_array.store(bytes); }
NoMemoryAbove::~NoMemoryAbove() { largest_array.store(SIZE_MAX); }

}  // namespace test

// All the array forms, since what one of them allocates may be freed by another.
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return size > test::largest_array.load() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size) {
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
