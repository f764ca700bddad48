// The numbers that an inbound SA with a replay window may deliver, over jumps and restarts.
#include "sw/fwd/inbound_numbers.h"

#include <memory>
#include <set>

#include "tests/support/seed.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

TEST(InboundNumbers, EndAtTheirBlockAndAskOnceBeforeIt) {
  InboundNumbers numbers(64, false, 1, 101);
  EXPECT_FALSE(numbers.Admit(50).ask);
  EXPECT_TRUE(numbers.Admit(51).ask);
  EXPECT_FALSE(numbers.Admit(52).ask);
  EXPECT_TRUE(numbers.Admit(100).durable);
  EXPECT_FALSE(numbers.Admit(101).durable);
  EXPECT_TRUE(numbers.Admit(99).durable) << "a late one is still below the end";
  EXPECT_EQ(numbers.highest(), 101u);
  numbers.Extend(101, 201);
  const auto next = numbers.Admit(102);
  EXPECT_TRUE(next.durable);
  EXPECT_FALSE(next.ask);
  EXPECT_FALSE(numbers.Admit(151).ask);
  EXPECT_TRUE(numbers.Admit(152).ask);
}

TEST(InboundNumbers, AJumpPastAnAnswerAsksAgain) {
  InboundNumbers numbers(64, false, 1, 101);
  EXPECT_TRUE(numbers.Admit(60).ask);
  EXPECT_FALSE(numbers.Admit(5000).durable);
  numbers.Extend(101, 201);  // asked for before the jump
  const auto verdict = numbers.Admit(5001);
  EXPECT_TRUE(verdict.ask);
  EXPECT_FALSE(verdict.durable);
  EXPECT_EQ(numbers.highest(), 5001u);
}

TEST(InboundNumbers, EsnGoesOnBeyond32Bits) {
  const uint64_t start = (uint64_t{7} << 32) - 10;
  InboundNumbers numbers(64, true, start, start + 20);
  EXPECT_TRUE(numbers.Admit(0xfffffffa).durable);
  EXPECT_TRUE(numbers.Admit(9).durable);
  EXPECT_EQ(numbers.highest(), (uint64_t{7} << 32) + 9);
  EXPECT_FALSE(numbers.Admit(10).durable);
  EXPECT_TRUE(numbers.Admit(0xffffffff).durable);
  // Nearly a whole round further: a small number on the wire, but a high one.
  EXPECT_FALSE(numbers.Admit(10 - 64).durable);
  EXPECT_EQ(numbers.highest(), (uint64_t{8} << 32) + 10 - 64);
}

const char* const kWindow =
    "crypto map M 10 ipsec-manual\n set security-association replay window-size 64\n";

class WindowTest : public ::testing::Test {
 protected:
  WindowTest() {
    for (TestGateway* g : {&a, b.get()}) {
      g->Configure(g == &a ? TunnelConfig(1, 2, kWindow) : TunnelConfig(2, 1, kWindow));
      g->Settle();
    }
  }
  ~WindowTest() override { b->ExpectBalanced(); }

  // What A sends for one packet of its inside; numbered by `id`.
  Frame Esp(uint16_t id) {
    const UdpSpec spec{.source_port = id};
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket(spec)));
    a.Settle();
    EXPECT_EQ(a.ports[1]->out.size(), 1u);
    Frame frame = a.ports[1]->out.front();
    a.ports[1]->out.clear();
    return frame;
  }
  // Whether B delivers it.
  bool Arrives(const Frame& frame) {
    b->ports[1]->in.push_back(frame);
    b->Settle();
    const size_t count = b->ports[0]->out.size();
    EXPECT_LE(count, 1u);
    b->ports[0]->out.clear();
    return count == 1;
  }
  // Another process on the same state.
  void RestartB() {
    auto next = b->next_number;
    b->ExpectBalanced();
    b = std::make_unique<TestGateway>(2);
    b->next_number = std::move(next);
    b->Configure(TunnelConfig(2, 1, kWindow));
    b->Settle();
  }
  void GiveBlocks() {
    for (const auto& wanted : std::exchange(b->asked, {})) {
      b->gateway->sas().AddBlock(wanted.request, b->NextBlock(wanted));
    }
    b->Settle();
  }

  TestGateway a{1};
  std::unique_ptr<TestGateway> b = std::make_unique<TestGateway>(2);
};

TEST_F(WindowTest, BlocksComeAheadOfTheTraffic) {
  for (uint16_t i = 0; i < 2900; ++i) ASSERT_TRUE(Arrives(Esp(i))) << i;
  EXPECT_EQ(b->Count(Reason::kReplayUnreserved), 0u);
  EXPECT_EQ((b->next_number[{"M", true}]), 4001u) << "each block is asked for once";
}

TEST_F(WindowTest, NothingIsDeliveredBeyondTheDurableEnd) {
  b->give_numbers = false;
  b->asked.clear();
  for (uint16_t i = 0; i < 1000; ++i) ASSERT_TRUE(Arrives(Esp(i))) << i;
  EXPECT_FALSE(Arrives(Esp(1000)));
  EXPECT_FALSE(Arrives(Esp(1001)));
  EXPECT_EQ(b->Count(Reason::kReplayUnreserved), 2u);
  ASSERT_EQ(b->asked.size(), 1u);
  EXPECT_TRUE(b->asked[0].inbound);
  GiveBlocks();
  EXPECT_TRUE(Arrives(Esp(1002)));
}

