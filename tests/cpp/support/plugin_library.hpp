// Libraries of test plugins as files and as what they export.
#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "javascript_side.hpp"

namespace test {

// A function that a test plugin exports, of this type. Loads the library.
template <typename Function>
[[nodiscard]] Function* exported(const std::string& plugin, const char* name) {
  void* const library = dlopen(plugin_path(plugin).c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library == nullptr ? nullptr : dlsym(library, name);
  if (symbol == nullptr) throw std::runtime_error(plugin + " does not export " + name);
  return reinterpret_cast<Function*>(symbol);
}

// The library of a test plugin once more, as a file and hence a library of its own.
class CopyOfPlugin {
 public:
  explicit CopyOfPlugin(const std::string& plugin) {
    static unsigned copies = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("shared-channel-" + std::to_string(getpid()) + "-" + std::to_string(++copies) + ".so");
    std::filesystem::copy_file(plugin_path(plugin), path_, std::filesystem::copy_options::overwrite_existing);
  }
  CopyOfPlugin(const CopyOfPlugin&) = delete;
  CopyOfPlugin& operator=(const CopyOfPlugin&) = delete;
  ~CopyOfPlugin() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace test
