#include "sw/ipsec/sad.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>
#include <vector>

#include "sw/base/rng.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Ip;
using test::MakeSa;

TEST(SadTest, TheInboundKeyIsVrfDestinationAndSpi) {
  Sad sad(8);
  SaParams params = MakeSa(Direction::kIn);
  const SaRef first = *sad.Add(params);
  EXPECT_EQ(sad.Add(params).error().code, ErrorCode::kExists);
  params.vrf_tag = 1;
  const SaRef vrf = *sad.Add(params);
  params.local = Ip("192.0.2.3");
  const SaRef destination = *sad.Add(params);
  params.spi = Spi{0x12345679};
  const SaRef spi = *sad.Add(params);
  EXPECT_EQ((std::set<SaRef>{first, vrf, destination, spi}).size(), 4u);
  EXPECT_EQ(sad.FindInbound(0, Ip("192.0.2.2"), Protocol::kEsp, Spi{0x12345678}), first);
  EXPECT_EQ(sad.FindInbound(1, Ip("192.0.2.2"), Protocol::kEsp, Spi{0x12345678}), vrf);
  EXPECT_EQ(sad.FindInbound(1, Ip("192.0.2.3"), Protocol::kEsp, Spi{0x12345678}), destination);
  EXPECT_EQ(sad.FindInbound(1, Ip("192.0.2.3"), Protocol::kEsp, Spi{0x12345679}), spi);
  EXPECT_EQ(sad.FindInbound(2, Ip("192.0.2.3"), Protocol::kEsp, Spi{0x12345679}), SaRef::None());
}

TEST(SadTest, OutboundSasMayShareAnSpiAndAreNotFound) {
  Sad sad(8);
  EXPECT_TRUE(sad.Add(MakeSa(Direction::kOut)).has_value());
  EXPECT_TRUE(sad.Add(MakeSa(Direction::kOut)).has_value());
  EXPECT_EQ(sad.FindInbound(0, Ip("192.0.2.1"), Protocol::kEsp, Spi{0x12345678}), SaRef::None());
}

TEST(SadTest, AnOldHandleNeverNamesALaterSa) {
  Sad sad(1);
  std::set<SaRef> handles;
  for (int i = 0; i < 4096; ++i) {
    const SaRef ref = *sad.Add(MakeSa(Direction::kIn));
    EXPECT_TRUE(handles.insert(ref).second);
    EXPECT_TRUE(sad.Remove(ref).has_value());
    EXPECT_EQ(sad.Get(ref).reason, Reason::kSaStale);
    EXPECT_EQ(sad.Remove(ref).error().code, ErrorCode::kNotFound);
  }
}

TEST(SadTest, FullAndUnknown) {
  Sad sad(2);
  EXPECT_EQ(sad.Get(SaRef::Make(0, 1)).reason, Reason::kNoSa);
  EXPECT_EQ(sad.Get(SaRef::Make(0, 2)).reason, Reason::kNoSa);
  EXPECT_EQ(sad.Get(SaRef::None()).reason, Reason::kNoSa);
  EXPECT_TRUE(sad.Add(MakeSa(Direction::kOut)).has_value());
  EXPECT_TRUE(sad.Add(MakeSa(Direction::kOut)).has_value());
  EXPECT_EQ(sad.Add(MakeSa(Direction::kOut)).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(sad.size(), 2u);
}

TEST(SadTest, RandomSpisInAFullTable) {
  SeededRng rng(vam::test::TestSeed());
  Sad sad(1000);
  std::vector<std::pair<Spi, SaRef>> added;
  while (added.size() < 1000) {
    SaParams params = MakeSa(Direction::kIn);
    params.spi = Spi{static_cast<uint32_t>(256 + rng.Below(0xffffffff - 256))};
    const auto ref = sad.Add(params);
    if (ref.has_value()) added.emplace_back(params.spi, *ref);
  }
  for (size_t i = 0; i < 1000; i += 2) EXPECT_TRUE(sad.Remove(added[i].second).has_value());
  for (size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(sad.FindInbound(0, Ip("192.0.2.2"), Protocol::kEsp, added[i].first),
              i % 2 == 0 ? SaRef::None() : added[i].second);
  }
}

// What is copied around has no place for the keys; they stay where they are wiped.
static_assert(std::is_same_v<decltype(SoftSa::settings), SaSettings>);
static_assert(!std::is_copy_constructible_v<decltype(SoftSa::keys)>);

}  // namespace
}  // namespace vam::ipsec
