// The text of a handle: what it says, and that nothing else is taken for one.
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <failure.hpp>
#include <segment.hpp>

#include "support/failing.hpp"
#include "support/random.hpp"

using namespace shared_channel;
using Role = SegmentHandle::Role;

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
const std::string kCookie = "0123456789abcdef0123456789abcdef";

SegmentHandle a_handle(Role role = Role::buffer, SegmentHandle::Kind kind = SegmentHandle::Kind::sealed) {
  SegmentHandle handle{.role = role,
                       .kind = kind,
                       .owner = {.pid = 4321, .start_time = 987654},
                       .descriptor = 17,
                       .device = 1,
                       .inode = 2047,
                       .size = 70000,
                       .cookie = kCookie};
  if (role != Role::buffer && kind == SegmentHandle::Kind::sealed) {
    handle.pipes = {PipePlace{.descriptor = 18, .inode = kMost}, PipePlace{.descriptor = 19, .inode = 3}};
  }
  return handle;
}

std::vector<std::string> fields_of(const std::string& text) {
  std::vector<std::string> fields(1);
  for (const char letter : text) {
    if (letter == ':') fields.emplace_back();
    else fields.back() += letter;
  }
  return fields;
}

std::string joined(const std::vector<std::string>& fields) {
  std::string text = fields[0];
  for (std::size_t i = 1; i < fields.size(); ++i) text += ':' + fields[i];
  return text;
}

std::string refusal_of(const std::string& text, Role role = Role::buffer) {
  return test::code_of([&] { static_cast<void>(SegmentHandle::parse(text, role)); });
}

}  // namespace

TEST_CASE("handle: its text, letter by letter") {
  CHECK(a_handle().text() == "shared-channel/1:b:s:4321:987654:17:1:2047:70000:" + kCookie);
  CHECK(a_handle(Role::side1, SegmentHandle::Kind::named).text() == "shared-channel/1:1:n:4321:987654:17:1:2047:70000:" + kCookie);
}

TEST_CASE("handle: of a channel that is sealed it leads to the pipes that wake its sides, and of nothing else") {
  for (const Role role : {Role::side0, Role::side1}) {
    const SegmentHandle handle = a_handle(role);
    CHECK(handle.text() == "shared-channel/1:" + std::string(1, static_cast<char>(role)) +
                               ":s:4321:987654:17:1:2047:70000:18:18446744073709551615:19:3:" + kCookie);
    CHECK(SegmentHandle::parse(handle.text(), role).pipes == handle.pipes);
    SegmentHandle without = handle;
    without.pipes.reset();
    CHECK(refusal_of(without.text(), role) == "INVALID_ARGUMENT");
    SegmentHandle named = handle;
    named.kind = SegmentHandle::Kind::named;
    CHECK(refusal_of(named.text(), role) == "INVALID_ARGUMENT");
  }
  SegmentHandle buffer = a_handle();
  buffer.pipes = a_handle(Role::side0).pipes;
  CHECK(refusal_of(buffer.text()) == "INVALID_ARGUMENT");
}

TEST_CASE("handle: what was written is read again, for every role, kind and extreme number") {
  for (const Role role : {Role::buffer, Role::side0, Role::side1}) {
    for (const auto kind : {SegmentHandle::Kind::sealed, SegmentHandle::Kind::named}) {
      for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, kMost}) {
        SegmentHandle handle = a_handle(role, kind);
        handle.owner = {.pid = static_cast<std::uint32_t>(number), .start_time = number};
        handle.descriptor = static_cast<std::uint32_t>(number);
        handle.device = handle.inode = number;
        handle.size = number == 0 ? 1 : std::uint64_t{1} << 32;
        const SegmentHandle read = SegmentHandle::parse(handle.text(), role);
        CHECK(read.text() == handle.text());
        CHECK(read.role == role);
        CHECK(read.kind == kind);
        CHECK(read.owner == handle.owner);
        CHECK(read.descriptor == handle.descriptor);
        CHECK(read.device == number);
        CHECK(read.inode == number);
        CHECK(read.size == handle.size);
        CHECK(read.cookie == kCookie);
      }
    }
  }
}

