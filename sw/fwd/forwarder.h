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
#include "sw/fwd/acl_log.h"
#include "sw/fwd/arp_table.h"
#include "sw/fwd/counters.h"
#include "sw/fwd/crypto_path.h"
#include "sw/fwd/echo.h"
#include "sw/fwd/event_log.h"
#include "sw/fwd/icmp_errors.h"
#include "sw/fwd/ike_queues.h"
#include "sw/fwd/ipv6_addresses.h"
#include "sw/fwd/nd_table.h"
#include "sw/fwd/packet.h"
#include "sw/fwd/parsed.h"
#include "sw/fwd/pmtu.h"
#include "sw/fwd/port.h"
#include "sw/fwd/reassembly.h"
#include "sw/fwd/snapshot.h"
#include "sw/ipsec/flow.h"
#include "sw/ipsec/policy_cache.h"
#include "sw/ipsec/policy_temporaries.h"
#include "sw/net/ipv4.h"
#include "sw/net/ports.h"

struct rte_mempool;

namespace vam::fwd {

inline constexpr size_t kMaxOwnPayload = 1024;
struct OwnDatagram {
  uint16_t vrf = kGlobalVrf;
  net::Address source;  // none: that of the interface it leaves by
  net::Address destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  Bytes payload;  // up to kMaxOwnPayload
};

// What an IKE role sends: a message, or with none of it and `encapsulated` a NAT keepalive.
struct OwnIke {
  uint16_t vrf = kGlobalVrf;
  uint16_t interface = kNoInterface;  // of link-local addresses
  net::Address local, remote;
  uint16_t remote_port = 0;
  bool encapsulated = false;  // from port 4500, behind the non-ESP marker; else from 500
  Bytes message;
  bool keepalive() const { return encapsulated && message.empty(); }
};

// One worker. RunOnce and everything it calls belong to the worker's thread; Publish and the
// counters are for any.
//
// Every packet ends in Finish (dropped or consumed, with its reason) or in Transmit (kOk).
// Invariant between calls: counters().received + originated = Ended() + InFlight().
class Forwarder {
 public:
  // `ports`, `crypto` and `clock` must outlive the forwarder; `pool` is where packets made here
  // come from.
  // `policy_key` is that of the policy cache: by chance, and secret. `temporaries` stand beside the
  // policies of the snapshots; the worker's, and outlive the forwarder.
  Forwarder(std::vector<Port*> ports, CryptoPath& crypto, const Clock& clock, rte_mempool* pool,
            const ipsec::TemporaryPolicy& temporaries, const ipsec::SipHashKey& policy_key);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  // The next RunOnce works by it. Requires: as many interfaces as ports.
  void Publish(std::shared_ptr<const Snapshot> snapshot);
  // What was published waits for it.
  bool behind() const { return published_.load(std::memory_order_acquire); }

  // One turn: receive a burst from each port, poll the engines, age ARP, send. False when there was
  // nothing to do.
  bool RunOnce();

  // A datagram of the gateway itself (syslog, ...): policy looks at it as at any other traffic
  // (design.md, "Own traffic"). The worker's own thread; goes out with the next turn. kNotFound: no
  // address to send from. What becomes of it later is counted.
  Status SendDatagram(OwnDatagram datagram);

  // A datagram for an IKE role: no crypto map looks at it (design.md, "Own traffic"). The worker's
  // own thread. kOk: on its way. kIkeRefused: ends that no packet may have, a local address that is
  // not ours in this VRF, or too long. kNoBuffer. Counted in any case.
  Reason SendIke(const OwnIke& ike);
  // Messages for the IKE role. The worker's own thread.
  IkeQueues& ike_queues() { return ike_queues_; }
  const IkeQueues& ike_queues() const { return ike_queues_; }

  // An echo request, as other traffic of the gateway: the listener is told how it ends. kNotFound:
  // the source is not ours. kExhausted: no buffer. Requires: a size that fits the headers, at most
  // kMaxEchoBytes; one family.
  Status SendEcho(const OwnEcho& echo);
  // Buffers for echo requests and replies above Reassembler::kMaxWholeBytes; without them there are
  // none. Before the first turn.
  void set_large_pool(rte_mempool* pool) {
    large_pool_ = pool;
    reassembler_.set_large_pool(pool);
  }
  // Must outlive the forwarder.
  void set_echo_listener(EchoListener* listener) { echoes_ = listener; }
  // Whether an interface of the VRF that is up has this address; a link-local one: `interface`.
  bool IsOwn(uint16_t vrf, uint16_t interface, const net::Address& address) const;
  // What a packet of the gateway to `destination` has as source: of the interface it leaves by.
  // None: no route, or no address there.
  net::Address SourceFor(uint16_t vrf, const net::Address& destination) const;

