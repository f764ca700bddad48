#include "sw/fwd/forwarder.h"

#include <rte_mbuf.h>

#include <utility>

#include "sw/net/checksum.h"
#include "sw/net/ethernet.h"
#include "sw/net/icmp.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

// Key exchange reaches its own gateway in clear, whatever the crypto map says (RFC 4301, 5.2).
bool IsIke(const ipsec::Flow& flow) {
  return flow.protocol == net::kProtocolUdp && flow.ports == ipsec::Field::kShown &&
         (flow.destination_port == net::kIkePort || flow.destination_port == net::kNattPort);
}

}  // namespace

Forwarder::Forwarder(std::vector<Port*> ports, CryptoPath& crypto, const Clock& clock,
                     rte_mempool* pool, const ipsec::SipHashKey& policy_key)
    : ports_(std::move(ports)),
      crypto_(crypto),
      clock_(clock),
      pool_(pool),
      arp_(clock),
      policy_cache_(kPolicyCachePlaces, policy_key),
      tx_(ports_.size()),
      interfaces_(ports_.size()) {
  auto empty = std::make_shared<Snapshot>();
  empty->interfaces.resize(ports_.size());
  for (InterfaceConfig& interface : empty->interfaces) interface.shutdown = true;
  snapshot_ = std::move(empty);
}

Forwarder::~Forwarder() {
  for (std::vector<rte_mbuf*>& queue : tx_) {
    for (rte_mbuf* frame : queue) rte_pktmbuf_free(frame);
  }
}

void Forwarder::Publish(std::shared_ptr<const Snapshot> snapshot) {
  VAM_CHECK(snapshot->interfaces.size() == ports_.size());
  const std::lock_guard lock(publish_mutex_);
  next_snapshot_ = std::move(snapshot);
  published_.store(true, std::memory_order_release);
}

void Forwarder::TakeSnapshot() {
  if (!published_.load(std::memory_order_acquire)) return;
  {
    const std::lock_guard lock(publish_mutex_);
    snapshot_ = std::move(next_snapshot_);
    published_.store(false, std::memory_order_relaxed);
  }
  policy_cache_.Invalidate();
  arp_.ClearStatic();
  for (const auto& [address, mac] : snapshot_->static_arp) {
    const ::vam::fwd::Route* route = snapshot_->routes.Lookup(address);
    if (route != nullptr && route->connected) arp_.AddStatic({route->interface, address}, mac);
  }
}

bool Forwarder::RunOnce() {
  TakeSnapshot();
  bool worked = false;
  std::array<rte_mbuf*, kBurst> frames;
  for (uint16_t i = 0; i < ports_.size(); ++i) {
    const size_t count = ports_[i]->Receive(frames);
    for (size_t n = 0; n < count; ++n) FrameInput(i, frames[n]);
    worked |= count != 0;
  }
  std::array<CryptoPath::Done, kBurst> done;
  crypto_.Flush();
  const size_t count = crypto_.Poll(done);
  for (size_t n = 0; n < count; ++n) CryptoDone(done[n]);
  worked |= count != 0;
  TickArp();
  crypto_.Flush();  // what decapsulation sent on to another tunnel
  for (uint16_t i = 0; i < ports_.size(); ++i) SendPending(i);
  return worked;
}

void Forwarder::Finish(rte_mbuf* packet, Reason reason) {
  counters_.Count(reason);
  const uint16_t in = Meta(packet).in_interface;
  const bool consumed = reason == Reason::kLocalDelivered || reason == Reason::kArpConsumed ||
                        reason == Reason::kNattKeepalive;
  if (in != kNoInterface && !consumed) {
    interfaces_[in].rx_drops.Add(1);
    interfaces_[in].drops[static_cast<size_t>(reason)].Add(1);
  }
  rte_pktmbuf_free(packet);
}

void Forwarder::FrameInput(uint16_t interface, rte_mbuf* frame) {
  Meta(frame) = PacketMeta{.in_interface = interface};
  counters_.received.Add(1);
  interfaces_[interface].rx_packets.Add(1);
  interfaces_[interface].rx_bytes.Add(rte_pktmbuf_data_len(frame));
  if (frame->nb_segs != 1) return Finish(frame, Reason::kL2Malformed);
  if (snapshot_->interfaces[interface].shutdown) return Finish(frame, Reason::kInterfaceDown);
  const auto header = net::ParseEthernet(Data(frame));
  if (!header) return Finish(frame, Reason::kL2Malformed);
  const bool ours = header->destination == ports_[interface]->mac();
  if (!ours && !header->destination.IsMulticast()) return Finish(frame, Reason::kL2Malformed);
  rte_pktmbuf_adj(frame, net::kEthernetHeaderBytes);
  if (header->ether_type == net::kEtherTypeArp) return ArpInput(interface, frame);
  if (header->ether_type != net::kEtherTypeIpv4) return Finish(frame, Reason::kUnknownEthertype);
  // A unicast packet in a broadcast frame is not forwarded (RFC 1812, 5.3.4).
  if (!ours) return Finish(frame, Reason::kMartian);
  IpInput(frame);
}

