// Which names are asked for when, with a worker that the test plays.
#include "sw/mgmt/peer_resolver.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include "sw/api/peer_names.h"
#include "sw/config/parser.h"
#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

net::Address At(const char* text) { return *net::Address::Parse(text); }

std::string EntryFor(int sequence, const std::string& peer) {
  return fmt::format("crypto map m {} ipsec-isakmp\n set peer {}\n", sequence, peer);
}

class PeerResolverTest : public ::testing::Test {
 protected:
  void Use(const std::string& text) {
    auto parsed = config::Parse(text);
    ASSERT_TRUE(std::holds_alternative<config::Parsed>(parsed)) << text;
    resolver_.Configure(std::get<config::Parsed>(parsed).running);
  }
  // Of the last question.
  void Answer(std::vector<const char*> addresses, uint32_t ttl_s) {
    api::ResolveReply reply;
    for (const char* address : addresses) reply.add_address(api::FieldOf(At(address)));
    reply.set_ttl_seconds(ttl_s);
    resolver_.Answer(last_, reply);
  }
  void Fail(const char* why, bool negative) {
    api::ResolveReply reply;
    reply.set_error(why);
    reply.set_negative(negative);
    resolver_.Answer(last_, reply);
  }
  void Pass(uint64_t seconds) {
    clock_.AdvanceNs(seconds * kNsPerSecond);
    resolver_.Turn();
  }
  std::vector<net::Address> Known(const char* name) {
    const auto addresses = table_.AddressesOf(name);
    return {addresses.begin(), addresses.end()};
  }

  ManualClock clock_{1000 * kNsPerSecond, 1000 * kNsPerSecond};
  bool worker_ = true;
  uint32_t last_ = 0;
  std::vector<std::string> asked_;
  std::vector<api::ResolveRequest> requests_;
  int told_ = 0;
  net::NameTable table_;  // a role's
  PeerResolver resolver_{clock_,
                         [this](uint32_t request, const api::ResolveRequest& wanted) {
                           if (!worker_) return false;
                           last_ = request;
                           asked_.push_back(wanted.name());
                           requests_.push_back(wanted);
                           return true;
                         },
                         [this](const api::PeerNames& names) {
                           ++told_;
                           EXPECT_TRUE(api::Apply(names, table_));
                         }};
};

