#include "sw/ipsec/sa.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Ip;
using test::MakeSa;

ErrorCode CodeOf(const SaParams& params) {
  const Status status = Validate(params);
  EXPECT_FALSE(status.has_value());
  return status.has_value() ? ErrorCode::kInternal : status.error().code;
}

TEST(SaTest, TheUsualSaIsValid) {
  for (const auto suite :
       {Encryption::kAesGcm128Icv16, Encryption::kAesGcm192Icv16, Encryption::kAesGcm256Icv16}) {
    EXPECT_TRUE(Validate(MakeSa(Direction::kOut, suite)).has_value());
    EXPECT_TRUE(Validate(MakeSa(Direction::kIn, suite)).has_value());
  }
}

TEST(SaTest, EveryFieldHasItsRange) {
  const auto refused = [](auto change) {
    SaParams params = MakeSa(Direction::kIn);
    change(params);
    return CodeOf(params);
  };
  const auto kInvalid = ErrorCode::kInvalidArgument;
  EXPECT_EQ(refused([](SaParams& p) { p.spi = Spi{255}; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.local = {}; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.remote = Ip("2001:db8::1"); }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.key_material.Resize(16); }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.suite.encryption = Encryption::kAesGcm256Icv16; }),
            kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.replay_window = 63; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.replay_window = 1025; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.initial_seq = 0x100000000; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.dscp = 64; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.ttl = 0; }), kInvalid);
  EXPECT_EQ(refused([](SaParams& p) { p.selectors.local_ports = {2, 1}; }), kInvalid);
}

TEST(SaTest, WhatIsNotBuiltIsUnsupported) {
  SaParams params = MakeSa(Direction::kOut);
  params.udp_local = 4500;
  EXPECT_EQ(CodeOf(params), ErrorCode::kUnsupported);
  params.udp_local = 0;
  params.suite.encryption = static_cast<Encryption>(kEncryptions);
  EXPECT_EQ(CodeOf(params), ErrorCode::kUnsupported);
}

TEST(SaTest, TheMtuIsTheLargestThatFits) {
  const SaParams params = MakeSa(Direction::kOut);
  for (size_t mtu = 60; mtu < 1600; ++mtu) {
    const size_t inner = PlaintextMtu(params, mtu);
    EXPECT_LE(EncapsulatedBytes(params, inner), mtu);
    EXPECT_GT(EncapsulatedBytes(params, inner + 1), mtu);
  }
  EXPECT_EQ(PlaintextMtu(params, 1500), 1446u);
  EXPECT_EQ(PlaintextMtu(params, 55), 0u);
}

TEST(SaTest, ACloneIsEqualAndHasItsOwnKey) {
  SaParams params = MakeSa(Direction::kOut);
  params.selectors.protocol = 6;
  params.lifetimes.hard_packets = 9;
  SaParams copy = params.Clone();
  EXPECT_TRUE(copy.key_material.Equals(params.key_material));
  EXPECT_EQ(copy.selectors, params.selectors);
  EXPECT_EQ(copy.lifetimes, params.lifetimes);
  params.key_material.Wipe();
  EXPECT_EQ(copy.key_material.size(), 20u);
}

}  // namespace
}  // namespace vam::ipsec
