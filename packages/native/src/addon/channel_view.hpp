// What JavaScript sees of a channel: the segment itself, mapped over the pages of a view, or, where the system refuses that,
// the view's own memory and a mirror between the two.
#pragma once

#include <napi.h>

#include <optional>

#include "../mirror.hpp"
#include "mapped_view.hpp"

namespace shared_channel {

// All functions: [JavaScript's thread]
class ChannelView {
 public:
  // `view` has the layout's size and is memory that V8 allocated for this; `side` is JavaScript's. The segment outlives
  // `close`. With SHARED_CHANNEL_MEMORY=copy in the environment nothing is mapped. Throws Failure as map_pages, but for
  // NOT_SUPPORTED.
  void open(const Napi::Uint8Array& view, const Segment& segment, const Layout& layout, std::uint32_t side);

  // JavaScript has written, and moved the peer's bell. Returns whether the peer must be woken.
  [[nodiscard]] bool publish();

  // To be called when the peer has rung, or has ended, after that was noticed and before JavaScript hears of it.
  void collect();

  // Until `reopen` the segment may go away, and nothing passes. JavaScript's memory stays as it is.
  void leave() noexcept { mirror_.reset(); }

  // Another segment of the same layout in the same memory. False, and nothing is done, when the memory is not where it was,
  // or has another size. Throws Failure as map_pages.
  [[nodiscard]] bool reopen(const Segment& segment, const Layout& layout, std::uint32_t side);

  void close() noexcept;

 private:
  [[nodiscard]] std::span<std::byte> memory() const;

  MappedView mapped_;
  std::optional<Mirror> mirror_;
  Napi::Reference<Napi::Uint8Array> mirrored_;  // empty when the segment is mapped
};

}  // namespace shared_channel