TEST_CASE("handle: one that is cut short, or has something before or behind it, is refused") {
  const std::string text = a_handle().text();
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK(refusal_of(text.substr(0, length)) == "INVALID_ARGUMENT");
    CHECK(refusal_of(text.substr(length + 1)) == "INVALID_ARGUMENT");
  }
  const std::vector<std::string> paddings = {" ", "\n", "\r\n", ":", "::", "0", "a", std::string(1, '\0')};
  for (const std::string& padding : paddings) {
    CAPTURE(padding);
    CHECK(refusal_of(text + padding) == "INVALID_ARGUMENT");
    CHECK(refusal_of(padding + text) == "INVALID_ARGUMENT");
  }
  CHECK(refusal_of(text + ":" + text) == "INVALID_ARGUMENT");
  CHECK(refusal_of(std::string(1 << 20, ':')) == "INVALID_ARGUMENT");
}

TEST_CASE("handle: each field that is not what it should be is refused") {
  const std::vector<std::string> right = fields_of(a_handle().text());
  const std::vector<std::string> no_letters = {"", "B", "2", "bb", "x", " b", "-"};
  const std::vector<std::string> no_numbers = {"",   "-1",  "+1", " 1", "1 ", "0x1", "1.0", "1e3", "a",
                                               "01", "00", "18446744073709551616", "99999999999999999999999999"};
  const std::vector<std::vector<std::string>> wrong = {
      {"", "shared-channel", "shared-channel/", "shared-channel/2", "shared-channel/10", "Shared-channel/1"},
      no_letters,
      {"", "b", "ss", "S", "x"},
      no_numbers,
      no_numbers,
      no_numbers,
      no_numbers,
      no_numbers,
      no_numbers,
      {"", kCookie.substr(1), kCookie + "0", "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdeg",
       "../../../../../../../../etc/pass"},
  };
  REQUIRE(wrong.size() == right.size());
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (const std::string& field : wrong[i]) {
      std::vector<std::string> fields = right;
      fields[i] = field;
      CAPTURE(joined(fields));
      CHECK(refusal_of(joined(fields)) == "INVALID_ARGUMENT");
    }
  }
  for (const std::size_t narrow : {std::size_t{3}, std::size_t{5}}) {  // process and descriptor have 32 bits
    std::vector<std::string> fields = right;
    fields[narrow] = "4294967296";
    CHECK(refusal_of(joined(fields)) == "INVALID_ARGUMENT");
  }
  for (const char* const size : {"0", "4294967297"}) {
    std::vector<std::string> fields = right;
    fields[8] = size;
    CHECK(refusal_of(joined(fields)) == "INVALID_ARGUMENT");
  }
}

TEST_CASE("handle: one of a buffer opens no channel, and one of a channel no buffer; the error says what does") {
  const auto message_of = [](Role role, Role wanted) -> std::string {
    try {
      static_cast<void>(SegmentHandle::parse(a_handle(role).text(), wanted));
      return {};
    } catch (const Failure& failure) {
      CHECK(failure.code == std::string("INVALID_ARGUMENT"));
      return failure.what();
    }
  };
  for (const Role side : {Role::side0, Role::side1}) {
    CHECK(message_of(side, Role::buffer).find("openChannel") != std::string::npos);
    CHECK(message_of(Role::buffer, side).find("openSharedBuffer") != std::string::npos);
    CHECK(message_of(side, Role::side1).empty());  // which side it is, the handle says
  }
}

TEST_CASE("handle: random changes are refused, or are what they say") {
  const std::uint64_t seed = test::seed_or(20240611);
  CAPTURE(seed);
  test::Random random(seed);
  const std::string original = a_handle().text();
  const std::string letters = "0123456789abcdefsn:/-+ \nx";
  unsigned accepted = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text = original;
    for (std::uint32_t changes = random.between(1, 3); changes > 0 && !text.empty(); --changes) {
      const std::uint32_t place = random.below(static_cast<std::uint32_t>(text.size()));
      const char letter = random.one_in(4) ? static_cast<char>(random.below(256))
                                           : letters[random.below(static_cast<std::uint32_t>(letters.size()))];
      switch (random.below(3)) {
        case 0: text[place] = letter; break;
        case 1: text.insert(place, 1, letter); break;
        default: text.erase(place, 1);
      }
    }
    CAPTURE(text);
    std::string read;
    const std::string refusal = test::code_of([&] { read = SegmentHandle::parse(text, Role::buffer).text(); });
    if (refusal.empty()) ++accepted;
    REQUIRE((refusal.empty() ? read == text : refusal == "INVALID_ARGUMENT"));
  }
  CHECK(accepted > 1000);  // other digits are another handle
}
