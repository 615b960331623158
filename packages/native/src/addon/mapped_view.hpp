// A segment over the pages of a view that V8 allocated for it.
#pragma once

#include <napi.h>

#include <cstddef>

#include "../failure.hpp"
#include "../page_map.hpp"

namespace shared_channel {

struct Pages {
  void* address = nullptr;
  std::size_t length = 0;

  bool operator==(const Pages&) const = default;
};

// Where a view lies now. Asked anew each time: its buffer may have been resized, transferred or detached. The addon is
// handed views only, never their buffers.
inline Pages pages_of(napi_env env, napi_value view) {
  Pages pages;
  if (napi_get_typedarray_info(env, view, nullptr, &pages.length, &pages.address, nullptr, nullptr) != napi_ok) return {};
  return pages;
}

// Does not hold the view: whoever drops it leaves the mapping to V8, which takes it away with the pages.
class MappedView {
 public:
  // Throws Failure as map_pages, and INVALID_ARGUMENT when one is mapped already.
  void map(const Napi::Uint8Array& view, const Segment& segment, PageAccess access = PageAccess::read_write) {
    if (is_mapped()) throw Failure("INVALID_ARGUMENT", "the segment is mapped already");
    const Pages pages = pages_of(view.Env(), view);
    map_pages(pages.address, pages.length, segment, access);
    view_ = Napi::Reference<Napi::Uint8Array>::New(view, 0);
    pages_ = pages;
  }

  [[nodiscard]] bool is_mapped() const { return !view_.IsEmpty(); }

  // Another segment of the same size in the same place. False, and nothing is done, when the view does not lie there any
  // more. Throws Failure as map_pages.
  bool remap(const Segment& segment) {
    if (!is_mapped()) return false;
    const Napi::HandleScope scope(view_.Env());
    const Napi::Value view = view_.Value();
    if (view.IsEmpty() || pages_of(view_.Env(), view) != pages_) return false;
    map_pages(pages_.address, pages_.length, segment);
    return true;
  }

  // Private zeroes instead of the segment. Only pages that still belong to the view are touched: after resize(0), or once
  // the buffer was transferred, they are V8's again, or its next owner's, who unmaps them when it frees them. Returns
  // whether nothing of the segment is left there.
  bool unmap() noexcept {
    if (!is_mapped()) return false;
    const Napi::Env env = view_.Env();
    const Napi::HandleScope scope(env);
    const Napi::Value view = view_.Value();
    const bool is_there = !view.IsEmpty() && pages_of(env, view) == pages_;
    view_.Reset();
    return is_there && restore_pages(pages_.address, pages_.length);
  }

 private:
  Napi::Reference<Napi::Uint8Array> view_;
  Pages pages_;
};

}  // namespace shared_channel