  const ForwardCounters& counters() const { return counters_; }
  const InterfaceCounters& interface_counters(size_t index) const { return interfaces_[index]; }
  // The worker's own thread.
  void ClearInterfaceCounters(size_t index) { interfaces_[index].Clear(); }
  size_t InFlight() const { return crypto_.InFlight() + WaitingForTime() + tx_pending_; }
  // Part of InFlight that only time, a neighbour or a missing fragment can move.
  size_t WaitingForTime() const {
    return arp_waiting_ + nd_waiting_ + reassembler_.held() + rejoiner_.held();
  }
  std::vector<ArpTable::Listed> ArpEntries() const { return arp_.List(); }
  std::vector<NdTable::Listed> NdEntries() const { return nd_.List(); }
  // Forget what was learnt on an interface, kNoInterface: on all. The worker's own thread.
  void ClearArp(uint16_t interface) { arp_.ClearLearnt(interface); }
  void ClearNeighbors(uint16_t interface) { nd_.ClearLearnt(interface); }
  const Ipv6Addresses& ipv6_addresses() const { return addresses6_; }
  // The path MTU that a peer's ICMP taught for a crypto map entry; 0: none, the interface's counts.
  size_t PathMtu(uint32_t policy_entry) const {
    return path_mtus_.Find(policy_entry, clock_.MonotonicNs());
  }
  // What lines with `log` met since the last call. The worker's own thread.
  std::vector<AclLog::Event> TakeAclEvents() { return acl_log_.Take(); }
  uint64_t acl_events_missed() const { return acl_log_.missed(); }
  // Where system messages go; must outlive the forwarder. Before the first turn.
  void set_events(EventLog* events) { events_ = events; }

 private:
  static constexpr size_t kBurst = 64;
  static constexpr size_t kPolicyCachePlaces = 16'384;  // 1 MB

  void TakeSnapshot();
  void FrameInput(uint16_t interface, rte_mbuf* frame);
  void Accept(rte_mbuf* packet, const Parsed& parsed);
  ipsec::PolicyMatch FindPolicy(const ipsec::Policy& policy, const ipsec::Flow& flow);
  const Snapshot::EntryPlace* PlaceOf(uint32_t entry) const;
  bool Admits(const Snapshot::EntryPlace& place, const PacketMeta& meta,
              const ipsec::Flow& reversed) const;
  bool MayArriveAlone(const rte_mbuf* packet, const Parsed& parsed);
  bool MayEnterInClear(const rte_mbuf* packet, const Parsed& parsed, bool local);
  bool Filter(rte_mbuf* packet, const Parsed& parsed, const AccessList* list);
  void Forward(rte_mbuf* packet, const Parsed& parsed);
  void Route(rte_mbuf* packet, const Parsed& parsed);
  void RouteOut(rte_mbuf* packet, const Parsed& parsed);
  void Protect(rte_mbuf* packet, const Parsed& parsed, const ipsec::PolicyMatch& match);
  void CountMatch(const ipsec::Policy& policy, const ipsec::Flow& flow,
                  const ipsec::PolicyMatch& match);
  void Encapsulate(rte_mbuf* packet);
  void CryptoDone(const CryptoPath::Done& done);
  void Output(rte_mbuf* packet);
  void Transmit(uint16_t interface, const net::MacAddress& to, uint16_t ether_type,
                rte_mbuf* packet);
  void SendPending(uint16_t interface);

  // forwarder_fragment.cc
  void Fragment(rte_mbuf* packet, size_t mtu, bool protect, bool clear_df);
  void TooBigForTunnel(rte_mbuf* packet, const Parsed& parsed, const ipsec::PolicyMatch& match,
                       size_t limit);
  void TooBigForLink(rte_mbuf* packet, const Parsed& parsed, size_t mtu);
  size_t OuterLimit(uint32_t entry, size_t mtu) const;
  void Reassemble(rte_mbuf* packet);
  static bool IsFragment(const rte_mbuf* packet, const Parsed& parsed);
  bool GoesWhole(const rte_mbuf* packet, const ipsec::Policy& policy, const Parsed& parsed);
  void Rejoin(rte_mbuf* packet);
  void EndReassembly(const Reassembler& from);
  void TickReassembly();

