// The verilated card fails in mid traffic: it is pulled, may no longer master the bus, or the bus
// answers with errors or not at all. Every packet ends with a reason, nothing leaks, and after a
// reset the card works.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/cosim/traffic.h"

namespace vam::test {
namespace {

using bfm::AxiFault;
using driver::Health;
using Port = sim::RtlCard::Port;

constexpr size_t kPackets = 60;
constexpr uint32_t kBusTimeoutCycles = 3000;  // 12 us
constexpr uint64_t kStuckNs = 500 * kNsPerUs;

driver::DeviceOptions Options() {
  driver::DeviceOptions options;
  options.stuck_ns = kStuckNs;
  return options;
}

class FailureTest : public testing::TestWithParam<std::string> {
 protected:
  FailureTest() : traffic(GetParam(), Options()), bench(traffic.bench()) {
    const auto& regs = bench.device().registers();
    regs.Write(map::BlockType::kControl, map::kRegCtrlBusTimeout, kBusTimeoutCycles);
    regs.Write(map::BlockType::kControl, map::kRegCtrlDrainTimeout, kBusTimeoutCycles);
  }

  template <typename Work>
  auto Card(Work work) {
    return RtlOf(bench.card())->With(work);
  }
  void StartTraffic() {
    traffic.Start(kPackets);
    bench.WaitFor([&] { return traffic.Poll() || traffic.ended(Reason::kOk) > 0; }, "packets");
    EXPECT_EQ(bench.device().CheckHealth(), Health::kGood);
  }
  // Until every packet has ended or the driver sees that something is wrong.
  Health Watch() {
    Health health = Health::kGood;
    bench.WaitFor(
        [&] {
          if (traffic.Poll()) return true;
          health = bench.device().CheckHealth();
          return health != Health::kGood;
        },
        "an end of all packets or a fault");
    return health;
  }
  // The owner's way out: reset, give up, begin anew.
  void Recover() {
    const auto lost = bench.device().Reset();
    ASSERT_TRUE(lost.has_value()) << ToString(lost.error());
    traffic.ExpectLost(*lost);
    traffic.GiveUp();
    traffic.ExpectAccounted();
    Card([](sim::RtlCard& card) { card.ClearFaults(); });
    traffic.ExpectWorks();
    EXPECT_EQ(bench.device().CheckHealth(), Health::kGood);
    // For the next fault.
    bench.device().TakeFaults();
    ASSERT_TRUE(bench.device().Zeroise().has_value());
  }
  size_t WriteBeats() {
    return Card([](sim::RtlCard& card) {
      return card.stats(Port::kData).write_beats + card.stats(Port::kRing).write_beats;
    });
  }

