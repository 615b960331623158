// The pipe by which other processes wake an event loop.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <wake_pipe.hpp>

#include "support/child.hpp"
#include "support/failing.hpp"

using namespace shared_channel;
using test::Child;
using test::Wire;

namespace {

bool is_readable(const Descriptor& reader, int milliseconds = 0) {
  pollfd poll_for{.fd = reader.get(), .events = POLLIN, .revents = 0};
  return poll(&poll_for, 1, milliseconds) == 1;
}

// What can be read at once, in bytes.
std::size_t drain(const Descriptor& reader) {
  char bytes[4096];
  std::size_t total = 0;
  for (ssize_t count; (count = read(reader.get(), bytes, sizeof bytes)) > 0;) total += static_cast<std::size_t>(count);
  return total;
}

std::string refusal_of(const ProcessIdentity& owner, const PipePlace& place) {
  return test::code_of([&] { static_cast<void>(WakePipe::open(owner, place)); });
}

PipePlace place_of(int descriptor) {
  struct stat status {};
  fstat(descriptor, &status);
  return {.descriptor = static_cast<std::uint32_t>(descriptor), .inode = status.st_ino};
}

}  // namespace

TEST_CASE("wake pipe: readable when it was rung, by whoever has opened it") {
  const WakePipe pipe = WakePipe::create();
  const Descriptor reader = pipe.reader();
  CHECK(!is_readable(reader));
  pipe.ring();
  CHECK(is_readable(reader));
  CHECK(drain(reader) == 1);
  const WakePipe again = WakePipe::open(this_process(), pipe.place());
  again.ring();
  CHECK(drain(reader) == 1);
}

TEST_CASE("wake pipe: rung by another process") {
  const WakePipe pipe = WakePipe::create();
  const Descriptor reader = pipe.reader();
  const auto [descriptor, inode] = pipe.place();
  const auto [pid, start_time] = this_process();
  Child child([](const Wire& wire) {
    const auto next = [&wire] { return std::stoull(wire.read()); };
    const ProcessIdentity owner{.pid = static_cast<std::uint32_t>(next()), .start_time = next()};
    const PipePlace place{.descriptor = static_cast<std::uint32_t>(next()), .inode = next()};
    WakePipe::open(owner, place).ring();
    wire.write("rung");
  });
  for (const std::uint64_t number : {std::uint64_t{pid}, start_time, std::uint64_t{descriptor}, inode}) {
    child.write(std::to_string(number));
  }
  CHECK(is_readable(reader, 10'000));
  CHECK(child.read() == "rung");
}

TEST_CASE("wake pipe: never waits, also when nobody reads") {
  const WakePipe pipe = WakePipe::create();
  for (int ring = 0; ring < 100'000; ++ring) pipe.ring();  // more than it holds
  const Descriptor reader = pipe.reader();
  const std::size_t held = drain(reader);
  CHECK(held > 0);
  CHECK(held < 100'000);
  pipe.ring();
  CHECK(drain(reader) == 1);
}

TEST_CASE("wake pipe: what is no such pipe of that process is not opened") {
  const ProcessIdentity self = this_process();
  const WakePipe pipe = WakePipe::create();
  const PipePlace place = pipe.place();
  CHECK(refusal_of(self, {.descriptor = place.descriptor, .inode = place.inode + 1}) == "CLOSED");
  CHECK(refusal_of(self, {.descriptor = 1'000'000, .inode = place.inode}) == "CLOSED");
  CHECK(refusal_of({.pid = self.pid, .start_time = self.start_time + 1}, place) == "PEER_LOST");

  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  CHECK(refusal_of(self, place_of(null.get())) == "CLOSED");

  // A pipe with a name is a way into a file system.
  char folder[] = "/tmp/shared-channel-pipe-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string name = std::string(folder) + "/pipe";
  REQUIRE(mkfifo(name.c_str(), 0600) == 0);
  const Descriptor named(open(name.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  CHECK(refusal_of(self, place_of(named.get())) == "CLOSED");
  unlink(name.c_str());
  rmdir(folder);
}

TEST_CASE("wake pipe: out of descriptors says so") {
  const WakePipe pipe = WakePipe::create();
  const PipePlace place = pipe.place();
  Descriptor all[4096];
  std::size_t count = 0;
  while (count < 4096 && (all[count] = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)))) ++count;
  if (count == 4096) return;  // this machine gives as many as one likes
  CHECK(test::code_of([] { static_cast<void>(WakePipe::create()); }) == "OUT_OF_MEMORY");
  CHECK(test::code_of([&] { static_cast<void>(pipe.reader()); }) == "OUT_OF_MEMORY");
  CHECK(refusal_of(this_process(), place) == "OUT_OF_MEMORY");
}