void Forwarder::IpInput(rte_mbuf* packet) {
  const auto header = net::ParseIpv4(Data(packet));
  if (!header) return Finish(packet, Reason::kIpMalformed);
  Accept(packet, Parsed(*header, Data(packet)));
}

// A packet from a wire, or from inside a tunnel.
void Forwarder::Accept(rte_mbuf* packet, const Parsed& parsed) {
  const net::Ipv4Header& header = parsed.header;
  if (!net::Ipv4ChecksumOk(Data(packet))) return Finish(packet, Reason::kIpChecksum);
  rte_pktmbuf_trim(packet,
                   static_cast<uint16_t>(rte_pktmbuf_data_len(packet) - header.total_bytes));
  if (!header.source.IsRoutableUnicast() || !header.destination.IsRoutableUnicast()) {
    return Finish(packet, Reason::kMartian);
  }
  const bool local = snapshot_->IsLocal(header.destination.v4());
  if (!Meta(packet).decapsulated && !MayEnterInClear(packet, parsed, local)) {
    return Finish(packet, Reason::kPolicyCleartext);
  }
  if (local) return LocalInput(packet, header);
  Forward(packet, parsed);
}

// What the crypto map would protect on its way out must not come in clear (SY-77). ESP and IKE for
// this gateway are how protection comes about.
bool Forwarder::MayEnterInClear(rte_mbuf* packet, const Parsed& parsed, bool local) {
  const InterfaceConfig& in = snapshot_->interfaces[Meta(packet).in_interface];
  if (in.policy == nullptr) return true;
  if (local && (parsed.header.protocol == net::kProtocolEsp || IsIke(parsed.flow))) return true;
  return !policy_cache_.Find(*in.policy, parsed.flow.Reversed()).protect();
}

void Forwarder::Forward(rte_mbuf* packet, const Parsed& parsed) {
  const net::Ipv4Header& header = parsed.header;
  if (header.ttl <= 1) {
    SendIcmpError(packet, net::kIcmpTimeExceeded, 0, 0);
    return Finish(packet, Reason::kTtlExpired);
  }
  // TTL and protocol are one 16-bit word of the checksum.
  const MutableBytes data = Data(packet);
  const uint16_t before = LoadBe16(&data[net::kIpv4TtlOffset]);
  data[net::kIpv4TtlOffset] = static_cast<uint8_t>(header.ttl - 1);
  const uint16_t after = LoadBe16(&data[net::kIpv4TtlOffset]);
  StoreBe16(&data[net::kIpv4ChecksumOffset], net::UpdateChecksum(header.checksum, before, after));
  Route(packet, parsed);
}

// Requires: a packet whose TTL needs no more change.
void Forwarder::Route(rte_mbuf* packet, const Parsed& parsed) {
  const net::Ipv4Header& header = parsed.header;
  const ::vam::fwd::Route* route = snapshot_->routes.Lookup(header.destination.v4());
  if (route == nullptr) {
    SendIcmpError(packet, net::kIcmpUnreachable, net::kIcmpCodeNetUnreachable, 0);
    return Finish(packet, Reason::kNoRoute);
  }
  PacketMeta& meta = Meta(packet);
  meta.out_interface = route->interface;
  meta.next_hop = route->next_hop != 0 ? route->next_hop : header.destination.v4();
  const InterfaceConfig& out = snapshot_->interfaces[route->interface];
  if (out.shutdown) return Finish(packet, Reason::kInterfaceDown);
  if (out.policy != nullptr && !meta.policy_exempt) {
    const ipsec::PolicyMatch match = policy_cache_.Find(*out.policy, parsed.flow);
    if (match.protect()) return Protect(packet, parsed, match);
  }
  // An error message quotes the packet it is about: if that one came protected, it must not go out
  // in clear.
  if (meta.must_protect) return Finish(packet, Reason::kPolicyDiscard);
  if (header.total_bytes > out.mtu) return FinishTooBig(packet, header, out.mtu);
  Output(packet);
}

