// The smaller payloads of RFC 7296, 3.4 to 3.16, and of RFC 7383: parsed from the body behind the
// generic header, built behind it. Spans belong to the message. kTruncated and kMalformed mean the
// whole payload is to be refused (INVALID_SYNTAX). What cannot be written fails the builder
// (kInvalidArgument). Reserved fields are written as 0 and not looked at.
#ifndef VAM_SW_IKE_V2_WIRE_PAYLOADS_H_
#define VAM_SW_IKE_V2_WIRE_PAYLOADS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

// 3.4. The data's length is checked where the group is known; kMalformed when there is none.
struct KeyExchangePayload {
  uint16_t group = 0;
  Bytes data;
};
Result<KeyExchangePayload> ParseKe(Bytes body);
void AddKe(MessageBuilder& message, uint16_t group, Bytes data);

// 3.5. `rest_of_id` are the bytes from the type field on: what authentication signs as RestOfID.
struct IdPayload {
  IdType type = IdType::kIpv4;
  Bytes data;
  Bytes rest_of_id;
};
// kMalformed for addresses of the wrong length, no data in a type that needs some, data of ID_NULL
// (RFC 7619, 2.2), and control characters in a name or mail address (3.5: no terminators).
Result<IdPayload> ParseId(Bytes body);
// `payload` is kIdInitiator or kIdResponder.
void AddId(MessageBuilder& message, PayloadType payload, IdType type, Bytes data);

// 3.6 and 3.7.
struct CertPayload {
  CertEncoding encoding = CertEncoding::kX509Signature;
  Bytes data;  // of a request: SHA-1 hashes of authorities' keys, one behind the other
};
Result<CertPayload> ParseCert(Bytes body);
// `payload` is kCert or kCertRequest.
void AddCert(MessageBuilder& message, PayloadType payload, CertEncoding encoding, Bytes data);

// 3.8.
struct AuthPayload {
  AuthMethod method = AuthMethod::kSharedKey;
  Bytes data;
};
Result<AuthPayload> ParseAuth(Bytes body);
void AddAuth(MessageBuilder& message, AuthMethod method, Bytes data);

// RFC 7427, 3: the data of AuthMethod::kDigitalSignature.
struct DigitalSignature {
  Bytes algorithm;  // AlgorithmIdentifier in DER; at least one byte
  Bytes signature;  // at least one byte
};
Result<DigitalSignature> ParseDigitalSignature(Bytes auth_data);
void AddDigitalSignature(MessageBuilder& message, const DigitalSignature& signature);

// 3.9. kMinNonceBytes to kMaxNonceBytes, else kMalformed. Written by MessageBuilder::Add.
Result<Bytes> ParseNonce(Bytes body);

// 3.10. Without an SPI the protocol is kNone whatever was sent. With one it is kAh or kEsp and 4
// bytes, or kIke and 8, else kMalformed: what is quoted in an answer can only be one of these.
struct NotifyPayload {
  Protocol protocol = Protocol::kNone;
  uint64_t spi = 0;       // of spi_bytes, as a big-endian number
  uint8_t spi_bytes = 0;  // 0, 4 or 8
  NotifyType type = NotifyType::kInvalidSyntax;
  Bytes data;
};
Result<NotifyPayload> ParseNotify(Bytes body);
void AddNotify(MessageBuilder& message, NotifyType type, Bytes data = {});
// About one SA; `protocol` is kAh or kEsp.
void AddNotify(MessageBuilder& message, NotifyType type, Protocol protocol, uint32_t spi,
               Bytes data = {});
// All notifies of a message; kTruncated or kMalformed when one does not parse.
Result<std::vector<NotifyPayload>> ParseNotifies(std::span<const RawPayload> payloads);
// Null: none of that type.
const NotifyPayload* Find(std::span<const NotifyPayload> notifies, NotifyType type);

// 3.11. `spis` is empty for the IKE SA, and only for it. kMalformed for other protocols, SPIs of
// another length than the protocol's, a count that is not theirs, and more than kMaxSpis.
struct DeletePayload {
  Protocol protocol = Protocol::kIke;
  std::vector<uint32_t> spis;
};
Result<DeletePayload> ParseDelete(Bytes body);
void AddDeleteIke(MessageBuilder& message);
// `protocol` is kAh or kEsp; 1 to kMaxSpis SPIs.
void AddDelete(MessageBuilder& message, Protocol protocol, std::span<const uint32_t> spis);

// 3.16 and RFC 3748, 4: one EAP packet; its length is that of the body.
enum class EapCode : uint8_t { kRequest = 1, kResponse = 2, kSuccess = 3, kFailure = 4 };
struct EapPayload {
  EapCode code = EapCode::kRequest;
  uint8_t identifier = 0;
  uint8_t type = 0;  // of a request or response
  Bytes data;        // behind the type; empty in success and failure
};
Result<EapPayload> ParseEap(Bytes body);
void AddEap(MessageBuilder& message, const EapPayload& eap);

// RFC 7383, 2.5: the fixed part of an Encrypted Fragment's body. kMalformed for number 0, a number
// above the total, or a total above kMaxFragments.
struct FragmentHeader {
  uint16_t number = 1;  // 1 to total
  uint16_t total = 1;
};
inline constexpr size_t kFragmentHeaderBytes = 4;
Result<FragmentHeader> ParseFragmentHeader(Bytes body);
void AppendFragmentHeader(MessageBuilder& message, FragmentHeader fragment);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_PAYLOADS_H_
