// Does not return from a message before `let_stuck_plugin_go` is called, whatever it is told.
#include <atomic>

#include <shared_channel/plugin.hpp>

static std::atomic<bool> may_go = false;

extern "C" SC_EXPORT void let_stuck_plugin_go() {
  may_go = true;
  may_go.notify_all();
}

class Stuck final : public shared_channel::Plugin {
  void on_message(const shared_channel::Message&) override {
    log(SC_LOG_INFO, "stuck");
    may_go.wait(false);
    // The host and its memory are still there.
    if (try_send(1, {}, SC_FOREVER) != SC_STOPPING) report_error("it could send after it was abandoned");
    log(SC_LOG_INFO, "going");
  }
};

SHARED_CHANNEL_PLUGIN(Stuck, "stuck", "1.0.0")
