// Segments that are found by name, where the system lets nobody look at their owner, and who may open segments at all.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <segment.hpp>

#include "support/child.hpp"
#include "support/failing.hpp"
#include "support/this_process.hpp"
#include "support/users.hpp"

using namespace shared_channel;
using test::Child;
using test::Wire;
using Role = SegmentHandle::Role;
using Kind = SegmentHandle::Kind;

namespace {

constexpr std::size_t kSize = 65536;
constexpr char kFolder[] = "/dev/shm";

SegmentHandle parse(const std::string& text) { return SegmentHandle::parse(text, Role::buffer); }

Segment create_named() {
  setenv("SHARED_CHANNEL_SEGMENTS", "named", 1);
  Segment segment = Segment::create(kSize, SegmentUse::other_processes);
  unsetenv("SHARED_CHANNEL_SEGMENTS");
  return segment;
}

std::string path_of(const SegmentHandle& handle) {
  return std::string(kFolder) + "/shared-channel-" + std::to_string(handle.owner.pid) + "-" +
         std::to_string(handle.owner.start_time) + "-" + handle.cookie;
}

Segment open(const SegmentHandle& handle, PeerTrust trust = PeerTrust::trusted) {
  return Segment::open(handle, SegmentAccess::read_write, trust);
}

std::string refusal_of(const SegmentHandle& handle, PeerTrust trust = PeerTrust::trusted) {
  const unsigned descriptors = test::descriptors();
  const std::string code = test::code_of([&] { static_cast<void>(open(handle, trust)); });
  CHECK(test::descriptors() == descriptors);
  return code;
}

// A process that has one segment. (Not this one: what dead owners have left, a process removes once.)
class Owner {
 public:
  Owner()
      : child_([](const Wire& wire) {
          const Segment segment = create_named();
          wire.write(segment.handle(Role::buffer, kSize).text());
          static_cast<void>(wire.read());
        }),
        handle_(parse(child_.read())) {}
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() {
    if (is_killed_) return;
    child_.write("end");
    child_.wait();
  }

  void kill() {
    child_.kill();
    is_killed_ = true;
  }
  [[nodiscard]] const SegmentHandle& handle() const { return handle_; }

 private:
  Child child_;
  SegmentHandle handle_;
  bool is_killed_ = false;
};

// A segment of an ordinary user, and what another process of theirs, or of `opener`, gets that opens it.
std::string opened_by_user(const char* ways, bool is_protected, uid_t opener, PeerTrust trust) {
  Child owner([&](const Wire& wire) {
    test::become_ordinary();
    if (is_protected) test::protect();
    if (ways != nullptr) setenv("SHARED_CHANNEL_SEGMENTS", ways, 1);
    const Segment segment = Segment::create(kSize, SegmentUse::other_processes);
    segment.data()[0] = std::byte{77};
    wire.write(segment.handle(Role::buffer, kSize).text());
    static_cast<void>(wire.read());
  });
  const SegmentHandle handle = parse(owner.read());
  Child other([&](const Wire& wire) {
    test::become_ordinary(opener);
    std::string said = handle.kind == Kind::named ? "named, " : "sealed, ";
    const std::string code = test::code_of([&] {
      if (open(handle, trust).data()[0] == std::byte{77}) said += "opened";
    });
    wire.write(said + code);
  });
  const std::string said = other.read();
  owner.write("end");
  CHECK(owner.wait() == 0);
  return said;
}

}  // namespace

