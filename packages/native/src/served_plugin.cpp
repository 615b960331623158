#include "served_plugin.hpp"

#include <utility>

#include "channel_end.hpp"
#include "failure.hpp"

namespace shared_channel {
namespace {

std::unique_ptr<ChannelEnd> open_plugin_side(std::string_view handle, PeerTrust trust) {
  if (SegmentHandle::parse(handle, SegmentHandle::Role::side1).role != SegmentHandle::Role::side1) {
    throw Failure("INVALID_ARGUMENT", "a plugin runs at the end that openChannel would open; this handle leads to the other");
  }
  return ChannelEnd::open(handle, trust);
}

}  // namespace

// Side 0, as the host knows it. It has the segment, so the plugin's thread has it as long as it runs.
class ServedPlugin::End final : public PluginListener {
 public:
  End(std::unique_ptr<ChannelEnd> end, std::shared_ptr<PluginListener> to) : end_(std::move(end)), to_(std::move(to)) {
    static_cast<void>(end_->peer());  // watches its process from now on
  }

  [[nodiscard]] const ChannelEnd& end() const noexcept { return *end_; }
  void leave() noexcept { end_->leave(); }

  void ring() noexcept override { end_->wake_peer(); }
  [[nodiscard]] bool is_peer_lost() noexcept override { return end_->peer() == PeerState::lost; }
  void post(PluginEvent&& event) noexcept override {
    if (event.kind == PluginEvent::Kind::ended) leave();
    to_->post(std::move(event));
  }

 private:
  const std::unique_ptr<ChannelEnd> end_;
  const std::shared_ptr<PluginListener> to_;
};

ServedPlugin::ServedPlugin(std::string_view handle, PluginOptions options, std::shared_ptr<PluginListener> listener)
    : end_(std::make_shared<End>(open_plugin_side(handle, options.peer), std::move(listener))) {
  std::shared_ptr<const Segment> segment(end_, &end_->end().segment());
  host_ = PluginHost::start(std::move(segment), end_->end().layout(), std::move(options), end_);
}

void ServedPlugin::break_off() noexcept {
  end_->leave();
  host_->request_stop();
}

}  // namespace shared_channel
