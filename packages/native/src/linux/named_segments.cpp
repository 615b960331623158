#include "named_segments.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

namespace shared_channel {
namespace {

constexpr std::string_view kPrefix = "shared-channel-";
constexpr char kFolder[] = "/dev/shm";  // where shm_open keeps them: shm_overview(7)

std::string name_of(const ProcessIdentity& owner, const std::string& cookie) {
  return "/" + std::string(kPrefix) + std::to_string(owner.pid) + "-" + std::to_string(owner.start_time) + "-" + cookie;
}

// Who made a file of this name; a pid of 0 when it is not one of ours.
ProcessIdentity maker_of(std::string_view name) {
  ProcessIdentity maker;
  if (!name.starts_with(kPrefix)) return {};
  name.remove_prefix(kPrefix.size());
  const auto read = [&name](auto& number) {
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end == name.data() + name.size() || *end != '-') return false;
    name.remove_prefix(static_cast<std::size_t>(end - name.data()) + 1);
    return true;
  };
  return read(maker.pid) && read(maker.start_time) ? maker : ProcessIdentity{};
}

void remove_leftovers() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(kFolder), &closedir);
  if (folder == nullptr) return;
  while (const dirent* const entry = readdir(folder.get())) {
    const ProcessIdentity maker = maker_of(entry->d_name);
    if (maker.pid == 0 || find_process(maker.pid) == maker) continue;
    shm_unlink(entry->d_name);  // those of other users stay: the folder is sticky
  }
}

// The names that this process has made and that are still there. A process that exits with segments open, as Node does
// when it is told to, takes them away then.
class OwnNames {
 public:
  static OwnNames& instance() {
    static OwnNames* const names = [] {
      std::atexit([] { instance().remove_all(); });
      return new OwnNames;  // outlives threads that are left at exit
    }();
    return *names;
  }

  void add(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.insert(name);
  }
  void remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.erase(name);
    shm_unlink(name.c_str());
  }

 private:
  void remove_all() {
    if (getpid() != pid_) return;  // a copy of the process that made them
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names_) shm_unlink(name.c_str());
    names_.clear();
  }

  const pid_t pid_ = getpid();
  std::mutex mutex_;
  std::set<std::string> names_;
};

}  // namespace

NamedSegment create_named_segment(const std::string& cookie) {
  static std::once_flag once;
  std::call_once(once, remove_leftovers);
  std::string name = name_of(this_process(), cookie);
  Descriptor descriptor(shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (descriptor) OwnNames::instance().add(name);
  return {.descriptor = std::move(descriptor), .name = std::move(name)};
}

Descriptor open_named_segment(const ProcessIdentity& owner, const std::string& cookie, int flags) noexcept {
  return Descriptor(shm_open(name_of(owner, cookie).c_str(), flags, 0));
}

void remove_named_segment(const std::string& name) noexcept { OwnNames::instance().remove(name); }

}  // namespace shared_channel
