// The configuration payload (RFC 7296, 2.19): addresses from a pool, and what is told beside.
#include "sw/ike/v2/exchange/configuration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/payloads.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

const net::Address kFirst = *net::Address::Parse("10.9.0.1");
const net::Address kSecond = *net::Address::Parse("10.9.0.2");
const net::Address kDns = *net::Address::Parse("10.2.0.53");

std::shared_ptr<Authorization> Policy1() {
  auto policy = std::make_shared<Authorization>();
  policy->name = "AUTH";
  policy->pool = "POOL";
  policy->dns = {kDns};
  policy->wins = {*net::Address::Parse("10.2.0.42")};
  policy->netmask = *net::Address::Parse("255.255.255.0");
  policy->domain = "example.org";
  policy->split_dns = {"corp.example", "lab.example"};
  policy->routes = {*net::Prefix::Parse("10.2.0.0/16"), *net::Prefix::Parse("10.3.0.0/16")};
  return policy;
}

// a calls, with everything as its own side; b assigns from so many addresses.
struct Wanted {
  uint32_t pool = 2;
  config::IkeConfigExchange asks{.request = true, .address = true};
  config::IkeConfigExchange takes = {};
  std::shared_ptr<const Authorization> policy = Policy1();
  config::IkeChildless childless = config::IkeChildless::kAllow;
  uint32_t reauth_s = 0;
};

Policy::Parts Caller(const Wanted& wanted) {
  Tunnel tunnel = TunnelOfA();
  tunnel.inside_local = *net::Prefix::Parse("0.0.0.0/0");
  auto profile = ProfileOf(tunnel);
  profile->config_exchange = wanted.asks;
  profile->childless = wanted.childless;
  profile->reauth_s = wanted.reauth_s;
  return PolicyWith(tunnel, profile);
}

Policy::Parts Gateway(const Wanted& wanted) {
  Tunnel tunnel = TunnelOfB();
  tunnel.inside_remote = *net::Prefix::Parse("0.0.0.0/0");
  auto profile = ProfileOf(tunnel);
  profile->psk_authorization = wanted.policy;
  profile->config_exchange = wanted.takes;
  Policy::Parts parts = PolicyWith(tunnel, profile);
  auto dynamic = std::make_shared<ChildConfig>(*parts.children.front());
  dynamic->peers.clear();
  dynamic->dynamic_sequence = 5;
  parts.children = {dynamic};
  if (wanted.pool != 0) parts.pools = {{"POOL", false, {{kFirst, wanted.pool}}, {}}};
  return parts;
}

// What the first side's IKE SA has been given.
std::string AddressOf(Side& side) {
  const IkeSa* sa = side.Up();
  const bool has = sa != nullptr && sa->pushed != nullptr && !sa->pushed->addresses.empty();
  return has ? net::ToString(sa->pushed->addresses.front()) : "none";
}

class ConfigurationTest : public testing::Test {
 protected:
  void Begin(const Wanted& wanted = {}, uint64_t seed = 1) {
    net_.emplace(seed);
    net_->a.SetPolicy(Caller(wanted));
    net_->b.SetPolicy(Gateway(wanted));
  }
  void Call() {
    net_->a.Acquire(1);
    net_->Run();
  }
  void ExpectTunnel(const std::string& address) {
    ASSERT_NE(net_->a.Up(), nullptr);
    ASSERT_EQ(net_->a.Children(), 1U);
    EXPECT_EQ(net_->b.Children(), 1U);
    EXPECT_EQ(net_->Mismatch(), "");
    EXPECT_EQ(AddressOf(net_->a), address);
    // The peer's end is its address and no more (2.19).
    const ChildLine& selectors = net_->b.Up()->children.front()->selectors;
    EXPECT_EQ(net::ToString(selectors.remote.first), address);
    EXPECT_EQ(selectors.remote.first, selectors.remote.last);
  }
  AddressLeases& Leases() { return net_->b.machine.core().leases(); }
  void Delete(Side& side) {
    DeleteIke(side.machine.core(), *side.Up(), Cause::kClearedByOperator);
    side.machine.Poll();
    net_->Run();
  }
  // Somebody else holds the next address of the pool.
  std::shared_ptr<const AddressLease> Occupy(const net::Address& wish = {}) {
    auto lease = Leases().Assign("POOL", false,
                                 {Identity::Of(IdentityType::kFqdn, "other.example"), kDns}, wish);
    return lease ? *lease : nullptr;
  }
  uint64_t Count(Cause cause) { return net_->b.machine.core().causes().of(cause); }

