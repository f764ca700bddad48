// Show answers about negotiated SAs: every set and bundle, through to the text.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One way through a negotiated set: both directions, with limits.
struct Life {
  uint64_t hard_bytes = 0, hard_ms = 0, idle_ms = 0;
};

class ShowIkeTest : public ::testing::Test {
 protected:
  explicit ShowIkeTest(const std::vector<ipsec::PolicyLine>& lines = {LineTo(1, "10.2.0.0")},
                       EntryRules rules = {.kind = EntryKind::kIsakmp}) {
    g.Configure(TunnelConfig(1, 2));
    g.Settle();
    Negotiate(g, 1, lines, rules);
  }
  ~ShowIkeTest() override { g.ExpectBalanced(); }

  // Installs a bundle of one ESP SA each way; the inbound id comes first.
  std::pair<uint64_t, uint64_t> InstallPair(uint64_t policy, uint32_t peer_spi, Life life = {}) {
    const api::SpiReserved reserved = ike.Reserve(policy);
    const auto limited = [life](api::SaInstall sa) {
      sa.hard_bytes = life.hard_bytes;
      sa.hard_ms = life.hard_ms;
      sa.idle_ms = life.idle_ms;
      return sa;
    };
    const auto in = ike.Install(limited(ike.Sa(policy, true, reserved.spi[0], reserved.sa_id[0])));
    const auto out = ike.Install(limited(ike.Sa(policy, false, peer_spi)));
    EXPECT_EQ(in.error, 0u);
    EXPECT_EQ(out.error, 0u);
    return {in.sa_id, out.sa_id};
  }
  api::ShowReply Ask(api::ShowRequest request = {}) {
    if (request.kind() == api::SHOW_NONE) request.set_kind(api::SHOW_IPSEC_SA);
    g.gateway->RefreshStats(request);
    for (int i = 0; i < 100 && g.gateway->StatsPending(); ++i) g.gateway->RunOnce();
    return g.gateway->Show(request);
  }
  std::vector<api::IpsecFlow> Flows(const api::ShowRequest& request = {}) {
    std::vector<api::IpsecFlow> flows;
    const api::ShowReply reply = Ask(request);
    for (const auto& interface : reply.ipsec_sa().interface()) {
      flows.insert(flows.end(), interface.flow().begin(), interface.flow().end());
    }
    return flows;
  }
  api::IpsecFlow Only() {
    const auto flows = Flows();
    EXPECT_EQ(flows.size(), 1u);
    return flows.empty() ? api::IpsecFlow() : flows[0];
  }
  void SendOut(const std::string& to = "10.2.0.7") {
    g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.destination = to})));
    g.Settle();
  }

  TestGateway g{1};
  StubIke ike{g, 1};
};

TEST_F(ShowIkeTest, ALineWithoutSasStandsThere) {
  const api::IpsecFlow flow = Only();
  EXPECT_EQ(flow.keying(), "ike");
  EXPECT_EQ(flow.local_ident().address(), "10.1.0.0");
  EXPECT_EQ(flow.local_ident().mask(), "255.255.255.0");
  EXPECT_EQ(flow.remote_ident().address(), "10.2.0.0");
  EXPECT_EQ(flow.current_outbound_spi(), 0u);
  EXPECT_EQ(flow.inbound_esp_size() + flow.outbound_esp_size(), 0);
  EXPECT_EQ(flow.down_reason(), "There is no SA; the next packet asks for one.");
  g.gateway->SetIkePresent(false);
  EXPECT_EQ(Only().down_reason(), "There is no SA, and no IKE role runs that could make one.");
}

// Larval SAs and SAs in parts are not listed; that they are under way is said.
TEST_F(ShowIkeTest, LarvalOnesAreNotShown) {
  SendOut();
  EXPECT_TRUE(Only().negotiating());
  EXPECT_THAT(Only().flag(), ElementsAre("origin_is_acl", "ipsec_sa_request_sent"));
  const uint64_t policy = ike.Open();
  const api::SpiReserved reserved = ike.Reserve(policy);
  EXPECT_EQ(reserved.error, 0u);
  const api::IpsecFlow flow = Only();
  EXPECT_TRUE(flow.negotiating());
  EXPECT_EQ(flow.inbound_esp_size(), 0);
  EXPECT_EQ(flow.down_reason(), "The SAs are being made.");
}

