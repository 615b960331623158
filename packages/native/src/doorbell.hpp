// Sleeping on a word of shared memory and waking those who sleep, across processes. When to do it is Bell's business
// (ring.hpp); this is what each operating system provides.
#pragma once

#include <chrono>
#include <optional>

#include "shared_channel/layout.h"

namespace shared_channel {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // none: wait for ever

// Sleeps while `word` holds `seen`, until woken or until the deadline. May return early: the caller looks again.
// `word` lies in native code's own mapping, never in V8's pages (a sleeper on replaced pages is never woken).
void sleep_on(Word& word, std::uint32_t seen, const Deadline& deadline) noexcept;

// Wakes every thread, of any process, that sleeps on `word`.
void wake_sleepers(Word& word) noexcept;

// Wakes one of them. False: nobody sleeps.
bool wake_one_sleeper(Word& word) noexcept;

// Takes `bit`, a single one, out of `word` and wakes every thread that sleeps on it, in one step: whoever wants to sleep
// comes before it and is woken, or comes behind it and sees a word without the bit.
void clear_and_wake_sleepers(Word& word, std::uint32_t bit) noexcept;

// The core that the calling thread runs on, a number; -1 where the system does not tell.
int current_core() noexcept;

}  // namespace shared_channel
