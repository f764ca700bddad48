#include "sw/ike/v2/sa/peer_choice.h"

#include <gtest/gtest.h>

#include <array>

namespace vam::ike::v2 {
namespace {

constexpr std::array kPeers{net::Address::V4(0xc0000201), net::Address::V4(0xc0000202),
                            net::Address::V4(0xc0000203)};

TEST(PeerChoiceTest, InTurnForAsLongAsNoneAnswers) {
  PeerChoice choice;
  for (int round = 0; round < 3; ++round) {
    for (const net::Address& peer : kPeers) {
      EXPECT_EQ(choice.Best(kPeers), peer) << "round " << round;
      choice.Failed(peer);
    }
  }
}

TEST(PeerChoiceTest, WhatAnswersStays) {
  PeerChoice choice;
  choice.Failed(kPeers[0]);
  choice.Failed(kPeers[1]);
  choice.Worked(kPeers[1]);
  EXPECT_EQ(choice.Best(kPeers), kPeers[1]);
  choice.Failed(kPeers[1]);
  EXPECT_EQ(choice.Best(kPeers), kPeers[2]);
}

TEST(PeerChoiceTest, AnotherConfigurationBeginsWithTheFirst) {
  PeerChoice choice;
  choice.Failed(kPeers[0]);
  choice.Forget();
  EXPECT_EQ(choice.Best(kPeers), kPeers[0]);
}

// ASA-29: what an operator cleared, or whose time is over.
TEST(PeerChoiceTest, ResetBeginsWithTheFirstOfThese) {
  PeerChoice choice;
  const std::array others{net::Address::V4(0xc6336401), net::Address::V4(0xc6336402)};
  choice.Failed(kPeers[0]);
  choice.Failed(others[0]);
  choice.Reset(kPeers);
  EXPECT_EQ(choice.Best(kPeers), kPeers[0]);
  EXPECT_EQ(choice.Best(others), others[1]) << "those of other entries stay where they are";
}

}  // namespace
}  // namespace vam::ike::v2