TEST_F(PeerResolverTest, ANameIsResolvedOnceWhenItComes) {
  Use("ip name-server 192.0.2.53 2001:db8::53\n" + EntryFor(10, "GW.example.com"));
  EXPECT_THAT(asked_, ElementsAre("gw.example.com"));
  EXPECT_TRUE(requests_[0].ipv4());
  EXPECT_FALSE(requests_[0].ipv6());
  ASSERT_THAT(requests_[0].server(), SizeIs(2));
  EXPECT_EQ(*api::AddressOfField(requests_[0].server(1).address()), At("2001:db8::53"));
  Answer({"192.0.2.1", "192.0.2.2"}, 60);
  EXPECT_THAT(Known("gw.example.com"), ElementsAre(At("192.0.2.1"), At("192.0.2.2")));
  Pass(100'000);
  resolver_.Want("gw.example.com");
  Use("ip name-server 192.0.2.54\n" + EntryFor(10, "gw.example.com"));
  EXPECT_THAT(asked_, SizeIs(1)) << "it keeps its address";
}

TEST_F(PeerResolverTest, ADynamicNameFollowsItsTimeToLive) {
  Use(EntryFor(10, "gw dynamic"));
  Answer({"192.0.2.1"}, 120);
  Pass(119);
  EXPECT_THAT(asked_, SizeIs(1));
  Pass(2);
  ASSERT_THAT(asked_, SizeIs(2));
  Answer({"192.0.2.7"}, 0);
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.7")));
  Pass(PeerResolver::kLeastTtlS - 1);
  EXPECT_THAT(asked_, SizeIs(2)) << "bounded below";
  Pass(2);
  ASSERT_THAT(asked_, SizeIs(3));
  const int told = told_;
  Answer({"192.0.2.7"}, 0xFFFFFFFF);
  EXPECT_EQ(told_, told) << "nothing has changed";
  Pass(PeerResolver::kMostTtlS + 1);
  EXPECT_THAT(asked_, SizeIs(4)) << "bounded above";
}

TEST_F(PeerResolverTest, WhatServersTurnRoundKeepsItsOrder) {
  Use(EntryFor(10, "gw dynamic"));
  Answer({"192.0.2.1", "192.0.2.2"}, 30);
  Pass(31);
  Answer({"192.0.2.2", "192.0.2.1"}, 30);
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.1"), At("192.0.2.2")));
}

TEST_F(PeerResolverTest, FailuresAreRetriedWithGrowingPauses) {
  Use(EntryFor(10, "gw"));
  Fail("No name server answers.", false);
  EXPECT_EQ(table_.Find("gw")->problem, "No name server answers.");
  uint64_t pause_s = PeerResolver::kFirstPauseS;
  for (size_t asked = 2; asked < 12; ++asked) {
    Pass(pause_s - 1);
    ASSERT_THAT(asked_, SizeIs(asked - 1));
    Pass(1);
    ASSERT_THAT(asked_, SizeIs(asked));
    Fail("No name server answers.", false);
    pause_s = std::min(2 * pause_s, PeerResolver::kMostPauseS);
  }
  Pass(PeerResolver::kMostPauseS);
  Answer({"192.0.2.1"}, 30);
  EXPECT_EQ(table_.Find("gw")->problem, "");
  Pass(1'000);
  EXPECT_THAT(asked_, SizeIs(12));
}

TEST_F(PeerResolverTest, SilenceKeepsWhatWasKnownAndNoSuchNameTakesIt) {
  Use(EntryFor(10, "gw dynamic"));
  Answer({"192.0.2.1"}, 30);
  Pass(31);
  Fail("No name server answers.", false);
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.1")));
  Pass(5);
  Fail("There is no such name.", true);
  EXPECT_THAT(Known("gw"), IsEmpty());
  EXPECT_EQ(table_.Find("gw")->problem, "There is no such name.");
  // Nor has it one when it names none that could be called.
  Pass(10);
  Answer({"127.0.0.1", "2001:db8::1"}, 30);
  EXPECT_EQ(table_.Find("gw")->problem, "The name has no address that can be used.");
}

TEST_F(PeerResolverTest, ASilentPeerIsAskedForAnewButNotTooOften) {
  Use(EntryFor(10, "gw dynamic"));
  Answer({"192.0.2.1"}, 3600);
  resolver_.Want("nobody");
  resolver_.Want("GW");
  EXPECT_THAT(asked_, SizeIs(1)) << "it was just asked for";
  Pass(PeerResolver::kLeastPauseS);
  EXPECT_THAT(asked_, SizeIs(2));
  resolver_.Want("gw");
  EXPECT_THAT(asked_, SizeIs(2)) << "it is being asked for";
  Answer({"192.0.2.9"}, 3600);
  Pass(PeerResolver::kLeastPauseS);
  resolver_.Want("gw");
  EXPECT_THAT(asked_, SizeIs(3));
}

TEST_F(PeerResolverTest, HostsOfTheConfigurationAreAskedOfNobody) {
  Use("ip host gw 192.0.2.1 2001:db8::1\n" + EntryFor(10, "gw dynamic"));
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.1"), At("2001:db8::1")));
  resolver_.Want("gw");
  Use(EntryFor(10, "gw dynamic"));
  EXPECT_THAT(asked_, ElementsAre("gw"));
  Use("ip host gw 192.0.2.3\n" + EntryFor(10, "gw dynamic"));
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.3")));
  Answer({"192.0.2.66"}, 30);
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.3"))) << "an answer of before";
  Use("");
  EXPECT_EQ(table_.Find("gw"), nullptr);
}

TEST_F(PeerResolverTest, WithoutLookupNobodyIsAsked) {
  Use("no ip domain lookup\n" + EntryFor(10, "gw dynamic"));
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(table_.Find("gw")->problem, HasSubstr("no ip domain lookup"));
  Pass(1000);
  resolver_.Want("gw");
  EXPECT_THAT(asked_, IsEmpty());
  Use(EntryFor(10, "gw dynamic"));
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_F(PeerResolverTest, BothVersionsOfIpForMapsOfBoth) {
  Use(EntryFor(10, "gw") + "crypto map ipv6 six 10 ipsec-isakmp\n set peer gw\n");
  EXPECT_TRUE(requests_[0].ipv4() && requests_[0].ipv6());
  Answer({"2001:db8::1", "192.0.2.1"}, 30);
  EXPECT_THAT(Known("gw"), ElementsAre(At("2001:db8::1"), At("192.0.2.1")));
  Use("crypto map ipv6 six 10 ipsec-isakmp\n set peer gw2\n");
  EXPECT_FALSE(requests_[1].ipv4());
}

TEST_F(PeerResolverTest, AMapOfTheOtherVersionIsAskedForAnew) {
  Use(EntryFor(10, "gw"));
  const uint32_t first = last_;
  Use(EntryFor(10, "gw") + "crypto map ipv6 six 10 ipsec-isakmp\n set peer gw\n");
  ASSERT_THAT(asked_, SizeIs(2));
  resolver_.Answer(first, {});
  EXPECT_EQ(table_.Find("gw"), nullptr) << "of the question before";
  Answer({"2001:db8::1"}, 30);
  EXPECT_THAT(Known("gw"), ElementsAre(At("2001:db8::1")));
}

TEST_F(PeerResolverTest, AWorkerThatIsAwayIsAFailure) {
  worker_ = false;
  Use(EntryFor(10, "gw"));
  EXPECT_THAT(table_.Find("gw")->problem, HasSubstr("is not there"));
  worker_ = true;
  Pass(PeerResolver::kFirstPauseS);
  Answer({"192.0.2.1"}, 30);
  EXPECT_THAT(Known("gw"), ElementsAre(At("192.0.2.1")));
}

TEST_F(PeerResolverTest, SomeAtOnceAndTheOthersAfterwards) {
  std::string text;
  for (int i = 1; i <= 100; ++i) text += EntryFor(i, fmt::format("gw{}", i));
  Use(text);
  EXPECT_THAT(asked_, SizeIs(PeerResolver::kMostAtOnce));
  for (uint32_t i = 1; i <= 100; ++i) {
    last_ = i;
    Answer({"192.0.2.1"}, 30);
  }
  EXPECT_THAT(asked_, SizeIs(100));
  EXPECT_EQ(table_.size(), 100u);
  EXPECT_EQ(resolver_.All().name_size(), 100);
}

TEST_F(PeerResolverTest, IsShown) {
  Use("ip name-server 192.0.2.53\nip host fixed 192.0.2.9\n" + EntryFor(10, "gw dynamic") +
      EntryFor(20, "bad"));
  last_ = 1;
  Fail("There is no such name.", true);
  last_ = 2;
  Answer({"192.0.2.1", "192.0.2.2"}, 60);
  clock_.AdvanceNs(2 * kNsPerSecond);
  api::Hosts hosts;
  resolver_.Fill(hosts);
  EXPECT_EQ(RenderHosts(hosts),
            "Name lookup is enabled\nName servers are 192.0.2.53\n\n"
            "Host                      Kind     Age(s)  Next(s)  Address(es)\n"
            "bad                       once     -       3        \n"
            "  There is no such name.\n"
            "fixed                     perm     2       -        192.0.2.9\n"
            "gw                        dynamic  2       58       192.0.2.1, 192.0.2.2\n");
  api::CryptoMap map;
  map.add_entry()->add_configured_peer("GW");
  map.mutable_entry(0)->add_configured_peer("bad");
  map.mutable_entry(0)->add_configured_peer("192.0.2.5");
  resolver_.Fill(map);
  ASSERT_THAT(map.entry(0).peer_name(), SizeIs(2));
  EXPECT_EQ(AddressesText(map.entry(0).peer_name(0)), " (192.0.2.1, 192.0.2.2)");
  EXPECT_EQ(AddressesText(map.entry(0).peer_name(1)), " (There is no such name.)");
}

}  // namespace
}  // namespace vam::mgmt
