// Another process, forked from the test, that exchanges lines with it. Fork before this process has threads: a child of one
// with threads finds their locks as they were.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace test {

// What goes wrong in a test's own machinery.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One end of the way between the two; whoever waits too long, or for one that has ended, throws.
class Wire {
 public:
  explicit Wire(int descriptor) : descriptor_(descriptor) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  Wire(Wire&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Wire& operator=(Wire&&) = delete;
  ~Wire() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  void write(const std::string& line) const {
    if (send(descriptor_, line.data(), line.size(), MSG_NOSIGNAL) < 0) throw Broken("nobody listens to: " + line);
  }
  [[nodiscard]] std::string read() const {
    std::array<char, 4096> line;
    ssize_t length = 0;
    do {
      length = recv(descriptor_, line.data(), line.size(), 0);
    } while (length < 0 && errno == EINTR);  // it was stopped meanwhile, and goes on
    if (length <= 0) throw Broken(length == 0 ? "the other process has ended" : "the other process says nothing");
    return {line.data(), static_cast<std::size_t>(length)};
  }

 private:
  int descriptor_;
};

class Child {
 public:
  // Runs `body` in the new process, which ends with it: status 0, or 1 when it throws, which it then says on stderr. It is
  // killed after a minute, in case its test has been.
  explicit Child(const std::function<void(const Wire&)>& body) : Child(body, make_pair()) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (is_running_) kill();
  }

  [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  [[nodiscard]] std::string read() const { return wire_.read(); }
  void write(const std::string& line) const { wire_.write(line); }

  void signal(int number) const { ::kill(pid_, number); }
  // Ended and gone from the system's list of processes.
  void kill() {
    signal(SIGKILL);
    wait();
  }
  // Its status as waitpid tells it, when it has ended.
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    is_running_ = false;
    return status;
  }
  // Ended, and nobody has asked for its status yet.
  void kill_to_zombie() const {
    signal(SIGKILL);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

 private:
  using Pair = std::array<int, 2>;

  static Pair make_pair() {
    Pair pair;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) throw Broken("no socket pair");
    return pair;
  }

  Child(const std::function<void(const Wire&)>& body, const Pair& pair) : pid_(fork()), wire_(pair[pid_ == 0 ? 1 : 0]) {
    close(pair[pid_ == 0 ? 0 : 1]);
    if (pid_ < 0) throw Broken("no process");
    if (pid_ > 0) return;
    alarm(60);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGABRT}) std::signal(fault, SIG_DFL);  // doctest's are the parent's
    try {
      body(wire_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in the child: %s\n", error.what());
      _exit(1);
    }
    _exit(0);  // nothing of the test's runs twice
  }

  const pid_t pid_;
  bool is_running_ = true;
  const Wire wire_;
};

}  // namespace test
