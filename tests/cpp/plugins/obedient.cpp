// Calls the functions of sc_host as it is told to (orders.hpp) and logs what they return.
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <shared_channel/plugin.hpp>

#include "orders.hpp"

class Obedient final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message& message) override {
    Order order;
    if (message.bytes.size() != sizeof order) throw std::invalid_argument("that is no order");
    std::memcpy(&order, message.bytes.data(), sizeof order);
    sc_status status = SC_OK;
    if (order.what == Order::send_on_thread || order.what == Order::reserve_on_thread) {
      std::thread([&] { status = obey(order); }).join();
    } else {
      status = obey(order);
    }
    log(SC_LOG_INFO, std::to_string(status));
  }

  void shutdown() override {
    if (at_shutdown_.what == Order::send_at_shutdown) log(SC_LOG_INFO, std::to_string(send_as_told(at_shutdown_)));
  }

  sc_status obey(const Order& order) {
    switch (order.what) {
      case Order::send:
      case Order::send_on_thread: return send_as_told(order);
      case Order::send_at_shutdown: at_shutdown_ = order; return SC_OK;
      case Order::send_nothing: return host()->send(host(), order.type, nullptr, order.size, order.timeout_ms);
      case Order::reserve:
      case Order::reserve_on_thread:
        return host()->reserve(host(), static_cast<std::uint32_t>(order.size), order.timeout_ms, &slot_);
      case Order::reserve_nowhere:
        return host()->reserve(host(), static_cast<std::uint32_t>(order.size), order.timeout_ms, nullptr);
      case Order::commit:
        if (slot_.data != nullptr) std::memset(slot_.data, static_cast<int>(order.value), slot_.size);
        slot_ = {};
        return host()->commit(host(), order.type, static_cast<std::uint32_t>(order.size));
      case Order::abort:
        slot_ = {};
        host()->abort(host());
        return SC_OK;
      case Order::loop_until_stopping:
        while (!stopping()) std::this_thread::yield();
        return SC_OK;
      default: throw std::invalid_argument("an unknown order");
    }
  }

  sc_status send_as_told(const Order& order) {
    // A size above 4 GiB is refused before the data is looked at.
    const std::vector<std::byte> data(order.size > UINT32_MAX ? 1 : order.size, std::byte(order.value));
    return host()->send(host(), order.type, data.data(), order.size, order.timeout_ms);
  }

  Order at_shutdown_;
  sc_slot slot_{};
};

SHARED_CHANNEL_PLUGIN(Obedient, "obedient", "1.0.0")
