// What a peer that has proved who it is can have of a gateway: children, requests, IKE SAs, and no
// more.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "sw/ike/v2/exchange/create_child.h"
#include "sw/ike/v2/policy/selectors.h"
#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "sw/ike/v2/wire/payload_ts.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr uint64_t kCostlyAtOnce = decltype(RequestLimits::costly)::kMost;
constexpr uint64_t kRequestsAtOnce = decltype(RequestLimits::all)::kMost;

// A has a tunnel with B, and from then on somebody else uses its keys. No time passes by itself.
class PeerLimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    net_.a.Acquire(1);
    net_.Run();
    ASSERT_EQ(net_.b.Children(), 1U);
    spi_ = net_.b.Up()->spi;
    net_.on_packet = [this](size_t, const Side& from, Buffer& packet) {
      if (&from == &net_.b) Read(packet);
      return false;
    };
  }

  // B's end, of the IKE SA that is used.
  IkeSa& sa() { return *net_.b.machine.core().Find(spi_); }
  uint64_t Count(Cause cause) { return net_.b.machine.core().causes().of(cause); }

  enum class Answer { kNone, kGood, kRefused };
  // What B answers to a request; `refusal_` says why it is none.
  Answer Ask(ExchangeType type, MessageBuilder& inner) {
    answer_ = Answer::kNone;
    refusal_.reset();
    Inject(net_.b, net_.a.address,
           MessageFor(sa(), Cover::kRightKeys, type, /*response=*/false, sa().responses.next_id(),
                      inner));
    net_.Pass(0);
    return answer_;
  }
  Answer AskNothing(ExchangeType type) {
    MessageBuilder empty;
    return Ask(type, empty);
  }

  // One more child with all that the entry permits, or one in the place of `old`.
  void WriteChild(MessageBuilder& inner, const ChildSa* old = nullptr) {
    if (old != nullptr) AddNotify(inner, NotifyType::kRekeySa, Protocol::kEsp, old->spi_out);
    const Proposal proposal =
        Propose(net_.b.machine.core().policy().children().front()->offers, ++last_spi_,
                /*with_group=*/true)
            .front();
    AddSa(inner, {&proposal, 1});
    inner.Add(PayloadType::kNonce, Buffer(32, 0x11));
    const TrafficSelector any = WithPrefix(TrafficSelector(), *net::Prefix::Parse("0.0.0.0/0"));
    AddTs(inner, PayloadType::kTsInitiator, {&any, 1});
    AddTs(inner, PayloadType::kTsResponder, {&any, 1});
  }
  Answer AskForChild(const ChildSa* old = nullptr) {
    MessageBuilder inner;
    WriteChild(inner, old);
    return Ask(ExchangeType::kCreateChildSa, inner);
  }
  Answer DeleteChild(const ChildSa& child) {
    MessageBuilder inner;
    AddDelete(inner, Protocol::kEsp, std::array{child.spi_out});
    return Ask(ExchangeType::kInformational, inner);
  }
  Answer AskForIkeSa() {
    MessageBuilder inner;
    const IkePolicy* policy = net_.b.machine.core().policy().FindIke(net_.b.address, 0);
    AddSa(inner, Propose(policy->offers, ++last_spi_, 8));
    const auto exchange = crypto::KeyExchange::Start(static_cast<crypto::Group>(31), rng_);
    AddKe(inner, 31, exchange->public_data());
    inner.Add(PayloadType::kNonce, Buffer(32, 1));
    return Ask(ExchangeType::kCreateChildSa, inner);
  }
  void UseNewIkeSa() {
    ASSERT_NE(net_.b.Up(), nullptr);
    spi_ = net_.b.Up()->spi;
  }
  // Nothing that costs much is taken any more.
  void SpendCostly() {
    while (sa().asked.costly.Take(net_.clock.MonotonicNs())) {
    }
  }

  Network net_{1};
  std::optional<NotifyType> refusal_;

 private:
  void Read(const Buffer& packet) {
    const auto header = ParseHeader(packet);
    if (!header->response) return;  // its own DELETE
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    const auto text = Open(sa().outbound(), packet, *chain->encrypted);
    const auto payloads = ParseInner(chain->encrypted->first_inner, *text);
    answer_ = Answer::kGood;
    const RawPayload* notify = v2::Find(*payloads, PayloadType::kNotify);
    if (notify == nullptr || !IsError(ParseNotify(notify->body)->type)) return;
    answer_ = Answer::kRefused;
    refusal_ = ParseNotify(notify->body)->type;
  }

  uint64_t spi_ = 0;
  uint32_t last_spi_ = 0x12345678;
  SeededRng rng_{1};
  Answer answer_ = Answer::kNone;
};

