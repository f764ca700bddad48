#include "sw/ike/cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vam::ike {
namespace {

using Buffer = std::vector<uint8_t>;

class CookieTest : public testing::Test {
 protected:
  CookieMaker::Input Input() const { return {nonce_, address_, 500, 0x0102030405060708}; }
  CookieMaker::Cookie Made() { return *maker_.Make(Input()); }
  void PassSeconds(uint64_t s) { clock_.AdvanceNs(s * kNsPerSecond); }

  Buffer nonce_ = Buffer(32, 7);
  net::Address address_ = *net::Address::Parse("192.0.2.1");
  ManualClock clock_{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
  SeededRng rng_{1};
  CookieMaker maker_{clock_, rng_};
};

TEST_F(CookieTest, BoundToAllThatItIsMadeOf) {
  const auto cookie = Made();
  EXPECT_TRUE(maker_.Verify(Input(), cookie));
  const auto refused = [&](const CookieMaker::Input& input) {
    EXPECT_FALSE(maker_.Verify(input, cookie));
  };
  CookieMaker::Input other = Input();
  other.address = *net::Address::Parse("192.0.2.2");
  refused(other);
  other = Input();
  other.address = *net::Address::Parse("::ffff:192.0.2.1");
  refused(other);
  other = Input();
  other.port = 501;
  refused(other);
  other = Input();
  other.spi ^= 1;
  refused(other);
  other = Input();
  const Buffer longer(33, 7);
  other.nonce = longer;
  refused(other);
  Buffer changed = nonce_;
  changed.back() ^= 1;
  other.nonce = changed;
  refused(other);
}

TEST_F(CookieTest, EveryBitAndLengthCounts) {
  const auto cookie = Made();
  for (size_t bit = 0; bit < 8 * cookie.size(); ++bit) {
    auto bad = cookie;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(maker_.Verify(Input(), bad)) << bit;
  }
  Buffer longer(cookie.begin(), cookie.end());
  longer.push_back(0);
  EXPECT_FALSE(maker_.Verify(Input(), longer));
  for (size_t size = 0; size < cookie.size(); ++size) {
    EXPECT_FALSE(maker_.Verify(Input(), Bytes(cookie).first(size)));
  }
}

TEST_F(CookieTest, LivesOneToTwoMinutes) {
  const auto early = Made();  // with the whole life of its secret before it
  PassSeconds(59);
  const auto late = Made();
  EXPECT_EQ(early, late);
  PassSeconds(1);
  EXPECT_NE(Made(), early);
  PassSeconds(59);  // second 119
  EXPECT_TRUE(maker_.Verify(Input(), early));
  EXPECT_TRUE(maker_.Verify(Input(), late));
  PassSeconds(1);
  EXPECT_FALSE(maker_.Verify(Input(), late));
}

// However long nobody asked, nothing of before holds.
TEST_F(CookieTest, LongSilence) {
  for (const uint64_t silence_s : {120, 121, 179, 180, 3'600, 1'000'000}) {
    const auto before = Made();
    PassSeconds(silence_s);
    EXPECT_FALSE(maker_.Verify(Input(), before)) << silence_s;
    const auto after = Made();
    PassSeconds(59);
    EXPECT_TRUE(maker_.Verify(Input(), after)) << silence_s;
  }
}

// The version of the secret has one byte: it comes around, the secret does not.
TEST_F(CookieTest, TwoHundredAndFiftySixTurns) {
  const auto first = Made();
  auto before = first;
  for (int turn = 0; turn < 256; ++turn) {
    PassSeconds(60);
    EXPECT_TRUE(maker_.Verify(Input(), before)) << turn;
    const auto now = Made();
    EXPECT_TRUE(maker_.Verify(Input(), now)) << turn;
    EXPECT_NE(now, before);
    before = now;
  }
  EXPECT_EQ(before[0], first[0]);
  EXPECT_NE(before, first);
  EXPECT_FALSE(maker_.Verify(Input(), first));
}

// What fwd is told, it can check the tags by, and nothing else of a cookie.
TEST_F(CookieTest, TheTagIsMadeByTheKeysThatFwdIsTold) {
  const auto made = Made();
  const uint64_t turns = maker_.turns();
  const auto tag_by = [&](const api::IkeCookieKeys& keys, size_t which) {
    return api::CookieTag({keys.k0[which], keys.k1[which]}, Input().address, Input().port,
                          Input().spi);
  };
  const uint64_t tag = LoadBe64(&made[1]);
  EXPECT_EQ(maker_.sort_keys().version[0], made[0]);
  EXPECT_EQ(tag_by(maker_.sort_keys(), 0), tag);
  PassSeconds(60);
  EXPECT_TRUE(maker_.Verify(Input(), made));
  EXPECT_EQ(maker_.turns(), turns + 1);
  EXPECT_EQ(maker_.sort_keys().version[1], made[0]);
  EXPECT_EQ(tag_by(maker_.sort_keys(), 1), tag);
  EXPECT_NE(tag_by(maker_.sort_keys(), 0), tag);
  // A tag alone is no cookie.
  CookieMaker::Cookie forged{};
  forged[0] = maker_.sort_keys().version[0];
  StoreBe64(&forged[1], tag_by(maker_.sort_keys(), 0));
  EXPECT_FALSE(maker_.Verify(Input(), forged));
}

TEST_F(CookieTest, AnotherMakersCookieIsNone) {
  SeededRng other_rng(2);
  CookieMaker other(clock_, other_rng);
  EXPECT_FALSE(maker_.Verify(Input(), *other.Make(Input())));
}

}  // namespace
}  // namespace vam::ike
