// Redirection (RFC 5685), the client's side: a gateway sends us to another one. The other gateway
// is the same machine under another address.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "sw/base/text.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "tests/ike/forge.h"
#include "tests/ike/redirects.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

using namespace redirects;

constexpr net::Address kGroup = net::Address::V4(0xe0000001);

// Spans belong to the arguments.
Redirect To(const net::Address& gateway, Bytes nonce = {}) {
  return {gateway.is_v6() ? GatewayType::kIpv6 : GatewayType::kIpv4, gateway.bytes(), nonce};
}

// What a gateway answers to IKE_SA_INIT that sends its client on.
Buffer SentOn(const Buffer& request, const Redirect& redirect) {
  MessageBuilder message;
  AddRedirect(message, NotifyType::kRedirect, redirect);
  Header header;
  header.initiator_spi = ParseHeader(request)->initiator_spi;
  header.exchange = ExchangeType::kIkeSaInit;
  header.response = true;
  return *message.Finish(header);
}

class RedirectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net.a.SetPolicy(Client(5));
    net.b.SetPolicy(Gateways());
    net.reachable = [this](const api::FastEndpoints& ends) {
      to = *FromFast(ends.remote);
      from = *FromFast(ends.local);
      return true;
    };
    net.on_packet = [this](size_t, const Side& side, Buffer& bytes) {
      const bool init = ParseHeader(bytes)->exchange == ExchangeType::kIkeSaInit;
      if (&side == &net.a && init) requests.push_back(bytes);
      if (&side == &net.b && init && answer) answer(bytes);
      return true;
    };
  }
  // Each answer to IKE_SA_INIT of the first `count` is this redirection.
  void SendOn(size_t count, const std::function<net::Address(size_t)>& gateway) {
    answer = [this, count, gateway](Buffer& bytes) {
      if (requests.size() > count) return;
      const Buffer nonce = NonceOf(requests.back());
      const net::Address next = gateway(requests.size() - 1);
      bytes = SentOn(requests.back(), To(next, nonce));
    };
  }
  // A request of the gateway's with the right keys.
  void Ask(Side& side, const Redirect& redirect) {
    MessageBuilder inner;
    AddRedirect(inner, NotifyType::kRedirect, redirect);
    const IkeSa& sa = *side.Up();
    Inject(side, sa.ends.remote,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kInformational, false,
                      sa.responses.next_id(), inner));
  }

  Network net{3};
  net::Address to, from;
  std::vector<Buffer> requests;  // IKE_SA_INIT of a
  std::function<void(Buffer&)> answer;
};

// A peer by name keeps its name wherever it sends us: its key goes by that.
TEST_F(RedirectTest, APeerByNameKeepsItsName) {
  const auto profile = ProfileFor(TunnelOfA(), {kB, kC});
  KeyringPeer peer;
  peer.name = "gw";
  peer.hostname = "gw.example.com";
  const std::string word = TunnelOfA().key;
  const Bytes key = BytesOf(word);
  peer.local = std::move(*SharedKey::From(key));
  peer.remote = std::move(*SharedKey::From(key));
  std::vector<KeyringPeer> list;
  list.push_back(std::move(peer));
  profile->keyring = std::make_shared<const Keyring>("K", std::move(list));
  Policy::Parts parts = PolicyWith(TunnelOfA(), profile);
  parts.settings.max_redirects = 5;
  auto child = std::make_shared<ChildConfig>(*parts.children.front());
  child->peers.clear();
  child->named = {{"gw.example.com", 0}};
  parts.children = {std::move(child)};
  net.a.SetPolicy(std::move(parts));
  net.a.machine.core().names().table().Set("gw.example.com", {{kB}, ""});
  SendOn(1, [](size_t) { return kC; });
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.a.Up()->peer_name, "gw.example.com");
}

