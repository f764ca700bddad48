// What the configuration becomes for the exchanges: profiles, keys, offers, children, limits.
#include "sw/ike/v2/policy/compile.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>

#include "sw/base/sanitizer.h"
#include "sw/config/ike_match.h"
#include "sw/config/transforms.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::ike::v2 {
namespace {

using config::IkeIdentity;
using config::IkeIdKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

net::Address At(std::string_view text) { return *net::Address::Parse(text); }

struct Made {
  config::Running running;
  CompiledPolicy compiled;
  const Policy& policy() const { return *compiled.policy; }
  const std::vector<std::string>& notes() const { return compiled.notes; }
};
Made Make(std::string_view text) {
  Made made;
  made.running = config::test::Read(text).running;
  config::VrfNumbers vrfs;
  vrfs.Follow(made.running);
  made.compiled = Compile(made.running, vrfs);
  return made;
}

// The sanitizers make it slow.
#ifdef VAM_ASAN
constexpr double kLongestSeconds = 10;
#else
constexpr double kLongestSeconds = 1;
#endif

constexpr std::string_view kKeys =
    "crypto ikev2 keyring K\n peer B\n  address 192.0.2.2\n  pre-shared-key local ours\n"
    "  pre-shared-key remote theirs\n";
constexpr std::string_view kProfile =
    "crypto ikev2 profile P\n match identity remote address 192.0.2.2\n"
    " authentication local pre-share\n authentication remote pre-share\n keyring K\n";
constexpr std::string_view kList =
    "access-list 101 deny ip host 10.1.0.9 any\n"
    "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
    "access-list 101 deny udp any any\n"
    "access-list 101 permit tcp host 10.1.0.9 eq 80 10.3.0.0 0.0.0.255 range 1000 2000\n";
constexpr std::string_view kSet = "crypto ipsec transform-set T esp-gcm 256\n";

std::string Entry(std::string_view more = "") {
  return "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n"
         " set ikev2-profile P\n match address 101\n" +
         std::string(more);
}
std::string Port(std::string_view name, std::string_view address, std::string_view more) {
  return fmt::format("interface {}\n device tap {}\n ip address {} 255.255.255.0\n{}", name, name,
                     address, more);
}
std::string Whole(std::string_view more = "") {
  return std::string(kKeys) + std::string(kProfile) + std::string(kList) + std::string(kSet) +
         Entry(more) + Port("g0", "192.0.2.1", " crypto map M\n");
}

std::string TextOf(const SharedKey& key) { return {key.bytes().begin(), key.bytes().end()}; }

// ---- profiles and keys

TEST(CompileTest, AProfileWithAKeyring) {
  const Made made = Make(Whole());
  EXPECT_THAT(made.notes(), IsEmpty());
  const auto profile = made.policy().FindProfile("P");
  ASSERT_NE(profile, nullptr);
  EXPECT_TRUE(profile->match.Has(Identity::Of(At("192.0.2.2"))));
  EXPECT_FALSE(profile->match.Has(Identity::Of(At("192.0.2.3"))));
  EXPECT_TRUE(profile->local_identity.empty());
  EXPECT_THAT(profile->remote_auth, ElementsAre(AuthKind::kSharedKey));
  EXPECT_EQ(profile->match_front_vrf, 0) << "the global table, where nothing is said";
  EXPECT_EQ(profile->lifetime_s, 86'400U);
  EXPECT_EQ(profile->nat_keepalive_s, 0U);
  EXPECT_EQ(profile->dpd.interval_s, 0U);
  ASSERT_NE(profile->keyring, nullptr);
  const KeyringPeer* peer = profile->keyring->ToCall(At("192.0.2.2"));
  ASSERT_NE(peer, nullptr);
  EXPECT_EQ(TextOf(peer->local), "ours");
  EXPECT_EQ(TextOf(peer->remote), "theirs");
}

TEST(CompileTest, WhatAProfileSays) {
  const Made made = Make(
      "vrf definition red\n address-family ipv4\ncrypto ikev2 dpd 30 5 periodic\n"
      "crypto ikev2 profile Q\n match identity remote any\n match fvrf any\n"
      " match address local 192.0.2.1\n identity local fqdn gw.example.com\n"
      " authentication local pre-share key mine\n authentication remote pre-share key yours\n"
      " lifetime 7200\n nat keepalive 15\n no mobike\n"
      "crypto ikev2 profile R\n match identity remote any\n match fvrf red\n"
      " authentication local pre-share key a\n authentication remote pre-share key b\n"
      " dpd 10 2 on-demand\n mobike unchecked\n");
  EXPECT_THAT(made.notes(), ElementsAre());
  const auto q = made.policy().FindProfile("Q");
  ASSERT_NE(q, nullptr);
  EXPECT_EQ(ToString(q->local_identity), "gw.example.com");
  EXPECT_EQ(q->match_front_vrf, std::nullopt);
  EXPECT_THAT(q->match_local, ElementsAre(At("192.0.2.1")));
  EXPECT_EQ(TextOf(q->local_key), "mine");
  EXPECT_EQ(TextOf(q->remote_key), "yours");
  EXPECT_EQ(q->lifetime_s, 7'200U);
  EXPECT_EQ(q->nat_keepalive_s, 15U);
  EXPECT_EQ(q->dpd.interval_s, 30U);
  EXPECT_EQ(q->dpd.retry_s, 5U);
  EXPECT_FALSE(q->dpd.on_demand);
  EXPECT_FALSE(q->mobike);
  const auto r = made.policy().FindProfile("R");
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->match_front_vrf, 1);
  EXPECT_TRUE(r->dpd.on_demand);
  EXPECT_TRUE(r->mobike && r->mobike_unchecked);
}

TEST(CompileTest, WhatIsNotBuiltIsLeftOutWithANote) {
  const std::string begin =
      std::string(kKeys) + "crypto ikev2 profile P\n match identity remote any\n keyring K\n";
  const auto note = [&](const std::string& lines) {
    const Made made = Make(begin + lines);
    EXPECT_EQ(made.policy().FindProfile("P"), nullptr) << lines;
    return made.notes().empty() ? "" : made.notes()[0];
  };
  EXPECT_EQ(note(" authentication local pre-share\n authentication remote pre-share\n"
                 " match address local interface g9\ninterface g9\n"),
            "crypto ikev2 profile P is not used: 'match address local' is no address of ours");
  EXPECT_EQ(note(" authentication local pre-share\n"), "") << "incomplete: mgmt has told";
}

TEST(CompileTest, PostQuantumKeys) {
  const auto make = [](const std::string& required) {
    return Make(
        "crypto ikev2 keyring K\n peer B\n  address 192.0.2.2\n  pre-shared-key k\n"
        "  ppk manual id x key 0123456789abcdef0123456789abcdef" +
        required + "\n" + std::string(kProfile));
  };
  for (const bool required : {false, true}) {
    const Made made = make(required ? " required" : "");
    EXPECT_THAT(made.notes(), IsEmpty());
    EXPECT_TRUE(made.policy().uses_ppks());
    const KeyringPeer* peer = made.policy().FindProfile("P")->keyring->ToCall(At("192.0.2.2"));
    ASSERT_TRUE(peer != nullptr && peer->ppk != nullptr);
    EXPECT_EQ(peer->ppk->id, "x");
    EXPECT_EQ(peer->ppk->required, required);
    EXPECT_EQ(peer->ppk->key.size(), 32U);
  }
  EXPECT_FALSE(Make(std::string(kKeys) + std::string(kProfile)).policy().uses_ppks());
}

TEST(CompileTest, ReauthenticationAndChildlessIkeSas) {
  const auto make = [](const std::string& lines) {
    return Make(std::string(kKeys) + std::string(kProfile) + lines);
  };
  const Made made = make(" reauth 3600\n childless never\n");
  EXPECT_THAT(made.notes(), IsEmpty());
  EXPECT_EQ(made.policy().FindProfile("P")->reauth_s, 3'600U);
  EXPECT_EQ(made.policy().FindProfile("P")->childless, config::IkeChildless::kNever);
  EXPECT_FALSE(made.policy().takes_childless());
  EXPECT_TRUE(make("").policy().takes_childless());
}

// A ticket is for the configuration that it was given under (RFC 5723).
TEST(CompileTest, MarksTellConfigurationsApart) {
  const auto marks = [](const std::string& keys, const std::string& lines) {
    const Made made = Make(keys + std::string(kProfile) + lines);
    const auto profile = made.policy().FindProfile("P");
    return std::pair(profile->mark, profile->keyring->ToCall(At("192.0.2.2"))->mark);
  };
  const std::string keys(kKeys);
  const auto [profile, peer] = marks(keys, " session-resumption\n");
  EXPECT_EQ(Make(keys + std::string(kProfile) + " session-resumption\n")
                .policy()
                .FindProfile("P")
                ->resumption_s,
            3'600U);
  EXPECT_EQ(marks(keys, " session-resumption\n").first, profile) << "the same again";
  EXPECT_EQ(marks(keys, "").first, PolicyMark{}) << "nobody asks for it";
  EXPECT_NE(marks(keys, " session-resumption lifetime 60\n").first, profile);
  EXPECT_NE(marks(keys, " session-resumption\n reauth 3600\n").first, profile);
  EXPECT_EQ(marks(keys, " session-resumption\n reauth 3600\n").second, peer);
  const std::string other =
      "crypto ikev2 keyring K\n peer B\n  address 192.0.2.2\n  pre-shared-key local ours\n"
      "  pre-shared-key remote others\n";
  EXPECT_EQ(marks(other, " session-resumption\n").first, profile);
  EXPECT_NE(marks(other, " session-resumption\n").second, peer) << "another key";
  // Another peer of the keyring changes nothing.
  const std::string more = keys + " peer C\n  address 192.0.2.3\n  pre-shared-key x\n";
  EXPECT_EQ(marks(more, " session-resumption\n").second, peer);
}

// ---- one rule for who is meant (SY-48)

std::vector<IkeIdentity> Ranges() {
  std::vector<IkeIdentity> all = {{}};
  for (const char* prefix : {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.7/32", "2001:db8::/32"}) {
    all.push_back({IkeIdKind::kAddress, *net::Prefix::Parse(prefix), ""});
  }
  for (const char* name : {"gw.a.example.org", "b.example.org"}) {
    all.push_back({IkeIdKind::kFqdn, {}, name});
  }
  for (const char* name : {"example.org", "a.example.org"}) {
    all.push_back({IkeIdKind::kFqdnDomain, {}, name});
  }
  all.push_back({IkeIdKind::kEmail, {}, "x@example.com"});
  all.push_back({IkeIdKind::kEmailDomain, {}, "example.com"});
  all.push_back({IkeIdKind::kKeyId, {}, "Seven"});
  return all;
}

std::vector<Identity> Shown() {
  std::vector<Identity> all;
  for (const char* address : {"10.1.0.7", "10.1.0.8", "10.2.0.1", "11.0.0.1", "2001:db8::1"}) {
    all.push_back(Identity::Of(At(address)));
  }
  for (const char* name : {"GW.a.Example.org", "z.a.example.org", "z.example.org", "example.org",
                           "badexample.org", "b.example.org."}) {
    all.push_back(Identity::Of(IdentityType::kFqdn, name));
  }
  for (const char* name : {"x@example.com", "y@example.com", "y@sub.example.com", "y@a.org"}) {
    all.push_back(Identity::Of(IdentityType::kEmail, name));
  }
  all.push_back(Identity::Of(IdentityType::kKeyId, "Seven"));
  all.push_back(Identity::Of(IdentityType::kKeyId, "seven"));
  return all;
}

config::IkeKey Key() {
  const std::array<uint8_t, 2> bytes = {1, 2};
  return std::make_shared<const Secret<config::kLongestSealed>>(
      std::move(*Secret<config::kLongestSealed>::From(bytes)));
}

// Profiles and one keyring with identities by chance; some bound to an address or a VRF.
config::Running RandomIke(std::mt19937& random) {
  const std::vector<IkeIdentity> ranges = Ranges();
  const auto below = [&](size_t n) { return random() % n; };
  config::Running running;
  running.vrfs.FindOrAdd("red");
  config::Ikev2Keyring& keyring = running.ike.keyrings.FindOrAdd("K");
  for (int i = 0; i < 6; ++i) {
    config::Ikev2Profile& profile = running.ike.profiles.FindOrAdd(fmt::format("p{}", i));
    profile.remote = {ranges[below(ranges.size())], ranges[below(ranges.size())]};
    if (below(3) == 0) profile.fvrf = below(2) == 0 ? "red" : "any";
    if (below(3) == 0) profile.local = {{At("192.0.2.1"), ""}};
    profile.local_auth = config::IkeAuth::kPreShare;
    if (below(5) != 0) profile.remote_auth = {config::IkeAuth::kPreShare};
    profile.keyring = "K";
    config::Ikev2Peer& peer = keyring.peers.FindOrAdd(fmt::format("k{}", i));
    peer.local_key = peer.remote_key = Key();
    const IkeIdentity& of_peer = ranges[below(ranges.size())];
    if (of_peer.kind != IkeIdKind::kAny) peer.identity = of_peer;
    const IkeIdentity& address = ranges[1 + below(4)];
    if (below(2) == 0) peer.address = address.prefix;
  }
  return running;
}

TEST(CompileTest, FindsWhatTheConfigurationsMatcherFinds) {
  constexpr unsigned kSeed = 48;
  std::mt19937 random(kSeed);
  size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
    const config::Running running = RandomIke(random);
    config::VrfNumbers vrfs;
    vrfs.Follow(running);
    const config::Ikev2Matcher matcher(running);
    const auto compiled = Compile(running, vrfs).policy;
    for (const Identity& shown : Shown()) {
      for (const auto& [vrf, number] : {std::pair("", 0), std::pair("red", 1)}) {
        for (const char* local : {"192.0.2.1", "192.0.2.9"}) {
          const auto* expected = matcher.ProfileOf(ToConfig(shown), vrf, At(local));
          const auto profile =
              compiled->FindProfile(shown, At(local), static_cast<uint16_t>(number));
          ASSERT_EQ(expected == nullptr ? "" : expected->name, profile ? profile->name : "")
              << ToString(shown) << " at " << local << " in '" << vrf << "'";
          if (profile == nullptr) continue;
          ++found;
          for (const char* remote : {"10.1.0.7", "10.9.0.1", "11.0.0.1", "2001:db8::5"}) {
            const auto* calls = matcher.PeerThatCalls("K", ToConfig(shown), At(remote));
            const auto* to_call = matcher.PeerToCall("K", "", At(remote));
            const KeyringPeer* that_calls = profile->keyring->ThatCalls(shown, At(remote));
            const KeyringPeer* called = profile->keyring->ToCall(At(remote));
            ASSERT_EQ(calls ? calls->name : "", that_calls ? that_calls->name : "");
            ASSERT_EQ(to_call ? to_call->name : "", called ? called->name : "");
          }
        }
      }
    }
  }
  EXPECT_GT(found, 1'000U) << "the test looks at nothing";
}

// ---- policies and limits

TEST(CompileTest, PoliciesInTheirOrderTheDefaultLast) {
  const Made made = Make(
      "vrf definition red\n address-family ipv4\n"
      "crypto ikev2 proposal strong\n encryption aes-gcm-256 aes-cbc-256\n integrity sha512\n"
      " prf sha384\n group 21 19\n"
      "crypto ikev2 proposal half\n encryption aes-cbc-128\n"
      "crypto ikev2 policy here\n match address local 192.0.2.1\n match fvrf red\n"
      " proposal strong\ncrypto ikev2 policy broken\n proposal half\n");
  const Policy& policy = made.policy();
  const IkePolicy* here = policy.FindIke(At("192.0.2.1"), 1);
  ASSERT_NE(here, nullptr);
  ASSERT_EQ(here->offers.size(), 2U) << "ciphers that authenticate stand alone";
  EXPECT_THAT(here->offers[0].ciphers, ElementsAre(Cipher{EncryptionId::kAesGcm16, 256}));
  EXPECT_THAT(here->offers[0].integrities, IsEmpty());
  EXPECT_THAT(here->offers[1].ciphers, ElementsAre(Cipher{EncryptionId::kAesCbc, 256}));
  EXPECT_THAT(here->offers[1].integrities, ElementsAre(IntegrityId::kHmacSha512_256));
  for (const IkeOffer& offer : here->offers) {
    EXPECT_THAT(offer.prfs, ElementsAre(PrfId::kHmacSha384));
    EXPECT_THAT(offer.groups, ElementsAre(21, 19));
  }
  const IkePolicy* rest = policy.FindIke(At("192.0.2.1"), 0);
  ASSERT_NE(rest, nullptr);
  EXPECT_THAT(rest->offers.at(0).groups, ElementsAre(19, 14, 21)) << "the default one";
  const Made off = Make("no crypto ikev2 policy default\n");
  EXPECT_EQ(off.policy().FindIke(At("192.0.2.1"), 0), nullptr);
}

TEST(CompileTest, EveryAlgorithmOfAProposalIsBuilt) {
  for (const config::IkeCipherInfo& cipher : config::IkeCiphers()) {
    for (const config::IkeHashInfo& hash : config::IkeHashes()) {
      config::Running running;
      config::Ikev2Proposal& proposal = running.ike.proposals.FindOrAdd("p");
      proposal.encryption = {cipher.id};
      proposal.integrity = proposal.prf = {hash.id};
      proposal.groups = {14};
      running.ike.policies.FindOrAdd("q").proposals = {"p"};
      const auto policy = Compile(running, {}).policy;
      const IkeOffer& offer = policy->FindIke(At("192.0.2.1"), 0)->offers.at(0);
      const CipherInfo& built = InfoOf(offer.ciphers.at(0));
      EXPECT_EQ(built.name, cipher.keyword);
      EXPECT_TRUE(built.in_ike);
      EXPECT_EQ(built.combined(), cipher.aead);
      EXPECT_EQ(InfoOf(offer.prfs.at(0)).name, hash.keyword);
      if (!cipher.aead) {
        EXPECT_EQ(InfoOf(offer.integrities.at(0)).name, hash.keyword);
      }
    }
  }
}

TEST(CompileTest, Limits) {
  const Settings plain = Make("").policy().settings();
  EXPECT_EQ(plain.max_ike_sas, Settings().max_ike_sas);
  EXPECT_EQ(plain.cookie_above, Settings().cookie_above);
  EXPECT_EQ(plain.window, 5U);
  EXPECT_EQ(plain.retry.GivenUpAfterNs(), RetryPolicy().GivenUpAfterNs());
  EXPECT_EQ(plain.fragment_bytes, 576U - 20 - 8 - 4);
  EXPECT_EQ(plain.fragment_bytes_v6, 1280U - 40 - 8 - 4);
  const Settings said = Make(
                            "crypto ikev2 cookie-challenge 7\ncrypto ikev2 limit max-sa 100\n"
                            "crypto ikev2 limit max-in-negotiation-sa 20 incoming\n"
                            "crypto ikev2 limit max-in-negotiation-sa 30 outgoing\n"
                            "crypto call admission limit ike sa 90\n"
                            "crypto call admission limit ike in-negotiation-sa 25\n"
                            "crypto ikev2 redirect client max-redirects 3\n"
                            "crypto ikev2 redirect gateway init 198.51.100.7\n"
                            "crypto ikev2 redirect gateway auth 2001:db8::7\n"
                            "crypto ikev2 window 9\nno crypto ikev2 fragmentation\n"
                            "crypto ikev2 retransmit timeout 500 base 200 tries 8 limit 9\n")
                            .policy()
                            .settings();
  EXPECT_EQ(said.cookie_above, 7U);
  EXPECT_EQ(said.max_ike_sas, 90U);
  EXPECT_EQ(said.max_half_open, 20U);
  EXPECT_EQ(said.max_calls, 25U);
  EXPECT_EQ(said.window, 9U);
  // 0.5 + 1 + 2 + 4 + 8 + 3 * 9
  EXPECT_EQ(said.retry.GivenUpAfterNs(), 42'500 * kNsPerMs);
  EXPECT_EQ(said.max_redirects, 3U);
  EXPECT_EQ(plain.max_redirects, 0U);
  EXPECT_EQ(said.redirect_init.For(net::Address::V4(1)), *net::Address::Parse("198.51.100.7"));
  EXPECT_TRUE(said.redirect_init.v6.is_none());
  EXPECT_EQ(said.redirect_auth.v6, *net::Address::Parse("2001:db8::7"));
  EXPECT_EQ(plain.redirect_init, config::IkeRedirectTargets());
  EXPECT_EQ(said.fragment_bytes, 0U);
  EXPECT_EQ(said.fragment_bytes_v6, 0U);
}

// ---- children

TEST(CompileTest, AnEntryOfACryptoMap) {
  const Made made =
      Make(Whole(" set pfs group19\n set security-association lifetime seconds 1200\n"
                 " set security-association lifetime kilobytes 5000\n"
                 " set security-association idle-time 600\n set security-association esn\n"
                 " set security-association replay window-size 128\n"
                 " set security-association level per-host\n"));
  EXPECT_THAT(made.notes(), IsEmpty());
  ASSERT_EQ(made.policy().children().size(), 1U);
  const ChildConfig& child = *made.policy().children()[0];
  EXPECT_EQ(child.map, "M");
  EXPECT_EQ(child.sequence, 10U);
  EXPECT_EQ(child.dynamic_sequence, 0U);
  EXPECT_EQ(child.local, At("192.0.2.1"));
  EXPECT_THAT(child.peers, ElementsAre(At("192.0.2.2")));
  EXPECT_EQ(child.profile, made.policy().FindProfile("P"));
  EXPECT_EQ(child.mode, api::FastMode::kTunnel);
  EXPECT_TRUE(child.per_host);
  EXPECT_EQ(child.lifetime_s, 1'200U);
  EXPECT_EQ(child.lifetime_bytes, 5'000U * 1024);
  EXPECT_EQ(child.idle_s, 600U);
  EXPECT_EQ(child.replay_window, 128U);
  ASSERT_EQ(child.offers.size(), 1U);
  EXPECT_THAT(child.offers[0].ciphers, ElementsAre(Cipher{EncryptionId::kAesGcm16, 256}));
  EXPECT_THAT(child.offers[0].groups, ElementsAre(19));
  EXPECT_TRUE(child.offers[0].esn);
}

// The number of a line is its place in the list, deny lines counted: fwd counts so.
TEST(CompileTest, LinesHaveTheNumbersOfTheList) {
  const Made made = Make(Whole());
  const auto& lines = made.policy().children().at(0)->lines;
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].index, 1U);
  EXPECT_EQ(lines[0].local.first, At("10.1.0.0"));
  EXPECT_EQ(lines[0].local.last, At("10.1.255.255"));
  EXPECT_EQ(lines[0].remote.first, At("10.2.0.0"));
  EXPECT_EQ(lines[0].local.protocol, 0);
  EXPECT_EQ(lines[0].local.last_port, 65'535);
  EXPECT_EQ(lines[1].index, 3U);
  EXPECT_EQ(lines[1].local.first, lines[1].local.last);
  EXPECT_EQ(lines[1].local.protocol, 6);
  EXPECT_EQ(lines[1].local.first_port, 80);
  EXPECT_EQ(lines[1].local.last_port, 80);
  EXPECT_EQ(lines[1].remote.first_port, 1'000);
  EXPECT_EQ(lines[1].remote.last_port, 2'000);
  EXPECT_EQ(lines[1].remote.last, At("10.3.0.255"));
}

TEST(CompileTest, OneChildForEachInterfaceOrOneForAll) {
  const std::string begin =
      std::string(kKeys) + std::string(kProfile) + std::string(kList) + std::string(kSet) + Entry();
  const std::string ports = "interface Loopback0\n ip address 198.51.100.1 255.255.255.255\n" +
                            Port("g0", "192.0.2.1", " crypto map M\n") + "interface g1\n" +
                            Port("g2", "203.0.113.1", " crypto map M\n");
  const Made own = Make(begin + ports);
  ASSERT_EQ(own.policy().children().size(), 2U);
  const auto first = own.policy().FindChild("M", 10, 0, 0);
  const auto second = own.policy().FindChild("M", 10, 0, 1);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(first->local, At("192.0.2.1"));
  EXPECT_EQ(second->local, At("203.0.113.1")) << "numbered among those with a device";
  EXPECT_FALSE(first->shared);
  const Made shared = Make(begin + ports + "crypto map M local-address Loopback0\n");
  ASSERT_EQ(shared.policy().children().size(), 1U);
  EXPECT_TRUE(shared.policy().children()[0]->shared);
  EXPECT_EQ(shared.policy().children()[0]->local, At("198.51.100.1"));
  EXPECT_NE(shared.policy().FindChild("M", 10, 0, 1), nullptr);
}

// RFC 4555, 3.4: where peers may move to.
TEST(CompileTest, OtherAddressesOfTheInterface) {
  const std::string begin =
      std::string(kKeys) + std::string(kProfile) + std::string(kList) + std::string(kSet) + Entry();
  const std::string more =
      " ip address 192.0.2.9 255.255.255.0 secondary\n ipv6 address 2001:db8::1/64\n";
  const Made own = Make(begin + Port("g0", "192.0.2.1", more + " crypto map M\n"));
  ASSERT_EQ(own.policy().children().size(), 1U);
  EXPECT_THAT(own.policy().children()[0]->also, ElementsAre(At("192.0.2.9"), At("2001:db8::1")));
  EXPECT_TRUE(own.policy().children()[0]->profile->mobike) << "the default";
  const Made shared = Make(
      begin + "interface Loopback0\n ip address 198.51.100.1 255.255.255.255\n" +
      Port("g0", "192.0.2.1", more + " crypto map M\n") + "crypto map M local-address Loopback0\n");
  ASSERT_EQ(shared.policy().children().size(), 1U);
  EXPECT_THAT(shared.policy().children()[0]->also, IsEmpty());
}

TEST(CompileTest, DynamicMapsAndIpv6) {
  const Made made = Make(
      std::string(kProfile) + std::string(kKeys) + std::string(kSet) +
      "crypto dynamic-map D 7\n set transform-set T\n set ikev2-profile P\n"
      "ipv6 access-list six\n permit ipv6 2001:db8:1::/48 any\n"
      "crypto map ipv6 S 20 ipsec-isakmp\n set peer 2001:db8::2\n set transform-set T\n"
      " set ikev2-profile P\n match address six\n"
      "crypto map M 65000 ipsec-isakmp dynamic D\n" +
      Port("g0", "192.0.2.1", " crypto map M\n ipv6 address 2001:db8::1/64\n ipv6 crypto map S\n"));
  EXPECT_THAT(made.notes(), IsEmpty());
  const auto dynamic = made.policy().FindChild("M", 65'000, 7, 0);
  ASSERT_NE(dynamic, nullptr);
  EXPECT_THAT(dynamic->peers, IsEmpty());
  ASSERT_EQ(dynamic->lines.size(), 1U);
  EXPECT_EQ(dynamic->lines[0].remote.last, At("255.255.255.255"));
  const auto six = made.policy().FindChild("S", 20, 0, 0);
  ASSERT_NE(six, nullptr);
  EXPECT_EQ(six->local, At("2001:db8::1"));
  ASSERT_EQ(six->lines.size(), 1U);
  EXPECT_EQ(six->lines[0].local.last, At("2001:db8:1:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_EQ(six->lines[0].remote.first, At("::"));
}

TEST(CompileTest, EntriesThatCannotBeNegotiated) {
  const auto notes = [](const std::string& set, const std::string& more) {
    const Made made = Make(std::string(kKeys) + std::string(kProfile) + std::string(kList) +
                           "crypto ipsec transform-set T " + set + "\n" + Entry(more) +
                           Port("g0", "192.0.2.1", " crypto map M\n"));
    EXPECT_THAT(made.policy().children(), IsEmpty()) << set;
    return made.notes();
  };
  EXPECT_THAT(notes("esp-aes esp-sha256-hmac comp-lzs", ""),
              ElementsAre("crypto map M 10: transform set T is not offered: compression is not "
                          "negotiated"));
  EXPECT_THAT(notes("ah-sha256-hmac esp-aes", ""),
              ElementsAre(HasSubstr("AH around ESP is not negotiated")));
  // IKEv1's are not ours to speak of: who reads the configuration is told that they are down.
  const Made other = Make(std::string(kList) + std::string(kSet) +
                          "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n"
                          " set transform-set T\n match address 101\n" +
                          Port("g0", "192.0.2.1", " crypto map M\n"));
  EXPECT_THAT(other.policy().children(), IsEmpty());
  EXPECT_THAT(other.notes(), IsEmpty());
}

TEST(CompileTest, AnInsideVrfOfItsOwnIsNotBuilt) {
  const Made made = Make("vrf definition red\n address-family ipv4\n" + std::string(kKeys) +
                         std::string(kProfile) + " ivrf red\n" + std::string(kList) +
                         std::string(kSet) + Entry() + Port("g0", "192.0.2.1", " crypto map M\n"));
  EXPECT_THAT(made.policy().children(), IsEmpty());
  EXPECT_THAT(made.notes(), ElementsAre(HasSubstr("ivrf red of IKEv2 profile P")));
}

// MG-98: what stands in for sets that are not configured is offered.
TEST(CompileTest, TheDefaultSetIsOffered) {
  std::string text = Whole();
  text.erase(text.find(" set transform-set T\n"), sizeof(" set transform-set T\n") - 1);
  const Made made = Make(text);
  EXPECT_THAT(made.notes(), IsEmpty());
  const ChildConfig& child = *made.policy().children().at(0);
  ASSERT_EQ(child.offers.size(), 1U);
  EXPECT_THAT(child.offers[0].ciphers, ElementsAre(Cipher{EncryptionId::kAesGcm16, 256}));
  EXPECT_EQ(child.mode, api::FastMode::kTransport);
}

// Each transform becomes what an engine knows under the same name.
TEST(CompileTest, EveryTransformSet) {
  size_t negotiated = 0;
  for (const config::TransformInfo& info : config::Transforms()) {
    if (info.kind == config::TransformKind::kCompression) continue;
    const auto offered = [&](config::TransformUse use) {
      config::Running running = config::test::Read(Whole()).running;
      config::TransformSet& set = running.transform_sets[0];
      set.transforms = {use};
      if (info.kind == config::TransformKind::kEspEncryption && !info.combined) {
        set.transforms.push_back(config::DefaultUse(config::Transform::kEspSha256Hmac));
      }
      return Compile(running, {});
    };
    for (const uint16_t bits : std::array<uint16_t, 3>{128, 192, 256}) {
      for (const uint8_t icv : std::array<uint8_t, 3>{8, 12, 16}) {
        config::TransformUse use = config::DefaultUse(info.id);
        if (info.sized) use.key_bits = bits;
        if (info.icv_choice) use.icv_bytes = icv;
        const CompiledPolicy made = offered(use);
        if (info.id == config::Transform::kEspSeal) {
          EXPECT_THAT(made.notes, ElementsAre(HasSubstr("its encryption is not negotiated")));
          continue;
        }
        ASSERT_EQ(made.policy->children().size(), 1U) << info.keyword;
        const ChildOffer& offer = made.policy->children()[0]->offers.at(0);
        const bool ah = info.kind == config::TransformKind::kAh;
        EXPECT_EQ(offer.protocol, ah ? Protocol::kAh : Protocol::kEsp);
        const bool cipher = info.kind == config::TransformKind::kEspEncryption;
        const size_t bytes =
            cipher ? InfoOf(offer.ciphers.at(0)).key_bytes + InfoOf(offer.ciphers.at(0)).salt_bytes
                   : InfoOf(offer.integrities.at(0)).key_bytes;
        EXPECT_EQ(bytes, config::KeyBytes(use)) << config::RenderTransformUse(use);
        if (info.icv_choice) {
          EXPECT_EQ(InfoOf(offer.ciphers.at(0)).icv_bytes, icv);
        }
        ++negotiated;
      }
    }
  }
  EXPECT_GT(negotiated, 100U);
}

TEST(CompileTest, TenThousandTunnels) {
  constexpr uint32_t kTunnels = 10'000;
  std::string text = std::string(kSet) + "crypto ikev2 keyring K\n";
  for (uint32_t i = 0; i < kTunnels; ++i) {
    text += fmt::format(" peer p{}\n  address {}\n  pre-shared-key k{}\n", i,
                        net::ToString(net::Address::V4(0x0a000001 + i)), i);
  }
  text +=
      "crypto ikev2 profile P\n match identity remote address 10.0.0.0 255.0.0.0\n"
      " authentication local pre-share\n authentication remote pre-share\n keyring K\n";
  for (uint32_t i = 0; i < kTunnels; ++i) {
    text += fmt::format(
        "ip access-list extended a{}\n permit ip any host {}\n"
        "crypto map M {} ipsec-isakmp\n set peer {}\n set transform-set T\n"
        " set ikev2-profile P\n match address a{}\n",
        i, net::ToString(net::Address::V4(0xac100000 + i)), i + 1,
        net::ToString(net::Address::V4(0x0a000001 + i)), i);
  }
  text += Port("g0", "192.0.2.1", " crypto map M\n");
  const config::Running running = config::test::Read(text).running;
  const auto before = std::chrono::steady_clock::now();
  const auto policy = Compile(running, {}).policy;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  EXPECT_LT(took.count(), kLongestSeconds) << "compiling takes too long";
  ASSERT_EQ(policy->children().size(), kTunnels);
  Ends ends;
  ends.local = At("192.0.2.1");
  const auto profile = policy->FindProfile("P");
  for (uint32_t i = 0; i < kTunnels; ++i) {
    ends.remote = net::Address::V4(0x0a000001 + i);
    const auto children = policy->ChildrenOf(*profile, ends);
    ASSERT_EQ(children.size(), 1U);
    ASSERT_EQ(children[0], policy->FindChild("M", i + 1, 0, 0));
  }
}

TEST(CompileTest, NotesHaveAnEnd) {
  std::string text = std::string(kKeys);
  for (int i = 0; i < 150; ++i) {
    text += fmt::format(
        "crypto ikev2 profile P{}\n match identity remote any\n identity local dn\n"
        " authentication local pre-share key a\n authentication remote pre-share key b\n",
        i);
  }
  const Made made = Make(text);
  ASSERT_EQ(made.notes().size(), kMostNotes + 1);
  EXPECT_EQ(made.notes().back(), "and 50 more of that kind");
}

TEST(CompileAddresses, PoolsAndPolicies) {
  const Made made =
      Make(std::string(kKeys) +
           "ip local pool A 10.9.0.1 10.9.0.9\nip local pool A 10.9.1.1\n"
           "ipv6 local pool A 2001:db8:9::/64 128\nipv6 local pool B 2001:db8:a::/120 128\n"
           "crypto ikev2 authorization policy ROAD\n pool A\n dns 10.1.0.53\n"
           " ipv6 dns 2001:db8::53\n netmask 255.255.0.0\n"
           " route set remote ipv4 10.1.0.0 255.255.0.0\n" +
           std::string(kProfile) + " aaa authorization group psk list default ROAD\n" +
           " config-exchange request address\n");
  ASSERT_EQ(made.policy().pools().size(), 3U);
  const AddressPool& pool = made.policy().pools()[0];
  EXPECT_EQ(pool.size(), 10U);
  EXPECT_EQ(pool.At(9), At("10.9.1.1"));
  EXPECT_FALSE(pool.Has(At("10.9.0.10")));
  // Neither the routers' address nor more than a pool has.
  EXPECT_EQ(made.policy().pools()[1].At(0), At("2001:db8:9::1"));
  EXPECT_EQ(made.policy().pools()[1].size(), config::kMaxPoolAddresses);
  EXPECT_EQ(made.policy().pools()[2].size(), 255U);
  EXPECT_EQ(made.policy().pools()[2].At(254), At("2001:db8:a::ff"));
  const auto profile = made.policy().FindProfile("P");
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->cert_authorization, nullptr);
  const Authorization& policy = *profile->psk_authorization;
  EXPECT_TRUE(policy.assigns());
  EXPECT_THAT(policy.dns, ElementsAre(At("10.1.0.53"), At("2001:db8::53")));
  EXPECT_EQ(policy.netmask, At("255.255.0.0"));
  EXPECT_EQ(policy.routes.size(), 1U);
  EXPECT_TRUE(profile->config_exchange.request && profile->config_exchange.address);
}

}  // namespace
}  // namespace vam::ike::v2
