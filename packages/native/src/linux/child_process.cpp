#include "../child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "../failure.hpp"

namespace shared_channel {
namespace {

struct FileActions {
  posix_spawn_file_actions_t value;
  FileActions() { posix_spawn_file_actions_init(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
};

struct Attributes {
  posix_spawnattr_t value;
  Attributes() { posix_spawnattr_init(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&value); }
};

Failure cannot_start(const std::string& program, int error) {
  const std::string reason = program + " cannot be started: " + std::strerror(error);
  if (error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE) {
    return Failure("OUT_OF_MEMORY", reason + "; close channels, or raise the limits (ulimit -u, ulimit -n)");
  }
  return Failure("NOT_SUPPORTED", reason + "; plugins in processes of their own need this program. Build it with `npx "
                                           "cmake-js build` in the folder of @shared-channel/native, keep it out of "
                                           "archives (asarUnpack), and let it be executed");
}

std::string signal_name(int signal) {
  switch (signal) {
    case SIGABRT: return "SIGABRT";
    case SIGALRM: return "SIGALRM";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGHUP: return "SIGHUP";
    case SIGILL: return "SIGILL";
    case SIGINT: return "SIGINT";
    case SIGKILL: return "SIGKILL";
    case SIGPIPE: return "SIGPIPE";
    case SIGQUIT: return "SIGQUIT";
    case SIGSEGV: return "SIGSEGV";
    case SIGSYS: return "SIGSYS";
    case SIGTERM: return "SIGTERM";
    case SIGTRAP: return "SIGTRAP";
    case SIGUSR1: return "SIGUSR1";
    case SIGUSR2: return "SIGUSR2";
    case SIGXCPU: return "SIGXCPU";
    case SIGXFSZ: return "SIGXFSZ";
    default: return "signal " + std::to_string(signal);
  }
}

}  // namespace

std::string ProcessEnd::text() const {
  return signal != 0 ? "was ended by " + signal_name(signal) : "ended with exit code " + std::to_string(exit_code);
}

ChildProcess::ChildProcess(const std::string& program, const std::string& argument, const Socket& socket) {
  FileActions actions;
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, socket.descriptor(), kSocket);
  // To itself, which clears the mark that keeps it out of other programs: Node marks these.
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(output, F_GETFD) >= 0) posix_spawn_file_actions_adddup2(&actions.value, output, output);
  }
  Attributes attributes;
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setsigdefault(&attributes.value, &all);
  posix_spawnattr_setpgroup(&attributes.value, 0);
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::string name = program.substr(program.find_last_of('/') + 1);
  std::string what = argument;
  char* const arguments[] = {name.data(), what.data(), nullptr};
  const int error = posix_spawn(&pid_, program.c_str(), &actions.value, &attributes.value, arguments, environ);
  if (error != 0) throw cannot_start(program, error);
  // Its number cannot belong to another process before it was waited for.
  descriptor_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!descriptor_) {
    const int reason = errno;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw cannot_start(program, reason);
  }
}

ChildProcess::~ChildProcess() { wait(std::chrono::milliseconds(0)); }

void ChildProcess::kill() noexcept { syscall(SYS_pidfd_send_signal, descriptor_.get(), SIGKILL, nullptr, 0); }

ProcessEnd ChildProcess::wait(std::chrono::milliseconds patience) noexcept {
  if (was_waited_for_) return {};
  pollfd state{.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = poll(&state, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) kill();
  int status = 0;
  int result = 0;
  do {
    result = waitpid(pid_, &status, 0);
  } while (result < 0 && errno == EINTR);
  was_waited_for_ = true;
  if (result < 0) return {};  // an application that ignores SIGCHLD is not told
  if (WIFSIGNALED(status)) return {.exit_code = 0, .signal = WTERMSIG(status)};
  return {.exit_code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace shared_channel