TEST_F(PeerLimitsTest, ChildrenAreBounded) {
  constexpr size_t kLines = 1;
  while (sa().children.size() < kMaxPeersChildren + kLines) {
    ASSERT_EQ(AskForChild(), Answer::kGood) << sa().children.size();
  }
  const size_t sas = net_.b.fwd.sas().size();
  EXPECT_EQ(AskForChild(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kNoAdditionalSas);
  EXPECT_EQ(Count(Cause::kTooManyChildren), 1U);
  EXPECT_EQ(net_.b.record.Count("refused too_many_children"), 1U);
  EXPECT_EQ(net_.b.fwd.sas().size(), sas);

  // Each may be made anew.
  for (int round = 0; round < 3; ++round) {
    const ChildSa& old = *sa().children.front();
    const uint32_t id = old.id;
    ASSERT_EQ(AskForChild(&old), Answer::kGood);
    ASSERT_EQ(DeleteChild(*sa().FindChild(id)), Answer::kGood);
    EXPECT_EQ(sa().children.size(), kMaxPeersChildren + kLines);
  }
  EXPECT_EQ(AskForChild(), Answer::kRefused);
  ASSERT_EQ(DeleteChild(*sa().children.front()), Answer::kGood);
  EXPECT_EQ(AskForChild(), Answer::kGood);
  EXPECT_EQ(AskForChild(), Answer::kRefused);
}

// RFC 9611: one SA carries what goes out by a line.
TEST_F(PeerLimitsTest, OneMorePerResourceIsDeclined) {
  const auto ask = [this] {
    MessageBuilder inner;
    WriteChild(inner);
    AddNotify(inner, NotifyType::kSaResourceInfo, Buffer{7});
    return Ask(ExchangeType::kCreateChildSa, inner);
  };
  EXPECT_EQ(ask(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTsMaxQueue);
  EXPECT_EQ(net_.b.Children(), 1U);
  // Without the notify it is another child; the first one may say for which processor it is.
  EXPECT_EQ(AskForChild(), Answer::kGood);
  EXPECT_EQ(net_.b.Children(), 2U);
  while (!sa().children.empty()) {
    net_.b.machine.core().EndChild(sa(), *sa().children.front(), Cause::kDeletedByUs);
  }
  EXPECT_EQ(ask(), Answer::kGood);
  EXPECT_EQ(net_.b.Children(), 1U);
}

// Ours, and those that we make anew: of whom it was asked first counts.
TEST_F(PeerLimitsTest, ChildrenCountWithWhoBeganThem) {
  EXPECT_TRUE(sa().children.front()->peers);
  RekeyChild(net_.b.machine.core(), sa(), *sa().children.front());
  EXPECT_TRUE(sa().children.back()->peers);
  net_.b.Acquire(77);
  ASSERT_EQ(sa().children.size(), 3U);
  EXPECT_FALSE(sa().children.back()->peers);
}

TEST_F(PeerLimitsTest, ChildrenThatNobodyDeletesAreBounded) {
  Answer answer = Answer::kGood;
  while (answer == Answer::kGood && sa().children.size() < 2 * kMaxReplacedChildren) {
    answer = AskForChild(sa().children.back().get());
  }
  EXPECT_EQ(refusal_, NotifyType::kNoAdditionalSas);
  EXPECT_EQ(Count(Cause::kTooManyChildren), 1U);
  EXPECT_EQ(sa().children.size(), kMaxReplacedChildren + 1);
}

// Else one would become as many as the window is wide, and each of these again.
TEST_F(PeerLimitsTest, OneChildIsNotMadeAnewTwiceAtOnce) {
  ASSERT_GE(sa().responses.size(), 2U);
  const ChildSa& old = *sa().children.front();
  MessageBuilder first;
  WriteChild(first, &old);
  Inject(net_.b, net_.a.address,
         MessageFor(sa(), Cover::kRightKeys, ExchangeType::kCreateChildSa, /*response=*/false,
                    sa().responses.next_id(), first));
  EXPECT_EQ(sa().children.size(), 2U);
  MessageBuilder second;
  WriteChild(second, &old);
  Inject(net_.b, net_.a.address,
         MessageFor(sa(), Cover::kRightKeys, ExchangeType::kCreateChildSa, /*response=*/false,
                    sa().responses.next_id(), second));
  EXPECT_EQ(sa().children.size(), 2U);
  net_.Pass(0);
  EXPECT_EQ(sa().children.size(), 2U);
}

TEST_F(PeerLimitsTest, CostlyRequestsAreLimited) {
  SpendCostly();
  const size_t children = sa().children.size();
  EXPECT_EQ(AskForChild(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  EXPECT_EQ(AskForChild(sa().children.front().get()), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  EXPECT_EQ(AskForIkeSa(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  EXPECT_EQ(AskNothing(ExchangeType::kIkeFollowupKe), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  MessageBuilder move;
  AddNotify(move, NotifyType::kUpdateSaAddresses);
  EXPECT_EQ(Ask(ExchangeType::kInformational, move), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kUnacceptableAddresses);
  EXPECT_EQ(Count(Cause::kTooManyRequests), 5U);
  EXPECT_EQ(net_.b.record.Count("refused too_many_requests"), 5U);
  EXPECT_EQ(sa().children.size(), children);
  EXPECT_EQ(net_.b.IkeSas(), 1U);
  EXPECT_EQ(AskNothing(ExchangeType::kInformational), Answer::kGood);

  // 100 a second come back.
  net_.Pass(100);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(AskForChild(), Answer::kGood) << i;
  EXPECT_EQ(AskForChild(), Answer::kRefused);
}

TEST_F(PeerLimitsTest, SoManyCostlyRequestsAreTakenAtOnce) {
  for (uint64_t i = 0; i < kCostlyAtOnce - 1; ++i) {
    ASSERT_EQ(AskNothing(ExchangeType::kIkeFollowupKe), Answer::kRefused);
    ASSERT_EQ(refusal_, NotifyType::kStateNotFound) << i;
  }
  EXPECT_EQ(AskForChild(), Answer::kGood);
  EXPECT_EQ(AskForChild(), Answer::kRefused);
  EXPECT_EQ(Count(Cause::kTooManyRequests), 1U);
}

TEST_F(PeerLimitsTest, RequestsAreLimited) {
  for (uint64_t i = 0; i < kRequestsAtOnce; ++i) {
    ASSERT_EQ(AskNothing(ExchangeType::kInformational), Answer::kGood) << i;
  }
  EXPECT_EQ(AskNothing(ExchangeType::kInformational), Answer::kNone);
  EXPECT_EQ(AskForChild(), Answer::kNone);
  EXPECT_EQ(Count(Cause::kTooManyRequests), 2U);
  // Sent again it is taken: its number still is awaited.
  net_.Pass(2);
  EXPECT_EQ(AskForChild(), Answer::kGood);
  EXPECT_EQ(net_.b.Children(), 2U);
}

// What somebody without the keys sends takes nothing from the peer.
TEST_F(PeerLimitsTest, StrangersUseUpNothing) {
  for (uint64_t i = 0; i <= kRequestsAtOnce; ++i) {
    MessageBuilder empty;
    Inject(net_.b, net_.a.address,
           MessageFor(sa(), Cover::kWrongKeys, ExchangeType::kInformational, /*response=*/false,
                      sa().responses.next_id(), empty));
  }
  EXPECT_EQ(Count(Cause::kTooManyRequests), 0U);
  EXPECT_EQ(AskForChild(), Answer::kGood);
}

TEST_F(PeerLimitsTest, ANewIkeSaHasNoNewBucket) {
  while (sa().asked.all.Take(net_.clock.MonotonicNs())) {
  }
  net_.Pass(10);
  SpendCostly();
  net_.Pass(10);
  ASSERT_EQ(AskForIkeSa(), Answer::kGood);
  UseNewIkeSa();
  EXPECT_EQ(AskForChild(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  while (AskNothing(ExchangeType::kInformational) == Answer::kGood) {
    ASSERT_LT(sa().responses.next_id(), 30U);
  }
  EXPECT_EQ(Count(Cause::kTooManyRequests), 2U);
}

// The old one is the peer's to delete: one that it leaves is deleted here, and there is one at
// most.
TEST_F(PeerLimitsTest, NoRowOfReplacedIkeSas) {
  ASSERT_EQ(AskForIkeSa(), Answer::kGood);
  UseNewIkeSa();
  ASSERT_EQ(AskForIkeSa(), Answer::kRefused);
  EXPECT_EQ(refusal_, NotifyType::kTemporaryFailure);
  EXPECT_EQ(net_.b.IkeSas(), 2U);
  net_.Pass(300'000);
  EXPECT_EQ(net_.b.IkeSas(), 1U);
  EXPECT_EQ(AskForIkeSa(), Answer::kGood);
}

// A thousand children at once, each of them made anew, and all deleted: nobody meets a limit.
TEST(HonestPeerTest, MeetsNoLimit) {
  constexpr uint64_t kChildren = 1'000;
  Network net(1);
  for (uint64_t policy = 1; policy <= kChildren; ++policy) net.a.Acquire(policy);
  net.Run();
  ASSERT_EQ(net.b.Children(), kChildren);
  for (int round = 0; round < 2; ++round) {
    for (uint64_t policy = 1; policy <= kChildren; ++policy) {
      net.a.Event(net.a.fwd.Outbound(policy)->sa_id, api::EventKind::kSoftTime);
    }
    net.Run();
    net.Pass(1'000);
    EXPECT_EQ(net.b.Children(), kChildren);
  }
  for (uint64_t policy = 1; policy <= kChildren; ++policy) {
    net.a.Event(net.a.fwd.Outbound(policy)->sa_id, api::EventKind::kCleared);
  }
  net.Run();
  EXPECT_EQ(net.b.Children(), 0U);
  for (const Side* side : {&net.a, &net.b}) {
    for (const Cause cause : {Cause::kTooManyChildren, Cause::kTooManyRequests, Cause::kNoAnswer,
                              Cause::kRefusedByPeer}) {
      EXPECT_EQ(side->machine.core().causes().of(cause), 0U) << Name(cause);
    }
  }
}

}  // namespace
}  // namespace vam::ike::test
