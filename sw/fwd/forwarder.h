// The packet path of the gateway: L2 and L3 input, local delivery, routing, policy, engines,
// output.
#ifndef VAM_SW_FWD_FORWARDER_H_
#define VAM_SW_FWD_FORWARDER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "sw/base/clock.h"
#include "sw/fwd/arp_table.h"
#include "sw/fwd/counters.h"
#include "sw/fwd/crypto_path.h"
#include "sw/fwd/packet.h"
#include "sw/fwd/port.h"
#include "sw/fwd/snapshot.h"
#include "sw/ipsec/flow.h"
#include "sw/ipsec/policy_cache.h"
#include "sw/net/ipv4.h"

struct rte_mempool;

namespace vam::fwd {

// One worker. RunOnce and everything it calls belong to the worker's thread; Publish and the
// counters are for any.
//
// Every packet ends in Finish (dropped or consumed, with its reason) or in Transmit (kOk).
// Invariant between calls: counters().received + originated = Ended() + InFlight().
class Forwarder {
 public:
  // `ports`, `crypto` and `clock` must outlive the forwarder; `pool` is where packets made here
  // come from.
  // `policy_key` is that of the policy cache: by chance, and secret.
  Forwarder(std::vector<Port*> ports, CryptoPath& crypto, const Clock& clock, rte_mempool* pool,
            const ipsec::SipHashKey& policy_key);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  // The next RunOnce works by it. Requires: as many interfaces as ports.
  void Publish(std::shared_ptr<const Snapshot> snapshot);

  // One turn: receive a burst from each port, poll the engines, age ARP, send. False when there was
  // nothing to do.
  bool RunOnce();

  const ForwardCounters& counters() const { return counters_; }
  const InterfaceCounters& interface_counters(size_t index) const { return interfaces_[index]; }
  // The worker's own thread.
  void ClearInterfaceCounters(size_t index) { interfaces_[index].Clear(); }
  size_t InFlight() const { return crypto_.InFlight() + arp_waiting_ + tx_pending_; }
  // Part of InFlight that only time or a neighbour can move.
  size_t WaitingForArp() const { return arp_waiting_; }
  uint64_t NextTimerNs() const { return arp_.NextTickNs(); }
  std::vector<ArpTable::Listed> ArpEntries() const { return arp_.List(); }

 private:
  static constexpr size_t kBurst = 64;
  static constexpr size_t kPolicyCachePlaces = 16'384;  // 1 MB

  // The header of a packet and what policy looks at, read once when the packet comes in, is made
  // here or comes out of an engine. The lower TTL of a forwarded packet is only in the packet.
  struct Parsed {
    Parsed(const net::Ipv4Header& ip, Bytes packet) : header(ip), flow(ipsec::FlowOf(ip, packet)) {}
    net::Ipv4Header header;
    ipsec::Flow flow;
  };

  void TakeSnapshot();
  void FrameInput(uint16_t interface, rte_mbuf* frame);
  void ArpInput(uint16_t interface, rte_mbuf* frame);
  void IpInput(rte_mbuf* packet);
  void LocalInput(rte_mbuf* packet, const net::Ipv4Header& header);
  void UdpInput(rte_mbuf* packet, const net::Ipv4Header& header);
  void EchoReply(rte_mbuf* packet, const net::Ipv4Header& header);
  void Accept(rte_mbuf* packet, const Parsed& parsed);
  bool MayEnterInClear(rte_mbuf* packet, const Parsed& parsed, bool local);
  void Forward(rte_mbuf* packet, const Parsed& parsed);
  void Route(rte_mbuf* packet, const Parsed& parsed);
  void Protect(rte_mbuf* packet, const Parsed& parsed, const ipsec::PolicyMatch& match);
  void FinishTooBig(rte_mbuf* packet, const net::Ipv4Header& header, size_t mtu);
  void CryptoDone(const CryptoPath::Done& done);
  void Output(rte_mbuf* packet);
  void Transmit(uint16_t interface, const net::MacAddress& to, uint16_t ether_type,
                rte_mbuf* packet);
  void SendPending(uint16_t interface);
  void SendArp(uint16_t interface, bool request, const net::MacAddress& to_mac, uint32_t to_ip);
  void SendIcmpError(rte_mbuf* about, uint8_t type, uint8_t code, uint32_t rest);
  bool MayReport(rte_mbuf* about) const;
  void TickArp();

  void Finish(rte_mbuf* packet, Reason reason);

  std::vector<Port*> ports_;
  CryptoPath& crypto_;
  const Clock& clock_;
  rte_mempool* pool_;
  ArpTable arp_;
  size_t arp_waiting_ = 0;
  ipsec::PolicyCache policy_cache_;

  std::shared_ptr<const Snapshot> snapshot_;
  std::mutex
      publish_mutex_;  // held by Publish, and by the worker only when something was published
  std::atomic<bool> published_{false};
  std::shared_ptr<const Snapshot> next_snapshot_;

  std::vector<std::vector<rte_mbuf*>> tx_;  // frames of this turn, by interface
  size_t tx_pending_ = 0;
  uint64_t icmp_window_ns_ = 0;  // start of the current second of the ICMP error limit
  unsigned icmp_in_window_ = 0;

  ForwardCounters counters_;
  std::deque<InterfaceCounters> interfaces_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_FORWARDER_H_
