// Processes of other users, and those that others may not look at.
#pragma once

#include <sys/prctl.h>
#include <unistd.h>

#include "child.hpp"

namespace test {

constexpr uid_t kNobody = 65534;

// Makes this process an ordinary user's, if it is root's, whom nothing is refused.
inline void become_ordinary(uid_t user = kNobody) {
  if (geteuid() == 0 && (setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)) {
    throw Broken("cannot become another user");
  }
  prctl(PR_SET_DUMPABLE, 1);  // the change has taken it away
}

// Lets no other process of the same user look at this one.
inline void protect() { prctl(PR_SET_DUMPABLE, 0); }

}  // namespace test
