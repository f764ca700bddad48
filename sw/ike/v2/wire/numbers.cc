#include "sw/ike/v2/wire/numbers.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace vam::ike::v2 {
namespace {

template <typename T>
struct Row {
  T number;
  std::string_view name;
};

template <typename T>
std::string NameIn(std::span<const Row<T>> rows, T number) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [number](const Row<T>& r) { return r.number == number; });
  if (found != rows.end()) return std::string(found->name);
  return std::to_string(static_cast<unsigned>(number));
}

constexpr Row<ExchangeType> kExchanges[] = {
    {ExchangeType::kIkeSaInit, "IKE_SA_INIT"},
    {ExchangeType::kIkeAuth, "IKE_AUTH"},
    {ExchangeType::kCreateChildSa, "CREATE_CHILD_SA"},
    {ExchangeType::kInformational, "INFORMATIONAL"},
    {ExchangeType::kIkeSessionResume, "IKE_SESSION_RESUME"},
    {ExchangeType::kIkeIntermediate, "IKE_INTERMEDIATE"},
    {ExchangeType::kIkeFollowupKe, "IKE_FOLLOWUP_KE"},
};

// The notations of RFC 7296, 3.2.
constexpr Row<PayloadType> kPayloads[] = {
    {PayloadType::kSa, "SA"},
    {PayloadType::kKe, "KE"},
    {PayloadType::kIdInitiator, "IDi"},
    {PayloadType::kIdResponder, "IDr"},
    {PayloadType::kCert, "CERT"},
    {PayloadType::kCertRequest, "CERTREQ"},
    {PayloadType::kAuth, "AUTH"},
    {PayloadType::kNonce, "Nonce"},
    {PayloadType::kNotify, "N"},
    {PayloadType::kDelete, "D"},
    {PayloadType::kVendorId, "V"},
    {PayloadType::kTsInitiator, "TSi"},
    {PayloadType::kTsResponder, "TSr"},
    {PayloadType::kEncrypted, "SK"},
    {PayloadType::kConfiguration, "CP"},
    {PayloadType::kEap, "EAP"},
    {PayloadType::kEncryptedFragment, "SKF"},
};

constexpr Row<AuthMethod> kAuthMethods[] = {
    {AuthMethod::kRsaSignature, "RSA Digital Signature"},
    {AuthMethod::kSharedKey, "Shared Key Message Integrity Code"},
    {AuthMethod::kEcdsaSha256P256, "ECDSA with SHA-256 on the P-256 curve"},
    {AuthMethod::kEcdsaSha384P384, "ECDSA with SHA-384 on the P-384 curve"},
    {AuthMethod::kEcdsaSha512P521, "ECDSA with SHA-512 on the P-521 curve"},
    {AuthMethod::kNull, "NULL Authentication"},
    {AuthMethod::kDigitalSignature, "Digital Signature"},
};