TEST_F(ShowIkeTest, APairWithItsLife) {
  const uint64_t policy = ike.Open();
  const auto [in, out] =
      InstallPair(policy, 0x7AA69CB7,
                  {.hard_bytes = 4'608'000ull * 1024, .hard_ms = 3'600'000, .idle_ms = 600'000});
  g.clock.AdvanceNs(5 * kNsPerSecond);
  SendOut();
  const api::IpsecFlow flow = Only();
  ASSERT_EQ(flow.inbound_esp_size(), 1);
  ASSERT_EQ(flow.outbound_esp_size(), 1);
  EXPECT_EQ(flow.inbound_esp(0).id(), in);
  const api::SaEntry& sa = flow.outbound_esp(0);
  EXPECT_EQ(sa.id(), out);
  EXPECT_EQ(sa.status(), "ACTIVE");
  EXPECT_EQ(sa.transform(), "esp-gcm 128");
  EXPECT_EQ(sa.engine(), "software");
  EXPECT_EQ(sa.engine_reason(), "No card is configured.");
  EXPECT_EQ(sa.packets(), 1u);
  EXPECT_EQ(sa.crypto_map(), "M");
  EXPECT_EQ(sa.remaining_kilobytes(), 4'607'999u) << "some bytes of the last kilobyte are used";
  EXPECT_EQ(flow.inbound_esp(0).remaining_kilobytes(), 4'608'000u);
  EXPECT_EQ(sa.remaining_seconds(), 3595u);
  EXPECT_EQ(sa.idle_seconds(), 600u);
  EXPECT_EQ(sa.idle_remaining_seconds(), 595u);
  EXPECT_EQ(flow.current_outbound_spi(), 0x7AA69CB7u);
  EXPECT_EQ(flow.current_peer(), "192.0.2.2");
  EXPECT_EQ(flow.local_crypto_endpoint(), "192.0.2.1");
  EXPECT_EQ(flow.pkts_encaps(), 1u);
  EXPECT_EQ(flow.down_reason(), "");
  EXPECT_FALSE(flow.negotiating());
  EXPECT_EQ(flow.plaintext_mtu(), g.gateway->path().PlaintextMtu(0, 1500, 0));
}

// Old and new stand there together (SY-67); one that drains says so.
TEST_F(ShowIkeTest, RekeyOverlapShowsBoth) {
  const uint64_t policy = ike.Open();
  const auto [old_in, old_out] = InstallPair(policy, 0x1111);
  const auto [new_in, new_out] = InstallPair(policy, 0x2222);
  const api::IpsecFlow both = Only();
  ASSERT_EQ(both.inbound_esp_size(), 2);
  ASSERT_EQ(both.outbound_esp_size(), 2);
  EXPECT_EQ(both.current_outbound_spi(), 0x2222u);
  EXPECT_EQ(ike.Delete(old_out), 0u);
  EXPECT_EQ(ike.Delete(old_in, true), 0u);
  const api::IpsecFlow after = Only();
  ASSERT_EQ(after.inbound_esp_size(), 2);
  EXPECT_EQ(after.inbound_esp(0).status(), "EXPIRING");
  EXPECT_EQ(after.inbound_esp(1).id(), new_in);
  ASSERT_EQ(after.outbound_esp_size(), 1);
  EXPECT_EQ(after.outbound_esp(0).id(), new_out);
}

TEST_F(ShowIkeTest, ABundleOfEspInAh) {
  const uint64_t policy = ike.Open();
  const api::SpiReserved esp = ike.Reserve(policy, 50), ah = ike.Reserve(policy, 51);
  api::SaInstall inner = ike.Sa(policy, true, esp.spi[0], esp.sa_id[0]);
  api::SaInstall outer = ike.Sa(policy, true, ah.spi[0], ah.sa_id[0]);
  inner.bundle_size = outer.bundle_size = 2;
  outer.bundle_index = 1;
  outer.protocol = 51;
  outer.mode = api::FastMode::kTransport;
  outer.encryption = api::FastEncryption::kNone;
  outer.integrity = api::FastIntegrity::kHmacSha256_128;
  outer.key = {};
  outer.key_length = 0;
  outer.auth.fill(7);
  std::fill(outer.auth.begin() + 32, outer.auth.end(), uint8_t{0});
  outer.auth_length = 32;
  EXPECT_EQ(ike.Install(inner).error, 0u);
  EXPECT_EQ(Only().inbound_esp_size(), 0) << "in parts";
  EXPECT_TRUE(Only().negotiating());
  EXPECT_EQ(ike.Install(outer).error, 0u);
  const api::IpsecFlow flow = Only();
  ASSERT_EQ(flow.inbound_esp_size(), 1);
  ASSERT_EQ(flow.inbound_ah_size(), 1);
  EXPECT_EQ(flow.inbound_esp(0).bundle_position(), 1u);
  EXPECT_EQ(flow.inbound_ah(0).bundle_position(), 2u);
  EXPECT_EQ(flow.inbound_ah(0).transform(), "ah-sha256-hmac");
}

TEST_F(ShowIkeTest, AnSaInUdpSaysSo) {
  const uint64_t policy = ike.Open();
  api::SaInstall sa = ike.Sa(policy, false, 0x1111);
  sa.flags = api::kSaUdpEncapsulated;
  sa.endpoints.local_port = 4500;
  sa.endpoints.remote_port = 40'123;
  EXPECT_EQ(ike.Install(sa).error, 0u);
  const api::IpsecFlow flow = Only();
  ASSERT_EQ(flow.outbound_esp_size(), 1);
  ASSERT_GE(flow.outbound_esp(0).setting_size(), 1);
  EXPECT_EQ(flow.outbound_esp(0).setting(0), "Tunnel UDP-Encaps");
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_peer("192.0.2.2");
  request.set_peer_port(40'123);
  EXPECT_EQ(Flows(request).size(), 1u);
  request.set_peer_port(500);
  EXPECT_TRUE(Flows(request).empty());
}

TEST_F(ShowIkeTest, FiltersLookAtTheSasOwnEnds) {
  const uint64_t policy = ike.Open();
  InstallPair(policy, 0x1111);
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_peer("192.0.2.2");
  request.set_peer_port(500);
  EXPECT_EQ(Flows(request).size(), 1u);
  request.set_peer_port(4500);
  EXPECT_TRUE(Flows(request).empty());
  request.set_peer_port(0);
  request.set_peer("192.0.2.3");
  EXPECT_TRUE(Flows(request).empty());
}

// What the engine itself says it can do, each once.
TEST_F(ShowIkeTest, CapabilitiesOfTheSoftwareEngine) {
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_ENGINE);
  const api::ShowReply reply = Ask(request);
  ASSERT_EQ(reply.crypto_engine().engine_size(), 2);
  const auto& words = reply.crypto_engine().engine(1).capability();
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(),
            static_cast<size_t>(words.size()));
  EXPECT_THAT(words, ::testing::IsSupersetOf({"des_cbc", "3des_cbc", "aes_cbc_256", "aes_gcm_128",
                                              "chacha20_poly1305", "ipcomp_lzs", "ah", "esn"}));
}

TEST_F(ShowIkeTest, PlacementsOfNegotiatedOnes) {
  const uint64_t policy = ike.Open();
  const auto [in, out] = InstallPair(policy, 0x1111);
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_ENGINE);
  const api::ShowReply reply = Ask(request);
  ASSERT_EQ(reply.crypto_engine().placement_size(), 2);
  EXPECT_EQ(reply.crypto_engine().placement(0).id(), in);
  EXPECT_EQ(reply.crypto_engine().placement(0).direction(), "inbound");
  EXPECT_EQ(reply.crypto_engine().placement(1).id(), out);
  EXPECT_EQ(reply.crypto_engine().placement(1).spi(), 0x1111u);
  EXPECT_EQ(reply.crypto_engine().placement(1).crypto_map(), "M");
}

