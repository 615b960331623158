// Shared memory that a lock protects, and what everybody does who has the lock: changes that others must not see half
// done. Plain numbers on purpose.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>

namespace test {

inline constexpr std::uint32_t kMaxUsers = 8;

struct LockedArea {
  alignas(128) std::byte lock[128];
  // Changed by the owner of the lock alone.
  std::uint64_t first;
  std::uint64_t second;
  std::uint32_t inside;  // the user who has the lock
  // For all to see: how often each user has had the lock, how often somebody was told that an owner was lost, and how
  // often somebody found half a change without being told.
  std::atomic<std::uint32_t> turns[kMaxUsers];
  std::atomic<std::uint32_t> losses;
  std::atomic<std::uint32_t> violations;
};

[[nodiscard]] inline LockedArea& area_at(std::byte* memory) { return *reinterpret_cast<LockedArea*>(memory); }

// One turn of `user` (1 to kMaxUsers - 1), who has the lock.
inline void use(LockedArea& area, std::uint32_t user, bool owner_lost) {
  if (owner_lost) {
    area.losses.fetch_add(1);
    area.second = area.first;
    area.inside = 0;
  }
  const auto check = [&area](bool as_it_must_be) {
    if (!as_it_must_be) area.violations.fetch_add(1);
  };
  check(area.inside == 0 && area.first == area.second);
  area.inside = user;
  const std::uint64_t before = area.first;
  area.first = before + 1;
  // Some time in which others would be noticed, and in which this one may be killed.
  for (volatile std::uint64_t left = before & 255; left > 0;) left = left - 1;
  area.second = before + 1;
  check(area.inside == user && area.first == before + 1);
  area.inside = 0;
  area.turns[user].fetch_add(1);
}

}  // namespace test
