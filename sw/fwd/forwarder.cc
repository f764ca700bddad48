#include "sw/fwd/forwarder.h"

#include <rte_mbuf.h>

#include <utility>

#include "sw/net/checksum.h"
#include "sw/net/ethernet.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

// Key exchange reaches its own gateway in clear, whatever the crypto map says (RFC 4301, 5.2).
bool IsIke(const ipsec::Flow& flow) {
  return flow.protocol == net::kProtocolUdp && flow.ports == ipsec::Field::kShown &&
         (flow.destination_port == net::kIkePort || flow.destination_port == net::kNattPort);
}

// Copied whole: a temporary made of single fields would stall its copy.
constexpr PacketMeta kFreshMeta{};

// Ends that are no loss of the interface.
bool IsConsumed(Reason reason) {
  switch (reason) {
    case Reason::kLocalDelivered:
    case Reason::kArpConsumed:
    case Reason::kNdConsumed:
    case Reason::kNattKeepalive:
    case Reason::kFragmented:
    case Reason::kReassembled:
      return true;
    default:
      return false;
  }
}

// What a router must not take from a wire (RFC 1812, 5.3.7; RFC 4291, 2.5 and 2.7).
bool IsMartian(const Parsed& parsed) {
  const net::Address& source = parsed.flow.source;
  const net::Address& destination = parsed.flow.destination;
  if (!parsed.v6) return !source.IsRoutableUnicast() || !destination.IsRoutableUnicast();
  return source.IsMulticast() || source.IsLoopback() || source.IsV4Mapped() ||
         destination.IsUnspecified() || destination.IsLoopback() || destination.IsV4Mapped() ||
         (source.IsUnspecified() && !destination.IsMulticast());
}

}  // namespace

Forwarder::Forwarder(std::vector<Port*> ports, CryptoPath& crypto, const Clock& clock,
                     rte_mempool* pool, const ipsec::TemporaryPolicy& temporaries,
                     const ipsec::SipHashKey& policy_key)
    : ports_(std::move(ports)),
      crypto_(crypto),
      clock_(clock),
      pool_(pool),
      arp_(clock),
      nd_(clock),
      addresses6_(clock),
      reassembler_(clock, pool),
      rejoiner_(clock, pool),
      policy_cache_(kPolicyCachePlaces, policy_key),
      temporaries_(temporaries),
      tx_(ports_.size()),
      interfaces_(ports_.size()) {
  // Not to be guessed from outside (RFC 7739).
  fragment_id_ = static_cast<uint32_t>(ipsec::SipHash(policy_key, {}));
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
  std::vector<net::MacAddress> macs;
  for (const Port* port : ports_) macs.push_back(port->mac());
  addresses6_.Configure(*snapshot_, macs);
  TakeStaticNeighbors();
}

bool Forwarder::RunOnce() {
  now_ns_ = clock_.MonotonicNs();
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
  TickNd();
  TickReassembly();
  acl_log_.Tick(now_ns_);
  crypto_.Flush();  // what decapsulation sent on to another tunnel
  for (uint16_t i = 0; i < ports_.size(); ++i) SendPending(i);
  return worked;
}

// An echo request that is only cut goes on.
void Forwarder::NoteEcho(const rte_mbuf* packet, Reason reason) {
  if (echoes_ == nullptr || reason == Reason::kFragmented) return;
  echoes_->OnEchoDropped(EchoName::OfRest(Meta(packet).echo), reason);
}

void Forwarder::Finish(rte_mbuf* packet, Reason reason) {
  counters_.Count(reason);
  if (Meta(packet).echo != 0) NoteEcho(packet, reason);
  const uint16_t in = Meta(packet).in_interface;
  if (in != kNoInterface && !IsConsumed(reason)) {
    interfaces_[in].rx_drops.Add(1);
    interfaces_[in].drops[static_cast<size_t>(reason)].Add(1);
  }
  rte_pktmbuf_free(packet);
}

void Forwarder::Refuse(rte_mbuf* packet, Reason reason) {
  if (events_ != nullptr) events_->SayInbound(reason, nullptr, Data(packet));
  Finish(packet, reason);
}

