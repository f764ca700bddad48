#include "sw/fwd/packet_faults.h"

#include <algorithm>

#include "sw/api/fast_address.h"
#include "sw/ipsec/ip_packet.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr size_t kAhSpiOffset = 4;
// 1 to 255 are reserved, 0 is never on a wire (RFC 4303, 2.1): no peer of ours sends them.
constexpr uint32_t kLowestSpi = 256;

api::PacketFault FaultOf(const ipsec::IpPacket& ip, Bytes packet, const PacketMeta& meta) {
  api::PacketFault fault{};
  fault.endpoints.local = api::ToFast(ip.destination());
  fault.endpoints.remote = api::ToFast(ip.source());
  fault.endpoints.local_port = meta.udp_port == 0 ? 0 : net::kNattPort;
  fault.endpoints.remote_port = meta.udp_port;
  fault.endpoints.front_vrf = meta.vrf;
  fault.endpoints.interface = meta.in_interface;
  fault.protocol = ip.upper.protocol;
  const Bytes start = packet.first(std::min(packet.size(), fault.start.size()));
  std::ranges::copy(start, fault.start.begin());
  fault.start_bytes = static_cast<uint16_t>(start.size());
  return fault;
}

}  // namespace

bool PacketFaults::MayTell(const net::Address& source, uint64_t what) {
  const auto raw = source.raw();
  const uint64_t hash =
      SipHash(key_, {LoadBe64(raw.data()), LoadBe64(raw.data() + 8), what, 0, 0, 0});
  uint64_t& told_ns = told_ns_[hash % kPlaces];
  const uint64_t now_ns = clock_.MonotonicNs();
  if (told_ns != 0 && now_ns - told_ns < kIntervalNs) return false;
  if (queue_.size() == kMostQueued) return false;
  told_ns = now_ns;
  return true;
}

void PacketFaults::UnknownSpi(Bytes packet, const PacketMeta& meta) {
  const auto ip = ipsec::ParseIp(packet);
  if (!ip || !net::IsIpsec(ip->upper.protocol)) return;
  const bool ah = ip->upper.protocol == static_cast<uint8_t>(ipsec::Protocol::kAh);
  const size_t at = ah ? kAhSpiOffset : 0;
  if (ip->payload().size() < at + sizeof(uint32_t)) return;
  const uint32_t spi = LoadBe32(&ip->payload()[at]);
  if (spi < kLowestSpi || !MayTell(ip->source(), spi)) return;
  api::PacketFault fault = FaultOf(*ip, packet, meta);
  fault.kind = api::FaultKind::kUnknownSpi;
  fault.spi = spi;
  queue_.push_back(fault);
}

void PacketFaults::WrongSelectors(const ipsec::SaSettings& sa, Bytes packet,
                                  const PacketMeta& meta) {
  const auto ip = ipsec::ParseIp(packet);
  // Of a bundle's inner SA the packet is no longer as it came.
  if (!ip || !net::IsIpsec(ip->upper.protocol) || !MayTell(ip->source(), sa.id << 32)) return;
  api::PacketFault fault = FaultOf(*ip, packet, meta);
  fault.kind = api::FaultKind::kWrongSelectors;
  fault.sa_id = sa.id;
  fault.spi = sa.spi.value;
  queue_.push_back(fault);
}

}  // namespace vam::fwd
