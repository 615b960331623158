#include "../thread_name.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cstring>

#include "descriptor.hpp"

namespace shared_channel {

void name_this_thread(const std::string& name) noexcept {
  char cut[16] = {};  // the kernel's limit, with the NUL
  std::strncpy(cut, name.c_str(), sizeof cut - 1);
  pthread_setname_np(pthread_self(), cut);
}

void name_this_process(const std::string& name) noexcept {
  const Descriptor file(open("/proc/self/comm", O_WRONLY | O_CLOEXEC));
  // It is for people only: without it the process has its program's name.
  [[maybe_unused]] const ssize_t written = write(file.get(), name.data(), name.size());
}

}  // namespace shared_channel