class ShowHostsTest : public ShowIkeTest {
 protected:
  static constexpr int kSets = 1000;
  static ipsec::PolicyLine Wide() {
    ipsec::PolicyLine line;
    line.source = Net("10.1.0.0", 0xffff);
    line.destination = Net("10.2.0.0", 0xffff);
    return line;
  }
  ShowHostsTest() : ShowIkeTest({Wide()}, {.kind = EntryKind::kIsakmp, .per_host = true}) {}

  static std::string Host(int i) {
    return "10.2." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
  }
  // Without the messages, which would take most of the test's time.
  uint64_t OpenHost(int i) {
    IkeSas::Proposal proposal;
    proposal.map = "M";
    proposal.sequence = 10;
    proposal.source = *net::Address::Parse("10.1.0.5");
    proposal.destination = *net::Address::Parse(Host(i));
    return g.gateway->ike_sas().Open(proposal).value_or(IkeSas::Opened{}).policy;
  }
};

TEST_F(ShowHostsTest, EachPairOfHostsIsARow) {
  OpenHost(3);
  const api::IpsecFlow flow = Only();
  EXPECT_EQ(flow.local_ident().address(), "10.1.0.5");
  EXPECT_EQ(flow.local_ident().mask(), "255.255.255.255");
  EXPECT_EQ(flow.remote_ident().address(), Host(3));
}

