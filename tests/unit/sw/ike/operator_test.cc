// What operators see of IKEv2 and do to it: show, clear, debug, counters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/clear.h"
#include "sw/ike/v2/debug_log.h"
#include "sw/ike/v2/journals.h"
#include "sw/ike/v2/show.h"
#include "tests/ike/network.h"
#include "tests/ike/resumption.h"

namespace vam::ike::v2 {
namespace {

using test::Network;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Names kNames{{"", "red", "blue"}, {"lan0", "net1"}};

api::ShowRequest IkeSasWanted(bool detail = false) {
  api::ShowRequest request;
  request.set_kind(api::SHOW_IKE_SA);
  request.set_detail(detail);
  return request;
}

// All pieces of an answer; each of them within the limit.
std::vector<api::IkeSas> Pieces(const Core& core, api::ShowRequest request) {
  std::vector<api::IkeSas> pieces;
  while (pieces.size() < 1000) {
    api::ShowReply reply;
    FillIkeSas(core, request, reply, kNames);
    EXPECT_EQ(reply.error(), "");
    pieces.push_back(reply.ike_sas());
    size_t rows = 0;
    for (const api::IkeSa& sa : reply.ike_sas().sa()) {
      rows += 1 + static_cast<size_t>(sa.child_size());
    }
    EXPECT_LE(rows, (request.limit() == 0 ? kShowRows : request.limit()) + 1);
    if (!reply.has_next()) return pieces;
    *request.mutable_cursor() = reply.next();
  }
  ADD_FAILURE() << "the pieces never end";
  return pieces;
}

api::IkeSa Only(const Core& core, bool detail = false) {
  const auto pieces = Pieces(core, IkeSasWanted(detail));
  EXPECT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces.at(0).sa_size(), 1);
  return pieces.at(0).sa(0);
}

// A network whose first side tells everything to `stats` and `debug` too.
struct Watched {
  explicit Watched(uint64_t seed) : net(seed), stats(net.clock), debug(net.clock) {
    debug.SetNames(kNames);
    net.a.record.also = &journals;
  }
  Core& core() { return net.a.machine.core(); }

  Network net;
  Stats stats;
  DebugLog debug;
  Journals journals{{&stats, &debug}};
};

// MG-8, MG-10, MG-7.
TEST(IkeShowTest, ThePeersDescription) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(Only(net.a.machine.core()).description(), "");
  EXPECT_FALSE(Only(net.a.machine.core()).peer_policy());
  Policy::Parts parts = test::PolicyOf(test::TunnelOfA());
  config::NamedList<config::IsakmpPeer> said;
  config::IsakmpPeer& peer = said.FindOrAdd("address 192.0.2.2");
  peer.address = *net::Prefix::Parse("192.0.2.2");
  peer.description = "connection from site A";
  parts.notes = PeerNotes(said, config::VrfNumbers());
  net.a.SetPolicy(std::move(parts));
  EXPECT_EQ(Only(net.a.machine.core()).description(), "connection from site A");
  EXPECT_TRUE(Only(net.a.machine.core()).peer_policy());
}

