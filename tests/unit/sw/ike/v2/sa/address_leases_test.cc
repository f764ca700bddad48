// Which peer gets which address, against what the header says, and a naive model.
#include "sw/ike/v2/sa/address_leases.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sw/base/rng.h"

namespace vam::ike::v2 {
namespace {

net::Address At(std::string_view text) { return *net::Address::Parse(text); }
const net::Address kNone;

AddressPool Pool(uint32_t count, std::string_view first = "10.9.0.1", std::string name = "P") {
  return {std::move(name), At(first).is_v6(), {{At(first), count}}, {}};
}
AddressLeases::Holder Peer(std::string_view name, std::string_view remote = "192.0.2.1") {
  return {Identity::Of(IdentityType::kFqdn, name), At(remote)};
}

class AddressLeasesTest : public testing::Test {
 protected:
  std::shared_ptr<const AddressLease> Take(std::string_view name, const net::Address& wish = {},
                                           std::string_view remote = "192.0.2.1") {
    auto lease = leases_.Assign("P", false, Peer(name, remote), wish);
    return lease ? *lease : nullptr;
  }
  AddressLeases leases_;
};

TEST_F(AddressLeasesTest, EachItsOwnAndThenNone) {
  leases_.SetPools({Pool(2)});
  const auto a = Take("a");
  const auto b = Take("b");
  EXPECT_EQ(a->address(), At("10.9.0.1"));
  EXPECT_EQ(b->address(), At("10.9.0.2"));
  EXPECT_EQ(leases_.Assign("P", false, Peer("c"), kNone).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(leases_.Assign("Q", false, Peer("c"), kNone).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(leases_.Assign("P", true, Peer("c"), kNone).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(leases_.in_use(), 2U);
  EXPECT_EQ(leases_.pools().front().in_use.front(), 2U);
  EXPECT_EQ(leases_.Held("P", false, 1).size(), 1U);
  EXPECT_EQ(leases_.Held("P", false, 9)[1].second, Peer("b").identity);
}

TEST_F(AddressLeasesTest, TheSameAgainWhileItIsFree) {
  leases_.SetPools({Pool(3)});
  Take("a");
  EXPECT_EQ(Take("b")->address(), At("10.9.0.2"));  // one that nobody had comes before a's
  EXPECT_EQ(Take("A")->address(), At("10.9.0.1"));  // names are folded
  EXPECT_EQ(Take("c")->address(), At("10.9.0.3"));
  const auto d = Take("d");  // all had an owner: that which is free for the longest time
  EXPECT_EQ(d->address(), At("10.9.0.2"));
  EXPECT_EQ(Take("b")->address(), At("10.9.0.1"));
}

TEST_F(AddressLeasesTest, ASecondOneOfTheSamePeerIsAnother) {
  leases_.SetPools({Pool(3)});
  const auto first = Take("a");
  const auto second = Take("a");
  EXPECT_NE(first->address(), second->address());
  // By a wish of its own from the same place it is shared, from elsewhere it is not.
  EXPECT_EQ(Take("a", first->address()), first);
  EXPECT_NE(Take("a", first->address(), "192.0.2.9"), first);
  EXPECT_EQ(leases_.in_use(), 2U);
}

TEST_F(AddressLeasesTest, WishesAreForWhatIsFree) {
  leases_.SetPools({Pool(4)});
  const auto a = Take("a", At("10.9.0.3"));
  EXPECT_EQ(a->address(), At("10.9.0.3"));
  EXPECT_EQ(Take("b", At("10.9.0.3"))->address(), At("10.9.0.1"));
  EXPECT_EQ(Take("b", At("10.9.1.1"))->address(), At("10.9.0.1"));
  EXPECT_EQ(Take("c", At("2001:db8::1"))->address(), At("10.9.0.2"));
  // What c had, d wishes for; then it is not c's any more.
  EXPECT_EQ(Take("d", At("10.9.0.2"))->address(), At("10.9.0.2"));
  EXPECT_EQ(Take("c")->address(), At("10.9.0.4"));
}

TEST_F(AddressLeasesTest, ANewConfiguration) {
  leases_.SetPools({Pool(2)});
  auto a = Take("a");
  Take("b");
  leases_.SetPools({Pool(2), Pool(2, "10.8.0.1", "Q")});
  EXPECT_EQ(Take("b")->address(), At("10.9.0.2"));
  leases_.SetPools({Pool(2, "10.8.0.1")});
  EXPECT_EQ(Take("b")->address(), At("10.8.0.1"));
  EXPECT_EQ(leases_.in_use(), 1U);
  EXPECT_EQ(leases_.pools().front().in_use.front(), 0U);
  EXPECT_FALSE(leases_.Has("P", false, a->address()));
  leases_.SetPools({Pool(2)});
  EXPECT_EQ(leases_.pools().front().in_use.front(), 1U);  // a has it still
  leases_.SetPools({});
  a = nullptr;
  EXPECT_EQ(leases_.in_use(), 0U);
}

TEST_F(AddressLeasesTest, Ipv6AndRanges) {
  leases_.SetPools({{"P", true, {{At("2001:db8::ffff"), 3}}, {}},
                    {"P", false, {{At("10.9.0.9"), 1}, {At("10.9.0.1"), 1}}, {}}});
  std::vector<std::shared_ptr<const AddressLease>> held;
  for (int i = 0; i < 3; ++i) {
    auto lease = leases_.Assign("P", true, Peer("a"), kNone);
    ASSERT_TRUE(lease);
    held.push_back(*lease);
  }
  EXPECT_EQ(held[2]->address(), At("2001:db8::1:1"));
  EXPECT_FALSE(leases_.Assign("P", true, Peer("a"), kNone));
  const auto first = Take("a");
  const auto second = Take("a");
  EXPECT_EQ(first->address(), At("10.9.0.9"));
  EXPECT_EQ(second->address(), At("10.9.0.1"));
  EXPECT_EQ(leases_.pools()[0].in_use, (std::vector<uint32_t>{1, 1}));
}

TEST_F(AddressLeasesTest, OfLongIdentitiesNothingIsKept) {
  leases_.SetPools({Pool(4)});
  const std::string name(AddressLeases::kLongestIdentity + 1, 'x');
  auto lease = Take(name);
  EXPECT_NE(Take(name, lease->address()), lease);
  lease = nullptr;
  EXPECT_NE(Take(name)->address(), At("10.9.0.1"));
}

// Against a set of what is in use.
TEST_F(AddressLeasesTest, NoAddressTwiceAndNoneLost) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    AddressLeases leases;
    SeededRng rng(seed);
    uint32_t size = 5;
    leases.SetPools({Pool(size)});
    std::vector<std::shared_ptr<const AddressLease>> held;
    for (int step = 0; step < 2000; ++step) {
      const uint64_t what = rng.Below(20);
      if (what < 9 && !held.empty()) {
        held.erase(held.begin() + static_cast<ptrdiff_t>(rng.Below(held.size())));
      } else if (what == 19) {
        size = 1 + static_cast<uint32_t>(rng.Below(8));
        leases.SetPools({Pool(size)});
      } else {
        const net::Address wish =
            rng.Below(2) == 0 ? kNone
                              : net::Address::V4(0x0a090000 + static_cast<uint32_t>(rng.Below(9)));
        auto lease = leases.Assign(
            "P", false, Peer(std::string(1, static_cast<char>('a' + rng.Below(7)))), wish);
        std::set<net::Address> before;
        for (const auto& one : held) before.insert(one->address());
        uint32_t of_pool = 0;
        for (const net::Address& one : before) of_pool += Pool(size).Has(one) ? 1 : 0;
        if (!lease) {
          ASSERT_EQ(of_pool, size) << seed << " " << step;
          continue;
        }
        const bool shared = before.contains((*lease)->address());
        ASSERT_TRUE(!shared || (*lease)->address() == wish) << seed << " " << step;
        held.push_back(*lease);
      }
      std::set<net::Address> now;
      for (const auto& one : held) now.insert(one->address());
      ASSERT_EQ(leases.in_use(), now.size()) << seed << " " << step;
    }
  }
}

}  // namespace
}  // namespace vam::ike::v2
