// What a gateway keeps for each tunnel that is up: bytes of an IKE SA with its child, with one that
// was made anew, and with two. docs/performance.md has what complete gateways keep.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "tests/ike/live_bytes.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr uint32_t kTunnels = 64;
constexpr uint32_t kSecond = 1000;
// Of each end, with some room above what was measured.
constexpr size_t kMostBytes = 2'400;
constexpr size_t kMostRekeyedBytes = 2'600;
constexpr size_t kMostBytesOfTwo = 2'900;

// As complete gateways have it: each tunnel is an entry and a profile of its own, with MOBIKE. A
// second entry is for another child with the same peer.
Policy::Parts ManyTunnels(Tunnel tunnel, uint32_t first_local, uint32_t first_remote) {
  Policy::Parts all;
  for (uint32_t i = 0; i <= kTunnels; ++i) {
    tunnel.local = net::Address::V4(first_local + i);
    tunnel.remote = net::Address::V4(first_remote + i);
    const auto profile = ProfileOf(tunnel);
    profile->name = "P" + std::to_string(i);
    profile->mobike = true;
    Policy::Parts parts = PolicyWith(tunnel, profile);
    all.ike = parts.ike;
    all.profiles.push_back(profile);
    for (const uint32_t sequence : {i + 1, i + 1 + kSecond}) {
      auto child = std::make_shared<ChildConfig>(*parts.children.front());
      child->sequence = sequence;
      all.children.push_back(std::move(child));
    }
  }
  return all;
}

enum class When : uint8_t { kUp, kRekeyed, kTwo };

// Of both ends together. What stands in for fwd and for operators is emptied before it is counted.
size_t BytesWith(uint32_t tunnels, When when) {
  const size_t before = vam::test::LiveBytes();
  Network net(1);
  constexpr uint32_t kFirstA = 0xc0000300, kFirstB = 0xc0000400;
  net.a.SetPolicy(ManyTunnels(TunnelOfA(), kFirstA, kFirstB));
  net.b.SetPolicy(ManyTunnels(TunnelOfB(), kFirstB, kFirstA));
  for (uint32_t i = 1; i <= tunnels; ++i) {
    net.a.Acquire(i, "M", i);
    net.Run();
  }
  for (uint32_t i = 1; i <= tunnels && when == When::kRekeyed; ++i) {
    net.a.Event(net.a.fwd.Outbound(i)->sa_id, api::EventKind::kSoftTime);
    net.Run();
  }
  for (uint32_t i = 1; i <= tunnels && when == When::kTwo; ++i) {
    net.a.Acquire(kSecond + i, "M", kSecond + i);
    net.Run();
  }
  EXPECT_EQ(net.a.IkeSas(), tunnels);
  EXPECT_EQ(net.b.Children(), when == When::kTwo ? 2 * tunnels : tunnels);
  EXPECT_EQ(net.Mismatch(), "");
  for (Side* side : {&net.a, &net.b}) {
    side->fwd = FakeFwd(0);
    side->record = Record();
  }
  return vam::test::LiveBytes() - before;
}

size_t BytesOfEach(When when) {
  BytesWith(1, when);  // what is made once
  return (BytesWith(kTunnels + 1, when) - BytesWith(1, when)) / (2 * kTunnels);
}

TEST(EstablishedMemoryTest, OfATunnel) {
  ASSERT_TRUE(vam::test::CountsLibcrypto());
  const size_t up = BytesOfEach(When::kUp);
  const size_t rekeyed = BytesOfEach(When::kRekeyed);
  const size_t two = BytesOfEach(When::kTwo);
  std::printf("%zu bytes for each IKE SA with its child, %zu once that was rekeyed, %zu with two\n",
              up, rekeyed, two);
  EXPECT_LE(up, kMostBytes);
  EXPECT_LE(rekeyed, kMostRekeyedBytes);
  EXPECT_LE(two, kMostBytesOfTwo);
}

}  // namespace
}  // namespace vam::ike::test
