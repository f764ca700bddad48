// A gateway whose verilated card fails under traffic: every packet ends with a reason, only ESP
// leaves, and the software engine goes on with numbers that the card never had.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/rtl/rtl_hal.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

using bfm::AxiFault;
using Port = sim::RtlCard::Port;

// By name: a pointer would make the name of the case change with every build.
using Order = void (*)(sim::RtlCard& card);
const std::map<std::string, Order> kFailures = {
    {"Pulled", [](sim::RtlCard& card) { card.SetPresent(false); }},
    {"NoBusMaster", [](sim::RtlCard& card) { card.SetBusMaster(false); }},
    {"DataReadError",
     [](sim::RtlCard& card) { card.Inject(Port::kData, {.kind = AxiFault::Kind::kSlvErr}); }},
    {"DataWriteError",
     [](sim::RtlCard& card) {
       card.Inject(Port::kData, {.kind = AxiFault::Kind::kDecErr, .write = true});
     }},
    {"DataSilent",
     [](sim::RtlCard& card) {
       card.Inject(Port::kData, {.kind = AxiFault::Kind::kHang});
       card.Inject(Port::kData, {.kind = AxiFault::Kind::kHang, .write = true});
     }},
    {"RingSilent",
     [](sim::RtlCard& card) {
       card.Inject(Port::kRing, {.kind = AxiFault::Kind::kHang});
       card.Inject(Port::kRing, {.kind = AxiFault::Kind::kHang, .write = true});
     }},
};

class GatewayFailureTest : public testing::TestWithParam<std::string> {
 protected:
  GatewayFailureTest() {
    sim::RtlHalConfig config;
    config.clocking = sim::Clocking::kLockstep;
    config.card.knobs.seed = vam::test::TestSeed();
    auto owned = std::make_unique<sim::RtlHal>(config);
    card = owned.get();
    card->bar().Write32(map::kRegCtrlBusTimeout, 3000);
    card->bar().Write32(map::kRegCtrlDrainTimeout, 3000);
    gateway = std::make_unique<CardTestGateway>(uint8_t{1}, std::move(owned));
    gateway->idle_turns = 200;  // the card works when it is polled
    gateway->Configure(TunnelConfig(1, 2));
    gateway->Settle();
  }
  ~GatewayFailureTest() override { gateway->ExpectBalanced(); }

  void Send(int packets) {
    for (int i = 0; i < packets; ++i) {
      const Frame packet = UdpPacket({.payload = 900});
      gateway->ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet));
    }
  }
  void TimePasses() {
    for (int i = 0; i < 30; ++i) {
      gateway->clock.AdvanceNs(100 * kNsPerMs);
      gateway->Settle();
    }
  }
  std::string Engine() {
    const auto id = gateway->gateway->sas().pairs().begin()->second.layers[0].outbound_id;
    const auto* placement = gateway->gateway->broker().Find(id);
    return placement == nullptr ? "none" : std::string(placement->engine->name());
  }
  std::deque<Frame>& wire() { return gateway->ports[1]->out; }
  // Every frame on the wire is ESP, no number comes twice, and none holds what was sent.
  void ExpectOnlyEsp() {
    const Frame sent = UdpPacket({.payload = 900});
    std::set<uint32_t> numbers;
    for (const Frame& frame : wire()) {
      const Frame packet = Payload(frame);
      EXPECT_EQ(net::ParseIpv4(packet)->protocol, net::kProtocolEsp);
      EXPECT_TRUE(numbers.insert(LoadBe32(&packet[24])).second) << "a number was used twice";
      for (size_t at = 28; at + 16 <= sent.size(); at += 16) {
        const auto marker = sent.begin() + static_cast<ptrdiff_t>(at);
        EXPECT_EQ(std::search(packet.begin(), packet.end(), marker, marker + 16), packet.end());
      }
    }
  }

  sim::RtlHal* card = nullptr;
  std::unique_ptr<CardTestGateway> gateway;
};

TEST_P(GatewayFailureTest, FailsClosedAndSoftwareGoesOn) {
  constexpr uint64_t kBefore = 5;
  constexpr uint64_t kDuring = 30;
  constexpr uint64_t kAfter = 4;
  ASSERT_EQ(Engine(), "card");
  Send(kBefore);
  gateway->Settle();
  ASSERT_EQ(wire().size(), kBefore);
  Send(kDuring);
  // Some are in the card, some behind it.
  for (int i = 0; i < 3; ++i) gateway->gateway->RunOnce();
  card->With(kFailures.at(GetParam()));
  gateway->Settle();
  TimePasses();
  EXPECT_TRUE(gateway->gateway->broker().card_failed());
  EXPECT_EQ(gateway->gateway->forwarder().InFlight(), 0u);
  const uint64_t through = wire().size() - kBefore;
  EXPECT_LT(through, kDuring) << "the failure came too late";
  uint64_t ended = through;
  for (const Reason reason : {Reason::kEngineFailed, Reason::kDmaReadError, Reason::kDmaWriteError,
                              Reason::kDmaTimeout, Reason::kPolicyNoSa}) {
    ended += gateway->Count(reason);
  }
  EXPECT_EQ(ended, kDuring);
  ASSERT_EQ(Engine(), "software");
  Send(kAfter);
  gateway->Settle();
  EXPECT_EQ(wire().size(), kBefore + through + kAfter);
  ExpectOnlyEsp();
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [name, order] : kFailures) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Failures, GatewayFailureTest, testing::ValuesIn(Names()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace vam::fwd::test
