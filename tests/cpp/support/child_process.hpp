// A part of a test that runs in a process of its own, a fork of the test's, where it may crash or be killed.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace test {

// How many files this process has open.
[[nodiscard]] inline std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

// For a child that is to crash: no report of doctest's or a sanitizer's handler, and no core.
inline void die_quietly() {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, SIG_DFL);
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
}

class Child {
 public:
  // Runs `part` there; what it returns is the exit code, 99 when it throws. The parent should have one thread. One that hangs
  // is ended after a minute.
  template <typename Part>
  explicit Child(Part&& part) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    alarm(60);
    int code = 99;
    try {
      code = part();
    } catch (...) {
    }
    _exit(code);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill();
    (void)status();
  }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void kill() const noexcept {
    if (!ended_) ::kill(pid_, SIGKILL);
  }

  // Wait for its end: the code with which it ended, or the signal; -1 when it ended the other way.
  [[nodiscard]] int exit_code() { return WIFEXITED(status()) ? WEXITSTATUS(status_) : -1; }
  [[nodiscard]] int signal() { return WIFSIGNALED(status()) ? WTERMSIG(status_) : -1; }

 private:
  int status() {
    if (!std::exchange(ended_, true)) waitpid(pid_, &status_, 0);
    return status_;
  }

  const pid_t pid_;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace test
