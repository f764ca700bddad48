// Gateways whose software engine runs in threads: traffic both ways while SAs come and go, a worker
// that hangs, the end with packets under way.
#include <rte_mempool.h>

#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/offload/worker_fixture.h"

namespace vam::fwd::test {
namespace {

using offload::test::Eventually;
using offload::test::GateEngine;

constexpr int kTunnels = 6;

Gateway::Options Workers(unsigned count) {
  Gateway::Options options;
  options.workers = count;
  return options;
}

// One end of up to kTunnels manual tunnels, one for each host 10.N.0.(10 + i); `without` is left
// out, and its packets match no line.
std::string Config(int self, int peer, int without = -1) {
  const std::string n = std::to_string(self), p = std::to_string(peer);
  std::string text = "interface Ethernet0/0\n ip address 10." + n + ".0.1 255.255.255.0\n" +
                     "interface Ethernet0/1\n ip address 192.0.2." + n +
                     " 255.255.255.0\n crypto map M\n" + "ip route 10." + p +
                     ".0.0 255.255.255.0 192.0.2." + p + "\n" + "arp 192.0.2." + p + " 0200.000" +
                     p + ".0001 arpa\ncrypto ipsec manual-counter-mode enable\n" +
                     "crypto ipsec transform-set T esp-gcm 128\n";
  for (int i = 0; i < kTunnels; ++i) {
    const std::string host = std::to_string(10 + i), list = std::to_string(101 + i);
    text += "arp 10." + n + ".0." + host + " 02ff.0000.000" + n + " arpa\n";
    if (i == without) continue;
    const auto spi = [&](int end) { return std::to_string(1000 + 100 * end + i); };
    const auto key = [&](int end) {
      return "000102030405060708090a0b0c0d0e" + std::to_string(10 * end + i) + "cafebabe";
    };
    text += "access-list " + list + " permit ip host 10." + n + ".0." + host + " host 10." + p +
            ".0." + host + "\ncrypto map M " + host + " ipsec-manual\n set peer 192.0.2." + p +
            "\n set transform-set T\n match address " + list + "\n set session-key inbound esp " +
            spi(self) + " cipher " + key(self) + "\n set session-key outbound esp " + spi(peer) +
            " cipher " + key(peer) + "\n";
  }
  return text;
}

// Until no engine has anything of the gateway's any more. What an engine's answer brings about is
// begun in the turns after it, so it must be quiet a few times in a row.
void Settle(TestGateway& g) {
  int quiet = 0;
  ASSERT_TRUE(Eventually([&] {
    g.Settle();
    quiet = g.gateway->Quiet() ? quiet + 1 : 0;
    return quiet == 3;
  }));
}

// A packet of tunnel `tunnel` that carries `number`.
Frame Numbered(int self, int peer, int tunnel, uint32_t number, size_t payload) {
  const std::string host = ".0." + std::to_string(10 + tunnel);
  Frame packet = UdpPacket({.source = "10." + std::to_string(self) + host,
                            .destination = "10." + std::to_string(peer) + host,
                            .payload = payload});
  StoreBe32(&packet[28], number);
  return packet;
}

class WorkersTest : public ::testing::TestWithParam<unsigned> {
 protected:
  WorkersTest() : a(1, nullptr, Workers(GetParam())), b(2, nullptr, Workers(GetParam())) {
    a.Configure(Config(1, 2));
    b.Configure(Config(2, 1));
    Settle(a);
    Settle(b);
  }
  ~WorkersTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }

  TestGateway& At(int side) { return side == 0 ? a : b; }
  void Send(int side, int tunnel) {
    const uint32_t number = ++sent[side][tunnel];
    At(side).ports[0]->in.push_back(
        Ethernet(PortMac(static_cast<uint8_t>(side + 1), 0), HostMac(1),
                 Numbered(side + 1, 2 - side, tunnel, number, 8 + rng.Below(1300))));
  }
  // What is on the wire goes to the other side; what arrives inside is looked at.
  void Move() {
    for (int side = 0; side < 2; ++side) {
      std::deque<Frame>& wire = At(side).ports[1]->out;
      for (; !wire.empty(); wire.pop_front()) {
        on_wire += 1;
        esp += Payload(wire.front())[9] == net::kProtocolEsp ? 1 : 0;
        At(1 - side).ports[1]->in.push_back(wire.front());
      }
      std::deque<Frame>& inside = At(1 - side).ports[0]->out;
      for (; !inside.empty(); inside.pop_front()) Arrived(side, Payload(inside.front()));
    }
  }
  void Arrived(int from, const Frame& packet) {
    if (packet[9] == net::kProtocolIcmp) return;  // says that a list denied one
    const int tunnel = packet[15] - 10;
    ASSERT_GE(tunnel, 0);
    ASSERT_LT(tunnel, kTunnels);
    const uint32_t number = LoadBe32(&packet[28]);
    EXPECT_GT(number, last[from][tunnel]) << "packets of one SA changed their order";
    last[from][tunnel] = number;
    ++arrived;
  }
  // Waits when much is under way: a machine that is busy must not make packets end for want of
  // room.
  void Turn() {
    ASSERT_TRUE(Eventually([this] {
      a.gateway->RunOnce();
      b.gateway->RunOnce();
      Move();
      return a.gateway->path().InFlight() + b.gateway->path().InFlight() < 100;
    }));
    for (TestGateway* g : {&a, &b}) {
      for (const auto& w : g->gateway->sas().TakeWanted()) {
        g->gateway->sas().AddBlock(w.request, g->NextBlock(w));
      }
    }
  }
  void Finish() {
    for (int i = 0; i < 4; ++i) {
      Settle(a);
      Settle(b);
      Move();
    }
  }
  // How the packets of both ended, for a message.
  std::string Ends() const {
    std::string text;
    for (const TestGateway* g : {&a, &b}) {
      for (const ReasonInfo& info : kReasons) {
        if (g->Count(info.reason) == 0) continue;
        text += std::string(info.name) + " " + std::to_string(g->Count(info.reason)) + "  ";
      }
      text += "\n";
    }
    return text;
  }

  SeededRng rng{offload::test::Seed()};
  TestGateway a, b;
  std::array<std::array<uint32_t, kTunnels>, 2> sent{};
  std::array<std::array<uint32_t, kTunnels>, 2> last{};
  uint64_t arrived = 0;
  uint64_t on_wire = 0;
  uint64_t esp = 0;
};

TEST_P(WorkersTest, CarriesBothWaysInOrderAndLosesNothing) {
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 6; ++i) {
      Send(static_cast<int>(rng.Below(2)), static_cast<int>(rng.Below(kTunnels)));
    }
    Turn();
  }
  Finish();
  EXPECT_EQ(arrived, 1800u) << Ends();
  EXPECT_EQ(on_wire, 1800u);
  EXPECT_EQ(esp, 1800u);
}

// SAs are removed and installed while their packets are with the workers. Every packet arrives or
// ends by a reason, and none leaves in clear.
TEST_P(WorkersTest, SasComeAndGoUnderTraffic) {
  SCOPED_TRACE("VAM_TEST_SEED=" + std::to_string(offload::test::Seed()));
  std::array<int, 2> without{-1, -1};
  for (int round = 0; round < 400; ++round) {
    for (int i = 0; i < 6; ++i) {
      Send(static_cast<int>(rng.Below(2)), static_cast<int>(rng.Below(kTunnels)));
    }
    Turn();
    if (round % 10 != 9) continue;
    const int side = static_cast<int>(rng.Below(2));
    without[side] = without[side] < 0 ? static_cast<int>(rng.Below(kTunnels)) : -1;
    // A packet of the tunnel that is left out would go in clear, as configured: it is denied.
    std::string text = Config(side + 1, 2 - side, without[side]);
    if (without[side] >= 0) {
      const std::string host = ".0." + std::to_string(10 + without[side]);
      text += "access-list 150 deny ip host 10." + std::to_string(side + 1) + host + " any\n" +
              "access-list 150 permit ip any any\n" +
              "interface Ethernet0/0\n ip access-group 150 in\n";
    }
    At(side).Configure(text);
  }
  for (int side = 0; side < 2; ++side) At(side).Configure(Config(side + 1, 2 - side));
  Finish();
  EXPECT_EQ(esp, on_wire);
  EXPECT_GT(arrived, 1000u) << Ends();
  // Each gateway ended each of its own; together they lost what did not arrive.
  uint64_t ended = 0;
  for (const TestGateway* g : {&a, &b}) {
    ended += g->gateway->forwarder().counters().Ended() - g->Count(Reason::kOk);
  }
  EXPECT_EQ(arrived + ended, 2400u);
}

TEST_P(WorkersTest, ShowNamesTheWorkersAndTheirSas) {
  for (int i = 0; i < kTunnels; ++i) Send(0, i);
  for (int i = 0; i < 3; ++i) {
    Settle(a);
    Settle(b);
    Move();
  }
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_ENGINE);
  const api::ShowReply reply = a.gateway->Show(request);
  const api::Engine& software = reply.crypto_engine().engine(1);
  EXPECT_EQ(software.sa_in_use(), 2u * kTunnels);
  if (GetParam() == 1) {
    EXPECT_EQ(software.worker_size(), 0);
    return;
  }
  ASSERT_EQ(software.worker_size(), static_cast<int>(GetParam()) - 1);
  uint32_t sas = 0;
  uint64_t packets = 0;
  for (const api::EngineWorker& worker : software.worker()) {
    EXPECT_EQ(worker.state(), "up");
    EXPECT_EQ(worker.sa_in_use(), 2u * kTunnels / (GetParam() - 1));
    EXPECT_EQ(worker.refused(), 0u);
    sas += worker.sa_in_use();
    packets += worker.packets();
  }
  EXPECT_EQ(sas, 2u * kTunnels);
  EXPECT_EQ(packets, static_cast<uint64_t>(kTunnels));
}