void Forwarder::FrameInput(uint16_t interface, rte_mbuf* frame) {
  const InterfaceConfig& in = snapshot_->interfaces[interface];
  PacketMeta& meta = Meta(frame);
  meta = kFreshMeta;
  meta.in_interface = interface;
  meta.vrf = in.vrf;
  counters_.received.Add(1);
  interfaces_[interface].rx_packets.Add(1);
  interfaces_[interface].rx_bytes.Add(rte_pktmbuf_data_len(frame));
  if (frame->nb_segs != 1) return Finish(frame, Reason::kL2Malformed);
  if (in.shutdown) return Finish(frame, Reason::kInterfaceDown);
  const auto header = net::ParseEthernet(Data(frame));
  if (!header) return Finish(frame, Reason::kL2Malformed);
  const bool ours = header->destination == ports_[interface]->mac();
  if (!ours && !header->destination.IsMulticast()) return Finish(frame, Reason::kL2Malformed);
  rte_pktmbuf_adj(frame, net::kEthernetHeaderBytes);
  if (header->ether_type == net::kEtherTypeArp) return ArpInput(interface, frame);
  if (header->ether_type == net::kEtherTypeIpv4) {
    // A unicast packet in a broadcast frame is not forwarded (RFC 1812, 5.3.4).
    if (!ours) return Finish(frame, Reason::kMartian);
    const auto ip = net::ParseIpv4(Data(frame));
    if (!ip) return Finish(frame, Reason::kIpMalformed);
    return Accept(frame, Parsed(*ip, Data(frame)));
  }
  if (header->ether_type != net::kEtherTypeIpv6 || !in.ipv6) {
    return Finish(frame, Reason::kUnknownEthertype);
  }
  const auto ip = net::ParseIpv6(Data(frame));
  if (!ip) return Finish(frame, Reason::kIpMalformed);
  if (!ours && !ip->destination.IsMulticast()) return Finish(frame, Reason::kMartian);
  Accept(frame, Parsed(*ip, Data(frame)));
}

// A packet from a wire, or from inside a tunnel: the interface's list sees both (docs: README).
void Forwarder::Accept(rte_mbuf* packet, const Parsed& parsed) {
  if (!parsed.v6 && !net::Ipv4ChecksumOk(Data(packet))) {
    return Finish(packet, Reason::kIpChecksum);
  }
  rte_pktmbuf_trim(packet,
                   static_cast<uint16_t>(rte_pktmbuf_data_len(packet) - parsed.total_bytes));
  if (IsMartian(parsed)) return Finish(packet, Reason::kMartian);
  const PacketMeta& meta = Meta(packet);
  const InterfaceConfig& in = snapshot_->interfaces[meta.in_interface];
  if (!Filter(packet, parsed, parsed.v6 ? in.acl6_in.get() : in.acl_in.get())) return;
  const net::Address& destination = parsed.flow.destination;
  if (parsed.v6) {
    if (IsNd(parsed)) return NdInput(packet, parsed);
    const Ipv6Addresses::Own* own = addresses6_.Find(meta.vrf, meta.in_interface, destination);
    if (own != nullptr) {
      if (own->state == Ipv6Addresses::State::kPreferred) return LocalInput(packet, parsed);
      return Finish(packet, Reason::kAddressTentative);
    }
    if (destination.IsMulticast() || destination.IsLinkLocal()) {
      const bool heard = destination.IsMulticast() && !meta.decapsulated &&
                         addresses6_.Listens(meta.in_interface, destination);
      return Finish(packet, heard ? Reason::kLocalUnknown : Reason::kMartian);
    }
  } else if (snapshot_->IsLocal(meta.vrf, destination.v4())) {
    return LocalInput(packet, parsed);
  }
  if (!meta.decapsulated && !MayEnterInClear(packet, parsed, false)) {
    return Refuse(packet, Reason::kPolicyCleartext);
  }
  Forward(packet, parsed);
}

ipsec::PolicyMatch Forwarder::FindPolicy(const ipsec::Policy& policy, const ipsec::Flow& flow) {
  return temporaries_.Find(policy, flow, policy_cache_.Find(policy, flow));
}

