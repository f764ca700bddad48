// Redirection (RFC 5685), the gateway's side: callers are sent on with the first answer, with
// IKE_AUTH or while they are up. Both gateways are one machine under two addresses.
#include "sw/ike/v2/exchange/redirect_gateway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/redirects.h"
#include "tests/ike/resumption.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using namespace redirects;

const config::IkeRedirectTargets kNone;
config::IkeRedirectTargets To(const net::Address& gateway) {
  config::IkeRedirectTargets targets;
  (gateway.is_v6() ? targets.v6 : targets.v4) = gateway;
  return targets;
}

Policy::Parts Redirecting(const config::IkeRedirectTargets& init,
                          const config::IkeRedirectTargets& auth = kNone) {
  Policy::Parts parts = Gateways();
  parts.settings.redirect_init = init;
  parts.settings.redirect_auth = auth;
  return parts;
}

class RedirectGatewayTest : public ::testing::Test {
 protected:
  void SetUp() override { Begin(); }
  void Begin(uint64_t seed = 5) {
    owned = std::make_unique<Network>(seed);
    packets.clear();
    net().a.SetPolicy(Client(5));
    net().b.SetPolicy(Gateways());
    net().on_packet = [this](size_t, const Side& from, Buffer& bytes) {
      packets.push_back({&from == &net().a, bytes});
      return !pass || pass(from, bytes);
    };
  }
  Network& net() { return *owned; }
  // Both ends have one IKE SA, the client's with this gateway, and so many children.
  void ExpectOnlyWith(const net::Address& gateway, size_t children) {
    EXPECT_EQ(net().Mismatch(), "");
    EXPECT_EQ(net().a.IkeSas(), 1U);
    EXPECT_EQ(net().b.IkeSas(), 1U);
    ASSERT_NE(net().a.Up(), nullptr);
    ASSERT_NE(net().b.Up(), nullptr);
    EXPECT_EQ(net().a.Up()->ends.remote, gateway);
    EXPECT_EQ(net().b.Up()->ends.local, gateway);
    EXPECT_EQ(net().a.Children(), children);
    EXPECT_EQ(net().b.Children(), children);
  }
  void Call(uint64_t policy = 1) {
    net().a.Acquire(policy);
    net().Run();
  }
  // The operator of the gateway; the messages are on their way then.
  bool Drain(const net::Address& gateway) {
    const bool told = SendOn(net().b.machine.core(), *net().b.Up(), gateway);
    net().b.machine.Poll();
    return told;
  }
  size_t Count(const std::string& line) { return net().b.record.Count(line); }

  struct Sent {
    bool by_a = false;
    Buffer bytes;
  };
  std::vector<Sent> packets;
  std::function<bool(const Side&, Buffer&)> pass;  // false: it is lost
  std::unique_ptr<Network> owned;
};

// ---- IKE_SA_INIT

TEST_F(RedirectGatewayTest, TheFirstAnswerSendsTheCallerOn) {
  net().b.SetPolicy(Redirecting(To(kC)));
  Call();
  ExpectOnlyWith(kC, 1);
  EXPECT_EQ(Count("sent on init 198.51.100.12"), 1U);
  EXPECT_EQ(Count("child up"), 1U);
  ASSERT_GE(packets.size(), 4U);
  const Seen request = Read(packets[0].bytes), answer = Read(packets[1].bytes);
  EXPECT_EQ(answer.header.responder_spi, 0U);
  EXPECT_EQ(answer.header.initiator_spi, request.header.initiator_spi);
  ASSERT_EQ(answer.chain.payloads.size(), 1U);
  const auto redirect = ParseRedirect(answer.notifies.at(0).data);
  ASSERT_TRUE(redirect.has_value());
  EXPECT_TRUE(std::ranges::equal(redirect->gateway, kC.bytes()));
  EXPECT_TRUE(std::ranges::equal(redirect->nonce, NonceOf(packets[0].bytes)));
}

TEST_F(RedirectGatewayTest, ACallerThatDoesNotFollowIsServedHere) {
  net().b.SetPolicy(Redirecting(To(kC), To(kC)));
  net().a.SetPolicy(Client(0));
  Call();
  ExpectOnlyWith(kB, 1);
  EXPECT_FALSE(net().b.Up()->peer_redirects);
  EXPECT_FALSE(Drain(kC));
  net().Run();
  ExpectOnlyWith(kB, 1);
}

