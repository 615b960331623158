// A camera that films frames of one colour. Message types:
//   1 film    u32 frames, u32 size, u32 frames a second: sends so many, each at its time, or later when it has to wait for room;
//             one that finds none for a second is lost
//   2 frame   filled with its number; this is also the first word, the last, and one of each 4 KiB
//   3 over    empty: all have been sent
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <shared_channel/plugin.hpp>

namespace {

constexpr std::size_t kBytesPerNumber = 4096;
constexpr std::uint32_t kPatienceMs = 1000;

enum Type : std::uint32_t { kFilm = 1, kFrame = 2, kOver = 3 };

class Camera final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    std::uint32_t order[3] = {};
    if (message.type != kFilm || message.bytes.size() != sizeof order) throw std::invalid_argument("film takes three numbers");
    std::memcpy(order, message.bytes.data(), sizeof order);
    const auto [frames, size, per_second] = order;
    if (size < sizeof(std::uint32_t) || size % sizeof(std::uint32_t) != 0 || per_second == 0) {
      throw std::invalid_argument("film takes a size in whole words and a rate above 0");
    }
    film(frames, size, std::chrono::nanoseconds(1'000'000'000 / per_second));
    send(kOver, std::span<const std::byte>());
  }

  void film(std::uint32_t frames, std::uint32_t size, std::chrono::nanoseconds period) const {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint32_t number = 0; number < frames && !stopping(); ++number) {
      std::this_thread::sleep_until(start + number * period);
      sc_slot slot{};
      if (host()->reserve(host(), size, kPatienceMs, &slot) != SC_OK) continue;
      fill(slot.data, size, number);
      if (host()->commit(host(), kFrame, size) != SC_OK) return;
    }
  }

  static void fill(std::uint8_t* pixels, std::size_t size, std::uint32_t number) {
    std::memset(pixels, static_cast<int>(number & 0xff), size);
    for (std::size_t at = 0; at < size; at += kBytesPerNumber) std::memcpy(pixels + at, &number, sizeof number);
    std::memcpy(pixels + size - sizeof number, &number, sizeof number);
  }
};

}  // namespace

SHARED_CHANNEL_PLUGIN(Camera, "camera", "1.0.0")
