#include <shared_channel/shared_buffer.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <segment.hpp>

#include <doctest/doctest.h>

#include "support/child_process.hpp"
#include "support/failing.hpp"
#include "support/rounds.hpp"
#include "support/random.hpp"
#include "support/side1_handle.hpp"

using namespace shared_channel;
using test::Child;
using test::code_of;

namespace {

constexpr std::uint64_t kOdd = 100'001;  // not whole pages

std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte byte : bytes) sum = sum * 31 + std::to_integer<unsigned>(byte);
  return sum;
}

void fill(std::span<std::byte> bytes, std::uint64_t seed) {
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(test::mix(seed + i));
}

}  // namespace

TEST_CASE("shared buffer: has the size that was asked for, and zeroes") {
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{65536}, kOdd}) {
    const auto buffer = SharedBuffer::create(size);
    CHECK(buffer.size() == size);
    CHECK(buffer.bytes().size() == size);
    CHECK(buffer.data() == buffer.bytes().data());
    CHECK(buffer.access() == BufferAccess::read_write);
    CHECK(std::ranges::all_of(buffer.bytes(), [](std::byte byte) { return byte == std::byte{0}; }));
  }
}

TEST_CASE("shared buffer: refuses sizes that cannot be") {
  for (const std::uint64_t size : {std::uint64_t{0}, (std::uint64_t{1} << 32) + 1, ~std::uint64_t{0}}) {
    CAPTURE(size);
    CHECK(code_of([&] { (void)SharedBuffer::create(size); }) == "INVALID_ARGUMENT");
  }
}

TEST_CASE("shared buffer: is the same memory wherever it is opened") {
  const auto buffer = SharedBuffer::create(kOdd);
  fill(buffer.bytes(), 1);
  const auto again = SharedBuffer::open(buffer.handle());
  CHECK(again.size() == kOdd);
  CHECK(again.data() != buffer.data());
  CHECK(sum_of(again.bytes()) == sum_of(buffer.bytes()));
  again.bytes()[kOdd - 1] = std::byte{42};
  CHECK(buffer.bytes()[kOdd - 1] == std::byte{42});
}

TEST_CASE("shared buffer: another process reads what this one wrote, and the reverse") {
  const auto buffer = SharedBuffer::create(kOdd);
  fill(buffer.bytes(), 2);
  const std::string handle = buffer.handle();
  const std::uint64_t expected = sum_of(buffer.bytes());
  Child child([&] {
    const auto opened = SharedBuffer::open(handle);
    if (sum_of(opened.bytes()) != expected) return 1;
    fill(opened.bytes(), 3);
    return 0;
  });
  CHECK(child.exit_code() == 0);
  std::vector<std::byte> third(kOdd);
  fill(third, 3);
  CHECK(sum_of(buffer.bytes()) == sum_of(third));
}

TEST_CASE("shared buffer: what was opened stays when its owner has closed it or ended") {
  auto buffer = SharedBuffer::create(10);
  auto opened = SharedBuffer::open(buffer.handle());
  const std::string handle = buffer.handle();
  buffer.bytes()[9] = std::byte{9};
  buffer.close();
  CHECK(opened.bytes()[9] == std::byte{9});
  CHECK(code_of([&] { (void)SharedBuffer::open(handle); }) == "CLOSED");
}

TEST_CASE("shared buffer: a write into one that is read-only ends the process that wrote, and nothing else") {
  const auto buffer = SharedBuffer::create(10);
  for (const BufferAccess access : {BufferAccess::read_only, BufferAccess::read_only_strict}) {
    const auto opened = SharedBuffer::open(buffer.handle(), access);
    CHECK(opened.access() == access);
    buffer.bytes()[0] = std::byte{7};
    CHECK(opened.bytes()[0] == std::byte{7});
    Child child([&] {
      test::die_quietly();
      opened.bytes()[0] = std::byte{1};
      return 0;
    });
    CHECK(child.signal() == SIGSEGV);
    CHECK(opened.bytes()[0] == std::byte{7});
  }
}

TEST_CASE("shared buffer: after close everything throws, and closing again does nothing") {
  auto buffer = SharedBuffer::create(10);
  auto stream = buffer.open_stream();
  CHECK_FALSE(buffer.is_closed());
  buffer.close();
  buffer.close();
  CHECK(buffer.is_closed());
  CHECK(code_of([&] { (void)buffer.size(); }) == "CLOSED");
  CHECK(code_of([&] { (void)buffer.data(); }) == "CLOSED");
  CHECK(code_of([&] { (void)buffer.bytes(); }) == "CLOSED");
  CHECK(code_of([&] { (void)buffer.access(); }) == "CLOSED");
  CHECK(code_of([&] { (void)buffer.handle(); }) == "CLOSED");
  CHECK(code_of([&] { (void)buffer.open_stream(); }) == "CLOSED");
  CHECK(code_of([&] { stream.get(); }) == "CLOSED");
}

