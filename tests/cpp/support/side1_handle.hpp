// What somebody hands over who has made a segment without ChannelEnd.
#pragma once

#include <cstddef>
#include <string>

#include <segment.hpp>
#include <wake_pipe.hpp>

namespace test {

// Calls the segment a channel's. Good for as long as the process lives, with pipes that lead nowhere.
[[nodiscard]] inline std::string side1_handle(const shared_channel::Segment& segment, std::size_t size) {
  using namespace shared_channel;
  static const WakePipe pipe = WakePipe::create();
  SegmentHandle handle = segment.handle(SegmentHandle::Role::side1, size);
  handle.pipes = {pipe.place(), pipe.place()};
  return handle.text();
}

}  // namespace test
