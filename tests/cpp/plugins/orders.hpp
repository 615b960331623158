// What obedient.cpp does when it is told to: the payload of a message to it. It logs the status that it gets.
#pragma once

#include <cstdint>

struct Order {
  enum What : std::uint32_t {
    send,              // `size` bytes as `type`
    send_nothing,      // a null pointer, `size` bytes long
    send_on_thread,    // as send, from another thread, which is joined
    reserve,           // `size` bytes; the slot stays open
    reserve_nowhere,   // with a null pointer for the slot
    reserve_on_thread, // as reserve, from another thread
    commit,            // the open slot, filled, as `type` with `size` bytes
    abort,             // the open slot
    send_at_shutdown,  // as send, later
    loop_until_stopping,
  };
  std::uint32_t what = send;
  std::uint32_t type = 0;
  std::uint64_t size = 0;
  std::uint32_t timeout_ms = 0;
  std::uint32_t value = 0;  // of each byte
};
