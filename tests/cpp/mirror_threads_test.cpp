// JavaScript in memory of its own, on one thread, and native code at the segment, on another: nothing is lost or torn, and
// nobody sleeps for ever.
#include <mirror.hpp>

#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/rounds.hpp"
#include "support/shared_pages.hpp"
#include "support/sleeping_side.hpp"

using namespace shared_channel;
using test::mix;
using test::SharedPages;
using test::SleepingSide;

namespace {

constexpr std::uint32_t kLargest = max_record_payload(kMinCapacity);

// JavaScript as core runs it: it knows its own memory only, calls the addon when it could take the other side's announcement
// there, and otherwise returns to an event loop that a ring wakes. Its announcements in its own memory are no use.
class MirroredSide {
 public:
  MirroredSide(std::byte* segment, const Layout& layout)
      : own_(layout.total_size),
        mirror_(segment, layout, 0),
        bell_(segment, 0),
        peer_bell_(segment, 1),
        peer_bell_in_own_(own_.data(), 1),
        writer_(own_.data(), layout, 0),
        reader_(own_.data(), layout, 1) {
    mirror_.open(own_);
  }

  [[nodiscard]] bool try_write(std::uint32_t size, std::uint32_t number) {
    std::byte* slot = nullptr;
    const RingStatus status = writer_.try_reserve(size, slot);
    if (status == RingStatus::corrupt) throw test::Corrupt();
    if (status == RingStatus::again) return false;
    std::memset(slot, static_cast<int>(number & 0xff), size);
    writer_.commit(size, number & kMaxMessageType);
    call_addon(kWaitingForData);
    return true;
  }

  template <typename Use>
  [[nodiscard]] bool try_read(Use&& use) {
    Record record;
    const RingStatus status = reader_.try_read(record);
    if (status == RingStatus::corrupt) throw test::Corrupt();
    if (status == RingStatus::again) {
      if (reader_.publish()) call_addon(kWaitingForRoom);
      return false;
    }
    use(record);
    reader_.pop();
    return true;
  }

  // The event loop: the next turn begins when the bell has been moved since the last one began.
  void wait_for_ring() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (bell_.value() == heard_) {
      ++sleeps_;
      sleep_on(bell_.word(), heard_, deadline);
      if (std::chrono::steady_clock::now() >= deadline) throw test::Overslept("a ring");
    }
    heard_ = bell_.value();
    mirror_.collect(own_);
  }

  [[nodiscard]] unsigned sleeps() const noexcept { return sleeps_; }

 private:
  void call_addon(std::uint32_t what) {
    if (!peer_bell_in_own_.take(what)) throw std::runtime_error("in JavaScript's memory the other side must always wait");
    if (mirror_.publish(own_)) wake_sleepers(peer_bell_.word());
  }

  std::vector<std::byte> own_;
  Mirror mirror_;
  const Bell bell_;
  const Bell peer_bell_;
  const Bell peer_bell_in_own_;
  RingWriter writer_;
  RingReader reader_;
  std::uint32_t heard_ = 0;
  unsigned sleeps_ = 0;
};

[[nodiscard]] std::uint32_t size_of(std::uint64_t seed, std::uint32_t number) {
  const std::uint64_t random = mix(seed ^ (std::uint64_t{number} << 20));
  return static_cast<std::uint32_t>(random % 4 != 0 ? (random >> 8) % 64 : (random >> 8) % (kLargest + 1));
}

void check(const Record& record, std::uint64_t seed, std::uint32_t number) {
  const std::string name = "record " + std::to_string(number);
  if (record.length != size_of(seed, number) || record.tag != (number & kMaxMessageType)) {
    throw std::runtime_error(name + " is another one");
  }
  for (std::uint32_t at = 0; at < record.length; ++at) {
    if (record.payload[at] != static_cast<std::byte>(number & 0xff)) throw std::runtime_error(name + " is torn");
  }
}

// Runs `native` on a thread of its own and `script` on this one; what went wrong in either, "" if nothing.
template <typename Script, typename Native>
std::string run_both(Script&& script, Native&& native) {
  std::string problems[2];
  const auto run = [](auto& work, std::string& problem) {
    try {
      work();
    } catch (const std::exception& error) {
      problem = error.what();
    }
  };
  std::thread thread([&] { run(native, problems[1]); });
  run(script, problems[0]);
  thread.join();
  return problems[0] + (problems[0].empty() || problems[1].empty() ? "" : "; ") + problems[1];
}

