#include "sw/ike/v2/stats.h"

#include <algorithm>
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

std::string_view Meaning(Cause cause) {
  switch (cause) {
    case Cause::kMalformed:
      return "A message breaks its format";
    case Cause::kWrongVersion:
      return "A message of another major version of IKE";
    case Cause::kUnknownSpi:
      return "A message of an IKE SA that is not there";
    case Cause::kOutsideWindow:
      return "A message number that is not awaited";
    case Cause::kWrongIcv:
      return "A message whose checksum is wrong: not from the peer, or changed on its way";
    case Cause::kNotEncrypted:
      return "A message in clear that must be encrypted";
    case Cause::kUnexpected:
      return "A message that has no place in this state";
    case Cause::kUnknownCritical:
      return "A critical payload of an unknown type";
    case Cause::kMessageTooLong:
      return "A message, or its fragments together, is longer than one may be";
    case Cause::kNoConfiguration:
      return "No policy between these addresses";
    case Cause::kWrongCookie:
      return "A cookie that does not hold";
    case Cause::kTooManyHalfOpen:
      return "Too many IKE SAs are being made";
    case Cause::kTooManyIkeSas:
      return "The limit of IKE SAs is reached";
    case Cause::kTooManyChildren:
      return "The peer wants more children than one IKE SA may have";
    case Cause::kTooManyRequests:
      return "The peer asks for more in a second than is answered";
    case Cause::kNoProposal:
      return "No proposal is common to both sides";
    case Cause::kWrongGroup:
      return "The Diffie-Hellman group is not taken";
    case Cause::kBadKeyExchange:
      return "The public value of the key exchange is not valid";
    case Cause::kNoProfile:
      return "No profile matches the peer";
    case Cause::kNoSharedKey:
      return "No preshared key for the peer";
    case Cause::kAuthFailed:
      return "The peer did not prove who it is";
    case Cause::kAuthMethod:
      return "The peer proves who it is by a method that its profile does not take";
    case Cause::kNoPpk:
      return "A post-quantum preshared key is required";
    case Cause::kChildless:
      return "One side makes IKE SAs without a child, and the other does not";
    case Cause::kTicketUnknownKey:
      return "The key of a ticket is not there any more: the role or the key is another one";
    case Cause::kTicketForged:
      return "A ticket that this system did not give";
    case Cause::kTicketExpired:
      return "A ticket whose time is over";
    case Cause::kTicketUsed:
      return "A ticket that has made an IKE SA already";
    case Cause::kTicketPolicy:
      return "The configuration has changed since the ticket was given";
    case Cause::kTicketTableFull:
      return "Too many used tickets are remembered";
    case Cause::kTicketIdentity:
      return "The peer shows another identity than that of the ticket";
    case Cause::kTicketRefused:
      return "The peer refused the ticket, and is called without it";
    case Cause::kNoOwnCertificate:
      return "No certificate of this system to prove itself with";
    case Cause::kNoCommonSignature:
      return "No way to sign that both sides know";
    case Cause::kSignerAway:
      return "The signer did not answer in time";
    case Cause::kSignRefused:
      return "The signer did not sign";
    case Cause::kNoPeerCertificate:
      return "The peer sent no certificate";
    case Cause::kCertificateEncoding:
      return "The peer sent its certificate by hash and URL, which is not taken";
    case Cause::kBadCertificate:
      return "A certificate of the peer cannot be read";
    case Cause::kTooManyCertificates:
      return "The peer sent too many certificates";
    case Cause::kIdentityNotInCertificate:
      return "The identity of the peer does not stand in its certificate";
    case Cause::kCertificateRefused:
      return "The certificate of the peer is not trusted";
    case Cause::kRevocationUnknown:
      return "Whether the certificate of the peer is revoked could not be found out";
    case Cause::kRefusedByPeer:
      return "The peer refused";
    case Cause::kRedirectRefused:
      return "The peer sent us to a gateway that we do not go to.";
    case Cause::kTsUnacceptable:
      return "The traffic selectors have nothing in common";
    case Cause::kNoAddress:
      return "No address was free for the peer, or for us";
    case Cause::kAddressNotAsked:
      return "An address must be asked for, and was not";
    case Cause::kNoAnswer:
      return "The peer did not answer to the last retransmission";
    case Cause::kHalfOpenTooLong:
      return "Failed to receive the AUTH msg before the timer expired";
    case Cause::kNoEngine:
      return "The forwarder could not take an SA";
    case Cause::kFwdGone:
      return "The forwarder ended, and its SAs with it";
    case Cause::kNotReauthenticated:
      return "The peer did not prove again who it is in time";
    case Cause::kCertificateExpired:
      return "The certificate of the peer has expired";
    case Cause::kInternal:
      return "An error of this system";
    default:
      return Name(cause);
  }
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
