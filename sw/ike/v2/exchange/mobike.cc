#include "sw/ike/v2/exchange/mobike.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/exchange/incoming.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/nat_detection.h"
#include "sw/ike/v2/sa/lifetime.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

constexpr size_t kCookieBytes = 16;
constexpr size_t kLeastCookieBytes = 8;  // RFC 4555, 4.2.5: 8 to 64

std::vector<uint8_t> MakeCookie(Rng& rng) {
  std::vector<uint8_t> cookie(kCookieBytes);
  rng.Fill(cookie);
  return cookie;
}

bool Echoes(const Incoming& answer, Bytes cookie) {
  const NotifyPayload* echo = Find(answer.notifies, NotifyType::kCookie2);
  return echo != nullptr && std::ranges::equal(echo->data, cookie);
}

// By what hosts see of it: neither VRF nor interface.
bool SamePath(const Ends& a, const Ends& b) {
  return a.local == b.local && a.remote == b.remote && a.local_port == b.local_port &&
         a.remote_port == b.remote_port;
}

void Append(std::vector<net::Address>& list, const net::Address& address) {
  const bool known = std::ranges::find(list, address) != list.end();
  if (!known && list.size() < MobikeState::kMostAddresses) list.push_back(address);
}

// All addresses that a peer may use of us: those of where its entries are.
std::vector<net::Address> OwnAddresses(const Core& core, const IkeSa& sa) {
  std::vector<net::Address> own;
  for (const auto& child : core.policy().ChildrenOf(*sa.profile, sa.home)) {
    Append(own, child->local);
    for (const net::Address& address : child->also) Append(own, address);
  }
  return own;
}

std::vector<net::Address> Without(std::vector<net::Address> list, const net::Address& address) {
  std::erase(list, address);
  list.shrink_to_fit();
  return list;
}

void WriteAddresses(std::span<const net::Address> list, MessageBuilder& message) {
  for (const net::Address& address : list) AddAdditionalAddress(message, address);
  if (list.empty()) AddNotify(message, NotifyType::kNoAdditionalAddresses);
}

// A list takes the place of the one before; no notify at all leaves it (3.6). Whether one came.
bool NoteAddresses(const Incoming& message, MobikeState& state) {
  bool said = Find(message.notifies, NotifyType::kNoAdditionalAddresses) != nullptr;
  std::vector<net::Address> theirs;
  for (const NotifyPayload& notify : message.notifies) {
    if (notify.type != NotifyType::kAdditionalIp4Address &&
        notify.type != NotifyType::kAdditionalIp6Address) {
      continue;
    }
    said = true;
    const auto address = ParseAdditionalAddress(notify);
    if (address && address->IsRoutableUnicast()) Append(theirs, *address);
  }
  if (said) state.theirs = std::move(theirs);
  return said;
}

bool SpeaksOfNats(const Incoming& message) {
  return Find(message.notifies, NotifyType::kNatDetectionSourceIp) != nullptr &&
         Find(message.notifies, NotifyType::kNatDetectionDestinationIp) != nullptr;
}

// What says nothing of NATs changes nothing.
void NoteNatAgain(IkeSa& sa, const Incoming& message) {
  if (SpeaksOfNats(message)) NoteNat(sa, message, sa.spi_r());
}

// What the peer says that it sees of us. Empty: nothing.
std::vector<uint8_t> SeenBy(const Incoming& answer) {
  const NotifyPayload* seen = Find(answer.notifies, NotifyType::kNatDetectionDestinationIp);
  if (seen == nullptr) return {};
  return {seen->data.begin(), seen->data.end()};
}

void MoveSa(Core& core, const IkeSa& sa, uint64_t fwd_sa) {
  api::SaMove move{};
  move.sa_id = fwd_sa;
  move.endpoints = ToFast(sa.ends);
  move.flags = sa.esp_in_udp() ? api::kSaUdpEncapsulated : 0;
  Core* const shared_core = &core;
  core.fwd().Move(move, [shared_core, fwd_sa](const Result<uint64_t>& moved) {
    const Core::ChildRef found = shared_core->FindChild(fwd_sa);
    if (moved || found.child == nullptr) return;
    // Another family, or something in the way: a new one goes between the new ends.
    RekeyChild(*shared_core, *found.sa, *found.child);
    shared_core->Touch(*found.sa);
  });
}

// What fwd has not installed yet it cannot move: MoveInstalled does, as soon as it has.
void MoveInbound(Core& core, const IkeSa& sa) {
  for (const auto& child : sa.children) {
    if (child->in_installed && !child->transport) MoveSa(core, sa, child->sa_in);
  }
}

