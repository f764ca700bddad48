#include "sw/fwd/ike_channel.h"

#include <optional>
#include <utility>

#include "sw/base/log.h"
#include "sw/fwd/gateway.h"

namespace vam::fwd {

void IkeChannel::SetGateway(Gateway* gateway) {
  gateway_ = gateway;
  gateway_->SetIkePresent(open());
}

void IkeChannel::Replace(api::Channel channel) {
  channel_ = std::move(channel);
  if (gateway_ == nullptr) return;
  gateway_->SetIkePresent(false);
  gateway_->SetIkePresent(open());
}

void IkeChannel::Receive() {
  for (size_t i = 0; i < kMessagesPerTurn && open(); ++i) {
    const Result<std::optional<api::Message>> message = channel_.Receive();
    if (!message) {
      Log(LogLevel::kWarning, "ikev2: {}", message.error().text);
      return Replace({});
    }
    if (!message->has_value()) return;
    const api::Message& taken = **message;
    if (gateway_->ike().Receive(taken.type, taken.request, taken.payload)) continue;
    Log(LogLevel::kWarning, "ikev2 sent an unknown message");
  }
}

void IkeChannel::Send() {
  if (!open()) return gateway_->ike().Forget();
  if (channel_.pending()) static_cast<void>(channel_.Flush());
  if (channel_.pending()) return;
  for (const IkeLink::Outgoing& out : gateway_->ike().Take(kMessagesPerTurn)) {
    const Status sent = channel_.Send(out.type, out.request, Bytes(out.payload));
    if (!sent) Log(LogLevel::kWarning, "message to ikev2 not sent: {}", sent.error().text);
  }
  IkeQueues& queues = gateway_->forwarder().ike_queues();
  for (size_t i = 0; i < kMessagesPerTurn && open() && !channel_.pending(); ++i) {
    const Bytes packet = queues.Front();
    if (packet.empty()) return;
    const Status sent = channel_.Send(api::MessageType::kIkePacket, 0, packet);
    if (!sent) Log(LogLevel::kWarning, "packet to ikev2 not sent: {}", sent.error().text);
    queues.Pop();
  }
}

}  // namespace vam::fwd
