// Additional key exchanges of children and of IKE SAs that are made anew: IKE_FOLLOWUP_KE
// (RFC 9370, 2.2.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using ::testing::ElementsAre;

// Both with two additional key exchanges, and children with one of their own.
Policy::Parts Hybrid(const Tunnel& tunnel, bool pfs = true) {
  Policy::Parts parts = PolicyOf(tunnel);
  parts.ike.front().offers.front().additional_groups = {{36}, {}, {20}};
  auto child = std::make_shared<ChildConfig>(*parts.children.front());
  if (pfs) child->offers.front().groups = {19};
  parts.children.front() = child;
  return parts;
}

class FollowupTest : public testing::Test {
 protected:
  explicit FollowupTest(uint64_t seed = 1) : net_(seed) {
    net_.a.SetPolicy(Hybrid(TunnelOfA()));
    net_.b.SetPolicy(Hybrid(TunnelOfB()));
  }

  static void SetUpTunnel(Network& net) {
    net.a.SetPolicy(Hybrid(TunnelOfA()));
    net.b.SetPolicy(Hybrid(TunnelOfB()));
    net.a.Acquire(1);
    net.Run();
    ASSERT_NE(net.a.Up(), nullptr);
    ASSERT_NE(net.b.Up(), nullptr);
  }
  // What goes out by the side's tunnel; 0: nothing does.
  static uint64_t Outbound(const Side& side) {
    for (const auto& [id, sa] : side.fwd.sas()) {
      if (sa.direction == api::FastDirection::kOut) return id;
    }
    return 0;
  }
  static void Rekey(Side& side) { side.Event(Outbound(side), api::EventKind::kSoftTime); }
  static void RekeyTheIkeSa(Side& side) {
    ASSERT_NE(side.Up(), nullptr);
    RekeyIke(side.machine.core(), *side.Up());
    side.machine.Poll();
  }
  // One tunnel, the same at both ends, and nothing else.
  static void ExpectOne(Network& net) {
    EXPECT_EQ(net.Mismatch(), "");
    EXPECT_EQ(net.a.IkeSas(), 1U);
    EXPECT_EQ(net.b.IkeSas(), 1U);
    EXPECT_EQ(net.a.Children(), 1U);
    EXPECT_EQ(net.b.Children(), 1U);
    EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
    for (Side* side : {&net.a, &net.b}) {
      ASSERT_NE(side->Up(), nullptr);
      EXPECT_TRUE(side->Up()->followups.empty());
      EXPECT_FALSE(side->Up()->rekeying);
    }
  }

  Network net_;
};

TEST_F(FollowupTest, AChildIsMadeAnew) {
  SetUpTunnel(net_);
  EXPECT_EQ(net_.packets(), 8U);
  EXPECT_THAT(net_.a.Up()->suite.additional_groups, ElementsAre(36, 0, 20));
  EXPECT_TRUE(net_.a.Up()->children.front()->suite.additional_groups.empty());  // of IKE_AUTH
  const size_t before = net_.packets();
  Rekey(net_.a);
  net_.Run();
  EXPECT_EQ(net_.packets() - before, 8U);  // CREATE_CHILD_SA, two rounds, the delete
  ExpectOne(net_);
  for (Side* side : {&net_.a, &net_.b}) {
    EXPECT_EQ(side->Up()->children.front()->suite.group, 19);
    EXPECT_THAT(side->Up()->children.front()->suite.additional_groups, ElementsAre(36, 20));
    EXPECT_EQ(side->record.Count("child up"), 2U);
  }
  Rekey(net_.b);
  net_.Run();
  ExpectOne(net_);
}

// No key exchange of its own, no additional ones.
TEST_F(FollowupTest, AChildWithoutOne) {
  net_.a.SetPolicy(Hybrid(TunnelOfA(), /*pfs=*/false));
  net_.b.SetPolicy(Hybrid(TunnelOfB(), /*pfs=*/false));
  net_.a.Acquire(1);
  net_.Run();
  const size_t before = net_.packets();
  Rekey(net_.a);
  net_.Run();
  EXPECT_EQ(net_.packets() - before, 4U);
  ExpectOne(net_);
  EXPECT_TRUE(net_.a.Up()->children.front()->suite.additional_groups.empty());
}