// Both directions of each. A child in transport mode is between addresses that are no more.
void MoveChildren(Core& core, IkeSa& sa) {
  MoveInbound(core, sa);
  for (size_t i = sa.children.size(); i-- > 0;) {
    ChildSa& child = *sa.children[i];
    if (child.transport) {
      DeleteChild(core, sa, child, Cause::kDeletedByUs);
    } else if (child.sa_out != 0) {
      MoveSa(core, sa, child.sa_out);
    }
  }
}

// Ahead of all that waits: until the peer knows, nothing else gets through.
void BeginFirst(Core& core, IkeSa& sa, std::unique_ptr<Request> request) {
  core.Begin(sa, std::move(request));
  std::rotate(sa.waiting.begin(), sa.waiting.end() - 1, sa.waiting.end());
}

// The peer was seen where it is.
void NoteProven(IkeSa& sa) {
  sa.mobike->proven = sa.ends;
  sa.mobike->proven_nat_here = sa.nat_here;
  sa.mobike->proven_nat_there = sa.nat_there;
}

// Tells the peer where we are (3.5).
class UpdateRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override {
    MobikeState& state = *sa.mobike;
    state.update_waits = false;
    at_ = sa.ends;
    cookie_ = MakeCookie(core.rng());
    AddNotify(message, NotifyType::kUpdateSaAddresses);
    if (sa.peer_nat_traversal) AddNatDetection(message, sa.spi_i(), sa.spi_r(), sa.ends);
    state.ours = Without(OwnAddresses(core, sa), sa.ends.local);
    WriteAddresses(state.ours, message);
    AddNotify(message, NotifyType::kCookie2, cookie_);
    return true;
  }
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  Ends at_;
  std::vector<uint8_t> cookie_;
};

void UpdateRequest::OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) {
  if (FindRefusal(answer) != nullptr) {
    // UNACCEPTABLE_ADDRESSES and UNEXPECTED_NAT_DETECTED: not here.
    if (SamePath(at_, sa.ends) && !TryOtherPath(core, sa)) {
      DeleteIke(core, sa, Cause::kRefusedByPeer);
    }
    return;
  }
  if (!Echoes(answer, cookie_)) return DeleteIke(core, sa, Cause::kMalformed);
  // We have moved on meanwhile, and the next update is on its way.
  if (!SamePath(at_, sa.ends)) return;
  sa.mobike->paths_tried = 0;
  NoteNatAgain(sa, answer);
  sa.mobike->seen_as = SeenBy(answer);
  SetKeepalive(sa, core.now_ns());
  MoveChildren(core, sa);
  core.journal().IkeMoved(sa);
}

// Our other addresses are others now (3.6).
class AddressesRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override {
    sa.mobike->ours = Without(OwnAddresses(core, sa), sa.ends.local);
    WriteAddresses(sa.mobike->ours, message);
    return true;
  }
  void OnAnswer(Core& /*core*/, IkeSa& /*sa*/, const Incoming& /*answer*/) override {}
};

// Asks whether the peer is where it says (3.7).
class CheckRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override {
    sa.mobike->check_waits = false;
    at_ = sa.ends;
    if (SamePath(at_, sa.mobike->proven)) return false;  // it is back
    cookie_ = MakeCookie(core.rng());
    AddNotify(message, NotifyType::kCookie2, cookie_);
    return true;
  }
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override {
    // Whoever answers without it has not seen the request: the IKE SA is closed (3.7).
    if (!Echoes(answer, cookie_)) return DeleteIke(core, sa, Cause::kMalformed);
    if (!SamePath(at_, sa.ends)) return;  // another check waits
    NoteProven(sa);
    MoveChildren(core, sa);
    core.journal().IkeMoved(sa);
  }

 private:
  Ends at_;
  std::vector<uint8_t> cookie_;
};

void BeginUpdate(Core& core, IkeSa& sa) {
  if (std::exchange(sa.mobike->update_waits, true)) return;
  BeginFirst(core, sa, std::make_unique<UpdateRequest>());
}

void BeginCheck(Core& core, IkeSa& sa) {
  if (std::exchange(sa.mobike->check_waits, true)) return;
  BeginFirst(core, sa, std::make_unique<CheckRequest>());
}

// What is under way goes out again from there, and the peer hears of it as soon as it can (3.5).
void MoveTo(Core& core, IkeSa& sa, const Ends& to) {
  core.Move(sa, to);
  MoveInbound(core, sa);
  sa.requests.Restart(core.now_ns());
  BeginUpdate(core, sa);
}