  // A request of a to b, as a peer with the keys makes it; what the answer holds.
  std::optional<NotifyType> Ask(ExchangeType type, MessageBuilder& inner);

  std::optional<Network> net_;
  // Of Ask.
  std::vector<uint8_t> text_;
  std::vector<RawPayload> payloads_;
};

std::optional<NotifyType> ConfigurationTest::Ask(ExchangeType type, MessageBuilder& inner) {
  IkeSa& theirs = *net_->b.Up();
  const uint32_t id = theirs.responses.next_id();
  Inject(net_->b, net_->a.address,
         MessageFor(theirs, Cover::kRightKeys, type, /*response=*/false, id, inner));
  for (auto answers = net_->b.fwd.TakeAnswers(); !answers.empty();
       answers = net_->b.fwd.TakeAnswers()) {
    for (const FakeFwd::Message& answer : answers) {
      net_->b.machine.Receive(answer.type, answer.request, answer.payload);
    }
  }
  payloads_.clear();
  for (const FakeFwd::Packet& packet : net_->b.fwd.TakePackets()) {
    const auto header = ParseHeader(packet.bytes);
    if (!header || !header->response || header->message_id != id) continue;
    const auto chain = ParseChain(header->next_payload, Bytes(packet.bytes).subspan(kHeaderBytes));
    text_ = *Open(theirs.outbound(), packet.bytes, *chain->encrypted);
    const auto inside = ParseInner(chain->encrypted->first_inner, text_);
    payloads_.assign(inside->begin(), inside->end());
  }
  const RawPayload* notify = Find(payloads_, PayloadType::kNotify);
  return notify == nullptr ? std::nullopt : std::optional(ParseNotify(notify->body)->type);
}

// ---- what a peer gets

TEST_F(ConfigurationTest, AnAddressAndWhatBelongsToIt) {
  Begin();
  Call();
  ExpectTunnel("10.9.0.1");
  const PushedConfiguration& pushed = *net_->a.Up()->pushed;
  EXPECT_EQ(net::ToString(pushed.netmask), "255.255.255.0");
  EXPECT_EQ(pushed.dns, std::vector{kDns});
  EXPECT_EQ(pushed.wins.size(), 1U);
  EXPECT_EQ(pushed.subnets, Policy1()->routes);
  EXPECT_EQ(pushed.domain, "example.org");
  EXPECT_EQ(pushed.domains, Policy1()->split_dns);
  EXPECT_EQ(pushed.version, "OpenVAM");
  EXPECT_EQ(Leases().in_use(), 1U);
  EXPECT_EQ(net_->packets(), 4U);
}

TEST_F(ConfigurationTest, WithoutAskingForAnAddressThereIsNone) {
  auto policy = Policy1();
  policy->pool.clear();
  Begin({.asks = {.request = true}, .policy = policy});
  Call();
  EXPECT_EQ(net_->a.Children(), 1U);
  EXPECT_EQ(AddressOf(net_->a), "none");
  EXPECT_EQ(net_->a.Up()->pushed->dns, std::vector{kDns});
  EXPECT_TRUE(net_->a.Up()->pushed->netmask.is_none());
  EXPECT_EQ(Leases().given(), 0U);
}

TEST_F(ConfigurationTest, WithoutAPolicyARequestIsPassedOver) {
  Begin({.policy = nullptr});
  Call();
  EXPECT_EQ(net_->a.Children(), 1U);
  EXPECT_EQ(net_->a.Up()->pushed, nullptr);
}

TEST_F(ConfigurationTest, APeerThatIsNotAskedForAnswersNothingOfIt) {
  Begin({.asks = {}, .policy = nullptr});
  Call();
  EXPECT_EQ(net_->a.Children(), 1U);
  EXPECT_EQ(net_->a.Up()->pushed, nullptr);
  EXPECT_EQ(net_->Mismatch(), "");
}

// ---- what it does not get

