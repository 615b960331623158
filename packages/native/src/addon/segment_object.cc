#include "segment_object.hpp"

#include <cstring>

#include "environment.hpp"

namespace shared_channel {
namespace {

// Its address tells a NativeSegment from every other object.
constexpr napi_type_tag kTypeTag = {0x7368617265645f63, 0x68616e6e656c5f73};

}  // namespace

Napi::Function SegmentObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeSegment",
      {InstanceMethod("size", &SegmentObject::size), InstanceMethod("handle", &SegmentObject::handle),
       InstanceMethod("map", &SegmentObject::map), InstanceMethod("unmap", &SegmentObject::unmap),
       InstanceMethod("read", &SegmentObject::read), InstanceMethod("write", &SegmentObject::write),
       InstanceMethod("clear", &SegmentObject::clear), InstanceMethod("close", &SegmentObject::close)});
}

std::shared_ptr<const Segment> SegmentObject::segment_of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTypeTag)) return nullptr;
  return Unwrap(value.As<Napi::Object>())->segment_;
}

std::shared_ptr<const Segment> SegmentObject::writable_segment_of(const Napi::Value& value) {
  std::shared_ptr<const Segment> segment = segment_of(value);
  if (segment == nullptr) throw Failure("CLOSED", "This buffer is closed.");
  if (Unwrap(value.As<Napi::Object>())->is_read_only_) {
    throw Failure("INVALID_ARGUMENT", "This buffer may only be read; open or post it with read-write access.");
  }
  return segment;
}

SegmentObject::SegmentObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SegmentObject>(info) {
  translated(info.Env(), [&] {
    if (info[0].IsString()) {
      is_read_only_ = info[1].As<Napi::Boolean>();
      const SegmentHandle handle =
          SegmentHandle::parse(info[0].As<Napi::String>().Utf8Value(), SegmentHandle::Role::buffer);
      segment_ = std::make_shared<const Segment>(
          Segment::open(handle, is_read_only_ ? SegmentAccess::read_only : SegmentAccess::read_write,
                        info[2].As<Napi::Boolean>() ? PeerTrust::trusted : PeerTrust::untrusted));
      size_ = handle.size;
    } else {
      size_ = static_cast<std::size_t>(info[0].As<Napi::Number>().Int64Value());
      segment_ = std::make_shared<const Segment>(Segment::create(size_, SegmentUse::other_processes));
    }
  });
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

const Segment& SegmentObject::open_segment() const {
  if (segment_ == nullptr) throw Failure("CLOSED", "This buffer is closed.");
  return *segment_;
}

Napi::Value SegmentObject::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(size_));
}

Napi::Value SegmentObject::handle(const Napi::CallbackInfo& info) {
  return translated(info.Env(), [&] {
    return Napi::String::New(info.Env(), open_segment().handle(SegmentHandle::Role::buffer, size_).text());
  });
}

// map(view: Uint8Array, access: 0 read and write | 1 copy on write | 2 read only): maps the segment over the pages of a
// view that V8 allocated for this. One mapping at a time.
Napi::Value SegmentObject::map(const Napi::CallbackInfo& info) {
  translated(info.Env(), [&] {
    const auto access = static_cast<PageAccess>(info[1].As<Napi::Number>().Int32Value());
    view_.map(info[0].As<Napi::Uint8Array>(), open_segment(), access);
  });
  return info.Env().Undefined();
}

// unmap(): boolean: private zeroes instead of the segment; whether nothing of it is left there (MappedView::unmap).
Napi::Value SegmentObject::unmap(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), view_.unmap());
}

// read(view: Uint8Array, offset: number): copies from the segment. For where nothing can be mapped.
Napi::Value SegmentObject::read(const Napi::CallbackInfo& info) {
  translated(info.Env(), [&] {
    const Pages pages = pages_of(info.Env(), info[0]);
    const std::span<std::byte> from = part(info, pages.length);
    if (!from.empty()) std::memcpy(pages.address, from.data(), from.size());
  });
  return info.Env().Undefined();
}

// write(view: Uint8Array, offset: number): copies into the segment.
Napi::Value SegmentObject::write(const Napi::CallbackInfo& info) {
  translated(info.Env(), [&] {
    if (is_read_only_) throw Failure("INVALID_ARGUMENT", "this buffer may only be read");
    const Pages pages = pages_of(info.Env(), info[0]);
    const std::span<std::byte> to = part(info, pages.length);
    if (!to.empty()) std::memcpy(to.data(), pages.address, to.size());
  });
  return info.Env().Undefined();
}

// The `size` bytes of the segment at the offset that is the second argument.
std::span<std::byte> SegmentObject::part(const Napi::CallbackInfo& info, std::size_t size) const {
  const Segment& segment = open_segment();
  const auto offset = static_cast<std::size_t>(info[1].As<Napi::Number>().Int64Value());
  if (offset > segment.size() || size > segment.size() - offset) {
    throw Failure("INVALID_ARGUMENT", "the buffer has not so many bytes");
  }
  return {segment.data() + offset, size};
}

// clear(): zeroes all of it.
Napi::Value SegmentObject::clear(const Napi::CallbackInfo& info) {
  translated(info.Env(), [&] {
    const Segment& segment = open_segment();
    if (is_read_only_) throw Failure("INVALID_ARGUMENT", "this buffer may only be read");
    std::memset(segment.data(), 0, segment.size());
  });
  return info.Env().Undefined();
}

// close(): lets go of the segment. What is still mapped over V8's pages stays there until V8 frees them.
Napi::Value SegmentObject::close(const Napi::CallbackInfo& info) {
  segment_.reset();
  return info.Env().Undefined();
}

}  // namespace shared_channel
