#include "sw/ike/v2/exchange/redirect.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/sa_init.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// Redirects are one after the other when the IKE SA between them was up for less (section 7).
constexpr uint64_t kLoopNs = 300 * kNsPerSecond;

uint32_t MostRedirects(const Core& core) { return core.policy().settings().max_redirects; }

// Only who called is a client.
bool Follows(const Core& core, const IkeSa& sa) { return sa.caller && MostRedirects(core) != 0; }

// A gateway that we may go to; nothing: we may not.
std::optional<net::Address> GatewayOf(Bytes data, const IkeSa& sa) {
  const auto redirect = ParseRedirect(data);
  if (!redirect || redirect->type == GatewayType::kFqdn) return std::nullopt;
  const auto gateway = net::Address::FromBytes(redirect->gateway);
  if (!gateway || !gateway->IsRoutableUnicast()) return std::nullopt;
  const bool new_one = *gateway != sa.ends.remote && *gateway != sa.ends.local;
  if (!new_one || gateway->family() != sa.ends.local.family()) return std::nullopt;
  return *gateway;
}

// How often it was sent on by then; nothing: too often.
std::optional<uint8_t> NextCount(const Core& core, const IkeSa& sa) {
  const bool settled = sa.up_ns != 0 && core.now_ns() - sa.up_ns >= kLoopNs;
  const uint8_t before = settled ? 0 : sa.redirects;
  if (before >= MostRedirects(core)) return std::nullopt;
  return static_cast<uint8_t>(before + 1);
}

struct Target {
  net::Address gateway;
  uint8_t count = 0;
};
// Nothing: it is not followed, which is counted.
std::optional<Target> TargetOf(Core& core, const IkeSa& sa, const NotifyPayload& notify) {
  const auto gateway = GatewayOf(notify.data, sa);
  const auto count = NextCount(core, sa);
  if (gateway && count) return Target{*gateway, *count};
  core.Drop(sa.ends, Cause::kRedirectRefused);
  return std::nullopt;
}

// An IKE SA with the new gateway for what the configuration has the old one for.
IkeSa& CallInstead(Core& core, const IkeSa& old, const Target& target) {
  IkeSa& sa = CreateAnew(core, old, target.gateway);
  sa.redirects = target.count;
  sa.redirected_from = old.ends.remote;
  core.Begin(sa, std::make_unique<SaInitRequest>());
  return sa;
}

// In the place of one that is not up.
void CallAnew(Core& core, IkeSa& old, const Target& target) {
  IkeSa& sa = CallInstead(core, old, target);
  TakeAlong(core, old, sa);
  // Repeated authentication goes on there.
  sa.reauth.of_another = old.reauth.of_another;
  for (IkeSa* other : core.With(old.home.remote, old.profile->name)) {
    if (other->reauth.next == old.spi) other->reauth.next = sa.spi;
  }
}

// When all children of the new IKE SA carry packets, or have failed, the one with the old gateway
// goes, whatever rekeying has made of it meanwhile. It stays when the new one never comes up.
class LeaveRequest final : public Request {
 public:
  explicit LeaveRequest(const IkeSa& old)
      : session_(old.session), peer_(old.home.remote), profile_(old.profile->name) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Ready(const IkeSa& sa) const override {
    return sa.state == IkeSa::State::kUp &&
           std::ranges::all_of(sa.children, [](const auto& child) { return child->carries(); });
  }
  bool Write(Core& core, IkeSa& /*sa*/, MessageBuilder& /*message*/) override {
    ForOld(core, [&core](IkeSa& old) { DeleteIke(core, old, Cause::kRedirected); });
    return false;
  }
  void OnAnswer(Core& /*core*/, IkeSa& /*sa*/, const Incoming& /*answer*/) override {}
  void OnLost(Core& core, IkeSa& /*sa*/) override {
    ForOld(core, [](IkeSa& old) { old.leaving = false; });
  }

 private:
  void ForOld(Core& core, const std::function<void(IkeSa&)>& act) const {
    for (IkeSa* one : core.With(peer_, profile_)) {
      if (one->session == session_ && one->leaving) act(*one);
    }
  }

  uint64_t session_;
  net::Address peer_;
  std::string profile_;
};

}  // namespace

void AddRedirectTo(MessageBuilder& message, NotifyType type, const net::Address& gateway,
                   Bytes nonce) {
  const GatewayType kind = gateway.is_v6() ? GatewayType::kIpv6 : GatewayType::kIpv4;
  AddRedirect(message, type, {kind, gateway.bytes(), nonce});
}

