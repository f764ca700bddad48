#include "sw/ike/v2/exchange/cause.h"

#include <utility>

namespace vam::ike::v2 {

namespace {

constexpr std::array<std::pair<Cause, std::string_view>, kCauses> kNames{{
    {Cause::kMalformed, "malformed"},
    {Cause::kWrongVersion, "wrong_version"},
    {Cause::kUnknownSpi, "unknown_spi"},
    {Cause::kOutsideWindow, "outside_window"},
    {Cause::kWrongIcv, "wrong_icv"},
    {Cause::kNotEncrypted, "not_encrypted"},
    {Cause::kUnexpected, "unexpected"},
    {Cause::kUnknownCritical, "unknown_critical"},
    {Cause::kMessageTooLong, "message_too_long"},
    {Cause::kNoConfiguration, "no_configuration"},
    {Cause::kPeerNotResolved, "peer_not_resolved"},
    {Cause::kCookieWanted, "cookie_wanted"},
    {Cause::kWrongCookie, "wrong_cookie"},
    {Cause::kTooManyHalfOpen, "too_many_half_open"},
    {Cause::kTooManyIkeSas, "too_many_ike_sas"},
    {Cause::kTooManyChildren, "too_many_children"},
    {Cause::kTooManyRequests, "too_many_requests"},
    {Cause::kNoProposal, "no_proposal"},
    {Cause::kWrongGroup, "wrong_group"},
    {Cause::kBadKeyExchange, "bad_key_exchange"},
    {Cause::kNoProfile, "no_profile"},
    {Cause::kNoSharedKey, "no_shared_key"},
    {Cause::kAuthFailed, "auth_failed"},
    {Cause::kAuthMethod, "auth_method"},
    {Cause::kNoPpk, "no_ppk"},
    {Cause::kChildless, "childless"},
    {Cause::kTicketUnknownKey, "ticket_unknown_key"},
    {Cause::kTicketForged, "ticket_forged"},
    {Cause::kTicketExpired, "ticket_expired"},
    {Cause::kTicketUsed, "ticket_used"},
    {Cause::kTicketPolicy, "ticket_policy"},
    {Cause::kTicketTableFull, "ticket_table_full"},
    {Cause::kTicketIdentity, "ticket_identity"},
    {Cause::kTicketRefused, "ticket_refused"},
    {Cause::kNoOwnCertificate, "no_own_certificate"},
    {Cause::kNoCommonSignature, "no_common_signature"},
    {Cause::kSignerAway, "signer_away"},
    {Cause::kSignRefused, "sign_refused"},
    {Cause::kNoPeerCertificate, "no_peer_certificate"},
    {Cause::kCertificateEncoding, "certificate_encoding"},
    {Cause::kCertificateNotFetched, "certificate_not_fetched"},
    {Cause::kBadCertificate, "bad_certificate"},
    {Cause::kTooManyCertificates, "too_many_certificates"},
    {Cause::kIdentityNotInCertificate, "identity_not_in_certificate"},
    {Cause::kCertificateRefused, "certificate_refused"},
    {Cause::kRevocationUnknown, "revocation_unknown"},
    {Cause::kRefusedByPeer, "refused_by_peer"},
    {Cause::kRedirectRefused, "redirect_refused"},
    {Cause::kTsUnacceptable, "ts_unacceptable"},
    {Cause::kNoAddress, "no_address"},
    {Cause::kAddressNotAsked, "address_not_asked"},
    {Cause::kNoAnswer, "no_answer"},
    {Cause::kHalfOpenTooLong, "half_open_too_long"},
    {Cause::kNoEngine, "no_engine"},
    {Cause::kFwdGone, "fwd_gone"},
    {Cause::kDeletedByPeer, "deleted_by_peer"},
    {Cause::kPeerLostSa, "peer_lost_sa"},
    {Cause::kDeletedByUs, "deleted_by_us"},
    {Cause::kClearedByOperator, "cleared_by_operator"},
    {Cause::kRedirected, "redirected"},
    {Cause::kReplaced, "replaced"},
    {Cause::kExpired, "expired"},
    {Cause::kNotReauthenticated, "not_reauthenticated"},
    {Cause::kCertificateExpired, "certificate_expired"},
    {Cause::kInternal, "internal"},
}};

// As the enumeration has them: then a name is found by its number, and none lacks.
constexpr bool InOrder() {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (static_cast<size_t>(kNames[i].first) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

std::string_view Name(Cause cause) { return kNames.at(static_cast<size_t>(cause)).second; }

}  // namespace vam::ike::v2
