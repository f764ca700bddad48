#include "sw/ike/v2/exchange/cause.h"

namespace vam::ike::v2 {

std::string_view Name(Cause cause) {
  switch (cause) {
    case Cause::kMalformed:
      return "malformed";
    case Cause::kWrongVersion:
      return "wrong_version";
    case Cause::kUnknownSpi:
      return "unknown_spi";
    case Cause::kOutsideWindow:
      return "outside_window";
    case Cause::kWrongIcv:
      return "wrong_icv";
    case Cause::kNotEncrypted:
      return "not_encrypted";
    case Cause::kUnexpected:
      return "unexpected";
    case Cause::kUnknownCritical:
      return "unknown_critical";
    case Cause::kNoConfiguration:
      return "no_configuration";
    case Cause::kCookieWanted:
      return "cookie_wanted";
    case Cause::kWrongCookie:
      return "wrong_cookie";
    case Cause::kTooManyHalfOpen:
      return "too_many_half_open";
    case Cause::kTooManyIkeSas:
      return "too_many_ike_sas";
    case Cause::kNoProposal:
      return "no_proposal";
    case Cause::kWrongGroup:
      return "wrong_group";
    case Cause::kBadKeyExchange:
      return "bad_key_exchange";
    case Cause::kNoProfile:
      return "no_profile";
    case Cause::kNoSharedKey:
      return "no_shared_key";
    case Cause::kAuthFailed:
      return "auth_failed";
    case Cause::kAuthMethod:
      return "auth_method";
    case Cause::kNoOwnCertificate:
      return "no_own_certificate";
    case Cause::kNoCommonSignature:
      return "no_common_signature";
    case Cause::kSignerAway:
      return "signer_away";
    case Cause::kSignRefused:
      return "sign_refused";
    case Cause::kNoPeerCertificate:
      return "no_peer_certificate";
    case Cause::kCertificateEncoding:
      return "certificate_encoding";
    case Cause::kBadCertificate:
      return "bad_certificate";
    case Cause::kTooManyCertificates:
      return "too_many_certificates";
    case Cause::kIdentityNotInCertificate:
      return "identity_not_in_certificate";
    case Cause::kCertificateRefused:
      return "certificate_refused";
    case Cause::kRevocationUnknown:
      return "revocation_unknown";
    case Cause::kRefusedByPeer:
      return "refused_by_peer";
    case Cause::kTsUnacceptable:
      return "ts_unacceptable";
    case Cause::kNoAnswer:
      return "no_answer";
    case Cause::kHalfOpenTooLong:
      return "half_open_too_long";
    case Cause::kNoEngine:
      return "no_engine";
    case Cause::kFwdGone:
      return "fwd_gone";
    case Cause::kDeletedByPeer:
      return "deleted_by_peer";
    case Cause::kDeletedByUs:
      return "deleted_by_us";
    case Cause::kClearedByOperator:
      return "cleared_by_operator";
    case Cause::kReplaced:
      return "replaced";
    case Cause::kExpired:
      return "expired";
    case Cause::kInternal:
      return "internal";
  }
  return "";
}

}  // namespace vam::ike::v2