TEST_F(FollowupTest, TheIkeSaIsMadeAnew) {
  SetUpTunnel(net_);
  for (Side* side : {&net_.a, &net_.b, &net_.a}) {
    const size_t before = net_.packets();
    RekeyTheIkeSa(*side);
    net_.Run();
    EXPECT_EQ(net_.packets() - before, 8U);
    ExpectOne(net_);
    EXPECT_THAT(net_.a.Up()->suite.additional_groups, ElementsAre(36, 0, 20));
    EXPECT_THAT(net_.b.Up()->suite.additional_groups, ElementsAre(36, 0, 20));
    // It works.
    Rekey(net_.b);
    net_.Run();
    ExpectOne(net_);
  }
}

// The other side does without: so do the IKE SA and its children.
TEST_F(FollowupTest, WhereTheyMayBeLeftOut) {
  auto parts = Hybrid(TunnelOfA());
  parts.ike.front().offers.front().additional_groups = {{36, 0}};
  net_.a.SetPolicy(std::move(parts));
  auto plain = Hybrid(TunnelOfB());
  plain.ike.front().offers.front().additional_groups.clear();
  net_.b.SetPolicy(std::move(plain));
  net_.a.Acquire(1);
  net_.Run();
  Rekey(net_.a);
  net_.Run();
  RekeyTheIkeSa(net_.b);
  net_.Run();
  RekeyTheIkeSa(net_.a);
  net_.Run();
  ExpectOne(net_);
  EXPECT_TRUE(net_.a.Up()->suite.additional_groups.empty());
}

TEST_F(FollowupTest, BothMakeTheChildAnewAtOnce) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    SetUpTunnel(net);
    if (seed > 20) net.weather = {.loss_percent = 10, .delay_ms = 1, .jitter_ms = 300};
    Rekey(net.a);
    Rekey(net.b);
    net.Run();
    net.weather = {};
    net.Pass(120'000);
    ExpectOne(net);
    EXPECT_GE(net.a.record.Count("child up"), 2U);
  }
}

TEST_F(FollowupTest, BothMakeTheIkeSaAnewAtOnce) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    SetUpTunnel(net);
    if (seed > 10) net.weather = {.delay_ms = 1, .jitter_ms = 300};
    if (seed > 25) net.weather.loss_percent = 10;
    RekeyTheIkeSa(net.a);
    if (seed % 3 == 0) net.Pass(seed * 7);
    if (net.b.Up() != nullptr) RekeyTheIkeSa(net.b);
    net.Run();
    net.weather = {};
    net.Pass(120'000);
    ExpectOne(net);
    EXPECT_GE(net.a.record.Count("ike down replaced"), 1U);
    Rekey(net.a);
    net.Run();
    ExpectOne(net);
  }
}

TEST_F(FollowupTest, LossRepeatsAndReordering) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    SetUpTunnel(net);
    net.weather = {.loss_percent = 15, .repeat_percent = 30, .delay_ms = 1, .jitter_ms = 1'500};
    for (int i = 0; i < 6; ++i) {
      Side& side = i % 2 == 0 ? net.a : net.b;
      if (side.Up() == nullptr || Outbound(side) == 0) continue;
      if (i % 3 == 2) {
        RekeyTheIkeSa(side);
      } else {
        Rekey(side);
      }
      net.Run();
    }
    net.weather = {};
    net.Pass(120'000);
    // A peer that did not answer in all its time is given up: then there is nothing.
    if (net.a.Up() == nullptr) continue;
    EXPECT_EQ(net.Mismatch(), "");
    EXPECT_LE(net.a.Children(), 1U);
    EXPECT_TRUE(net.a.Up()->followups.empty());
  }
}

// ---- what no honest peer does