// The IP version of the caller has no gateway; the gateway is this one, or the caller itself.
TEST_F(RedirectGatewayTest, WhereNobodyIsSent) {
  for (const auto& targets : {To(*net::Address::Parse("2001:db8::7")), To(kB), To(kA)}) {
    Begin();
    net().b.SetPolicy(Redirecting(targets, targets));
    Call();
    ExpectOnlyWith(kB, 1);
  }
  for (const auto& gateway : {*net::Address::Parse("2001:db8::7"), kB, kA}) {
    EXPECT_FALSE(Drain(gateway)) << net::ToString(gateway);
  }
  EXPECT_FALSE(SendOn(net().a.machine.core(), *net().a.Up(), kC)) << "this side has called";
}

// Two gateways that name each other: who comes from the one is served by the other.
TEST_F(RedirectGatewayTest, NobodyIsSentBackToWhereItComesFrom) {
  for (const bool by_auth : {false, true}) {
    Begin();
    pass = [this, by_auth](const Side& from, const Buffer& bytes) {
      // The machine is the one gateway, then the other.
      const bool first = ParseHeader(bytes)->exchange == ExchangeType::kIkeSaInit;
      if (&from != &net().a || !first) return true;
      const bool at_b = Find(Read(bytes).notifies, NotifyType::kRedirectedFrom) == nullptr;
      const auto other = To(at_b ? kC : kB);
      net().b.SetPolicy(Redirecting(by_auth ? kNone : other, by_auth ? other : kNone));
      return true;
    };
    Call();
    ExpectOnlyWith(kC, 1);
    EXPECT_EQ(Count("sent on init 198.51.100.12") + Count("sent on auth 198.51.100.12"), 1U);
    EXPECT_EQ(Count("sent on init 192.0.2.2") + Count("sent on auth 192.0.2.2"), 0U);
  }
}

// A ring of three is ended by the client.
TEST_F(RedirectGatewayTest, ALongerLoopEndsAtTheLimitOfTheClient) {
  for (const bool by_auth : {false, true}) {
    Begin();
    net().a.SetPolicy(Client(4));
    net().reachable = [this, by_auth](const api::FastEndpoints& ends) {
      const net::Address at = *FromFast(ends.remote);
      if (at == kA) return true;
      const auto next = To(at == kB ? kC : at == kC ? kD : kB);
      net().b.SetPolicy(Redirecting(by_auth ? kNone : next, by_auth ? next : kNone));
      return true;
    };
    Call();
    size_t sent_on = 0;
    for (const char* to : {"192.0.2.2", "198.51.100.12", "198.51.100.13"}) {
      sent_on +=
          Count(std::string("sent on init ") + to) + Count(std::string("sent on auth ") + to);
    }
    EXPECT_EQ(sent_on, 5U);
    EXPECT_EQ(net().a.IkeSas(), 0U);
    EXPECT_EQ(net().b.IkeSas(), 0U);
    EXPECT_EQ(Count("child up"), 0U);
  }
}

TEST_F(RedirectGatewayTest, OverIpv6) {
  const auto a = *net::Address::Parse("2001:db8::1"), b = *net::Address::Parse("2001:db8::2"),
             c = *net::Address::Parse("2001:db8::3");
  const Tunnel of_a{a, b, TunnelOfA().inside_local, TunnelOfA().inside_remote};
  const Tunnel of_b{b, a, TunnelOfB().inside_local, TunnelOfB().inside_remote};
  for (const bool by_auth : {false, true}) {
    Begin();
    Policy::Parts client = PolicyWith(of_a, ProfileFor(of_a, {b, c}));
    client.settings.max_redirects = 1;
    Policy::Parts gateways = GatewaysOf(of_b, {c});
    config::IkeRedirectTargets targets = To(c);
    targets.v4 = kC;
    (by_auth ? gateways.settings.redirect_auth : gateways.settings.redirect_init) = targets;
    net().a.SetPolicy(std::move(client));
    net().b.SetPolicy(std::move(gateways));
    Call();
    ExpectOnlyWith(c, 1);
  }
}

