// Every type of message in every state: without the keys it changes nothing, with them it brings
// nothing up.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"
#include "tests/ike/stages.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

// What an observer sees of a side.
struct Sight {
  explicit Sight(const Side& side) : ups(side.record.Count("ike up")), sas(side.fwd.sas().size()) {
    for (const std::string& line : side.record.lines()) {
      refusals += line.starts_with("refused ") ? 1 : 0;
    }
    for (size_t i = 0; i < kCauses; ++i) {
      causes += side.machine.core().causes().of(static_cast<Cause>(i));
    }
  }
  size_t ups, sas;
  size_t refusals = 0;
  uint64_t causes = 0;
};

void FillPayloads(int kind, MessageBuilder& message) {
  if (kind == 1) AddNotify(message, NotifyType::kInvalidKePayload, Buffer{0, 19});
  if (kind == 2) AddDeleteIke(message);
  if (kind == 3) message.Add(static_cast<PayloadType>(200), Buffer{1, 2, 3}, /*critical=*/true);
  if (kind == 4) message.Add(PayloadType::kSa, Buffer{0xff, 0xff, 0xff});
}
constexpr int kKinds = 5;

struct Message {
  uint8_t exchange;
  bool response;
  uint32_t id;
  int kind;
};

// Each type that there is, and one that nobody has; numbers from before, of now, and far away.
std::vector<Message> Messages(const IkeSa& sa) {
  std::vector<Message> out;
  for (const uint8_t exchange : std::initializer_list<uint8_t>{34, 35, 36, 37, 38, 43, 44, 200}) {
    for (const bool response : {false, true}) {
      std::vector<uint32_t> ids = {0, 1, 2, UINT32_MAX};
      const uint32_t now = response ? sa.requests.next_id() - 1 : sa.responses.next_id();
      if (std::ranges::find(ids, now) == ids.end()) ids.push_back(now);
      for (const uint32_t id : ids) {
        for (int kind = 0; kind < kKinds; ++kind) out.push_back({exchange, response, id, kind});
      }
    }
  }
  return out;
}

using StageAndCover = std::tuple<Stage, Cover>;

class EveryMessageTest : public testing::TestWithParam<StageAndCover> {
 protected:
  static void Try(Side& side, const net::Address& from, const Message& m) {
    const auto [stage, cover] = GetParam();
    const IkeSa& sa = SaAt(side, stage);
    const uint64_t spi = sa.spi;
    const IkeSa::State state = sa.state;
    const Sight before(side);
    SCOPED_TRACE("exchange " + std::to_string(m.exchange) +
                 (m.response ? " response " : " request ") + std::to_string(m.id) + " payload " +
                 std::to_string(m.kind));
    MessageBuilder message;
    FillPayloads(m.kind, message);
    Inject(side, from,
           MessageFor(sa, cover, static_cast<ExchangeType>(m.exchange), m.response, m.id, message));
    const Sight after(side);
    // Nothing of this proves who the peer is or asks for a child.
    EXPECT_EQ(after.ups, before.ups);
    EXPECT_LE(after.sas, before.sas);
    EXPECT_LE(after.refusals, before.refusals + 1);
    if (cover == Cover::kRightKeys) return;
    const IkeSa* left = side.machine.core().Find(spi);
    ASSERT_NE(left, nullptr);
    EXPECT_EQ(left->state, state);
    EXPECT_EQ(after.sas, before.sas);
    EXPECT_EQ(after.refusals, before.refusals + 1);
    EXPECT_EQ(after.causes, before.causes + 1);
  }
  // The answer to the first message has no key to be under: it may end the set-up, not more.
  static bool IsFirstAnswer(const Message& m) {
    const auto [stage, cover] = GetParam();
    const uint8_t first = stage == Stage::kInit ? 34 : stage == Stage::kResumeOut ? 38 : 0;
    return cover == Cover::kClear && m.exchange == first && m.response && m.id == 0;
  }
};

// Who has the keys may end an IKE SA: then each message gets a new one.
TEST_P(EveryMessageTest, IsHarmless) {
  const auto [stage, cover] = GetParam();
  auto net = std::make_unique<Network>(1);
  Side* side = &Reach(*net, stage);
  for (const Message& message : Messages(SaAt(*side, stage))) {
    const bool ends = cover == Cover::kRightKeys || IsFirstAnswer(message);
    const bool at_a = side == &net->a;
    if (IsFirstAnswer(message)) {
      const size_t ups = side->record.Count("ike up");
      MessageBuilder inner;
      FillPayloads(message.kind, inner);
      Inject(*side, at_a ? net->b.address : net->a.address,
             MessageFor(SaAt(*side, stage), cover, static_cast<ExchangeType>(message.exchange),
                        /*response=*/true, 0, inner));
      EXPECT_EQ(side->record.Count("ike up"), ups);
      EXPECT_TRUE(side->fwd.sas().empty());
    } else {
      Try(*side, at_a ? net->b.address : net->a.address, message);
    }
    if (HasFatalFailure()) return;
    if (!ends) continue;
    net = std::make_unique<Network>(1);
    side = &Reach(*net, stage);
  }
}

