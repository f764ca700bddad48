#include "sw/ike/v2/stats.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vam::ike::v2 {
namespace {

size_t RowOf(ExchangeType type) {
  switch (type) {
    case ExchangeType::kIkeSaInit:
      return 0;
    case ExchangeType::kIkeAuth:
      return 1;
    case ExchangeType::kCreateChildSa:
      return 2;
    case ExchangeType::kInformational:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

bool IsFault(Cause cause) {
  switch (cause) {
    case Cause::kCookieWanted:
    case Cause::kDeletedByPeer:
    case Cause::kDeletedByUs:
    case Cause::kClearedByOperator:
    case Cause::kReplaced:
    case Cause::kRedirected:
    case Cause::kExpired:
      return false;
    default:
      return true;
  }
}

namespace {

struct Meant {
  Cause cause;
  std::string_view text;
};
constexpr Meant kMeanings[] = {
    {Cause::kMalformed, "A message breaks its format"},
    {Cause::kWrongVersion, "A message of another major version of IKE"},
    {Cause::kUnknownSpi, "A message of an IKE SA that is not there"},
    {Cause::kOutsideWindow, "A message number that is not awaited"},
    {Cause::kWrongIcv,
     "A message whose checksum is wrong: not from the peer, or changed on its way"},
    {Cause::kNotEncrypted, "A message in clear that must be encrypted"},
    {Cause::kUnexpected, "A message that has no place in this state"},
    {Cause::kUnknownCritical, "A critical payload of an unknown type"},
    {Cause::kMessageTooLong, "A message, or its fragments together, is longer than one may be"},
    {Cause::kNoConfiguration, "No policy between these addresses"},
    {Cause::kWrongCookie, "A cookie that does not hold"},
    {Cause::kTooManyHalfOpen, "Too many IKE SAs are being made"},
    {Cause::kTooManyIkeSas, "The limit of IKE SAs is reached"},
    {Cause::kTooManyChildren, "The peer wants more children than one IKE SA may have"},
    {Cause::kTooManyRequests, "The peer asks for more in a second than is answered"},
    {Cause::kNoProposal, "No proposal is common to both sides"},
    {Cause::kWrongGroup, "The Diffie-Hellman group is not taken"},
    {Cause::kBadKeyExchange, "The public value of the key exchange is not valid"},
    {Cause::kNoProfile, "No profile matches the peer"},
    {Cause::kNoSharedKey, "No preshared key for the peer"},
    {Cause::kAuthFailed, "The peer did not prove who it is"},
    {Cause::kAuthMethod, "The peer proves who it is by a method that its profile does not take"},
    {Cause::kNoPpk, "A post-quantum preshared key is required"},
    {Cause::kChildless, "One side makes IKE SAs without a child, and the other does not"},
    {Cause::kTicketUnknownKey,
     "The key of a ticket is not there any more: the role or the key is another one"},
    {Cause::kTicketForged, "A ticket that this system did not give"},
    {Cause::kTicketExpired, "A ticket whose time is over"},
    {Cause::kTicketUsed, "A ticket that has made an IKE SA already"},
    {Cause::kTicketPolicy, "The configuration has changed since the ticket was given"},
    {Cause::kTicketTableFull, "Too many used tickets are remembered"},
    {Cause::kTicketIdentity, "The peer shows another identity than that of the ticket"},
    {Cause::kTicketRefused, "The peer refused the ticket, and is called without it"},
    {Cause::kNoOwnCertificate, "No certificate of this system to prove itself with"},
    {Cause::kNoCommonSignature, "No way to sign that both sides know"},
    {Cause::kSignerAway, "The signer did not answer in time"},
    {Cause::kSignRefused, "The signer did not sign"},
    {Cause::kNoPeerCertificate, "The peer sent no certificate"},
    {Cause::kCertificateEncoding,
     "The peer sent its certificate by hash and URL, which is not taken"},
    {Cause::kBadCertificate, "A certificate of the peer cannot be read"},
    {Cause::kTooManyCertificates, "The peer sent too many certificates"},
    {Cause::kIdentityNotInCertificate,
     "The identity of the peer does not stand in its certificate"},
    {Cause::kCertificateRefused, "The certificate of the peer is not trusted"},
    {Cause::kRevocationUnknown,
     "Whether the certificate of the peer is revoked could not be found out"},
    {Cause::kRefusedByPeer, "The peer refused"},
    {Cause::kRedirectRefused, "The peer sent us to a gateway that we do not go to."},
    {Cause::kTsUnacceptable, "The traffic selectors have nothing in common"},
    {Cause::kNoAddress, "No address was free for the peer, or for us"},
    {Cause::kAddressNotAsked, "An address must be asked for, and was not"},
    {Cause::kNoAnswer, "The peer did not answer to the last retransmission"},
    {Cause::kHalfOpenTooLong, "Failed to receive the AUTH msg before the timer expired"},
    {Cause::kNoEngine, "The forwarder could not take an SA"},
    {Cause::kFwdGone, "The forwarder ended, and its SAs with it"},
    {Cause::kNotReauthenticated, "The peer did not prove again who it is in time"},
    {Cause::kCertificateExpired, "The certificate of the peer has expired"},
    {Cause::kInternal, "An error of this system"},
};

}  // namespace

std::string_view Meaning(Cause cause) {
  const Meant* const found = std::ranges::find(kMeanings, cause, &Meant::cause);
  return found == std::end(kMeanings) ? Name(cause) : found->text;
}

void Stats::IkeUp(const IkeSa& sa) {
  ++(sa.initiator ? outgoing_ : incoming_).established;
  timings_.IkeUp(sa);
}

void Stats::IkeDown(const IkeSa& sa, Cause cause, bool was_up) {
  if (!was_up) ++(sa.initiator ? outgoing_ : incoming_).failed;
  if (was_up && cause == Cause::kReplaced) ++ike_rekeys_;
  NoteSa(sa, cause);
}

void Stats::ChildUp(const IkeSa& /*sa*/, const ChildSa& child) {
  ++children_up_;
  timings_.ChildUp(child);
}

void Stats::Retransmitted(const IkeSa& /*sa*/) { ++retransmissions_; }

void Stats::StateChange(const IkeSa& sa, IkeSa::State next) { timings_.StateChange(sa, next); }

void Stats::ChildDown(const IkeSa& sa, const ChildSa& /*child*/, Cause cause) {
  ++children_down_;
  // Those of an IKE SA that ends are told with it.
  if (cause == Cause::kNoEngine) NoteSa(sa, cause);
}

void Stats::Packet(const Ends& /*ends*/, bool sent, Bytes message) {
  const auto header = ParseHeader(message);
  if (!header) return;  // counted as malformed, or no message of IKE
  Exchange& row = exchanges_[RowOf(header->exchange)];
  if (sent) {
    ++(header->response ? row.sent_responses : row.sent_requests);
  } else {
    ++(header->response ? row.received_responses : row.received_requests);
  }
}

void Stats::SentOn(const Ends& /*ends*/, RedirectPhase phase, const net::Address& /*gateway*/) {
  ++sent_on_[static_cast<size_t>(phase)];
}

void Stats::Refused(const Ends& ends, Cause cause) {
  if (!IsFault(cause)) return;
  Fault fault;
  fault.cause = cause;
  fault.ends = ends;
  Note(refusals_, kMostRefusals, std::move(fault));
}

void Stats::NoteSa(const IkeSa& sa, Cause cause) {
  if (!IsFault(cause)) return;
  Fault fault;
  fault.cause = cause;
  fault.ends = sa.ends;
  if (!sa.peer_identity.empty()) fault.remote_id = ToString(sa.peer_identity);
  if (sa.profile != nullptr) fault.profile = sa.profile->name;
  if (sa.setup != nullptr) fault.why = sa.setup->why;
  Note(failures_, kMostFailures, std::move(fault));
}

void Stats::Note(std::deque<Fault>& list, size_t most, Fault fault) {
  ++total_errors_;
  fault.order = ++order_;
  fault.wall_ns = clock_.WallNs();
  if (!list.empty() && list.back().cause == fault.cause &&
      list.back().ends.remote == fault.ends.remote) {
    fault.times += list.back().times;
    list.pop_back();
  }
  list.push_back(std::move(fault));
  if (list.size() > most) list.pop_front();
}

std::vector<Stats::Fault> Stats::errors() const {
  std::vector<Fault> all(failures_.begin(), failures_.end());
  all.insert(all.end(), refusals_.begin(), refusals_.end());
  std::ranges::sort(all, {}, &Fault::order);
  return all;
}

void Stats::Clear() {
  incoming_ = outgoing_ = {};
  ike_rekeys_ = children_up_ = children_down_ = retransmissions_ = total_errors_ = 0;
  sent_on_ = {};
  timings_.Clear();
  exchanges_ = {};
  failures_.clear();
  refusals_.clear();
}

}  // namespace vam::ike::v2
