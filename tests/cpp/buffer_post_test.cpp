// The texts by which buffers are posted, and what comes of those that are wrong.
#include <buffer_post.hpp>

#include <string>

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/rounds.hpp"

using namespace shared_channel;

namespace {

// What a text is taken for: p post, u unreadable, a answer, n nothing.
char kind_of(std::string_view text) { return "npua"[parse_buffer_text(text).index()]; }

}  // namespace

TEST_CASE("buffer post: is read as it was written") {
  const BufferPost post{.id = 9007199254740991,
                        .access = BufferAccess::read_only_strict,
                        .size = 4294967296,
                        .handle = "shared-channel/1:b",
                        .additional_data = "{\"a\":\n1}"};
  CHECK(post.text() == "post\n9007199254740991\nread-only-strict\n4294967296\nshared-channel/1:b\n{\"a\":\n1}");
  const auto read = std::get<BufferPost>(parse_buffer_text(post.text()));
  CHECK(read.id == post.id);
  CHECK(read.access == post.access);
  CHECK(read.size == post.size);
  CHECK(read.handle == post.handle);
  CHECK(read.additional_data == post.additional_data);
  const auto bare = std::get<BufferPost>(parse_buffer_text("post\n0\nread-write\n1\n\n"));
  CHECK(bare.access == BufferAccess::read_write);
  CHECK(bare.handle == "");
  CHECK(bare.additional_data == "");
}

TEST_CASE("buffer post: answers are read as they were written") {
  CHECK(received_text(7, {.pid = 12, .start_time = 34}) == "received\n7\n12\n34");
  CHECK(released_text(7) == "released\n7");
  CHECK(declined_text(7, "NOT_SUPPORTED", "no\nway") == "declined\n7\nNOT_SUPPORTED\nno\nway");
  const auto answer = [](const std::string& text) { return std::get<PostAnswer>(parse_buffer_text(text)); };
  CHECK(answer(received_text(7, {})).kind == PostAnswer::Kind::received);
  CHECK(answer("received\n7\n\n").id == 7);
  CHECK(answer(released_text(8)).kind == PostAnswer::Kind::released);
  CHECK(answer(released_text(8)).id == 8);
  CHECK(answer(declined_text(9, "CLOSED", "no\nway")).kind == PostAnswer::Kind::declined);
  CHECK(answer(declined_text(9, "CLOSED", "no\nway")).reason == "CLOSED: no\nway");
  CHECK(answer(declined_text(9, "CLOSED", std::string(100'000, 'x'))).reason.size() < 10'000);
}

TEST_CASE("buffer post: a post that cannot be read is known by its id, to be declined") {
  for (const char* const text :
       {"post\n1", "post\n1\n", "post\n1\nread-only", "post\n1\nread-only\n5", "post\n1\nread-only\n5\nhandle",
        "post\n1\nother\n5\nhandle\n", "post\n1\nread-only\n0\nhandle\n", "post\n1\nread-only\n4294967297\nhandle\n",
        "post\n1\nread-only\n05\nhandle\n", "post\n1\nread-only\n-5\nhandle\n", "post\n1\nread-only\n\nhandle\n",
        "post\n1\nread-only\n99999999999999999999999\nhandle\n"}) {
    CAPTURE(text);
    CHECK(kind_of(text) == 'u');
  }
  CHECK(kind_of("post\n1\nread-only\n5\n" + std::string(4097, 'x') + "\n") == 'u');
}

TEST_CASE("buffer post: what is none of the texts is nothing") {
  for (const char* const text : {"", "\n", "post", "post\n", "post\n\n", "post\nx", "post\n-1", "post\n01", "post\n1x\nread-only",
                                 "post\n9007199254740992\nread-only\n5\nhandle\n", "POST\n1", "released", "released\n",
                                 "declined\n1", "declined\n1\nCLOSED", "other\n1\n2\n3"}) {
    CAPTURE(text);
    CHECK(kind_of(text) == 'n');
  }
}

TEST_CASE("buffer post: any bytes are read without harm") {
  const std::uint64_t seed = test::seed_or(2);
  CAPTURE(seed);
  test::Random random(seed);
  const std::string valid = "post\n12\nread-only\n5\nhandle\n{}";
  for (unsigned round = 0; round < test::rounds(200'000, 20'000); ++round) {
    std::string text = valid.substr(0, random.below(static_cast<std::uint32_t>(valid.size()) + 1));
    for (std::uint32_t i = random.below(5); i > 0 && !text.empty(); --i) {
      text[random.below(static_cast<std::uint32_t>(text.size()))] = static_cast<char>(random.one_in(3) ? '\n' : random.below(256));
    }
    (void)parse_buffer_text(text);
  }
}
