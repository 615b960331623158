// One side of a channel, run by one thread that sleeps on its bell when it can do nothing. A wake-up that does not come
// throws `Overslept` instead of hanging.
#pragma once

#include <stdexcept>
#include <string>

#include <doorbell.hpp>
#include <shared_channel/ring.hpp>

namespace test {

using namespace shared_channel;

class Overslept : public std::runtime_error {
 public:
  explicit Overslept(const char* what) : std::runtime_error(std::string("nobody woke a thread that waits for ") + what) {}
};

class Corrupt : public std::runtime_error {
 public:
  Corrupt() : std::runtime_error("the ring calls itself corrupt") {}
};

class SleepingSide {
 public:
  SleepingSide(std::byte* base, const Layout& layout, std::uint32_t side)
      : bell_(base, side), peer_bell_(base, 1 - side), writer_(base, layout, side), reader_(base, layout, 1 - side) {}

  // Writes a record whose payload `fill` writes; waits for room.
  template <typename Fill>
  void write(std::uint32_t size, std::uint32_t tag, Fill&& fill) {
    std::byte* slot = nullptr;
    sleep_until(kWaitingForRoom, "room", [&] { return is_ok(writer_.try_reserve(size, slot)); });
    fill(slot);
    writer_.commit(size, tag);
    wake_peer(kWaitingForData);
  }

  // Hands the next record to `use`; waits for one. Room is given back when the ring was read empty, in one go, so that a
  // wake-up that got lost is not made good by the next one.
  template <typename Use>
  void read(Use&& use) {
    Record record;
    sleep_until(kWaitingForData, "data", [&] {
      if (is_ok(reader_.try_read(record))) return true;
      give_room_back();
      return false;
    });
    use(record);
    reader_.pop();
  }

  void give_room_back() {
    if (reader_.publish()) wake_peer(kWaitingForRoom);
  }

  [[nodiscard]] unsigned sleeps() const noexcept { return sleeps_; }

 private:
  static constexpr std::chrono::seconds kPatience{10};

  static bool is_ok(RingStatus status) {
    if (status == RingStatus::corrupt) throw Corrupt();
    return status == RingStatus::ok;
  }

  template <typename Ready>
  void sleep_until(std::uint32_t what, const char* name, Ready&& ready) {
    if (ready()) return;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    do {
      const std::uint32_t seen = bell_.value();
      bell_.announce(what);
      const bool came = ready();
      if (!came) {
        ++sleeps_;
        sleep_on(bell_.word(), seen, deadline);
      }
      bell_.withdraw(what);
      if (came) return;
      if (std::chrono::steady_clock::now() >= deadline) throw Overslept(name);
    } while (!ready());
  }

  void wake_peer(std::uint32_t what) {
    if (peer_bell_.take(what)) wake_sleepers(peer_bell_.word());
  }

  const Bell bell_;
  const Bell peer_bell_;
  RingWriter writer_;
  RingReader reader_;
  unsigned sleeps_ = 0;
};

}  // namespace test
