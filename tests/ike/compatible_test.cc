// When the entries of two crypto maps are compatible (SY-38): their access lists, their peers,
// their transform sets; and what of a proposal a responder takes (SY-39).
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "sw/ike/v2/policy/selectors.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::ChildConfig;
using v2::ChildLine;
using v2::Policy;
using v2::TrafficSelector;

TrafficSelector Of(const std::string& prefix) {
  return v2::WithPrefix(TrafficSelector{}, *net::Prefix::Parse(prefix));
}
// Whether A's attempt ends with a child at both ends.
bool Agree(Network& net) {
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Children(), net.b.Children());
  EXPECT_NE(net.a.Up(), nullptr) << "that is another question";
  return net.a.Children() == 1;
}
// A protects the first two, from its side; B the mirror of the others.
bool Lists(const char* local, const char* remote, const char* mirror_local,
           const char* mirror_remote, Network& net) {
  net.a.SetPolicy(Changed(TunnelOfA(), [&](ChildConfig& child) {
    child.lines = {ChildLine{Of(local), Of(remote)}};
  }));
  net.b.SetPolicy(Changed(TunnelOfB(), [&](ChildConfig& child) {
    child.lines = {ChildLine{Of(mirror_remote), Of(mirror_local)}};
  }));
  return Agree(net);
}
net::Address First(const api::FastAddress& address) { return *api::FromFast(address); }

TEST(CompatibleTest, MirrorsAreTaken) {
  Network net(1);
  EXPECT_TRUE(Lists("10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/16", "10.2.0.0/16", net));
}

// SY-39: a subset of what the responder permits.
TEST(CompatibleTest, ASubsetIsTakenAsItIs) {
  Network net(2);
  EXPECT_TRUE(Lists("10.1.7.0/24", "10.2.0.0/16", "10.1.0.0/16", "10.2.0.0/16", net));
  const api::SaInstall& out = *net.a.fwd.Outbound(1);
  EXPECT_EQ(net::ToString(First(out.selector.local_first)), "10.1.7.0");
  EXPECT_EQ(net::ToString(First(out.selector.local_last)), "10.1.7.255");
}

// IKEv1 refuses a superset; IKEv2 narrows it (RFC 7296, 2.9), so no more is carried than both
// permit.
TEST(CompatibleTest, ASupersetIsNarrowed) {
  Network net(3);
  EXPECT_TRUE(Lists("10.1.0.0/16", "10.2.0.0/16", "10.1.7.0/24", "10.2.0.0/16", net));
  for (const Side* side : {&net.a, &net.b}) {
    for (const auto& [id, sa] : side->fwd.sas()) {
      const bool of_a = side == &net.a;
      const auto& inside = of_a ? sa.selector.local_first : sa.selector.remote_first;
      EXPECT_EQ(net::ToString(First(inside)), "10.1.7.0");
    }
  }
}

TEST(CompatibleTest, OtherTrafficIsRefused) {
  Network net(4);
  EXPECT_FALSE(Lists("10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16", "10.2.0.0/16", net));
}

// Each must name the other, and does not answer, or does not call, anybody else.
TEST(CompatibleTest, APeerThatIsNotNamedIsRefused) {
  Network net(5);
  net.b.SetPolicy(Changed(
      TunnelOfB(), [](ChildConfig& child) { child.peers = {net::Address::V4(0xc6336463)}; }));
  EXPECT_FALSE(Agree(net));
  // Unless the responder's entry is of a dynamic map.
  Network dynamic(6);
  dynamic.b.SetPolicy(Changed(TunnelOfB(), [](ChildConfig& child) {
    child.peers = {};
    child.dynamic_sequence = 1;
  }));
  EXPECT_TRUE(Agree(dynamic));
}

TEST(CompatibleTest, OneTransformSetInCommonIsEnough) {
  const auto with = [](std::vector<v2::EncryptionId> ciphers) {
    return [ciphers](ChildConfig& child) {
      const v2::ChildOffer like = child.offers[0];
      child.offers.clear();
      for (const v2::EncryptionId cipher : ciphers) {
        v2::ChildOffer offer = like;
        const bool sized = cipher != v2::EncryptionId::kChaCha20Poly1305;
        offer.ciphers = {{cipher, sized ? uint16_t{256} : uint16_t{0}}};
        child.offers.push_back(offer);
      }
    };
  };
  using Id = v2::EncryptionId;
  Network net(7);
  net.a.SetPolicy(Changed(TunnelOfA(), with({Id::kChaCha20Poly1305, Id::kAesGcm16})));
  net.b.SetPolicy(Changed(TunnelOfB(), with({Id::kAesGcm8, Id::kAesGcm16})));
  EXPECT_TRUE(Agree(net));
  Network none(8);
  none.a.SetPolicy(Changed(TunnelOfA(), with({Id::kChaCha20Poly1305})));
  none.b.SetPolicy(Changed(TunnelOfB(), with({Id::kAesGcm8, Id::kAesGcm16})));
  EXPECT_FALSE(Agree(none));
}

}  // namespace
}  // namespace vam::ike::test
