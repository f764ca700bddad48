// Numbers of IKEv2 messages: IANA "Internet Key Exchange Version 2 (IKEv2) Parameters".
#ifndef VAM_SW_IKE_V2_WIRE_NUMBERS_H_
#define VAM_SW_IKE_V2_WIRE_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace vam::ike::v2 {

enum class ExchangeType : uint8_t {
  kIkeSaInit = 34,
  kIkeAuth = 35,
  kCreateChildSa = 36,
  kInformational = 37,
  kIkeSessionResume = 38,  // RFC 5723
  kIkeIntermediate = 43,   // RFC 9242
  kIkeFollowupKe = 44,     // RFC 9370
};

enum class PayloadType : uint8_t {
  kNone = 0,
  kSa = 33,
  kKe = 34,
  kIdInitiator = 35,
  kIdResponder = 36,
  kCert = 37,
  kCertRequest = 38,
  kAuth = 39,
  kNonce = 40,
  kNotify = 41,
  kDelete = 42,
  kVendorId = 43,
  kTsInitiator = 44,
  kTsResponder = 45,
  kEncrypted = 46,
  kConfiguration = 47,
  kEap = 48,
  kEncryptedFragment = 53,  // RFC 7383
};

enum class Protocol : uint8_t { kNone = 0, kIke = 1, kAh = 2, kEsp = 3 };

enum class TransformType : uint8_t {
  kEncryption = 1,
  kPrf = 2,
  kIntegrity = 3,
  kKeyExchange = 4,
  kEsn = 5,
  kAdditionalKe1 = 6,  // RFC 9370; 7 more follow
  kAdditionalKe7 = 12,
};

// Transform type 1.
enum class EncryptionId : uint16_t {
  kDes = 2,
  kTripleDes = 3,
  kNull = 11,
  kAesCbc = 12,
  kAesCtr = 13,
  kAesCcm8 = 14,
  kAesCcm12 = 15,
  kAesCcm16 = 16,
  kAesGcm8 = 18,
  kAesGcm12 = 19,
  kAesGcm16 = 20,
  kNullAuthAesGmac = 21,
  kChaCha20Poly1305 = 28,
};
// Transform type 2.
enum class PrfId : uint16_t {
  kHmacMd5 = 1,
  kHmacSha1 = 2,
  kAesXcbc = 4,
  kHmacSha256 = 5,
  kHmacSha384 = 6,
  kHmacSha512 = 7,
  kAesCmac = 8,
};
// Transform type 3.
enum class IntegrityId : uint16_t {
  kNone = 0,
  kHmacMd5_96 = 1,
  kHmacSha1_96 = 2,
  kAesXcbc96 = 5,
  kAesCmac96 = 8,
  kAesGmac128 = 9,
  kAesGmac192 = 10,
  kAesGmac256 = 11,
  kHmacSha256_128 = 12,
  kHmacSha384_192 = 13,
  kHmacSha512_256 = 14,
};

// Errors are below 16384, states above (RFC 7296, 3.10.1).
enum class NotifyType : uint16_t {
  kUnsupportedCriticalPayload = 1,
  kInvalidIkeSpi = 4,
  kInvalidMajorVersion = 5,
  kInvalidSyntax = 7,
  kInvalidMessageId = 9,
  kInvalidSpi = 11,
  kNoProposalChosen = 14,
  kInvalidKePayload = 17,
  kAuthenticationFailed = 24,
  kSinglePairRequired = 34,
  kNoAdditionalSas = 35,
  kInternalAddressFailure = 36,
  kFailedCpRequired = 37,
  kTsUnacceptable = 38,
  kInvalidSelectors = 39,
  kUnacceptableAddresses = 40,  // RFC 4555
  kUnexpectedNatDetected = 41,
  kTemporaryFailure = 43,
  kChildSaNotFound = 44,
  kStateNotFound = 47,  // RFC 9370
  kTsMaxQueue = 48,     // RFC 9611
  kInitialContact = 16384,
  kSetWindowSize = 16385,
  kAdditionalTsPossible = 16386,
  kIpcompSupported = 16387,
  kNatDetectionSourceIp = 16388,
  kNatDetectionDestinationIp = 16389,
  kCookie = 16390,
  kUseTransportMode = 16391,
  kHttpCertLookupSupported = 16392,
  kRekeySa = 16393,
  kEspTfcPaddingNotSupported = 16394,
  kNonFirstFragmentsAlso = 16395,
  kMobikeSupported = 16396,
  kAdditionalIp4Address = 16397,
  kAdditionalIp6Address = 16398,
  kNoAdditionalAddresses = 16399,
  kUpdateSaAddresses = 16400,
  kCookie2 = 16401,
  kNoNatsAllowed = 16402,
  kAuthLifetime = 16403,           // RFC 4478
  kMultipleAuthSupported = 16404,  // RFC 4739
  kAnotherAuthFollows = 16405,
  kRedirectSupported = 16406,  // RFC 5685
  kRedirect = 16407,
  kRedirectedFrom = 16408,
  kTicketLtOpaque = 16409,  // RFC 5723
  kTicketRequest = 16410,
  kTicketAck = 16411,
  kTicketNack = 16412,
  kTicketOpaque = 16413,
  kEapOnlyAuthentication = 16417,    // RFC 5998
  kChildlessIkev2Supported = 16418,  // RFC 6023
  kIkev2FragmentationSupported = 16430,
  kSignatureHashAlgorithms = 16431,
  kUsePpk = 16435,  // RFC 8784
  kPpkIdentity = 16436,
  kNoPpkAuth = 16437,
  kIntermediateExchangeSupported = 16438,
  kAdditionalKeyExchange = 16441,  // RFC 9370
  kSupportedAuthMethods = 16443,   // RFC 9593
  kSaResourceInfo = 16444,         // RFC 9611
};
inline bool IsError(NotifyType type) { return static_cast<uint16_t>(type) < 16384; }

