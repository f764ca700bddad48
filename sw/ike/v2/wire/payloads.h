// The smaller payloads of RFC 7296, 3.4 to 3.16, and of RFC 7383: parsed from the body behind the
// generic header, built behind it. Spans belong to the message. kTruncated and kMalformed mean the
// whole payload is to be refused (INVALID_SYNTAX).
#ifndef VAM_SW_IKE_V2_WIRE_PAYLOADS_H_
#define VAM_SW_IKE_V2_WIRE_PAYLOADS_H_

#include <cstdint>
#include <vector>

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

// 3.4. The data's length is checked where the group is known.
struct KeyExchangePayload {
  uint16_t group = 0;
  Bytes data;
};
Result<KeyExchangePayload> ParseKe(Bytes body);
void AddKe(MessageBuilder& message, uint16_t group, Bytes data);

// 3.5. `bytes` are those from the type field on: what authentication signs as RestOfID.
struct IdPayload {
  IdType type = IdType::kIpv4;
  Bytes data;
  Bytes rest_of_id;
};
// Refuses addresses of the wrong length and empty data of types that need some.
Result<IdPayload> ParseId(Bytes body);
void AddId(MessageBuilder& message, PayloadType payload, IdType type, Bytes data);

// 3.6 and 3.7.
struct CertPayload {
  CertEncoding encoding = CertEncoding::kX509Signature;
  Bytes data;  // of a request: SHA-1 hashes of authorities' keys, one behind the other
};
Result<CertPayload> ParseCert(Bytes body);
void AddCert(MessageBuilder& message, PayloadType payload, CertEncoding encoding, Bytes data);

// 3.8.
struct AuthPayload {
  AuthMethod method = AuthMethod::kSharedKey;
  Bytes data;
};
Result<AuthPayload> ParseAuth(Bytes body);
void AddAuth(MessageBuilder& message, AuthMethod method, Bytes data);

// 3.9.
Result<Bytes> ParseNonce(Bytes body);

// 3.10.
struct NotifyPayload {
  Protocol protocol = Protocol::kNone;
  uint64_t spi = 0;  // of spi_bytes, as a big-endian number
  uint8_t spi_bytes = 0;  // 0, 4 or 8
  NotifyType type = NotifyType::kInvalidSyntax;
  Bytes data;
};
Result<NotifyPayload> ParseNotify(Bytes body);
void AddNotify(MessageBuilder& message, NotifyType type, Bytes data = {});
// About one SA.
void AddNotify(MessageBuilder& message, NotifyType type, Protocol protocol, uint32_t spi,
               Bytes data = {});
// All notifies of a message that parse; kMalformed when one does not.
Result<std::vector<NotifyPayload>> ParseNotifies(std::span<const RawPayload> payloads);
// Null: none of that type.
const NotifyPayload* Find(std::span<const NotifyPayload> notifies, NotifyType type);

// 3.11. `spis` is empty for the IKE SA.
struct DeletePayload {
  Protocol protocol = Protocol::kIke;
  std::vector<uint32_t> spis;
};
Result<DeletePayload> ParseDelete(Bytes body);
void AddDeleteIke(MessageBuilder& message);
void AddDelete(MessageBuilder& message, Protocol protocol, std::span<const uint32_t> spis);

// 3.15.
struct ConfigurationAttribute {
  ConfigAttribute type = ConfigAttribute::kApplicationVersion;
  Bytes value;
};
struct ConfigurationPayload {
  ConfigType type = ConfigType::kRequest;
  std::vector<ConfigurationAttribute> attributes;
};
Result<ConfigurationPayload> ParseConfiguration(Bytes body);
void AddConfiguration(MessageBuilder& message, const ConfigurationPayload& configuration);

// RFC 7383, 2.5: the fixed part of an Encrypted Fragment's body.
struct FragmentHeader {
  uint16_t number = 1;  // 1 to total
  uint16_t total = 1;
};
inline constexpr size_t kFragmentHeaderBytes = 4;
Result<FragmentHeader> ParseFragmentHeader(Bytes body);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_PAYLOADS_H_