// A temporary entry stands where its template does. nullptr: it is gone.
const Snapshot::EntryPlace* Forwarder::PlaceOf(uint32_t entry) const {
  if (!ipsec::IsTemporary(entry)) return snapshot_->Place(entry);
  const ipsec::TemporaryEntry* temporary = temporaries_.Get(entry);
  return temporary == nullptr ? nullptr : snapshot_->Place(temporary->template_id);
}

// Whether the SA set of meta's entry and line is for an inner packet (RFC 4301, 5.2 step 4);
// `reversed` is the packet's flow as it would go out.
bool Forwarder::Admits(const Snapshot::EntryPlace& place, const PacketMeta& meta,
                       const ipsec::Flow& reversed) const {
  if (!ipsec::IsTemporary(meta.policy_entry)) {
    return snapshot_->Admits(meta.policy_entry, meta.policy_line, reversed);
  }
  return temporaries_.Admits(place.of(), place.position, meta.policy_entry, reversed);
}

// What the crypto map would protect on its way out must not come in clear (SY-77). ESP and IKE for
// this gateway are how protection comes about.
bool Forwarder::MayEnterInClear(const rte_mbuf* packet, const Parsed& parsed, bool local) {
  const InterfaceConfig& in = snapshot_->interfaces[Meta(packet).in_interface];
  const ipsec::Policy* policy = in.PolicyFor(parsed.v6);
  if (policy == nullptr) return true;
  if (local && (net::IsIpsec(parsed.flow.protocol) || IsIke(parsed.flow))) return true;
  return !FindPolicy(*policy, parsed.flow.Reversed()).protect();
}

// An ESP or AH packet for this gateway that the crypto map of its interface would have sent inside
// another tunnel must come inside one. The map whose SA it is does not look at what it made (going
// out neither, see IsProtectedBy), so `permit ip any any` does not ask for itself.
bool Forwarder::MayArriveAlone(const rte_mbuf* packet, const Parsed& parsed) {
  const PacketMeta& meta = Meta(packet);
  const ipsec::Policy* policy = snapshot_->interfaces[meta.in_interface].PolicyFor(parsed.v6);
  if (policy == nullptr || !FindPolicy(*policy, parsed.flow.Reversed()).protect()) return true;
  const Snapshot::EntryPlace* place = PlaceOf(crypto_.ArrivalEntry(packet));
  return place == nullptr || place->of().number() == policy->number();
}

// Whether the list (nullptr: none) lets the packet pass; if not, the packet has ended.
bool Forwarder::Filter(rte_mbuf* packet, const Parsed& parsed, const AccessList* list) {
  if (list == nullptr) return true;
  const AclMatch match = list->Judge(AclPacketOf(parsed, Data(packet)));
  if (match.log) acl_log_.Met(*list, match, parsed.flow, now_ns_);
  if (match.permit) return true;
  SendError(packet, IcmpErrorKind::kProhibited);
  Finish(packet, Reason::kAclDenied);
  return false;
}

void Forwarder::Forward(rte_mbuf* packet, const Parsed& parsed) {
  if (parsed.v6 && !snapshot_->ipv6_routing) return Finish(packet, Reason::kNoRoute);
  if (parsed.ttl <= 1) {
    SendError(packet, IcmpErrorKind::kHopsExceeded);
    return Finish(packet, Reason::kTtlExpired);
  }
  const MutableBytes data = Data(packet);
  AdjustMss(packet, parsed, Meta(packet).in_interface);
  if (parsed.v6) {
    if (parsed.flow.source.IsLinkLocal() || parsed.flow.source.IsUnspecified()) {
      SendError(packet, IcmpErrorKind::kBeyondScope);
      return Finish(packet, Reason::kMartian);
    }
    data[net::kIpv6HopLimitOffset] = static_cast<uint8_t>(parsed.ttl - 1);
    return Route(packet, parsed);
  }
  // TTL and protocol are one 16-bit word of the checksum.
  const uint16_t before = LoadBe16(&data[net::kIpv4TtlOffset]);
  data[net::kIpv4TtlOffset] = static_cast<uint8_t>(parsed.ttl - 1);
  const uint16_t after = LoadBe16(&data[net::kIpv4TtlOffset]);
  uint8_t* checksum = &data[net::kIpv4ChecksumOffset];
  StoreBe16(checksum, net::UpdateChecksum(LoadBe16(checksum), before, after));
  Route(packet, parsed);
}