TEST_F(ConfigurationTest, AnEmptyPoolLeavesTheIkeSaAlone) {
  Begin({.pool = 1});
  const auto other = Occupy();
  Call();
  ASSERT_NE(net_->a.Up(), nullptr);
  ASSERT_NE(net_->b.Up(), nullptr);
  EXPECT_EQ(net_->a.Children() + net_->b.Children(), 0U);
  EXPECT_TRUE(net_->b.fwd.sas().empty());
  EXPECT_EQ(net_->b.record.Count("refused no_address"), 1U);
  EXPECT_EQ(Count(Cause::kNoAddress), 1U);
}

TEST_F(ConfigurationTest, ItIsAskedForAgainWithTheNextChild) {
  Begin({.pool = 1});
  auto other = Occupy();
  Call();
  ASSERT_EQ(net_->a.Children(), 0U);
  Call();
  EXPECT_EQ(Count(Cause::kNoAddress), 2U);
  other = nullptr;
  Call();
  ExpectTunnel("10.9.0.1");
  EXPECT_EQ(net_->a.IkeSas(), 1U);
}

TEST_F(ConfigurationTest, APoolThatIsNotThereIsEmpty) {
  Begin({.pool = 0});
  Call();
  EXPECT_NE(net_->b.Up(), nullptr);
  EXPECT_EQ(net_->b.Children(), 0U);
  EXPECT_EQ(Count(Cause::kNoAddress), 1U);
}

TEST_F(ConfigurationTest, WhoDoesNotAskIsRefused) {
  for (const bool request : {false, true}) {
    Begin({.asks = {.request = request}});
    Call();
    EXPECT_NE(net_->b.Up(), nullptr);
    EXPECT_EQ(net_->b.Children(), 0U);
    EXPECT_EQ(Count(Cause::kAddressNotAsked), 1U);
    // Nor by an exchange of its own.
    Call();
    EXPECT_EQ(net_->b.Children(), 0U);
    EXPECT_EQ(Count(Cause::kAddressNotAsked), 2U);
    EXPECT_EQ(Leases().given(), 0U);
  }
}

TEST_F(ConfigurationTest, OtherTrafficThanOfTheAddressIsRefused) {
  Begin();
  Policy::Parts parts = Caller({});
  auto child = std::make_shared<ChildConfig>(*parts.children.front());
  child->lines[0].local = WithPrefix(child->lines[0].local, *net::Prefix::Parse("10.1.0.0/16"));
  parts.children = {child};
  net_->a.SetPolicy(std::move(parts));
  Call();
  EXPECT_EQ(AddressOf(net_->a), "10.9.0.1");
  EXPECT_EQ(net_->a.Children() + net_->b.Children(), 0U);
  EXPECT_TRUE(net_->b.fwd.sas().empty());
}

TEST_F(ConfigurationTest, NothingIsAssignedToWhoDidNotProveWhoItIs) {
  Begin();
  Tunnel tunnel = TunnelOfA();
  tunnel.key = "another key";
  auto profile = ProfileOf(tunnel);
  profile->config_exchange = {.request = true, .address = true};
  net_->a.SetPolicy(PolicyWith(tunnel, profile));
  Call();
  EXPECT_EQ(net_->b.record.Count("ike failed auth_failed"), 1U);
  EXPECT_EQ(Leases().given(), 0U);
}

// ---- once, and the same again

TEST_F(ConfigurationTest, ARepeatedRequestTakesOneAddress) {
  Begin({.pool = 16});
  net_->weather = {.loss_percent = 0, .repeat_percent = 100, .delay_ms = 5, .jitter_ms = 30};
  Call();
  ExpectTunnel("10.9.0.1");
  EXPECT_EQ(Leases().given(), 1U);
}

