// What Linux tells of the process that asks.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace test {

// Open descriptors that lead to something whose name contains `text`; all of them when it is empty.
[[nodiscard]] inline unsigned descriptors(const std::string& text = {}) {
  unsigned count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    // Not the one by which this folder is read.
    if (!gone && target.find("/fd") == std::string::npos && target.find(text) != std::string::npos) ++count;
  }
  return count;
}

// Mappings of files whose names contain `text`.
[[nodiscard]] inline unsigned mappings(const std::string& text) {
  unsigned count = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(text) != std::string::npos) ++count;
  }
  return count;
}

[[nodiscard]] inline unsigned count_threads(const std::string& name) {
  unsigned count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(entry.path() / "comm");
    std::string line;
    if (std::getline(file, line) && line == name) ++count;
  }
  return count;
}

// Whether there are so many threads of this name; soon, since a thread gives itself its name, and is seen for a moment after
// it was joined.
[[nodiscard]] inline bool has_threads(const std::string& name, unsigned count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count_threads(name) != count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A limit of this process, as `ulimit` sets it, until it goes out of scope.
class Limit {
 public:
  Limit(decltype(RLIMIT_NOFILE) resource, rlim_t value) : resource_(resource) {
    getrlimit(resource_, &before_);
    const rlimit limited{.rlim_cur = value, .rlim_max = before_.rlim_max};
    setrlimit(resource_, &limited);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { setrlimit(resource_, &before_); }

 private:
  const decltype(RLIMIT_NOFILE) resource_;
  rlimit before_{};
};

}  // namespace test
