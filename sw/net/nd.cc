#include "sw/net/nd.h"

#include <algorithm>
#include <array>

#include "sw/net/icmp6.h"
#include "sw/net/ipv6.h"

namespace vam::net {
namespace {

constexpr size_t kFixedBytes = 24;  // ICMPv6 header and target
constexpr size_t kOptionUnitBytes = 8;
constexpr uint8_t kOptionSourceLink = 1, kOptionTargetLink = 2;
constexpr uint32_t kRouterFlag = 0x80000000, kSolicitedFlag = 0x40000000,
                   kOverrideFlag = 0x20000000;

void PutInterfaceId(const MacAddress& mac, std::array<uint8_t, 16>& out) {
  const auto& m = mac.bytes;
  const std::array<uint8_t, 8> id = {
      static_cast<uint8_t>(m[0] ^ 2), m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
  std::copy(id.begin(), id.end(), out.begin() + 8);
}

}  // namespace

Result<NdMessage> ParseNd(Bytes message) {
  if (message.size() < kFixedBytes) {
    return Err(ErrorCode::kTruncated, "neighbor discovery message under 24 bytes");
  }
  const uint8_t type = message[0];
  if (type != kIcmp6NeighborSolicitation && type != kIcmp6NeighborAdvertisement) {
    return Err(ErrorCode::kMalformed, "not a neighbor solicitation or advertisement");
  }
  if (message[1] != 0) return Err(ErrorCode::kMalformed, "neighbor discovery code is not 0");
  NdMessage out;
  out.advertisement = type == kIcmp6NeighborAdvertisement;
  const uint32_t flags = LoadBe32(&message[4]);
  out.router = out.advertisement && (flags & kRouterFlag) != 0;
  out.solicited = out.advertisement && (flags & kSolicitedFlag) != 0;
  out.override_known = out.advertisement && (flags & kOverrideFlag) != 0;
  VAM_TRY(out.target, Address::FromBytes(message.subspan(8, 16)));
  if (out.target.IsMulticast()) {
    return Err(ErrorCode::kMalformed, "neighbor discovery of a multicast target");
  }
  const uint8_t wanted = out.advertisement ? kOptionTargetLink : kOptionSourceLink;
  for (Bytes options = message.subspan(kFixedBytes); !options.empty();) {
    if (options.size() < kOptionUnitBytes) {
      return Err(ErrorCode::kTruncated, "neighbor discovery option cut off");
    }
    const size_t bytes = options[1] * kOptionUnitBytes;
    if (bytes == 0) return Err(ErrorCode::kMalformed, "neighbor discovery option of length 0");
    if (bytes > options.size()) {
      return Err(ErrorCode::kTruncated, "neighbor discovery option cut off");
    }
    // Ethernet addresses fill one unit (RFC 2464, 6); another size is of another link.
    if (options[0] == wanted && bytes == kOptionUnitBytes && !out.link) {
      out.link.emplace();
      std::copy_n(&options[2], out.link->bytes.size(), out.link->bytes.begin());
    }
    options = options.subspan(bytes);
  }
  return out;
}

Result<size_t> WriteNd(const NdMessage& message, const Address& source, const Address& destination,
                       MutableBytes out) {
  if (!message.target.is_v6()) {
    return Err(ErrorCode::kInvalidArgument, "neighbor discovery of an address that is not IPv6");
  }
  std::array<uint8_t, kNdMaxMessageBytes - kIcmpHeaderBytes> body{};
  std::copy(message.target.raw().begin(), message.target.raw().end(), body.begin());
  size_t bytes = kFixedBytes - kIcmpHeaderBytes;
  if (message.link) {
    body[bytes] = message.advertisement ? kOptionTargetLink : kOptionSourceLink;
    body[bytes + 1] = 1;
    std::copy(message.link->bytes.begin(), message.link->bytes.end(), &body[bytes + 2]);
    bytes += kOptionUnitBytes;
  }
  IcmpHeader header;
  header.type = message.advertisement ? kIcmp6NeighborAdvertisement : kIcmp6NeighborSolicitation;
  if (message.advertisement) {
    header.rest = (message.router ? kRouterFlag : 0) | (message.solicited ? kSolicitedFlag : 0) |
                  (message.override_known ? kOverrideFlag : 0);
  }
  return WriteIcmp6(source, destination, header, Bytes(body).first(bytes), out);
}

Address LinkLocalOf(const MacAddress& mac) {
  std::array<uint8_t, 16> bytes{0xfe, 0x80};
  PutInterfaceId(mac, bytes);
  return Address::V6(bytes);
}

Address WithInterfaceId(const Address& prefix, const MacAddress& mac) {
  VAM_CHECK(prefix.is_v6());
  std::array<uint8_t, 16> bytes = prefix.raw();
  PutInterfaceId(mac, bytes);
  return Address::V6(bytes);
}

Address SolicitedNode(const Address& address) {
  VAM_CHECK(address.is_v6());
  const auto& a = address.raw();
  return Address::V6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a[13], a[14], a[15]});
}

Address AllNodes() { return Address::V6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}); }

MacAddress MulticastMac(const Address& address) {
  VAM_CHECK(address.is_v6());
  const auto& a = address.raw();
  return {{0x33, 0x33, a[12], a[13], a[14], a[15]}};
}

}  // namespace vam::net
