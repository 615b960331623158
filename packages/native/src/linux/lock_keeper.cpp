#include "../lock_keeper.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "../doorbell.hpp"
#include "../failure.hpp"
#include "../thread_name.hpp"

namespace shared_channel {
namespace {

static_assert(kLockOwner == FUTEX_TID_MASK && kLockOwnerLost == FUTEX_OWNER_DIED && kLockWaiters == FUTEX_WAITERS);

// The thread is being started; it keeps; it shall end; it could not keep.
constexpr std::uint32_t kStarting = 0;
constexpr std::uint32_t kKeeping = 1;
constexpr std::uint32_t kEnding = 2;
constexpr std::uint32_t kFailed = 3;

// The kernel looks at a thread's "robust list" when the thread ends: a list of locks, and one more that the thread is
// just about to take or let go. We use the latter: unlike list entries, it need not be in memory beside the word. The
// kernel adds the list's offset to it to find the word, and never looks at what it points to.
robust_list* pending_entry(const Word& word, long futex_offset) noexcept {
  // The kernel takes an odd address for another kind of lock.
  static_assert(alignof(Word) % 2 == 0);
  return reinterpret_cast<robust_list*>(reinterpret_cast<std::uintptr_t>(&word) -
                                        static_cast<std::uintptr_t>(futex_offset));
}

// The kernel reads it when the thread is killed, at any time.
void set_pending(robust_list_head& list, robust_list* entry) noexcept {
  *const_cast<robust_list* volatile*>(&list.list_op_pending) = entry;
}

}  // namespace

struct LockKeeper::State {
  explicit State(Word& word) : word(word) {}

  Word& word;
  robust_list_head list{};
  Word stage = kStarting;
  std::uint32_t id = 0;
  int error = 0;
  std::thread thread;

  void move_to(std::uint32_t next) noexcept {
    stage.store(next);
    wake_sleepers(stage);
  }

  void wait_while(std::uint32_t current) noexcept {
    while (stage.load() == current) sleep_on(stage, current, {});
  }

  void keep() noexcept {
    name_this_thread("sc:mutex");
    id = static_cast<std::uint32_t>(syscall(SYS_gettid));
    list.list.next = &list.list;
    set_pending(list, pending_entry(word, list.futex_offset));
    // In place of the C library's own list, which is for its mutexes; this thread has none.
    if (syscall(SYS_set_robust_list, &list, sizeof list) != 0) {
      error = errno;
      return move_to(kFailed);
    }
    move_to(kKeeping);
    wait_while(kKeeping);
  }
};

LockKeeper::LockKeeper(Word& word) : state_(std::make_unique<State>(word)) {
  State& state = *state_;
  try {
    state.thread = std::thread([&state] { state.keep(); });
  } catch (const std::system_error& error) {
    throw Failure("OUT_OF_MEMORY", std::string("a mutex needs a thread, and the system gives none: ") + error.what() +
                                       "; close mutexes or channels, or raise the limit of threads");
  }
  state.wait_while(kStarting);
  if (state.stage.load() == kFailed) {
    state.thread.join();
    throw Failure("NOT_SUPPORTED", std::string("the system refuses to look after locks of threads that end (set_robust_list: ") +
                                       std::strerror(state.error) + ")");
  }
}

LockKeeper::~LockKeeper() {
  state_->move_to(kEnding);
  state_->thread.join();
}

std::uint32_t LockKeeper::id() const noexcept { return state_->id; }

// Signal 0 is never sent. EPERM is a thread of another user.
bool keeper_exists(std::uint32_t id) noexcept { return kill(static_cast<pid_t>(id), 0) == 0 || errno != ESRCH; }

SleeperNotice::SleeperNotice(Word& word) noexcept
    : list_([] {
        robust_list_head* list = nullptr;
        std::size_t size = 0;
        return syscall(SYS_get_robust_list, 0, &list, &size) == 0 ? list : nullptr;
      }()) {
  if (list_ == nullptr) return;
  // The C library's own list. It has something pending only inside of its own functions.
  auto& list = *static_cast<robust_list_head*>(list_);
  set_pending(list, pending_entry(word, list.futex_offset));
}

SleeperNotice::~SleeperNotice() {
  if (list_ != nullptr) set_pending(*static_cast<robust_list_head*>(list_), nullptr);
}

}  // namespace shared_channel
