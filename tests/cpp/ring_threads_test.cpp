// The two ends of a ring on two threads: nothing is lost, reordered or torn, and nobody sleeps for ever.
#include <shared_channel/ring.hpp>

#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

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

// Numbered records whose size and bytes follow from a seed, so that the reader knows what must come.
class Stream {
 public:
  Stream(std::uint64_t seed, std::uint32_t largest) : seed_(seed), largest_(largest) {}

  [[nodiscard]] std::uint32_t size(std::uint32_t number) const {
    const std::uint64_t random = mix(seed_ ^ (std::uint64_t{number} << 20));
    // Mostly small, so that many are in the ring at once; else any size.
    return static_cast<std::uint32_t>(random % 4 != 0 ? (random >> 8) % 64 : (random >> 8) % (largest_ + 1));
  }

  void fill(std::uint32_t number, std::byte* payload) const {
    const std::uint32_t end = size(number);
    for (std::uint32_t at = 0; at < end; at += 8) {
      const std::uint64_t word = word_of(number, at);
      std::memcpy(payload + at, &word, std::min(end - at, 8u));
    }
  }

  // Empty when the record is the one that must come.
  [[nodiscard]] std::string problem_of(std::uint32_t number, const Record& record) const {
    const std::uint32_t end = size(number);
    if (record.tag != (number & kMaxMessageType) || record.length != end) {
      return "record " + std::to_string(number) + " has the tag " + std::to_string(record.tag) + " and " +
             std::to_string(record.length) + " bytes instead of " + std::to_string(end);
    }
    for (std::uint32_t at = 0; at < end; at += 8) {
      const std::uint64_t word = word_of(number, at);
      if (std::memcmp(record.payload + at, &word, std::min(end - at, 8u)) != 0) {
        return "record " + std::to_string(number) + " has wrong bytes at " + std::to_string(at);
      }
    }
    return "";
  }

 private:
  [[nodiscard]] std::uint64_t word_of(std::uint32_t number, std::uint32_t at) const {
    return mix(seed_ + (std::uint64_t{number} << 32) + at);
  }

  const std::uint64_t seed_;
  const std::uint32_t largest_;
};

// Runs both and returns what went wrong in either, "" if nothing. Assertions belong to the test's own thread.
std::string run_both(const std::function<void()>& one, const std::function<void()>& other) {
  const auto problem_in = [](const std::function<void()>& run) -> std::string {
    try {
      run();
      return "";
    } catch (const std::exception& error) {
      return error.what();
    }
  };
  std::string others;
  std::thread thread([&] { others = problem_in(other); });
  const std::string ones = problem_in(one);
  thread.join();
  return ones.empty() ? others : others.empty() ? ones : ones + "; " + others;
}

void expect(const std::string& problem) {
  if (!problem.empty()) throw std::runtime_error(problem);
}

// Uses up some time that cannot be foreseen, so that sleeper and publisher meet at every possible moment.
void dawdle(std::uint64_t random) {
  for (volatile std::uint32_t left = random % 8 == 0 ? random >> 32 & 1023 : random >> 32 & 63; left > 0;) {
    left = left - 1;
  }
}

}  // namespace

TEST_CASE("ring on two threads: a busy writer and a busy reader") {
  const std::uint64_t seed = test::seed_or(6);
  CAPTURE(seed);
  const Stream stream(seed, kLargest);
  const SharedPages pages;
  const std::uint32_t records = test::rounds(1000000, 300000);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto wait = [&] {
    if (std::chrono::steady_clock::now() >= deadline) throw std::runtime_error("the other thread does not go on");
    std::this_thread::yield();
  };
  const std::string problem = run_both(
      [&] {
        RingWriter writer(pages.one(), pages.layout(), 0);
        for (std::uint32_t number = 0; number < records; ++number) {
          std::byte* slot = nullptr;
          while (writer.try_reserve(stream.size(number), slot) != RingStatus::ok) wait();
          stream.fill(number, slot);
          writer.commit(stream.size(number), number & kMaxMessageType);
        }
      },
      [&] {
        RingReader reader(pages.one(), pages.layout(), 0);
        for (std::uint32_t number = 0; number < records; ++number) {
          Record record;
          RingStatus status;
          while ((status = reader.try_read(record)) == RingStatus::again) {
            reader.publish();
            wait();
          }
          if (status == RingStatus::corrupt) throw test::Corrupt();
          expect(stream.problem_of(number, record));
          reader.pop();
          if (reader.should_publish()) reader.publish();
        }
      });
  CHECK(problem == "");
}