// The peer tells of its addresses from one that we do not use: that one is left out of the list,
// for it is in the header (3.4). When the one that we use is not listed either, the peer has lost
// it, and could wait for long until liveness finds that out.
void FollowPeer(Core& core, IkeSa& sa) {
  MobikeState& state = *sa.mobike;
  const Ends& from = state.asked_from;
  if (!state.mover || from.remote == sa.ends.remote) return;
  const bool has_it = std::ranges::find(state.theirs, sa.ends.remote) != state.theirs.end();
  if (has_it || from.remote.family() != sa.ends.local.family()) {
    return Append(state.theirs, from.remote);
  }
  // The source of a packet proves nothing: when nobody answers there, the way back is tried.
  if (sa.ends.remote != sa.home.remote) Append(state.theirs, sa.ends.remote);
  Ends to = sa.ends;
  to.remote = from.remote;
  to.remote_port = from.remote_port;
  MoveTo(core, sa, to);
}

// The other side may not move, but the mover sees in the next request where it is now (3.6).
void SpeakFrom(Core& core, IkeSa& sa, const Ends& here) {
  core.Move(sa, here);
  sa.mobike->proven.local = here.local;
  MoveInbound(core, sa);
  sa.requests.Restart(core.now_ns());
}

// IP addresses and ports of the request as the peer sent it (4.2.6), and as it came.
bool FitsNoNats(Bytes data, const Ends& came) {
  const Bytes source = came.remote.bytes(), destination = came.local.bytes();
  std::vector<uint8_t> seen(source.begin(), source.end());
  seen.insert(seen.end(), destination.begin(), destination.end());
  std::array<uint8_t, 4> ports{};
  StoreBe16(ports.data(), came.remote_port);
  StoreBe16(&ports[2], came.local_port);
  seen.insert(seen.end(), ports.begin(), ports.end());
  return std::ranges::equal(data, seen);
}

// UPDATE_SA_ADDRESSES of the mover. An error goes into the answer, and nothing is changed.
std::optional<NotifyType> WhyNot(const Core& core, const IkeSa& sa, const Incoming& request) {
  const Ends& from = sa.mobike->asked_from;
  const NotifyPayload* direct = Find(request.notifies, NotifyType::kNoNatsAllowed);
  if (direct != nullptr && !FitsNoNats(direct->data, from)) {
    return NotifyType::kUnexpectedNatDetected;
  }
  const std::vector<net::Address> own = OwnAddresses(core, sa);
  const bool ours = from.local == sa.home.local || from.local == sa.ends.local ||
                    std::ranges::find(own, from.local) != own.end();
  const bool same_vrf = from.front_vrf == sa.ends.front_vrf;
  if (!ours || !same_vrf) return NotifyType::kUnacceptableAddresses;
  return std::nullopt;
}

void TakeUpdate(Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer) {
  MobikeState& state = *sa.mobike;
  // Only who began the first IKE SA moves it.
  if (state.mover) return core.Drop(state.asked_from, Cause::kUnexpected);
  // Of several in the window the last one counts, whatever their order (3.5).
  const uint32_t id = request.header.message_id;
  if (state.last_update && id < *state.last_update) return;
  if (const auto why = WhyNot(core, sa, request)) return AddNotify(answer, *why);
  state.last_update = id;
  core.Move(sa, state.asked_from);
  NoteNatAgain(sa, request);
  SetKeepalive(sa, core.now_ns());
  // What waits for its answer from the old place is asked again at the new one.
  sa.requests.Restart(core.now_ns());
  if (sa.profile->mobike_unchecked) NoteProven(sa);
  if (!SamePath(state.proven, sa.ends)) return BeginCheck(core, sa);
  MoveChildren(core, sa);
  core.journal().IkeMoved(sa);
}

// Pairs of addresses, each once: where it was set up first, where it is, what the peer has told.
std::vector<Ends> PathsOf(const Core& core, const IkeSa& sa) {
  std::vector<net::Address> remotes = {sa.home.remote};
  Append(remotes, sa.ends.remote);
  for (const net::Address& address : sa.mobike->theirs) Append(remotes, address);
  std::vector<net::Address> locals = {sa.home.local};
  for (const net::Address& address : OwnAddresses(core, sa)) Append(locals, address);
  std::vector<Ends> paths;
  for (const net::Address& remote : remotes) {
    for (const net::Address& local : locals) {
      if (local.family() != remote.family()) continue;
      Ends path = sa.ends;
      path.local = local;
      if (path.remote != remote) {
        path.remote_port = path.encapsulated ? net::kNattPort : net::kIkePort;
      }
      path.remote = remote;
      if (paths.size() < MobikeState::kMostPaths) paths.push_back(path);
    }
  }
  return paths;
}

void Begin(const Core& core, IkeSa& sa, const Incoming& message, bool mover) {
  sa.mobike = std::make_unique<MobikeState>();
  sa.mobike->mover = mover;
  sa.mobike->asked_from = sa.ends;
  NoteProven(sa);
  sa.mobike->ours = Without(OwnAddresses(core, sa), sa.ends.local);
  NoteAddresses(message, *sa.mobike);
}

}  // namespace

// ---- IKE_AUTH

