#include "sw/net/ipv6.h"

namespace vam::net {

Result<Ipv6Header> ParseIpv6(Bytes packet) {
  if (packet.size() < kIpv6HeaderBytes) {
    return Err(ErrorCode::kTruncated, "packet shorter than an IPv6 header");
  }
  const uint32_t first = LoadBe32(packet.data());
  if (first >> 28 != 6) return Err(ErrorCode::kMalformed, "IP version is not 6");
  Ipv6Header header;
  header.traffic_class = static_cast<uint8_t>(first >> 20);
  header.flow_label = first & 0xfffff;
  header.payload_bytes = LoadBe16(packet.data() + 4);
  header.next_header = packet[6];
  header.hop_limit = packet[7];
  if (header.payload_bytes > packet.size() - kIpv6HeaderBytes) {
    return Err(ErrorCode::kTruncated, "IPv6 payload length above the packet");
  }
  VAM_TRY(header.source, Address::FromBytes(packet.subspan(8, 16)));
  VAM_TRY(header.destination, Address::FromBytes(packet.subspan(24, 16)));
  return header;
}

}  // namespace vam::net
