#include "sw/ike/v2/exchange/core.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "sw/base/text.h"
#include "sw/ike/v2/exchange/followup_ke.h"
#include "sw/ike/v2/exchange/intermediate.h"
#include "sw/ike/v2/exchange/mobike.h"
#include "sw/ike/v2/exchange/resumption.h"
#include "sw/ike/v2/exchange/session_resume.h"

namespace vam::ike::v2 {

namespace {

bool HalfOpen(const IkeSa& sa) {
  return !sa.initiator && (sa.state == IkeSa::State::kHalfOpen || sa.state == IkeSa::State::kAuth);
}

// We call, and the peer has not proved yet who it is.
bool Calling(const IkeSa& sa) {
  return sa.initiator && (sa.state == IkeSa::State::kInit || sa.state == IkeSa::State::kAuth);
}

// An IKE SA that ends so says nothing of the peer.
bool IsOurDoing(Cause cause) {
  switch (cause) {
    case Cause::kClearedByOperator:
    case Cause::kDeletedByUs:
    case Cause::kReplaced:
    case Cause::kRedirected:
    case Cause::kFwdGone:
    case Cause::kInternal:
      return true;
    default:
      return false;
  }
}

api::IkeSpiState SpiStateOf(const IkeSa& sa) {
  switch (sa.state) {
    case IkeSa::State::kInit:
    case IkeSa::State::kHalfOpen:
    case IkeSa::State::kAuth:
      return api::IkeSpiState::kHalfOpen;
    case IkeSa::State::kUp:
    case IkeSa::State::kReplaced:
    case IkeSa::State::kDeleting:
      return api::IkeSpiState::kUp;
    case IkeSa::State::kGone:
      break;
  }
  return api::IkeSpiState::kGone;
}

// Removes the one entry of this key with this value, if there is one.
template <typename Map, typename Key>
void EraseOne(Map& map, const Key& key, uint64_t value) {
  const auto [first, last] = map.equal_range(key);
  for (auto it = first; it != last; ++it) {
    if (it->second != value) continue;
    map.erase(it);
    return;
  }
}

// In one number. What is found by it is compared.
size_t MeetingOf(const net::Address& remote, std::string_view profile) {
  return MeetingHash()({remote, profile});
}

// The same of equal ones.
size_t HashOf(const Identity& identity) {
  const Identity folded = Folded(identity);
  return std::hash<std::string_view>()(TextOf(folded.data)) ^ static_cast<size_t>(folded.type);
}

bool InClear(ExchangeType type) {
  return type == ExchangeType::kIkeSaInit || type == ExchangeType::kIkeSessionResume;
}

}  // namespace

IkeSa& Core::Create(const Ends& ends, bool initiator) {
  auto sa = std::make_unique<IkeSa>();
  do {
    sa->spi = rng().U64();
  } while (sa->spi == 0 || sas_.contains(sa->spi));
  sa->ends = sa->home = ends;
  sa->initiator = sa->caller = initiator;
  sa->begun_ns = now_ns();
  sa->number = sa->session = ++last_number_;
  IkeSa& added = *sas_.emplace(sa->spi, std::move(sa)).first->second;
  ++count_with_[ends.remote];
  calls_ += Calling(added) ? 1 : 0;
  TellSpi(added);
  Touch(added);
  return added;
}

void Core::NotePeer(const IkeSa& sa) { by_peer_.emplace(HashOf(sa.peer_identity), sa.spi); }

std::vector<IkeSa*> Core::OfPeer(const Identity& identity) {
  std::vector<IkeSa*> out = Present(by_peer_.equal_range(HashOf(identity)));
  std::erase_if(out, [folded = Folded(identity)](const IkeSa* sa) {
    return Folded(sa->peer_identity) != folded;
  });
  return out;
}

size_t Core::CountWith(const net::Address& remote) const {
  const auto found = count_with_.find(remote);
  return found == count_with_.end() ? 0 : found->second;
}

void Core::CountLess(const net::Address& remote) {
  const auto found = count_with_.find(remote);
  if (--found->second == 0) count_with_.erase(found);
}

std::vector<IkeSa*> Core::With(const net::Address& remote, std::string_view profile) {
  std::vector<IkeSa*> out = Present(by_meeting_.equal_range(MeetingOf(remote, profile)));
  std::erase_if(out, [&](const IkeSa* sa) {
    return sa->home.remote != remote || sa->profile->name != profile;
  });
  return out;
}

void Core::SetProfile(IkeSa& sa, std::shared_ptr<const Profile> profile) {
  if (sa.profile != nullptr) {
    EraseOne(by_meeting_, MeetingOf(sa.home.remote, sa.profile->name), sa.spi);
  }
  sa.profile = std::move(profile);
  if (sa.profile != nullptr) {
    by_meeting_.emplace(MeetingOf(sa.home.remote, sa.profile->name), sa.spi);
  }
}

void Core::Move(IkeSa& sa, const Ends& ends) {
  const net::Address before = std::exchange(sa.ends, ends).remote;
  if (before != ends.remote) {
    CountLess(before);
    ++count_with_[ends.remote];
  }
  if (sa.mobike != nullptr || sa.redirects != 0) return;
  const net::Address home = std::exchange(sa.home, ends).remote;
  if (home == ends.remote || sa.profile == nullptr) return;
  EraseOne(by_meeting_, MeetingOf(home, sa.profile->name), sa.spi);
  by_meeting_.emplace(MeetingOf(ends.remote, sa.profile->name), sa.spi);
}

void Core::Forget(uint64_t spi) {
  IkeSa& sa = *sas_.at(spi);
  EraseOne(by_peer_, HashOf(sa.peer_identity), spi);
  SetProfile(sa, nullptr);
  timers_.Set(spi, TimerHeap::kNever);
  sas_.erase(spi);
}

IkeSa* Core::Find(uint64_t spi) {
  const auto found = sas_.find(spi);
  if (found == sas_.end() || found->second->state == IkeSa::State::kGone) return nullptr;
  return found->second.get();
}

void Core::Begin(IkeSa& sa, std::unique_ptr<Request> request) {
  sa.waiting.push_back(std::move(request));
  Touch(sa);
}

Result<Packets> Core::Seal(IkeSa& sa, Header header, MessageBuilder& message) {
  if (InClear(header.exchange)) {
    VAM_TRY(auto clear, message.Finish(header));
    return Packets{std::move(clear)};
  }
  const PayloadType first = message.first();
  const Settings& settings = policy_->settings();
  const uint32_t fragment_bytes =
      sa.ends.remote.is_v6() ? settings.fragment_bytes_v6 : settings.fragment_bytes;
  VAM_TRY(const Bytes inner, message.payloads());
  if (header.exchange == ExchangeType::kIkeIntermediate && sa.setup != nullptr) {
    VAM_TRY_STATUS(NoteSentIntermediate(sa, header, first, inner));
  }
  if (!sa.peer_fragments || fragment_bytes == 0) {
    VAM_TRY(auto whole, v2::Seal(sa.outbound(), sa.counter, rng(), header, first, inner));
    return Packets{std::move(whole)};
  }
  return SealFragments(sa.outbound(), sa.counter, rng(), header, first, inner, fragment_bytes);
}

void Core::Transmit(const Ends& ends, const Packets& packets) {
  for (const auto& packet : packets) SendClear(ends, packet);
}

void Core::SendClear(const Ends& ends, Bytes message) {
  journal().Packet(ends, true, message);
  api::IkePacket packet{};
  packet.endpoints = ToFast(ends);
  packet.flags = ends.encapsulated ? api::kIkeEncapsulated : uint16_t{0};
  packet.ike_class = api::IkeClass::kKnownSpi;
  fwd().SendPacket(packet, message);
}

Header Core::HeaderOf(const IkeSa& sa, ExchangeType type, uint32_t id) {
  Header header;
  header.initiator_spi = sa.spi_i();
  header.responder_spi = sa.spi_r();
  header.exchange = type;
  header.from_initiator = sa.initiator;
  header.message_id = id;
  return header;
}

void Core::SendRequest(IkeSa& sa, std::unique_ptr<Request> request) {
  MessageBuilder message;
  if (!request->Write(*this, sa, message)) return;
  if (sa.state == IkeSa::State::kGone) return;  // Write gave it up
  const Header header = HeaderOf(sa, request->type(), sa.requests.next_id());
  Result<Packets> packets = Seal(sa, header, message);
  if (!packets) {
    request->OnLost(*this, sa);
    return End(sa, Cause::kInternal);
  }
  if (InClear(header.exchange)) sa.setup->init_request = packets->front();
  Transmit(sa.ends, *packets);
  sa.requests.Sent(std::move(*packets), now_ns(),
                   request->retry(sa).value_or(policy_->settings().retry));
  sa.sent.emplace_back(header.message_id, std::move(request));
}

void Core::SendWaiting(IkeSa& sa) {
  while (sa.state != IkeSa::State::kGone && sa.requests.HasRoom()) {
    // While the IKE SA is made anew nothing else begins on it (2.25.2).
    const bool rekeying = sa.rekeying || AwaitedOfIke(sa) != nullptr;
    const auto ready = std::ranges::find_if(sa.waiting, [&sa, rekeying](const auto& request) {
      return (!rekeying || request->type() == ExchangeType::kIkeFollowupKe) && request->Ready(sa);
    });
    if (ready == sa.waiting.end()) return;
    std::unique_ptr<Request> request = std::move(*ready);
    sa.waiting.erase(ready);
    sa.waiting.shrink_to_fit();  // an IKE SA is idle nearly all the time
    SendRequest(sa, std::move(request));
  }
}

void Core::Answer(IkeSa& sa, ExchangeType type, uint32_t id, MessageBuilder& message) {
  Header header = HeaderOf(sa, type, id);
  header.response = true;
  Result<Packets> packets = Seal(sa, header, message);
  if (!packets) return End(sa, Cause::kInternal);
  if (InClear(type)) sa.setup->init_response = packets->front();
  Transmit(sa.answer_ends(), *packets);
  sa.responses.Answer(id, std::move(*packets), now_ns());
  Touch(sa);
}

void Core::AnswerWith(IkeSa& sa, const Header& request, NotifyType type, Bytes data) {
  MessageBuilder message;
  AddNotify(message, type, data);
  Answer(sa, request.exchange, request.message_id, message);
}

std::unique_ptr<Request> Core::TakeSent(IkeSa& sa, uint32_t id) {
  const auto found = std::ranges::find(sa.sent, id, &decltype(sa.sent)::value_type::first);
  if (found == sa.sent.end()) return nullptr;
  std::unique_ptr<Request> request = std::move(found->second);
  sa.sent.erase(found);
  sa.sent.shrink_to_fit();
  sa.requests.Answered(id);
  Touch(sa);
  return request;
}

void Core::SetState(IkeSa& sa, IkeSa::State state) {
  if (state != sa.state) journal().StateChange(sa, state);
  // From here on it ends in good order, whatever is lost on the way (RFC 5723, 6.2).
  if (state == IkeSa::State::kDeleting) ForgetTicket(*this, sa);
  const bool was_half_open = HalfOpen(sa);
  calls_ -= Calling(sa) ? 1 : 0;
  const api::IkeSpiState told = SpiStateOf(sa);
  sa.state = state;
  if (was_half_open && !HalfOpen(sa)) half_open_.Remove(sa.spi);
  if (!was_half_open && HalfOpen(sa)) half_open_.Add(sa.ends, sa.peer_spi, sa.spi);
  calls_ += Calling(sa) ? 1 : 0;
  if (SpiStateOf(sa) != told) TellSpi(sa);
  Touch(sa);
}

void Core::TellSpi(const IkeSa& sa) {
  api::IkeSpi message{};
  message.spi = sa.spi;
  message.state = SpiStateOf(sa);
  fwd().TellSpi(message);
}

void Core::TellSpis() {
  for (const auto& [spi, sa] : sas_) {
    if (sa->state != IkeSa::State::kGone) TellSpi(*sa);
  }
}

void Core::End(IkeSa& sa, Cause cause) {
  if (sa.state == IkeSa::State::kGone) return;
  const bool was_up = sa.up_ns != 0;
  causes_.Count(cause);
  const bool by_ticket = sa.initiator && sa.setup != nullptr && sa.setup->resuming != nullptr;
  if (by_ticket) {
    LeaveTicket(*this, sa, /*fails=*/!IsOurDoing(cause));
  } else if (was_up ? cause == Cause::kNoAnswer : sa.initiator && !IsOurDoing(cause)) {
    peers_.Failed(sa.home.remote);
    if (!sa.peer_name.empty()) names_.Want(sa.peer_name);
  }
  while (!sa.children.empty()) EndChild(sa, *sa.children.back(), cause);
  sa.assigned = {};  // fwd hears of the children's end before it hears of who is next
  if (cause != Cause::kNoAnswer) ForgetTicket(*this, sa);
  SetState(sa, IkeSa::State::kGone);
  CountLess(sa.ends.remote);
  gone_.push_back(sa.spi);
  // They may look at the SA, but begin nothing on it any more.
  for (auto& request : std::exchange(sa.waiting, {})) request->OnLost(*this, sa);
  for (auto& [id, request] : std::exchange(sa.sent, {})) request->OnLost(*this, sa);
  journal().IkeDown(sa, cause, was_up);
}

void Core::EndChild(IkeSa& sa, ChildSa& child, Cause cause) {
  for (const uint64_t id : {child.sa_in, child.sa_out}) {
    if (id == 0) continue;
    by_fwd_sa_.erase(id);
    // What is still on its way comes in by the old one, where there is a new one.
    const bool drain = id == child.sa_in && child.was_up &&
                       (cause == Cause::kReplaced || cause == Cause::kRedirected);
    // What fwd says to it changes nothing: an SA that it does not know is gone too.
    fwd().Delete({.sa_id = id, .flags = drain ? api::kDeleteDrain : 0, .reserved = 0},
                 [](const Result<uint64_t>&) {});
  }
  if (child.was_up) journal().ChildDown(sa, child, cause);
  if (cause == Cause::kClearedByOperator || cause == Cause::kExpired) {
    peers_.Reset(names_.AddressesOf(*child.config));
  }
  const uint32_t replaces = child.replaces;
  sa.RemoveChild(child.id);
  ChildSa* const old = replaces == 0 ? nullptr : sa.FindChild(replaces);
  if (old == nullptr || !old->deleted_by_peer) return;
  // Both ends may have made a new one: the old one waits for the other, which is being installed.
  const bool waits = std::ranges::any_of(sa.children, [replaces](const auto& other) {
    const bool agreed =
        other->state == ChildSa::State::kUp || other->state == ChildSa::State::kInstalling;
    return other->replaces == replaces && agreed && other->sa_out == 0;
  });
  if (!waits) EndChild(sa, *old, Cause::kDeletedByPeer);
}

void Core::NoteSas(const IkeSa& sa, const ChildSa& child) {
  if (child.sa_in != 0) by_fwd_sa_[child.sa_in] = sa.spi;
  if (child.sa_out != 0) by_fwd_sa_[child.sa_out] = sa.spi;
}

void Core::ForgetFwdSas() {
  by_fwd_sa_.clear();
  for (const auto& [spi, sa] : sas_) {
    for (const auto& child : sa->children) {
      child->sa_in = child->sa_out = 0;
      child->in_installed = false;
    }
  }
}

Core::ChildRef Core::FindChild(uint64_t fwd_sa) {
  const auto found = by_fwd_sa_.find(fwd_sa);
  if (found == by_fwd_sa_.end()) return {};
  IkeSa* sa = Find(found->second);
  if (sa == nullptr) return {};
  const auto child = std::ranges::find_if(sa->children, [fwd_sa](const auto& each) {
    return each->sa_in == fwd_sa || each->sa_out == fwd_sa;
  });
  return child == sa->children.end() ? ChildRef{} : ChildRef{sa, child->get()};
}

void Core::Drop(const Ends& ends, Cause cause) {
  causes_.Count(cause);
  journal().Refused(ends, cause);
}

void Core::Touch(IkeSa& sa) {
  if (touched_.empty() || touched_.back() != sa.spi) touched_.push_back(sa.spi);
}

uint64_t Core::DueOf(const IkeSa& sa) const {
  uint64_t due = std::min({sa.requests.due_ns(), sa.responses.due_ns(), FollowupDueNs(sa)});
  for (const uint64_t at : {sa.rekey_at_ns, sa.expires_ns, sa.keepalive_at_ns, sa.liveness_at_ns,
                            sa.reauth.at_ns, sa.reauth.by_ns, sa.resumption.ask_at_ns}) {
    if (at != 0) due = std::min(due, at);
  }
  for (const auto& child : sa.children) {
    if (child->rekey_at_ns != 0) due = std::min(due, child->rekey_at_ns);
  }
  return due;
}

void Core::EndTurn() {
  // Sending may touch others: an IKE SA that ends hands its children on.
  for (size_t turn = 0; turn < kMaxTurns && !touched_.empty(); ++turn) {
    for (const uint64_t spi : std::exchange(touched_, {})) {
      IkeSa* sa = Find(spi);
      if (sa == nullptr) continue;
      SendWaiting(*sa);
      if (sa->state != IkeSa::State::kGone) timers_.Set(spi, DueOf(*sa));
    }
  }
  for (const uint64_t spi : std::exchange(gone_, {})) Forget(spi);
}

void Core::GiveUp(IkeSa& sa, uint32_t id) {
  if (const auto request = TakeSent(sa, id)) request->OnLost(*this, sa);
  // A peer that does not answer one request has lost the IKE SA, or the way to us (2.4).
  End(sa, Cause::kNoAnswer);
}

void Core::Retransmit(IkeSa& sa) {
  while (true) {
    if (sa.requests.GivesUp(now_ns()) && TryOtherPath(*this, sa)) continue;
    const auto again = sa.requests.TakeDue(now_ns());
    if (!again) return;
    if (again->packets == nullptr) return GiveUp(sa, again->id);
    journal().Retransmitted(sa);
    Transmit(sa.ends, *again->packets);
  }
}

void Core::OnTime(size_t most, const std::function<void(IkeSa&)>& on_due) {
  tickets_.Expire(now_ns());
  for (; most > 0; --most) {
    const auto spi = timers_.TakeDue(now_ns());
    if (!spi) return;
    IkeSa* sa = Find(*spi);
    if (sa == nullptr) continue;
    Touch(*sa);
    Retransmit(*sa);
    if (sa->state == IkeSa::State::kGone) continue;
    sa->responses.Forget(now_ns());
    on_due(*sa);
  }
}

}  // namespace vam::ike::v2
