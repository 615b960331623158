// The JavaScript object behind a SharedBuffer: one reference to a segment, and its mapping over V8's pages.
// lib/mapped-memory.ts and lib/shared-buffer.ts are its users.
#pragma once

#include <napi.h>

#include <memory>
#include <span>

#include "../segment.hpp"
#include "mapped_view.hpp"

namespace shared_channel {

class SegmentObject final : public Napi::ObjectWrap<SegmentObject> {
 public:
  static Napi::Function define(Napi::Env env);
  // The segment of a NativeSegment, for other objects of the addon, which keep it. Null when it is closed, or is none.
  static std::shared_ptr<const Segment> segment_of(const Napi::Value& value);
  // The same of one that may be written. Throws Failure CLOSED, INVALID_ARGUMENT.
  static std::shared_ptr<const Segment> writable_segment_of(const Napi::Value& value);

  // new NativeSegment(size: number), or new NativeSegment(handle: string, readOnly: boolean, trusted: boolean)
  explicit SegmentObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value handle(const Napi::CallbackInfo& info);
  Napi::Value map(const Napi::CallbackInfo& info);
  Napi::Value unmap(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value clear(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  [[nodiscard]] const Segment& open_segment() const;
  [[nodiscard]] std::span<std::byte> part(const Napi::CallbackInfo& info, std::size_t size) const;

  std::shared_ptr<const Segment> segment_;
  std::size_t size_ = 0;  // bytes that count
  bool is_read_only_ = false;
  MappedView view_;
};

}  // namespace shared_channel