constexpr Row<NotifyType> kNotifies[] = {
    {NotifyType::kUnsupportedCriticalPayload, "UNSUPPORTED_CRITICAL_PAYLOAD"},
    {NotifyType::kInvalidIkeSpi, "INVALID_IKE_SPI"},
    {NotifyType::kInvalidMajorVersion, "INVALID_MAJOR_VERSION"},
    {NotifyType::kInvalidSyntax, "INVALID_SYNTAX"},
    {NotifyType::kInvalidMessageId, "INVALID_MESSAGE_ID"},
    {NotifyType::kInvalidSpi, "INVALID_SPI"},
    {NotifyType::kNoProposalChosen, "NO_PROPOSAL_CHOSEN"},
    {NotifyType::kInvalidKePayload, "INVALID_KE_PAYLOAD"},
    {NotifyType::kAuthenticationFailed, "AUTHENTICATION_FAILED"},
    {NotifyType::kSinglePairRequired, "SINGLE_PAIR_REQUIRED"},
    {NotifyType::kNoAdditionalSas, "NO_ADDITIONAL_SAS"},
    {NotifyType::kInternalAddressFailure, "INTERNAL_ADDRESS_FAILURE"},
    {NotifyType::kFailedCpRequired, "FAILED_CP_REQUIRED"},
    {NotifyType::kTsUnacceptable, "TS_UNACCEPTABLE"},
    {NotifyType::kInvalidSelectors, "INVALID_SELECTORS"},
    {NotifyType::kUnacceptableAddresses, "UNACCEPTABLE_ADDRESSES"},
    {NotifyType::kUnexpectedNatDetected, "UNEXPECTED_NAT_DETECTED"},
    {NotifyType::kTemporaryFailure, "TEMPORARY_FAILURE"},
    {NotifyType::kChildSaNotFound, "CHILD_SA_NOT_FOUND"},
    {NotifyType::kStateNotFound, "STATE_NOT_FOUND"},
    {NotifyType::kTsMaxQueue, "TS_MAX_QUEUE"},
    {NotifyType::kInitialContact, "INITIAL_CONTACT"},
    {NotifyType::kSetWindowSize, "SET_WINDOW_SIZE"},
    {NotifyType::kAdditionalTsPossible, "ADDITIONAL_TS_POSSIBLE"},
    {NotifyType::kIpcompSupported, "IPCOMP_SUPPORTED"},
    {NotifyType::kNatDetectionSourceIp, "NAT_DETECTION_SOURCE_IP"},
    {NotifyType::kNatDetectionDestinationIp, "NAT_DETECTION_DESTINATION_IP"},
    {NotifyType::kCookie, "COOKIE"},
    {NotifyType::kUseTransportMode, "USE_TRANSPORT_MODE"},
    {NotifyType::kHttpCertLookupSupported, "HTTP_CERT_LOOKUP_SUPPORTED"},
    {NotifyType::kRekeySa, "REKEY_SA"},
    {NotifyType::kEspTfcPaddingNotSupported, "ESP_TFC_PADDING_NOT_SUPPORTED"},
    {NotifyType::kNonFirstFragmentsAlso, "NON_FIRST_FRAGMENTS_ALSO"},
    {NotifyType::kMobikeSupported, "MOBIKE_SUPPORTED"},
    {NotifyType::kAdditionalIp4Address, "ADDITIONAL_IP4_ADDRESS"},
    {NotifyType::kAdditionalIp6Address, "ADDITIONAL_IP6_ADDRESS"},
    {NotifyType::kNoAdditionalAddresses, "NO_ADDITIONAL_ADDRESSES"},
    {NotifyType::kUpdateSaAddresses, "UPDATE_SA_ADDRESSES"},
    {NotifyType::kCookie2, "COOKIE2"},
    {NotifyType::kNoNatsAllowed, "NO_NATS_ALLOWED"},
    {NotifyType::kAuthLifetime, "AUTH_LIFETIME"},
    {NotifyType::kMultipleAuthSupported, "MULTIPLE_AUTH_SUPPORTED"},
    {NotifyType::kAnotherAuthFollows, "ANOTHER_AUTH_FOLLOWS"},
    {NotifyType::kRedirectSupported, "REDIRECT_SUPPORTED"},
    {NotifyType::kRedirect, "REDIRECT"},
    {NotifyType::kRedirectedFrom, "REDIRECTED_FROM"},
    {NotifyType::kTicketLtOpaque, "TICKET_LT_OPAQUE"},
    {NotifyType::kTicketRequest, "TICKET_REQUEST"},
    {NotifyType::kTicketAck, "TICKET_ACK"},
    {NotifyType::kTicketNack, "TICKET_NACK"},
    {NotifyType::kTicketOpaque, "TICKET_OPAQUE"},
    {NotifyType::kEapOnlyAuthentication, "EAP_ONLY_AUTHENTICATION"},
    {NotifyType::kChildlessIkev2Supported, "CHILDLESS_IKEV2_SUPPORTED"},
    {NotifyType::kIkev2FragmentationSupported, "IKEV2_FRAGMENTATION_SUPPORTED"},
    {NotifyType::kSignatureHashAlgorithms, "SIGNATURE_HASH_ALGORITHMS"},
    {NotifyType::kUsePpk, "USE_PPK"},
    {NotifyType::kPpkIdentity, "PPK_IDENTITY"},
    {NotifyType::kNoPpkAuth, "NO_PPK_AUTH"},
    {NotifyType::kIntermediateExchangeSupported, "INTERMEDIATE_EXCHANGE_SUPPORTED"},
    {NotifyType::kAdditionalKeyExchange, "ADDITIONAL_KEY_EXCHANGE"},
    {NotifyType::kSupportedAuthMethods, "SUPPORTED_AUTH_METHODS"},
    {NotifyType::kSaResourceInfo, "SA_RESOURCE_INFO"},
};

}  // namespace

bool IsKnown(PayloadType type) {
  return std::any_of(std::begin(kPayloads), std::end(kPayloads),
                     [type](const Row<PayloadType>& r) { return r.number == type; });
}

std::string Name(ExchangeType type) { return NameIn<ExchangeType>(kExchanges, type); }
std::string Name(PayloadType type) { return NameIn<PayloadType>(kPayloads, type); }
std::string Name(NotifyType type) { return NameIn<NotifyType>(kNotifies, type); }
std::string Name(AuthMethod method) { return NameIn<AuthMethod>(kAuthMethods, method); }

}  // namespace vam::ike::v2
