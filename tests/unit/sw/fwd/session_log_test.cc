// `crypto logging session`: one message when a peer's first SAs are up and one when its last go
// (MG-13, MG-14).
#include "sw/fwd/session_log.h"

#include <gmock/gmock.h>

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ipsec::SaParams Sa(uint64_t id, ipsec::Direction direction, uint32_t spi, const char* peer) {
  ipsec::SaParams sa;
  sa.id = id;
  sa.direction = direction;
  sa.spi.value = spi;
  sa.local = *net::Address::Parse("192.0.2.1");
  sa.remote = *net::Address::Parse(peer);
  return sa;
}

class SessionLogTest : public ::testing::Test {
 protected:
  SessionLogTest() {
    snapshot_.vrfs.resize(3);
    snapshot_.vrfs[1].name = "name10";
    snapshot_.vrfs[2].name = "name20";
    snapshot_.entry_places.resize(2);
    for (Snapshot::EntryPlace& place : snapshot_.entry_places) {
      place.policy = std::make_shared<ipsec::Policy>(std::vector<ipsec::PolicyEntry>{}, 0);
    }
    snapshot_.entry_places[1].front_vrf = 1;
    snapshot_.entry_places[1].inside_vrf = 2;
    sets_.SetRules(0, {.kind = EntryKind::kIsakmp});
    sets_.SetRules(1, {.kind = EntryKind::kIsakmp});
  }
  // Both directions for line `line` of an entry; `udp`: the peer's port of ESP in UDP.
  std::pair<BundleRef, BundleRef> Up(uint32_t entry, uint32_t line, const char* peer,
                                     const SessionPeer* known = nullptr, uint16_t udp = 0) {
    SaSetKey key;
    key.entry = entry;
    key.line = line;
    const uint32_t set = *sets_.Open(key);
    if (known != nullptr) sets_.at(set).peer = std::make_shared<const SessionPeer>(*known);
    std::pair<BundleRef, BundleRef> made;
    for (const auto direction : {ipsec::Direction::kOut, ipsec::Direction::kIn}) {
      std::vector<PathSa> sas(1);
      ++next_;
      sas[0].settings = Sa(next_, direction, 1000 + static_cast<uint32_t>(next_), peer);
      sas[0].settings.udp_remote = udp;
      const auto added = sets_.Add(set, direction, std::move(sas));
      EXPECT_TRUE(added.has_value());
      (direction == ipsec::Direction::kOut ? made.first : made.second) = *added;
    }
    return made;
  }
  std::vector<std::string> Look() {
    log_.Look(sets_, snapshot_, &events_);
    std::vector<std::string> texts;
    for (SystemEvent& event : events_.Take()) {
      EXPECT_EQ(event.mnemonic, "SESSION_STATUS");
      EXPECT_EQ(event.severity, 5u);
      texts.push_back(std::move(event.text));
    }
    return texts;
  }
  ManualClock clock_;
  EventLog events_{clock_};
  SaSets sets_;
  Snapshot snapshot_;
  SessionLog log_;
  uint64_t next_ = 0;
};

TEST_F(SessionLogTest, OnePerPeerNotPerSa) {
  EXPECT_THAT(Look(), IsEmpty());
  const auto first = Up(0, 0, "10.2.2.9");
  EXPECT_THAT(Look(), ElementsAre("Crypto session is UP. Peer 10.2.2.9:500 Id: 10.2.2.9"));
  const auto second = Up(0, 1, "10.2.2.9");
  EXPECT_THAT(Look(), IsEmpty());
  // A new pair comes before the old one goes: nothing happened to the session.
  const auto rekeyed = Up(0, 0, "10.2.2.9");
  sets_.Remove(first.first);
  sets_.Remove(first.second);
  EXPECT_THAT(Look(), IsEmpty());
  for (const auto& pair : {rekeyed, second}) {
    sets_.Remove(pair.first);
    sets_.Remove(pair.second);
  }
  EXPECT_THAT(Look(), ElementsAre("Crypto session is DOWN. Peer 10.2.2.9:500 Id: 10.2.2.9"));
}

TEST_F(SessionLogTest, VrfsAreNamed) {
  Up(1, 0, "10.6.6.1");
  EXPECT_THAT(Look(), ElementsAre("Crypto session is UP. Peer 10.6.6.1:500 fvrf=name10 ivrf=name20 "
                                  "Id: 10.6.6.1"));
}

// MG-14, OUT-3: what the peer proved to be, what the configuration calls it, where its IKE is.
TEST_F(SessionLogTest, ThePeerIsNamed) {
  const SessionPeer peer{"ezvpn", "connection from site A", 500};
  const auto pair = Up(0, 0, "10.2.2.9", &peer);
  EXPECT_THAT(Look(), ElementsAre("Crypto session is UP. Peer 10.2.2.9:500 Description: connection "
                                  "from site A Id: ezvpn"));
  sets_.Remove(pair.first);
  sets_.Remove(pair.second);
  EXPECT_THAT(Look(), ElementsAre("Crypto session is DOWN. Peer 10.2.2.9:500 Description: "
                                  "connection from site A Id: ezvpn"));
}

TEST_F(SessionLogTest, AllFieldsInTheirOrder) {
  const SessionPeer peer{"10.5.5.2", "SJC24-2-VPN-Gateway", 500};
  Up(1, 0, "10.6.6.1", &peer);
  EXPECT_THAT(Look(), ElementsAre("Crypto session is UP. Peer 10.6.6.1:500 fvrf=name10 ivrf=name20 "
                                  "Description: SJC24-2-VPN-Gateway Id: 10.5.5.2"));
}

TEST_F(SessionLogTest, PeersBehindANatAreApart) {
  const SessionPeer one{"one.example.com", "", 4500}, two{"two.example.com", "", 4500};
  const auto first = Up(0, 0, "203.0.113.1", &one, 1024);
  Up(0, 1, "203.0.113.1", &two, 1025);
  EXPECT_THAT(Look(),
              ElementsAre("Crypto session is UP. Peer 203.0.113.1:1024 Id: one.example.com",
                          "Crypto session is UP. Peer 203.0.113.1:1025 Id: two.example.com"));
  sets_.Remove(first.first);
  EXPECT_THAT(Look(),
              ElementsAre("Crypto session is DOWN. Peer 203.0.113.1:1024 Id: one.example.com"));
}

// A NAT gives it another port, and the operator another text: it is the same session.
TEST_F(SessionLogTest, APortThatChangesIsNoNewSession) {
  const SessionPeer peer{"gw.example.com", "", 4500};
  const auto pair = Up(0, 0, "203.0.113.1", &peer, 1024);
  Look();
  const SessionPeer renamed{"gw.example.com", "branch", 4500};
  Up(0, 0, "203.0.113.1", &renamed, 2048);
  sets_.Remove(pair.first);
  sets_.Remove(pair.second);
  EXPECT_THAT(Look(), IsEmpty());
}

TEST_F(SessionLogTest, HalfASessionIsNone) {
  const auto pair = Up(0, 0, "10.2.2.9");
  sets_.Remove(pair.second);
  EXPECT_THAT(Look(), IsEmpty());
}

TEST_F(SessionLogTest, ManualKeysHaveNoSession) {
  sets_.SetRules(0, {.kind = EntryKind::kManual});
  Up(0, 0, "10.2.2.9");
  EXPECT_THAT(Look(), IsEmpty());
}

}  // namespace
}  // namespace vam::fwd::test