// Changes what a side sends in IKE_FOLLOWUP_KE, and only `count` times.
using Spoil = std::function<void(PayloadType& first, Buffer& text)>;
void SpoilFrom(Network& net, Side& side, ExchangeType type, size_t count, const Spoil& spoil) {
  net.on_packet = [&side, type, count, spoil](size_t, const Side& from, Buffer& packet) mutable {
    const auto header = ParseHeader(packet);
    if (&from != &side || !header || header->exchange != type || count == 0) return true;
    const IkeSa& sa = *side.Up();
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    auto text = Open(sa.outbound(), packet, *chain->encrypted);
    if (!text) return true;
    --count;
    PayloadType first = chain->encrypted->first_inner;
    spoil(first, *text);
    SkCounter counter{(uint64_t{1} << 40) + count};
    SeededRng rng(1);
    packet = *Seal(sa.outbound(), counter, rng, *header, first, *text);
    return true;
  };
}

void SpoilLink(PayloadType&, Buffer& text) { text.back() ^= 1; }
void SpoilGroup(PayloadType&, Buffer& text) { text[5] = 21; }
void SpoilKey(PayloadType&, Buffer& text) { text[8] = text[9] = text[10] = 0xff; }
void WithoutLink(PayloadType&, Buffer& text) {
  // KE alone.
  text.resize(LoadBe16(text.data() + 2));
  text[0] = 0;
}

