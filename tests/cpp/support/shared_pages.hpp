// The memory of a channel, mapped twice.
#pragma once

#include <shared_channel/layout.h>

#include "shared_memory.hpp"

namespace test {

using namespace shared_channel;

class SharedPages {
 public:
  explicit SharedPages(std::uint32_t capacity0 = kMinCapacity, std::uint32_t capacity1 = kMinCapacity)
      : layout_(make_layout(capacity0, capacity1)), memory_(layout_.total_size) {
    write_layout(memory_.one(), layout_);
  }

  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::byte* one() const noexcept { return memory_.one(); }
  [[nodiscard]] std::byte* other() const noexcept { return memory_.other(); }

 private:
  const Layout layout_;
  const SharedMemory memory_;
};

}  // namespace test
