// What a generation changes of the one before.
#include "sw/fwd/generation.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/ikev2_config.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

// Manual entries 10, 20 and so on of map M, one for each of `peers`, to 10.9.N.0/24.
std::string Entries(const std::vector<int>& peers, int key = 1) {
  const auto key_of = [](int number) {
    return std::to_string(1000 + number) + "02030405060708090a0b0c0d0e0fcafebabe";
  };
  std::string text =
      "interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
      "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n";
  for (const int peer : peers) {
    const std::string n = std::to_string(peer);
    text += "ip access-list extended list" + n + "\n permit ip any 10.9." + n +
            ".0 0.0.0.255\ncrypto map M " + std::to_string(10 * peer) +
            " ipsec-manual\n set peer 192.0.2." + n +
            "\n set transform-set T\n match address list" + n + "\n set session-key inbound esp " +
            std::to_string(1000 + peer) + " cipher " + key_of(100 * key + peer) +
            "\n set session-key outbound esp " + std::to_string(2000 + peer) + " cipher " +
            key_of(peer) + "\n";
  }
  return text;
}

class GenerationTest : public ::testing::Test {
 protected:
  Generation Next(const std::string& text) { return builder_.Build(ParseOrDie(text), ++number_); }

  GenerationBuilder builder_{{"Ethernet0/0", "Ethernet0/1"}};
  uint64_t number_ = 0;
};

TEST_F(GenerationTest, TheSameAgainChangesNothing) {
  EXPECT_EQ(Next(Entries({2, 3, 4})).changes.size(), 3u);
  const Generation again = Next(Entries({2, 3, 4}));
  EXPECT_TRUE(again.changes.empty());
  EXPECT_EQ(again.number, 2u);
  EXPECT_EQ(again.snapshot->generation, 2u);
}

TEST_F(GenerationTest, KeysAreWithTheEntriesAlone) {
  const Generation made = Next(Entries({2}));
  EXPECT_TRUE(made.running->crypto_maps.empty());
  EXPECT_FALSE(made.running->acls.empty());
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_EQ(made.changes[0].entry->outbound.size(), 1u);
}

TEST_F(GenerationTest, ANewKeyInterrupts) {
  const uint32_t id = Next(Entries({2})).changes.at(0).id;
  const Generation made = Next(Entries({2}, 2));
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_EQ(made.changes[0].id, id);
  EXPECT_FALSE(made.changes[0].keeps);
}

// A deny above the permit is for the policy alone.
TEST_F(GenerationTest, ANewDenyKeepsManualSas) {
  Next(Entries({2, 3}));
  const Generation made = Next(Entries({2, 3}) +
                               "no ip access-list extended list2\nip access-list extended list2\n"
                               " deny ip any host 10.9.2.9\n permit ip any 10.9.2.0 0.0.0.255\n");
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_TRUE(made.changes[0].keeps);
  EXPECT_EQ(made.changes[0].entry->lines.size(), 2u);
}

// First what interrupts, then what is gone, then what keeps its SAs.
TEST_F(GenerationTest, Order) {
  Next(Entries({2, 3, 4}));
  const Generation made = Next(Entries({2, 3, 5}) +
                               "no ip access-list extended list2\nip access-list extended list2\n"
                               " deny ip any host 10.9.2.9\n permit ip any 10.9.2.0 0.0.0.255\n");
  ASSERT_EQ(made.changes.size(), 3u);
  EXPECT_EQ(made.changes[0].entry->sequence, 50u);
  EXPECT_FALSE(made.changes[0].keeps);
  EXPECT_EQ(made.changes[1].entry, nullptr);
  EXPECT_EQ(made.changes[2].entry->sequence, 20u);
  EXPECT_TRUE(made.changes[2].keeps);
}

TEST_F(GenerationTest, LinesOfANegotiatedEntryDoNotKeep) {
  const auto negotiated = [](const std::string& lines, const std::string& more) {
    return "interface Ethernet0/0\n ip address 192.0.2.1 255.255.255.0\n crypto map M\n"
           "ip access-list extended L\n" +
           lines +
           "crypto ipsec transform-set T esp-gcm 128\n mode tunnel\n"
           "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set T\n"
           " set ikev2-profile P\n match address L\n" +
           more + kIkev2Profile;
  };
  const std::string line = " permit ip any 10.9.2.0 0.0.0.255\n";
  Next(negotiated(line, ""));
  Generation made = Next(negotiated(line, " set peer 192.0.2.3\n"));
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_TRUE(made.changes[0].keeps) << "another peer for the next SA";
  made = Next(negotiated(" deny ip any host 10.9.2.9\n" + line, " set peer 192.0.2.3\n"));
  ASSERT_EQ(made.changes.size(), 1u);
  EXPECT_FALSE(made.changes[0].keeps);
}

TEST_F(GenerationTest, CountersOfAListSurviveWhatDoesNotConcernIt) {
  const Generation first = Next(Entries({2, 3}));
  const Generation next = Next(Entries({2}));
  ASSERT_EQ(first.snapshot->counted.size(), 2u);
  ASSERT_EQ(next.snapshot->counted.size(), 1u);
  EXPECT_EQ(first.snapshot->counted[0].name, "list2");
  EXPECT_EQ(first.snapshot->counted[0].counters, next.snapshot->counted[0].counters);
  const Generation back = Next(Entries({2, 3}));
  EXPECT_NE(back.snapshot->counted.at(1).counters, first.snapshot->counted[1].counters)
      << "counts of a list that was gone came back";
}

}  // namespace
}  // namespace vam::fwd::test