TEST(IkeShowTest, ATunnelThatIsUp) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  net.Pass(12'000);
  const api::IkeSa a = Only(net.a.machine.core(), true);
  EXPECT_EQ(a.local(), "192.0.2.1");
  EXPECT_EQ(a.remote(), "192.0.2.2");
  EXPECT_EQ(a.local_port(), 500u);
  EXPECT_EQ(a.state(), "READY");
  EXPECT_EQ(a.status(), "Active");
  EXPECT_EQ(a.conn_id(), 1u);
  EXPECT_EQ(a.session_id(), 1u);
  EXPECT_EQ(a.encryption(), "AES-GCM");
  EXPECT_EQ(a.key_bits(), 256u);
  EXPECT_EQ(a.prf(), "SHA256");
  EXPECT_EQ(a.hash(), "");
  EXPECT_EQ(a.dh_group(), 31u);
  EXPECT_EQ(a.authentication_local(), "PSK");
  EXPECT_EQ(a.authentication_remote(), "PSK");
  EXPECT_EQ(a.lifetime_seconds(), 86'400u);
  EXPECT_GE(a.active_seconds(), 12u);
  EXPECT_NEAR(static_cast<double>(a.active_seconds() + a.remaining_seconds()), 86'400, 1);
  EXPECT_TRUE(a.initiator());
  EXPECT_EQ(a.local_id(), "192.0.2.1");
  EXPECT_EQ(a.remote_id(), "192.0.2.2");
  EXPECT_EQ(a.local_request_id(), 2u);
  EXPECT_EQ(a.local_next_id(), 2u);
  EXPECT_EQ(a.profile(), "P");
  EXPECT_EQ(a.interface(), "lan0");
  ASSERT_EQ(a.child_size(), 1);
  EXPECT_EQ(a.child_count(), 1u);
  const api::IkeChildSa& child = a.child(0);
  EXPECT_EQ(child.local().first_address(), "10.1.0.0");
  EXPECT_EQ(child.local().last_address(), "10.1.255.255");
  EXPECT_EQ(child.remote().last_port(), 65'535u);
  EXPECT_EQ(child.encryption(), "AES-GCM");
  EXPECT_EQ(child.key_bits(), 128u);
  EXPECT_EQ(child.crypto_map(), "M");
  EXPECT_EQ(child.mode(), "tunnel");
  const api::IkeSa b = Only(net.b.machine.core(), true);
  EXPECT_FALSE(b.initiator());
  EXPECT_EQ(b.local_spi(), a.remote_spi());
  EXPECT_EQ(b.remote_spi(), a.local_spi());
  EXPECT_EQ(b.child(0).inbound_spi(), child.outbound_spi());
  EXPECT_EQ(b.remote_next_id(), 2u);
}

TEST(IkeShowTest, BeforeThePeerHasAnswered) {
  Network net(2);
  net.weather.loss_percent = 100;
  net.a.Acquire(1);
  net.Pass(100);
  const api::IkeSa sa = Only(net.a.machine.core(), true);
  EXPECT_EQ(sa.state(), "IN-NEG");
  EXPECT_EQ(sa.status(), "Negotiating");
  EXPECT_EQ(sa.encryption(), "");
  EXPECT_EQ(sa.remote_spi(), "0000000000000000");
  EXPECT_EQ(sa.child_size(), 0);
}

TEST(IkeShowTest, RekeyingKeepsTheSession) {
  Watched w(3);
  w.net.a.Acquire(1);
  w.net.Run();
  w.net.Pass(86'400'000);
  const api::IkeSa sa = Only(w.core());
  EXPECT_NE(sa.conn_id(), 1u);
  EXPECT_EQ(sa.session_id(), 1u);
  EXPECT_EQ(w.stats.ike_rekeys(), 1u);
}

// Ten thousand IKE SAs of both families, none left out, none twice, in their order.
TEST(IkeShowTest, ManyComeInPieces) {
  Network net(4);
  Core& core = net.a.machine.core();
  constexpr uint32_t kMany = 10'000;
  for (uint32_t i = 0; i < kMany; ++i) {
    Ends ends;
    const bool v6 = i % 3 == 0;
    ends.local = v6 ? *net::Address::Parse("2001:db8::1") : net::Address::V4(0x0a000001);
    ends.remote = v6 ? *net::Address::Parse("2001:db8::2") : net::Address::V4(0x0b000000 + i);
    core.Create(ends, i % 2 == 0);
  }
  std::vector<std::pair<bool, uint32_t>> seen;
  const auto pieces = Pieces(core, IkeSasWanted());
  for (const api::IkeSas& piece : pieces) {
    for (const api::IkeSa& sa : piece.sa()) {
      seen.emplace_back(sa.remote().find(':') != std::string::npos, sa.conn_id());
    }
  }
  EXPECT_EQ(pieces.size(), (kMany + kShowRows - 1) / kShowRows);
  EXPECT_EQ(seen.size(), kMany);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(IkeShowTest, ManyChildrenOfOneComeInPieces) {
  Network net(5);
  Core& core = net.a.machine.core();
  Ends ends;
  ends.local = net::Address::V4(0x0a000001);
  for (uint32_t host = 1; host <= 3; ++host) {
    ends.remote = net::Address::V4(0x0b000000 + host);
    IkeSa& sa = core.Create(ends, true);
    sa.state = IkeSa::State::kUp;
    const auto config = std::make_shared<ChildConfig>();
    for (uint32_t i = 0; i < 100; ++i) {
      ChildSa& child = sa.AddChild(config);
      child.state = i % 10 == 9 ? ChildSa::State::kNegotiating : ChildSa::State::kUp;
    }
  }
  for (const uint32_t limit : {0u, 1u, 2u, 7u, 91u, 1000u}) {
    api::ShowRequest request = IkeSasWanted(true);
    request.set_limit(limit);
    std::vector<std::pair<uint32_t, uint32_t>> seen;
    size_t heads = 0;
    for (const api::IkeSas& piece : Pieces(core, request)) {
      for (const api::IkeSa& sa : piece.sa()) {
        heads += sa.continued() ? 0 : 1;
        EXPECT_EQ(sa.child_count(), 90u);
        for (const api::IkeChildSa& child : sa.child()) {
          seen.emplace_back(sa.conn_id(), child.number());
        }
      }
    }
    EXPECT_EQ(heads, 3u) << limit;
    EXPECT_EQ(seen.size(), 270u) << limit;
    EXPECT_TRUE(std::ranges::is_sorted(seen)) << limit;
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end()) << limit;
  }
}

TEST(IkeShowTest, FiltersMustAllAgree) {
  Network net(6);
  Core& core = net.a.machine.core();
  Ends ends;
  ends.local = net::Address::V4(0x0a000001);
  ends.remote = net::Address::V4(0x0b000001);
  core.Create(ends, true);
  ends.front_vrf = 1;
  ends.interface = 1;
  ends.remote_port = 4500;
  IkeSa& other = core.Create(ends, true);
  const auto config = std::make_shared<ChildConfig>();
  config->inside_vrf = 2;
  other.AddChild(config);
  const auto count = [&](const std::function<void(api::ShowRequest&)>& set) {
    api::ShowRequest request = IkeSasWanted();
    set(request);
    return Pieces(core, request).at(0).sa_size();
  };
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_peer("11.0.0.1"); }), 2);
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_local("11.0.0.1"); }), 0);
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_front_vrf("red"); }), 1);
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_vrf("blue"); }), 1);
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_interface("net1"); }), 1);
  EXPECT_EQ(count([](api::ShowRequest& r) { r.set_peer_port(500); }), 1);
  EXPECT_EQ(count([](api::ShowRequest& r) {
              r.set_vrf("blue");
              r.set_peer_port(500);
            }),
            0);
  api::ShowRequest request = IkeSasWanted();
  request.set_front_vrf("green");
  const Stats stats(net.clock);
  EXPECT_EQ(AnswerShow(core, stats, kNames, request).error(), "There is no VRF green.");
  request.Clear();
  request.set_kind(api::SHOW_ARP);
  EXPECT_EQ(AnswerShow(core, stats, kNames, request).error(), "IKEv2 does not know this.");
}

