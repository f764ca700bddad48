#include "sw/net/ipv6.h"

#include <algorithm>

namespace vam::net {
namespace {

constexpr unsigned kMaxExtensionHeaders = 8;
constexpr size_t kExtensionUnitBytes = 8;

}  // namespace

Result<Ipv6Header> ParseIpv6(Bytes packet) {
  if (packet.size() < kIpv6HeaderBytes) {
    return Err(ErrorCode::kTruncated, "packet shorter than an IPv6 header");
  }
  const uint32_t first = LoadBe32(packet.data());
  if (first >> 28 != 6) return Err(ErrorCode::kMalformed, "IP version is not 6");
  Ipv6Header header;
  header.traffic_class = static_cast<uint8_t>(first >> 20);
  header.flow_label = first & 0xfffff;
  header.payload_bytes = LoadBe16(packet.data() + kIpv6PayloadOffset);
  header.next_header = packet[kIpv6NextHeaderOffset];
  header.hop_limit = packet[kIpv6HopLimitOffset];
  if (header.payload_bytes > packet.size() - kIpv6HeaderBytes) {
    return Err(ErrorCode::kTruncated, "IPv6 payload length above the packet");
  }
  VAM_TRY(header.source, Address::FromBytes(packet.subspan(8, 16)));
  VAM_TRY(header.destination, Address::FromBytes(packet.subspan(24, 16)));
  return header;
}

Result<size_t> WriteIpv6(const Ipv6Header& header, MutableBytes out) {
  if (!header.source.is_v6() || !header.destination.is_v6() || header.flow_label > 0xfffff) {
    return Err(ErrorCode::kInvalidArgument, "IPv6 header that cannot be written");
  }
  if (out.size() < kIpv6HeaderBytes) {
    return Err(ErrorCode::kExhausted, "no room for an IPv6 header");
  }
  StoreBe32(out.data(),
            0x60000000 | static_cast<uint32_t>(header.traffic_class) << 20 | header.flow_label);
  StoreBe16(&out[kIpv6PayloadOffset], header.payload_bytes);
  out[kIpv6NextHeaderOffset] = header.next_header;
  out[kIpv6HopLimitOffset] = header.hop_limit;
  std::copy(header.source.raw().begin(), header.source.raw().end(), &out[8]);
  std::copy(header.destination.raw().begin(), header.destination.raw().end(), &out[24]);
  return kIpv6HeaderBytes;
}

Result<Ipv6Chain> WalkIpv6(const Ipv6Header& header, Bytes packet) {
  const Bytes whole = packet.first(kIpv6HeaderBytes + header.payload_bytes);
  Ipv6Chain chain;
  uint8_t next = header.next_header;
  size_t at = kIpv6HeaderBytes;
  size_t named_at = kIpv6NextHeaderOffset;
  for (unsigned headers = 0; IsExtensionHeader(next); ++headers) {
    if (headers == kMaxExtensionHeaders) {
      return Err(ErrorCode::kMalformed, "too many IPv6 extension headers");
    }
    if (whole.size() - at < kExtensionUnitBytes) {
      return Err(ErrorCode::kTruncated, "IPv6 extension header cut off");
    }
    const uint8_t* p = &whole[at];
    size_t bytes = kExtensionUnitBytes;
    if (next == kNextFragment) {
      if (chain.has_fragment) return Err(ErrorCode::kMalformed, "two IPv6 fragment headers");
      chain.has_fragment = true;
      chain.fragment_offset_at = at;
      chain.fragment_named_at = named_at;
      chain.fragment_offset = LoadBe16(p + 2) >> 3;
      chain.more_fragments = (p[3] & 1) != 0;
      chain.identification = LoadBe32(p + 4);
    } else {
      bytes += p[1] * kExtensionUnitBytes;
    }
    if (next == kNextHopByHop && headers != 0) {
      return Err(ErrorCode::kMalformed, "IPv6 hop-by-hop options are not first");
    }
    chain.has_routing |= next == kNextRouting;
    if (next == kNextRouting && p[3] != 0) chain.active_routing_at = at;
    if (bytes > whole.size() - at) {
      return Err(ErrorCode::kTruncated, "IPv6 extension header cut off");
    }
    const bool read_on_the_way = next == kNextHopByHop || next == kNextRouting;
    next = p[0];
    named_at = at;
    at += bytes;
    if (read_on_the_way && !chain.has_fragment) {
      chain.fragment_offset_at = at;
      chain.fragment_named_at = named_at;
    }
    // What follows in a later fragment is not the chain of headers.
    if (chain.fragment_offset != 0) break;
  }
  chain.protocol = next;
  chain.upper_offset = at;
  return chain;
}

}  // namespace vam::net
