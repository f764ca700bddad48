// The queues to an IKE role alone: sorting, bounds, order, memory.
#include "sw/fwd/ike_queues.h"

#include <gtest/gtest.h>

#include <deque>

#include "sw/base/rng.h"
#include "tests/unit/sw/fwd/ike_message.h"

namespace vam::fwd::test {
namespace {

using api::IkeClass;
using api::IkeSpiState;

constexpr uint64_t kUp = 0x1111111111111111, kHalf = 0x2222222222222222, kOther = 0x99;

class IkeQueuesTest : public ::testing::Test {
 protected:
  IkeQueuesTest() {
    queues.Reset(true);
    EXPECT_TRUE(queues.SetSpi(kUp, IkeSpiState::kUp));
    EXPECT_TRUE(queues.SetSpi(kHalf, IkeSpiState::kHalfOpen));
  }
  Reason Offer(const Frame& message) { return queues.Offer({}, 0, message); }
  // Takes the next; its message id.
  uint32_t Next() {
    const auto packet = api::DecodeFast<api::IkePacket>(queues.Front());
    EXPECT_TRUE(packet.has_value());
    last = *packet;
    const uint32_t id = LoadBe32(queues.Front().data() + sizeof last + 20);
    queues.Pop();
    return id;
  }

  IkeQueues queues;
  api::IkePacket last{};
};

TEST_F(IkeQueuesTest, SortsByTheSpiThatIsOurs) {
  // From the initiator of the IKE SA ours is the second SPI, from the responder the first.
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .id = 1})), Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kKnownSpi), 1u);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kUp, .spi_r = kOther, .from_initiator = false})),
            Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kKnownSpi), 2u);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kUp, .spi_r = kOther})), Reason::kOk) << "the peer's SPI";
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = 0})), Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kNew), 2u);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kHalf, .spi_r = kOther, .from_initiator = false})),
            Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kHalfOpen), 1u);
  ASSERT_TRUE(queues.SetSpi(kHalf, IkeSpiState::kUp));
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kHalf})), Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kKnownSpi), 3u);
  ASSERT_TRUE(queues.SetSpi(kHalf, IkeSpiState::kGone));
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kHalf})), Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kNew), 3u);
}

TEST_F(IkeQueuesTest, ServesKnownSasFirstAndEachQueueInOrder) {
  for (const uint32_t id : {1u, 2u}) {
    EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = 0, .id = id})), Reason::kOk);
    EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kHalf, .id = 10 + id})), Reason::kOk);
    EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .id = 20 + id})), Reason::kOk);
  }
  EXPECT_EQ(Next(), 21u);
  EXPECT_EQ(last.ike_class, IkeClass::kKnownSpi);
  EXPECT_EQ(Next(), 22u);
  EXPECT_EQ(Next(), 11u);
  EXPECT_EQ(last.ike_class, IkeClass::kHalfOpen);
  // What comes meanwhile for an SA that is up goes before the rest.
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .id = 23})), Reason::kOk);
  EXPECT_EQ(Next(), 23u);
  EXPECT_EQ(Next(), 12u);
  EXPECT_EQ(Next(), 1u);
  EXPECT_EQ(last.ike_class, IkeClass::kNew);
  EXPECT_EQ(Next(), 2u);
  EXPECT_TRUE(queues.Front().empty());
}

TEST_F(IkeQueuesTest, EachIsBoundedByItselfAndDropsByItsName) {
  struct Bound {
    uint64_t spi;
    IkeClass of;
    size_t most;
    Reason full;
  };
  for (const Bound& bound :
       {Bound{0, IkeClass::kNew, IkeQueues::kMaxNew, Reason::kIkeNewFull},
        Bound{kHalf, IkeClass::kHalfOpen, IkeQueues::kMaxHalfOpen, Reason::kIkeHalfOpenFull},
        Bound{kUp, IkeClass::kKnownSpi, IkeQueues::kMaxKnown, Reason::kIkeKnownFull}}) {
    const Frame message = IkeMessage({.spi_i = kOther, .spi_r = bound.spi});
    for (size_t i = 0; i < bound.most; ++i) ASSERT_EQ(Offer(message), Reason::kOk);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Offer(message), bound.full);
    EXPECT_EQ(queues.waiting(bound.of), bound.most);
    EXPECT_EQ(queues.counts(bound.of).queued, bound.most);
    EXPECT_EQ(queues.counts(bound.of).dropped, 3u);
  }
}