TEST_F(ConfigurationTest, OverBadNetworksNoAddressIsLost) {
  for (uint64_t seed = 60; seed < 75; ++seed) {
    Begin({.pool = 8}, seed);
    net_->weather = {.loss_percent = 20, .repeat_percent = 20, .delay_ms = 5, .jitter_ms = 60};
    for (int round = 0; round < 3; ++round) {
      Call();
      net_->Run();
      if (net_->a.Up() != nullptr) Delete(net_->a);
    }
    net_->weather = {};
    net_->Pass(600'000);
    size_t held = 0;
    for (const auto& [spi, sa] : net_->b.machine.core().sas()) held += sa->assigned.empty() ? 0 : 1;
    EXPECT_EQ(Leases().in_use(), held) << "seed " << seed;
    EXPECT_LE(Leases().in_use(), 1U) << "seed " << seed;
  }
}

TEST_F(ConfigurationTest, ALostAnswerKeepsTheAddressUntilTheIkeSaGoes) {
  Begin();
  PassOnly(*net_, 3);  // IKE_AUTH is answered, and the answer never comes
  Call();
  EXPECT_EQ(net_->a.IkeSas(), 0U);
  EXPECT_EQ(Leases().in_use(), 1U);
  net_->on_packet = nullptr;
  Call();  // INITIAL_CONTACT ends the former one, and its address is the peer's again
  ExpectTunnel("10.9.0.1");
  EXPECT_EQ(Leases().in_use(), 1U);
  EXPECT_EQ(net_->b.IkeSas(), 1U);
}

TEST_F(ConfigurationTest, TheSamePeerGetsTheSameAgain) {
  Begin({.pool = 4});
  Call();
  ExpectTunnel("10.9.0.1");
  Delete(net_->a);
  EXPECT_EQ(Leases().in_use(), 0U);
  const auto other = Occupy();
  EXPECT_EQ(other->address(), kSecond);
  Call();
  ExpectTunnel("10.9.0.1");
}

TEST_F(ConfigurationTest, AnotherPeerTakesItWhenNoneElseIsFree) {
  Begin({.pool = 1});
  Call();
  Delete(net_->a);
  const auto other = Occupy();
  ASSERT_NE(other, nullptr);
  Call();
  EXPECT_EQ(net_->b.Children(), 0U);
  EXPECT_EQ(Count(Cause::kNoAddress), 1U);
}

TEST_F(ConfigurationTest, RekeyedIkeSasHandItOn) {
  Begin({.pool = 1});
  Call();
  for (Side* side : {&net_->a, &net_->b}) {
    RekeyIke(side->machine.core(), *side->Up());
    side->machine.Poll();
    net_->Run();
    ExpectTunnel("10.9.0.1");
    EXPECT_EQ(net_->b.IkeSas(), 1U);
    EXPECT_EQ(Leases().in_use(), 1U);
  }
  // Both at once.
  RekeyIke(net_->a.machine.core(), *net_->a.Up());
  RekeyIke(net_->b.machine.core(), *net_->b.Up());
  net_->a.machine.Poll();
  net_->b.machine.Poll();
  net_->Run();
  net_->Pass(60'000);
  ExpectTunnel("10.9.0.1");
  Delete(net_->b);
  EXPECT_EQ(Leases().in_use(), 0U);
}

TEST_F(ConfigurationTest, RekeyedChildrenStayWithinIt) {
  Begin();
  Call();
  net_->a.Event(net_->a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
  net_->Run();
  ExpectTunnel("10.9.0.1");
  const uint64_t ours = net_->b.Up()->children.front()->sa_out;
  net_->b.Event(ours, api::EventKind::kSoftTime);
  net_->Run();
  net_->Pass(10'000);
  ExpectTunnel("10.9.0.1");
}

TEST_F(ConfigurationTest, ReauthenticationKeepsIt) {
  Begin({.pool = 2, .reauth_s = 600});
  Call();
  ExpectTunnel("10.9.0.1");
  const uint64_t before = net_->b.Up()->spi;
  // The old IKE SA is up beside the new one for a while: both have the one address.
  net_->Pass(700'000);
  ASSERT_NE(net_->b.Up(), nullptr);
  EXPECT_NE(net_->b.Up()->spi, before);
  ExpectTunnel("10.9.0.1");
  EXPECT_EQ(Leases().in_use(), 1U);
  EXPECT_EQ(Leases().given(), 1U);
}

// ---- it comes back, however the IKE SA ends

TEST_F(ConfigurationTest, ItComesBackFromADeadPeer) {
  Wanted wanted;
  Begin(wanted);
  Policy::Parts parts = Gateway(wanted);
  auto profile = ProfileOf(TunnelOfB());
  profile->psk_authorization = wanted.policy;
  profile->dpd = {.interval_s = 10, .retry_s = 2, .on_demand = false};
  auto child = std::make_shared<ChildConfig>(*parts.children.front());
  child->profile = profile;
  parts.profiles = {profile};
  parts.children = {child};
  net_->b.SetPolicy(std::move(parts));
  Call();
  EXPECT_EQ(Leases().in_use(), 1U);
  PassOnly(*net_, 0);
  net_->Pass(120'000);
  EXPECT_EQ(net_->b.record.Count("ike down no_answer"), 1U);
  EXPECT_EQ(Leases().in_use(), 0U);
}

TEST_F(ConfigurationTest, ItComesBackWithTheForwarder) {
  Begin();
  Call();
  net_->b.machine.LoseFwd();
  net_->b.machine.MeetFwd();
  net_->Run();
  EXPECT_EQ(net_->b.IkeSas(), 0U);
  EXPECT_EQ(Leases().in_use(), 0U);
}

TEST_F(ConfigurationTest, ANewConfigurationTakesItBack) {
  const auto moved = [](Wanted& wanted) {
    Policy::Parts parts = Gateway(wanted);
    parts.pools = {{"POOL", false, {{*net::Address::Parse("10.10.0.1"), 2}}, {}}};
    return parts;
  };
  Wanted wanted;
  for (const bool with_pool : {false, true}) {
    Begin(wanted);
    Call();
    // A configuration with it changes nothing.
    net_->b.SetPolicy(Gateway(wanted));
    net_->Run();
    ExpectTunnel("10.9.0.1");
    Wanted without;
    without.policy = nullptr;
    net_->b.SetPolicy(with_pool ? moved(wanted) : Gateway(without));
    net_->Run();
    EXPECT_EQ(net_->b.IkeSas(), 0U);
    EXPECT_EQ(net_->a.IkeSas(), 0U);
    EXPECT_EQ(Leases().in_use(), 0U);
  }
  net_->b.SetPolicy(moved(wanted));
  Call();
  ExpectTunnel("10.10.0.1");
}

// ---- messages that no honest peer sends, and INFORMATIONAL

MessageBuilder WithConfiguration(Bytes body) {
  MessageBuilder inner;
  inner.Add(PayloadType::kConfiguration, body);
  return inner;
}

TEST_F(ConfigurationTest, InformationalTellsWhatIsKnown) {
  Begin();
  Call();
  // CFG_REQUEST: version, supported attributes, an address.
  MessageBuilder inner = WithConfiguration(Buffer{1, 0, 0, 0, 0, 7, 0, 0, 0, 14, 0, 0, 0, 1, 0, 0});
  EXPECT_EQ(Ask(ExchangeType::kInformational, inner), std::nullopt);
  const RawPayload* payload = Find(payloads_, PayloadType::kConfiguration);
  ASSERT_NE(payload, nullptr);
  const auto reply = ParseConfiguration(payload->body);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->type, ConfigType::kReply);
  EXPECT_EQ(Find(reply->attributes, ConfigAttribute::kApplicationVersion)->value.size(), 7U);
  EXPECT_EQ(Find(reply->attributes, ConfigAttribute::kSupportedAttributes)->value.size(), 24U);
  const Bytes address = Find(reply->attributes, ConfigAttribute::kInternalIp4Address)->value;
  EXPECT_EQ(*net::Address::FromBytes(address), kFirst);
  EXPECT_EQ(Leases().given(), 1U);
}

TEST_F(ConfigurationTest, InformationalAssignsNothing) {
  auto policy = Policy1();
  policy->pool.clear();
  Begin({.asks = {}, .policy = policy});
  Call();
  MessageBuilder inner = WithConfiguration(Buffer{1, 0, 0, 0, 0, 1, 0, 0});
  EXPECT_EQ(Ask(ExchangeType::kInformational, inner), std::nullopt);
  const auto reply = ParseConfiguration(Find(payloads_, PayloadType::kConfiguration)->body);
  EXPECT_EQ(Find(reply->attributes, ConfigAttribute::kInternalIp4Address), nullptr);
  EXPECT_EQ(Leases().given(), 0U);
}

TEST_F(ConfigurationTest, WhatIsSetIsTakenByTheRule) {
  for (const bool accept : {false, true}) {
    Begin({.takes = {.accept = accept}});
    Call();
    // CFG_SET: a name server, an address of ours.
    MessageBuilder inner =
        WithConfiguration(Buffer{3, 0, 0, 0, 0, 3, 0, 4, 10, 1, 0, 53, 0, 1, 0, 4, 10, 1, 0, 9});
    EXPECT_EQ(Ask(ExchangeType::kInformational, inner), std::nullopt);
    const auto ack = ParseConfiguration(Find(payloads_, PayloadType::kConfiguration)->body);
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->type, ConfigType::kAck);
    ASSERT_EQ(ack->attributes.size(), accept ? 1U : 0U);
    EXPECT_EQ(net_->b.Up()->pushed != nullptr, accept);
    if (!accept) continue;
    EXPECT_EQ(ack->attributes[0].type, ConfigAttribute::kInternalIp4Dns);
    EXPECT_TRUE(ack->attributes[0].value.empty());
    EXPECT_EQ(net::ToString(net_->b.Up()->pushed->dns.front()), "10.1.0.53");
    EXPECT_TRUE(net_->b.Up()->pushed->addresses.empty());
  }
}

TEST_F(ConfigurationTest, WeSetThePeers) {
  Begin({.asks = {.request = true, .address = true, .accept = true}, .takes = {.send = true}});
  Call();
  ExpectTunnel("10.9.0.1");
  EXPECT_EQ(net_->a.Up()->pushed->subnets, Policy1()->routes);
  EXPECT_EQ(net_->packets(), 6U);
  // One that does not want it goes on all the same.
  Begin({.takes = {.send = true}});
  Call();
  ExpectTunnel("10.9.0.1");
}

TEST_F(ConfigurationTest, MalformedPayloadsAreRefused) {
  Begin();
  Call();
  const Buffer bodies[] = {
      {},                                      // no type
      {1, 0, 0},                               // cut off
      {1, 0, 0, 0, 0, 1},                      // an attribute cut off
      {1, 0, 0, 0, 0, 1, 0, 4, 10, 9, 0},      // a value cut off
      {1, 0, 0, 0, 0, 1, 0, 3, 10, 9, 0},      // an address of three bytes
      {1, 0, 0, 0, 0, 8, 0, 4, 10, 9, 0, 1},   // IPv6 of four bytes
      {1, 0, 0, 0, 0, 13, 0, 4, 10, 9, 0, 0},  // a network without its mask
      {1, 0, 0, 0, 0, 14, 0, 1, 0},            // half a type
  };
  for (const Buffer& body : bodies) {
    SCOPED_TRACE(body.size());
    MessageBuilder inner = WithConfiguration(body);
    EXPECT_EQ(Ask(ExchangeType::kInformational, inner), NotifyType::kInvalidSyntax);
    ASSERT_NE(net_->b.Up(), nullptr);
  }
  EXPECT_EQ(Leases().given(), 1U);
}

// Whatever the first IKE_AUTH holds in its configuration payload, b goes on.
TEST_F(ConfigurationTest, MalformedInIkeAuthMakesNoChild) {
  Begin();
  bool changed = false;
  net_->on_packet = [&](size_t index, const Side&, Buffer& packet) {
    if (index != 2) return true;
    IkeSa* sa = AnySa(net_->b);
    const auto header = ParseHeader(packet);
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    Buffer text = *Open(sa->inbound(), packet, *chain->encrypted);
    const auto inside = ParseInner(chain->encrypted->first_inner, text);
    for (const RawPayload& payload : *inside) {
      if (payload.type != PayloadType::kConfiguration) continue;
      // The length of the first attribute is more than there is.
      const size_t at = static_cast<size_t>(payload.body.data() - text.data());
      text[at + 6] = 0xff;
      changed = true;
    }
    static SkCounter counter{uint64_t{1} << 40};
    SeededRng rng(5);
    packet = *Seal(sa->inbound(), counter, rng, *header, chain->encrypted->first_inner, text);
    return true;
  };
  Call();
  ASSERT_TRUE(changed);
  EXPECT_NE(net_->b.Up(), nullptr);
  EXPECT_EQ(net_->b.Children(), 0U);
  EXPECT_EQ(net_->b.record.Count("refused malformed"), 1U);
  EXPECT_EQ(Leases().given(), 0U);
}

// ---- IPv6, and wishes

TEST_F(ConfigurationTest, AWishIsGrantedFromThePoolAlone) {
  struct Case {
    Buffer wish;
    std::string given;
  };
  const Case cases[] = {
      {{10, 9, 0, 3}, "10.9.0.3"},   // free
      {{10, 9, 0, 2}, "10.9.0.1"},   // somebody else's
      {{10, 9, 0, 99}, "10.9.0.1"},  // not of the pool
      {{10, 2, 0, 1}, "10.9.0.1"},   // of our network
      {{0, 0, 0, 0}, "10.9.0.1"},   {{255, 255, 255, 255}, "10.9.0.1"},
  };
  for (const Case& one : cases) {
    Begin({.pool = 4, .asks = {.request = true}});
    const auto other = Occupy(kSecond);
    Call();  // up without a child, for it did not ask
    MessageBuilder inner;
    Buffer body{1, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0};
    std::ranges::copy(one.wish, body.begin() + 8);
    inner.Add(PayloadType::kConfiguration, body);
    Ask(ExchangeType::kCreateChildSa, inner);  // and nothing else that it needs
    MessageBuilder whole;
    whole.Add(PayloadType::kConfiguration, body);
    const auto& offers = net_->b.machine.core().policy().children().front()->offers;
    const Proposal proposal = Propose(offers, 0x12345678, /*with_group=*/true).front();
    AddSa(whole, {&proposal, 1});
    whole.Add(PayloadType::kNonce, Buffer(32, 0x11));
    const TrafficSelector any = WithPrefix(TrafficSelector(), *net::Prefix::Parse("0.0.0.0/0"));
    AddTs(whole, PayloadType::kTsInitiator, {&any, 1});
    AddTs(whole, PayloadType::kTsResponder, {&any, 1});
    EXPECT_EQ(Ask(ExchangeType::kCreateChildSa, whole), std::nullopt);
    ASSERT_NE(net_->b.Up()->assigned.v4, nullptr);
    EXPECT_EQ(net::ToString(net_->b.Up()->assigned.v4->address()), one.given);
  }
}

TEST_F(ConfigurationTest, Ipv6AddressesComeWithTheirLength) {
  auto policy = Policy1();
  policy->pool.clear();
  policy->ipv6_pool = "SIX";
  Begin({.asks = {.request = true}, .policy = policy});
  Policy::Parts parts = Gateway({.policy = policy});
  parts.pools = {{"SIX", true, {{*net::Address::Parse("2001:db8:9::1"), 4}}, {}}};
  net_->b.SetPolicy(std::move(parts));
  Call();
  ASSERT_EQ(net_->b.Children(), 0U);
  MessageBuilder inner = WithConfiguration(Buffer{1, 0, 0, 0, 0, 8, 0, 0});
  const auto& offers = net_->b.machine.core().policy().children().front()->offers;
  const Proposal proposal = Propose(offers, 0x12345678, /*with_group=*/true).front();
  AddSa(inner, {&proposal, 1});
  inner.Add(PayloadType::kNonce, Buffer(32, 0x11));
  // The entry is for IPv4, so there is no child; the address is the peer's all the same.
  const TrafficSelector any = WithPrefix(TrafficSelector(), *net::Prefix::Parse("::/0"));
  AddTs(inner, PayloadType::kTsInitiator, {&any, 1});
  AddTs(inner, PayloadType::kTsResponder, {&any, 1});
  EXPECT_EQ(Ask(ExchangeType::kCreateChildSa, inner), NotifyType::kTsUnacceptable);
  ASSERT_NE(net_->b.Up()->assigned.v6, nullptr);
  MessageBuilder again = WithConfiguration(Buffer{1, 0, 0, 0, 0, 8, 0, 0});
  EXPECT_EQ(Ask(ExchangeType::kInformational, again), std::nullopt);
  const auto reply = ParseConfiguration(Find(payloads_, PayloadType::kConfiguration)->body);
  const Bytes value = Find(reply->attributes, ConfigAttribute::kInternalIp6Address)->value;
  ASSERT_EQ(value.size(), 17U);
  EXPECT_EQ(*net::Address::FromBytes(value.first(16)), *net::Address::Parse("2001:db8:9::1"));
  EXPECT_EQ(value[16], 128);
}

}  // namespace
}  // namespace vam::ike::test
