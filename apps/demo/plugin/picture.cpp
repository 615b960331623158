// Draws a moving picture, frame after frame, in place in the ring to the page. Message types:
//   1 draw    to C++: u32, how many frames; one at each update
//   2 frame   to JavaScript: u32 number from 0, u32 sum of the pixels' 32-bit words, then the pixels, RGBA
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <shared_channel/plugin.hpp>

namespace {

constexpr int kWidth = 900;
constexpr int kHeight = 600;
constexpr std::size_t kHeadSize = 8;

// Two sets of rings whose centres wander, and the colours of where they meet.
class Picture {
 public:
  Picture() : rings_(std::size_t{kRingsWidth} * kRingsHeight) {
    for (int y = 0; y < kRingsHeight; ++y) {
      for (int x = 0; x < kRingsWidth; ++x) {
        const double distance = std::hypot(x - kRingsWidth / 2, y - kRingsHeight / 2);
        rings_[std::size_t{kRingsWidth} * y + x] = static_cast<std::uint8_t>(64 + 63 * std::sin(distance / 42));
      }
    }
    for (std::size_t i = 0; i < colours_.size(); ++i) colours_[i] = colour(static_cast<double>(i) / colours_.size());
  }

  // Returns the sum of the words.
  std::uint32_t draw(std::uint32_t frame, std::uint32_t* pixels) const {
    const double time = frame / 60.0;
    const std::uint8_t* const one = from(0.5 + 0.45 * std::sin(time * 0.9), 0.5 + 0.45 * std::cos(time * 0.7));
    const std::uint8_t* const other = from(0.5 + 0.45 * std::cos(time * 1.1), 0.5 + 0.45 * std::sin(time * 1.3));
    std::uint32_t sum = 0;
    for (int y = 0; y < kHeight; ++y) {
      const std::size_t row = std::size_t{kRingsWidth} * y;
      for (int x = 0; x < kWidth; ++x) {
        const std::uint32_t colour = colours_[(one[row + x] + other[row + x] + frame) & 255];
        *pixels++ = colour;
        sum += colour;
      }
    }
    return sum;
  }

 private:
  using Colour = std::array<double, 3>;

  static constexpr std::array<Colour, 6> kColours = {
      {{13, 20, 48}, {28, 82, 160}, {110, 200, 220}, {252, 232, 196}, {238, 124, 62}, {96, 32, 92}}};
  static constexpr int kRingsWidth = 2 * kWidth;
  static constexpr int kRingsHeight = 2 * kHeight;

  // Between the two that are next to it; `turn` goes once through all, from 0 to 1.
  static std::uint32_t colour(double turn) {
    const double at = turn * kColours.size();
    const auto index = static_cast<std::size_t>(at);
    const Colour& one = kColours[index];
    const Colour& next = kColours[(index + 1) % kColours.size()];
    const double share = at - static_cast<double>(index);
    const auto channel = [&](std::size_t i) {
      return static_cast<std::uint32_t>(one[i] + (next[i] - one[i]) * share);
    };
    return 0xff000000u | channel(2) << 16 | channel(1) << 8 | channel(0);
  }

  // The part of the rings that the frame sees; 0 to 1 each way.
  const std::uint8_t* from(double x, double y) const {
    return &rings_[std::size_t{kRingsWidth} * static_cast<int>(y * kHeight) + static_cast<int>(x * kWidth)];
  }

  std::vector<std::uint8_t> rings_;
  std::array<std::uint32_t, 256> colours_;
};

class PicturePlugin final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    if (message.type != 1 || message.bytes.size() != sizeof left_) throw std::invalid_argument("expected a number of frames");
    std::memcpy(&left_, message.bytes.data(), sizeof left_);
  }

  void update() override {
    if (left_ == 0) return;
    auto slot = reserve(kHeadSize + std::size_t{kWidth} * kHeight * 4);
    // 8-aligned, as all payloads are, so that it may be written as words.
    auto* const words = reinterpret_cast<std::uint32_t*>(slot.bytes().data());
    words[0] = frame_;
    words[1] = picture_.draw(frame_, words + 2);
    slot.commit(2);
    ++frame_;
    --left_;
  }

  Picture picture_;
  std::uint32_t frame_ = 0;
  std::uint32_t left_ = 0;
};

}  // namespace

SHARED_CHANNEL_PLUGIN(PicturePlugin, "picture", "1.0.0")
