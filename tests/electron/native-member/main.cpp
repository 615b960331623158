// A native program among the processes of the app: what app/sharing/buffers.ts and channels.ts do, in C++.
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include <shared_channel/shared_buffer.hpp>

#include "calls.hpp"
#include "channels.hpp"

namespace {

using shared_channel::BufferAccess;
using shared_channel::SharedBuffer;

constexpr const char* kNothing = "null";

std::map<std::string, SharedBuffer> buffers;

std::span<std::uint32_t> part_of(const std::string& name, Arguments& arguments) {
  const std::uint64_t offset = arguments.number();
  const std::uint64_t length = arguments.number();
  const std::span<std::byte> bytes = buffers.at(name).bytes().subspan(offset, length);
  return {reinterpret_cast<std::uint32_t*>(bytes.data()), bytes.size() / sizeof(std::uint32_t)};
}

std::string create_buffer(Arguments& arguments) {
  const std::string name = arguments.text();
  const auto [buffer, is_new] = buffers.emplace(name, SharedBuffer::create(arguments.number()));
  return '"' + buffer->second.handle() + '"';
}

std::string open_buffer(Arguments& arguments) {
  const std::string name = arguments.text();
  const std::string handle = arguments.text();
  buffers.emplace(name, SharedBuffer::open(handle, BufferAccess::read_write, arguments.flag()));
  return kNothing;
}

// As in app/sharing/pattern.ts.
std::string fill_part(Arguments& arguments) {
  const std::string name = arguments.text();
  const std::span<std::uint32_t> words = part_of(name, arguments);
  auto state = static_cast<std::uint32_t>(arguments.number());
  for (std::uint32_t& word : words) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    word = state;
  }
  return kNothing;
}

std::string checksums(Arguments& arguments) {
  const std::string name = arguments.text();
  std::string sums;
  while (arguments.has_more()) {
    std::uint32_t sum = 0x811c9dc5;
    for (const std::uint32_t word : part_of(name, arguments)) sum = (sum ^ word) * 0x01000193;
    if (!sums.empty()) sums += ',';
    sums += std::to_string(sum);
  }
  return '[' + sums + ']';
}

std::string close_buffers(Arguments&) {
  buffers.clear();
  return kNothing;
}

}  // namespace

int main() {
  std::map<std::string, Act> acts = {
      {"createBuffer", create_buffer}, {"openBuffer", open_buffer},     {"fillPart", fill_part},
      {"checksums", checksums},        {"closeBuffers", close_buffers},
  };
  acts.insert(channel_acts().begin(), channel_acts().end());
  answer_calls(acts);
}
