// Impairment between two whole machines: what each fault leads to, and that the tunnel is up in the
// end; its choice of messages; its limits.
#include "sw/ike/impair.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "sw/ike/v2/journals.h"
#include "sw/ike/v2/show.h"
#include "sw/ike/v2/stats.h"
#include "tests/ike/network.h"

namespace vam::ike {
namespace {

using api::ImpairRule;
using ::testing::ElementsAre;
using v2::Cause;

ImpairRule RuleOf(ImpairRule::Fault fault, ImpairRule::Direction direction, uint32_t exchange) {
  ImpairRule rule;
  rule.set_fault(fault);
  rule.set_direction(direction);
  rule.set_exchange(exchange);
  rule.set_nth(1);
  return rule;
}

api::ImpairRequest Adding(const ImpairRule& rule) {
  api::ImpairRequest request;
  *request.mutable_add() = rule;
  return request;
}
api::ImpairRequest Removing(uint32_t number) {
  api::ImpairRequest request;
  request.set_remove(number);
  return request;
}

// Two gateways; between the first one's role and its fwd there is impairment.
struct Impaired {
  explicit Impaired(uint64_t seed) : net(seed), filter(net.clock), stats(net.clock) {
    net.a.record.also = &stats;
    filter.SetWays([this](Bytes payload) { Deliver(net.b, payload); },
                   [this](Bytes payload) { Deliver(net.a, payload); });
    net.on_packet = [this](size_t, const test::Side& from, std::vector<uint8_t>& bytes) {
      const bool out = &from == &net.a;
      const test::Side& to = out ? net.b : net.a;
      api::IkePacket packet{};
      packet.endpoints.local = api::ToFast(to.address);
      packet.endpoints.remote = api::ToFast(from.address);
      packet.endpoints.local_port = packet.endpoints.remote_port = 500;
      packet.ike_class = api::IkeClass::kNew;
      packet.length = static_cast<uint32_t>(bytes.size());
      const Bytes head = api::EncodeFast(packet);
      std::vector<uint8_t> payload(head.begin(), head.end());
      payload.insert(payload.end(), bytes.begin(), bytes.end());
      if (out) {
        filter.Outgoing(payload);
      } else {
        filter.Incoming(payload);
      }
      return false;  // it has been delivered
    };
  }
  static void Deliver(test::Side& to, Bytes payload) {
    to.machine.Receive(api::MessageType::kIkePacket, 0, payload);
  }
  // Until so much time has passed.
  void Run(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      for (size_t before = net.packets() + 1; before != net.packets();) {
        before = net.packets();
        net.Pass(0);
      }
      filter.Poll();
      net.Pass(1);
    }
  }
  bool IsUp() {
    return net.a.Up() != nullptr && net.b.Up() != nullptr && net.a.Children() == 1 &&
           net.b.Children() == 1 && net.Mismatch().empty();
  }
  uint64_t CountOf(Cause cause, bool at_a) {
    return (at_a ? net.a : net.b).machine.core().causes().of(cause);
  }
  std::string Counters() {
    std::string text = "retransmissions " + std::to_string(stats.retransmissions());
    for (const bool at_a : {true, false}) {
      text += at_a ? "; a:" : "; b:";
      for (size_t i = 0; i < v2::kCauses; ++i) {
        const auto cause = static_cast<Cause>(i);
        if (const uint64_t count = CountOf(cause, at_a)) {
          text += " " + std::string(v2::Name(cause)) + " " + std::to_string(count);
        }
      }
    }
    return text;
  }