TEST_F(RedirectTest, TheFirstAnswerSendsUsOn) {
  SendOn(1, [](size_t) { return kC; });
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.a.Up()->home.remote, kB);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(*FromFast(net.a.fwd.Outbound(1)->endpoints.remote), kC);
  ASSERT_EQ(requests.size(), 2U);
  const Seen first = Read(requests[0]), second = Read(requests[1]);
  EXPECT_NE(Find(first.notifies, NotifyType::kRedirectSupported), nullptr);
  EXPECT_EQ(Find(first.notifies, NotifyType::kRedirectedFrom), nullptr);
  const NotifyPayload* was = Find(second.notifies, NotifyType::kRedirectedFrom);
  ASSERT_NE(was, nullptr);
  EXPECT_TRUE(std::ranges::equal(ParseRedirect(was->data)->gateway, kB.bytes()));
  // An exchange of its own, with a key and a nonce of its own.
  EXPECT_NE(NonceOf(requests[0]), NonceOf(requests[1]));
  // The entry of the crypto map finds it.
  net.a.Acquire(2);
  net.Run();
  EXPECT_EQ(net.a.Children(), 2U);
  EXPECT_EQ(requests.size(), 2U);
}

// Anybody may send one in clear: without the nonce of our request it is none (section 3).
TEST_F(RedirectTest, AnAnswerWithoutOurNonceIsDropped) {
  for (const size_t bytes : {size_t{0}, size_t{32}}) {
    Network other(7);
    other.a.SetPolicy(Client(5));
    other.b.SetPolicy(Gateways());
    Buffer request;
    other.on_packet = [&](size_t index, const Side& side, Buffer& packet) {
      if (&side == &other.a && index == 0) request = packet;
      if (&side == &other.b && index == 1) packet = SentOn(request, To(kC, Buffer(bytes, 7)));
      return true;
    };
    other.a.Acquire(1);
    other.Run();
    ASSERT_NE(other.a.Up(), nullptr) << "the request was sent again, and answered";
    EXPECT_EQ(other.a.Up()->ends.remote, kB);
    EXPECT_EQ(other.a.record.Count("refused unexpected"), 1U);
  }
}

TEST_F(RedirectTest, WithoutTheStatementItIsNotOfferedAndNotTaken) {
  net.a.SetPolicy(Client(0));
  SendOn(1, [](size_t) { return kC; });
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Up(), nullptr);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(Find(Read(requests[0]).notifies, NotifyType::kRedirectSupported), nullptr);
  EXPECT_EQ(net.a.record.Count("ike failed malformed"), 1U);
}

TEST_F(RedirectTest, LoopsAreBounded) {
  net.a.SetPolicy(Client(3));
  SendOn(100, [](size_t i) { return i % 2 == 0 ? kC : kB; });
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(requests.size(), 4U);
  EXPECT_EQ(net.a.record.Count("ike failed redirected"), 3U);
  EXPECT_EQ(net.a.record.Count("ike failed redirect_refused"), 1U);
  EXPECT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(net.a.record.Count("child up"), 0U);
}

TEST_F(RedirectTest, WhereWeDoNotGo) {
  const Buffer name = {'g', 'w', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'};
  const net::Address v6 = *net::Address::Parse("2001:db8::1");
  const std::vector<Redirect> refused = {
      {GatewayType::kFqdn, name, {}},
      To(kB),      // where we are
      To(kA),      // ourselves
      To(kGroup),  // no host's
      To(v6),      // not by our address
  };
  for (const Redirect& one : refused) {
    Network other(8);
    other.a.SetPolicy(Client(5));
    other.b.SetPolicy(Gateways());
    Buffer request;
    other.on_packet = [&](size_t index, const Side& side, Buffer& packet) {
      if (&side == &other.a && index == 0) request = packet;
      if (&side == &other.b && index == 1) {
        const Buffer nonce = NonceOf(request);
        packet = SentOn(request, {one.type, one.gateway, nonce});
      }
      return true;
    };
    other.a.Acquire(1);
    other.Run();
    EXPECT_EQ(other.a.record.Count("ike failed redirect_refused"), 1U);
    EXPECT_EQ(other.a.IkeSas(), 0U);
  }
}

// Who may be the peer says the profile, not who sends us on.
TEST_F(RedirectTest, TheNewGatewayMustBeOneOfOurs) {
  net.a.SetPolicy(Client(5, {kB}));
  SendOn(1, [](size_t) { return kC; });
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.record.Count("ike failed no_shared_key"), 1U);
}

