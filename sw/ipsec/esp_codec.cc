#include "sw/ipsec/esp_codec.h"

#include <algorithm>

#include "sw/ipsec/ecn.h"
#include "sw/net/ipv6.h"
#include "sw/net/ports.h"

namespace vam::ipsec {
namespace {

bool PaddingOk(Bytes padding) {
  for (size_t i = 0; i < padding.size(); ++i) {
    if (padding[i] != i + 1) return false;
  }
  return true;
}

bool PrefixAdmits(const net::Prefix& prefix, const net::Address& address) {
  return prefix.family() == net::Family::kNone || prefix.Contains(address);
}

bool PortsAdmit(const Selectors& selectors, const IpPacket& inner) {
  if (selectors.local_ports.IsAny() && selectors.remote_ports.IsAny()) return true;
  if (inner.fragment_offset != 0 || !inner.chain_ok) return false;
  if (!net::ProtocolHasPorts(inner.upper.protocol)) return false;
  const auto ports = net::ParsePorts(inner.payload());
  return ports.has_value() && selectors.remote_ports.Contains(ports->source) &&
         selectors.local_ports.Contains(ports->destination);
}

bool ProtocolAdmits(uint8_t protocol, const IpPacket& inner) {
  return protocol == 0 || (inner.chain_ok && protocol == inner.upper.protocol);
}

// RFC 6040, 4.1, normal mode: ECN is copied, CE too.
uint8_t OuterTos(const SaSettings& sa, uint8_t inner_tos) {
  const auto dscp = static_cast<uint8_t>(sa.dscp_fixed ? sa.dscp << 2 : inner_tos & 0xfc);
  return static_cast<uint8_t>(dscp | (inner_tos & kEcnMask));
}

}  // namespace

OuterPacket ParseOuter(Bytes packet, Protocol protocol) {
  OuterPacket outer{.ip = ParseIp(packet)};
  if (!outer.ip.has_value() || !outer.ip->chain_ok) return outer;
  outer.reason = Reason::kOuterChecksum;
  if (!outer.ip->v6 && !net::Ipv4ChecksumOk(packet)) return outer;
  outer.reason = Reason::kOuterFragment;
  if (outer.ip->fragment) return outer;
  outer.reason = Reason::kNotEsp;
  if (outer.ip->upper.protocol != static_cast<uint8_t>(protocol)) return outer;
  outer.reason = Reason::kOk;
  return outer;
}

EspPacket SplitEsp(Bytes esp, const EspLayout& layout) {
  EspPacket parts;
  if (esp.size() < layout.fixed_bytes() + kEspTrailerBytes) return parts;
  parts.spi = Spi{LoadBe32(esp.data())};
  parts.sequence = LoadBe32(esp.data() + 4);
  parts.iv = esp.subspan(kEspHeaderBytes, layout.iv_bytes);
  parts.text = esp.subspan(kEspHeaderBytes + layout.iv_bytes, esp.size() - layout.fixed_bytes());
  parts.icv = esp.last(layout.icv_bytes);
  parts.reason =
      (parts.text.size() & (layout.block_bytes - 1)) == 0 ? Reason::kOk : Reason::kEspAlignment;
  return parts;
}

InnerPacket ParseInner(Bytes bytes) {
  InnerPacket inner{.ip = ParseIp(bytes)};
  if (inner.ip.has_value()) inner.reason = Reason::kOk;
  return inner;
}

InnerPacket ParseTunnelled(uint8_t next_header, Bytes bytes) {
  const bool looks_v6 = !bytes.empty() && bytes[0] >> 4 == 6;
  if (next_header == net::kProtocolIpv4) {
    if (looks_v6) return InnerPacket{};
    return ParseInner(bytes);
  }
  if (next_header != net::kProtocolIpv6 || !looks_v6) {
    return InnerPacket{.reason = Reason::kBadNextHeader};
  }
  return ParseInner(bytes);
}

EspText TakeOffTrailer(Bytes text) {
  VAM_CHECK(text.size() >= kEspTrailerBytes);
  EspText taken;
  const size_t body = text.size() - kEspTrailerBytes;
  const size_t pad = text[body];
  taken.next_header = text[body + 1];
  if (pad > body || !PaddingOk(text.subspan(body - pad, pad))) return taken;
  taken.reason = taken.next_header == net::kProtocolNone ? Reason::kDummyPacket : Reason::kOk;
  taken.payload = text.first(body - pad);
  return taken;
}

InnerPacket ParseText(Bytes text) {
  const EspText taken = TakeOffTrailer(text);
  if (taken.reason == Reason::kOk) return ParseTunnelled(taken.next_header, taken.payload);
  InnerPacket inner;
  inner.reason = taken.reason;
  return inner;
}

void WriteTrailer(MutableBytes trailer, uint8_t next_header) {
  VAM_CHECK(trailer.size() >= kEspTrailerBytes && trailer.size() <= kEspTrailerBytes + 255);
  const auto pad = static_cast<uint8_t>(trailer.size() - kEspTrailerBytes);
  for (uint8_t i = 0; i < pad; ++i) trailer[i] = static_cast<uint8_t>(i + 1);
  trailer[pad] = pad;
  trailer[pad + size_t{1}] = next_header;
}

EspAad MakeAad(Spi spi, uint64_t sequence, bool esn) {
  EspAad aad;
  aad.size = esn ? 12 : 8;
  StoreBe32(aad.buffer.data(), spi.value);
  if (esn) {
    StoreBe64(aad.buffer.data() + 4, sequence);
  } else {
    StoreBe32(aad.buffer.data() + 4, static_cast<uint32_t>(sequence));
  }
  return aad;
}

net::Ipv4Header MakeOuter(const SaSettings& sa, const IpPacket& inner, uint16_t total_bytes,
                          uint64_t sequence) {
  net::Ipv4Header outer;
  outer.tos = OuterTos(sa, inner.tos);
  outer.total_bytes = total_bytes;
  outer.identification = static_cast<uint16_t>(sequence);
  // An IPv6 packet has no bit to copy.
  outer.dont_fragment =
      sa.df_mode == DfMode::kSet || (sa.df_mode == DfMode::kCopy && inner.dont_fragment);
  outer.ttl = sa.ttl;
  outer.protocol = static_cast<uint8_t>(sa.protocol);
  outer.source = sa.local;
  outer.destination = sa.remote;
  return outer;
}

bool WriteOuter(const SaSettings& sa, const IpPacket& inner, uint64_t sequence,
                MutableBytes packet) {
  if (sa.local.is_v4()) {
    const auto total_bytes = static_cast<uint16_t>(packet.size());
    return net::WriteIpv4(MakeOuter(sa, inner, total_bytes, sequence), packet).has_value();
  }
  if (packet.size() < net::kIpv6HeaderBytes) return false;
  StoreBe32(packet.data(), 0x60000000u | uint32_t{OuterTos(sa, inner.tos)} << 20);
  packet[6] = static_cast<uint8_t>(sa.protocol);
  packet[7] = sa.ttl;
  std::copy_n(sa.local.raw().begin(), 16, packet.begin() + 8);
  std::copy_n(sa.remote.raw().begin(), 16, packet.begin() + 24);
  FixLengths(packet, true);
  return true;
}

bool SelectorsMatchInbound(const Selectors& selectors, const IpPacket& inner) {
  return PrefixAdmits(selectors.remote, inner.source()) &&
         PrefixAdmits(selectors.local, inner.destination()) &&
         ProtocolAdmits(selectors.protocol, inner) && PortsAdmit(selectors, inner);
}

}  // namespace vam::ipsec
