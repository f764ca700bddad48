// Frames on both ports of a gateway with a tunnel, IPv6, a VRF's worth of lists and small MTUs:
// ARP, neighbor discovery, IP input, fragments, ICMP, local delivery, policy. The input is a list
// of records {control, length, length, frame...}:
//   control bit 0   the port: 0 inside, 1 outside
//           bit 1   the destination becomes the port's own address
//           bit 2   the checksum of the IPv4 header, or of an ICMPv6 message, is made right
//           bit 3   a second passes before the frame comes
//           bit 4   eight seconds more pass
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sw/base/check.h"
#include "sw/net/checksum.h"
#include "sw/net/icmp6.h"
#include "sw/net/ipv6.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

constexpr size_t kMaxRecords = 64;
// Beside the tunnel: IPv6 on both ports, lists in every direction that let most things pass.
constexpr const char* kExtra =
    "ipv6 unicast-routing\n"
    "access-list 120 deny tcp any any established\naccess-list 120 permit ip any any\n"
    "ipv6 access-list F\n deny tcp any any established\n permit ipv6 any any\n"
    "interface Ethernet0/0\n ipv6 address 2001:db8:1::1/64\n mtu 1280\n ip access-group 120 in\n"
    " ip tcp adjust-mss 500\n ipv6 tcp adjust-mss 500\n"
    " ipv6 traffic-filter F in\n"
    "interface Ethernet0/1\n ipv6 address 2001:db8:2::1/64\n ip mtu 300\n"
    " ip access-group 120 out\n ipv6 traffic-filter F out\n"
    "ipv6 route 2001:db8:9::/48 2001:db8:2::7\n"
    "ipv6 neighbor 2001:db8:2::7 Ethernet0/1 02ff.0000.0002\n";

// Also behind extension headers; a fragment has none that could be right.
void RepairIcmp6(MutableBytes packet) {
  const auto header = net::ParseIpv6(packet);
  if (!header) return;
  const auto chain = net::WalkIpv6(*header, packet);
  if (!chain || chain->IsFragment() || chain->protocol != net::kProtocolIcmpV6) return;
  const MutableBytes message =
      packet.first(net::kIpv6HeaderBytes + header->payload_bytes).subspan(chain->upper_offset);
  const auto icmp = net::ParseIcmp(message);
  if (!icmp) return;
  VAM_CHECK(net::WriteIcmp6(header->source, header->destination, *icmp,
                            message.subspan(net::kIcmpHeaderBytes), message)
                .has_value());
}

void RepairChecksum(Frame& frame) {
  if (frame.size() < net::kEthernetHeaderBytes + net::kIpv4HeaderBytes) return;
  const MutableBytes packet = MutableBytes(frame).subspan(net::kEthernetHeaderBytes);
  const size_t header = std::min<size_t>((packet[0] & 15u) * 4u, packet.size());
  if (packet[0] >> 4 == 6) return RepairIcmp6(packet);
  if (header < net::kIpv4HeaderBytes) return;
  StoreBe16(&packet[net::kIpv4ChecksumOffset], 0);
  StoreBe16(&packet[net::kIpv4ChecksumOffset], net::Checksum(packet.first(header)));
}

// Every packet has ended or is inside; nothing that policy protects is on the outside in clear.
void Judge(const TestGateway& g) {
  const Forwarder& forwarder = g.gateway->forwarder();
  const ForwardCounters& c = forwarder.counters();
  VAM_CHECK(c.received.value() + c.originated.value() == c.Ended() + forwarder.InFlight());
  for (const Frame& frame : g.ports[1]->out) {
    const Frame packet = Payload(frame);
    const auto header = net::ParseIpv4(packet);
    if (!header) continue;
    const bool selected =
        (header->source.v4() >> 8) == 0x0a0100 && (header->destination.v4() >> 8) == 0x0a0200;
    VAM_CHECK(!selected);
  }
}

void Run(Bytes input) {
  TestGateway g;
  g.Configure(TunnelConfig(1, 2, kExtra));
  g.Settle();
  for (size_t record = 0; record < kMaxRecords && input.size() >= 3; ++record) {
    const uint8_t control = input[0];
    const size_t bytes = std::min<size_t>(LoadBe16(&input[1]) & 0x7ff, input.size() - 3);
    Frame frame(input.begin() + 3, input.begin() + 3 + static_cast<ptrdiff_t>(bytes));
    input = input.subspan(3 + bytes);
    const uint8_t port = control & 1;
    if ((control & 2) != 0 && frame.size() >= 6) {
      const net::MacAddress own = PortMac(1, port);
      std::copy(own.bytes.begin(), own.bytes.end(), frame.begin());
    }
    if ((control & 4) != 0) RepairChecksum(frame);
    if ((control & 8) != 0) g.clock.AdvanceNs(kNsPerSecond);
    if ((control & 16) != 0) g.clock.AdvanceNs(8 * kNsPerSecond);
    g.ports[port]->in.push_back(std::move(frame));
    g.Settle();
    Judge(g);
  }
  // Neighbours and fragments are given up in the end, and then nothing is inside.
  for (int i = 0; i < 65; ++i) {
    g.clock.AdvanceNs(kNsPerSecond);
    g.Settle();
  }
  Judge(g);
  VAM_CHECK(g.gateway->forwarder().InFlight() == 0);
}

}  // namespace
}  // namespace vam::fwd::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vam::fwd::test::Run({data, size});
  return 0;
}