// Requires: a packet whose TTL needs no more change. To a link-local address goes only what was
// made here for an interface.
void Forwarder::Route(rte_mbuf* packet, const Parsed& parsed) {
  PacketMeta& meta = Meta(packet);
  const net::Address& destination = parsed.flow.destination;
  if (parsed.v6 && destination.IsLinkLocal() && meta.out_interface != kNoInterface) {
    meta.next_hop = destination;
    return RouteOut(packet, parsed);
  }
  const ::vam::fwd::Route* route = snapshot_->routes(meta.vrf).Lookup(destination);
  if (route == nullptr || route->interface == kNullInterface) {
    SendError(packet, IcmpErrorKind::kNoRoute);
    return Finish(packet, Reason::kNoRoute);
  }
  meta.out_interface = route->interface;
  meta.next_hop = route->next_hop.is_none() ? destination : route->next_hop;
  RouteOut(packet, parsed);
}

// Lists do not look at what the gateway makes itself, as in IOS; protected packets are made here,
// and were looked at before.
void Forwarder::RouteOut(rte_mbuf* packet, const Parsed& parsed) {
  const PacketMeta& meta = Meta(packet);
  const InterfaceConfig& out = snapshot_->interfaces[meta.out_interface];
  if (out.shutdown) return Finish(packet, Reason::kInterfaceDown);
  const bool outer = meta.protections != 0;  // an engine made it
  const ipsec::Policy* policy = meta.policy_exempt ? nullptr : out.PolicyFor(parsed.v6);
  if (policy != nullptr && IsProtectedBy(meta, *policy)) policy = nullptr;
  if (policy != nullptr && IsFragment(packet, parsed) && GoesWhole(packet, *policy, parsed)) {
    return Rejoin(packet);
  }
  if (!outer && !meta.policy_exempt && meta.in_interface != kNoInterface &&
      !Filter(packet, parsed, parsed.v6 ? out.acl6_out.get() : out.acl_out.get())) {
    return;
  }
  if (!outer && meta.in_interface != kNoInterface) AdjustMss(packet, parsed, meta.out_interface);
  if (policy != nullptr) {
    const ipsec::PolicyMatch match = FindPolicy(*policy, parsed.flow);
    if (match.protect()) return Protect(packet, parsed, match);
    if (match.denies != 0) CountMatch(*policy, parsed.flow, match);
  }
  size_t mtu = out.Mtu(parsed.v6);
  if (outer) {
    if (const auto id = OuterIdOf(parsed, Data(packet))) {
      outer_log_.Sent(*id, meta.policy_entry, meta.vrf, now_ns_);
    }
    mtu = OuterLimit(meta.policy_entry, mtu);
  }
  // An error message quotes the packet it is about: if that one came protected, it must not go out
  // in clear.
  if (meta.must_protect && !outer) return Finish(packet, Reason::kPolicyDiscard);
  if (parsed.total_bytes > mtu) return TooBigForLink(packet, parsed, mtu);
  Output(packet);
}

// For `show access-lists`: the crypto lists' lines that decided, once for each packet: the denies
// that sent it on and the permit that chose it.
void Forwarder::CountMatch(const ipsec::Policy& policy, const ipsec::Flow& flow,
                           const ipsec::PolicyMatch& match) {
  const auto count = [this](uint32_t entry, uint32_t line) {
    const Snapshot::EntryPlace* place = snapshot_->Place(entry);
    if (place == nullptr || place->matches == nullptr) return;
    if (line < place->matches->lines()) place->matches->Add(line);
  };
  policy_cache_.ForEachDeny(policy, flow, match, [&](uint32_t position, uint32_t line) {
    count(policy.entries()[position].id, line);
  });
  if (match.protect()) count(match.entry, match.line);
}