TEST_F(WindowTest, AJumpOfThePeerIsFollowed) {
  ASSERT_TRUE(Arrives(Esp(1)));
  b->give_numbers = false;
  b->asked.clear();
  a.next_number[{"M", false}] = 300'001;
  a.gateway->sas().Restart();
  a.Settle();
  const Frame jumped = Esp(2);
  EXPECT_FALSE(Arrives(jumped));
  EXPECT_EQ(b->Count(Reason::kReplayUnreserved), 1u);
  ASSERT_EQ(b->asked.size(), 1u);
  EXPECT_EQ(b->asked[0].beyond, 300'001u);
  GiveBlocks();
  EXPECT_TRUE(Arrives(Esp(3)));
  EXPECT_FALSE(Arrives(jumped)) << "the engine has seen it";
  EXPECT_EQ(b->Count(Reason::kReplayDuplicate), 1u);
}

TEST_F(WindowTest, AForgedNumberMovesNothing) {
  Frame forged = Esp(1);
  StoreBe32(&forged[14 + 20 + 4], 900);
  EXPECT_FALSE(Arrives(forged));
  EXPECT_EQ(b->Count(Reason::kIcvFailed), 1u);
  EXPECT_EQ((b->next_number[{"M", true}]), 1001u) << "an attacker can use up numbers";
}

// Random traffic, jumps, lost answers and restarts, then everything again: no packet arrives twice.
TEST_F(WindowTest, NoPacketArrivesTwiceOverRestarts) {
  SeededRng rng(vam::test::TestSeed());
  std::vector<Frame> sent;
  std::set<uint16_t> arrived;
  uint16_t id = 0;
  for (int life = 0; life < 12; ++life) {
    for (int step = 0; step < 5; ++step) {
      b->give_numbers = rng.Below(3) != 0;
      if (rng.Below(4) == 0) {
        a.next_number[{"M", false}] += rng.Below(5000);
        a.gateway->sas().Restart();
        a.Settle();
      }
      for (uint64_t n = rng.Below(400); n > 0; --n) {
        sent.push_back(Esp(++id));
        if (!Arrives(sent.back())) continue;
        EXPECT_TRUE(arrived.insert(id).second);
      }
    }
    RestartB();
    for (size_t i = 0; i < sent.size(); ++i) {
      const auto old = static_cast<uint16_t>(i + 1);
      if (!Arrives(sent[i])) continue;
      EXPECT_TRUE(arrived.insert(old).second) << "packet " << old << " again";
    }
  }
  EXPECT_GT(arrived.size(), sent.size() / 4) << "too little arrived for the test to mean anything";
}

class AskTest : public ::testing::Test {
 protected:
  AskTest() { g.give_numbers = false; }
  void Configure(const std::string& extra) {
    g.Configure(TunnelConfig(1, 2, extra));
    g.Settle();
  }
  const SaManager::Pair& pair() { return g.gateway->sas().pairs().begin()->second; }

  TestGateway g{1};
};

// The answer is about the key that the entry had: under another key its numbers are not durable.
TEST_F(AskTest, AnAnswerForAnEarlierKeyIsIgnored) {
  Configure("");
  ASSERT_EQ(g.asked.size(), 1u);
  const SaManager::Wanted first = g.asked[0];
  Configure(
      "crypto map M 10 ipsec-manual\n set session-key outbound esp 1002 cipher "
      "aaaa02030405060708090a0b0c0d0e0fcafebabe\n");
  ASSERT_EQ(g.asked.size(), 2u);
  g.gateway->sas().AddBlock(first.request, {1, 1001, ""});
  g.Settle();
  EXPECT_EQ(pair().layers[0].outbound_id, 0u);
  g.gateway->sas().AddBlock(g.asked[1].request, {1, 1001, ""});
  g.Settle();
  EXPECT_NE(pair().layers[0].outbound_id, 0u);
}

// mgmt ended with the question; the next one commits first.
TEST_F(AskTest, ACommitAsksAgainWhatWasNotAnswered) {
  Configure("");
  Configure("");
  ASSERT_EQ(g.asked.size(), 2u);
  EXPECT_NE(g.asked[0].request, g.asked[1].request);
  g.gateway->sas().AddBlock(g.asked[1].request, {1, 1001, ""});
  g.Settle();
  EXPECT_NE(pair().layers[0].outbound_id, 0u);
  g.gateway->sas().AddBlock(g.asked[0].request, {1001, 2001, ""});
  EXPECT_FALSE(pair().layers[0].fresh_outbound);
}

TEST_F(AskTest, ARefusalIsShownUntilItIsAskedAgain) {
  Configure("");
  for (int i = 0; i < 2; ++i) {
    g.gateway->sas().AddBlock(g.asked.back().request, {0, 0, "No sequence numbers: gone."});
    g.Settle();
    EXPECT_EQ(g.gateway->sas().DownReason(pair()), "No sequence numbers: gone.");
    EXPECT_EQ(g.asked.size(), 1u + i) << "it asks without end";
    if (i == 0) {
      g.gateway->sas().Restart();
      g.Settle();
    } else {
      Configure("");
    }
  }
  g.gateway->sas().AddBlock(g.asked.back().request, {1, 1001, ""});
  g.Settle();
  EXPECT_EQ(g.gateway->sas().DownReason(pair()), "");
}

}  // namespace
}  // namespace vam::fwd::test