TEST(IkeClearTest, ThePeerIsToldAndBothEnd) {
  Watched w(7);
  w.net.a.Acquire(1);
  w.net.Run();
  api::ClearRequest request;
  request.set_kind(api::CLEAR_IKEV2_SA);
  request.set_peer("192.0.2.77");
  EXPECT_EQ(AnswerClear(w.core(), w.stats, kNames, request).cleared(), 0u);
  request.set_peer("192.0.2.2");
  const api::ClearReply reply = AnswerClear(w.core(), w.stats, kNames, request);
  EXPECT_EQ(reply.error(), "");
  EXPECT_EQ(reply.cleared(), 1u);
  EXPECT_EQ(Only(w.core()).state(), "DELETE");
  w.net.a.machine.Poll();
  w.net.Run();
  EXPECT_EQ(w.net.a.IkeSas() + w.net.b.IkeSas(), 0u);
  EXPECT_EQ(w.net.a.record.Count("ike down cleared_by_operator"), 1u);
  EXPECT_EQ(w.net.b.record.Count("ike down deleted_by_peer"), 1u);
  EXPECT_TRUE(w.net.a.fwd.sas().empty());
  EXPECT_TRUE(w.stats.errors().empty()) << "an ending in good order is no error";
}

// A gateway that is drained: who cannot go stays, and nothing is deleted here.
TEST(IkeClearTest, PeersAreSentOn) {
  Watched w(9);
  w.net.a.Acquire(1);
  w.net.Run();
  api::ClearRequest request;
  request.set_kind(api::CLEAR_IKEV2_SA);
  request.set_redirect("198.51.100.12");
  // This side has called.
  api::ClearReply reply = AnswerClear(w.core(), w.stats, kNames, request);
  EXPECT_TRUE(reply.has_told());
  EXPECT_EQ(reply.told(), 0u);
  EXPECT_EQ(reply.left(), 1u);
  // As if the peer had.
  IkeSa& sa = *w.net.a.Up();
  sa.caller = false;
  sa.peer_redirects = true;
  request.set_peer("192.0.2.77");
  reply = AnswerClear(w.core(), w.stats, kNames, request);
  EXPECT_EQ(reply.told() + reply.left(), 0u);
  request.set_peer("192.0.2.2");
  reply = AnswerClear(w.core(), w.stats, kNames, request);
  EXPECT_EQ(reply.told(), 1u);
  EXPECT_EQ(reply.left() + reply.cleared(), 0u);
  w.net.a.machine.Poll();
  w.net.Run();
  EXPECT_EQ(Only(w.core()).state(), "READY");
  api::ShowReply shown;
  FillIkev2Stats(w.core(), w.stats, shown);
  EXPECT_EQ(shown.ikev2_stats().redirects().active(), 1u);
  EXPECT_EQ(shown.ikev2_stats().redirects().init(), 0u);
  w.stats.Clear();
  EXPECT_EQ(w.stats.sent_on()[2], 0u);
  for (const char* nobody : {"224.0.0.1", "no address"}) {
    request.set_redirect(nobody);
    reply = AnswerClear(w.core(), w.stats, kNames, request);
    EXPECT_EQ(reply.error(), std::string("No peer can be sent to this address: ") + nobody + ".");
    EXPECT_FALSE(reply.has_told());
  }
}

