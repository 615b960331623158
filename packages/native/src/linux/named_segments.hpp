// Shared memory that is found by name, in /dev/shm: for processes that the system does not let look at each other's
// descriptors. The name says who made it, so that what a dead owner has left can be removed.
#pragma once

#include <string>

#include "../process.hpp"
#include "descriptor.hpp"

namespace shared_channel {

struct NamedSegment {
  Descriptor descriptor;  // empty, with errno set, when the system refuses
  std::string name;
};

// Makes an empty one, for this user only, after it has removed what dead processes of this user have left. Throws as
// find_process.
NamedSegment create_named_segment(const std::string& cookie);

// Empty, with errno set, when there is none.
Descriptor open_named_segment(const ProcessIdentity& owner, const std::string& cookie, int flags) noexcept;

// What a process has not removed when it exits, is removed then.
void remove_named_segment(const std::string& name) noexcept;

}  // namespace shared_channel