  // forwarder_local.cc
  void LocalInput(rte_mbuf* packet, const Parsed& parsed);
  void UpperInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset);
  void IcmpInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset);
  void EchoReply(rte_mbuf* packet, const Parsed& parsed);
  void RouteOwn(rte_mbuf* packet, const PacketMeta& about);
  bool TakePathMtu(const rte_mbuf* packet, const Parsed& parsed, size_t upper_offset);
  void SendError(rte_mbuf* about, IcmpErrorKind kind, uint32_t rest = 0);
  static void WriteErrorV4(rte_mbuf* packet, Bytes about, const net::IcmpHeader& icmp,
                           const net::Address& source, const net::Address& destination);
  static void WriteErrorV6(rte_mbuf* packet, Bytes about, const net::IcmpHeader& icmp,
                           const net::Address& source, const net::Address& destination);
  bool MayReport(const rte_mbuf* about, const Parsed& subject) const;
  bool TakeErrorToken();

  // forwarder_ike.cc
  void UdpInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset);
  Reason QueueIke(const rte_mbuf* packet, const Parsed& parsed, const net::UdpHeader& udp,
                  Bytes message);
  bool MaySend(const OwnIke& ike) const;
  void EspInUdp(rte_mbuf* packet, size_t upper_offset, const net::UdpHeader& udp);

  // forwarder_mss.cc
  void AdjustMss(rte_mbuf* packet, const Parsed& parsed, uint16_t interface);

  // forwarder_echo.cc
  void AnswerOwnEcho(rte_mbuf* packet, const OwnEcho& echo, Bytes body);
  void TakeEchoAnswer(const rte_mbuf* packet, const Parsed& parsed, const net::IcmpHeader& icmp,
                      size_t upper_offset);
  bool LeavesProtected(const EchoAnswer& request);

  // forwarder_neighbor.cc
  void ArpInput(uint16_t interface, rte_mbuf* frame);
  void SendArp(uint16_t interface, uint32_t own, const net::MacAddress& to_mac, uint32_t to_ip);
  void AskArp(const ArpTable::Key& key);
  uint32_t OwnAddressFor(uint16_t interface, uint32_t neighbor) const;
  void TickArp();
  void OutputV6(rte_mbuf* packet);
  void TakeStaticNeighbors();
  static bool IsNd(const Parsed& parsed);
  void NdInput(rte_mbuf* packet, const Parsed& parsed);
  void SolicitationInput(uint16_t interface, const Parsed& parsed, const net::NdMessage& message);
  void AdvertisementInput(uint16_t interface, const net::NdMessage& message);
  void SendNd(uint16_t interface, const net::NdMessage& message, const net::Address& source,
              const net::Address& destination);
  void GiveUpAddress(uint16_t interface, const net::Address& address);
  void Solicit(const NdTable::Ask& ask);
  void SendWaited(uint16_t interface, const NdTable::Learnt& learnt);
  void TickNd();

  void Finish(rte_mbuf* packet, Reason reason);
  // The same for a packet that policy refuses: the operator is told.
  void Refuse(rte_mbuf* packet, Reason reason);
  void NoteEcho(const rte_mbuf* packet, Reason reason);

  std::vector<Port*> ports_;
  CryptoPath& crypto_;
  const Clock& clock_;
  rte_mempool* pool_;
  rte_mempool* large_pool_ = nullptr;
  ArpTable arp_;
  size_t arp_waiting_ = 0;
  NdTable nd_;
  size_t nd_waiting_ = 0;
  Ipv6Addresses addresses6_;
  Reassembler reassembler_;
  Reassembler rejoiner_;  // of packets that go through: those for SAs that take whole ones only
  OuterLog outer_log_;
  PathMtus path_mtus_;
  AclLog acl_log_;
  IkeQueues ike_queues_;
  EventLog* events_ = nullptr;
  EchoListener* echoes_ = nullptr;
  uint32_t fragment_id_ = 0;  // of IPv6 packets that are cut here
  uint64_t now_ns_ = 0;       // of this turn: for what happens with every packet
  ipsec::PolicyCache policy_cache_;
  const ipsec::TemporaryPolicy& temporaries_;

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