// IKE_AUTH (section 6): who sends us on has proved who it is, and hears that we leave.
TEST_F(RedirectTest, TheAnswerToAuthSendsUsOn) {
  bool done = false;
  net.on_packet = [&](size_t, const Side& side, Buffer& bytes) {
    const auto header = ParseHeader(bytes);
    if (&side != &net.b || header->exchange != ExchangeType::kIkeAuth || done) return true;
    done = true;
    const IkeSa& theirs = *AnySa(net.b);
    const auto chain = *ParseChain(header->next_payload, Bytes(bytes).subspan(kHeaderBytes));
    const auto text = *Open(theirs.outbound(), bytes, *chain.encrypted);
    MessageBuilder inner;
    const auto payloads = *ParseInner(chain.encrypted->first_inner, text);
    for (const RawPayload& payload : payloads) {
      const bool child = payload.type == PayloadType::kSa ||
                         payload.type == PayloadType::kTsInitiator ||
                         payload.type == PayloadType::kTsResponder;
      if (!child) inner.Add(payload.type, payload.body);
    }
    AddRedirect(inner, NotifyType::kRedirect, To(kC));
    bytes = MessageFor(*AnySa(net.a), Cover::kRightKeys, ExchangeType::kIkeAuth, true, 1, inner);
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  ASSERT_TRUE(done);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.b.record.Count("ike down deleted_by_peer"), 1U);
  EXPECT_EQ(*FromFast(net.a.fwd.Outbound(1)->endpoints.remote), kC);
}

// INFORMATIONAL (section 5): the new one carries before the old one goes.
TEST_F(RedirectTest, AGatewaySendsUsOnLater) {
  net.a.Acquire(1);
  net.a.Acquire(2);
  net.Run();
  ASSERT_EQ(net.a.Children(), 2U);
  Ask(net.a, To(kC));
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 2U);
  EXPECT_EQ(net.b.record.Count("ike down deleted_by_peer"), 1U);
  for (const uint64_t policy : {1, 2}) {
    EXPECT_EQ(*FromFast(net.a.fwd.Outbound(policy)->endpoints.remote), kC);
  }
  EXPECT_EQ(net.a.fwd.gaps(), 0U);
  EXPECT_EQ(net.a.record.Count("child down redirected"), 2U);
}

TEST_F(RedirectTest, WhereNobodyAnswersWeStay) {
  net.a.Acquire(1);
  net.Run();
  net.reachable = [](const api::FastEndpoints& ends) { return *FromFast(ends.remote) != kC; };
  Ask(net.a, To(kC));
  net.Pass(300'000);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.a.Up()->ends.remote, kB);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// A redirection of somebody whom we did not call, and one that was told before.
TEST_F(RedirectTest, OnlyClientsAreSentOnAndOnlyOnce) {
  net.b.SetPolicy([] {
    Policy::Parts parts = Gateways();
    parts.settings.max_redirects = 5;
    return parts;
  }());
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.b.IkeSas();
  Ask(net.b, To(kC));
  net.Run();
  EXPECT_EQ(net.b.IkeSas(), before);
  Ask(net.a, To(kC));
  Ask(net.a, To(kD));
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
}

// In a row: after five minutes with one gateway the count begins anew (section 7).
TEST_F(RedirectTest, TheCountIsOfThoseInARow) {
  net.a.SetPolicy(Client(1));
  net.a.Acquire(1);
  net.Run();
  Ask(net.a, To(kC));
  net.Run();
  ASSERT_EQ(net.a.Up()->ends.remote, kC);
  Ask(net.a, To(kD));
  net.Run();
  EXPECT_EQ(net.a.Up()->ends.remote, kC);
  EXPECT_EQ(net.a.record.Count("refused redirect_refused"), 1U);
  net.Pass(301'000);
  Ask(net.a, To(kD));
  net.Run();
  EXPECT_EQ(net.a.Up()->ends.remote, kD);
}

}  // namespace
}  // namespace vam::ike::test
