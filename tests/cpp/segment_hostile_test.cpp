// Handles that lead elsewhere: owners that are gone, that have something else there, or that lie.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <functional>
#include <set>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <segment.hpp>

#include "support/child.hpp"
#include "support/failing.hpp"
#include "support/random.hpp"
#include "support/this_process.hpp"

using namespace shared_channel;
using test::Child;
using test::Wire;
using Role = SegmentHandle::Role;

namespace {

constexpr std::size_t kSize = 65536;

Segment create() { return Segment::create(kSize, SegmentUse::other_processes); }

std::string refusal_of(const SegmentHandle& handle, PeerTrust trust = PeerTrust::untrusted) {
  const unsigned descriptors = test::descriptors();
  const std::string code = test::code_of(
      [&] { static_cast<void>(Segment::open(handle, SegmentAccess::read_write, trust)); });
  CHECK(test::descriptors() == descriptors);  // whatever it was, nothing of it is left open
  return code;
}

SegmentHandle parse(const std::string& text) { return SegmentHandle::parse(text, Role::buffer); }

// A process that has a segment, and puts what `other` returns in its place after the handle was made.
class Swindler {
 public:
  explicit Swindler(const std::function<int()>& other)
      : child_([&](const Wire& wire) {
          const Segment segment = create();
          wire.write(segment.handle(Role::buffer, kSize).text());
          if (const int descriptor = other(); dup2(descriptor, segment.descriptor()) < 0) throw test::Broken("no dup2");
          wire.write("done");
          static_cast<void>(wire.read());
        }),
        handle_(parse(child_.read())) {
    if (child_.read() != "done") throw test::Broken("not done");
  }
  [[nodiscard]] const SegmentHandle& handle() const { return handle_; }

 private:
  Child child_;
  SegmentHandle handle_;
};

// A memfd of the segment's size.
int memory(const std::string& name, int seals) {
  const int descriptor = memfd_create(name.c_str(), MFD_ALLOW_SEALING);
  if (ftruncate(descriptor, kSize) != 0) throw test::Broken("no memfd");
  if (seals != 0) fcntl(descriptor, F_ADD_SEALS, seals);
  return descriptor;
}

// The handle of a process for something that it claims to be a segment.
SegmentHandle claim(const Wire& wire, int descriptor, const std::string& cookie) {
  struct stat status {};
  fstat(descriptor, &status);
  const SegmentHandle handle{.role = Role::buffer,
                             .kind = SegmentHandle::Kind::sealed,
                             .owner = this_process(),
                             .descriptor = static_cast<std::uint32_t>(descriptor),
                             .device = status.st_dev,
                             .inode = status.st_ino,
                             .size = kSize,
                             .cookie = cookie};
  wire.write(handle.text());
  return handle;
}

const std::string kCookie(32, 'a');

}  // namespace

TEST_CASE("hostile handle: of an owner that has ended, even when nobody has taken note of its end, is PEER_LOST") {
  Child owner([](const Wire& wire) {
    const Segment segment = create();
    wire.write(segment.handle(Role::buffer, kSize).text());
    static_cast<void>(wire.read());
  });
  const SegmentHandle handle = parse(owner.read());
  CHECK(refusal_of(handle) == "");
  owner.kill_to_zombie();
  CHECK(refusal_of(handle) == "PEER_LOST");
  owner.wait();
  CHECK(refusal_of(handle) == "PEER_LOST");
}

