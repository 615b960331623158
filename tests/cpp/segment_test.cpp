// Segments as their owner and those who open them see them, in one process and in several.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <failure.hpp>
#include <segment.hpp>
#include <shared_channel/layout.h>

#include "support/child.hpp"
#include "support/failing.hpp"
#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/this_process.hpp"

using namespace shared_channel;
using test::Child;
using test::Wire;
using Role = SegmentHandle::Role;

namespace {

constexpr char kOurs[] = "shared-channel-";

Segment create(std::size_t size) { return Segment::create(size, SegmentUse::other_processes); }

Segment open(const std::string& text, SegmentAccess access = SegmentAccess::read_write) {
  return Segment::open(SegmentHandle::parse(text, Role::buffer), access);
}

void fill(const Segment& segment, std::uint64_t seed) {
  for (std::size_t i = 0; i < segment.size(); ++i) segment.data()[i] = static_cast<std::byte>(test::mix(seed + i / 64));
}

bool is_filled(const Segment& segment, std::uint64_t seed) {
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment.data()[i] != static_cast<std::byte>(test::mix(seed + i / 64))) return false;
  }
  return true;
}

// What a new process says of itself.
template <typename Body>
std::string said_by_a_process(Body&& body) {
  Child child([&](const Wire& wire) { wire.write(body()); });
  return child.read();
}

}  // namespace

TEST_CASE("segment: new memory is zeroed, writable to its end, and rounded up to 64 KiB") {
  for (const std::size_t size : {1u, 65535u, 65536u, 65537u, 1u << 20}) {
    CAPTURE(size);
    const Segment segment = create(size);
    CHECK(segment.size() == (size + 65535) / 65536 * 65536);
    CHECK(reinterpret_cast<std::uintptr_t>(segment.data()) % 4096 == 0);
    CHECK(std::all_of(segment.data(), segment.data() + segment.size(), [](std::byte b) { return b == std::byte{0}; }));
    fill(segment, size);
    CHECK(is_filled(segment, size));
    CHECK(segment.handle(Role::buffer, size).size == size);
  }
}

TEST_CASE("segment: nothing of it is left when it is gone, whoever moved it") {
  const unsigned descriptors = test::descriptors();
  {
    Segment first = create(1);
    const Segment moved = std::move(first);
    CHECK(first.data() == nullptr);
    CHECK(moved.data() != nullptr);
    CHECK(test::descriptors(kOurs) == 1);
    CHECK(test::mappings(kOurs) == 1);
    const Segment opened = open(moved.handle(Role::buffer, 1).text());
    CHECK(test::descriptors(kOurs) == 2);
    CHECK(test::mappings(kOurs) == 2);
  }
  CHECK(test::mappings(kOurs) == 0);
  CHECK(test::descriptors() == descriptors);
}

