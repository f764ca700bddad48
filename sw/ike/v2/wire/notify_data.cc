#include "sw/ike/v2/wire/notify_data.h"

#include <algorithm>

namespace vam::ike::v2 {
namespace {

constexpr size_t kMaxAnnouncementBytes = 255;
constexpr size_t kIpv4HeaderBytes = 20, kIpv6HeaderBytes = 40;
constexpr uint16_t kFragmentOffset = 0x1fff;
constexpr uint8_t kTcp = 6, kUdp = 17, kSctp = 132;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }
void Refuse(MessageBuilder& message, const char* text) {
  message.Fail(Err(ErrorCode::kInvalidArgument, text));
}

Result<uint32_t> ParseNumber(Bytes data) {
  if (data.size() != 4) return Malformed("the notify's number has 4 bytes");
  return LoadBe32(data.data());
}

bool GatewayFits(GatewayType type, Bytes gateway) {
  switch (type) {
    case GatewayType::kIpv4:
      return gateway.size() == 4;
    case GatewayType::kIpv6:
      return gateway.size() == 16;
    case GatewayType::kFqdn:
      return !gateway.empty() && gateway.size() <= 255 &&
             std::all_of(gateway.begin(), gateway.end(),
                         [](uint8_t c) { return c > 0x20 && c != 0x7f; });
  }
  return false;
}

bool NonceFits(Bytes nonce) {
  return nonce.empty() || (nonce.size() >= kMinNonceBytes && nonce.size() <= kMaxNonceBytes);
}

}  // namespace

Result<Bytes> ParseCookie(Bytes data) {
  if (data.empty() || data.size() > kMaxCookieBytes) return Malformed("a cookie has 1 to 64 bytes");
  return data;
}

Result<uint16_t> ParseGroup(Bytes data) {
  if (data.size() != 2) return Malformed("a group's number has 2 bytes");
  return LoadBe16(data.data());
}

void AddInvalidKe(MessageBuilder& message, uint16_t group) {
  AddNotify(message, NotifyType::kInvalidKePayload);
  message.U16(group);
}

Result<DroppedPacket> ParseDroppedPacket(Bytes data) {
  if (data.empty()) return Malformed("not the start of a packet");
  const bool v6 = data[0] >> 4 == 6;
  const size_t least = v6 ? kIpv6HeaderBytes : kIpv4HeaderBytes;
  const size_t header = v6 ? least : (data[0] & 0x0fU) * size_t{4};
  const bool is_ip = v6 || data[0] >> 4 == 4;
  if (!is_ip || header < least || data.size() < header) {
    return Malformed("not the start of a packet");
  }
  DroppedPacket packet;
  if (v6) {
    packet.protocol = data[6];
    packet.source = *net::Address::FromBytes(data.subspan(8, 16));
    packet.destination = *net::Address::FromBytes(data.subspan(24, 16));
  } else {
    packet.protocol = data[9];
    packet.source = net::Address::V4(LoadBe32(&data[12]));
    packet.destination = net::Address::V4(LoadBe32(&data[16]));
  }
  const bool first = v6 || (LoadBe16(&data[6]) & kFragmentOffset) == 0;
  const bool has_ports =
      packet.protocol == kTcp || packet.protocol == kUdp || packet.protocol == kSctp;
  if (first && has_ports && data.size() >= header + 4) {
    packet.source_port = LoadBe16(&data[header]);
    packet.destination_port = LoadBe16(&data[header + 2]);
  }
  return packet;
}

Result<uint32_t> ParseWindowSize(Bytes data) {
  VAM_TRY(const uint32_t size, ParseNumber(data));
  if (size == 0) return Malformed("a window holds at least one message");
  return size;
}

Result<uint32_t> ParseAuthLifetime(Bytes data) { return ParseNumber(data); }

void AddNotifyNumber(MessageBuilder& message, NotifyType type, uint32_t value) {
  AddNotify(message, type);
  message.U32(value);
}

Result<Bytes> ParseNatDetection(Bytes data) {
  if (data.size() != kNatDetectionBytes) return Malformed("NAT detection has 20 bytes");
  return data;
}

Result<IpcompSupported> ParseIpcompSupported(Bytes data) {
  if (data.size() < 3) return Malformed("IPCOMP_SUPPORTED has a CPI and a transform");
  if (data.size() > 3) return Malformed("no IPComp transform has attributes");
  return IpcompSupported{LoadBe16(data.data()), data[2]};
}

void AddIpcompSupported(MessageBuilder& message, IpcompSupported ipcomp) {
  AddNotify(message, NotifyType::kIpcompSupported);
  message.U16(ipcomp.cpi);
  message.U8(ipcomp.transform);
}

Result<net::Address> ParseAdditionalAddress(const NotifyPayload& notify) {
  const bool v4 = notify.type == NotifyType::kAdditionalIp4Address;
  const bool v6 = notify.type == NotifyType::kAdditionalIp6Address;
  if ((!v4 && !v6) || notify.data.size() != (v4 ? 4u : 16u)) {
    return Malformed("an additional address has the length of its family");
  }
  return net::Address::FromBytes(notify.data);
}

