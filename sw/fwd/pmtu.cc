#include "sw/fwd/pmtu.h"

#include <algorithm>
#include <array>

#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr size_t kEspIdBytes = 8;  // SPI and number (RFC 4303, 2)
constexpr size_t kAhIdBytes = 12;  // the same behind four bytes (RFC 4302, 2)

// RFC 1191, 7.1.
constexpr std::array<size_t, 9> kPlateaus = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 576, 68};

// A quote is cut off: its header counts, its length does not.
struct Quote {
  OuterId id;
  Bytes upper;
};

std::optional<Quote> ReadV4(Bytes packet) {
  if (packet.size() < net::kIpv4HeaderBytes) return std::nullopt;
  const size_t header_bytes = static_cast<size_t>(packet[0] & 15) * 4;
  if (header_bytes < net::kIpv4HeaderBytes || header_bytes > packet.size()) return std::nullopt;
  if ((LoadBe16(&packet[6]) & 0x1fff) != 0) return std::nullopt;  // a later fragment
  Quote quote;
  quote.id.source = net::Address::V4(LoadBe32(&packet[12]));
  quote.id.destination = net::Address::V4(LoadBe32(&packet[16]));
  quote.id.protocol = packet[9];
  quote.upper = packet.subspan(header_bytes);
  return quote;
}

std::optional<Quote> ReadV6(Bytes packet) {
  if (packet.size() < net::kIpv6HeaderBytes) return std::nullopt;
  Quote quote;
  quote.id.source = *net::Address::FromBytes(packet.subspan(8, 16));
  quote.id.destination = *net::Address::FromBytes(packet.subspan(24, 16));
  quote.id.protocol = packet[net::kIpv6NextHeaderOffset];
  quote.upper = packet.subspan(net::kIpv6HeaderBytes);
  // Outer packets of ours have no other extension header.
  if (quote.id.protocol == net::kNextFragment) {
    if (quote.upper.size() < net::kIpv6FragmentHeaderBytes) return std::nullopt;
    if (LoadBe16(&quote.upper[2]) >> 3 != 0) return std::nullopt;
    quote.id.protocol = quote.upper[0];
    quote.upper = quote.upper.subspan(net::kIpv6FragmentHeaderBytes);
  }
  return quote;
}

// Fills SPI and number.
std::optional<OuterId> ReadUpper(std::optional<Quote> quote) {
  if (!quote) return std::nullopt;
  if (quote->id.protocol == net::kProtocolUdp) {
    if (quote->upper.size() < net::kUdpHeaderBytes) return std::nullopt;
    const auto ports = net::ParsePorts(quote->upper);
    if (!ports || (ports->source != net::kNattPort && ports->destination != net::kNattPort)) {
      return std::nullopt;
    }
    quote->id.protocol = net::kProtocolEsp;
    quote->upper = quote->upper.subspan(net::kUdpHeaderBytes);
  }
  const Bytes upper = quote->upper;
  if (quote->id.protocol == net::kProtocolEsp && upper.size() >= kEspIdBytes) {
    quote->id.spi = LoadBe32(upper.data());
    quote->id.sequence = LoadBe32(&upper[4]);
  } else if (quote->id.protocol == net::kProtocolAh && upper.size() >= kAhIdBytes) {
    quote->id.spi = LoadBe32(&upper[4]);
    quote->id.sequence = LoadBe32(&upper[8]);
  } else {
    return std::nullopt;
  }
  if (quote->id.spi == 0) return std::nullopt;  // IKE behind the marker
  return quote->id;
}

}  // namespace

std::optional<OuterId> OuterIdOf(Bytes packet) {
  if (packet.empty()) return std::nullopt;
  return ReadUpper(packet[0] >> 4 == 6 ? ReadV6(packet) : ReadV4(packet));
}

std::optional<OuterId> OuterIdOf(const Parsed& parsed, Bytes packet) {
  Quote quote;
  quote.id.source = parsed.flow.source;
  quote.id.destination = parsed.flow.destination;
  quote.id.protocol = parsed.flow.protocol;
  quote.upper = packet.subspan(parsed.header_bytes);
  return ReadUpper(quote);
}

size_t OuterLog::IndexOf(const OuterId& id) {
  const uint64_t end = LoadLe64(&id.destination.raw()[0]) ^ LoadLe64(&id.destination.raw()[8]);
  return static_cast<size_t>((end ^ id.spi) * 0x9e3779b97f4a7c15 >> 54) % kPlaces;
}

void OuterLog::Sent(const OuterId& id, uint32_t policy_entry, uint16_t vrf, uint64_t now_ns) {
  places_[IndexOf(id)] = {id, policy_entry, vrf, now_ns};
}

std::optional<uint32_t> OuterLog::EntryOf(const OuterId& id, uint16_t vrf, uint64_t now_ns) const {
  const Place& place = places_[IndexOf(id)];
  if (place.sent_ns == 0 || now_ns - place.sent_ns > kRecentNs) return std::nullopt;
  if (place.vrf != vrf || place.last.spi != id.spi || place.last.protocol != id.protocol ||
      place.last.source != id.source || place.last.destination != id.destination) {
    return std::nullopt;
  }
  if (place.last.sequence - id.sequence >= kRecentPackets) return std::nullopt;
  return place.entry;
}

size_t PathMtus::Learn(uint32_t entry, bool v6, size_t mtu, size_t sent_bytes, uint64_t now_ns) {
  if (mtu == 0 && !v6) {
    const auto plateau =
        std::find_if(kPlateaus.begin(), kPlateaus.end(), [&](size_t p) { return p < sent_bytes; });
    mtu = plateau == kPlateaus.end() ? kFloorV4 : *plateau;
  }
  // What did not fit was longer than what fits.
  if (mtu == 0 || mtu >= sent_bytes) return 0;
  mtu = std::max(mtu, v6 ? kFloorV6 : kFloorV4);
  const size_t known = Find(entry, now_ns);
  if (known != 0 && known <= mtu) return 0;
  if (by_entry_.size() >= kMaxEntries) {
    // Temporary entries leave theirs behind.
    std::erase_if(by_entry_,
                  [now_ns](const auto& item) { return item.second.expires_ns <= now_ns; });
    if (by_entry_.size() >= kMaxEntries) return 0;
  }
  by_entry_[entry] = {mtu, now_ns + kLifetimeNs};
  return mtu;
}

}  // namespace vam::fwd