TEST(IkeClearTest, WhatIsNotThereIsSaid) {
  Watched w(8);
  w.net.a.Acquire(1);
  w.net.Run();
  api::ClearRequest request;
  request.set_kind(api::CLEAR_CRYPTO_SESSION);
  request.set_front_vrf("green");
  EXPECT_EQ(AnswerClear(w.core(), w.stats, kNames, request).error(), "There is no VRF green.");
  EXPECT_EQ(ClearIke(w.core(), request, kNames), 0u);
  request.Clear();
  request.set_kind(api::CLEAR_ARP);
  EXPECT_NE(AnswerClear(w.core(), w.stats, kNames, request).error(), "");
  EXPECT_EQ(Only(w.core()).state(), "READY");
}

TEST(IkeShowTest, AddressPools) {
  Watched w(8);
  Policy::Parts parts = test::PolicyOf(test::TunnelOfA());
  const net::Address first = *net::Address::Parse("10.9.0.1");
  parts.pools = {{"POOL", false, {{first, 2}, {*net::Address::Parse("10.9.1.1"), 1}}, {}},
                 {"OTHER", false, {{*net::Address::Parse("10.8.0.1"), 7}}, {}}};
  w.net.a.SetPolicy(std::move(parts));
  const auto lease = w.core().leases().Assign(
      "POOL", false, {Identity::Of(IdentityType::kFqdn, "gb.example"), first}, {});
  ASSERT_TRUE(lease);
  api::ShowRequest request;
  request.set_kind(api::SHOW_ADDRESS_POOLS);
  EXPECT_EQ(AnswerShow(w.core(), w.stats, kNames, request).address_pools().pool_size(), 3);
  request.set_map("POOL");
  const api::AddressPools show = AnswerShow(w.core(), w.stats, kNames, request).address_pools();
  ASSERT_EQ(show.pool_size(), 2);
  EXPECT_EQ(show.pool(0).last(), "10.9.0.2");
  EXPECT_EQ(show.pool(0).free(), 1u);
  EXPECT_EQ(show.pool(0).in_use(), 1u);
  EXPECT_EQ(show.pool(1).in_use(), 0u);
  ASSERT_EQ(show.lease_size(), 1);
  EXPECT_EQ(show.lease(0).address(), "10.9.0.1");
  EXPECT_EQ(show.lease(0).identity(), "gb.example");
  request.set_ipv6(true);
  EXPECT_EQ(AnswerShow(w.core(), w.stats, kNames, request).error(),
            "There is no pool of this name.");
  request.set_kind(api::SHOW_IKEV2_STATS);
  const api::Ikev2Stats stats = AnswerShow(w.core(), w.stats, kNames, request).ikev2_stats();
  EXPECT_EQ(stats.addresses_in_use(), 1u);
  EXPECT_EQ(stats.addresses_given(), 1u);
}

