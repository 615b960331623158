#include "../doorbell.hpp"

#include <climits>

// Page and plugin share one WebAssembly.Memory, so the engine's own waiters do.

namespace shared_channel {
namespace {

int* address_of(Word& word) noexcept { return reinterpret_cast<int*>(&word); }

}  // namespace

void sleep_on(Word& word, std::uint32_t seen, const Deadline& deadline) noexcept {
  using std::chrono::nanoseconds;
  nanoseconds timeout(-1);  // for ever
  if (deadline) {
    timeout = *deadline - std::chrono::steady_clock::now();
    if (timeout < nanoseconds::zero()) return;
  }
  __builtin_wasm_memory_atomic_wait32(address_of(word), static_cast<int>(seen), timeout.count());
}

void wake_sleepers(Word& word) noexcept { __builtin_wasm_memory_atomic_notify(address_of(word), UINT_MAX); }

}  // namespace shared_channel
