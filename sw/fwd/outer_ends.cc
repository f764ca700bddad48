#include "sw/fwd/outer_ends.h"

#include <algorithm>

#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::fwd {

namespace {

constexpr size_t kIpv4ChecksumAt = 10;
constexpr size_t kIpv4SourceAt = 12;
constexpr size_t kIpv4DestinationAt = 16;
constexpr size_t kIpv6SourceAt = 8;
constexpr size_t kIpv6DestinationAt = 24;

void SetV4(MutableBytes packet, size_t at, const net::Address& address) {
  const Bytes bytes = address.bytes();
  uint16_t checksum = LoadBe16(&packet[kIpv4ChecksumAt]);
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const uint16_t next = LoadBe16(&bytes[i]);
    checksum = net::UpdateChecksum(checksum, LoadBe16(&packet[at + i]), next);
    StoreBe16(&packet[at + i], next);
  }
  StoreBe16(&packet[kIpv4ChecksumAt], checksum);
}

void Set(MutableBytes packet, size_t v4_at, size_t v6_at, const net::Address& address) {
  if (packet.empty()) return;
  const unsigned version = packet[0] >> 4;
  if (version == 4 && address.is_v4() && packet.size() >= net::kIpv4HeaderBytes) {
    SetV4(packet, v4_at, address);
  } else if (version == 6 && address.is_v6() && packet.size() >= net::kIpv6HeaderBytes) {
    std::ranges::copy(address.bytes(), packet.begin() + static_cast<ptrdiff_t>(v6_at));
  }
}

}  // namespace

void SetDestination(MutableBytes packet, const net::Address& destination) {
  Set(packet, kIpv4DestinationAt, kIpv6DestinationAt, destination);
}

void SetEnds(MutableBytes packet, const net::Address& source, const net::Address& destination) {
  Set(packet, kIpv4SourceAt, kIpv6SourceAt, source);
  SetDestination(packet, destination);
}

}  // namespace vam::fwd