  test::Network net;
  Impairment filter;
  v2::Stats stats;
};

// A fault in one message of a set-up, the counter in which it ends, and a tunnel.
struct Case {
  const char* name;
  ImpairRule rule;
  std::optional<Cause> cause;  // none: a retransmission, or nothing but time
  bool at_a = true;
  uint64_t retransmissions = 1;  // at least
};
ImpairRule Delaying(ImpairRule rule, uint32_t ms) {
  rule.set_delay_ms(ms);
  return rule;
}
ImpairRule Field(ImpairRule::Field field, ImpairRule::Direction direction, uint32_t exchange) {
  ImpairRule rule = RuleOf(ImpairRule::MUTATE, direction, exchange);
  rule.set_field(field);
  return rule;
}
constexpr auto kIn = ImpairRule::INCOMING;
constexpr auto kOut = ImpairRule::OUTGOING;

const Case kCases[] = {
    {"drop_request", RuleOf(ImpairRule::DROP, kOut, 34), {}},
    {"drop_answer", RuleOf(ImpairRule::DROP, kIn, 35), {}},
    {"duplicate_answer", RuleOf(ImpairRule::DUPLICATE, kIn, 35), Cause::kOutsideWindow, true, 0},
    {"delay_request", Delaying(RuleOf(ImpairRule::DELAY, kOut, 34), 40), {}, true, 0},
    {"delay_beyond_retransmission", Delaying(RuleOf(ImpairRule::DELAY, kIn, 35), 5000),
     Cause::kOutsideWindow},
    {"corrupt_request", RuleOf(ImpairRule::CORRUPT, kOut, 35), Cause::kWrongIcv, false},
    {"corrupt_answer", RuleOf(ImpairRule::CORRUPT, kIn, 35), Cause::kWrongIcv},
    {"mutate_exchange", Field(ImpairRule::EXCHANGE, kOut, 35), Cause::kUnexpected, false},
    {"mutate_message_id", Field(ImpairRule::MESSAGE_ID, kOut, 35), Cause::kOutsideWindow, false},
    {"mutate_payload", Field(ImpairRule::PAYLOAD, kIn, 35), Cause::kMalformed},
    {"mutate_length", Field(ImpairRule::LENGTH, kOut, 34), Cause::kMalformed, false},
};

class ImpairTest : public ::testing::TestWithParam<Case> {};

TEST_P(ImpairTest, EndsInACounterAndATunnel) {
  const Case& param = GetParam();
  Impaired w(7);
  ASSERT_EQ(w.filter.Change(Adding(param.rule)), "");
  w.net.a.Acquire(1);
  w.Run(20'000);
  EXPECT_TRUE(w.IsUp()) << w.Counters();
  const api::Impairments show = w.filter.Show();
  ASSERT_EQ(show.rule_size(), 1);
  EXPECT_EQ(show.rule(0).done(), 1u);
  EXPECT_GE(w.stats.retransmissions(), param.retransmissions) << w.Counters();
  if (param.cause) {
    EXPECT_GE(w.CountOf(*param.cause, param.at_a), 1u) << w.Counters();
  }
}
INSTANTIATE_TEST_SUITE_P(Faults, ImpairTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

// The first answer to IKE_SA_INIT comes again behind that of a later message of its kind.
TEST(ImpairmentTest, AReplayIsFoundByTheWindow) {
  Impaired w(8);
  ImpairRule rule = RuleOf(ImpairRule::REPLAY, kIn, 0);
  rule.set_nth(0);
  ASSERT_EQ(w.filter.Change(Adding(rule)), "");
  w.net.a.Acquire(1);
  w.Run(5000);
  EXPECT_TRUE(w.IsUp()) << w.Counters();
  EXPECT_GE(w.filter.Show().rule(0).done(), 1u);
  EXPECT_GE(w.CountOf(Cause::kUnexpected, true) + w.CountOf(Cause::kOutsideWindow, true), 1u)
      << w.Counters();
}
// A changed NAT_DETECTION notify: the sides take no address for translated that is not named.
TEST(ImpairmentTest, AMutatedNotifyIsOneThatNobodyKnows) {
  Impaired w(9);
  ASSERT_EQ(w.filter.Change(Adding(Field(ImpairRule::NOTIFY, kOut, 34))), "");
  w.net.a.Acquire(1);
  w.Run(20'000);
  EXPECT_EQ(w.filter.Show().rule(0).done(), 1u);
  // What was signed is not what came: IKE_AUTH fails, and the next packet begins anew.
  EXPECT_GE(w.CountOf(Cause::kAuthFailed, false), 1u) << w.Counters();
  w.net.a.Acquire(1);
  w.Run(20'000);
  EXPECT_TRUE(w.IsUp()) << w.Counters();
}
TEST(ImpairmentTest, ATunnelLivesThroughRandomFaults) {
  Impaired w(10);
  w.net.a.Acquire(1);
  w.Run(100);
  ASSERT_TRUE(w.IsUp());
  uint32_t seed = 1;
  for (const auto fault : {ImpairRule::DROP, ImpairRule::DUPLICATE, ImpairRule::DELAY,
                           ImpairRule::CORRUPT, ImpairRule::REPLAY}) {
    ImpairRule rule;
    rule.set_fault(fault);
    rule.set_percent(20);
    rule.set_delay_ms(fault == ImpairRule::DELAY ? 300 : 0);
    rule.set_seed(seed++);
    ASSERT_EQ(w.filter.Change(Adding(rule)), "");
  }
  // When every copy of a message is lost the IKE SA ends, and the next packet makes another.
  int rekeyed = 0;
  for (int round = 0; round < 5; ++round) {
    if (w.IsUp()) {
      v2::RekeyIke(w.net.a.machine.core(), *w.net.a.Up());
      w.net.a.machine.Poll();
      ++rekeyed;
    } else {
      w.net.a.Acquire(1);
    }
    w.Run(60'000);
  }
  EXPECT_GE(rekeyed, 3) << w.Counters();
  const api::Impairments show = w.filter.Show();
  for (const ImpairRule& rule : show.rule()) EXPECT_GT(rule.done(), 0u);
  ASSERT_EQ(w.filter.Change(Removing(0)), "");
  if (!w.IsUp()) w.net.a.Acquire(1);
  w.Run(60'000);
  EXPECT_TRUE(w.IsUp()) << w.Counters();
}

// ---- without machines

struct Bench {
  Bench() {
    const auto add = [](std::vector<std::vector<uint8_t>>& to) {
      return [&to](Bytes payload) {
        const Bytes message = payload.subspan(sizeof(api::IkePacket));
        EXPECT_EQ(api::DecodeFast<api::IkePacket>(payload)->length, message.size());
        to.emplace_back(message.begin(), message.end());
      };
    };
    filter.SetWays(add(out), add(in));
  }
  void Send(const std::vector<uint8_t>& message, bool outgoing = true) {
    api::IkePacket packet{};
    packet.ike_class = api::IkeClass::kNew;
    packet.length = static_cast<uint32_t>(message.size());
    const Bytes head = api::EncodeFast(packet);
    std::vector<uint8_t> payload(head.begin(), head.end());
    payload.insert(payload.end(), message.begin(), message.end());
    if (outgoing) {
      filter.Outgoing(payload);
    } else {
      filter.Incoming(payload);
    }
  }
  // INFORMATIONAL, with a byte to know it by.
  static std::vector<uint8_t> Message(uint8_t mark, uint8_t exchange = 37) {
    std::vector<uint8_t> message(40);
    message[18] = exchange;
    message[39] = mark;
    return message;
  }
  std::vector<int> Marks() {
    std::vector<int> marks;
    for (const auto& message : std::exchange(out, {})) marks.push_back(message.back());
    return marks;
  }

  ManualClock clock{1, 1};
  Impairment filter{clock};
  std::vector<std::vector<uint8_t>> out, in;
};

TEST(ImpairmentTest, WhichMessages) {
  Bench bench;
  ImpairRule rule;
  rule.set_fault(ImpairRule::DROP);
  rule.set_direction(kOut);
  rule.set_exchange(37);
  rule.set_every(3);
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  for (uint8_t i = 1; i <= 7; ++i) bench.Send(Bench::Message(i));
  bench.Send(Bench::Message(8, 36));
  EXPECT_THAT(bench.Marks(), ElementsAre(1, 2, 4, 5, 7, 8));
  bench.Send(Bench::Message(9), false);
  EXPECT_EQ(bench.in.size(), 1u);
  EXPECT_EQ(bench.filter.Show().rule(0).seen(), 7u);
  EXPECT_EQ(bench.filter.Show().rule(0).done(), 2u);

  ASSERT_EQ(bench.filter.Change(Removing(1)), "");
  rule.clear_every();
  rule.set_nth(2);
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  for (uint8_t i = 1; i <= 4; ++i) bench.Send(Bench::Message(i));
  EXPECT_THAT(bench.Marks(), ElementsAre(1, 3, 4));
  EXPECT_EQ(bench.filter.Show().rule(0).number(), 2u);
}
TEST(ImpairmentTest, ChanceIsOfItsSeed) {
  const auto marks = [](uint32_t seed) {
    Bench bench;
    ImpairRule rule;
    rule.set_fault(ImpairRule::DROP);
    rule.set_percent(50);
    rule.set_seed(seed);
    EXPECT_EQ(bench.filter.Change(Adding(rule)), "");
    for (uint8_t i = 1; i <= 100; ++i) bench.Send(Bench::Message(i));
    return bench.Marks();
  };
  EXPECT_EQ(marks(1), marks(1));
  EXPECT_NE(marks(1), marks(2));
  EXPECT_NEAR(static_cast<double>(marks(3).size()), 50, 20);
}
TEST(ImpairmentTest, LateMessagesComeInTheirTime) {
  Bench bench;
  ImpairRule rule;
  rule.set_fault(ImpairRule::DELAY);
  rule.set_delay_ms(10);
  rule.set_nth(1);
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  EXPECT_EQ(bench.filter.next_ns(), UINT64_MAX);
  bench.Send(Bench::Message(1));
  bench.Send(Bench::Message(2));
  bench.filter.Poll();
  EXPECT_THAT(bench.Marks(), ElementsAre(2));
  EXPECT_EQ(bench.filter.next_ns(), bench.clock.MonotonicNs() + 10 * kNsPerMs);
  bench.clock.AdvanceNs(10 * kNsPerMs);
  bench.filter.Poll();
  EXPECT_THAT(bench.Marks(), ElementsAre(1));
  EXPECT_EQ(bench.filter.next_ns(), UINT64_MAX);
}
TEST(ImpairmentTest, ShortAndEmptyMessagesPass) {
  Bench bench;
  ImpairRule rule;
  rule.set_fault(ImpairRule::CORRUPT);
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  for (const size_t length : {0U, 1U, 27U, 28U}) bench.Send(std::vector<uint8_t>(length));
  EXPECT_EQ(bench.out.size(), 4u);
  EXPECT_EQ(bench.filter.Show().rule(0).seen(), 0u);
  bench.Send(std::vector<uint8_t>(29));
  EXPECT_NE(bench.out.back(), std::vector<uint8_t>(29));
}
// Payloads whose lengths lie, searched for a notify.
TEST(ImpairmentTest, TheSearchForANotifyStaysInTheMessage) {
  ImpairRule rule = Field(ImpairRule::NOTIFY, ImpairRule::BOTH, 0);
  rule.set_nth(0);
  SeededRng rng(4);
  Bench bench;
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  for (int i = 0; i < 20'000; ++i) {
    std::vector<uint8_t> message(29 + rng.Below(60));
    rng.Fill(message);
    message[16] = rng.Below(2) == 0 ? 41 : 33;
    bench.Send(message);
  }
  EXPECT_EQ(bench.out.size(), 20'000u);
}
TEST(ImpairmentTest, WhatIsRefused) {
  Bench bench;
  ImpairRule rule;
  EXPECT_NE(bench.filter.Change(Adding(rule)), "");
  EXPECT_NE(bench.filter.Change(api::ImpairRequest()), "");
  rule.set_fault(ImpairRule::MUTATE);
  EXPECT_EQ(bench.filter.Change(Adding(rule)), "A field must be named.");
  rule.set_fault(ImpairRule::DELAY);
  rule.set_delay_ms(60'001);
  EXPECT_EQ(bench.filter.Change(Adding(rule)), "A delay is 60 seconds at most.");
  rule.set_delay_ms(1);
  for (size_t i = 0; i < Impairment::kMostRules; ++i) {
    EXPECT_EQ(bench.filter.Change(Adding(rule)), "");
  }
  EXPECT_NE(bench.filter.Change(Adding(rule)), "");
  EXPECT_EQ(bench.filter.Change(Removing(77)), "There is no such rule.");
  EXPECT_EQ(bench.filter.Change(Removing(0)), "");
  EXPECT_EQ(bench.filter.Show().rule_size(), 0);
}
TEST(ImpairmentTest, LateMessagesAreBounded) {
  Bench bench;
  ImpairRule rule;
  rule.set_fault(ImpairRule::DELAY);
  rule.set_delay_ms(10);
  ASSERT_EQ(bench.filter.Change(Adding(rule)), "");
  for (size_t i = 0; i < 3 * Impairment::kMostDelayed; ++i) bench.Send(Bench::Message(1));
  bench.clock.AdvanceNs(kNsPerSecond);
  bench.filter.Poll();
  EXPECT_EQ(bench.out.size(), Impairment::kMostDelayed);
}

}  // namespace
}  // namespace vam::ike