// What stays is shown once, whatever comes and goes between the pieces.
TEST_F(ShowHostsTest, PiecesOverAThousandSetsThatComeAndGo) {
  std::vector<uint64_t> sets;
  for (int i = 0; i < kSets; ++i) sets.push_back(OpenHost(i));
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_limit(17);
  std::multiset<std::string> seen;
  std::set<int> gone;
  SeededRng rng(7);
  int pieces = 0;
  for (;; ++pieces) {
    ASSERT_LT(pieces, 2 * kSets);
    const api::ShowReply reply = g.gateway->Show(request);
    int rows = 0;
    for (const auto& interface : reply.ipsec_sa().interface()) {
      for (const auto& flow : interface.flow()) {
        seen.insert(flow.remote_ident().address());
        ++rows;
      }
    }
    EXPECT_LE(rows, 17);
    if (!reply.has_next()) break;
    *request.mutable_cursor() = reply.next();
    // Some go, among them the one that the cursor names, and one comes at the very front.
    for (const uint32_t number : {rng.U32() % kSets, rng.U32() % kSets}) {
      const auto i = static_cast<int>(number);
      const uint32_t set = g.gateway->sets().FindId(sets[number]);
      if (set == kNoSet) continue;
      g.gateway->sets().Close(set);
      gone.insert(i);
    }
    const uint32_t named =
        g.gateway->sets().Find({.entry = 0,
                                .line = 0,
                                .interface = kAnyInterface,
                                .source = *net::Address::Parse(reply.next().source()),
                                .destination = *net::Address::Parse(reply.next().destination())});
    if (pieces % 3 == 0 && named != kNoSet) g.gateway->sets().Close(named);
  }
  EXPECT_GT(pieces, 50);
  EXPECT_GT(gone.size(), 50u);
  for (int i = 0; i < kSets; ++i) {
    if (gone.contains(i)) {
      EXPECT_LE(seen.count(Host(i)), 1u) << i;
    } else {
      EXPECT_EQ(seen.count(Host(i)), 1u) << i;
    }
  }
}

class ShowLinesTest : public ShowIkeTest {
 protected:
  static std::vector<ipsec::PolicyLine> Lines() {
    std::vector<ipsec::PolicyLine> lines;
    for (int i = 2; i < 8; ++i) lines.push_back(LineTo(1, "10." + std::to_string(i) + ".0.0"));
    lines[1].permit = false;
    lines[4].destination = ipsec::AddressMatch{};
    return lines;
  }
  ShowLinesTest() : ShowIkeTest(Lines()) {}
};

// One row per permit line (SY-59), with or without SAs, in the order of the list.
TEST_F(ShowLinesTest, EveryPermitLineIsARow) {
  InstallPair(ike.Open(3), 0x3333);
  for (const uint32_t each : {1u, 2u, 64u}) {
    std::vector<std::string> remotes;
    api::ShowRequest request;
    request.set_kind(api::SHOW_IPSEC_SA);
    request.set_limit(each);
    for (int piece = 0; piece < 20; ++piece) {
      const api::ShowReply reply = g.gateway->Show(request);
      for (const auto& interface : reply.ipsec_sa().interface()) {
        for (const auto& flow : interface.flow()) {
          remotes.push_back(flow.remote_ident().address());
          EXPECT_EQ(flow.outbound_esp_size(), remotes.size() == 3 ? 1 : 0);
        }
      }
      if (!reply.has_next()) break;
      *request.mutable_cursor() = reply.next();
    }
    EXPECT_THAT(remotes, ElementsAre("10.2.0.0", "10.4.0.0", "10.5.0.0", "0.0.0.0", "10.7.0.0"));
  }
}

}  // namespace
}  // namespace vam::fwd::test
