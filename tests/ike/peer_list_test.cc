// Several peers of one entry (SY-40, ASA-26 to ASA-29): which is called next, and when it is the
// first again.
#include <gtest/gtest.h>

#include <functional>

#include "sw/ike/v2/exchange/informational.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::ChildConfig;
using v2::Policy;

const net::Address kNobody = net::Address::V4(0xc6336463);

// A's entry has `kNobody` first, who never answers, then B.
class PeerListTest : public ::testing::Test {
 protected:
  PeerListTest() {
    SetPolicy([](ChildConfig&) {});
  }
  void SetPolicy(const std::function<void(ChildConfig&)>& change) {
    Policy::Parts parts = PolicyOf(TunnelOfA());
    auto child = std::make_shared<ChildConfig>(*parts.children[0]);
    child->peers.insert(child->peers.begin(), kNobody);
    change(*child);
    parts.children = {std::move(child)};
    net.a.SetPolicy(std::move(parts));
    net.on_packet = [this](size_t, const Side& from, std::vector<uint8_t>&) {
      return &from == &net.b || Called() == net.b.address;
    };
  }
  net::Address Called() {
    for (const auto& [spi, sa] : net.a.machine.core().sas()) {
      if (sa->state != v2::IkeSa::State::kGone) return sa->ends.remote;
    }
    return {};
  }
  net::Address Call() {
    net.a.Acquire(1);
    const net::Address called = Called();
    net.Run();
    return called;
  }
  void UpWithB() {
    ASSERT_EQ(Call(), kNobody);
    ASSERT_EQ(Call(), net.b.address);
    ASSERT_EQ(net.a.Children(), 1U);
  }

  Network net{1};
};

// ASA-28 has it otherwise: here every peer of the list may call, and traffic follows it (SY-40).
TEST_F(PeerListTest, APeerOfTheListThatCallsIsTheOneHeardLast) {
  net.b.Acquire(1);
  net.Run();
  ASSERT_EQ(net.a.Children(), 1U);
  net.a.Acquire(2);
  net.Run();
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 2U);
}

// ASA-29: `clear crypto ikev2 sa`, `clear crypto sa` and the end of an IKE SA's time.
TEST_F(PeerListTest, ClearingBeginsWithTheFirst) {
  UpWithB();
  DeleteIke(net.a.machine.core(), *net.a.Up(), v2::Cause::kClearedByOperator);
  net.a.machine.Poll();
  net.Run();
  ASSERT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(Call(), kNobody);
}

TEST_F(PeerListTest, ClearingItsSasBeginsWithTheFirst) {
  UpWithB();
  net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kCleared);
  net.Run();
  DeleteIke(net.a.machine.core(), *net.a.Up(), v2::Cause::kDeletedByUs);
  net.a.machine.Poll();
  net.Run();
  EXPECT_EQ(Call(), kNobody);
}

TEST_F(PeerListTest, TheEndOfItsTimeBeginsWithTheFirst) {
  UpWithB();
  DeleteIke(net.a.machine.core(), *net.a.Up(), v2::Cause::kExpired);
  net.a.machine.Poll();
  net.Run();
  EXPECT_EQ(Call(), kNobody);
}

// A peer that goes in good order is called again; one that dies is left.
TEST_F(PeerListTest, WhatAnswersStaysUntilItDoesNot) {
  UpWithB();
  DeleteIke(net.a.machine.core(), *net.a.Up(), v2::Cause::kDeletedByUs);
  net.a.machine.Poll();
  net.Run();
  ASSERT_EQ(Call(), net.b.address);
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  net.a.Acquire(2);  // which gets no answer
  net.Run();
  ASSERT_EQ(net.a.IkeSas(), 0U);
  EXPECT_EQ(Call(), kNobody);
}

// ASA-29: a mismatch of selectors or of proposals moves on, as one that does not answer.
TEST_F(PeerListTest, APeerThatAgreesToNoChildIsLeft) {
  for (const bool selectors : {true, false}) {
    Policy::Parts parts = PolicyOf(TunnelOfB());
    auto child = std::make_shared<ChildConfig>(*parts.children[0]);
    if (selectors) {
      child->lines[0].local.first = child->lines[0].local.last = net::Address::V4(0x0a630001);
    } else {
      child->offers[0].ciphers = {{v2::EncryptionId::kAesCbc, 256}};
      child->offers[0].integrities = {v2::IntegrityId::kHmacSha512_256};
    }
    parts.children = {std::move(child)};
    net.b.SetPolicy(std::move(parts));
    SetPolicy([](ChildConfig&) {});
    EXPECT_EQ(Call(), kNobody);
    EXPECT_EQ(Call(), net.b.address);
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
    EXPECT_EQ(Call(), kNobody);
  }
  net.b.SetPolicy(PolicyOf(TunnelOfB()));
  EXPECT_EQ(Call(), net.b.address);
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Children(), 1U);
}

// ASA-29: any change of the configuration.
TEST_F(PeerListTest, AnotherConfigurationBeginsWithTheFirst) {
  ASSERT_EQ(Call(), kNobody);
  SetPolicy([](ChildConfig& child) { child.idle_s = 60; });
  EXPECT_EQ(Call(), kNobody);
}

}  // namespace
}  // namespace vam::ike::test
