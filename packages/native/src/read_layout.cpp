#include "read_layout.hpp"

#include <string>

#include "failure.hpp"

namespace shared_channel {
namespace {

Failure corrupt(const std::string& found) {
  return Failure("CORRUPT", "this memory is no segment of a channel: " + found);
}

}  // namespace

Layout read_layout(std::byte* base, std::size_t size) {
  const auto word = [base](std::uint32_t offset) { return word_at(base, offset).load(); };
  if (size < kHeaderSize || word(kMagicOffset) != kMagic) throw corrupt("it does not start like one");
  if (const std::uint32_t major = word(kVersionMajorOffset); major != kVersionMajor) {
    throw Failure("VERSION_MISMATCH", "the other side has version " + std::to_string(major) + ", this side " +
                                          std::to_string(kVersionMajor) +
                                          "; use one major version of Shared Channel on both sides");
  }
  Layout layout{.total_size = word(kTotalSizeOffset)};
  if (layout.total_size > size) throw corrupt("it has " + std::to_string(size) + " bytes of " + std::to_string(layout.total_size));
  for (std::uint32_t ring = 0; ring < 2; ++ring) {
    const std::uint32_t offset = layout.ring_offset[ring] = word(kRingOffsetOffset + 8 * ring);
    const std::uint32_t capacity = layout.ring_capacity[ring] = word(kRingCapacityOffset + 8 * ring);
    if (!is_valid_capacity(capacity) || offset < kHeaderSize || offset % kLineSize != 0 || offset > layout.total_size ||
        capacity > layout.total_size - offset) {
      throw corrupt("ring " + std::to_string(ring) + " cannot have " + std::to_string(capacity) + " bytes at " +
                    std::to_string(offset));
    }
  }
  const auto [first, second] = layout.ring_offset;
  const bool is_first_low = first < second;
  if ((is_first_low ? first + layout.ring_capacity[0] : second + layout.ring_capacity[1]) > (is_first_low ? second : first)) {
    throw corrupt("its rings overlap");
  }
  return layout;
}

}  // namespace shared_channel
