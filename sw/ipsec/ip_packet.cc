#include "sw/ipsec/ip_packet.h"

#include <algorithm>
#include <array>

#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::ipsec {
namespace {

// More than any sane packet has, few enough that a hostile one costs nothing.
constexpr int kMaxExtensions = 16;
constexpr size_t kIpv6NextAt = 6;
constexpr size_t kIpv4ProtocolAt = 9;
constexpr size_t kIpv4HeaderWords = 0x0f;

// Walks the extension headers (RFC 8200, 4).
void WalkChain(IpPacket& ip, uint8_t first) {
  HeaderPlace place{net::kIpv6HeaderBytes, kIpv6NextAt, first};
  ip.insert = place;
  ip.chain_ok = false;
  for (int count = 0; count < kMaxExtensions; ++count) {
    const uint8_t type = place.protocol;
    if (!net::IsExtensionHeader(type)) {
      ip.upper = place;
      ip.chain_ok = true;
      return;
    }
    if (type == net::kNextHopByHop && count != 0) return;
    if (ip.packet.size() - place.offset < 8) return;
    const uint8_t* header = &ip.packet[place.offset];
    const size_t bytes = type == net::kNextFragment ? 8 : (size_t{header[1]} + 1) * 8;
    if (bytes > ip.packet.size() - place.offset) return;
    place = {place.offset + bytes, place.offset, header[0]};
    // Destination options stay behind, unless a routing header follows them.
    if (type == net::kNextHopByHop || type == net::kNextRouting) ip.insert = place;
    if (type != net::kNextFragment) continue;
    ip.insert = place;
    ip.fragment = true;
    ip.fragment_offset = static_cast<uint16_t>(LoadBe16(header + 2) >> 3);
    if (ip.fragment_offset == 0) continue;
    ip.upper = place;  // what follows is no header
    ip.chain_ok = true;
    return;
  }
}

std::optional<IpPacket> ParseV6(Bytes packet) {
  const auto header = net::ParseIpv6(packet);
  if (!header.has_value()) return std::nullopt;
  IpPacket ip;
  ip.v6 = true;
  ip.packet = packet.first(net::kIpv6HeaderBytes + header->payload_bytes);
  ip.tos = header->traffic_class;
  WalkChain(ip, header->next_header);
  return ip;
}

// As net::ParseIpv4, without the fields that nobody here asks for: this is the packet path.
std::optional<IpPacket> ParseV4(Bytes packet) {
  constexpr uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
  // The same variable in every return: it is then made where the caller wants it. A copy of fields
  // that were just written one by one would wait for the store buffer.
  std::optional<IpPacket> ip;
  if (packet.size() < net::kIpv4HeaderBytes || packet[0] >> 4 != 4) return ip;
  const size_t header_bytes = (packet[0] & kIpv4HeaderWords) * 4;
  const size_t total_bytes = LoadBe16(&packet[2]);
  if (header_bytes < net::kIpv4HeaderBytes || total_bytes < header_bytes ||
      total_bytes > packet.size()) {
    return ip;
  }
  ip.emplace();
  const uint16_t flags = LoadBe16(&packet[6]);
  ip->packet = packet.first(total_bytes);
  ip->tos = packet[net::kIpv4TosOffset];
  ip->dont_fragment = (flags & kDontFragment) != 0;
  ip->fragment_offset = flags & kOffsetMask;
  ip->fragment = (flags & (kMoreFragments | kOffsetMask)) != 0;
  ip->upper = {header_bytes, kIpv4ProtocolAt, packet[kIpv4ProtocolAt]};
  ip->insert = ip->upper;
  return ip;
}

}  // namespace

net::Address IpPacket::AddressAt(size_t offset) const {
  if (!v6) return net::Address::V4(LoadBe32(&packet[offset]));
  std::array<uint8_t, 16> bytes;
  std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), bytes.begin());
  return net::Address::V6(bytes);
}

std::optional<IpPacket> ParseIp(Bytes packet) {
  if (!packet.empty() && packet[0] >> 4 == 6) return ParseV6(packet);
  return ParseV4(packet);
}

void FixLengths(MutableBytes packet, bool v6) {
  if (v6) {
    StoreBe16(packet.data() + 4, static_cast<uint16_t>(packet.size() - net::kIpv6HeaderBytes));
    return;
  }
  const size_t header_bytes = (packet[0] & kIpv4HeaderWords) * 4;
  StoreBe16(packet.data() + 2, static_cast<uint16_t>(packet.size()));
  uint8_t* checksum = packet.data() + net::kIpv4ChecksumOffset;
  StoreBe16(checksum, 0);
  StoreBe16(checksum, net::Checksum(packet.first(header_bytes)));
}

}  // namespace vam::ipsec
