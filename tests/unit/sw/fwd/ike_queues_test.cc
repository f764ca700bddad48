// The queues to an IKE role alone: sorting, bounds, order, memory.
#include "sw/fwd/ike_queues.h"

#include <gtest/gtest.h>

#include <deque>

#include "sw/api/cookie_tag.h"
#include "sw/api/fast_address.h"
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

// ---- messages that bring a cookie

constexpr api::IkeCookieKeys kKeys{{11, 12}, {13, 14}, {5, 4}, {}};
api::FastEndpoints From(const char* address, uint16_t port = 500) {
  api::FastEndpoints ends{};
  ends.remote = api::ToFast(*net::Address::Parse(address));
  ends.remote_port = port;
  return ends;
}
// IKE_SA_INIT with a cookie whose tag is made by these keys.
Frame WithCookie(uint64_t spi, const api::FastEndpoints& ends, size_t key = 0, uint32_t id = 0) {
  Frame message = IkeMessage({.spi_i = spi, .spi_r = 0, .id = id, .body = 120});
  message[16] = 41;
  const size_t at = 28;
  message[at] = 33;
  StoreBe16(&message[at + 2], 8 + api::kCookieBytes);
  message[at + 4] = 0;
  message[at + 5] = 0;
  StoreBe16(&message[at + 6], 16390);
  message[at + 8] = kKeys.version[key];
  const uint64_t tag = api::CookieTag({kKeys.k0[key], kKeys.k1[key]}, *api::FromFast(ends.remote),
                                      ends.remote_port, spi);
  StoreBe64(&message[at + 9], tag);
  return message;
}

TEST_F(IkeQueuesTest, AGoodTagOfACookieHasAQueueOfItsOwn) {
  const api::FastEndpoints ends = From("192.0.2.7");
  const auto class_of = [&](const Frame& message, const api::FastEndpoints& from) {
    EXPECT_EQ(queues.Offer(from, 0, message), Reason::kOk);
    static_cast<void>(Next());
    return last.ike_class;
  };
  EXPECT_EQ(class_of(WithCookie(kOther, ends), ends), IkeClass::kNew) << "no keys yet";
  queues.SetCookieKeys(kKeys);
  EXPECT_EQ(class_of(WithCookie(kOther, ends), ends), IkeClass::kCookie);
  EXPECT_EQ(class_of(WithCookie(kOther, ends, 1), ends), IkeClass::kCookie) << "the keys before";
  const api::FastEndpoints v6 = From("2001:db8::7", 4500);
  EXPECT_EQ(class_of(WithCookie(kOther, v6), v6), IkeClass::kCookie);
  // Of another address, port or SPI: as if it had none.
  EXPECT_EQ(class_of(WithCookie(kOther, ends), From("192.0.2.8")), IkeClass::kNew);
  EXPECT_EQ(class_of(WithCookie(kOther, ends), From("::ffff:192.0.2.7")), IkeClass::kNew);
  EXPECT_EQ(class_of(WithCookie(kOther, ends), From("192.0.2.7", 501)), IkeClass::kNew);
  Frame other = WithCookie(kOther, ends);
  other[7] ^= 1;
  EXPECT_EQ(class_of(other, ends), IkeClass::kNew);
  // IKE_SESSION_RESUME is a first message as well (RFC 5723).
  Frame resume = WithCookie(kOther, ends);
  resume[18] = 38;
  EXPECT_EQ(class_of(resume, ends), IkeClass::kCookie);
  // What is not a first message that begins with such a cookie: each byte of its form counts, and
  // none of what fwd does not look at (critical bit, protocol, the role's own part).
  const Frame good = WithCookie(kOther, ends);
  for (const size_t at : {16U, 18U, 19U, 30U, 31U, 33U, 34U, 35U, 36U, 37U, 44U}) {
    Frame bad = good;
    bad[at] = static_cast<uint8_t>(bad[at] ^ (at == 19 ? 0x28 : 1));
    EXPECT_EQ(class_of(bad, ends), IkeClass::kNew) << at;
  }
  for (const size_t at : {29U, 32U, 45U, 60U}) {
    Frame same = good;
    same[at] ^= 1;
    EXPECT_EQ(class_of(same, ends), IkeClass::kCookie) << at;
  }
  for (size_t size = 28; size < 28 + 8 + api::kCookieBytes; ++size) {
    Frame cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
    StoreBe32(&cut[24], static_cast<uint32_t>(size));
    EXPECT_EQ(class_of(cut, ends), IkeClass::kNew) << size;
  }
  queues.Reset(true);
  EXPECT_EQ(class_of(good, ends), IkeClass::kNew) << "keys of another role";
}

// New ones of forged addresses fill their queue, and no other; of four messages three have a
// cookie, so that whoever repeats a good one does not shut out the new ones either.
TEST_F(IkeQueuesTest, CookiesAndNewOnesShareAndDoNotStarve) {
  queues.SetCookieKeys(kKeys);
  const api::FastEndpoints ends = From("192.0.2.7");
  size_t flooded = 0;
  for (uint32_t id = 0; id < 10'000; ++id) {
    flooded += Offer(IkeMessage({.spi_i = kOther + id, .spi_r = 0})) == Reason::kOk ? 1 : 0;
  }
  EXPECT_EQ(flooded, IkeQueues::kMaxNew);
  for (uint64_t spi = 1; spi <= 9; ++spi) {
    ASSERT_EQ(queues.Offer(ends, 0, WithCookie(spi, ends)), Reason::kOk);
  }
  size_t with_cookie = 0;
  for (int i = 0; i < 12; ++i) {
    static_cast<void>(Next());
    with_cookie += last.ike_class == IkeClass::kCookie ? 1 : 0;
  }
  EXPECT_EQ(with_cookie, 9U);
  static_cast<void>(Next());
  EXPECT_EQ(last.ike_class, IkeClass::kNew) << "alone, they wait for nobody";
  for (size_t i = 0; i < IkeQueues::kMaxCookie; ++i) {
    ASSERT_EQ(queues.Offer(ends, 0, WithCookie(i + 1, ends)), Reason::kOk);
  }
  EXPECT_EQ(queues.Offer(ends, 0, WithCookie(1, ends)), Reason::kIkeNewFull);
  EXPECT_EQ(queues.counts(IkeClass::kCookie).dropped, 1U);
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
