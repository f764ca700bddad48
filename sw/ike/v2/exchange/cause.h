// Why a message was dropped, an exchange failed or an SA ended: one word each, the same in
// counters, logs, show commands and metrics.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CAUSE_H_
#define VAM_SW_IKE_V2_EXCHANGE_CAUSE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vam::ike::v2 {

enum class Cause : uint8_t {
  // Messages dropped.
  kMalformed,        // the header, the chain or a payload breaks its format
  kWrongVersion,     // a major version above 2
  kUnknownSpi,       // of no IKE SA
  kOutsideWindow,    // a message number that is not awaited
  kWrongIcv,         // not from whom it should be
  kNotEncrypted,     // in clear where it must not be
  kUnexpected,       // an exchange or answer that has no place in this state
  kUnknownCritical,  // a critical payload of an unknown type
  kMessageTooLong,   // of its exchange, or its fragments together
  kNoConfiguration,  // no policy between these addresses
  kPeerNotResolved,  // no address is known of the peer's name
  kCookieWanted,     // IKE_SA_INIT answered with a cookie
  kWrongCookie,      // as above, for the one it brought did not hold
  kTooManyHalfOpen,  // a limit of half-open IKE SAs
  kTooManyIkeSas,    // the limit of all
  kTooManyChildren,  // of one IKE SA, made by the peer
  kTooManyRequests,  // of one peer in a time
  // Set-ups and children that failed.
  kNoProposal,      // no common proposal
  kWrongGroup,      // a key exchange of another group was asked for, too often
  kBadKeyExchange,  // a public value that is none
  kNoProfile,       // no profile means the peer
  kNoSharedKey,     // no key for the peer
  kAuthFailed,      // the peer did not prove who it is
  kAuthMethod,      // it proves who it is by a method that its profile does not take
  kNoPpk,           // a post-quantum preshared key is required, and not used or not known
  kChildless,       // one side makes IKE SAs without a child, and the other does not
  // Of session resumption (RFC 5723).
  kTicketUnknownKey,  // sealed under a key that is not there, or not any more
  kTicketForged,      // none of ours
  kTicketExpired,
  kTicketUsed,       // it has made an IKE SA already
  kTicketPolicy,     // the configuration says something else of the peer since
  kTicketTableFull,  // too many used ones are remembered
  kTicketIdentity,   // another identity than the ticket's
  kTicketRefused,    // by the peer
  // Of signatures, ours and the peer's.
  kNoOwnCertificate,       // of the profile
  kNoCommonSignature,      // no way to sign that both know
  kSignerAway,             // the signer was not there, or did not answer in time
  kSignRefused,            // the signer has no such key, or it is not that of the certificate
  kNoPeerCertificate,      // the peer sent none
  kCertificateEncoding,    // by hash and URL
  kCertificateNotFetched,  // by hash and URL, and not got
  kBadCertificate,         // does not parse, or of a key that is not taken
  kTooManyCertificates,    // in one message
  kIdentityNotInCertificate,
  kCertificateRefused,  // not trusted, out of its time, or revoked
  kRevocationUnknown,   // neither CRL nor OCSP answer could be had
  kRefusedByPeer,       // an error notify
  kRedirectRefused,     // a redirection to a name, to where we were, or too many of them
  kTsUnacceptable,      // no common traffic
  kNoAddress,           // the pool is empty, or has none for us (INTERNAL_ADDRESS_FAILURE)
  kAddressNotAsked,     // for, where one is needed (FAILED_CP_REQUIRED)
  kNoAnswer,            // retransmitted to the end
  kHalfOpenTooLong,     // IKE_AUTH did not come in time
  kNoEngine,            // fwd could not take an SA
  kFwdGone,
  // Endings in good order.
  kDeletedByPeer,
  kPeerLostSa,   // the peer says that it has no such SA any more
  kDeletedByUs,  // lifetime, configuration, idle
  kClearedByOperator,
  kRedirected,  // to another gateway
  kReplaced,    // by a rekey or a newer IKE SA with the peer
  kExpired,
  kNotReauthenticated,  // in time (RFC 4478)
  kCertificateExpired,  // of the peer, or one that it was trusted by
  kInternal,            // a library failed
};
inline constexpr size_t kCauses = static_cast<size_t>(Cause::kInternal) + 1;

// "auth_failed" and so on.
std::string_view Name(Cause cause);

class CauseCounters {
 public:
  void Count(Cause cause) { ++counts_[static_cast<size_t>(cause)]; }
  uint64_t of(Cause cause) const { return counts_[static_cast<size_t>(cause)]; }

 private:
  std::array<uint64_t, kCauses> counts_{};
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CAUSE_H_
