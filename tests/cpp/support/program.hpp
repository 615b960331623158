// A program of this folder as a process of its own.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace test {

class Program {
 public:
  // Starts `program` with these arguments. It finds the memory of `descriptor` as its descriptor 3.
  Program(const std::string& program, const std::vector<std::string>& arguments, int descriptor) {
    const std::string path = PROGRAM_FOLDER + program;
    std::vector<char*> argv = {const_cast<char*>(path.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    // A copy, which is another number: the same one would stay closed on exec.
    const int copy = fcntl(descriptor, F_DUPFD, 100);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, copy, 3);
    posix_spawn_file_actions_addclose(&actions, copy);
    const int error = posix_spawn(&id_, path.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(copy);
    if (error != 0) throw std::runtime_error("could not start " + path);
  }
  Program(Program&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  Program& operator=(Program&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Program() {
    if (id_ == 0) return;
    kill();
    waitpid(id_, nullptr, 0);
  }

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  void kill() const noexcept { ::kill(id_, SIGKILL); }

 private:
  pid_t id_ = 0;
};

}  // namespace test
