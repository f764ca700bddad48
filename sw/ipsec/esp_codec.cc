#include "sw/ipsec/esp_codec.h"

#include "sw/ipsec/ecn.h"
#include "sw/net/ports.h"

namespace vam::ipsec {
namespace {

// The shortest body of any suite, and the alignment that all have (RFC 4303, 2.4).
constexpr size_t kShortestBody = kGcmIvBytes + kEspTrailerBytes + kGcmIcvBytes;
constexpr size_t kAlignment = 4;
constexpr uint8_t kNextHeaderIpv4 = net::kProtocolIpv4;

bool PaddingOk(Bytes padding) {
  for (size_t i = 0; i < padding.size(); ++i) {
    if (padding[i] != i + 1) return false;
  }
  return true;
}

bool PrefixAdmits(const net::Prefix& prefix, const net::Address& address) {
  return prefix.family() == net::Family::kNone || prefix.Contains(address);
}

bool PortsAdmit(const Selectors& selectors, const InnerPacket& inner) {
  if (selectors.local_ports.IsAny() && selectors.remote_ports.IsAny()) return true;
  if (inner.header.fragment_offset != 0) return false;
  if (!net::ProtocolHasPorts(inner.header.protocol)) return false;
  const auto ports = net::ParsePorts(inner.packet.subspan(inner.header.header_bytes));
  return ports.has_value() && selectors.remote_ports.Contains(ports->source) &&
         selectors.local_ports.Contains(ports->destination);
}

}  // namespace

EspPacket ParseEsp(Bytes packet) {
  EspPacket esp;
  const auto outer = net::ParseIpv4(packet);
  if (!outer.has_value()) return esp;
  esp.reason = Reason::kOuterChecksum;
  if (!net::Ipv4ChecksumOk(packet)) return esp;
  esp.reason = Reason::kOuterFragment;
  if (outer->IsFragment()) return esp;
  esp.reason = Reason::kNotEsp;
  if (outer->protocol != net::kProtocolEsp) return esp;
  const Bytes payload = packet.subspan(outer->header_bytes, outer->payload_bytes());
  esp.reason = Reason::kEspShort;
  if (payload.size() < kEspHeaderBytes + kShortestBody) return esp;
  esp.reason = Reason::kEspAlignment;
  if (payload.size() % kAlignment != 0) return esp;
  esp.reason = Reason::kOk;
  esp.source = outer->source;
  esp.destination = outer->destination;
  esp.ecn = outer->tos & kEcnMask;
  esp.spi = Spi{LoadBe32(payload.data())};
  esp.sequence = LoadBe32(payload.data() + 4);
  esp.body = payload.subspan(kEspHeaderBytes);
  return esp;
}

EspBody SplitBody(Bytes body, const SuiteInfo& suite) {
  EspBody parts;
  const size_t overhead = size_t{suite.iv_bytes} + suite.icv_bytes;
  if (body.size() < overhead + kEspTrailerBytes) return parts;
  parts.iv = body.first(suite.iv_bytes);
  parts.text = body.subspan(suite.iv_bytes, body.size() - overhead);
  parts.icv = body.last(suite.icv_bytes);
  parts.reason = parts.text.size() % suite.alignment == 0 ? Reason::kOk : Reason::kEspAlignment;
  return parts;
}

InnerPacket ParseInner(Bytes bytes) {
  InnerPacket inner;
  const auto header = net::ParseIpv4(bytes);
  if (!header.has_value()) return inner;
  inner.reason = Reason::kOk;
  inner.header = *header;
  inner.packet = bytes.first(header->total_bytes);
  return inner;
}

InnerPacket ParseText(Bytes text) {
  VAM_CHECK(text.size() >= kEspTrailerBytes);
  InnerPacket inner;
  const size_t body = text.size() - kEspTrailerBytes;
  const size_t pad = text[body];
  const uint8_t next_header = text[body + 1];
  inner.reason = Reason::kBadPadding;
  if (pad > body || !PaddingOk(text.subspan(body - pad, pad))) return inner;
  inner.reason = Reason::kDummyPacket;
  if (next_header == net::kProtocolNone) return inner;
  inner.reason = Reason::kBadNextHeader;
  if (next_header != kNextHeaderIpv4) return inner;
  return ParseInner(text.first(body - pad));
}

void WriteTrailer(MutableBytes trailer) {
  VAM_CHECK(trailer.size() >= kEspTrailerBytes && trailer.size() <= kEspTrailerBytes + 255);
  const auto pad = static_cast<uint8_t>(trailer.size() - kEspTrailerBytes);
  for (uint8_t i = 0; i < pad; ++i) trailer[i] = static_cast<uint8_t>(i + 1);
  trailer[pad] = pad;
  trailer[pad + size_t{1}] = kNextHeaderIpv4;
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

net::Ipv4Header MakeOuter(const SaSettings& sa, const net::Ipv4Header& inner, uint16_t total_bytes,
                          uint64_t sequence) {
  net::Ipv4Header outer;
  // RFC 6040, 4.1, normal mode: ECN is copied, CE too.
  const auto dscp = static_cast<uint8_t>(sa.dscp_fixed ? sa.dscp << 2 : inner.tos & 0xfc);
  outer.tos = dscp | (inner.tos & kEcnMask);
  outer.total_bytes = total_bytes;
  outer.identification = static_cast<uint16_t>(sequence);
  outer.dont_fragment =
      sa.df_mode == DfMode::kSet || (sa.df_mode == DfMode::kCopy && inner.dont_fragment);
  outer.ttl = sa.ttl;
  outer.protocol = net::kProtocolEsp;
  outer.source = sa.local;
  outer.destination = sa.remote;
  return outer;
}

bool SelectorsMatchInbound(const Selectors& selectors, const InnerPacket& inner) {
  return PrefixAdmits(selectors.remote, inner.header.source) &&
         PrefixAdmits(selectors.local, inner.header.destination) &&
         (selectors.protocol == 0 || selectors.protocol == inner.header.protocol) &&
         PortsAdmit(selectors, inner);
}

}  // namespace vam::ipsec