TEST_CASE("ring on two threads: a writer and a reader that sleep when they must") {
  const std::uint64_t seed = test::seed_or(7);
  CAPTURE(seed);
  const SharedPages pages;
  std::uint32_t largest = 0;
  // Small records empty the ring often; large ones fill it often.
  SUBCASE("small records") { largest = 64; }
  SUBCASE("records of all sizes") { largest = kLargest; }
  const Stream stream(seed, largest);
  const std::uint32_t records = test::rounds(300000, 100000);
  SleepingSide writer(pages.one(), pages.layout(), 0);
  SleepingSide reader(pages.other(), pages.layout(), 1);
  const std::string problem = run_both(
      [&] {
        for (std::uint32_t number = 0; number < records; ++number) {
          writer.write(stream.size(number), number & kMaxMessageType,
                       [&](std::byte* slot) { stream.fill(number, slot); });
          dawdle(mix(number) >> 3);
        }
      },
      [&] {
        for (std::uint32_t number = 0; number < records; ++number) {
          reader.read([&](const Record& record) { expect(stream.problem_of(number, record)); });
        }
      });
  CHECK(problem == "");
  CHECK(writer.sleeps() + reader.sleeps() > records / 1000);
}

TEST_CASE("ring on two threads: question and answer, each side asleep when the other speaks") {
  const std::uint64_t seed = test::seed_or(8);
  CAPTURE(seed);
  const SharedPages pages;
  // One mapping: the sanitizer sees both threads at the same addresses. Two mappings: what JavaScript and native code use.
  std::byte* second = nullptr;
  SUBCASE("over one mapping") { second = pages.one(); }
  SUBCASE("over two mappings") { second = pages.other(); }
  const std::uint32_t rounds = test::rounds(120000, 40000);
  SleepingSide asker(pages.one(), pages.layout(), 0);
  SleepingSide answerer(second, pages.layout(), 1);
  const auto put = [](std::uint32_t number) {
    return [number](std::byte* slot) { std::memcpy(slot, &number, sizeof number); };
  };
  const auto get = [](std::uint32_t& number) {
    return [&number](const Record& record) { std::memcpy(&number, record.payload, sizeof number); };
  };
  const std::string problem = run_both(
      [&] {
        for (std::uint32_t round = 0; round < rounds; ++round) {
          asker.write(sizeof round, 1, put(round));
          dawdle(mix(seed + round));
          std::uint32_t answer = 0;
          asker.read(get(answer));
          if (answer != ~round) throw std::runtime_error("a wrong answer in round " + std::to_string(round));
        }
      },
      [&] {
        for (std::uint32_t round = 0; round < rounds; ++round) {
          std::uint32_t question = 0;
          answerer.read(get(question));
          dawdle(mix(seed - round));
          answerer.write(sizeof question, 2, put(~question));
        }
      });
  CHECK(problem == "");
  CHECK(asker.sleeps() + answerer.sleeps() > rounds / 100);
}

TEST_CASE("ring on two threads: a full ring, given back in one go") {
  const std::uint64_t seed = test::seed_or(9);
  CAPTURE(seed);
  const SharedPages pages;
  const std::uint32_t records = test::rounds(200000, 60000);
  SleepingSide writer(pages.one(), pages.layout(), 0);
  SleepingSide reader(pages.one(), pages.layout(), 1);
  // Two fill the ring, so each side soon waits for the other; a wake-up that is lost leaves both asleep.
  const std::string problem = run_both(
      [&] {
        for (std::uint32_t number = 0; number < records; ++number) {
          writer.write(kLargest, 1, [&](std::byte* slot) { std::memcpy(slot, &number, sizeof number); });
          dawdle(mix(seed + number));
        }
      },
      [&] {
        for (std::uint32_t number = 0; number < records; ++number) {
          std::uint32_t found = 0;
          reader.read([&](const Record& record) { std::memcpy(&found, record.payload, sizeof found); });
          if (found != number) throw std::runtime_error("record " + std::to_string(number) + " is missing");
          dawdle(mix(seed - number));
        }
      });
  CHECK(problem == "");
  CHECK(writer.sleeps() + reader.sleeps() > records / 1000);
}
