// What Linux tells of this process: its threads, and whether they do anything.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace test {

// Ids of the threads of this process; of those with this name.
[[nodiscard]] inline std::vector<pid_t> thread_ids(const std::string& name = "") {
  std::vector<pid_t> found;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "comm");
    std::string its_name;
    std::getline(file, its_name);
    if (name.empty() || name == its_name) found.push_back(std::stoi(thread.path().filename()));
  }
  return found;
}

// Is the thread with this id asleep, as far as the system is concerned?
[[nodiscard]] inline bool is_asleep(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.find(") S ") != std::string::npos;
}

struct Effort {
  std::chrono::nanoseconds processor_time;
  long wake_ups;
};

[[nodiscard]] inline Effort effort_so_far() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec), usage.ru_nvcsw};
}

// What the whole process does while this thread sleeps. A thread that looks every 10 ms would wake 20 times.
inline void check_that_nobody_works() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // what goes on for a moment after a burst has its time
  const Effort before = effort_so_far();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const Effort after = effort_so_far();
  CHECK(after.processor_time - before.processor_time < std::chrono::milliseconds(50));
  CHECK(after.wake_ups - before.wake_ups < 10);  // one is ours; the sanitizers' own threads wake now and then
}

}  // namespace test
