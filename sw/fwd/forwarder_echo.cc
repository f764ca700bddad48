// Echo requests of the gateway itself: how they leave, and what comes back.
#include <rte_mbuf.h>

#include "sw/fwd/echo.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/own_header.h"
#include "sw/net/icmp6.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr uint16_t kOffsetMask = 0x1fff;  // of the IPv4 fragment field

constexpr uint8_t kIcmpParameterProblem = 12;

std::optional<EchoTrouble> TroubleV4(const net::IcmpHeader& icmp) {
  switch (icmp.type) {
    case net::kIcmpUnreachable:
      return icmp.code == net::kIcmpCodeFragmentationNeeded ? EchoTrouble::kCouldNotFragment
                                                            : EchoTrouble::kUnreachable;
    case net::kIcmpTimeExceeded:
      return EchoTrouble::kTtlExceeded;
    case kIcmpParameterProblem:
      return EchoTrouble::kOther;
    default:
      return std::nullopt;
  }
}

std::optional<EchoTrouble> TroubleV6(const net::IcmpHeader& icmp) {
  switch (icmp.type) {
    case net::kIcmp6Unreachable:
      return EchoTrouble::kUnreachable;
    case net::kIcmp6PacketTooBig:
      return EchoTrouble::kCouldNotFragment;
    case net::kIcmp6TimeExceeded:
      return EchoTrouble::kTtlExceeded;
    case net::kIcmp6ParameterProblem:
      return EchoTrouble::kOther;
    default:
      return std::nullopt;
  }
}

net::Address AddressAt(Bytes packet, size_t offset, size_t bytes) {
  return *net::Address::FromBytes(packet.subspan(offset, bytes));
}

std::optional<EchoAnswer> ReadQuoteV4(Bytes quote) {
  if (quote.size() < net::kIpv4HeaderBytes) return std::nullopt;
  const size_t header_bytes = static_cast<size_t>(quote[0] & 15) * 4;
  if (header_bytes < net::kIpv4HeaderBytes || quote.size() < header_bytes + net::kIcmpHeaderBytes ||
      quote[9] != net::kProtocolIcmp || (LoadBe16(&quote[6]) & kOffsetMask) != 0 ||
      quote[header_bytes] != net::kIcmpEchoRequest) {
    return std::nullopt;
  }
  return EchoAnswer{kGlobalVrf, AddressAt(quote, 12, 4), AddressAt(quote, 16, 4),
                    EchoName::OfRest(LoadBe32(&quote[header_bytes + 4]))};
}

// The requests that leave here have no extension header but that of a fragment.
std::optional<EchoAnswer> ReadQuoteV6(Bytes quote) {
  size_t at = net::kIpv6HeaderBytes;
  if (quote.size() < at + net::kIcmpHeaderBytes) return std::nullopt;
  uint8_t next = quote[net::kIpv6NextHeaderOffset];
  if (next == net::kNextFragment) {
    if (LoadBe16(&quote[at + 2]) >> 3 != 0) return std::nullopt;
    next = quote[at];
    at += net::kIpv6FragmentHeaderBytes;
  }
  if (next != net::kProtocolIcmpV6 || quote.size() < at + net::kIcmpHeaderBytes ||
      quote[at] != net::kIcmp6EchoRequest) {
    return std::nullopt;
  }
  return EchoAnswer{kGlobalVrf, AddressAt(quote, 8, 16), AddressAt(quote, 24, 16),
                    EchoName::OfRest(LoadBe32(&quote[at + 4]))};
}

}  // namespace

void FillEchoData(uint16_t pattern, MutableBytes data) {
  for (size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<uint8_t>(i % 2 == 0 ? pattern >> 8 : pattern);
  }
}

bool IsEchoData(uint16_t pattern, Bytes data) {
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i] != static_cast<uint8_t>(i % 2 == 0 ? pattern >> 8 : pattern)) return false;
  }
  return true;
}

std::optional<EchoAnswer> ReadEchoQuote(Bytes quote) {
  if (quote.empty()) return std::nullopt;
  return quote[0] >> 4 == 6 ? ReadQuoteV6(quote) : ReadQuoteV4(quote);
}

bool Forwarder::IsOwn(uint16_t vrf, uint16_t interface, const net::Address& address) const {
  if (address.is_v4()) return snapshot_->IsLocal(vrf, address.v4());
  const Ipv6Addresses::Own* own = addresses6_.Find(vrf, interface, address);
  return own != nullptr && own->state == Ipv6Addresses::State::kPreferred;
}

