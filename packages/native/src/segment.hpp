// OS shared memory of a fixed size, mapped once for native code. JavaScript sees the same memory through page_map.hpp;
// native code uses only this mapping, which nothing that happens to V8's pages can take away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "process.hpp"
#include "wake_pipe.hpp"

namespace shared_channel {

enum class SegmentAccess { read_write, read_only };

// Who may have to open a segment.
enum class SegmentUse { this_process, other_processes };

// Whether the process that gave a handle belongs to the same application. One that does not could shrink a segment that
// is not sealed, and every access behind its new end would be a SIGBUS.
enum class PeerTrust { untrusted, trusted };

// How another process finds a segment. One line of text, made by the owner and valid as long as the owner keeps the
// segment. Everything in it is checked after opening; the text itself is no secret and grants nothing: the system lets only
// processes in that may look at the owner.
struct SegmentHandle {
  // What the segment is: a buffer, or a channel whose side 0 or 1 the handle leads to.
  enum class Role : char { buffer = 'b', side0 = '0', side1 = '1' };
  // `sealed`: found in the owner's descriptors. `named`: found by name, where that is refused.
  enum class Kind : char { sealed = 's', named = 'n' };

  Role role = Role::buffer;
  Kind kind = Kind::sealed;
  ProcessIdentity owner{};
  std::uint32_t descriptor = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  // bytes that count; the segment is rounded up to kSegmentAlignment
  std::string cookie;      // 32 hexadecimal digits
  // Of a channel that is sealed, and of nothing else: what wakes side 0 and side 1, where they read from it.
  std::optional<std::array<PipePlace, 2>> pipes{};

  // Throws Failure INVALID_ARGUMENT for a text that is no handle, or one of another role.
  static SegmentHandle parse(std::string_view text, Role role);
  [[nodiscard]] std::string text() const;
};

class Segment {
 public:
  // Zeroed, reserved memory: a later write never finds the machine out of room. `size` in bytes, more than 0; rounded up to
  // kSegmentAlignment. Sealed, so that no holder can shrink it under another; where the system has no sealed memory, or
  // lets nobody look at this process, a named file for the processes of this application. Throws Failure OUT_OF_MEMORY.
  static Segment create(std::size_t size, SegmentUse use = SegmentUse::this_process);

  // The segment of another process, or of this one. Throws Failure: PEER_LOST when the owner has ended, CLOSED when it has
  // let go of the segment, or the handle leads to something else; NOT_SUPPORTED when the system lets this process not look
  // at the owner, and for a segment without seals of a peer that is not trusted; OUT_OF_MEMORY.
  static Segment open(const SegmentHandle& handle, SegmentAccess access, PeerTrust trust = PeerTrust::untrusted);

  // A segment that the parent of this process made and handed down, of `size` bytes. Takes the descriptor over, whatever
  // happens. Throws Failure INVALID_ARGUMENT when it is no such segment, OUT_OF_MEMORY.
  static Segment inherit(int descriptor, std::size_t size);

  Segment(Segment&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, kNone)),
        data_(std::exchange(other.data_, nullptr)),
        size_(other.size_),
        cookie_(std::move(other.cookie_)),
        name_(std::exchange(other.name_, {})),
        maker_(other.maker_) {}
  Segment& operator=(Segment&&) = delete;
  ~Segment();

  // Null only in a segment that was moved from. Read-only where it was opened so.
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  // Bytes, a multiple of kSegmentAlignment.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  // The system's name for it in this process. Owned by the segment.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const std::string& cookie() const noexcept { return cookie_; }
  // The handle for other processes, of `size` bytes that count.
  [[nodiscard]] SegmentHandle handle(SegmentHandle::Role role, std::size_t size) const;

 private:
  static constexpr int kNone = -1;
  Segment(int descriptor, std::size_t size, std::string cookie) noexcept
      : descriptor_(descriptor), size_(size), cookie_(std::move(cookie)) {}
  void map(SegmentAccess access);

  int descriptor_;
  std::byte* data_ = nullptr;
  std::size_t size_;
  std::string cookie_;
  std::string name_;  // of a named segment that this process owns; removed with it
  std::optional<ProcessIdentity> maker_;  // of a named segment: whose name it has
};

}  // namespace shared_channel
