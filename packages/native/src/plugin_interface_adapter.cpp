#include "plugin_interface_adapter.hpp"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "failure.hpp"
#include "shared_channel/plugin.hpp"

namespace shared_channel {
namespace {

// Callbacks without a context pointer are functions of one library each, and functions are made when this is compiled.
constexpr std::size_t kMaxLibraries = 64;

// All messages of these plugins have it: their callbacks have no place for another.
constexpr std::uint32_t kMessageType = 0;

constexpr std::chrono::seconds kPatienceWithOther{1};
// Between two looks whether the host is stopping, which nobody announces here.
constexpr std::chrono::milliseconds kTimeBetweenLooks{10};

// The functions that belong to one library.
struct Functions {
  sc_plugin* (*create)(const sc_host* host);
  MessageCallback send_message;
  BufferRequestCallback request_buffer;
  BufferSendCallback send_buffer;
};

// A number, since a plugin may return what the enumeration does not have.
std::string describe_status(int status) {
  switch (status) {
    case PLUGIN_ERROR_INVALID_VERSION: return "PLUGIN_ERROR_INVALID_VERSION";
    case PLUGIN_ERROR_INITIALIZATION: return "PLUGIN_ERROR_INITIALIZATION";
    default: return std::to_string(status) + ", which is no PluginStatus";
  }
}

// One library, and the instance that it has at the moment. Lives as long as the process, since threads of the library
// may call back at any time.
class Library {
 public:
  // ---- For adapt_plugin_interface, which calls one at a time ----

  [[nodiscard]] bool is(GetPluginInterface get_interface, const PluginInterface* interface) const noexcept {
    return get_interface_ == get_interface || address_ == interface;
  }
  [[nodiscard]] bool is_free() const noexcept { return get_interface_ == nullptr; }
  [[nodiscard]] const sc_plugin_entry& entry() const noexcept { return entry_; }

  void take(GetPluginInterface get_interface, const PluginInterface& interface, const Functions& functions) noexcept;

  // ---- The instance: functions of sc_plugin_entry and sc_plugin, on its thread ----

  sc_plugin* create(const sc_host* host) noexcept;

  // ---- What the library calls, from any of its threads ----

  void send_message(const std::uint8_t* data, std::size_t length) noexcept;
  int request_buffer(std::uint32_t wait_ms, std::uint8_t** buffer, std::uint32_t* buffer_space) noexcept;
  int send_buffer(std::uint32_t length) noexcept;

  // Gives back a buffer that the calling thread has not sent.
  void give_up_buffer() noexcept { Visit(*this).give_up_buffer(); }

 private:
  // A thread of the library in the instance's host, which does not go away meanwhile. It takes the thread's buffer, to be
  // sent or given up: no call leaves it as it was.
  class Visit {
   public:
    explicit Visit(Library& library) noexcept;
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit();

    void give_up_buffer() noexcept {
      if (has_buffer && host != nullptr) host->abort(host);
    }

    const sc_host* host = nullptr;  // null when there is none any more
    bool has_buffer = false;        // the one slot that is open in the host until it is committed or aborted

   private:
    Library& library_;
  };

  static Library& of(sc_plugin* plugin) noexcept { return *static_cast<Library*>(plugin->context); }

  [[nodiscard]] const char* wait_for_turn(const sc_host* host) noexcept;
  bool initialize() noexcept;
  void destroy() noexcept;
  template <typename Call>
  bool call(Call&& function) noexcept;

  GetPluginInterface get_interface_ = nullptr;
  const PluginInterface* address_ = nullptr;
  PluginInterface interface_{};
  Functions functions_{};
  sc_plugin_entry entry_{};
  sc_plugin plugin_{};

