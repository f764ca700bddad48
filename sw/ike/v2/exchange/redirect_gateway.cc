#include "sw/ike/v2/exchange/redirect_gateway.h"

#include <memory>

#include "sw/ike/v2/exchange/redirect.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

// What a first message says of redirection: the gateway that sent its caller here says that it
// follows redirects, too (section 3).
struct Support {
  bool follows = false;
  net::Address from;  // none: nobody has sent it, or under a name
};
Support SupportOf(const Incoming& request) {
  Support support;
  const NotifyPayload* const from = Find(request.notifies, NotifyType::kRedirectedFrom);
  support.follows =
      from != nullptr || Find(request.notifies, NotifyType::kRedirectSupported) != nullptr;
  if (from == nullptr) return support;
  const auto parsed = ParseRedirect(from->data);
  if (!parsed || parsed->type == GatewayType::kFqdn) return support;
  support.from = net::Address::FromBytes(parsed->gateway).value_or(net::Address());
  return support;
}

// Nobody is sent to where it is, to itself, or back to the gateway that has just sent it here: two
// gateways that name each other would send it to and fro (section 7).
bool IsElsewhere(const net::Address& gateway, const Ends& ends, const net::Address& from) {
  return !gateway.is_none() && gateway != ends.local && gateway != ends.remote && gateway != from;
}

class RedirectRequest final : public Request {
 public:
  explicit RedirectRequest(const net::Address& gateway) : gateway_(gateway) {}

  ExchangeType type() const override { return ExchangeType::kInformational; }
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override {
    if (sa.state != IkeSa::State::kUp) return false;
    AddRedirectTo(message, NotifyType::kRedirect, gateway_);
    core.journal().SentOn(sa.ends, RedirectPhase::kActive, gateway_);
    return true;
  }
  // Whether it goes is shown by what it does.
  void OnAnswer(Core& /*core*/, IkeSa& sa, const Incoming& /*answer*/) override {
    sa.leaving = true;
  }
  // The IKE SA was made anew before the peer read this.
  void OnLost(Core& core, IkeSa& sa) override {
    if (IkeSa* const next = MadeOf(core, sa)) {
      core.Begin(*next, std::make_unique<RedirectRequest>(gateway_));
    }
  }

 private:
  net::Address gateway_;
};

}  // namespace

void NoteRedirectSupport(IkeSa& sa, const Incoming& request) {
  const Support support = SupportOf(request);
  sa.peer_redirects = support.follows;
  sa.redirected_from = support.from;
}

std::optional<MessageBuilder> RedirectInit(Core& core, const Ends& ends, const Incoming& request,
                                           Bytes nonce) {
  const Support support = SupportOf(request);
  const net::Address& gateway = core.policy().settings().redirect_init.For(ends.remote);
  if (!support.follows || !IsElsewhere(gateway, ends, support.from)) return std::nullopt;
  core.journal().SentOn(ends, RedirectPhase::kInit, gateway);
  MessageBuilder message;
  AddRedirectTo(message, NotifyType::kRedirect, gateway, nonce);
  return message;
}

std::optional<net::Address> RedirectAfterAuth(const Core& core, const IkeSa& sa) {
  const net::Address& gateway = core.policy().settings().redirect_auth.For(sa.ends.remote);
  if (!sa.peer_redirects || !IsElsewhere(gateway, sa.ends, sa.redirected_from)) return std::nullopt;
  return gateway;
}

void AwaitLeaving(Core& core, IkeSa& sa, const net::Address& gateway) {
  core.journal().SentOn(sa.ends, RedirectPhase::kAuth, gateway);
  sa.leaving = true;
  sa.rekey_at_ns = 0;
  sa.expires_ns = core.now_ns() + kSentOnNs;
  // No children are made by it, and nobody makes it anew.
  core.SetState(sa, IkeSa::State::kReplaced);
}

bool SendOn(Core& core, IkeSa& sa, const net::Address& gateway) {
  const bool told = sa.state == IkeSa::State::kUp && !sa.caller && sa.peer_redirects &&
                    gateway.family() == sa.ends.remote.family() &&
                    IsElsewhere(gateway, sa.ends, net::Address());
  if (told) core.Begin(sa, std::make_unique<RedirectRequest>(gateway));
  return told;
}

}  // namespace vam::ike::v2
