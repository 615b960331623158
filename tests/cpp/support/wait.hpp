// Waiting for a condition, a while between two looks.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace test {

template <typename Condition>
void wait_until(Condition&& condition, const char* what, std::chrono::seconds patience = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error(std::string("waited in vain until ") + what);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

}  // namespace test
