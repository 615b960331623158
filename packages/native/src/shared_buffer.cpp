#include "shared_channel/shared_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "segment.hpp"

namespace shared_channel {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{1} << 32;

Error closed() { return {"CLOSED", "this buffer is closed; create or open another"}; }

}  // namespace

// The segment of a buffer, and who reads and writes it as a stream.
class detail::BufferMemory {
 public:
  BufferMemory(Segment segment, std::uint64_t size, BufferAccess access)
      : segment_(std::move(segment)), size_(size), access_(access) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] BufferAccess access() const noexcept { return access_; }
  // Those of the buffer's thread, while it is open.
  [[nodiscard]] std::byte* data() const noexcept { return segment_->data(); }
  [[nodiscard]] std::string handle() const { return segment_->handle(SegmentHandle::Role::buffer, size_).text(); }

  void close() noexcept {
    const std::lock_guard lock(mutex_);
    segment_.reset();
  }

  // Calls `use` with the bytes, which stay meanwhile.
  template <typename Use>
  auto with_bytes(Use&& use) const {
    const std::lock_guard lock(mutex_);
    if (!segment_) throw closed();
    return use(segment_->data());
  }

 private:
  mutable std::mutex mutex_;  // between `close` and streams on other threads
  std::optional<Segment> segment_;
  const std::uint64_t size_;
  const BufferAccess access_;
};

// Without a get and a put area, which would keep pointers into memory that may go: each call finds the memory anew.
class BufferStream::Bytes final : public std::streambuf {
 public:
  explicit Bytes(std::shared_ptr<const detail::BufferMemory> memory) : memory_(std::move(memory)) {}

 protected:
  std::streamsize xsgetn(char* to, std::streamsize count) override {
    return memory_->with_bytes([&](const std::byte* bytes) {
      const std::streamsize part = std::min(count, rest());
      if (part > 0) std::memcpy(to, bytes + position_, static_cast<std::size_t>(part));
      position_ += part;
      return part;
    });
  }

  int_type underflow() override { return get(0); }
  int_type uflow() override { return get(1); }

  int_type pbackfail(int_type put_back) override {
    if (position_ == 0) return traits_type::eof();
    --position_;
    if (traits_type::eq_int_type(put_back, traits_type::eof())) return traits_type::not_eof(put_back);
    const char byte = traits_type::to_char_type(put_back);
    if (get(0) != traits_type::to_int_type(byte)) {
      put(&byte, 1);
      --position_;
    }
    return put_back;
  }

  std::streamsize showmanyc() override {
    return memory_->with_bytes([&](const std::byte*) { return rest() > 0 ? rest() : -1; });
  }

  std::streamsize xsputn(const char* from, std::streamsize count) override {
    if (put(from, count) < count) {
      throw Error("INVALID_ARGUMENT", "the buffer has " + std::to_string(memory_->size()) +
                                          " bytes, and what was written goes beyond its end; write less, or seek");
    }
    return count;
  }

  int_type overflow(int_type value) override {
    if (traits_type::eq_int_type(value, traits_type::eof())) return traits_type::not_eof(value);
    const char byte = traits_type::to_char_type(value);
    xsputn(&byte, 1);
    return value;
  }

  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
    return memory_->with_bytes([&](const std::byte*) {
      const std::streamsize start = from == std::ios_base::beg ? 0 : from == std::ios_base::cur ? position_ : size();
      // Without an overflow: neither side of it is negative.
      if (offset < -start || offset > size() - start) return pos_type(off_type(-1));
      position_ = start + offset;
      return pos_type(position_);
    });
  }

  pos_type seekpos(pos_type position, std::ios_base::openmode which) override {
    return seekoff(off_type(position), std::ios_base::beg, which);
  }

 private:
  [[nodiscard]] std::streamsize size() const { return static_cast<std::streamsize>(memory_->size()); }
  [[nodiscard]] std::streamsize rest() const { return size() - position_; }

  int_type get(std::streamsize step) {
    return memory_->with_bytes([&](const std::byte* bytes) {
      if (rest() == 0) return traits_type::eof();
      const auto byte = static_cast<char>(bytes[position_]);
      position_ += step;
      return traits_type::to_int_type(byte);
    });
  }

  std::streamsize put(const char* from, std::streamsize count) {
    return memory_->with_bytes([&](std::byte* bytes) {
      if (memory_->access() != BufferAccess::read_write) {
        throw Error("INVALID_ARGUMENT", "the buffer was opened read-only; open it with BufferAccess::read_write");
      }
      const std::streamsize part = std::min(count, rest());
      if (part > 0) std::memcpy(bytes + position_, from, static_cast<std::size_t>(part));
      position_ += part;
      return part;
    });
  }

  const std::shared_ptr<const detail::BufferMemory> memory_;
  std::streamsize position_ = 0;  // 0 to size
};

BufferStream::BufferStream(std::shared_ptr<const detail::BufferMemory> memory)
    : std::iostream(nullptr), bytes_(std::make_unique<Bytes>(std::move(memory))) {
  rdbuf(bytes_.get());
  exceptions(std::ios::badbit);
}

BufferStream::BufferStream(BufferStream&& other) noexcept
    : std::iostream(std::move(other)), bytes_(std::move(other.bytes_)) {
  set_rdbuf(bytes_.get());
}

BufferStream::~BufferStream() = default;

SharedBuffer SharedBuffer::create(std::uint64_t size) {
  if (size < 1 || size > kLargest) {
    throw Error("INVALID_ARGUMENT", "the size of a buffer must be from 1 to " + std::to_string(kLargest) +
                                        " bytes (4 GiB); it is " + std::to_string(size));
  }
  return SharedBuffer(std::make_shared<detail::BufferMemory>(Segment::create(size, SegmentUse::other_processes), size,
                                                             BufferAccess::read_write));
}

SharedBuffer SharedBuffer::open(std::string_view text, BufferAccess access, bool trusted) {
  const SegmentHandle handle = SegmentHandle::parse(text, SegmentHandle::Role::buffer);
  const auto segment_access = access == BufferAccess::read_write ? SegmentAccess::read_write : SegmentAccess::read_only;
  Segment segment = Segment::open(handle, segment_access, trusted ? PeerTrust::trusted : PeerTrust::untrusted);
  return SharedBuffer(std::make_shared<detail::BufferMemory>(std::move(segment), handle.size, access));
}

SharedBuffer::SharedBuffer(std::shared_ptr<detail::BufferMemory> memory) noexcept : memory_(std::move(memory)) {}

SharedBuffer& SharedBuffer::operator=(SharedBuffer&& other) noexcept {
  if (this == &other) return *this;
  close();
  memory_ = std::move(other.memory_);
  return *this;
}

SharedBuffer::~SharedBuffer() { close(); }

std::uint64_t SharedBuffer::size() const { return open_memory().size(); }
std::byte* SharedBuffer::data() const { return open_memory().data(); }
std::span<std::byte> SharedBuffer::bytes() const { return {data(), static_cast<std::size_t>(size())}; }
BufferAccess SharedBuffer::access() const { return open_memory().access(); }
std::string SharedBuffer::handle() const { return open_memory().handle(); }

BufferStream SharedBuffer::open_stream() const {
  (void)open_memory();
  return BufferStream(memory_);
}

void SharedBuffer::close() noexcept {
  if (memory_ != nullptr) memory_->close();  // streams may hold it
  memory_.reset();
}

const detail::BufferMemory& SharedBuffer::open_memory() const {
  if (memory_ == nullptr) throw closed();
  return *memory_;
}

}  // namespace shared_channel
