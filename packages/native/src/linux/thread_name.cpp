#include "../thread_name.hpp"

#include <pthread.h>

#include <cstring>

namespace shared_channel {

void name_this_thread(const std::string& name) noexcept {
  char cut[16] = {};  // the kernel's limit, with the NUL
  std::strncpy(cut, name.c_str(), sizeof cut - 1);
  pthread_setname_np(pthread_self(), cut);
}

}  // namespace shared_channel
