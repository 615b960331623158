#include "../process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "../failure.hpp"
#include "../thread_name.hpp"
#include "descriptor.hpp"

namespace shared_channel {
namespace {

constexpr std::uint64_t kStop = 0;  // in the place of a watch's id

// The thread behind all watches.
class Watcher {
 public:
  static Watcher& instance() {
    // Never destroyed: watches of an addon may outlive static destructors.
    static Watcher* const watcher = new Watcher;
    return *watcher;
  }

  std::uint64_t add(int process, std::function<void()> ended) {
    const std::lock_guard life(life_mutex_);
    if (!thread_.joinable()) start();
    try {
      const std::lock_guard lock(mutex_);
      const std::uint64_t id = ++last_id_;
      watch(process, id);
      callbacks_.emplace(id, std::move(ended));
      return id;
    } catch (...) {
      if (callbacks_.empty()) stop();  // nobody would end the thread
      throw;
    }
  }

  void remove(int process, std::uint64_t id) {
    const std::lock_guard life(life_mutex_);
    {
      const std::lock_guard lock(mutex_);  // waits for a callback that is running
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, process, nullptr);
      callbacks_.erase(id);
      if (!callbacks_.empty()) return;
    }
    stop();
  }

 private:
  void start() {
    epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
    if (!epoll_ || !stop_) throw no_room(errno);
    watch(stop_.get(), kStop);
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      throw Failure("OUT_OF_MEMORY", std::string("could not start the thread that watches other processes: ") + error.what());
    }
  }

  void stop() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
    thread_.join();
    epoll_ = Descriptor();
    stop_ = Descriptor();
  }

  void run() {
    name_this_thread("sc:processes");
    for (;;) {
      epoll_event event{};
      if (epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;
      if (event.data.u64 == kStop) return;
      const std::lock_guard lock(mutex_);
      const auto found = callbacks_.find(event.data.u64);
      if (found == callbacks_.end() || !found->second) continue;
      // One shot: the entry stays until the watch is destroyed, so that this thread lives as long as there are watches.
      std::exchange(found->second, nullptr)();
    }
  }

  void watch(int descriptor, std::uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = id;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) throw no_room(errno);
  }

  static Failure no_room(int error) {
    return Failure("OUT_OF_MEMORY", std::string("could not watch another process: ") + std::strerror(error) +
                                        "; close channels, or raise the limit (ulimit -n)");
  }

  std::mutex life_mutex_;  // of the thread: held by who adds and removes, never by the thread itself
  std::mutex mutex_;
  Descriptor epoll_;
  Descriptor stop_;
  std::thread thread_;
  std::uint64_t last_id_ = kStop;
  std::map<std::uint64_t, std::function<void()>> callbacks_;
};

Failure lost(std::uint32_t pid) {
  return Failure("PEER_LOST", "the process " + std::to_string(pid) + " has ended");
}

Failure unreachable(std::uint32_t pid, int error) {
  const std::string what = "could not reach the process " + std::to_string(pid) + ": " + std::strerror(error);
  return is_shortage(error) ? Failure("OUT_OF_MEMORY", what + "; close channels and buffers, or raise the limit (ulimit -n)")
                            : Failure("NOT_SUPPORTED", what + "; this system, or a sandbox, does not let it be watched");
}

bool is_over(int process) noexcept {
  pollfd state{.fd = process, .events = POLLIN, .revents = 0};
  return poll(&state, 1, 0) != 0;
}

int open_process(const ProcessIdentity& identity) {
  Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(identity.pid), 0)));
  if (!process) {
    // EINVAL: no number of a process; ENOENT: that of a thread.
    if (errno == ESRCH || errno == EINVAL || errno == ENOENT) throw lost(identity.pid);
    throw unreachable(identity.pid, errno);
  }
  // The descriptor is of the process that has the number now. If its start time is right, so is the process.
  if (identity.start_time == 0 || find_process(identity.pid) != identity || is_over(process.get())) {
    throw lost(identity.pid);
  }
  return process.release();
}

}  // namespace

ProcessIdentity this_process() { return find_process(static_cast<std::uint32_t>(getpid())); }

ProcessIdentity find_process(std::uint32_t pid) {
  const Descriptor file(open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && is_shortage(errno)) throw unreachable(pid, errno);
  char line[1024];
  const ssize_t length = file ? read(file.get(), line, sizeof line) : 0;
  if (length <= 0) return {.pid = pid, .start_time = 0};
  std::string_view rest(line, static_cast<std::size_t>(length));
  // The second field, the program's name in parentheses, may hold anything, spaces and parentheses too.
  rest.remove_prefix(rest.find_last_of(')') + 1);
  constexpr int kSpacesBeforeStartTime = 20;  // proc(5): starttime is field 22
  for (int i = 0; i < kSpacesBeforeStartTime; ++i) rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  ProcessIdentity identity{.pid = pid, .start_time = 0};
  std::from_chars(rest.data(), rest.data() + rest.size(), identity.start_time);
  return identity;
}

ProcessReference::ProcessReference(const ProcessIdentity& identity) : descriptor_(open_process(identity)) {}

ProcessReference::~ProcessReference() { close(descriptor_); }

bool ProcessReference::has_ended() const noexcept { return is_over(descriptor_); }

ProcessWatch::ProcessWatch(const ProcessIdentity& identity, std::function<void()> ended)
    : process_(identity), id_(Watcher::instance().add(process_.descriptor(), std::move(ended))) {}

ProcessWatch::~ProcessWatch() { Watcher::instance().remove(process_.descriptor(), id_); }

}  // namespace shared_channel