  std::mutex mutex_;  // of all below; never held in a call that may wait
  std::condition_variable changed_;
  bool has_instance_ = false;
  const sc_host* host_ = nullptr;  // the instance's, from its `create` to its `destroy`
  unsigned visits_ = 0;
  std::optional<std::thread::id> buffer_owner_;
};

// Never destroyed: threads that were left behind call back even while the process exits.
std::array<Library, kMaxLibraries>& libraries() {
  static auto& all = *new std::array<Library, kMaxLibraries>;
  return all;
}

template <std::size_t index>
constexpr Functions functions_of() {
  return {.create = [](const sc_host* host) { return libraries()[index].create(host); },
          .send_message = [](const std::uint8_t* data,
                             std::size_t length) { libraries()[index].send_message(data, length); },
          .request_buffer =
              [](std::uint32_t wait_ms, std::uint8_t** buffer, std::uint32_t* buffer_space) {
                return libraries()[index].request_buffer(wait_ms, buffer, buffer_space);
              },
          .send_buffer = [](std::uint32_t length) { return libraries()[index].send_buffer(length); }};
}

constexpr auto kFunctions = []<std::size_t... index>(std::index_sequence<index...>) {
  return std::array{functions_of<index>()...};
}(std::make_index_sequence<kMaxLibraries>{});

// A thread that ends will not send its buffer any more. To be called by each thread that gets one.
void give_up_buffers_at_end_of_thread() noexcept {
  struct End {
    ~End() {
      for (Library& library : libraries()) library.give_up_buffer();
    }
  };
  static thread_local const End end;
  (void)end;
}

void Library::take(GetPluginInterface get_interface, const PluginInterface& interface,
                   const Functions& functions) noexcept {
  get_interface_ = get_interface;
  address_ = &interface;
  interface_ = interface;
  functions_ = functions;
  entry_ = {.abi_major = SC_ABI_MAJOR,
            .abi_minor = SC_ABI_MINOR,
            .name = interface.info.name,
            .version = interface.info.version,
            .create = functions.create};
  plugin_.context = this;
  plugin_.initialize = [](sc_plugin* plugin) { return of(plugin).initialize(); };
  plugin_.on_message = [](sc_plugin* plugin, const sc_message* message) {
    Library& self = of(plugin);
    self.call([&] { self.interface_.process_message(message->data, message->size); });
  };
  if (interface.update != nullptr) {
    plugin_.update = [](sc_plugin* plugin) { of(plugin).call(of(plugin).interface_.update); };
  }
  if (interface.shutdown != nullptr) {
    plugin_.shutdown = [](sc_plugin* plugin) { of(plugin).call(of(plugin).interface_.shutdown); };
  }
  plugin_.destroy = [](sc_plugin* plugin) { of(plugin).destroy(); };
}

sc_plugin* Library::create(const sc_host* host) noexcept {
  if (const char* const refusal = wait_for_turn(host)) {
    host->report_error(host, refusal);
    return nullptr;
  }
  return &plugin_;
}

// Returns null, or why there cannot be an instance.
const char* Library::wait_for_turn(const sc_host* host) noexcept {
  const auto deadline = std::chrono::steady_clock::now() + kPatienceWithOther;
  std::unique_lock lock(mutex_);
  while (has_instance_) {
    if (host->stopping(host)) return "the channel is closing";
    if (std::chrono::steady_clock::now() >= deadline) {
      return "it is already open, and plugins of plugin_interface.h serve one channel at a time; close that one first, "
             "or use shared_channel/plugin.h";
    }
    changed_.wait_for(lock, kTimeBetweenLooks);
  }
  has_instance_ = true;
  host_ = host;
  return nullptr;
}

bool Library::initialize() noexcept {
  int status = PLUGIN_SUCCESS;
  const bool returned = call([&] {
    status = interface_.initialize(functions_.send_message, functions_.request_buffer, functions_.send_buffer);
  });
  if (!returned || status == PLUGIN_SUCCESS) return returned;
  host_->report_error(host_, ("its initialize returned " + describe_status(status)).c_str());
  return false;
}

// The host and its memory go away after this: every thread that is in the one or writes into the other comes back first.
// Those in the host do, because it is stopping; a buffer is for its owner to send or to leave.
void Library::destroy() noexcept {
  std::unique_lock lock(mutex_);
  host_ = nullptr;
  changed_.wait(lock, [this] { return visits_ == 0 && !buffer_owner_; });
  has_instance_ = false;
  changed_.notify_all();
}

// Calls a function of the library; what it throws becomes an error event. Returns whether it went well.
template <typename Call>
bool Library::call(Call&& function) noexcept {
  const bool returned = detail::guarded(host_, function);
  // Until the next call, other threads that send would wait for it.
  give_up_buffer();
  return returned;
}

void Library::send_message(const std::uint8_t* data, std::size_t length) noexcept {
  Visit visit(*this);
  visit.give_up_buffer();
  if (visit.host == nullptr) return;
  const sc_status status = visit.host->send(visit.host, kMessageType, data, length, SC_FOREVER);
  // The callback has nothing to return it by.
  if (status == SC_INVALID_ARGUMENT) visit.host->report_error(visit.host, "it sent a message without data");
  if (status == SC_TOO_LARGE) visit.host->report_error(visit.host, "it sent a message above 4 GiB - 1 byte");
}

int Library::request_buffer(std::uint32_t wait_ms, std::uint8_t** buffer, std::uint32_t* buffer_space) noexcept {
  Visit visit(*this);
  visit.give_up_buffer();
  if (buffer == nullptr || buffer_space == nullptr) return SC_INVALID_ARGUMENT;
  *buffer = nullptr;
  *buffer_space = 0;
  if (visit.host == nullptr) return SC_STOPPING;
  sc_slot slot{};
  const sc_status status = visit.host->reserve(visit.host, visit.host->max_slot_size, wait_ms, &slot);
  if (status != SC_OK) return status;
  give_up_buffers_at_end_of_thread();
  const std::lock_guard lock(mutex_);
  buffer_owner_ = std::this_thread::get_id();
  *buffer = slot.data;
  *buffer_space = slot.size;
  return SC_OK;
}

int Library::send_buffer(std::uint32_t length) noexcept {
  const Visit visit(*this);
  if (!visit.has_buffer) return SC_INVALID_ARGUMENT;
  if (visit.host == nullptr) return SC_STOPPING;
  return visit.host->commit(visit.host, kMessageType, length);
}

Library::Visit::Visit(Library& library) noexcept : library_(library) {
  const std::lock_guard lock(library_.mutex_);
  host = library_.host_;
  has_buffer = library_.buffer_owner_ == std::this_thread::get_id();
  if (host != nullptr) ++library_.visits_;
  if (!has_buffer) return;
  library_.buffer_owner_.reset();
  library_.changed_.notify_all();
}

Library::Visit::~Visit() {
  if (host == nullptr) return;
  const std::lock_guard lock(library_.mutex_);
  if (--library_.visits_ == 0) library_.changed_.notify_all();
}

void check(const PluginInterface* interface, const std::string& path) {
  if (interface == nullptr) {
    throw Failure("PLUGIN_LOAD_FAILED", "get_plugin_interface of " + path + " returned no interface");
  }
  if (interface->info.api_version != PLUGIN_API_VERSION) {
    throw Failure("PLUGIN_ABI_MISMATCH",
                  path + " was compiled for version " + std::to_string(interface->info.api_version) +
                      " of plugin_interface.h, this is version " + std::to_string(PLUGIN_API_VERSION) +
                      "; compile it again with the headers of this version");
  }
  if (interface->info.name == nullptr || interface->info.version == nullptr || interface->initialize == nullptr ||
      interface->process_message == nullptr) {
    throw Failure("PLUGIN_LOAD_FAILED",
                  path + " has an interface without a name, a version, initialize or process_message");
  }
}

}  // namespace

const sc_plugin_entry& adapt_plugin_interface(GetPluginInterface get_interface, const std::string& path) {
  const PluginInterface* interface = nullptr;
  try {
    interface = get_interface();
  } catch (...) {
    throw Failure("PLUGIN_LOAD_FAILED", "an exception left get_plugin_interface of " + path);
  }
  check(interface, path);

  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (std::size_t index = 0; index < kMaxLibraries; ++index) {
    Library& library = libraries()[index];
    if (library.is_free()) library.take(get_interface, *interface, kFunctions[index]);
    if (library.is(get_interface, interface)) return library.entry();
  }
  throw Failure("PLUGIN_LOAD_FAILED",
                path + " is one plugin of plugin_interface.h too many: one process can load " +
                    std::to_string(kMaxLibraries) + " of them; use shared_channel/plugin.h, which has no such limit");
}

}  // namespace shared_channel
