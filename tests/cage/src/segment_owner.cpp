// A process that owns a segment: `segment_owner <size>` prints the segment's handle, then obeys one order a line until
// its input ends:
//   write <offset> <byte>   -> written
//   read <offset>           -> the byte there
#include <cstddef>
#include <iostream>
#include <string>

#include "segment.hpp"

using namespace shared_channel;

int main(int, char** arguments) {
  const auto segment = Segment::create(std::stoul(arguments[1]), SegmentUse::other_processes);
  std::cout << segment.handle(SegmentHandle::Role::buffer, segment.size()).text() << std::endl;
  volatile auto* const bytes = reinterpret_cast<volatile unsigned char*>(segment.data());
  std::string verb;
  std::size_t offset = 0;
  while (std::cin >> verb >> offset) {
    if (offset >= segment.size()) return 1;
    if (verb == "write") {
      unsigned value = 0;
      std::cin >> value;
      bytes[offset] = static_cast<unsigned char>(value);
      std::cout << "written" << std::endl;
    } else {
      std::cout << static_cast<unsigned>(bytes[offset]) << std::endl;
    }
  }
}