TEST_CASE("named segment: for this user only, in a file that says whose it is and goes with its owner") {
  auto owner = std::make_unique<Owner>();
  const SegmentHandle handle = owner->handle();
  CHECK(handle.kind == Kind::named);
  struct stat status {};
  REQUIRE(stat(path_of(handle).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_blocks * 512 >= static_cast<blkcnt_t>(kSize));  // reserved, not only announced

  const Segment one = open(handle);
  const Segment other = open(handle);
  one.data()[5] = std::byte{5};
  CHECK(other.data()[5] == std::byte{5});
  owner.reset();
  CHECK_FALSE(std::filesystem::exists(path_of(handle)));
  CHECK(refusal_of(handle) == "PEER_LOST");
  other.data()[6] = std::byte{6};
  CHECK(one.data()[6] == std::byte{6});
}

TEST_CASE("named segment: who has opened it hands it on, by its owner's name") {
  auto owner = std::make_unique<Owner>();
  const Segment opened = open(owner->handle());
  opened.data()[7] = std::byte{7};
  const SegmentHandle handed_on = opened.handle(Role::buffer, kSize);
  CHECK(path_of(handed_on) == path_of(owner->handle()));
  Child third([&](const Wire& wire) {
    const Segment segment = open(handed_on);
    CHECK(segment.data()[7] == std::byte{7});
    segment.data()[8] = std::byte{8};
    wire.write("written");
  });
  CHECK(third.read() == "written");
  CHECK(opened.data()[8] == std::byte{8});
  // It goes with its owner, not with those who handed it on.
  owner.reset();
  CHECK(refusal_of(handed_on) == "PEER_LOST");
}

TEST_CASE("named segment: one that its owner has let go of is gone") {
  Child owner([](const Wire& wire) {
    const std::string text = create_named().handle(Role::buffer, kSize).text();
    wire.write(text);
    static_cast<void>(wire.read());
  });
  const SegmentHandle handle = parse(owner.read());
  CHECK(refusal_of(handle) == "CLOSED");
  CHECK_FALSE(std::filesystem::exists(path_of(handle)));
}

TEST_CASE("named segment: one that is open when its owner exits goes with it, and not with a copy of the owner") {
  Child owner([](const Wire& wire) {
    static const auto* const segment = new Segment(create_named());  // nobody destroys it
    const SegmentHandle handle = segment->handle(Role::buffer, kSize);
    if (const pid_t copy = fork(); copy == 0) std::exit(0);
    else waitpid(copy, nullptr, 0);
    wire.write(handle.text());
    static_cast<void>(wire.read());
    std::exit(0);
  });
  const SegmentHandle handle = parse(owner.read());
  CHECK(refusal_of(handle) == "");
  owner.write("exit");
  CHECK(owner.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(path_of(handle)));
}

TEST_CASE("named segment: without seals, so nobody opens it who does not trust its owner") {
  const Owner owner;
  const SegmentHandle& handle = owner.handle();
  CHECK(refusal_of(handle, PeerTrust::untrusted) == "NOT_SUPPORTED");
  CHECK(refusal_of(handle) == "");
  // A handle of the other kind is of something else.
  SegmentHandle sealed = handle;
  sealed.kind = Kind::sealed;
  CHECK(refusal_of(sealed) == "CLOSED");
}

TEST_CASE("named segment: one that its owner has made smaller, or replaced, is not opened") {
  Child owner([](const Wire& wire) {
    const Segment segment = create_named();
    const SegmentHandle handle = segment.handle(Role::buffer, kSize);
    wire.write(handle.text());
    static_cast<void>(wire.read());
    // What seals would refuse: whoever has it mapped gets a SIGBUS behind the new end.
    if (ftruncate(segment.descriptor(), 4096) != 0) throw test::Broken("not made smaller");
    wire.write("smaller");
    static_cast<void>(wire.read());
    std::filesystem::remove(path_of(handle));
    std::ofstream(path_of(handle)) << std::string(kSize, ' ');
    wire.write("replaced");
    static_cast<void>(wire.read());
  });
  const SegmentHandle handle = parse(owner.read());
  CHECK(refusal_of(handle) == "");
  owner.write("go on");
  CHECK(owner.read() == "smaller");
  CHECK(refusal_of(handle) == "CLOSED");
  owner.write("go on");
  CHECK(owner.read() == "replaced");
  CHECK(refusal_of(handle) == "CLOSED");
  owner.write("end");
  owner.wait();
}

TEST_CASE("named segment: what a killed owner has left is removed by the next process that makes one, and nothing else") {
  Owner killed;
  const Owner living;
  const std::string leftover = path_of(killed.handle());
  killed.kill();
  CHECK(refusal_of(killed.handle()) == "PEER_LOST");
  CHECK(std::filesystem::exists(leftover));

  std::vector<std::string> others;
  for (const std::string name : {"", "x", "1-", "99999999-", "99999999-5", "-1-5-a", "99999999999999999999-5-a", "a-b-c"}) {
    others.push_back(std::string(kFolder) + "/shared-channel-" + name);
    std::ofstream{others.back()};
  }
  const Owner next;
  CHECK_FALSE(std::filesystem::exists(leftover));
  CHECK(refusal_of(living.handle()) == "");
  CHECK(refusal_of(next.handle()) == "");
  for (const std::string& other : others) {
    CAPTURE(other);
    CHECK(std::filesystem::remove(other));
  }
}

TEST_CASE("named segment: a process without descriptors takes nobody for dead") {
  const Owner living;
  for (rlim_t most = 3; most < 16; ++most) {
    Child cramped([&](const Wire& wire) {
      const test::Limit limit(RLIMIT_NOFILE, most);
      wire.write("tried " + test::code_of([] { static_cast<void>(create_named()); }));
    });
    const std::string said = cramped.read();
    CAPTURE(most);
    CHECK((said == "tried " || said == "tried OUT_OF_MEMORY"));
    CHECK(refusal_of(living.handle()) == "");
  }
}

TEST_CASE("who may open a segment: a process of the same user") {
  CHECK(opened_by_user(nullptr, false, test::kNobody, PeerTrust::untrusted) == "sealed, opened");
}

TEST_CASE("who may open a segment: of an owner that nobody may look at, only who trusts it") {
  CHECK(opened_by_user(nullptr, true, test::kNobody, PeerTrust::trusted) == "named, opened");
  CHECK(opened_by_user(nullptr, true, test::kNobody, PeerTrust::untrusted) == "named, NOT_SUPPORTED");
  // An owner that had become like this after it made the segment.
  CHECK(opened_by_user("sealed", true, test::kNobody, PeerTrust::trusted) == "sealed, NOT_SUPPORTED");
}

TEST_CASE("who may open a segment: no other user, however it is found") {
  if (geteuid() != 0) {
    MESSAGE("left out: only root can become two users");
    return;
  }
  CHECK(opened_by_user(nullptr, false, 65533, PeerTrust::trusted) == "sealed, NOT_SUPPORTED");
  CHECK(opened_by_user("named", false, 65533, PeerTrust::trusted) == "named, NOT_SUPPORTED");
  CHECK(opened_by_user(nullptr, true, 65533, PeerTrust::trusted) == "named, NOT_SUPPORTED");
}

TEST_CASE("a segment of this process alone needs no name, whatever it is told") {
  setenv("SHARED_CHANNEL_SEGMENTS", "named", 1);
  const Segment segment = Segment::create(kSize);
  unsetenv("SHARED_CHANNEL_SEGMENTS");
  CHECK(segment.handle(Role::buffer, kSize).kind == Kind::sealed);
}