TEST_CASE("hostile handle: of another process with the owner's number, or of no process, is PEER_LOST") {
  const Segment segment = create();
  const SegmentHandle right = segment.handle(Role::buffer, kSize);
  for (const std::uint64_t later : {-right.owner.start_time, ~std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63}) {
    SegmentHandle handle = right;
    handle.owner.start_time += later;
    CAPTURE(later);
    CHECK(refusal_of(handle) == "PEER_LOST");
  }
  for (const std::uint32_t pid : {0u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    SegmentHandle handle = right;
    handle.owner.pid = pid;
    CAPTURE(pid);
    CHECK(refusal_of(handle) == "PEER_LOST");
  }
}

TEST_CASE("hostile handle: of a thread in the place of its process is PEER_LOST") {
  const Segment segment = create();
  std::string code;
  std::thread([&] {
    SegmentHandle handle = segment.handle(Role::buffer, kSize);
    handle.owner = find_process(static_cast<std::uint32_t>(gettid()));
    code = refusal_of(handle);
  }).join();
  CHECK(code == "PEER_LOST");
}

TEST_CASE("hostile handle: with a number that is wrong is CLOSED") {
  const Segment segment = create();
  const SegmentHandle right = segment.handle(Role::buffer, kSize);
  const auto refusal_with = [&](auto&& change) {
    SegmentHandle handle = right;
    change(handle);
    return refusal_of(handle);
  };
  CHECK(refusal_with([](SegmentHandle&) {}) == "");
  CHECK(refusal_with([](SegmentHandle& handle) { ++handle.device; }) == "CLOSED");
  CHECK(refusal_with([](SegmentHandle& handle) { ++handle.inode; }) == "CLOSED");
  CHECK(refusal_with([](SegmentHandle& handle) { ++handle.size; }) == "CLOSED");
  CHECK(refusal_with([](SegmentHandle& handle) { handle.size *= 2; }) == "CLOSED");
  CHECK(refusal_with([](SegmentHandle& handle) { handle.size = std::uint64_t{1} << 32; }) == "CLOSED");
  CHECK(refusal_with([](SegmentHandle& handle) { handle.cookie = kCookie; }) == "CLOSED");
  for (const std::uint32_t descriptor : {0u, 1u, 9999u, 0x7fffffffu, 0xffffffffu}) {
    CHECK(refusal_with([&](SegmentHandle& handle) { handle.descriptor = descriptor; }) == "CLOSED");
  }
}

TEST_CASE("hostile handle: of a segment that its owner has let go of is CLOSED") {
  Child owner([](const Wire& wire) {
    const std::string text = create().handle(Role::buffer, kSize).text();
    wire.write(text);
    static_cast<void>(wire.read());
  });
  CHECK(refusal_of(parse(owner.read())) == "CLOSED");
}

TEST_CASE("hostile handle: whatever the descriptor has become, it is CLOSED, at once and without opening it") {
  const auto refusal_of_a = [](const std::function<int()>& other) { return refusal_of(Swindler(other).handle()); };
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  CHECK(refusal_of_a([] { return memory("shared-channel-" + kCookie, seals); }) == "CLOSED");
  CHECK(refusal_of_a([] {
          static const Segment another = create();
          return another.descriptor();
        }) == "CLOSED");
  CHECK(refusal_of_a([] { return open("/dev/null", O_RDWR); }) == "CLOSED");
  CHECK(refusal_of_a([] { return open("/dev/zero", O_RDWR); }) == "CLOSED");
  CHECK(refusal_of_a([] { return open("/", O_RDONLY); }) == "CLOSED");
  CHECK(refusal_of_a([] { return open("/proc/self/exe", O_RDONLY); }) == "CLOSED");
  CHECK(refusal_of_a([] { return socket(AF_UNIX, SOCK_STREAM, 0); }) == "CLOSED");
  CHECK(refusal_of_a([] {  // opening it would wait for one who reads
          int pair[2];
          return pipe(pair) == 0 ? pair[1] : -1;
        }) == "CLOSED");
}

TEST_CASE("hostile handle: memory that has the name and not all of the seals is refused") {
  for (const int seals : {0, F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_GROW | F_SEAL_SEAL, F_SEAL_SEAL}) {
    CAPTURE(seals);
    Child owner([&](const Wire& wire) {
      claim(wire, memory("shared-channel-" + kCookie, seals), kCookie);
      static_cast<void>(wire.read());
    });
    const SegmentHandle handle = parse(owner.read());
    CHECK(refusal_of(handle) == "NOT_SUPPORTED");
    CHECK(refusal_of(handle, PeerTrust::trusted) == "NOT_SUPPORTED");  // it lies about itself
  }
}

// Files of some file systems have no seals at all, and what is asked for them says -1: all bits.
TEST_CASE("hostile handle: a file that only looks like a sealed segment is refused") {
  Child owner([](const Wire& wire) {
    // An ordinary user may mount one in a user's name space of its own, where the system lets them.
    if (geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return wire.write("no mount");
    const long ram = syscall(SYS_fsopen, "ramfs", 0);
    syscall(SYS_fsconfig, ram, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
    const long mount = syscall(SYS_fsmount, ram, 0, 0);
    // A mount that is attached nowhere: the name starts at its root.
    const int file = openat(static_cast<int>(mount), ("memfd:shared-channel-" + kCookie + " (deleted)").c_str(),
                            O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, kSize) != 0) return wire.write("no mount");
    claim(wire, file, kCookie);
    static_cast<void>(wire.read());
  });
  const std::string text = owner.read();
  if (text == "no mount") {
    MESSAGE("left out: this system lets nobody make the file that it is about");
    return;
  }
  CHECK(refusal_of(parse(text)) == "NOT_SUPPORTED");
}

TEST_CASE("segment: a process that has no descriptors left gets OUT_OF_MEMORY at whichever step, and leaves nothing") {
  const Segment segment = create();
  Child opener([handle = segment.handle(Role::buffer, kSize)](const Wire& wire) {
    const unsigned before = test::descriptors();
    std::set<std::string> codes;
    for (rlim_t most = 0; most < 64 && !codes.contains(""); ++most) {
      const test::Limit limit(RLIMIT_NOFILE, most);
      codes.insert(test::code_of([&] { static_cast<void>(Segment::open(handle, SegmentAccess::read_write)); }));
    }
    const bool is_right = codes == std::set<std::string>{"", "OUT_OF_MEMORY"} && test::descriptors() == before;
    wire.write(is_right ? "right" : "wrong: " + *codes.rbegin());
  });
  CHECK(opener.read() == "right");
}

TEST_CASE("hostile handle: random numbers open nothing and change nothing") {
  const std::uint64_t seed = test::seed_or(73);
  CAPTURE(seed);
  test::Random random(seed);
  const Segment segment = create();
  const SegmentHandle right = segment.handle(Role::buffer, kSize);
  for (int round = 0; round < 3000; ++round) {
    SegmentHandle handle = right;
    const auto maybe = [&](auto& number) {
      using Number = std::remove_reference_t<decltype(number)>;
      if (random.one_in(3)) number = static_cast<Number>(random.one_in(2) ? random.below(40) : random.word());
    };
    maybe(handle.owner.pid);
    maybe(handle.owner.start_time);
    maybe(handle.descriptor);
    maybe(handle.device);
    maybe(handle.inode);
    maybe(handle.size);
    const bool has_size = handle.size > 0 && handle.size <= kSize;
    handle.size = has_size ? right.size : handle.size;  // any size that is rounded up to this one is as good
    CAPTURE(handle.text());
    const std::string code = test::code_of([&] { static_cast<void>(Segment::open(handle, SegmentAccess::read_write)); });
    REQUIRE((handle.text() == right.text()) == code.empty());
  }
  CHECK(test::descriptors("shared-channel-") == 1);
}
