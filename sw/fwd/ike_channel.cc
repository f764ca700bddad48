#include "sw/fwd/ike_channel.h"

#include <utility>

#include "sw/api/turn.h"
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
  const auto take = [this](const api::Message& message) {
    if (gateway_->ike().Receive(message.type, message.request, message.payload)) return;
    Log(LogLevel::kWarning, "ikev2 sent an unknown message");
  };
  const Result<bool> taken = api::TakeMessages(channel_, kMessagesPerTurn, take);
  if (taken) return;
  Log(LogLevel::kWarning, "ikev2: {}", taken.error().text);
  Replace({});
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