TEST_CASE("shared buffer: can be moved, and closes what it had") {
  auto one = SharedBuffer::create(10);
  one.bytes()[3] = std::byte{3};
  SharedBuffer two = std::move(one);
  CHECK(one.is_closed());
  CHECK(two.bytes()[3] == std::byte{3});
  auto three = SharedBuffer::create(20);
  const std::string handle = three.handle();
  three = std::move(two);
  CHECK(three.size() == 10);
  CHECK(code_of([&] { (void)SharedBuffer::open(handle); }) == "CLOSED");
}

TEST_CASE("shared buffer: a text that is no handle is refused, however it was cut or changed") {
  const auto buffer = SharedBuffer::create(10);
  const std::string handle = buffer.handle();
  for (std::size_t length = 0; length < handle.size(); ++length) {
    CAPTURE(length);
    const std::string code = code_of([&] { (void)SharedBuffer::open(handle.substr(0, length)); });
    CHECK(code == "INVALID_ARGUMENT");
  }
  CHECK(code_of([&] { (void)SharedBuffer::open(handle + "0"); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)SharedBuffer::open(handle + "\n"); }) == "INVALID_ARGUMENT");
  CHECK(code_of([&] { (void)SharedBuffer::open(std::string(handle.size(), '\0')); }) == "INVALID_ARGUMENT");
}

TEST_CASE("shared buffer: a handle of which anything was changed opens nothing else") {
  const auto buffer = SharedBuffer::create(10);
  const auto other = SharedBuffer::create(10);
  const std::string handle = buffer.handle();
  const std::uint64_t seed = test::seed_or(11);
  CAPTURE(seed);
  test::Random random(seed);
  for (unsigned round = 0; round < test::rounds(5000, 500); ++round) {
    std::string forged = handle;
    const std::uint32_t at = random.below(static_cast<std::uint32_t>(forged.size()));
    forged[at] = static_cast<char>(random.one_of({'0', '1', '9', 'a', 'f', 'n', 's', 'b', ':', '-', random.below(256)}));
    if (forged == handle) continue;
    CAPTURE(forged);
    const std::string code = code_of([&] {
      const auto opened = SharedBuffer::open(forged, BufferAccess::read_only);
      // The size that counts is the owner's word, within what the segment has.
      CHECK(opened.bytes().size() <= 65536);
      CHECK(forged.find(":10:") == std::string::npos);
    });
    CHECK((code == "" || code == "INVALID_ARGUMENT" || code == "CLOSED" || code == "PEER_LOST" || code == "NOT_SUPPORTED"));
  }
}

TEST_CASE("shared buffer: a handle of a process that has ended says so") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  Child child([&] {
    const auto buffer = SharedBuffer::create(10);
    const std::string handle = buffer.handle();
    return ::write(pipe[1], handle.data(), handle.size()) == static_cast<ssize_t>(handle.size()) ? 0 : 1;
  });
  CHECK(child.exit_code() == 0);
  std::array<char, 512> text{};
  const auto length = ::read(pipe[0], text.data(), text.size());
  ::close(pipe[0]);
  ::close(pipe[1]);
  REQUIRE(length > 0);
  const std::string handle(text.data(), static_cast<std::size_t>(length));
  CHECK(code_of([&] { (void)SharedBuffer::open(handle); }) == "PEER_LOST");
}

TEST_CASE("shared buffer: a handle of a channel is none of a buffer") {
  const auto segment = Segment::create(10, SegmentUse::other_processes);
  const std::string handle = test::side1_handle(segment, 10);
  CHECK(code_of([&] { (void)SharedBuffer::open(handle); }) == "INVALID_ARGUMENT");
}

TEST_CASE("shared buffer: a thousand are created, opened and closed without growth") {
  const auto open_files = [] { return test::count_descriptors(); };
  const auto before = open_files();
  for (int i = 0; i < 1000; ++i) {
    auto buffer = SharedBuffer::create(1 + i * 100);
    auto opened = SharedBuffer::open(buffer.handle());
    opened.bytes()[0] = std::byte{1};
  }
  CHECK(open_files() == before);
}

