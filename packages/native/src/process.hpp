// Which process somebody is, and when it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace shared_channel {

// A process of this system. Numbers are used again; together with the start time they are not.
struct ProcessIdentity {
  std::uint32_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since the system started

  bool operator==(const ProcessIdentity&) const = default;
};

// Throws as find_process.
ProcessIdentity this_process();

// The process that has this number now; a start time of 0 when there is none. Throws Failure OUT_OF_MEMORY when the system
// has no descriptors left to look with.
ProcessIdentity find_process(std::uint32_t pid);

// A process that cannot be mixed up with a later one of the same number.
class ProcessReference {
 public:
  // Throws Failure PEER_LOST when it has ended, OUT_OF_MEMORY when the system has no descriptors left, NOT_SUPPORTED when
  // it lets no process be watched.
  explicit ProcessReference(const ProcessIdentity& identity);
  ProcessReference(const ProcessReference&) = delete;
  ProcessReference& operator=(const ProcessReference&) = delete;
  ~ProcessReference();

  [[nodiscard]] bool has_ended() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

// Calls back when a process ends. All watches of this process share one thread, which sleeps until then and ends with the
// last of them.
class ProcessWatch {
 public:
  // `ended` is called once, on the watching thread; it must not wait, throw, or destroy a watch. Throws Failure PEER_LOST
  // when the process has ended already, OUT_OF_MEMORY, NOT_SUPPORTED.
  ProcessWatch(const ProcessIdentity& identity, std::function<void()> ended);
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;
  ~ProcessWatch();  // `ended` is not called afterwards

 private:
  const ProcessReference process_;
  const std::uint64_t id_;
};

}  // namespace shared_channel