TEST(IkeStatsTest, SetUpsAndExchangesAreCounted) {
  Watched w(9);
  w.net.a.Acquire(1);
  w.net.Run();
  api::ShowReply reply;
  FillIkev2Stats(w.core(), w.stats, reply);
  const api::Ikev2Stats& show = reply.ikev2_stats();
  EXPECT_EQ(show.outgoing().active(), 1u);
  EXPECT_EQ(show.outgoing().established(), 1u);
  EXPECT_EQ(show.incoming().established(), 0u);
  EXPECT_EQ(show.children(), 1u);
  EXPECT_EQ(show.children_up(), 1u);
  EXPECT_EQ(show.retransmit().timeout_ms(), 1'000u);
  EXPECT_EQ(show.retransmit().tries(), 6u);
  EXPECT_EQ(show.retransmit().given_up_ms() / 1'000, 41u);
  EXPECT_EQ(show.exchange(0).name(), "IKE_SA_INIT");
  EXPECT_EQ(show.exchange(0).sent_requests(), 1u);
  EXPECT_EQ(show.exchange(0).received_responses(), 1u);
  EXPECT_EQ(show.exchange(1).sent_requests(), 1u);
  EXPECT_EQ(show.exchange(1).received_requests(), 0u);
  api::ClearRequest clear;
  clear.set_kind(api::CLEAR_IKEV2_STATS);
  EXPECT_EQ(AnswerClear(w.core(), w.stats, kNames, clear).error(), "");
  reply.Clear();
  FillIkev2Stats(w.core(), w.stats, reply);
  EXPECT_EQ(reply.ikev2_stats().outgoing().established(), 0u);
  EXPECT_EQ(reply.ikev2_stats().outgoing().active(), 1u) << "what is there is no counter";
  EXPECT_EQ(reply.ikev2_stats().exchange(0).sent_requests(), 0u);
}

TEST(IkeStatsTest, AFailureIsKeptWithItsPeer) {
  Watched w(10);
  test::Tunnel tunnel = test::TunnelOfA();
  tunnel.key = tunnel.peers_key = "another key";
  w.net.a.SetPolicy(test::PolicyOf(tunnel));
  w.net.a.Acquire(1);
  w.net.Run();
  const auto errors = w.stats.errors();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].cause, Cause::kRefusedByPeer);
  EXPECT_EQ(net::ToString(errors[0].ends.remote), "192.0.2.2");
  EXPECT_EQ(w.stats.outgoing().failed, 1u);
  api::ShowReply reply;
  FillIkev2Errors(w.stats, reply, kNames);
  EXPECT_EQ(reply.ikev2_errors().error(0).cause(), "refused_by_peer");
  EXPECT_EQ(reply.ikev2_errors().error(0).text(), "The peer refused");
  EXPECT_EQ(reply.ikev2_errors().total(), 1u);
}