// The chain ends at both ends, the old child goes on, and is made anew later.
TEST_F(FollowupTest, RequestsThatAreWrong) {
  for (const Spoil& spoil :
       {Spoil(SpoilLink), Spoil(SpoilGroup), Spoil(SpoilKey), Spoil(WithoutLink)}) {
    Network net(1);
    SetUpTunnel(net);
    SpoilFrom(net, net.a, ExchangeType::kIkeFollowupKe, 1, spoil);
    const uint64_t out = Outbound(net.a);
    Rekey(net.a);
    net.Run();
    EXPECT_EQ(net.a.Children(), 1U);
    EXPECT_EQ(Outbound(net.a), out);
    EXPECT_EQ(net.Mismatch(), "");
    net.Pass(120'000);  // the retry
    ExpectOne(net);
    EXPECT_NE(Outbound(net.a), out);
  }
}

TEST_F(FollowupTest, RequestsForTheIkeSaThatAreWrong) {
  for (const Spoil& spoil :
       {Spoil(SpoilLink), Spoil(SpoilGroup), Spoil(SpoilKey), Spoil(WithoutLink)}) {
    Network net(1);
    SetUpTunnel(net);
    const uint64_t spi = net.a.Up()->spi;
    SpoilFrom(net, net.a, ExchangeType::kIkeFollowupKe, 1, spoil);
    RekeyTheIkeSa(net.a);
    net.Run();
    ASSERT_NE(net.a.Up(), nullptr);
    EXPECT_EQ(net.a.Up()->spi, spi);
    net.Pass(120'000);
    ExpectOne(net);
    EXPECT_NE(net.a.Up()->spi, spi);
  }
}

// The answer to CREATE_CHILD_SA, or to a round, has no link though more is to come; or no key.
TEST_F(FollowupTest, AnswersThatAreWrong) {
  const auto no_link = [](PayloadType&, Buffer& text) {
    // The notify is the last payload; its type becomes one that nobody knows.
    const size_t notify = text.size() - (8 + 16);
    text[notify + 6] = 0x60;
  };
  const std::pair<ExchangeType, Spoil> cases[] = {{ExchangeType::kCreateChildSa, no_link},
                                                  {ExchangeType::kIkeFollowupKe, no_link},
                                                  {ExchangeType::kIkeFollowupKe, SpoilGroup}};
  for (const auto& [type, spoil] : cases) {
    Network net(1);
    SetUpTunnel(net);
    SpoilFrom(net, net.b, type, 1, spoil);
    Rekey(net.a);
    net.Run();
    net.on_packet = nullptr;
    net.Pass(120'000);
    ExpectOne(net);
  }
}

// A peer that begins and does not go on: what waits for it goes in its time, and what was is there.
TEST_F(FollowupTest, AChainThatIsNotGoneOnWith) {
  SetUpTunnel(net_);
  net_.on_packet = [](size_t, const Side&, Buffer& packet) {
    return ParseHeader(packet)->exchange != ExchangeType::kIkeFollowupKe;
  };
  Rekey(net_.a);
  net_.Pass(5'000);
  ASSERT_EQ(net_.b.Up()->followups.size(), 1U);
  EXPECT_EQ(net_.b.Up()->children.size(), 2U);
  EXPECT_EQ(net_.b.Children(), 1U);
  net_.Pass(29'000);
  EXPECT_TRUE(net_.b.Up()->followups.empty());
  EXPECT_EQ(net_.b.Up()->children.size(), 1U);
  // a gets no answer: it gives the peer up, as after any request.
  net_.Pass(60'000);
  EXPECT_EQ(net_.a.IkeSas(), 0U);
}

TEST_F(FollowupTest, AnIkeSaThatIsNotGoneOnWith) {
  SetUpTunnel(net_);
  net_.on_packet = [this](size_t, const Side& from, Buffer& packet) {
    return &from != &net_.a || ParseHeader(packet)->exchange != ExchangeType::kIkeFollowupKe;
  };
  RekeyTheIkeSa(net_.a);
  net_.Pass(5'000);
  EXPECT_EQ(net_.b.IkeSas(), 2U);
  ASSERT_EQ(net_.b.Up()->followups.size(), 1U);
  net_.Pass(29'000);
  EXPECT_EQ(net_.b.IkeSas(), 1U);
  EXPECT_TRUE(net_.b.Up()->followups.empty());
  EXPECT_EQ(net_.b.Children(), 1U);
}

// Nobody keeps more than a few chains for one peer.
TEST_F(FollowupTest, ManyChainsOfOnePeer) {
  SetUpTunnel(net_);
  std::optional<Buffer> text;
  PayloadType first = PayloadType::kNone;
  net_.on_packet = [&](size_t, const Side& from, Buffer& packet) {
    const auto header = ParseHeader(packet);
    if (&from == &net_.a && header->exchange == ExchangeType::kCreateChildSa) {
      const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
      first = chain->encrypted->first_inner;
      auto opened = Open(net_.a.Up()->outbound(), packet, *chain->encrypted);
      if (opened) text = *opened;
    }
    return header->exchange != ExchangeType::kIkeFollowupKe;
  };
  Rekey(net_.a);
  net_.Pass(10);
  ASSERT_TRUE(text.has_value());
  net_.on_packet = [](size_t, const Side&, Buffer&) { return false; };
  IkeSa& sa = *net_.b.Up();
  for (size_t i = 0; i < 10; ++i) {
    MessageBuilder inner;
    const auto payloads = ParseInner(first, *text);
    for (const RawPayload& payload : *payloads) {
      // Other children: one chain at a time makes one anew.
      if (payload.type == PayloadType::kNotify &&
          ParseNotify(payload.body)->type == NotifyType::kRekeySa) {
        continue;
      }
      inner.Add(payload.type, payload.body);
    }
    Inject(net_.b, net_.a.address,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kCreateChildSa, /*response=*/false,
                      sa.responses.next_id(), inner));
    net_.Pass(10);
    EXPECT_LE(sa.followups.size(), 4U);
  }
  EXPECT_EQ(sa.followups.size(), 4U);
  net_.Pass(31'000);
  EXPECT_TRUE(sa.followups.empty());
  EXPECT_EQ(net_.b.Children(), 1U);
}

// Links of nobody, in every state that has one.
TEST_F(FollowupTest, ALinkThatNobodyGave) {
  SetUpTunnel(net_);
  IkeSa& sa = *net_.b.Up();
  for (const bool with_notify : {false, true}) {
    MessageBuilder inner;
    AddKe(inner, 36, Buffer(1184, 1));
    if (with_notify) AddNotify(inner, NotifyType::kAdditionalKeyExchange, Buffer(16, 7));
    Inject(net_.b, net_.a.address,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kIkeFollowupKe, /*response=*/false,
                      sa.responses.next_id(), inner));
    net_.Pass(10);
    EXPECT_NE(net_.b.Up(), nullptr);
  }
  EXPECT_EQ(sa.responses.next_id(), 6U);
  EXPECT_EQ(net_.b.Children(), 1U);
}

}  // namespace
}  // namespace vam::ike::test