Status Forwarder::SendEcho(const OwnEcho& echo) {
  const OwnHeader ip{
      .source = echo.source,
      .destination = echo.destination,
      .protocol = echo.destination.is_v6() ? net::kProtocolIcmpV6 : net::kProtocolIcmp,
      .identification = static_cast<uint16_t>(++fragment_id_),
      .dont_fragment = echo.dont_fragment};
  const size_t ip_bytes = ip.bytes();
  VAM_CHECK(echo.source.family() == echo.destination.family());
  VAM_CHECK(echo.bytes >= ip_bytes + net::kIcmpHeaderBytes && echo.bytes <= kMaxEchoBytes);
  if (!IsOwn(echo.vrf, echo.interface, echo.source)) {
    return Err(ErrorCode::kNotFound, "the source is no address of an interface that is up");
  }
  rte_mempool* pool = echo.bytes > Reassembler::kMaxWholeBytes ? large_pool_ : pool_;
  rte_mbuf* packet = pool == nullptr ? nullptr : rte_pktmbuf_alloc(pool);
  if (packet == nullptr) return Err(ErrorCode::kExhausted, "no packet buffer");
  rte_pktmbuf_append(packet, static_cast<uint16_t>(echo.bytes));
  const MutableBytes data = Data(packet);
  WriteOwnHeader(ip, echo.bytes - ip_bytes, data);
  const MutableBytes message = data.subspan(ip_bytes);
  const MutableBytes body = message.subspan(net::kIcmpHeaderBytes);
  FillEchoData(echo.pattern, body);
  const uint32_t rest = echo.name.rest();
  const auto written = echo.destination.is_v6()
                           ? net::WriteIcmp6(echo.source, echo.destination,
                                             {net::kIcmp6EchoRequest, 0, 0, rest}, body, message)
                           : net::WriteIcmp({net::kIcmpEchoRequest, 0, 0, rest}, body, message);
  VAM_CHECK(written.has_value());
  counters_.originated.Add(1);
  if (IsOwn(echo.vrf, echo.interface, echo.destination)) {
    AnswerOwnEcho(packet, echo, body);
    return Ok();
  }
  PacketMeta meta;
  meta.vrf = echo.vrf;
  meta.echo = rest;
  if (echo.destination.IsLinkLocal()) meta.out_interface = echo.interface;
  Meta(packet) = meta;
  const auto parsed = ParsePacket(data);
  VAM_CHECK(parsed.has_value());
  Route(packet, *parsed);
  return Ok();
}

// The gateway asks itself: nothing goes to a wire, where nobody would answer for this address.
void Forwarder::AnswerOwnEcho(rte_mbuf* packet, const OwnEcho& echo, Bytes body) {
  Meta(packet) = PacketMeta{};
  if (echoes_ != nullptr) {
    echoes_->OnEchoReply({echo.vrf, echo.source, echo.destination, echo.name}, body);
  }
  Finish(packet, Reason::kLocalDelivered);
}

// Requires: an ICMP message for this gateway, its checksum right, that is no echo request.
void Forwarder::TakeEchoAnswer(const rte_mbuf* packet, const Parsed& parsed,
                               const net::IcmpHeader& icmp, size_t upper_offset) {
  if (echoes_ == nullptr) return;
  const PacketMeta& meta = Meta(packet);
  const Bytes body = Data(packet).subspan(upper_offset + net::kIcmpHeaderBytes);
  const uint8_t reply = parsed.v6 ? net::kIcmp6EchoReply : net::kIcmpEchoReply;
  if (icmp.type == reply) {
    return echoes_->OnEchoReply(
        {meta.vrf, parsed.flow.destination, parsed.flow.source, EchoName::OfRest(icmp.rest)}, body);
  }
  const auto trouble = parsed.v6 ? TroubleV6(icmp) : TroubleV4(icmp);
  if (!trouble) return;  // redirects and the like end nothing
  auto about = ReadEchoQuote(body);
  if (!about || about->source != parsed.flow.destination) return;
  about->vrf = meta.vrf;
  if (!meta.decapsulated && LeavesProtected(*about)) return;
  echoes_->OnEchoError(*about, *trouble);
}

// Nobody outside has seen a request that policy protects: what quotes it in clear is made up
// (RFC 4301, 8.1).
bool Forwarder::LeavesProtected(const EchoAnswer& request) {
  const ::vam::fwd::Route* route = snapshot_->routes(request.vrf).Lookup(request.destination);
  if (route == nullptr || route->interface >= snapshot_->interfaces.size()) return false;
  const bool v6 = request.destination.is_v6();
  const ipsec::Policy* policy = snapshot_->interfaces[route->interface].PolicyFor(v6);
  if (policy == nullptr) return false;
  ipsec::Flow flow;
  flow.source = request.source;
  flow.destination = request.destination;
  flow.protocol = v6 ? net::kProtocolIcmpV6 : net::kProtocolIcmp;
  flow.icmp = ipsec::Field::kShown;
  flow.icmp_type = v6 ? net::kIcmp6EchoRequest : net::kIcmpEchoRequest;
  return FindPolicy(*policy, flow).protect();
}

}  // namespace vam::fwd