// Anybody can send nonsense from any address: it must not push out what matters.
TEST(IkeStatsTest, AFloodDoesNotHideFailures) {
  ManualClock clock{kNsPerSecond, 1000 * kNsPerSecond};
  Stats stats(clock);
  IkeSa sa;
  sa.ends.remote = net::Address::V4(1);
  stats.IkeDown(sa, Cause::kAuthFailed, false);
  for (uint32_t i = 0; i < 100'000; ++i) {
    Ends ends;
    ends.remote = net::Address::V4(1000 + i);
    stats.Refused(ends, Cause::kMalformed);
  }
  auto errors = stats.errors();
  EXPECT_EQ(errors.size(), Stats::kMostRefusals + 1);
  EXPECT_EQ(errors.front().cause, Cause::kAuthFailed);
  EXPECT_EQ(stats.total_errors(), 100'001u);
  Ends ends;
  ends.remote = net::Address::V4(7);
  for (int i = 0; i < 5; ++i) stats.Refused(ends, Cause::kWrongIcv);
  errors = stats.errors();
  EXPECT_EQ(errors.back().times, 5u) << "the same again is one entry";
  for (uint32_t i = 0; i < 100; ++i) {
    sa.ends.remote = net::Address::V4(i);
    stats.IkeDown(sa, Cause::kNoAnswer, true);
  }
  EXPECT_EQ(stats.errors().size(), Stats::kMostRefusals + Stats::kMostFailures);
  stats.IkeDown(sa, Cause::kDeletedByPeer, true);
  EXPECT_EQ(stats.errors().back().cause, Cause::kNoAnswer);
}

api::DebugState StateOf(std::initializer_list<api::DebugArea> areas) {
  api::DebugState state;
  for (const api::DebugArea area : areas) state.add_area(area);
  return state;
}

std::vector<std::string> Texts(DebugLog& debug) {
  std::vector<std::string> texts;
  for (const api::DebugRecord& record : debug.Take()) texts.push_back(record.text());
  return texts;
}

TEST(IkeDebugTest, NothingIsSaidWithoutAskers) {
  Watched w(11);
  w.net.a.Acquire(1);
  w.net.Run();
  EXPECT_TRUE(w.debug.empty());
}

TEST(IkeDebugTest, EventsPacketsAndStates) {
  Watched w(12);
  w.debug.Set(StateOf({api::DEBUG_IKEV2}));
  w.net.a.Acquire(1);
  w.net.Run();
  auto texts = Texts(w.debug);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_THAT(texts[0], StartsWith("IKEv2:(SESSION ID = 1,SA ID = 1):SA created, initiator with "
                                   "192.0.2.2:500, remote id 192.0.2.2, profile P"));
  EXPECT_THAT(texts[1], HasSubstr("Child SA created: ESP spi in/out 0x"));
  EXPECT_THAT(texts[1], HasSubstr("10.1.0.0 - 10.1.255.255 to 10.2.0.0 - 10.2.255.255"));

  Watched packets(13);
  packets.debug.Set(StateOf({api::DEBUG_IKEV2_PACKET, api::DEBUG_IKEV2_INTERNAL}));
  packets.net.a.Acquire(1);
  packets.net.Run();
  texts = Texts(packets.debug);
  const std::string all = [&] {
    std::string joined;
    for (const std::string& text : texts) joined += text + "\n";
    return joined;
  }();
  EXPECT_THAT(all, HasSubstr("Sending Packet [To 192.0.2.2:500/From 192.0.2.1:500/VRF i0:f0]"));
  EXPECT_THAT(all, HasSubstr("IKEv2 IKE_SA_INIT Exchange REQUEST Payload contents: "));
  EXPECT_THAT(all, HasSubstr("Received Packet [From 192.0.2.2:500/To 192.0.2.1:500/VRF i0:f0]"));
  EXPECT_THAT(all, HasSubstr("IKEv2 IKE_AUTH Exchange RESPONSE Payload contents: "));
  EXPECT_THAT(all, HasSubstr("CurState: AUTH Next: READY"));
  EXPECT_THAT(all, Not(HasSubstr("a shared key")));
}

TEST(IkeDebugTest, ConditionsAndErrorsAlone) {
  Watched w(14);
  api::DebugState state;
  state.add_error_area(api::DEBUG_IKEV2);
  w.debug.Set(state);
  w.net.a.Acquire(1);
  w.net.Run();
  EXPECT_TRUE(w.debug.empty()) << "nothing went wrong";
  Ends ends;
  ends.remote = net::Address::V4(0xc0000202);
  w.core().Drop(ends, Cause::kMalformed);
  EXPECT_EQ(Texts(w.debug).size(), 1u);
  api::DebugCondition& condition = *state.add_condition();
  condition.set_kind(api::DebugCondition::PEER_IPV4);
  condition.set_text("192.0.2.3");
  w.debug.Set(state);
  w.core().Drop(ends, Cause::kMalformed);
  EXPECT_TRUE(w.debug.empty());
  ends.remote = net::Address::V4(0xc0000203);
  w.core().Drop(ends, Cause::kMalformed);
  EXPECT_THAT(Texts(w.debug).at(0), HasSubstr("Packet from 192.0.2.3:500 dropped"));
}

TEST(IkeDebugTest, TheRateIsLimitedAndSaid) {
  Watched w(15);
  w.debug.Set(StateOf({api::DEBUG_IKEV2}));
  Ends ends;
  for (int i = 0; i < 1000; ++i) w.core().Drop(ends, Cause::kMalformed);
  EXPECT_EQ(Texts(w.debug).size(), api::DebugQueue::kMostQueued);
  w.net.clock.AdvanceNs(kNsPerSecond);
  w.core().Drop(ends, Cause::kMalformed);
  const auto records = w.debug.Take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].dropped(), 1000 - api::DebugQueue::kMostQueued);
}

