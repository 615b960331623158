// A program that this process has started.
#pragma once

#include <chrono>
#include <string>

#include "linux/descriptor.hpp"
#include "socket.hpp"

namespace shared_channel {

// How a process ended.
struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;  // 0: it exited

  [[nodiscard]] bool is_clean() const noexcept { return exit_code == 0 && signal == 0; }
  // As the rest of a sentence: "was ended by SIGSEGV".
  [[nodiscard]] std::string text() const;
};

class ChildProcess {
 public:
  // Where a program that is started like this finds its end of the connection.
  static constexpr int kSocket = 3;

  // Starts `program`, which inherits `socket` and what this process writes its output to, and nothing else that is meant to
  // stay here. It has a process group of its own, so that Ctrl-C at a terminal is for this process to handle.
  // `argument` shows in lists of processes. Throws Failure NOT_SUPPORTED when it cannot be started, OUT_OF_MEMORY.
  ChildProcess(const std::string& program, const std::string& argument, const Socket& socket);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // ends it if it still runs

  // Readable when it has ended.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

  // Ends it now. [thread-safe]
  void kill() noexcept;

  // Waits until it has ended, and ends it after `patience`; one that is ending already keeps its own way. [one thread]
  ProcessEnd wait(std::chrono::milliseconds patience) noexcept;

 private:
  int pid_ = 0;
  Descriptor descriptor_;
  bool was_waited_for_ = false;
};

}  // namespace shared_channel
