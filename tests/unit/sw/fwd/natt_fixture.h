// Two gateways with an SA in UDP from one to the other, over either IP version, as their IKE roles
// would install it.
#ifndef VAM_TESTS_UNIT_SW_FWD_NATT_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_FWD_NATT_FIXTURE_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ike_message.h"

namespace vam::fwd::test {

class NattTest : public ::testing::Test {
 protected:
  static constexpr uint16_t kNatPort = 40123;  // the peer's, as a NAT shows it
  using Change = std::function<void(api::SaInstall&)>;

  // `v6`: of the outer packets. `lines`: of both sides; empty: 10.1/24 to 10.2/24.
  void Start(bool v6 = false, const std::vector<ipsec::PolicyLine>& lines_a = {},
             const std::vector<ipsec::PolicyLine>& lines_b = {}) {
    v6_ = v6;
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      const std::string n = std::to_string(self), p = std::to_string(3 - self);
      const std::string extra =
          "ipv6 unicast-routing\ninterface Ethernet0/1\n ipv6 address 2001:db8:f::" + n +
          "/64\nipv6 neighbor 2001:db8:f::" + p + " Ethernet0/1 0200.000" + p + ".0001\n" +
          // Another address of each: 192.0.2.101 and 102.
          "interface Ethernet0/1\n ip address 192.0.2.10" + n +
          " 255.255.255.0 secondary\narp 192.0.2.10" + p + " 0200.000" + p + ".0001 arpa\n";
      g->Configure(TunnelConfig(self, 3 - self, extra));
      const auto& given = self == 1 ? lines_a : lines_b;
      Negotiate(*g, self, given.empty() ? std::vector{LineTo(self, "10." + p + ".0.0")} : given,
                {.kind = EntryKind::kIsakmp}, extra);
      for (int i = 0; i < 40; ++i) {  // until the address is known to be unique
        g->clock.AdvanceNs(kNsPerSecond / 10);
        g->Settle();
      }
      g->ports[1]->out.clear();
    }
  }
  void TearDown() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }

  std::string End(int number) const {
    return (v6_ ? "2001:db8:f::" : "192.0.2.") + std::to_string(number);
  }
  // The SA of gateway `self` as it is asked for; A is 4500 to the other, B sees A from kNatPort.
  api::SaInstall InUdp(api::SaInstall sa, int self) const {
    sa.endpoints.local = ToFast(At(End(self)));
    sa.endpoints.remote = ToFast(At(End(3 - self)));
    sa.flags |= api::kSaUdpEncapsulated;
    sa.endpoints.local_port = 4500;
    sa.endpoints.remote_port = self == 1 ? 4500 : kNatPort;
    return sa;
  }
  // From A to B. The ids are in `out_id` and `in_id`, the SPI in `spi`.
  void SetUp2(const Change& change = [](api::SaInstall&) {}) {
    api::SpiReserve reserve{};
    reserve.policy = ike_b.Open();
    reserve.local = ToFast(At(End(2)));
    reserve.protocol = 50;
    reserve.count = 1;
    reserve.lifetime_ms = 30'000;
    const auto spis = ike_b.Ask<api::SpiReserved>(api::MessageType::kSpiReserve, reserve,
                                                  api::MessageType::kSpiReserved);
    ASSERT_EQ(spis.error, 0u);
    spi = spis.spi[0];
    in_id = spis.sa_id[0];
    api::SaInstall in = InUdp(ike_b.Sa(reserve.policy, true, spi, in_id), 2);
    api::SaInstall out = InUdp(ike_a.Sa(ike_a.Open(), false, spi), 1);
    in.replay_window = 64;
    change(in);
    change(out);
    ASSERT_EQ(ike_b.Install(in).error, 0u);
    const api::SaInstalled installed = ike_a.Install(out);
    ASSERT_EQ(installed.error, 0u);
    out_id = installed.sa_id;
  }

  void FromInside(const Frame& packet) {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), packet));
    a.Settle();
  }
  // What A sent to the outside since the last call.
  std::vector<Frame> OnWire() {
    std::vector<Frame> packets;
    for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
      packets.push_back(Payload(a.ports[1]->out.front()));
    }
    return packets;
  }
  Frame Protected(const UdpSpec& spec = {}) {
    FromInside(UdpPacket(spec));
    const auto packets = OnWire();
    EXPECT_EQ(packets.size(), 1u);
    return packets.empty() ? Frame() : packets[0];
  }
  void ToB(const Frame& packet) {
    b.ports[1]->in.push_back(
        Ethernet(PortMac(2, 1), HostMac(9), packet,
                 packet[0] >> 4 == 6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4));
    b.Settle();
  }
  size_t ip_bytes() const { return v6_ ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes; }

  // As a NAT changes an outer packet: another source address and port, IPv4 only.
  static Frame Translated(Frame packet, const std::string& source, uint16_t port) {
    StoreBe32(&packet[12], At(source).v4());
    StoreBe16(&packet[20], port);
    StoreBe16(&packet[10], 0);
    StoreBe16(&packet[10], net::Checksum(Bytes(packet).first(20)));
    return packet;
  }

  TestGateway a{1}, b{2};
  StubIke ike_a{a, 1}, ike_b{b, 2};
  uint32_t spi = 0;
  uint64_t in_id = 0, out_id = 0;

 private:
  bool v6_ = false;
};

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_NATT_FIXTURE_H_