// IKE_SA_INIT under the keys of an IKE SA that is up: its answer goes out in clear and is kept with
// what was freed when the peer was authenticated.
TEST(EveryMessageTypeTest, EncryptedInitIsNoExchange) {
  Network net(1);
  Side& b = Reach(net, Stage::kUp);
  for (int kind = 0; kind < 5; ++kind) {
    MessageBuilder message;
    FillPayloads(kind, message);
    Inject(b, net.a.address,
           MessageFor(*AnySa(b), Cover::kRightKeys, ExchangeType::kIkeSaInit, false, 2, message));
  }
  EXPECT_EQ(b.record.Count("refused unexpected"), 5U);
  EXPECT_TRUE(b.fwd.TakePackets().empty());
  EXPECT_EQ(b.Children(), 1U);
}

// Each stage is what its name says.
TEST(StageTest, AreReached) {
  for (const Stage stage : kStages) {
    SCOPED_TRACE(NameOf(stage));
    Network net(1);
    Side& side = Reach(net, stage);
    const IkeSa& sa = SaAt(side, stage);
    const auto out = [&sa]() -> int {
      return sa.sent.empty() ? 0 : static_cast<int>(sa.sent.front().second->type());
    };
    switch (stage) {
      case Stage::kInit:
        EXPECT_EQ(sa.state, IkeSa::State::kInit);
        EXPECT_EQ(out(), 34);
        break;
      case Stage::kResumeOut:
        EXPECT_EQ(sa.state, IkeSa::State::kInit);
        EXPECT_EQ(out(), 38);
        break;
      case Stage::kHalfOpen:
      case Stage::kIntermediateAwaits:
        EXPECT_EQ(sa.state, IkeSa::State::kHalfOpen);
        EXPECT_EQ(sa.suite.additional_groups.empty(), stage == Stage::kHalfOpen);
        break;
      case Stage::kIntermediateOut:
        EXPECT_EQ(out(), 43);
        break;
      case Stage::kAuthOut:
        EXPECT_EQ(sa.state, IkeSa::State::kAuth);
        EXPECT_EQ(out(), 35);
        break;
      case Stage::kUp:
        EXPECT_EQ(sa.state, IkeSa::State::kUp);
        EXPECT_EQ(out(), 0);
        break;
      case Stage::kChildRekeyOut:
        EXPECT_EQ(sa.children.front()->state, ChildSa::State::kRekeying);
        EXPECT_EQ(out(), 36);
        break;
      case Stage::kIkeRekeyOut:
        EXPECT_TRUE(sa.rekeying);
        EXPECT_EQ(out(), 36);
        break;
      case Stage::kFollowupOut:
        EXPECT_EQ(out(), 44);
        break;
      case Stage::kFollowupAwaits:
        EXPECT_EQ(sa.followups.size(), 1U);
        break;
      case Stage::kDeleting:
        EXPECT_EQ(sa.state, IkeSa::State::kDeleting);
        EXPECT_EQ(out(), 37);
        break;
      case Stage::kRekeyed:
        EXPECT_EQ(sa.state, IkeSa::State::kReplaced);
        break;
    }
  }
}

// Right keys only where there are some.
std::vector<StageAndCover> All() {
  std::vector<StageAndCover> out;
  for (const Stage stage : kStages) {
    for (const Cover cover : {Cover::kClear, Cover::kRightKeys, Cover::kWrongKeys}) {
      if (cover != Cover::kRightKeys || !IsKeyless(stage)) out.emplace_back(stage, cover);
    }
  }
  return out;
}

std::string NameOfEach(const testing::TestParamInfo<StageAndCover>& test) {
  constexpr const char* kCovers[] = {"Clear", "RightKeys", "WrongKeys"};
  return NameOf(std::get<0>(test.param)) +
         std::string(kCovers[static_cast<int>(std::get<1>(test.param))]);
}

INSTANTIATE_TEST_SUITE_P(Stages, EveryMessageTest, testing::ValuesIn(All()), NameOfEach);

}  // namespace
}  // namespace vam::ike::test
