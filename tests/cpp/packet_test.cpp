// What two processes say to each other, and what a hostile one could.
#include <host_protocol.hpp>
#include <packet.hpp>
#include <socket.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "support/random.hpp"

using namespace shared_channel;

namespace {

int open_descriptors() {
  int count = 0;
  for (int number = 0; number < 256; ++number) count += fcntl(number, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a packet comes back as it was") {
  for (const auto& fields : std::vector<std::vector<std::string>>{
           {}, {""}, {"one"}, {"", "", ""}, {std::string(100'000, 'x'), std::string("\0\n\xff", 3)}}) {
    const Packet packet{.kind = 7, .fields = fields};
    const auto decoded = Packet::decode(packet.encode());
    REQUIRE(decoded);
    CHECK(decoded->kind == 7);
    CHECK(decoded->fields == fields);
  }
}

TEST_CASE("what was cut off or changed is no packet, or another one, and is never read beyond its end") {
  const std::string bytes = Packet{.kind = 1, .fields = {"one", "two", "three"}}.encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string part = bytes.substr(0, size);
    const auto decoded = Packet::decode(part);
    CHECK((!decoded || decoded->fields.size() < 3));
  }
  const std::uint64_t seed = test::seed_or(1);
  CAPTURE(seed);
  test::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string spoiled = bytes;
    spoiled[random.below(static_cast<std::uint32_t>(spoiled.size()))] = static_cast<char>(random.below(256));
    if (const auto packet = Packet::decode(spoiled)) {
      (void)event_of(*packet);
      (void)HostStart::from(*packet);
      (void)ExchangeRequest::from(*packet);
      (void)ExchangeAnswer::from(*packet);
    }
  }
}

TEST_CASE("an event comes back as it was, with a code and a level that can be") {
  const PluginEvent ready{
      .kind = PluginEvent::Kind::ready, .code = "", .text = "", .name = "camera", .version = "1.2", .abi_minor = 3};
  const auto event = event_of(packet_of(ready));
  REQUIRE(event);
  CHECK(event->kind == PluginEvent::Kind::ready);
  CHECK(event->name == "camera");
  CHECK(event->version == "1.2");
  CHECK(event->abi_minor == 3);

  Packet packet = packet_of({.kind = PluginEvent::Kind::error, .code = "<script>", .text = "text"});
  CHECK(event_of(packet)->code == "PLUGIN_ERROR");
  packet.fields[2] = "-7";
  CHECK(event_of(packet)->level == SC_LOG_INFO);
  packet.fields[5] = "99999999999999999999";
  CHECK_FALSE(event_of(packet));
  packet.fields.pop_back();
  CHECK_FALSE(event_of(packet));
  CHECK_FALSE(event_of({.kind = 4, .fields = std::vector<std::string>(6, "0")}));
}

TEST_CASE("numbers are decimal, and fit") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("18446744073709551615") == 18446744073709551615u);
  for (const char* const text : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "one"}) {
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("a connection carries packets of all sizes in order, and descriptors") {
  auto [here, there] = Socket::pair();
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const Descriptor reading(pipe[0]);
  const Descriptor writing(pipe[1]);
  std::thread sender([&here, &writing] {
    for (std::uint32_t kind = 0; kind < 200; ++kind) {
      const Packet packet{.kind = kind, .fields = {std::string(kind * kind * 10, 'x')}};
      if (kind == 100) {
        here.send(packet, {writing.get()});
      } else {
        here.send(packet);
      }
    }
  });
  std::vector<Descriptor> descriptors;
  for (std::uint32_t kind = 0; kind < 200; ++kind) {
    const auto packet = there.receive_with(descriptors);
    REQUIRE(packet);
    CHECK(packet->kind == kind);
    CHECK(packet->fields.at(0).size() == kind * kind * 10);
    CHECK(descriptors.size() == (kind < 100 ? 0 : 1));
  }
  sender.join();
  REQUIRE(write(descriptors.at(0).get(), "!", 1) == 1);
  char got = 0;
  REQUIRE(read(reading.get(), &got, 1) == 1);
  CHECK(got == '!');
}

TEST_CASE("a connection ends with the other end, with its process, and with what is too large") {
  {
    auto [here, there] = Socket::pair();
    { const Socket gone = std::move(there); }
    CHECK_FALSE(here.receive(1000));
    CHECK_FALSE(here.send({.kind = 1, .fields = {}}));
  }
  {
    auto [here, there] = Socket::pair();
    REQUIRE(there.send({.kind = 1, .fields = {"last words"}}));
    int ended[2];
    REQUIRE(::pipe(ended) == 0);
    const Descriptor reading(ended[0]);
    { const Descriptor closed(ended[1]); }  // readable from now on
    CHECK(here.receive(1000, reading.get()));
    CHECK_FALSE(here.receive(1000, reading.get()));
  }
  {
    auto [here, there] = Socket::pair();
    REQUIRE(there.send({.kind = 1, .fields = {std::string(2000, 'x')}}));
    CHECK_FALSE(here.receive(1000));
  }
  {
    auto [here, there] = Socket::pair();
    there.end_sending();
    CHECK_FALSE(here.receive(1000));
    REQUIRE(here.send({.kind = 1, .fields = {}}));
    CHECK(there.receive(1000));
  }
}

TEST_CASE("descriptors that nobody asked for do not come in") {
  auto [here, there] = Socket::pair();
  const int before = open_descriptors();
  REQUIRE(there.send({.kind = 1, .fields = {"x"}}, {there.descriptor(), here.descriptor()}));
  REQUIRE(here.receive(1000));
  CHECK(open_descriptors() == before);
}