TEST_CASE("buffer stream: has one position, for reading and writing") {
  const auto buffer = SharedBuffer::create(16);
  auto stream = buffer.open_stream();
  stream << "0123456789";
  CHECK(stream.tellg() == 10);
  CHECK(stream.tellp() == 10);
  stream.seekg(2);
  std::string text(3, ' ');
  stream.read(text.data(), 3);
  CHECK(text == "234");
  stream.put('x');
  CHECK(stream.peek() == '6');
  CHECK(std::memcmp(buffer.data(), "01234x6789", 10) == 0);
  stream.seekp(-1, std::ios::end);
  CHECK(stream.tellg() == 15);
  stream.seekg(-5, std::ios::cur);
  CHECK(stream.tellg() == 10);
  auto second = buffer.open_stream();
  CHECK(second.tellg() == 0);
  int number = 0;
  second >> number;
  CHECK(number == 1234);
  CHECK(second.get() == 'x');
  second.unget();
  CHECK(second.get() == 'x');
  second.putback('y');
  CHECK(std::memcmp(buffer.data(), "01234y6789", 10) == 0);
}

TEST_CASE("buffer stream: ends where the buffer does") {
  const auto buffer = SharedBuffer::create(5);
  auto stream = buffer.open_stream();
  SUBCASE("reading") {
    std::string text(8, ' ');
    stream.read(text.data(), 8);
    CHECK(stream.gcount() == 5);
    CHECK(stream.eof());
    CHECK_FALSE(stream.bad());
    stream.clear();
    CHECK(stream.get() == std::char_traits<char>::eof());
  }
  SUBCASE("writing") {
    stream.seekp(3);
    CHECK(code_of([&] { stream.write("abc", 3); }) == "INVALID_ARGUMENT");
    CHECK(stream.bad());
    CHECK(std::memcmp(buffer.data(), "\0\0\0ab", 5) == 0);
    stream.clear();
    CHECK(stream.tellp() == 5);
    CHECK(code_of([&] { stream.put('c'); }) == "INVALID_ARGUMENT");
  }
  SUBCASE("seeking") {
    for (const long position : {6L, -1L, 1L << 62, -(1L << 62)}) {
      for (const auto from : {std::ios::beg, std::ios::cur, std::ios::end}) {
        stream.clear();
        stream.seekg(0);
        if (position == -1 && from == std::ios::end) continue;
        stream.seekg(position, from);
        CHECK(stream.fail());
      }
    }
    stream.clear();
    CHECK(stream.tellg() == 0);
    stream.seekg(5);
    CHECK(stream.get() == std::char_traits<char>::eof());
  }
}

TEST_CASE("buffer stream: writes nothing into a buffer that is read-only") {
  const auto buffer = SharedBuffer::create(5);
  buffer.bytes()[0] = std::byte{'a'};
  auto stream = SharedBuffer::open(buffer.handle(), BufferAccess::read_only).open_stream();
  // The buffer object is gone, and its stream with it.
  CHECK(code_of([&] { stream.get(); }) == "CLOSED");
  const auto opened = SharedBuffer::open(buffer.handle(), BufferAccess::read_only);
  auto second = opened.open_stream();
  CHECK(second.get() == 'a');
  CHECK(code_of([&] { second.put('b'); }) == "INVALID_ARGUMENT");
  second.clear();
  CHECK(code_of([&] { second.putback('c'); }) == "INVALID_ARGUMENT");
  CHECK(std::memcmp(buffer.data(), "a\0\0\0\0", 5) == 0);
}

TEST_CASE("buffer stream: fails for good once the buffer is closed, and for whoever asks for no exceptions, with badbit") {
  auto buffer = SharedBuffer::create(5);
  auto stream = buffer.open_stream();
  auto quiet = buffer.open_stream();
  quiet.exceptions(std::ios::goodbit);
  buffer.close();
  CHECK(code_of([&] { stream.put('a'); }) == "CLOSED");
  CHECK_THROWS_AS(stream.put('a'), std::ios_base::failure);
  stream.clear();
  CHECK(code_of([&] { (void)stream.tellg(); }) == "CLOSED");
  stream.clear();
  CHECK(code_of([&] { stream.seekg(0); }) == "CLOSED");
  quiet << "text";
  CHECK(quiet.bad());
}

TEST_CASE("buffer stream: may be in the middle of reading when another thread closes the buffer") {
  for (unsigned round = 0; round < test::rounds(200, 50); ++round) {
    auto buffer = SharedBuffer::create(1 << 20);
    auto stream = buffer.open_stream();
    std::string code;
    std::thread reader([&] {
      std::vector<char> part(1000);
      code = code_of([&] {
        for (;;) {
          stream.clear();
          stream.seekg(0);
          while (stream.read(part.data(), 1000)) {
          }
        }
      });
    });
    buffer.close();
    reader.join();
    CHECK(code == "CLOSED");
  }
}

TEST_CASE("buffer stream: can be moved") {
  const auto buffer = SharedBuffer::create(5);
  auto one = buffer.open_stream();
  one << "ab";
  BufferStream two = std::move(one);
  two << "cd";
  CHECK(std::memcmp(buffer.data(), "abcd", 5) == 0);
  CHECK(two.tellg() == 4);
}
