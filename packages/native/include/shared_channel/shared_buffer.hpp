// Shared memory that other processes and JavaScript see too: the native side of `createSharedBuffer` and
// `openSharedBuffer`. Link with SharedChannel::native.
//
//   auto image = shared_channel::SharedBuffer::create(1920 * 1080 * 4);
//   render(image.bytes());
//   channel.send(kImage, image.handle());  // the other side opens it by this text
#pragma once

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "buffer_access.hpp"
#include "error.hpp"

namespace shared_channel {

namespace detail {
class BufferMemory;
}

// A buffer as a stream, from `SharedBuffer::open_stream`: as long as the buffer, with one position for reading and writing
// (seekg and seekp move the same one). It needs not be outlived by the buffer: once that is closed, whatever is tried
// throws.
//
// It throws where other streams only set badbit, so that nothing is cut off silently: Error CLOSED once the buffer is
// closed, INVALID_ARGUMENT for what does not fit behind the position (the part that fits is written) and for any write when
// the buffer is read-only. The stream is bad then until `clear()`: what is tried before that throws std::ios_base::failure.
// `exceptions(std::ios::goodbit)` makes it like other streams. Reading at the end is eofbit, as ever.
//
// Threads: one at a time; closing the buffer on another one is safe.
class BufferStream : public std::iostream {
 public:
  explicit BufferStream(std::shared_ptr<const detail::BufferMemory> memory);
  BufferStream(BufferStream&& other) noexcept;
  BufferStream& operator=(BufferStream&&) = delete;
  ~BufferStream() override;

 private:
  class Bytes;
  std::unique_ptr<Bytes> bytes_;
};

// Memory that other processes and JavaScript see too, until `close` or the destructor. Whoever has opened it keeps it.
//
// Threads: the object belongs to one at a time; the bytes to whoever agrees on them.
class SharedBuffer {
 public:
  // Zeroed memory of `size` bytes, 1 to 4 GiB (4,294,967,296). All of it is there at once: what does not fit the machine
  // fails here, never later. Throws Error INVALID_ARGUMENT for another size, OUT_OF_MEMORY.
  [[nodiscard]] static SharedBuffer create(std::uint64_t size);

  // The buffer of another process, or of this one, by its `handle`: open it while its owner has it open.
  // `trusted`: the owner belongs to this application. Needed where the system has no sealed memory, since its owner could
  // take that away, and the next access would end this process.
  // Throws Error INVALID_ARGUMENT for what is no handle; PEER_LOST when the owner has ended; CLOSED when it has closed the
  // buffer; NOT_SUPPORTED when the system does not let this process open it, or when it is not sealed and not trusted;
  // OUT_OF_MEMORY.
  [[nodiscard]] static SharedBuffer open(std::string_view handle, BufferAccess access = BufferAccess::read_write,
                                         bool trusted = false);

  SharedBuffer(SharedBuffer&&) noexcept = default;
  SharedBuffer& operator=(SharedBuffer&& other) noexcept;
  ~SharedBuffer();

  // Bytes, as asked for. Throws Error CLOSED, like all below.
  [[nodiscard]] std::uint64_t size() const;

  // The memory, at a page's start, until `close`. Opened read-only, a write ends the process (SIGSEGV). Others may change it
  // at any time: check a copy, not the original, before you rely on a check.
  [[nodiscard]] std::byte* data() const;
  [[nodiscard]] std::span<std::byte> bytes() const;

  [[nodiscard]] BufferAccess access() const;

  // A stream of the bytes, at position 0.
  [[nodiscard]] BufferStream open_stream() const;

  // A line of text by which other processes open the same memory while this one has it open. Grants nothing by itself.
  [[nodiscard]] std::string handle() const;

  // Lets go of the memory: pointers and spans of it lead nowhere from now on. Safe to call again.
  void close() noexcept;
  [[nodiscard]] bool is_closed() const noexcept { return memory_ == nullptr; }

 private:
  explicit SharedBuffer(std::shared_ptr<detail::BufferMemory> memory) noexcept;
  [[nodiscard]] const detail::BufferMemory& open_memory() const;

  std::shared_ptr<detail::BufferMemory> memory_;  // null once closed, or moved from
};

}  // namespace shared_channel
