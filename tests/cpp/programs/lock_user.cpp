// Uses a lock in the memory of its descriptor 3, as user number argv[2].
//   hold: takes the lock and keeps it
//   work: takes it and lets go of it, for ever
//   sleep: takes nothing; says that it may sleep, and marks the lock as one that is free and slept on
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <lock_keeper.hpp>
#include <shared_channel/shared_mutex.hpp>

#include "../support/locked_area.hpp"

int main(int, char** arguments) {
  const std::string task = arguments[1];
  const auto user = static_cast<std::uint32_t>(std::strtoul(arguments[2], nullptr, 10));
  void* const memory = mmap(nullptr, sizeof(test::LockedArea), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
  if (memory == MAP_FAILED) return 1;
  test::LockedArea& area = test::area_at(static_cast<std::byte*>(memory));
  alarm(120);  // whoever started it may be killed as well
  if (task == "sleep") {
    shared_channel::Word& word = shared_channel::word_at(area.lock, 0);
    const shared_channel::SleeperNotice notice(word);
    word.store(shared_channel::kLockWaiters);
    pause();
  }
  shared_channel::SharedMutex mutex(area.lock);
  do {
    test::use(area, user, mutex.lock().owner_lost);
    if (task == "hold") pause();
  } while (mutex.unlock() == shared_channel::UnlockResult::unlocked);
  return 2;
}