void OfferMobike(const Core& core, const IkeSa& sa, MessageBuilder& request) {
  if (!sa.profile->mobike) return;
  AddNotify(request, NotifyType::kMobikeSupported);
  WriteAddresses(Without(OwnAddresses(core, sa), sa.ends.local), request);
}

void AgreeOnMobike(const Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer) {
  if (!sa.profile->mobike) return;
  if (Find(request.notifies, NotifyType::kMobikeSupported) == nullptr) return;
  Begin(core, sa, request, /*mover=*/false);
  OfferMobike(core, sa, answer);
}

void NoteMobike(const Core& core, IkeSa& sa, const Incoming& answer) {
  if (!sa.profile->mobike) return;
  if (Find(answer.notifies, NotifyType::kMobikeSupported) == nullptr) return;
  Begin(core, sa, answer, /*mover=*/true);
}

// ---- the mover

void FollowPolicy(Core& core, IkeSa& sa) {
  if (sa.mobike == nullptr || sa.state != IkeSa::State::kUp) return;
  const auto entry = std::ranges::find_if(sa.children, [&sa](const auto& child) {
    return child->carries() && child->config->front_vrf == sa.home.front_vrf;
  });
  if (entry == sa.children.end()) return;
  const net::Address local = (*entry)->config->local;
  const net::Address before = std::exchange(sa.home.local, local);
  const bool lost = before != local && sa.ends.local == before && local.family() == before.family();
  Ends to = sa.ends;
  if (lost) to.local = local;
  if (lost && sa.mobike->mover) return MoveTo(core, sa, to);
  if (lost) SpeakFrom(core, sa, to);
  const auto ours = Without(OwnAddresses(core, sa), sa.ends.local);
  if (lost || ours != sa.mobike->ours) core.Begin(sa, std::make_unique<AddressesRequest>());
}

bool TryOtherPath(Core& core, IkeSa& sa) {
  if (sa.mobike == nullptr || sa.state != IkeSa::State::kUp) return false;
  MobikeState& state = *sa.mobike;
  if (!state.mover) {
    if (SamePath(sa.ends, state.proven)) return false;
    core.Move(sa, state.proven);
    sa.nat_here = state.proven_nat_here;
    sa.nat_there = state.proven_nat_there;
    MoveChildren(core, sa);
    sa.requests.Restart(core.now_ns());
    return true;
  }
  const std::vector<Ends> paths = PathsOf(core, sa);
  if (++state.paths_tried >= paths.size()) return false;
  const auto now = std::ranges::find_if(paths, [&sa](const Ends& path) {
    return path.local == sa.ends.local && path.remote == sa.ends.remote;
  });
  const size_t next = now == paths.end() ? 0 : static_cast<size_t>(now - paths.begin()) + 1;
  MoveTo(core, sa, paths[next % paths.size()]);
  return true;
}

void AskWhatIsSeen(const IkeSa& sa, MessageBuilder& request) {
  if (sa.mobike == nullptr || !sa.mobike->mover || !sa.nat_here) return;
  AddNatDetection(request, sa.spi_i(), sa.spi_r(), sa.ends);
}

void NoteWhatIsSeen(Core& core, IkeSa& sa, const Incoming& answer) {
  if (sa.mobike == nullptr || !sa.mobike->mover) return;
  std::vector<uint8_t> seen = SeenBy(answer);
  // What was seen before the first answer is not known: one update more makes sure.
  if (!seen.empty() && std::exchange(sa.mobike->seen_as, seen) != seen) BeginUpdate(core, sa);
}

// ---- INFORMATIONAL of the peer

void TakeMobike(Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer) {
  if (sa.mobike == nullptr || sa.state != IkeSa::State::kUp) return;
  if (NoteAddresses(request, *sa.mobike)) FollowPeer(core, sa);
  if (Find(request.notifies, NotifyType::kUpdateSaAddresses) != nullptr) {
    TakeUpdate(core, sa, request, answer);
  }
  if (SpeaksOfNats(request)) {
    AddNatDetection(answer, sa.spi_i(), sa.spi_r(), sa.mobike->asked_from);
  }
  const NotifyPayload* cookie = Find(request.notifies, NotifyType::kCookie2);
  if (cookie != nullptr && cookie->data.size() >= kLeastCookieBytes &&
      cookie->data.size() <= kMaxCookieBytes) {
    AddNotify(answer, NotifyType::kCookie2, cookie->data);
  }
}

// ---- children

void MoveInstalled(Core& core, IkeSa& sa, uint64_t fwd_sa, const Ends& installed, bool was_in_udp) {
  if (sa.mobike == nullptr) return;
  if (SamePath(installed, sa.ends) && was_in_udp == sa.esp_in_udp()) return;
  MoveSa(core, sa, fwd_sa);
}

}  // namespace vam::ike::v2
