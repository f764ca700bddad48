// The data of the notifies that have a form of their own. Parsed from NotifyPayload::data; spans
// belong to the message. kMalformed, unless it says otherwise, for data of another form. What
// cannot be written fails the builder (kInvalidArgument).
#ifndef VAM_SW_IKE_V2_WIRE_NOTIFY_DATA_H_
#define VAM_SW_IKE_V2_WIRE_NOTIFY_DATA_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/ike/v2/wire/message.h"
#include "sw/ike/v2/wire/payloads.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

// RFC 7296, 2.6: 1 to 64 bytes.
inline constexpr size_t kMaxCookieBytes = 64;
Result<Bytes> ParseCookie(Bytes data);

// INVALID_KE_PAYLOAD: the group that the responder wants (RFC 7296, 1.2).
Result<uint16_t> ParseGroup(Bytes data);
void AddInvalidKe(MessageBuilder& message, uint16_t group);

// SET_WINDOW_SIZE (RFC 7296, 2.3; not 0) and AUTH_LIFETIME in seconds (RFC 4478, 3).
Result<uint32_t> ParseWindowSize(Bytes data);
Result<uint32_t> ParseAuthLifetime(Bytes data);
// `type` is kSetWindowSize or kAuthLifetime.
void AddNotifyNumber(MessageBuilder& message, NotifyType type, uint32_t value);

// INVALID_SELECTORS: the start of the packet that was dropped, as in ICMP messages (RFC 7296,
// 3.10.1). kMalformed when it does not begin with an IP header. Ports of TCP, UDP and SCTP, where
// they are shown; else 0. IPv6 extension headers are not passed over.
struct DroppedPacket {
  net::Address source, destination;
  uint8_t protocol = 0;
  uint16_t source_port = 0, destination_port = 0;
};
Result<DroppedPacket> ParseDroppedPacket(Bytes data);

// NAT_DETECTION_SOURCE_IP and _DESTINATION_IP: SHA-1 (RFC 7296, 2.23).
inline constexpr size_t kNatDetectionBytes = 20;
Result<Bytes> ParseNatDetection(Bytes data);

// RFC 7296, 3.10.1; transform 2 is DEFLATE, 3 is LZS.
struct IpcompSupported {
  uint16_t cpi = 0;
  uint8_t transform = 0;
};
Result<IpcompSupported> ParseIpcompSupported(Bytes data);
void AddIpcompSupported(MessageBuilder& message, IpcompSupported ipcomp);

// ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS (RFC 4555, 4.2.1 and 4.2.2).
Result<net::Address> ParseAdditionalAddress(const NotifyPayload& notify);
void AddAdditionalAddress(MessageBuilder& message, const net::Address& address);

// SIGNATURE_HASH_ALGORITHMS: numbers of the IANA registry (RFC 7427, 4); at most 64, else
// kMalformed.
inline constexpr size_t kMaxSignatureHashes = 64;
Result<std::vector<uint16_t>> ParseSignatureHashes(Bytes data);
void AddSignatureHashes(MessageBuilder& message, std::span<const uint16_t> hashes);

// REDIRECT and REDIRECTED_FROM (RFC 5685, 9.2 and 9.3). A gateway name has no control characters.
enum class GatewayType : uint8_t { kIpv4 = 1, kIpv6 = 2, kFqdn = 3 };
struct Redirect {
  GatewayType type = GatewayType::kIpv4;
  Bytes gateway;  // 4 or 16 bytes, or a name
  Bytes nonce;    // the initiator's, of a REDIRECT that answers IKE_SA_INIT; else empty
};
// kUnsupported for another type of gateway.
Result<Redirect> ParseRedirect(Bytes data);
// `type` is kRedirect or kRedirectedFrom.
void AddRedirect(MessageBuilder& message, NotifyType type, const Redirect& redirect);

// TICKET_LT_OPAQUE (RFC 5723, 7.2); TICKET_OPAQUE is a ticket alone. A ticket is not empty.
struct Ticket {
  uint32_t lifetime_seconds = 0;
  Bytes ticket;
};
Result<Ticket> ParseTicket(Bytes data);
void AddTicket(MessageBuilder& message, const Ticket& ticket);

// PPK_IDENTITY (RFC 8784, 5.1): type 1 is PPK_ID_OPAQUE, 2 is PPK_ID_FIXED. kTruncated when empty.
struct PpkIdentity {
  uint8_t type = 2;
  Bytes data;
};
Result<PpkIdentity> ParsePpkIdentity(Bytes data);
void AddPpkIdentity(MessageBuilder& message, const PpkIdentity& identity);

// SUPPORTED_AUTH_METHODS (RFC 9593, 3.2): a list of these; at most 64, else kMalformed.
struct AuthAnnouncement {
  AuthMethod method = AuthMethod::kSharedKey;
  uint8_t cert_link = 0;  // which CERTREQ payload of the message, from 1; 0: none, or not given
  bool has_link = false;  // the byte is there
  Bytes algorithm;        // AlgorithmIdentifier in DER, of kDigitalSignature; needs the link
};
inline constexpr size_t kMaxAuthAnnouncements = 64;
Result<std::vector<AuthAnnouncement>> ParseAuthMethods(Bytes data);
void AddAuthMethods(MessageBuilder& message, std::span<const AuthAnnouncement> methods);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_NOTIFY_DATA_H_