void Forwarder::Protect(rte_mbuf* packet, const Parsed& parsed, const ipsec::PolicyMatch& match) {
  if (!match.complete) return Finish(packet, Reason::kPolicyDiscard);
  const size_t mtu = snapshot_->interfaces[Meta(packet).out_interface].mtu;
  const size_t outer = crypto_.EncapsulatedBytes(match.entry, rte_pktmbuf_data_len(packet));
  if (outer == 0) return Finish(packet, Reason::kPolicyNoSa);
  if (outer > mtu) {
    return FinishTooBig(packet, parsed.header, crypto_.PlaintextMtu(match.entry, mtu));
  }
  Meta(packet).policy_entry = match.entry;
  Meta(packet).policy_line = match.line;
  const Reason reason = crypto_.Encapsulate(packet);
  if (reason != Reason::kOk) Finish(packet, reason);
}

// `mtu`: the largest packet that would have fitted.
void Forwarder::FinishTooBig(rte_mbuf* packet, const net::Ipv4Header& header, size_t mtu) {
  if (!header.dont_fragment) return Finish(packet, Reason::kFragmentUnsupported);
  SendIcmpError(packet, net::kIcmpUnreachable, net::kIcmpCodeFragmentationNeeded,
                static_cast<uint32_t>(mtu));
  Finish(packet, Reason::kMtuExceeded);
}

void Forwarder::CryptoDone(const CryptoPath::Done& done) {
  if (done.reason != Reason::kOk) return Finish(done.packet, done.reason);
  PacketMeta& meta = Meta(done.packet);
  const auto header = net::ParseIpv4(Data(done.packet));
  if (!header) {
    return Finish(done.packet, done.encapsulated ? Reason::kEngineFault : Reason::kInnerMalformed);
  }
  const Parsed parsed(*header, Data(done.packet));
  if (done.encapsulated) {
    meta.policy_exempt = true;
    return Route(done.packet, parsed);
  }
  // RFC 4301, 5.2 step 4: the inner packet must be what the SA's policy line is for.
  if (!snapshot_->Admits(meta.policy_entry, meta.policy_line, parsed.flow.Reversed())) {
    return Finish(done.packet, Reason::kSelectorMismatch);
  }
  meta.decapsulated = true;
  Accept(done.packet, parsed);
}

void Forwarder::Output(rte_mbuf* packet) {
  const PacketMeta& meta = Meta(packet);
  const ArpTable::Key key{meta.out_interface, meta.next_hop};
  if (const auto mac = arp_.Lookup(key)) {
    return Transmit(meta.out_interface, *mac, net::kEtherTypeIpv4, packet);
  }
  switch (arp_.Wait(key, packet)) {
    case ArpTable::Queued::kFull:
      return Finish(packet, Reason::kArpQueueFull);
    case ArpTable::Queued::kWaitingAskNow:
      ++arp_waiting_;
      return SendArp(key.interface, true, net::MacAddress::Broadcast(), key.address);
    case ArpTable::Queued::kWaiting:
      ++arp_waiting_;
      return;
  }
}

void Forwarder::Transmit(uint16_t interface, const net::MacAddress& to, uint16_t ether_type,
                         rte_mbuf* packet) {
  char* space = rte_pktmbuf_prepend(packet, net::kEthernetHeaderBytes);
  if (space == nullptr) return Finish(packet, Reason::kNoBuffer);
  const net::EthernetHeader header{to, ports_[interface]->mac(), ether_type};
  VAM_CHECK(net::WriteEthernet(header, Data(packet)).has_value());
  tx_[interface].push_back(packet);
  ++tx_pending_;
  if (tx_[interface].size() >= kBurst) SendPending(interface);
}

void Forwarder::SendPending(uint16_t interface) {
  std::vector<rte_mbuf*>& queue = tx_[interface];
  if (queue.empty()) return;
  InterfaceCounters& count = interfaces_[interface];
  // Lengths first: the port frees what it sends.
  std::array<uint16_t, kBurst> bytes;
  for (size_t i = 0; i < queue.size(); ++i) bytes[i] = rte_pktmbuf_data_len(queue[i]);
  const size_t sent = ports_[interface]->Transmit(queue);
  for (size_t i = 0; i < sent; ++i) {
    count.tx_packets.Add(1);
    count.tx_bytes.Add(bytes[i]);
    counters_.Count(Reason::kOk);
  }
  for (size_t i = sent; i < queue.size(); ++i) {
    count.tx_drops.Add(1);
    counters_.Count(Reason::kTxFull);
    rte_pktmbuf_free(queue[i]);
  }
  tx_pending_ -= queue.size();
  queue.clear();
}

}  // namespace vam::fwd
