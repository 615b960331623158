// Loaded with LD_PRELOAD into every process of a browser; works in renderers. There a thread takes the orders of the test
// over a Unix socket, whose path is in SHARED_CHANNEL_CAGE_SOCKET, one a line:
//   map <marker> <length> <access> <handle>   -> mapped <pid> <address> | absent
//   restore <address> <length>                -> restored
// and answers `failed <code> <text>` to what went wrong. `marker` is 32 hex digits, numbers are decimal.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "failure.hpp"
#include "marked_pages.hpp"
#include "page_map.hpp"
#include "segment.hpp"

namespace {

using namespace shared_channel;

Marker parse_marker(const std::string& hex) {
  Marker marker{};
  for (std::size_t i = 0; i < marker.size(); ++i) {
    marker[i] = static_cast<std::byte>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return marker;
}

PageAccess parse_access(const std::string& access) {
  if (access == "read-write") return PageAccess::read_write;
  if (access == "copy-on-write") return PageAccess::copy_on_write;
  if (access == "read-only") return PageAccess::read_only;
  throw Failure("INVALID_ARGUMENT", "no such access: " + access);
}

std::string map_marked_pages(std::istream& order) {
  std::string marker, access, handle;
  std::size_t length = 0;
  order >> marker >> length >> access >> std::ws;
  std::getline(order, handle);
  void* const pages = find_marked_pages(parse_marker(marker), length);
  if (pages == nullptr) return "absent";
  const PageAccess page_access = parse_access(access);
  const auto segment = Segment::open(
      SegmentHandle::parse(handle, SegmentHandle::Role::buffer),
      page_access == PageAccess::read_write ? SegmentAccess::read_write : SegmentAccess::read_only);
  map_pages(pages, length, segment, page_access);
  return "mapped " + std::to_string(getpid()) + " " + std::to_string(reinterpret_cast<std::uintptr_t>(pages));
}

std::string restore(std::istream& order) {
  std::uintptr_t address = 0;
  std::size_t length = 0;
  order >> address >> length;
  if (!restore_pages(reinterpret_cast<void*>(address), length)) throw Failure("NOT_SUPPORTED", "restore_pages refused");
  return "restored";
}

std::string carry_out(const std::string& line) {
  std::istringstream order(line);
  std::string verb;
  order >> verb;
  try {
    return verb == "map" ? map_marked_pages(order) : restore(order);
  } catch (const Failure& failure) {
    return std::string("failed ") + failure.code + " " + failure.what();
  } catch (const std::exception& error) {
    return std::string("failed INTERNAL ") + error.what();
  }
}

int connect_to(const char* path) {
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (connection < 0 || connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("the test's library cannot reach the test");
    std::abort();
  }
  return connection;
}

void take_orders(int connection) {
  std::string unread;
  for (char bytes[4096];;) {
    const ssize_t count = read(connection, bytes, sizeof bytes);
    if (count <= 0) break;  // the test has ended
    unread.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end; (end = unread.find('\n')) != std::string::npos; unread.erase(0, end + 1)) {
      const std::string answer = carry_out(unread.substr(0, end)) + "\n";
      if (send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
  }
  close(connection);
}

bool is_renderer() {
  std::ifstream file("/proc/self/cmdline");
  const std::string arguments((std::istreambuf_iterator<char>(file)), {});
  return arguments.find("--type=renderer") != std::string::npos;
}

__attribute__((constructor)) void start() {
  const char* const path = std::getenv("SHARED_CHANNEL_CAGE_SOCKET");
  if (path == nullptr || !is_renderer()) return;
  const int connection = connect_to(path);
  // The browser's signals are for the browser's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread(take_orders, connection).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