void Forwarder::Protect(rte_mbuf* packet, const Parsed& parsed, const ipsec::PolicyMatch& match) {
  PacketMeta& meta = Meta(packet);
  const InterfaceConfig& out = snapshot_->interfaces[meta.out_interface];
  const ipsec::Policy& policy = *out.PolicyFor(parsed.v6);
  if (!match.complete) {
    CountMatch(policy, parsed.flow, match);
    return Finish(packet, Reason::kPolicyDiscard);
  }
  if (meta.protections == kMaxProtections) return Finish(packet, Reason::kNestingLimit);
  meta.protecting = policy.number();
  const uint32_t set = crypto_.Select(packet, match, parsed.flow);
  const size_t limit = OuterLimit(match.entry, out.Mtu(parsed.v6));
  const size_t outer =
      crypto_.EncapsulatedBytes(set, rte_pktmbuf_data_len(packet), parsed.header_bytes);
  if (outer == 0) {
    const Reason held = crypto_.Hold(packet, match, parsed.flow);
    if (held == Reason::kOk) return;  // it comes by here again
    CountMatch(policy, parsed.flow, match);
    return Finish(packet, held);
  }
  if (IsFragment(packet, parsed) && crypto_.LooksAtPorts(set)) return Rejoin(packet);
  CountMatch(policy, parsed.flow, match);
  if (outer > limit) return TooBigForTunnel(packet, parsed, match, limit);
  Encapsulate(packet);
}

// Requires: the packet's entry and line are set.
void Forwarder::Encapsulate(rte_mbuf* packet) {
  const Reason reason = crypto_.Encapsulate(packet);
  if (reason != Reason::kOk) Finish(packet, reason);
}

void Forwarder::CryptoDone(const CryptoPath::Done& done) {
  if (done.reason != Reason::kOk) return Finish(done.packet, done.reason);
  PacketMeta& meta = Meta(done.packet);
  const auto parsed = ParsePacket(Data(done.packet));
  if (!parsed) {
    return Finish(done.packet, done.encapsulated ? Reason::kEngineFault : Reason::kInnerMalformed);
  }
  if (done.again) return Route(done.packet, *parsed);
  const Snapshot::EntryPlace* place = PlaceOf(meta.policy_entry);
  if (done.encapsulated) {
    meta.protected_by[meta.protections++] = meta.protecting;
    if (place != nullptr) meta.vrf = place->front_vrf;
    return Route(done.packet, *parsed);
  }
  // RFC 4301, 5.2 step 4: the inner packet must be what the SA's policy line is for.
  if (place == nullptr || !Admits(*place, meta, parsed->flow.Reversed())) {
    return Refuse(done.packet, Reason::kSelectorMismatch);
  }
  // Its SA is of another front VRF that has the same address of ours.
  if (place->front_vrf != meta.vrf) return Finish(done.packet, Reason::kNoSa);
  meta.vrf = place->inside_vrf;
  meta.udp_port = 0;
  meta.decapsulated = true;
  Accept(done.packet, *parsed);
}

void Forwarder::Output(rte_mbuf* packet) {
  const PacketMeta& meta = Meta(packet);
  if (meta.next_hop.is_v6()) return OutputV6(packet);
  const ArpTable::Key key{meta.out_interface, meta.next_hop.v4()};
  if (const auto mac = arp_.Lookup(key)) {
    return Transmit(meta.out_interface, *mac, net::kEtherTypeIpv4, packet);
  }
  switch (arp_.Wait(key, packet)) {
    case ArpTable::Queued::kFull:
      return Finish(packet, Reason::kArpQueueFull);
    case ArpTable::Queued::kWaitingAskNow:
      ++arp_waiting_;
      return AskArp(key);
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
    if (Meta(queue[i]).echo != 0) NoteEcho(queue[i], Reason::kTxFull);
    rte_pktmbuf_free(queue[i]);
  }
  tx_pending_ -= queue.size();
  queue.clear();
}

}  // namespace vam::fwd
