// fwd's end of the channel to an IKE role: bounded work per turn, and only as much sent as the
// channel takes.
#ifndef VAM_SW_FWD_IKE_CHANNEL_H_
#define VAM_SW_FWD_IKE_CHANNEL_H_

#include <cstddef>

#include "sw/api/channel.h"

namespace vam::fwd {

class Gateway;

// Belongs to the worker.
class IkeChannel {
 public:
  // In each direction, and of each kind out: answers and events, packets.
  static constexpr size_t kMessagesPerTurn = 64;

  // Until then nothing is received. It must outlive the channel.
  void SetGateway(Gateway* gateway);
  // Another role is at the other end: it knows nothing of what was said before. SAs stay until they
  // expire. A channel that is not open: there is none.
  void Replace(api::Channel channel);
  bool open() const { return channel_.open(); }
  // To poll for what comes in; -1: not open.
  int fd() const { return channel_.open() ? channel_.fd() : -1; }

  // Requires both: SetGateway.
  void Receive();
  // Answers and events first, then packets; what the channel does not take waits in queues that are
  // bounded.
  void Send();

 private:
  Gateway* gateway_ = nullptr;
  api::Channel channel_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_IKE_CHANNEL_H_
