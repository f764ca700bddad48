// `ip tcp adjust-mss` on the way through the gateway.
#include <rte_mbuf.h>

#include "sw/fwd/forwarder.h"
#include "sw/fwd/tcp_mss.h"
#include "sw/ipsec/ip_packet.h"
#include "sw/net/ports.h"

namespace vam::fwd {

// For packets that come in by `interface` or leave by it; ESP and what the gateway sends itself are
// not among them.
void Forwarder::AdjustMss(rte_mbuf* packet, const Parsed& parsed, uint16_t interface) {
  const InterfaceConfig& at = snapshot_->interfaces[interface];
  const uint16_t mss = parsed.v6 ? at.tcp_mss6 : at.tcp_mss;
  if (mss == 0 || parsed.flow.protocol != net::kProtocolTcp || parsed.flow.later_fragment) return;
  const MutableBytes data = Data(packet);
  const auto ip = ipsec::ParseIp(data);
  if (!ip || !ip->chain_ok) return;
  const MssVerdict verdict = LowerMss(data.first(ip->packet.size()).subspan(ip->upper.offset), mss);
  if (verdict == MssVerdict::kAdjusted) interfaces_[interface].mss_adjusted.Add(1);
  if (verdict == MssVerdict::kMalformed) interfaces_[interface].mss_malformed.Add(1);
}

}  // namespace vam::fwd
