// The ikev2 role as vamd runs it.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sw/api/log.pb.h"
#include "sw/api/show.pb.h"
#include "sw/ike/v2/wire/header.h"
#include "tests/ike/role_gateway.h"

namespace vam::ike::test {
namespace {

using ::testing::HasSubstr;

TEST(RoleTest, AnAcquireBecomesAnIkeSaInit) {
  Gateway a(1);
  a.Configure(5, ConfigOf(true));
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  const auto message = Await(a.fwd, {MessageType::kIkePacket});
  ASSERT_TRUE(message.has_value());
  const auto packet = api::DecodeFast<api::IkePacket>(message->payload);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(*api::FromFast(packet->endpoints.local), *net::Address::Parse("192.0.2.1"));
  EXPECT_EQ(*api::FromFast(packet->endpoints.remote), *net::Address::Parse("192.0.2.2"));
  EXPECT_EQ(packet->endpoints.remote_port, 500);
  const auto header = v2::ParseHeader(Bytes(message->payload).subspan(sizeof(api::IkePacket)));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->exchange, v2::ExchangeType::kIkeSaInit);
  EXPECT_TRUE(header->from_initiator);
}

TEST(RoleTest, TwoRolesSetUpAChild) {
  Gateway a(1), b(2);
  a.Configure(5, ConfigOf(true));
  b.Configure(9, ConfigOf(false));
  SetUpTunnel(a, b);
  const api::SaInstall* out = a.fake.Outbound(500);
  ASSERT_NE(out, nullptr);
  const api::SaInstall* in = b.fake.Inbound(out->spi);
  ASSERT_NE(in, nullptr);
  EXPECT_EQ(in->key, out->key);
  EXPECT_EQ(out->encryption, api::FastEncryption::kAesGcm256Icv16);
  EXPECT_EQ(out->mode, api::FastMode::kTunnel);
  EXPECT_EQ(a.Spis(api::IkeSpiState::kUp), 1U) << "fwd sorts packets by it";
  EXPECT_EQ(b.Spis(api::IkeSpiState::kUp), 1U);
}

TEST(RoleTest, FwdIsRestarted) {
  Gateway a(1), b(2);
  a.Configure(5, ConfigOf(true));
  b.Configure(9, ConfigOf(false));
  SetUpTunnel(a, b);
  a.RestartFwd();
  // The new fwd hears of the IKE SA, so that the peer's answer to its deletion comes through.
  ASSERT_TRUE(Until(a, b, [&] { return b.fake.sas().empty(); })) << "the peer was not told";
  ASSERT_TRUE(Until(a, b, [&] { return a.Spis(api::IkeSpiState::kGone) == 1; }));
  SetUpTunnel(a, b);
  EXPECT_EQ(a.fake.deletes(), 0U) << "numbers of the fwd before, which are others' now";
}

TEST(RoleTest, ARefusedConfigurationChangesNothing) {
  Gateway a(1);
  a.Configure(5, ConfigOf(true));
  EXPECT_THAT(a.Prepare(6, "crypto ikev2 profile P\n lifetime 1\n"),
              HasSubstr("running-config:2:11: number outside 120-86400"));
  EXPECT_THAT(a.Prepare(6, ConfigOf(true) + "crypto map M local-address Loopback9\n"),
              HasSubstr("Loopback9"))
      << "a fault between statements";
  EXPECT_EQ(a.Commit(6), "This generation was not prepared.");
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  EXPECT_TRUE(Await(a.fwd, {MessageType::kIkePacket}).has_value()) << "the one before is in force";
}

TEST(RoleTest, WhatIsAbortedIsNotCommitted) {
  Gateway a(1);
  ASSERT_EQ(a.Prepare(5, ConfigOf(true)), "");
  api::Abort abort;
  abort.set_generation(5);
  ASSERT_TRUE(a.mgmt.Send(MessageType::kAbort, 0, abort));
  EXPECT_EQ(a.Commit(5), "This generation was not prepared.");
  EXPECT_EQ(a.Prepare(6, ConfigOf(true)), "");
  EXPECT_EQ(a.Commit(6), "");
  EXPECT_EQ(a.Commit(6), "") << "again, without effect";
}

TEST(RoleTest, MgmtIsRestarted) {
  Gateway a(1), b(2);
  a.Configure(5, ConfigOf(true));
  b.Configure(9, ConfigOf(false));
  a.mgmt = api::Channel();
  b.mgmt = b.role.Connect(vamd::Role::kMgmt);
  SetUpTunnel(a, b);
  a.mgmt = a.role.Connect(vamd::Role::kMgmt);
  EXPECT_EQ(a.Commit(5), "") << "it is in force";
  EXPECT_TRUE(CarriesBothWays(a));
}

TEST(RoleTest, AnEntryThatGoesTakesItsTunnelWithIt) {
  Gateway a(1), b(2);
  a.Configure(5, ConfigOf(true));
  b.Configure(9, ConfigOf(false));
  SetUpTunnel(a, b);
  a.Configure(6, "hostname a\n");
  EXPECT_TRUE(Until(a, b, [&] { return a.fake.sas().empty() && b.fake.sas().empty(); }));
}

// It is IKEv1's: it takes nothing that a peer asks for by IKEv2, and begins nothing.
TEST(RoleTest, AnEntryWithoutIkev2ProfileIsNotServed) {
  Gateway a(1), b(2);
  std::string other = ConfigOf(false);
  constexpr std::string_view kProfile = " set ikev2-profile P\n";
  other.erase(other.find(kProfile), kProfile.size());
  a.Configure(5, ConfigOf(true));
  b.Configure(9, other);
  b.Acquire(500, "192.0.2.1", kInsideB, kInsideA);
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  // The peers know each other, and what A reserved for its child is free again.
  ASSERT_TRUE(Until(a, b, [&] {
    return a.Spis(api::IkeSpiState::kUp) == 1 && b.Spis(api::IkeSpiState::kUp) == 1 &&
           a.fake.deletes() == 1;
  }));
  EXPECT_TRUE(a.fake.sas().empty());
  EXPECT_TRUE(b.fake.sas().empty());
  EXPECT_EQ(b.fake.spis().size(), 1U) << "of the IKE SA that the peer began";
}

TEST(RoleTest, LogsWhatItIsAskedFor) {
  Gateway a(1), b(2);
  a.Configure(5, ConfigOf(true) + "crypto logging ikev2\n");
  b.Configure(9, ConfigOf(false));
  SetUpTunnel(a, b);
  const auto up = AwaitAs<api::LogRecord>(a.mgmt, MessageType::kLogRecord);
  EXPECT_EQ(up.facility(), "IKEV2");
  EXPECT_EQ(up.mnemonic(), "SA_UP");
  EXPECT_EQ(up.severity(), 5U);
  EXPECT_THAT(up.text(), HasSubstr("remote 192.0.2.2"));
  EXPECT_EQ(AwaitAs<api::LogRecord>(a.mgmt, MessageType::kLogRecord).mnemonic(), "CHILD_UP");
}

TEST(RoleTest, SaysWhyASetUpFailed) {
  Gateway a(1), b(2);
  std::string other = ConfigOf(false);
  other.replace(other.find("secret"), 6, "wrong1");
  a.Configure(5, ConfigOf(true) + "crypto logging ikev2\n");
  b.Configure(9, other + "crypto logging ikev2\n");
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Until(a, b, [&] {
    return a.Spis(api::IkeSpiState::kGone) == 1 && b.Spis(api::IkeSpiState::kGone) == 1;
  }));
  const auto failed = AwaitAs<api::LogRecord>(b.mgmt, MessageType::kLogRecord);
  EXPECT_EQ(failed.mnemonic(), "NEG_ABORT");
  EXPECT_THAT(failed.text(), HasSubstr("auth_failed"));
  EXPECT_THAT(AwaitAs<api::LogRecord>(a.mgmt, MessageType::kLogRecord).text(),
              HasSubstr("refused_by_peer"));
}