  Traffic traffic;
  Bench& bench;
};

TEST_P(FailureTest, PulledMidTraffic) {
  StartTraffic();
  Card([](sim::RtlCard& card) { card.SetPresent(false); });
  EXPECT_EQ(bench.device().registers().Read(map::BlockType::kControl, map::kRegCtrlStatus),
            0xffffffffu);
  EXPECT_EQ(bench.device().CheckHealth(), Health::kGone);
  // Bursts that were begun end; then the bus is silent.
  Card([](sim::RtlCard& card) { card.Step(2000); });
  const size_t written = WriteBeats();
  const auto reads = [this] {
    return Card([](sim::RtlCard& card) {
      return card.stats(Port::kData).reads + card.stats(Port::kRing).reads;
    });
  };
  const size_t read = reads();
  Card([](sim::RtlCard& card) { card.Step(20000); });
  EXPECT_EQ(WriteBeats(), written) << "a card that is gone writes memory";
  EXPECT_EQ(reads(), read) << "a card that is gone reads memory";
  EXPECT_FALSE(bench.device().Reset().has_value());
  driver::Completion completion;
  EXPECT_EQ(bench.queue().Poll({&completion, 1}).error().code, ErrorCode::kDevice);
  EXPECT_FALSE(bench.queue().TakeInFlight({&completion, 1}).has_value())
      << "memory is given back while nobody knows that the card has stopped";
  Card([](sim::RtlCard& card) { card.SetPresent(true); });
  Recover();
  EXPECT_GT(traffic.ended(Reason::kQueueReset), 0u);
}

TEST_P(FailureTest, BusMasteringEndsMidTraffic) {
  StartTraffic();
  Card([](sim::RtlCard& card) { card.SetBusMaster(false); });
  Card([](sim::RtlCard& card) { card.Step(2000); });
  const size_t written = WriteBeats();
  const Health health = Watch();
  EXPECT_TRUE(health == Health::kStuck || health == Health::kNotReady)
      << driver::HealthName(health);
  EXPECT_EQ(WriteBeats(), written) << "a card that may not master the bus writes memory";
  Card([](sim::RtlCard& card) { card.SetBusMaster(true); });
  Recover();
  EXPECT_GT(traffic.ended(Reason::kQueueReset), 0u);
}

struct BusFault {
  const char* name;
  AxiFault::Kind kind;
  bool write;
  Reason reason;
};
constexpr BusFault kBusFaults[] = {
    {"read SLVERR", AxiFault::Kind::kSlvErr, false, Reason::kDmaReadError},
    {"read DECERR", AxiFault::Kind::kDecErr, false, Reason::kDmaReadError},
    {"read silence", AxiFault::Kind::kHang, false, Reason::kDmaTimeout},
    {"write SLVERR", AxiFault::Kind::kSlvErr, true, Reason::kDmaWriteError},
    {"write DECERR", AxiFault::Kind::kDecErr, true, Reason::kDmaWriteError},
    {"write silence", AxiFault::Kind::kHang, true, Reason::kDmaTimeout},
};

// Some bursts of packet data fail: their packets end with that reason, the others go on.
TEST_P(FailureTest, DataBusFailsForSomePackets) {
  for (const BusFault& fault : kBusFaults) {
    SCOPED_TRACE(fault.name);
    StartTraffic();
    Card([&](sim::RtlCard& card) {
      card.Inject(Port::kData, {.kind = fault.kind, .write = fault.write, .skip = 3, .count = 4});
    });
    EXPECT_EQ(driver::HealthName(Watch()), driver::HealthName(Health::kGood));
    traffic.ExpectAccounted();
    const size_t failed = traffic.ended(fault.reason);
    EXPECT_GT(failed, 0u);
    EXPECT_EQ(traffic.ended(Reason::kOk) + traffic.ended(Reason::kIcvFailed) + failed, kPackets);
    const uint32_t bit = fault.kind == AxiFault::Kind::kHang ? map::kCtrlFaultsBusTimeout
                         : fault.write                       ? map::kCtrlFaultsWriteError
                                                             : map::kCtrlFaultsReadError;
    EXPECT_EQ(bench.device().TakeFaults(), bit);
    EXPECT_EQ(bench.Events(1)[0].kind, map::EventType::kFault);
    Recover();
  }
}

// The bus of packet data fails altogether.
TEST_P(FailureTest, DataBusFailsForAllPackets) {
  for (const BusFault& fault : kBusFaults) {
    SCOPED_TRACE(fault.name);
    StartTraffic();
    Card([&](sim::RtlCard& card) {
      card.Inject(Port::kData, {.kind = fault.kind, .write = fault.write});
    });
    EXPECT_EQ(driver::HealthName(Watch()), driver::HealthName(Health::kGood));
    traffic.ExpectAccounted();
    EXPECT_GT(traffic.ended(fault.reason), kPackets / 4);
    Recover();
  }
}

// Descriptors cannot be fetched, or completions not be written: the queue stops itself.
TEST_P(FailureTest, RingBusFails) {
  for (const BusFault& fault : kBusFaults) {
    SCOPED_TRACE(fault.name);
    traffic.Start(kPackets);
    Card([&](sim::RtlCard& card) {
      card.Inject(Port::kRing, {.kind = fault.kind, .write = fault.write, .skip = 2, .count = 1});
    });
    EXPECT_EQ(driver::HealthName(Watch()), driver::HealthName(Health::kQueueError));
    const uint32_t bit = fault.kind == AxiFault::Kind::kHang ? map::kCtrlFaultsBusTimeout
                                                             : map::kCtrlFaultsQueueError;
    EXPECT_NE(bench.device().TakeFaults() & bit, 0u);
    Recover();
    EXPECT_GT(traffic.ended(Reason::kQueueReset), 0u);
  }
}

// Nothing on either port is answered any more, also not while the card is reset.
TEST_P(FailureTest, WholeBusFallsSilent) {
  StartTraffic();
  Card([](sim::RtlCard& card) {
    for (const Port port : {Port::kData, Port::kRing}) {
      for (const bool write : {false, true}) {
        card.Inject(port, {.kind = AxiFault::Kind::kHang, .write = write});
      }
    }
  });
  const Health health = Watch();
  EXPECT_TRUE(health == Health::kStuck || health == Health::kQueueError)
      << driver::HealthName(health);
  Recover();
}

// Whose memory it is makes no difference to the bus.
INSTANTIATE_TEST_SUITE_P(Card, FailureTest, testing::Values("rtl"),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace vam::test
