// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace shared_channel {

// An `errno` that says that the system or this process has too much open, and not what is wrong with this one.
[[nodiscard]] inline bool is_shortage(int error) noexcept { return error == EMFILE || error == ENFILE || error == ENOMEM; }

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, kNone)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int get() const noexcept { return number_; }
  // The caller closes it from now on.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, kNone); }

 private:
  static constexpr int kNone = -1;
  int number_ = kNone;
};

}  // namespace shared_channel
