// Tries what the functions of sc_host return. A message of type 1 names what to try; the answer of type 1 is a JSON
// array of the results.
#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

class Statuses final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    const std::string what = message.text();
    results_.clear();
    if (what == "arguments") arguments();
    if (what == "slots") slots();
    if (what == "busy") busy();
    if (what == "timeouts") timeouts();
    std::ostringstream json;
    for (const std::int64_t result : results_) json << (json.tellp() == 0 ? '[' : ',') << result;
    json << ']';
    send(1, json.str());
  }

  void arguments() {
    const sc_host* const h = host();
    add(h->send(h, 1U << 24, "x", 1, 0));
    add(h->send(h, 2, nullptr, 1, 0));
    add(h->send(h, 2, nullptr, 0, SC_FOREVER));
    add(h->send(h, 2, "x", std::size_t{1} << 32, 0));
    add(h->send(h, (1U << 24) - 1, "x", 1, SC_FOREVER));
  }

  void slots() {
    const sc_host* const h = host();
    sc_slot slot{};
    add(h->reserve(h, h->max_slot_size + 1, 0, &slot));
    add(h->reserve(h, 8, 0, nullptr));
    add(h->commit(h, 1, 0));  // no slot is open
    h->abort(h);
    add(h->reserve(h, h->max_slot_size, SC_FOREVER, &slot));
    add(slot.size);
    add(reinterpret_cast<std::uintptr_t>(slot.data) % 8);
    add(h->commit(h, 2, slot.size + 1));
    add(h->commit(h, 2, 0));  // it is gone
    add(h->reserve(h, 8, SC_FOREVER, &slot));
    add(h->commit(h, 1U << 24, 8));
    add(h->reserve(h, 8, SC_FOREVER, &slot));
    std::fill_n(slot.data, 8, std::uint8_t{7});
    add(h->commit(h, 2, 3));  // less than was reserved
  }

  void busy() {
    const sc_host* const h = host();
    sc_slot slot{};
    sc_slot other{};
    add(h->reserve(h, 8, SC_FOREVER, &slot));
    add(h->send(h, 2, "x", 1, SC_FOREVER));
    add(h->reserve(h, 8, SC_FOREVER, &other));
    std::thread([&] {
      add(h->send(h, 2, "x", 1, 0));
      add(h->send(h, 2, "x", 1, 10));
      add(h->reserve(h, 8, 10, &other));
    }).join();
    std::thread sender([&] { add(h->send(h, 2, "y", 1, SC_FOREVER)); });
    h->abort(h);
    sender.join();
  }

  // JavaScript reads nothing until it is told by the log that all has been tried.
  void timeouts() {
    const sc_host* const h = host();
    std::vector<char> bytes(512, 'f');
    std::int64_t sent = 0;
    while (h->send(h, 3, bytes.data(), bytes.size(), 0) == SC_OK) ++sent;
    add(sent);
    add(h->send(h, 3, bytes.data(), bytes.size(), 0));
    const auto start = std::chrono::steady_clock::now();
    add(h->send(h, 3, bytes.data(), bytes.size(), 40));
    add(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count());
    sc_slot slot{};
    add(h->reserve(h, 512, 5, &slot));
    log(SC_LOG_INFO, "full");
    // What is larger than the ring gets in to a part, then times out. The other side must not see any of it.
    bytes.resize(64 * 1024 * 1024, 'p');
    add(h->send(h, 4, bytes.data(), bytes.size(), 1));
  }

  void add(std::int64_t result) { results_.push_back(result); }

  std::vector<std::int64_t> results_;
};

SHARED_CHANNEL_PLUGIN(Statuses, "statuses", "1.0.0")