void AddAdditionalAddress(MessageBuilder& message, const net::Address& address) {
  AddNotify(message, address.is_v4() ? NotifyType::kAdditionalIp4Address
                                     : NotifyType::kAdditionalIp6Address);
  if (address.is_none()) return Refuse(message, "an additional address is IPv4 or IPv6");
  message.Append(address.bytes());
}

Result<std::vector<uint16_t>> ParseSignatureHashes(Bytes data) {
  if (data.empty() || data.size() % 2 != 0 || data.size() / 2 > kMaxSignatureHashes) {
    return Malformed("signature hashes have 2 bytes each and are 1 to 64");
  }
  std::vector<uint16_t> hashes(data.size() / 2);
  for (size_t i = 0; i < hashes.size(); ++i) hashes[i] = LoadBe16(data.data() + 2 * i);
  return hashes;
}

void AddSignatureHashes(MessageBuilder& message, std::span<const uint16_t> hashes) {
  AddNotify(message, NotifyType::kSignatureHashAlgorithms);
  if (hashes.empty() || hashes.size() > kMaxSignatureHashes) {
    return Refuse(message, "signature hashes are 1 to 64");
  }
  for (const uint16_t hash : hashes) message.U16(hash);
}

Result<Redirect> ParseRedirect(Bytes data) {
  if (data.size() < 2) return Malformed("a redirection has a type and a length");
  const size_t length = data[1];
  if (data.size() - 2 < length) return Malformed("the gateway's identity is cut off");
  const Redirect redirect{static_cast<GatewayType>(data[0]), data.subspan(2, length),
                          data.subspan(2 + length)};
  if (redirect.type < GatewayType::kIpv4 || redirect.type > GatewayType::kFqdn) {
    return Err(ErrorCode::kUnsupported, "the type of the gateway's identity is not known");
  }
  if (!GatewayFits(redirect.type, redirect.gateway)) {
    return Malformed("the gateway's identity is not of its type");
  }
  if (!NonceFits(redirect.nonce)) return Malformed("a nonce has 16 to 256 bytes");
  return redirect;
}

void AddRedirect(MessageBuilder& message, NotifyType type, const Redirect& redirect) {
  AddNotify(message, type);
  if (!GatewayFits(redirect.type, redirect.gateway) || !NonceFits(redirect.nonce)) {
    return Refuse(message, "the gateway's identity is not of its type, or the nonce's length");
  }
  message.U8(static_cast<uint8_t>(redirect.type));
  message.U8(static_cast<uint8_t>(redirect.gateway.size()));
  message.Append(redirect.gateway);
  message.Append(redirect.nonce);
}

Result<Ticket> ParseTicket(Bytes data) {
  if (data.size() <= 4) return Malformed("a ticket has a lifetime and is not empty");
  return Ticket{LoadBe32(data.data()), data.subspan(4)};
}

void AddTicket(MessageBuilder& message, const Ticket& ticket) {
  AddNotify(message, NotifyType::kTicketLtOpaque);
  if (ticket.ticket.empty()) return Refuse(message, "a ticket is not empty");
  message.U32(ticket.lifetime_seconds);
  message.Append(ticket.ticket);
}

Result<PpkIdentity> ParsePpkIdentity(Bytes data) {
  if (data.empty()) return Err(ErrorCode::kTruncated, "a PPK identity has a type");
  if (data.size() == 1) return Malformed("a PPK identity is not empty");
  return PpkIdentity{data[0], data.subspan(1)};
}

void AddPpkIdentity(MessageBuilder& message, const PpkIdentity& identity) {
  AddNotify(message, NotifyType::kPpkIdentity);
  if (identity.data.empty()) return Refuse(message, "a PPK identity is not empty");
  message.U8(identity.type);
  message.Append(identity.data);
}

Result<std::vector<AuthAnnouncement>> ParseAuthMethods(Bytes data) {
  std::vector<AuthAnnouncement> methods;
  while (!data.empty()) {
    if (methods.size() == kMaxAuthAnnouncements) return Malformed("too many announcements");
    const size_t length = data[0];  // of the announcement with this byte
    if (length < 2 || length > data.size()) {
      return Malformed("an announcement's length does not fit");
    }
    AuthAnnouncement method;
    method.method = static_cast<AuthMethod>(data[1]);
    method.has_link = length > 2;
    if (method.has_link) {
      method.cert_link = data[2];
      method.algorithm = data.subspan(3, length - 3);
    }
    methods.push_back(method);
    data = data.subspan(length);
  }
  return methods;
}

void AddAuthMethods(MessageBuilder& message, std::span<const AuthAnnouncement> methods) {
  AddNotify(message, NotifyType::kSupportedAuthMethods);
  if (methods.size() > kMaxAuthAnnouncements) return Refuse(message, "too many announcements");
  for (const AuthAnnouncement& method : methods) {
    const size_t length = 2 + (method.has_link ? 1 + method.algorithm.size() : 0);
    if (length > kMaxAnnouncementBytes ||
        (!method.has_link && (method.cert_link != 0 || !method.algorithm.empty()))) {
      return Refuse(message, "an announcement is too long, or lacks the link before its algorithm");
    }
    message.U8(static_cast<uint8_t>(length));
    message.U8(static_cast<uint8_t>(method.method));
    if (!method.has_link) continue;
    message.U8(method.cert_link);
    message.Append(method.algorithm);
  }
}

}  // namespace vam::ike::v2