// ---- session resumption (RFC 5723)

api::Ikev2Resumption ResumptionOf(const Core& core, const Stats& stats) {
  api::ShowReply reply;
  FillIkev2Stats(core, stats, reply);
  return reply.ikev2_stats().resumption();
}

TEST(IkeResumptionTest, IsShownAndCounted) {
  test::ResumptionNetwork net(1);
  const Stats stats(net.clock);
  net.SetUpAndLose();
  net.Call();
  ASSERT_TRUE(net.IsResumed());
  net.Pass(5'000);
  const api::IkeSa a = Only(net.a.machine.core(), true);
  EXPECT_TRUE(a.resumed());
  EXPECT_EQ(a.ticket_held_seconds(), 3'595u);
  EXPECT_EQ(a.ticket_given_seconds(), 0u);
  const api::IkeSa b = Only(net.b.machine.core(), true);
  EXPECT_TRUE(b.resumed());
  EXPECT_EQ(b.ticket_held_seconds(), 0u);
  EXPECT_EQ(b.ticket_given_seconds(), 3'594u);
  const auto of_a = ResumptionOf(net.a.machine.core(), stats);
  EXPECT_EQ(of_a.tickets_asked(), 2u);
  EXPECT_EQ(of_a.tickets_held(), 1u);
  EXPECT_EQ(of_a.succeeded(), 1u);
  const auto of_b = ResumptionOf(net.b.machine.core(), stats);
  EXPECT_EQ(of_b.tickets_given(), 2u);
  EXPECT_EQ(of_b.accepted(), 1u);
  EXPECT_EQ(of_b.used_remembered(), 1u);
  EXPECT_EQ(of_b.refused_size(), 0);
  // Used once: a refusal by its cause.
  test::Inject(net.b, net.a.address,
               test::UnderAnotherSpi(net.LastOf(ExchangeType::kIkeSessionResume, false), 5));
  const auto again = ResumptionOf(net.b.machine.core(), stats);
  ASSERT_EQ(again.refused_size(), 1);
  EXPECT_EQ(again.refused(0).reason(), "ticket_used");
}

TEST(IkeResumptionTest, ClearForgetsTickets) {
  for (const bool with_sa : {true, false}) {
    test::ResumptionNetwork net(2);
    net.Call();
    if (!with_sa) net.LoseSession();
    ASSERT_EQ(net.Held(net.a), 1u);
    api::ClearRequest request;
    request.set_peer("192.0.2.77");
    ClearIke(net.a.machine.core(), request, kNames);
    EXPECT_EQ(net.Held(net.a), 1u) << "another peer";
    request.set_peer("192.0.2.2");
    ClearIke(net.a.machine.core(), request, kNames);
    EXPECT_EQ(net.Held(net.a), 0u);
    net.a.machine.Poll();
    net.Run();
    net.Call();
    EXPECT_TRUE(net.IsFull());
  }
}

}  // namespace
}  // namespace vam::ike::v2