// Lost and repeated messages: the answer is made anew each time.
TEST_F(RedirectGatewayTest, InBadWeather) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Begin(seed);
    net().weather = {.loss_percent = 20, .repeat_percent = 20, .delay_ms = 5, .jitter_ms = 20};
    net().b.SetPolicy(seed % 2 == 0 ? Redirecting(To(kC)) : Redirecting(kNone, To(kC)));
    Call();
    net().weather = {};
    net().Pass(60'000);
    if (net().a.IkeSas() == 0) continue;  // so much was lost that the client gave up
    ExpectOnlyWith(kC, 1);
  }
}

// A stranger's first message: the client's with another SPI.
Buffer FirstOf(uint32_t most, uint64_t spi) {
  Network other(77);
  other.a.SetPolicy(Client(most));
  Buffer first;
  other.on_packet = [&first](size_t, const Side&, const Buffer& bytes) {
    if (first.empty()) first = bytes;
    return false;
  };
  other.a.Acquire(1);
  other.Pass(1);
  return UnderAnotherSpi(first, spi);
}

// A cookie first, where they are asked for.
TEST_F(RedirectGatewayTest, ACookieComesFirst) {
  Policy::Parts parts = Redirecting(To(kC));
  parts.settings.cookie_above = 1;
  net().b.SetPolicy(std::move(parts));
  Inject(net().b, net::Address::V4(0xcb007101), FirstOf(0, 7));
  ASSERT_EQ(net().b.machine.core().half_open(), 1U);
  net().Pass(10);
  packets.clear();
  net().a.Acquire(1);
  net().Pass(1'000);
  std::vector<NotifyType> first;  // of each answer to IKE_SA_INIT
  for (const Sent& sent : packets) {
    if (sent.by_a || ParseHeader(sent.bytes)->exchange != ExchangeType::kIkeSaInit) continue;
    first.push_back(Read(sent.bytes).notifies.front().type);
  }
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first[0], NotifyType::kCookie);
  EXPECT_EQ(first[1], NotifyType::kRedirect);
  EXPECT_EQ(first[2], NotifyType::kCookie) << "the other gateway's own";
  EXPECT_EQ(net().a.Up()->ends.remote, kC);
  EXPECT_EQ(Count("sent on init 198.51.100.12"), 1U);
}

