#include "channel_view.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace shared_channel {
namespace {

// Read once: another thread of Node's may change the environment later.
bool is_told_to_copy() {
  static const bool told = [] {
    const char* const value = std::getenv("SHARED_CHANNEL_MEMORY");
    return value != nullptr && std::string_view(value) == "copy";
  }();
  return told;
}

}  // namespace

void ChannelView::open(const Napi::Uint8Array& view, const Segment& segment, const Layout& layout, std::uint32_t side) {
  if (!is_told_to_copy()) {
    try {
      mapped_.map(view, segment);
      return;
    } catch (const Failure& failure) {
      if (std::string_view(failure.code) != "NOT_SUPPORTED") throw;
    }
  }
  const Pages pages = pages_of(view.Env(), view);
  if (pages.length != layout.total_size || reinterpret_cast<std::uintptr_t>(pages.address) % alignof(Word) != 0) {
    throw Failure("INVALID_ARGUMENT", "the memory of the channel is not " + std::to_string(layout.total_size) +
                                          " bytes of aligned memory");
  }
  mirrored_ = Napi::Persistent(view);
  mirror_.emplace(segment.data(), layout, side).open(memory());
}

bool ChannelView::reopen(const Segment& segment, const Layout& layout, std::uint32_t side) {
  if (mirrored_.IsEmpty()) return mapped_.remap(segment);
  if (memory().size() != layout.total_size) return false;
  mirror_.emplace(segment.data(), layout, side).open(memory());
  return true;
}

bool ChannelView::publish() { return mirror_ ? mirror_->publish(memory()) : mirrored_.IsEmpty(); }

void ChannelView::collect() {
  if (mirror_) mirror_->collect(memory());
}

void ChannelView::close() noexcept {
  mapped_.unmap();
  mirror_.reset();
  mirrored_.Reset();
}

// Where JavaScript's memory lies now; nowhere once it was detached.
std::span<std::byte> ChannelView::memory() const {
  const Napi::Env env = mirrored_.Env();
  const Napi::HandleScope scope(env);
  const Pages pages = pages_of(env, mirrored_.Value());
  return {static_cast<std::byte*>(pages.address), pages.length};
}

}  // namespace shared_channel