TEST_CASE("segment: each has a number of its own that shows in its name, and nobody can change its size or seals") {
  const Segment one = create(1);
  const Segment other = create(1);
  CHECK(one.cookie().size() == 32);
  CHECK(one.cookie() != other.cookie());
  CHECK(test::descriptors(kOurs + one.cookie()) == 1);
  const Segment opened = open(one.handle(Role::buffer, 1).text());
  for (const Segment* const segment : {&one, &opened}) {
    CHECK(ftruncate(segment->descriptor(), 0) == -1);
    CHECK(ftruncate(segment->descriptor(), 1 << 20) == -1);
    CHECK(fcntl(segment->descriptor(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
    CHECK((fcntl(segment->descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("segment: two that lead to the same memory see each other's writes, and live on their own") {
  auto owner = std::make_unique<Segment>(create(70000));
  const SegmentHandle handle = owner->handle(Role::buffer, 70000);
  auto opened = std::make_unique<Segment>(open(handle.text()));
  CHECK(opened->size() == owner->size());
  CHECK(opened->cookie() == owner->cookie());
  CHECK(opened->data() != owner->data());
  fill(*owner, 1);
  CHECK(is_filled(*opened, 1));
  fill(*opened, 2);
  CHECK(is_filled(*owner, 2));
  // Whoever has opened it can hand it on.
  const Segment third = open(opened->handle(Role::buffer, 70000).text());
  owner.reset();
  opened.reset();
  CHECK(is_filled(third, 2));
}

TEST_CASE("segment: another process sees the same memory, and has it after its owner has ended") {
  Child owner([](const Wire& wire) {
    const Segment segment = create(1 << 20);
    fill(segment, 3);
    wire.write(segment.handle(Role::buffer, 1 << 20).text());
    wire.write(wire.read() == "written" && is_filled(segment, 4) ? "seen" : "not seen");
    fill(segment, 5);
    wire.write("done");
    static_cast<void>(wire.read());
  });
  const Segment segment = open(owner.read());
  CHECK(is_filled(segment, 3));
  fill(segment, 4);
  owner.write("written");
  CHECK(owner.read() == "seen");
  CHECK(owner.read() == "done");
  owner.kill();
  CHECK(is_filled(segment, 5));
}

TEST_CASE("segment: opened for reading, a write ends the writer's process, and the pages cannot be made writable") {
  const Segment segment = create(1);
  const std::string text = segment.handle(Role::buffer, 1).text();
  fill(segment, 6);
  CHECK(said_by_a_process([&] {
          const Segment opened = open(text, SegmentAccess::read_only);
          const bool is_same = is_filled(opened, 6);
          const bool is_refused = mprotect(opened.data(), opened.size(), PROT_READ | PROT_WRITE) == -1 && errno == EACCES;
          return std::string(is_same ? "same " : "") + (is_refused ? "refused" : "");
        }) == "same refused");
  Child writer([&](const Wire&) {
    const Segment opened = open(text, SegmentAccess::read_only);
    const_cast<volatile std::byte*>(opened.data())[0] = std::byte{1};
  });
  const int status = writer.wait();
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  CHECK(is_filled(segment, 6));
}

TEST_CASE("segment: no room is OUT_OF_MEMORY at creation, no signal, and leaves nothing") {
  const auto create_within = [](auto limited, rlim_t value, std::size_t size) {
    return said_by_a_process([&] {
      const unsigned descriptors = test::descriptors();
      std::string code;
      {
        const test::Limit limit(limited, value);
        code = test::code_of([&] { static_cast<void>(create(size)); });
      }
      const bool is_clean = test::descriptors() == descriptors && test::mappings(kOurs) == 0;
      return (code.empty() ? "created" : code) + (is_clean ? "" : ", and something is left");
    });
  };
  CHECK(create_within(RLIMIT_FSIZE, 1 << 20, 1 << 20) == "created");
  CHECK(create_within(RLIMIT_FSIZE, 1 << 20, (1 << 20) + 1) == "OUT_OF_MEMORY");
  if (test::kSanitized) return;  // they need descriptors themselves, and more memory than any limit
  CHECK(create_within(RLIMIT_NOFILE, 0, 1) == "OUT_OF_MEMORY");
  CHECK(create_within(RLIMIT_AS, 100 << 20, 200 << 20) == "OUT_OF_MEMORY");
}

TEST_CASE("segment: more than the machine has is OUT_OF_MEMORY, and no process is killed for it") {
  CHECK(said_by_a_process([] {
          std::ofstream("/proc/self/oom_score_adj") << 1000;  // if any is killed, then this one
          const std::string said = test::code_of([] { static_cast<void>(create(std::size_t{1} << 46)); });
          return test::descriptors(kOurs) == 0 ? said : said + ", and something is left";
        }) == "OUT_OF_MEMORY");
}

TEST_CASE("segment: a process that is interrupted all the time, as by a profiler, gets one too") {
  CHECK(said_by_a_process([] {
          static volatile std::sig_atomic_t interruptions = 0;
          std::signal(SIGALRM, [](int) { interruptions = interruptions + 1; });
          const timeval millisecond{.tv_sec = 0, .tv_usec = 1000};
          const itimerval often{.it_interval = millisecond, .it_value = millisecond};
          setitimer(ITIMER_REAL, &often, nullptr);
          const bool is_whole = create(std::size_t{512} << 20).size() == std::size_t{512} << 20;
          // The thread sanitizer tells of signals later.
          return (interruptions > 3 || test::kSanitized) && is_whole ? "interrupted" : "not interrupted";
        }) == "interrupted");
}