// Nothing is kept of who is sent on, and no limit of IKE SAs is in its way.
TEST_F(RedirectGatewayTest, AFloodLeavesNothing) {
  Policy::Parts parts = Redirecting(To(kC));
  parts.settings.cookie_above = 0;
  parts.settings.max_half_open = 1;
  parts.settings.max_ike_sas = 1;
  net().b.SetPolicy(std::move(parts));
  Inject(net().b, net::Address::V4(0xcb007101), FirstOf(0, 7));
  ASSERT_EQ(net().b.IkeSas(), 1U);
  net().Pass(10);
  packets.clear();
  const Buffer first = FirstOf(5, 1);
  for (uint32_t i = 0; i < 2'000; ++i) {
    Inject(net().b, net::Address::V4(0xcb007200 + i % 7), UnderAnotherSpi(first, 100 + i));
  }
  net().Pass(1'000);
  EXPECT_EQ(net().b.IkeSas(), 1U);
  EXPECT_EQ(net().b.machine.core().half_open(), 1U);
  EXPECT_EQ(Count("sent on init 198.51.100.12"), 2'000U);
  ASSERT_EQ(packets.size(), 2'000U);
  for (const Sent& sent : packets) EXPECT_LT(sent.bytes.size(), first.size());
}

// ---- IKE_AUTH

TEST_F(RedirectGatewayTest, TheAnswerToAuthSendsTheCallerOn) {
  net().b.SetPolicy(Redirecting(kNone, To(kC)));
  Call();
  ExpectOnlyWith(kC, 1);
  EXPECT_EQ(Count("sent on auth 198.51.100.12"), 1U);
  EXPECT_EQ(Count("ike down redirected"), 1U) << "the client has deleted it";
  EXPECT_EQ(Count("child up"), 1U);
}

TEST_F(RedirectGatewayTest, WhoDidNotProveItselfIsNotSentOn) {
  net().b.SetPolicy(Redirecting(kNone, To(kC)));
  Tunnel other = TunnelOfA();
  other.key = "another key";
  Policy::Parts parts = PolicyWith(other, ProfileFor(other, {kB, kC}));
  parts.settings.max_redirects = 5;
  net().a.SetPolicy(std::move(parts));
  Call();
  EXPECT_EQ(Count("sent on auth 198.51.100.12"), 0U);
  EXPECT_EQ(Count("ike failed auth_failed"), 1U);
}

// A client that does not delete the IKE SA gets nothing by it, and we delete it in time.
TEST_F(RedirectGatewayTest, WhoStaysAfterAuthIsDeleted) {
  net().b.SetPolicy(Redirecting(kNone, To(kC)));
  pass = [](const Side&, const Buffer& bytes) {
    return ParseHeader(bytes)->exchange != ExchangeType::kInformational;
  };
  net().a.Acquire(1);
  net().Pass(5'000);
  const auto& sas = net().b.machine.core().sas();
  const auto old =
      std::ranges::find_if(sas, [](const auto& entry) { return entry.second->ends.local == kB; });
  ASSERT_NE(old, sas.end());
  IkeSa& sa = *old->second;
  EXPECT_TRUE(sa.children.empty());
  const size_t before = packets.size();
  MessageBuilder nothing;
  Inject(net().b, kA,
         MessageFor(sa, Cover::kRightKeys, ExchangeType::kCreateChildSa, false,
                    sa.responses.next_id(), nothing));
  net().Pass(10);
  EXPECT_EQ(packets.size(), before + 1);
  EXPECT_TRUE(sa.children.empty());
  EXPECT_EQ(sa.state, IkeSa::State::kReplaced);
  pass = nullptr;
  // The client took the refusal for an answer to its lost DELETE, and has forgotten the IKE SA.
  EXPECT_EQ(net().a.machine.core().Find(sa.peer_spi), nullptr);
  net().Pass(kSentOnNs / kNsPerMs);
  net().Pass(60'000);
  EXPECT_EQ(Count("ike down redirected"), 1U);
  ExpectOnlyWith(kC, 1);
}

// ---- a ticket

TEST(RedirectResumptionTest, AnIkeSaThatComesBackIsSentOnToo) {
  const auto with_all = [](const Tunnel& tunnel, const std::vector<net::Address>& peers) {
    return [tunnel, peers](Profile& profile) {
      const auto from = ProfileFor(tunnel, peers);
      profile.keyring = from->keyring;
      profile.match = from->match;
    };
  };
  const auto gateways = [&](const config::IkeRedirectTargets& init) {
    return Changes{.profile = with_all(TunnelOfB(), {kA}), .parts = [init](Policy::Parts& parts) {
                     auto child = std::make_shared<ChildConfig>(*parts.children.front());
                     child->sequence += 10;
                     child->local = kC;
                     parts.children.push_back(child);
                     parts.settings.redirect_init = init;
                   }};
  };
  const Changes client{.profile = with_all(TunnelOfA(), {kB, kC}),
                       .parts = [](Policy::Parts& parts) { parts.settings.max_redirects = 5; }};
  ResumptionNetwork net(9, client, gateways(kNone));
  net.Call();
  net.LoseSession();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  EXPECT_TRUE(net.b.Up()->peer_redirects) << "said with the ticket";
  net.LoseSession();
  net.ConfigureB(gateways(To(kC)));
  net.Call();
  ASSERT_TRUE(net.IsFull()) << "a ticket is good at its own gateway alone";
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.b.record.Count("sent on init 198.51.100.12"), 1U);
  EXPECT_EQ(net.CauseOf(net.b, Cause::kTicketUsed), 0U);
}

// ---- while it is up

TEST_F(RedirectGatewayTest, WhoIsUpGoesWithoutAGap) {
  Call(1);
  Call(2);
  ASSERT_TRUE(Drain(kC));
  net().Run();
  ExpectOnlyWith(kC, 2);
  EXPECT_EQ(net().a.fwd.gaps(), 0U);
  EXPECT_EQ(net().b.fwd.gaps(), 0U);
  EXPECT_EQ(Count("sent on active 198.51.100.12"), 1U);
  EXPECT_EQ(Count("ike down redirected"), 1U);
  EXPECT_EQ(Count("child down redirected"), 2U);
  // And back.
  ASSERT_TRUE(Drain(kB));
  net().Run();
  ExpectOnlyWith(kB, 2);
}

TEST_F(RedirectGatewayTest, WhoDoesNotGoStays) {
  net().a.SetPolicy(Client(5, {kB}));  // has no key for the other gateway
  Call();
  ASSERT_TRUE(Drain(kC));
  net().Pass(300'000);
  ExpectOnlyWith(kB, 1);
  EXPECT_EQ(Count("ike down redirected"), 0U);
}

TEST_F(RedirectGatewayTest, WhatTheCallerSaidIsKeptByRekeys) {
  Call();
  for (Side* side : {&net().a, &net().b}) {
    RekeyIke(side->machine.core(), *side->Up());
    side->machine.Poll();
    net().Run();
    net().Pass(200'000);
    ASSERT_TRUE(net().b.Up()->peer_redirects);
  }
  EXPECT_FALSE(net().b.Up()->caller);
  ASSERT_TRUE(Drain(kC));
  net().Run();
  ExpectOnlyWith(kC, 1);
}

// The n-th message from there on is lost, whichever it is.
TEST_F(RedirectGatewayTest, EachMessageMayBeLost) {
  for (size_t lost = 0; lost < 12; ++lost) {
    SCOPED_TRACE(lost);
    Begin();
    Call();
    const size_t before = packets.size();
    pass = [this, before, lost](const Side&, const Buffer&) {
      return packets.size() != before + lost + 1;
    };
    ASSERT_TRUE(Drain(kC));
    net().Run();
    net().Pass(10'000);
    ExpectOnlyWith(kC, 1);
    pass = nullptr;
  }
}

// The IKE SA is made anew at any moment around it, by either end or both; and the first message
// that tells of it is lost or not.
TEST_F(RedirectGatewayTest, WhileTheIkeSaIsMadeAnew) {
  for (const std::string who : {"a", "b", "ab"}) {
    for (int at_ms = -6; at_ms <= 12; ++at_ms) {
      for (const bool lost : {false, true}) {
        SCOPED_TRACE(who + " " + std::to_string(at_ms) + (lost ? " lost" : ""));
        Begin();
        net().weather.delay_ms = 2;
        Call(1);
        Call(2);
        const auto rekey = [this, &who] {
          for (Side* side : {&net().a, &net().b}) {
            if (who.find(side == &net().a ? 'a' : 'b') == std::string::npos) continue;
            for (const auto& [spi, sa] : side->machine.core().sas()) {
              const bool first = sa->ends.local == kB || sa->ends.remote == kB;
              if (sa->state != IkeSa::State::kUp || !first) continue;
              RekeyIke(side->machine.core(), *sa);
              break;
            }
            side->machine.Poll();
          }
        };
        bool told = false;
        const auto drain = [this, &told, lost] {
          bool once = lost;
          pass = [this, once](const Side& from, const Buffer& bytes) mutable {
            const bool first = &from == &net().b && !ParseHeader(bytes)->response && once;
            if (first) once = false;
            return !first;
          };
          for (const auto& [spi, sa] : net().b.machine.core().sas()) {
            told = SendOn(net().b.machine.core(), *sa, kC) || told;
          }
          net().b.machine.Poll();
        };
        if (at_ms < 0) {
          rekey();
          net().Pass(static_cast<uint64_t>(-at_ms));
          drain();
        } else {
          drain();
          net().Pass(static_cast<uint64_t>(at_ms));
          rekey();
        }
        ASSERT_TRUE(told);
        net().Run();
        net().Pass(300'000);
        ExpectOnlyWith(kC, 2);
        EXPECT_EQ(net().a.fwd.gaps(), 0U);
        pass = nullptr;
        if (HasFailure()) return;
      }
    }
  }
}

// A client that proves itself again finds itself sent on: what it had goes over once.
TEST_F(RedirectGatewayTest, RepeatedAuthenticationGoesOnThere) {
  for (const bool by_auth : {false, true}) {
    Begin();
    auto profile = ProfileFor(TunnelOfA(), {kB, kC});
    profile->reauth_s = 600;
    Policy::Parts parts = PolicyWith(TunnelOfA(), profile);
    parts.settings.max_redirects = 5;
    net().a.SetPolicy(std::move(parts));
    Call(1);
    Call(2);
    net().b.SetPolicy(by_auth ? Redirecting(kNone, To(kC)) : Redirecting(To(kC)));
    net().Pass(700'000);
    ExpectOnlyWith(kC, 2);
    EXPECT_EQ(net().a.fwd.gaps(), 0U);
    EXPECT_EQ(Count("ike up"), by_auth ? 3U : 2U);
  }
}

}  // namespace
}  // namespace vam::ike::test
