// A channel whose JavaScript side cannot see the segment, because the system refuses to map it over V8's pages. JavaScript
// then has private memory of the same layout, and a Mirror keeps the two alike. No Node-API and no OS calls here.
//
// JavaScript's code does not know of it: it reads and writes positions, states and announcements as ever (ring.ts), in its
// own memory. Both of the mirror's functions run on its thread, so nothing there moves under them:
//
//   publish  What JavaScript has written since the last time goes to the segment: ring bytes, then the position behind
//            them, then the room given back, then the state. JavaScript calls the addon whenever it finds the other side
//            waiting. So in its memory the other side always waits, for data and for room, and every publication calls.
//   collect  What the other side has written comes into JavaScript's memory. To be called each time that side has rung,
//            before JavaScript hears of it.
//
// Sleep and wake-up. JavaScript may go to sleep at any time without a call, so in the segment its announcements always stand:
// `collect` announces, and only then looks. A publication after the announcement takes it, rings, and causes another
// `collect`; one before it is seen by the look that follows. Hence nothing is lost (tests/model checks it). The other side
// rings at every publication, which costs speed and nothing else.
//
// Order. `collect` reads the state before the positions, and `publish` writes it after them: once a state says closed, all
// that was sent before is in the ring.
//
// Hostile sides. A position bounds what is copied, so it is checked first, against private numbers, whichever side it comes
// from: a script may write into its own memory. One that cannot be stops the ring, and its reader gets a position that no
// ring has, so that it reports CORRUPT. Everything else is passed on for its reader to check, who would find it in the
// segment itself otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shared_channel/ring.hpp"

namespace shared_channel {

class Mirror {
 public:
  // `segment` is native code's mapping, of a checked layout, and outlives the mirror's last call. `side` is JavaScript's.
  Mirror(std::byte* segment, const Layout& layout, std::uint32_t side) noexcept;
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // In all three `view` is where JavaScript's memory lies now: asked anew for each call and kept by none. Memory of another
  // size than the segment's (it was detached or resized) is left alone. [JavaScript's thread]

  // Makes the memory a channel's, with what is in the segment already. Once, before JavaScript looks at it.
  void open(std::span<std::byte> view) noexcept;

  // Returns whether the other side must be woken; its bell has been moved. For each call of `wakePeer`.
  [[nodiscard]] bool publish(std::span<std::byte> view) noexcept;

  // For each time that the other side has rung, and once when it has ended.
  void collect(std::span<std::byte> view) noexcept;

 private:
  // One ring, and how much of it has been passed on. `head` is the reader's word, for which only a writer that believes it
  // pays: whatever it is, at most one ring is copied.
  struct Passage {
    std::uint32_t ring;
    std::uint32_t tail = 0;
    std::uint32_t head = 0;
    bool is_stopped = false;
  };

  [[nodiscard]] bool fits(std::span<std::byte> view) const noexcept;
  [[nodiscard]] bool pass_records(Passage& passage, std::byte* from, std::byte* to) const noexcept;
  [[nodiscard]] bool pass_room(Passage& passage, std::byte* from, std::byte* to) const noexcept;
  void copy(const Passage& passage, std::uint32_t end, const std::byte* from, std::byte* to) const noexcept;

  std::byte* const segment_;
  const Layout layout_;
  const std::uint32_t side_;
  const std::uint32_t peer_;
  const Bell bell_;       // in the segment, as `peer_bell_`
  const Bell peer_bell_;
  Passage outgoing_;
  Passage incoming_;
  std::uint32_t state_ = kStateNone;  // JavaScript's, as the segment has it
};

}  // namespace shared_channel