IkeSa* MadeOf(Core& core, const IkeSa& sa) {
  for (IkeSa* one : core.With(sa.home.remote, sa.profile->name)) {
    const bool made_of_it = one->session == sa.session && one->state == IkeSa::State::kUp;
    if (made_of_it && one != &sa && !one->children.empty()) return one;
  }
  return nullptr;
}

// ---- IKE_SA_INIT

void OfferRedirect(const Core& core, const IkeSa& sa, MessageBuilder& request) {
  if (!Follows(core, sa)) return;
  if (sa.redirected_from.is_none()) return AddNotify(request, NotifyType::kRedirectSupported);
  AddRedirectTo(request, NotifyType::kRedirectedFrom, sa.redirected_from);
}

bool MayBeRedirected(const IkeSa& sa, const Incoming& answer) {
  const NotifyPayload* notify = Find(answer.notifies, NotifyType::kRedirect);
  if (notify == nullptr) return true;
  const auto redirect = ParseRedirect(notify->data);
  return redirect && sa.setup != nullptr && std::ranges::equal(redirect->nonce, sa.setup->nonce_i);
}

bool TakeInitRedirect(Core& core, IkeSa& sa, const Incoming& answer) {
  const NotifyPayload* notify = Find(answer.notifies, NotifyType::kRedirect);
  if (notify == nullptr || !Follows(core, sa)) return false;
  const auto target = TargetOf(core, sa, *notify);
  if (!target) {
    core.End(sa, Cause::kRedirectRefused);
    return true;
  }
  CallAnew(core, sa, *target);
  core.End(sa, Cause::kRedirected);
  return true;
}

// ---- IKE_AUTH

bool TakeAuthRedirect(Core& core, IkeSa& sa, const Incoming& answer) {
  const NotifyPayload* notify = Find(answer.notifies, NotifyType::kRedirect);
  if (notify == nullptr || !Follows(core, sa)) return false;
  const auto target = TargetOf(core, sa, *notify);
  if (target) CallAnew(core, sa, *target);
  // The gateway takes it for up: it is told.
  core.SetState(sa, IkeSa::State::kUp);
  DeleteIke(core, sa, target ? Cause::kRedirected : Cause::kRedirectRefused);
  return true;
}

// ---- INFORMATIONAL

namespace {

bool Carries(const ChildSa& child) {
  return child.state == ChildSa::State::kUp || child.state == ChildSa::State::kRekeying;
}

// What was told is done when nothing is being made anew: it waits with what is to be sent, and goes
// along with that.
class FollowRequest final : public Request {
 public:
  explicit FollowRequest(const Target& target) : target_(target) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Ready(const IkeSa& sa) const override { return sa.state == IkeSa::State::kUp; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& /*message*/) override {
    if (!sa.leaving) Follow(core, sa);  // once: the gateway may say it again
    return false;
  }
  void OnAnswer(Core& /*core*/, IkeSa& /*sa*/, const Incoming& /*answer*/) override {}

 private:
  void Follow(Core& core, IkeSa& sa) const;

  Target target_;
};

void FollowRequest::Follow(Core& core, IkeSa& sa) const {
  const auto carries = [](const auto& child) { return Carries(*child); };
  // Nothing to take along: the next packet calls anew.
  if (std::ranges::none_of(sa.children, carries)) return DeleteIke(core, sa, Cause::kRedirected);
  sa.leaving = true;
  IkeSa& next = CallInstead(core, sa, target_);
  for (const auto& child : sa.children) {
    if (!carries(child)) continue;
    ChildSa& again = next.AddChild(child->config);
    again.policy = child->policy;
    again.selectors = child->selectors;
    again.transport = child->transport && MayBeTransport(*again.config, again.selectors, next.ends);
    ReserveSpi(core, next, again);
    if (next.children.size() > 1) core.Begin(next, MakeCreateChild(again.id));
  }
  core.Begin(next, std::make_unique<LeaveRequest>(sa));
}

}  // namespace

void TakeRedirect(Core& core, IkeSa& sa, const Incoming& request) {
  const NotifyPayload* notify = Find(request.notifies, NotifyType::kRedirect);
  if (notify == nullptr || !Follows(core, sa)) return;
  const bool here = sa.state == IkeSa::State::kUp || !sa.children.empty();
  IkeSa* const current = here ? &sa : MadeOf(core, sa);
  if (current == nullptr || current->leaving) return;
  const auto target = TargetOf(core, *current, *notify);
  if (target) core.Begin(*current, std::make_unique<FollowRequest>(*target));
}

}  // namespace vam::ike::v2