INSTANTIATE_TEST_SUITE_P(Counts, WorkersTest, ::testing::Values(1u, 2u, 4u));

// Workers 1 and 2 run fake engines that can be stopped; whatever they end is no packet.
class StuckWorkerTest : public ::testing::Test {
 protected:
  StuckWorkerTest() {
    Gateway::Options options = Workers(3);
    options.engine_of_worker = [this] {
      auto engine = std::make_unique<GateEngine>();
      gates.push_back(&engine->gate);
      return engine;
    };
    a = std::make_unique<TestGateway>(uint8_t{1}, nullptr, std::move(options));
    a->Configure(Config(1, 2));
    Settle(*a);
  }
  ~StuckWorkerTest() override {
    for (offload::test::Gate* gate : gates) gate->Set(true);
  }
  void Send(int tunnel) {
    a->ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), Numbered(1, 2, tunnel, 1, 100)));
    a->gateway->RunOnce();
  }
  // The tunnel whose outbound SA is on the worker behind `gate`.
  int TunnelBehind(offload::test::Gate& gate) {
    gate.Set(false);
    for (int tunnel = 0; tunnel < kTunnels; ++tunnel) {
      Send(tunnel);
      const bool quiet = static_cast<bool>(Eventually([&] {
        a->gateway->RunOnce();
        return a->gateway->Quiet() || gate.SomeoneWaits();
      }));
      EXPECT_TRUE(quiet);
      if (gate.SomeoneWaits()) return tunnel;
    }
    return -1;
  }

  std::vector<offload::test::Gate*> gates;
  std::unique_ptr<TestGateway> a;
};

TEST_F(StuckWorkerTest, ItsPacketsAreDroppedAndTheOthersGoOn) {
  const int other = TunnelBehind(*gates[1]);
  gates[1]->Set(true);
  Settle(*a);
  const int stuck = TunnelBehind(*gates[0]);
  ASSERT_GE(stuck, 0);
  ASSERT_GE(other, 0);
  ASSERT_NE(stuck, other);
  const uint64_t before = a->Count(Reason::kEngineFault);
  for (int i = 0; i < 3000; ++i) Send(stuck);
  EXPECT_GT(a->Count(Reason::kEngineFull), 2000u);
  a->ExpectBalanced();
  constexpr uint64_t kOther = 500;
  for (uint64_t i = 0; i < kOther; ++i) {
    Send(other);
    // The fake gives no packet back, which is its fault.
    ASSERT_TRUE(Eventually([&] {
      a->gateway->RunOnce();
      return a->Count(Reason::kEngineFault) == before + i + 1;
    }));
  }
  a->clock.AdvanceNs(2 * kNsPerSecond);
  a->gateway->RunOnce();
  api::ShowRequest request;
  request.set_kind(api::SHOW_CRYPTO_ENGINE);
  const api::ShowReply reply = a->gateway->Show(request);
  const api::Engine& software = reply.crypto_engine().engine(1);
  ASSERT_EQ(software.worker_size(), 2);
  EXPECT_EQ(software.worker(0).state(), "stuck");
  EXPECT_EQ(software.worker(0).refused(), a->Count(Reason::kEngineFull));
  EXPECT_EQ(software.worker(1).state(), "up");
  a->ExpectBalanced();
  gates[0]->Set(true);
  Settle(*a);
  EXPECT_EQ(a->gateway->forwarder().InFlight(), 0u);
  a->ExpectBalanced();
}

// Buffers that a worker still writes to are not given back before it has ended.
TEST_F(StuckWorkerTest, TheEndWaitsForPacketsUnderWay) {
  const unsigned full = rte_mempool_avail_count(SharedPool());
  const int stuck = TunnelBehind(*gates[0]);
  ASSERT_GE(stuck, 0);
  for (int i = 0; i < 100; ++i) Send(stuck);
  EXPECT_LT(rte_mempool_avail_count(SharedPool()), full);
  std::thread opener([this] { gates[0]->Set(true); });
  a.reset();
  opener.join();
  gates.clear();
  EXPECT_EQ(rte_mempool_avail_count(SharedPool()), full);
}

}  // namespace
}  // namespace vam::fwd::test