// Uses up some time that cannot be foreseen, so that announcements and publications meet at every possible moment.
void dawdle(std::uint64_t random) {
  for (volatile std::uint64_t left = random % 8 == 0 ? random >> 32 & 4095 : random >> 32 & 255; left > 0;) {
    left = left - 1;
  }
}

}  // namespace

TEST_CASE("mirror on two threads: records both ways, rings that fill up, sides that sleep when they must") {
  const std::uint64_t seed = test::seed_or(42);
  CAPTURE(seed);
  const SharedPages pages;
  const std::uint32_t records = test::rounds(200000, 50000);
  MirroredSide script(pages.one(), pages.layout());
  SleepingSide native(pages.one(), pages.layout(), 1);
  const std::string problem = run_both(
      [&] {
        std::uint32_t written = 0;
        std::uint32_t read = 0;
        for (;;) {
          while (written < records && script.try_write(size_of(seed, written), written)) ++written;
          while (script.try_read([&](const Record& record) { check(record, ~seed, read); })) ++read;
          if (written == records && read == records) return;
          dawdle(mix(seed + read));
          script.wait_for_ring();
        }
      },
      [&] {
        for (std::uint32_t number = 0; number < records; ++number) {
          // One at a time each way, so that neither side can fill both rings and wait for the other.
          native.read([&](const Record& record) { check(record, seed, number); });
          const std::uint32_t size = size_of(~seed, number);
          native.write(size, number & kMaxMessageType, [&](std::byte* slot) {
            std::memset(slot, static_cast<int>(number & 0xff), size);
          });
        }
        native.give_room_back();
      });
  CHECK(problem == "");
  CHECK(script.sleeps() + native.sleeps() > records / 1000);
}

TEST_CASE("mirror on two threads: question and answer, each side asleep when the other speaks") {
  const std::uint64_t seed = test::seed_or(43);
  CAPTURE(seed);
  const SharedPages pages;
  const std::uint32_t rounds = test::rounds(50000, 20000);
  MirroredSide script(pages.one(), pages.layout());
  SleepingSide native(pages.one(), pages.layout(), 1);
  const std::string problem = run_both(
      [&] {
        for (std::uint32_t round = 0; round < rounds; ++round) {
          if (!script.try_write(size_of(seed, round) % 64, round)) throw std::runtime_error("the ring cannot be full");
          dawdle(mix(seed + round));
          while (!script.try_read([](const Record&) {})) script.wait_for_ring();
        }
      },
      [&] {
        for (std::uint32_t round = 0; round < rounds; ++round) {
          native.read([](const Record&) {});
          native.give_room_back();
          dawdle(mix(seed - round));
          native.write(8, round & kMaxMessageType, [](std::byte* slot) { std::memset(slot, 0, 8); });
        }
      });
  CHECK(problem == "");
  CHECK(script.sleeps() + native.sleeps() > rounds / 100);
}

TEST_CASE("mirror on two threads: whoever sees the other side closed has all that it sent before") {
  constexpr std::uint32_t kStates[] = {kStateOffset, kStateOffset + kSideStride};
  for (unsigned round = 0; round < test::rounds(500, 200); ++round) {
    const Layout layout = make_layout(kMinCapacity, kMinCapacity);
    std::vector<std::byte> segment(layout.total_size);
    std::vector<std::byte> own(layout.total_size);
    Mirror mirror(segment.data(), layout, 0);
    mirror.open(own);
    const auto send_and_close = [&](std::byte* base, std::uint32_t side) {
      RingWriter writer(base, layout, side);
      std::byte* slot = nullptr;
      if (writer.try_reserve(8, slot) == RingStatus::ok) writer.commit(8, 1);
      word_at(base, kStates[side]).store(kStateClosed);
    };
    const auto receives = [&](std::byte* base, std::uint32_t ring) {
      RingReader reader(base, layout, ring);
      Record record;
      return reader.try_read(record) == RingStatus::ok;
    };
    bool native_received = false;
    std::thread native([&] {
      dawdle(mix(round));
      send_and_close(segment.data(), 1);
      while (word_at(segment.data(), kStates[0]).load() != kStateClosed) {
      }
      native_received = receives(segment.data(), 0);
    });
    while (word_at(own.data(), kStates[1]).load() != kStateClosed) mirror.collect(own);
    const bool script_received = receives(own.data(), 1);
    dawdle(mix(~std::uint64_t{round}));
    send_and_close(own.data(), 0);
    (void)mirror.publish(own);
    native.join();
    REQUIRE(script_received);
    REQUIRE(native_received);
  }
}