TEST_F(IkeQueuesTest, BytesAreBoundedToo) {
  const Frame message = IkeMessage({.spi_i = kOther, .spi_r = 0, .body = 9000});
  size_t taken = 0;
  while (Offer(message) == Reason::kOk) ++taken;
  EXPECT_EQ(taken, IkeQueues::kNewBytes / (sizeof(api::IkePacket) + message.size()));
  static_cast<void>(Next());
  EXPECT_EQ(Offer(message), Reason::kOk) << "the place of the first";
}

// Against a plain list: whatever the order of lengths, what comes out is what went in.
TEST_F(IkeQueuesTest, GivesBackWhatItWasGiven) {
  const uint64_t seed = 20261122;
  SCOPED_TRACE(seed);
  SeededRng rng(seed);
  std::deque<Frame> oracle;
  size_t refused = 0;
  for (uint32_t i = 0; i < 20'000; ++i) {
    if (rng.U32() % 9 < 5) {
      const Frame message =
          IkeMessage({.spi_i = kOther, .spi_r = 0, .id = i, .body = rng.U32() % 3000});
      if (Offer(message) == Reason::kOk) {
        oracle.push_back(message);
      } else {
        ++refused;
      }
    } else if (!oracle.empty()) {
      const Bytes front = queues.Front().subspan(sizeof(api::IkePacket));
      ASSERT_EQ(Frame(front.begin(), front.end()), oracle.front());
      queues.Pop();
      oracle.pop_front();
    }
    ASSERT_EQ(queues.waiting(IkeClass::kNew), oracle.size());
  }
  EXPECT_GT(refused, 100u);
}

TEST_F(IkeQueuesTest, HeadersAreChecked) {
  Frame cut = IkeMessage({.spi_i = kOther, .spi_r = kUp});
  cut.pop_back();
  EXPECT_EQ(Offer(cut), Reason::kIkeMalformed);
  Frame longer = IkeMessage({.spi_i = kOther, .spi_r = kUp});
  longer.push_back(0);
  EXPECT_EQ(Offer(longer), Reason::kIkeMalformed);
  EXPECT_EQ(Offer({}), Reason::kIkeMalformed);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = 0, .spi_r = kUp})), Reason::kIkeMalformed);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .version = 0x02})),
            Reason::kIkeMalformed);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .version = 0x10})),
            Reason::kIkeNoRole);
  // RFC 7296, 2.5: the role answers a version that it does not know.
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp, .version = 0x30})), Reason::kOk);
}

TEST_F(IkeQueuesTest, ARoleThatGoesTakesAllAlong) {
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp})), Reason::kOk);
  queues.Reset(false);
  EXPECT_TRUE(queues.Front().empty());
  EXPECT_EQ(queues.spis(), 0u);
  EXPECT_EQ(queues.counts(IkeClass::kKnownSpi).forgotten, 1u);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp})), Reason::kIkeNoRole);
  queues.Reset(true);
  EXPECT_EQ(Offer(IkeMessage({.spi_i = kOther, .spi_r = kUp})), Reason::kOk);
  EXPECT_EQ(queues.waiting(IkeClass::kNew), 1u) << "the next role has not named this SPI";
}

TEST_F(IkeQueuesTest, SpisAreCheckedAndBounded) {
  EXPECT_EQ(queues.SetSpi(0, IkeSpiState::kUp).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(queues.SetSpi(5, IkeSpiState{9}).error().code, ErrorCode::kInvalidArgument);
  for (uint64_t spi = 1000; queues.spis() < IkeQueues::kMaxSpis; ++spi) {
    ASSERT_TRUE(queues.SetSpi(spi, IkeSpiState::kUp));
  }
  EXPECT_EQ(queues.SetSpi(1, IkeSpiState::kUp).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(queues.SetSpi(kHalf, IkeSpiState::kUp)) << "it has its place already";
}

}  // namespace
}  // namespace vam::fwd::test