std::string Large() {
  std::string text = ConfigOf(true);
  for (uint32_t i = 0; i < 10'000; ++i) {
    text += fmt::format(
        "ip access-list extended a{0}\n permit ip any host 10.7.{1}.{2}\n"
        "crypto map L {3} ipsec-isakmp\n set peer 10.8.{1}.{2}\n set transform-set T\n"
        " set ikev2-profile P\n match address a{0}\n",
        i, i / 256, i % 256, i + 1);
  }
  return text +
         "interface g1\n device tap g1\n ip address 198.51.100.1 255.255.255.0\n"
         " crypto map L\n";
}

TEST(RoleTest, IkeGoesOnWhileALargeConfigurationIsRead) {
  Gateway a(1);
  a.Configure(5, ConfigOf(true));
  api::Prepare prepare;
  prepare.set_generation(6);
  prepare.set_configuration(Large());
  ASSERT_TRUE(a.mgmt.Send(MessageType::kPrepare, 7, prepare));
  while (a.mgmt.pending()) ASSERT_TRUE(a.mgmt.Flush());
  a.Acquire(500, "192.0.2.2", kInsideA, kInsideB);
  ASSERT_TRUE(Await(a.fwd, {MessageType::kIkePacket}).has_value());
  api::Health health;
  health.set_token(77);
  ASSERT_TRUE(a.role.supervisor().Send(MessageType::kHealth, 3, health));
  const auto answer = AwaitAs<api::Health>(a.role.supervisor(), MessageType::kHealthReply);
  EXPECT_EQ(answer.token(), 77U);
  const auto early = a.mgmt.Receive();
  ASSERT_TRUE(early.has_value());
  EXPECT_FALSE(early->has_value()) << "the role waited for the parser, or the text is too short";
  EXPECT_EQ(AwaitAs<api::PrepareReply>(a.mgmt, MessageType::kPrepareReply).error(), "");
  EXPECT_EQ(a.Commit(6), "");
}

TEST(RoleTest, ConfinedItDoesAllThis) {
  Gateway a(1, RunningRole::In::kConfinedProcess), b(2, RunningRole::In::kConfinedProcess);
  a.Configure(5, Large());
  b.Configure(9, ConfigOf(false));
  SetUpTunnel(a, b);
  a.Configure(6, ConfigOf(true));
  EXPECT_TRUE(CarriesBothWays(a));
  EXPECT_NE(a.Prepare(7, "no such statement\n"), "");
  a.RestartFwd();
  ASSERT_TRUE(Until(a, b, [&] { return b.fake.sas().empty(); }));
  EXPECT_EQ(a.role.Stop(), 0) << "killed for a system call, or it failed";
}

}  // namespace
}  // namespace vam::ike::test
