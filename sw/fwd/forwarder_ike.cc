// UDP for the gateway itself: IKE on ports 500 and 4500, ESP in UDP (RFC 3948), and the datagrams
// of IKE roles on their way out.
#include <rte_mbuf.h>

#include <algorithm>

#include "sw/api/fast_address.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/own_header.h"
#include "sw/fwd/udp_encap.h"
#include "sw/net/checksum.h"
#include "sw/net/natt.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

// IPv4 may go without a checksum. IPv6 may not (RFC 8200, 8.1), but for ESP, whose own check says
// more (RFC 6935, 5; RFC 6936).
bool ChecksumOk(const ipsec::Flow& flow, const net::UdpHeader& udp, Bytes datagram, bool optional) {
  if (udp.checksum == 0) return optional;
  return net::UpperChecksum(flow.source, flow.destination, net::kProtocolUdp, datagram) == 0;
}

// What buffers hold; IKE's own limit is 3,000 bytes unless peers say more (RFC 7296, 2).
constexpr size_t kMaxOwnIkeBytes = Reassembler::kMaxIcmpBytes;

// What UDP carries for the role: a keepalive, or its message, behind the marker on port 4500.
size_t PayloadBytes(const OwnIke& ike) {
  if (ike.keepalive()) return 1;
  return (ike.encapsulated ? net::kNonEspMarkerBytes : 0) + ike.message.size();
}

void WritePayload(const OwnIke& ike, MutableBytes out) {
  if (ike.keepalive()) {
    out[0] = net::kNatKeepalive;
    return;
  }
  const size_t marker = ike.encapsulated ? net::kNonEspMarkerBytes : 0;
  std::fill_n(out.begin(), marker, uint8_t{0});
  std::ranges::copy(ike.message, out.begin() + static_cast<ptrdiff_t>(marker));
}

}  // namespace

void Forwarder::UdpInput(rte_mbuf* packet, const Parsed& parsed, size_t upper_offset) {
  const Bytes transport = Bytes(Data(packet)).subspan(upper_offset);
  const auto udp = net::ParseUdp(transport);
  if (!udp) return Finish(packet, Reason::kIpMalformed);
  const bool natt = udp->ports.destination == net::kNattPort;
  if (!natt && udp->ports.destination != net::kIkePort) {
    SendError(packet, IcmpErrorKind::kPortUnreachable);
    return Finish(packet, Reason::kLocalUnknown);
  }
  // Nobody could answer port 0.
  if (udp->ports.source == 0) return Finish(packet, Reason::kIpMalformed);
  const Bytes datagram = transport.first(udp->length_bytes);
  const Bytes payload = datagram.subspan(net::kUdpHeaderBytes);
  const net::NattContent content = natt ? net::NattContentOf(payload) : net::NattContent::kIke;
  const bool optional = !parsed.v6 || content == net::NattContent::kEsp;
  if (!ChecksumOk(parsed.flow, *udp, datagram, optional)) {
    return Finish(packet, Reason::kUdpChecksum);
  }
  switch (content) {
    case net::NattContent::kKeepalive:
      return Finish(packet, Reason::kNattKeepalive);
    case net::NattContent::kShort:
      return Finish(packet, Reason::kEspShort);
    case net::NattContent::kIke: {
      const Bytes message = natt ? payload.subspan(net::kNonEspMarkerBytes) : payload;
      return Finish(packet, QueueIke(packet, parsed, *udp, message));
    }
    case net::NattContent::kEsp:
      return EspInUdp(packet, upper_offset, *udp);
  }
}

// How the packet ends: its message is copied.
Reason Forwarder::QueueIke(const rte_mbuf* packet, const Parsed& parsed, const net::UdpHeader& udp,
                           Bytes message) {
  const PacketMeta& meta = Meta(packet);
  api::FastEndpoints ends{};
  ends.local = api::ToFast(parsed.flow.destination);
  ends.remote = api::ToFast(parsed.flow.source);
  ends.local_port = udp.ports.destination;
  ends.remote_port = udp.ports.source;
  ends.front_vrf = meta.vrf;
  ends.interface = meta.in_interface;
  const uint16_t flags = udp.ports.destination == net::kNattPort ? api::kIkeEncapsulated : 0;
  const Reason queued = ike_queues_.Offer(ends, flags, message);
  return queued == Reason::kOk ? Reason::kLocalDelivered : queued;
}

// From here on it is an ESP packet as any other, which remembers the port it came from. Whether its
// SA asks for UDP makes no difference coming in (RFC 7296, 2.23).
void Forwarder::EspInUdp(rte_mbuf* packet, size_t upper_offset, const net::UdpHeader& udp) {
  Meta(packet).udp_port = udp.ports.source;
  const Reason stripped = StripUdp(packet, upper_offset, udp.length_bytes);
  if (stripped != Reason::kOk) return Finish(packet, stripped);
  const auto parsed = ParsePacket(Data(packet));
  if (!parsed) return Finish(packet, Reason::kIpMalformed);
  UpperInput(packet, *parsed, upper_offset);
}

bool Forwarder::MaySend(const OwnIke& ike) const {
  if (ike.local.is_none() || ike.local.family() != ike.remote.family()) return false;
  if (ike.remote_port == 0 || (ike.message.empty() && !ike.keepalive())) return false;
  if (ike.remote.is_v4()) return ike.remote.IsRoutableUnicast();
  if (ike.remote.IsMulticast() || ike.remote.IsUnspecified()) return false;
  return !ike.remote.IsLinkLocal() || ike.interface < snapshot_->interfaces.size();
}

// A message that ends here at once counts as made here, so that every one has its reason.
Reason Forwarder::SendIke(const OwnIke& ike) {
  const auto refuse = [this](Reason reason) {
    counters_.originated.Add(1);
    counters_.Count(reason);
    return reason;
  };
  if (!MaySend(ike) || !IsOwn(ike.vrf, ike.interface, ike.local)) {
    return refuse(Reason::kIkeRefused);
  }
  OwnHeader ip{ike.local, ike.remote, net::kProtocolUdp};
  const size_t udp_bytes = net::kUdpHeaderBytes + PayloadBytes(ike);
  const size_t total = ip.bytes() + udp_bytes;
  if (total > kMaxOwnIkeBytes) return refuse(Reason::kIkeRefused);
  ip.identification = static_cast<uint16_t>(++fragment_id_);
  rte_mempool* pool = total > Reassembler::kMaxWholeBytes ? large_pool_ : pool_;
  rte_mbuf* packet = pool == nullptr ? nullptr : rte_pktmbuf_alloc(pool);
  if (packet == nullptr) return refuse(Reason::kNoBuffer);
  if (rte_pktmbuf_append(packet, static_cast<uint16_t>(total)) == nullptr) {
    rte_pktmbuf_free(packet);
    return refuse(Reason::kNoBuffer);
  }
  WriteOwnHeader(ip, udp_bytes, Data(packet));
  const MutableBytes segment = Data(packet).subspan(ip.bytes());
  WritePayload(ike, segment.subspan(net::kUdpHeaderBytes));
  WriteOwnUdp(ip, {ike.encapsulated ? net::kNattPort : net::kIkePort, ike.remote_port}, segment);
  counters_.originated.Add(1);
  PacketMeta origin;
  origin.vrf = ike.vrf;
  origin.in_interface = ike.interface;
  origin.policy_exempt = true;
  RouteOwn(packet, origin);
  return Reason::kOk;
}

}  // namespace vam::fwd
