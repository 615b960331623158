#include "../process.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
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
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) start();
    const std::uint64_t id = ++last_id_;
    watch(process, id);
    callbacks_.emplace(id, std::move(ended));
    return id;
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

}  // namespace

ProcessIdentity this_process() { return find_process(static_cast<std::uint32_t>(getpid())); }

ProcessIdentity find_process(std::uint32_t pid) noexcept {
  ProcessIdentity identity{.pid = pid, .start_time = 0};
  try {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    // The second field, the program's name in parentheses, may hold anything, spaces and parentheses too.
    std::istringstream fields(line.substr(line.find_last_of(')') + 1));
    std::string skipped;
    constexpr int kFieldsBeforeStartTime = 19;  // proc(5): starttime is field 22
    for (int i = 0; i < kFieldsBeforeStartTime; ++i) fields >> skipped;
    fields >> identity.start_time;
  } catch (...) {
  }
  return identity;
}

ProcessReference::ProcessReference(const ProcessIdentity& identity)
    : descriptor_(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(identity.pid), 0))) {
  if (descriptor_ < 0) {
    // pidfd_open(2): ESRCH for none, EINVAL (from Linux 6.9 on ENOENT) for the number of a thread.
    if (errno != ESRCH && errno != EINVAL && errno != ENOENT) {
      throw Failure("OUT_OF_MEMORY", "could not reach the process " + std::to_string(identity.pid) + ": " +
                                         std::strerror(errno));
    }
    throw lost(identity.pid);
  }
  // The descriptor is of the process that has the number now. If its start time is right, so is the process.
  if (identity.start_time == 0 || find_process(identity.pid) != identity || has_ended()) {
    close(descriptor_);
    throw lost(identity.pid);
  }
}

ProcessReference::~ProcessReference() { close(descriptor_); }

bool ProcessReference::has_ended() const noexcept {
  pollfd state{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&state, 1, 0) != 0;
}

ProcessWatch::ProcessWatch(const ProcessIdentity& identity, std::function<void()> ended)
    : process_(identity), id_(Watcher::instance().add(process_.descriptor(), std::move(ended))) {}

ProcessWatch::~ProcessWatch() { Watcher::instance().remove(process_.descriptor(), id_); }

}  // namespace shared_channel