enum class IdType : uint8_t {
  kIpv4 = 1,
  kFqdn = 2,
  kRfc822 = 3,
  kIpv6 = 5,
  kDerDn = 9,
  kDerGn = 10,
  kKeyId = 11,
  kNull = 13,  // RFC 7619
};

enum class AuthMethod : uint8_t {
  kRsaSignature = 1,
  kSharedKey = 2,
  kEcdsaSha256P256 = 9,  // RFC 4754
  kEcdsaSha384P384 = 10,
  kEcdsaSha512P521 = 11,
  kNull = 13,
  kDigitalSignature = 14,  // RFC 7427
};

enum class CertEncoding : uint8_t {
  kX509Signature = 4,
  kCrl = 7,
  kHashAndUrlX509 = 12,
  kHashAndUrlBundle = 13,
  kOcsp = 14,  // RFC 4806
};

enum class TsType : uint8_t { kIpv4Range = 7, kIpv6Range = 8 };

enum class ConfigType : uint8_t { kRequest = 1, kReply = 2, kSet = 3, kAck = 4 };
enum class ConfigAttribute : uint16_t {
  kInternalIp4Address = 1,
  kInternalIp4Netmask = 2,
  kInternalIp4Dns = 3,
  kInternalIp4Nbns = 4,
  kInternalIp4Dhcp = 6,
  kApplicationVersion = 7,
  kInternalIp6Address = 8,
  kInternalIp6Dns = 10,
  kInternalIp6Dhcp = 12,
  kInternalIp4Subnet = 13,
  kSupportedAttributes = 14,
  kInternalIp6Subnet = 15,
  kInternalDnsDomain = 25,      // RFC 8598
  kUnityDefaultDomain = 28674,  // Cisco's, which others know too
};

// A payload that this version knows: all of the enumeration but kNone. Those of IKEv1 (1 to 13) are
// not among them.
bool IsKnown(PayloadType type);

// The names of the RFCs ("IKE_SA_INIT", "NO_PROPOSAL_CHOSEN"); a number that has none as "24000".
std::string Name(ExchangeType type);
std::string Name(PayloadType type);
std::string Name(NotifyType type);
std::string Name(AuthMethod method);

// What one message may hold. More is malformed: no peer sends it, and all of it is allocated.
inline constexpr size_t kMaxMessageBytes = 65'535 - 28;  // one UDP datagram over IPv4
// Of peers that have not proved who they are. IKE_SA_INIT, which is not cut into fragments: a path
// carries less. What fragments make: a chain of seven certificates has room, and strongSwan takes
// 10,000.
inline constexpr size_t kMaxFirstBytes = 4'096;
inline constexpr size_t kMaxUnprovenBytes = 16'384;
inline constexpr size_t kMaxPayloads = 128;
inline constexpr size_t kMaxProposals = 32;
inline constexpr size_t kMaxTransforms = 128;  // of one proposal
inline constexpr size_t kMaxSelectors = 64;
inline constexpr size_t kMaxSpis = 256;  // of one Delete payload
inline constexpr size_t kMaxConfigAttributes = 64;
inline constexpr size_t kMaxFragments = 256;  // 64 KiB in pieces of IPv4's least MTU are 131
inline constexpr size_t kMinNonceBytes = 16;  // RFC 7296, 3.9
inline constexpr size_t kMaxNonceBytes = 256;

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_WIRE_NUMBERS_H_
