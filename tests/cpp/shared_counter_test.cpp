// A number in shared memory that many count in.
#include <shared_channel/shared_counter.hpp>

#include <limits>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/failing.hpp"
#include "support/rounds.hpp"
#include "support/shared_memory.hpp"

using shared_channel::SharedCounter;
using test::SharedMemory;

namespace {

using Limits = std::numeric_limits<std::int64_t>;

}  // namespace

TEST_CASE("shared counter: says the new value of what it counts") {
  const SharedMemory memory;
  SharedCounter counter(memory.one() + 8);
  CHECK(counter.value() == 0);
  CHECK(counter.increment() == 1);
  CHECK(counter.add(41) == 42);
  CHECK(counter.decrement() == 41);
  CHECK(counter.add(-50) == -9);
  CHECK(counter.value() == -9);
}

TEST_CASE("shared counter: exchanges what was expected, and says what was there") {
  const SharedMemory memory;
  SharedCounter counter(memory.one());
  counter.compare_exchange(counter.value(), 7);
  CHECK(counter.compare_exchange(7, 8) == 7);
  CHECK(counter.value() == 8);
  CHECK(counter.compare_exchange(7, 9) == 8);
  CHECK(counter.value() == 8);
}

TEST_CASE("shared counter: wraps around") {
  const SharedMemory memory;
  SharedCounter counter(memory.one());
  counter.compare_exchange(counter.value(), Limits::max());
  CHECK(counter.increment() == Limits::min());
  CHECK(counter.decrement() == Limits::max());
  CHECK(counter.add(Limits::min()) == -1);
}

TEST_CASE("shared counter: loses nothing of what several threads count, over two mappings") {
  const SharedMemory memory;
  const unsigned rounds = test::rounds(200000, 20000);
  const auto count = [rounds](SharedCounter counter, std::int64_t amount) {
    for (unsigned i = 0; i < rounds; ++i) counter.add(amount);
  };
  std::vector<std::thread> threads;
  for (const std::int64_t amount : {1, 2, -5, 9}) {
    threads.emplace_back(count, SharedCounter(amount > 1 ? memory.one() : memory.other()), amount);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(SharedCounter(memory.other()).value() == std::int64_t{7} * rounds);
}

TEST_CASE("shared counter: refuses an address that cannot be") {
  const SharedMemory memory;
  CHECK(test::code_of([] { SharedCounter counter(nullptr); }) == "INVALID_ARGUMENT");
  CHECK(test::code_of([&] { SharedCounter counter(memory.one() + 4); }) == "INVALID_ARGUMENT");
}
