#include "sw/net/ipv4.h"

#include "sw/net/checksum.h"

namespace vam::net {
namespace {

constexpr uint16_t kDontFragment = 0x4000;
constexpr uint16_t kMoreFragments = 0x2000;
constexpr uint16_t kOffsetMask = 0x1fff;

uint8_t HeaderBytes(const uint8_t* p) { return static_cast<uint8_t>((p[0] & 15) * 4); }

// Becomes the header where the result holds it. A copy of fields that were written one by one just
// before would wait until they have left the store buffer, a sixth of a forwarded packet's time.
struct Fields {
  const uint8_t* p;

  operator Ipv4Header() const {  // NOLINT(google-explicit-constructor): Result asks for it
    const uint16_t flags = LoadBe16(p + 6);
    return {.header_bytes = HeaderBytes(p),
            .tos = p[kIpv4TosOffset],
            .total_bytes = LoadBe16(p + 2),
            .identification = LoadBe16(p + 4),
            .dont_fragment = (flags & kDontFragment) != 0,
            .more_fragments = (flags & kMoreFragments) != 0,
            .fragment_offset = static_cast<uint16_t>(flags & kOffsetMask),
            .ttl = p[kIpv4TtlOffset],
            .protocol = p[9],
            .checksum = LoadBe16(p + kIpv4ChecksumOffset),
            .source = Address::V4(LoadBe32(p + 12)),
            .destination = Address::V4(LoadBe32(p + 16))};
  }
};

}  // namespace

Result<Ipv4Header> ParseIpv4(Bytes packet) {
  if (packet.size() < kIpv4HeaderBytes) {
    return Err(ErrorCode::kTruncated, "packet shorter than an IPv4 header");
  }
  const uint8_t* p = packet.data();
  if (p[0] >> 4 != 4) return Err(ErrorCode::kMalformed, "IP version is not 4");
  const size_t header_bytes = HeaderBytes(p);
  const size_t total_bytes = LoadBe16(p + 2);
  if (header_bytes < kIpv4HeaderBytes) {
    return Err(ErrorCode::kMalformed, "IPv4 header length under 20");
  }
  if (total_bytes < header_bytes) {
    return Err(ErrorCode::kMalformed, "IPv4 total length under the header length");
  }
  if (total_bytes > packet.size()) {
    return Err(ErrorCode::kTruncated, "IPv4 total length above the packet");
  }
  return Fields{p};
}

bool Ipv4ChecksumOk(Bytes packet) {
  return Checksum(packet.first(static_cast<size_t>(packet[0] & 15) * 4)) == 0;
}

Result<size_t> WriteIpv4(const Ipv4Header& header, MutableBytes out) {
  if (header.header_bytes != kIpv4HeaderBytes || !header.source.is_v4() ||
      !header.destination.is_v4() || header.fragment_offset > kOffsetMask) {
    return Err(ErrorCode::kInvalidArgument, "IPv4 header that cannot be written");
  }
  if (out.size() < kIpv4HeaderBytes) {
    return Err(ErrorCode::kExhausted, "no room for an IPv4 header");
  }
  uint8_t* p = out.data();
  p[0] = 0x45;
  p[1] = header.tos;
  StoreBe16(p + 2, header.total_bytes);
  StoreBe16(p + 4, header.identification);
  StoreBe16(p + 6, static_cast<uint16_t>((header.dont_fragment ? kDontFragment : 0) |
                                         (header.more_fragments ? kMoreFragments : 0) |
                                         header.fragment_offset));
  p[8] = header.ttl;
  p[9] = header.protocol;
  StoreBe16(p + 10, 0);
  StoreBe32(p + 12, header.source.v4());
  StoreBe32(p + 16, header.destination.v4());
  StoreBe16(p + 10, Checksum(out.first(kIpv4HeaderBytes)));
  return kIpv4HeaderBytes;
}

}  // namespace vam::net
