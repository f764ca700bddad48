// Packets that do not fit, fragments for the gateway, path MTUs (DP-11..17, RFC 791, RFC 4301 8).
#include <map>

#include "sw/fwd/reassembly.h"
#include "sw/net/checksum.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kRouter = R"(
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 ip address 10.2.0.1 255.255.255.0
 ip mtu 576
arp 10.1.0.5 02ff.0000.0001 arpa
arp 10.2.0.7 02ff.0000.0002 arpa
)";

// As a host puts fragments together, without the code under test: by offset, into a map of bytes.
Frame Join(const std::deque<Frame>& frames) {
  std::map<size_t, uint8_t> bytes;
  size_t end = 0;
  Frame header;
  for (const Frame& frame : frames) {
    const Frame packet = Payload(frame);
    const auto h = net::ParseIpv4(packet);
    EXPECT_TRUE(h && net::Ipv4ChecksumOk(packet));
    EXPECT_EQ(packet.size(), h->total_bytes);
    if (h->fragment_offset == 0) header.assign(packet.begin(), packet.begin() + h->header_bytes);
    if (!h->more_fragments) end = h->fragment_offset * 8u + h->payload_bytes();
    for (size_t i = 0; i < h->payload_bytes(); ++i) {
      EXPECT_TRUE(bytes.emplace(h->fragment_offset * 8 + i, packet[h->header_bytes + i]).second);
    }
  }
  EXPECT_EQ(bytes.size(), end);
  Frame payload;
  for (const auto& [at, byte] : bytes) payload.push_back(byte);
  header.insert(header.end(), payload.begin(), payload.end());
  return header;
}

Frame Ping(const std::string& from, const std::string& to, size_t body_bytes) {
  Frame ping(28 + body_bytes);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(ping.size());
  header.identification = 77;
  header.ttl = 9;
  header.protocol = net::kProtocolIcmp;
  header.source = *net::Address::Parse(from);
  header.destination = *net::Address::Parse(to);
  EXPECT_TRUE(net::WriteIpv4(header, ping).has_value());
  Frame body(body_bytes);
  for (size_t i = 0; i < body_bytes; ++i) body[i] = static_cast<uint8_t>(i * 3);
  EXPECT_TRUE(net::WriteIcmp({net::kIcmpEchoRequest, 0, 0, 0x11112222}, body,
                             MutableBytes(ping).subspan(20))
                  .has_value());
  return ping;
}

// Bytes [from, to) of the payload as a fragment; `to` past the end: the last one.
Frame Cut(const Frame& packet, size_t from, size_t to) {
  net::Ipv4Header header = *net::ParseIpv4(packet);
  to = std::min(to, header.payload_bytes());
  header.more_fragments = to < header.payload_bytes();
  header.fragment_offset = static_cast<uint16_t>(from / 8);
  header.total_bytes = static_cast<uint16_t>(20 + to - from);
  Frame out(20);
  EXPECT_TRUE(net::WriteIpv4(header, out).has_value());
  out.insert(out.end(), packet.begin() + 20 + static_cast<ptrdiff_t>(from),
             packet.begin() + 20 + static_cast<ptrdiff_t>(to));
  return out;
}

class FragmentTest : public ::testing::Test {
 protected:
  FragmentTest() { g.Configure(kRouter); }
  ~FragmentTest() override { g.ExpectBalanced(); }
  void Send(const Frame& packet, size_t port = 0) {
    g.ports[port]->in.push_back(
        Ethernet(PortMac(1, static_cast<uint8_t>(port)), HostMac(1), packet));
    g.Settle();
  }
  TestGateway g;
};

TEST_F(FragmentTest, TransitPacketIsCutInEqualParts) {
  const Frame sent = UdpPacket({.payload = 1400, .ttl = 9});
  Send(sent);
  ASSERT_EQ(g.ports[1]->out.size(), 3u);  // 1408 bytes of payload at 552 each
  size_t least = SIZE_MAX, most = 0;
  for (const Frame& frame : g.ports[1]->out) {
    least = std::min(least, Payload(frame).size());
    most = std::max(most, Payload(frame).size());
  }
  EXPECT_LE(most, 576u);
  EXPECT_LE(most - least, 16u);
  const Frame joined = Join(g.ports[1]->out);
  EXPECT_TRUE(std::equal(sent.begin() + 20, sent.end(), joined.begin() + 20, joined.end()));
  EXPECT_EQ(g.Count(Reason::kFragmented), 1u);
  EXPECT_EQ(g.Count(Reason::kOk), 3u);
}

TEST_F(FragmentTest, FragmentIsCutFurther) {
  const Frame whole = UdpPacket({.payload = 2000, .ttl = 9});
  Send(Cut(whole, 0, 1000));
  Send(Cut(whole, 1000, 9999));
  const Frame joined = Join(g.ports[1]->out);
  EXPECT_TRUE(std::equal(whole.begin() + 20, whole.end(), joined.begin() + 20, joined.end()));
}

// RFC 791, 3.1: router alert (copied) stays with each part, record route with the first alone.
TEST_F(FragmentTest, OptionsWithTheCopiedFlagStay) {
  Frame packet = UdpPacket({.payload = 1000, .ttl = 9});
  const Frame options = {0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0};
  packet.insert(packet.begin() + 20, options.begin(), options.end());
  packet[0] = 0x48;
  StoreBe16(&packet[2], static_cast<uint16_t>(packet.size()));
  StoreBe16(&packet[10], 0);
  StoreBe16(&packet[10], net::Checksum(Bytes(packet).first(32)));
  Send(packet);
  ASSERT_EQ(g.ports[1]->out.size(), 2u);
  EXPECT_EQ(net::ParseIpv4(Payload(g.ports[1]->out[0]))->header_bytes, 32);
  const Frame second = Payload(g.ports[1]->out[1]);
  EXPECT_EQ(net::ParseIpv4(second)->header_bytes, 24);
  EXPECT_TRUE(std::equal(options.begin(), options.begin() + 4, second.begin() + 20));
  EXPECT_EQ(Join(g.ports[1]->out).size(), packet.size());
}

TEST_F(FragmentTest, JumboPingComesTogetherAndIsAnsweredInParts) {
  const Frame ping = Ping("10.2.0.7", "10.2.0.1", 9000);
  const size_t part = 552;
  for (size_t at = 0; at < 9008; at += part) Send(Cut(ping, at, at + part), 1);
  EXPECT_EQ(g.Count(Reason::kReassembled), 17u);
  EXPECT_EQ(g.Count(Reason::kLocalDelivered), 1u);
  ASSERT_EQ(g.ports[1]->out.size(), 17u);
  const Frame reply = Join(g.ports[1]->out);
  EXPECT_TRUE(net::IcmpChecksumOk(Bytes(reply).subspan(20)));
  EXPECT_TRUE(std::equal(ping.begin() + 28, ping.end(), reply.begin() + 28, reply.end()));
}

TEST_F(FragmentTest, OrderDoesNotMatterAndADoubleDoesNoHarm) {
  const Frame ping = Ping("10.1.0.5", "10.1.0.1", 600);
  Send(Cut(ping, 400, 9999));
  Send(Cut(ping, 0, 200));
  Send(Cut(ping, 0, 200));
  EXPECT_EQ(g.Count(Reason::kFragmentOverlap), 1u);
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 2u);
  Send(Cut(ping, 200, 400));
  EXPECT_EQ(g.Count(Reason::kReassembled), 3u);
  EXPECT_EQ(Join(g.ports[0]->out).size(), ping.size());
}

TEST_F(FragmentTest, OverlapEndsThePacketAndWhatStillComesOfIt) {
  const Frame ping = Ping("10.1.0.5", "10.1.0.1", 600);
  Send(Cut(ping, 0, 200));
  Send(Cut(ping, 192, 400));
  EXPECT_EQ(g.Count(Reason::kFragmentOverlap), 2u);
  Send(Cut(ping, 0, 200));
  Send(Cut(ping, 200, 9999));
  EXPECT_EQ(g.Count(Reason::kFragmentOverlap), 4u);
  EXPECT_TRUE(g.ports[0]->out.empty());
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 0u);
}

TEST_F(FragmentTest, TwoEndsAreAnOverlap) {
  const Frame ping = Ping("10.1.0.5", "10.1.0.1", 600);
  Send(Cut(ping, 400, 9999));
  Frame shorter = Cut(ping, 200, 400);
  shorter[6] &= 0x1f;  // no more fragments
  StoreBe16(&shorter[10], 0);
  StoreBe16(&shorter[10], net::Checksum(Bytes(shorter).first(20)));
  Send(shorter);
  EXPECT_EQ(g.Count(Reason::kFragmentOverlap), 2u);
}

TEST_F(FragmentTest, TimeRunsOutWithAMessageAboutTheFirst) {
  const Frame ping = Ping("10.1.0.5", "10.1.0.1", 600);
  const Frame udp = UdpPacket({.destination = "10.1.0.1", .payload = 600});
  Send(Cut(ping, 0, 200));
  Send(Cut(udp, 0, 200));
  Send(Cut(udp, 400, 9999));
  g.clock.AdvanceNs(29 * kNsPerSecond);
  g.Settle();
  EXPECT_EQ(g.Count(Reason::kReassemblyTimeout), 0u);
  g.clock.AdvanceNs(kNsPerSecond);
  g.Settle();
  EXPECT_EQ(g.Count(Reason::kReassemblyTimeout), 3u);
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 0u);
  ASSERT_EQ(g.ports[0]->out.size(), 2u);  // a request is no error: both are told
  const Frame error = Payload(g.ports[0]->out[0]);
  EXPECT_EQ(error[20], net::kIcmpTimeExceeded);
  EXPECT_EQ(error[21], 1);
}

TEST_F(FragmentTest, OneSourceHoldsOnlyItsShare) {
  Frame other = Ping("10.1.0.9", "10.1.0.1", 600);
  Send(Cut(other, 0, 200));
  for (uint16_t id = 0; id < 40; ++id) {
    Frame ping = Ping("10.1.0.5", "10.1.0.1", 600);
    StoreBe16(&ping[4], id);
    Send(Cut(ping, 0, 200));
  }
  const Reassembler::Limits limits;
  EXPECT_EQ(g.Count(Reason::kReassemblyFull), 40 - limits.packets_per_source);
  Send(Cut(other, 200, 9999));
  EXPECT_EQ(g.Count(Reason::kReassembled), 2u);
}

TEST_F(FragmentTest, AllSourcesTogetherAreBounded) {
  const Reassembler::Limits limits;
  for (size_t n = 0; n < limits.packets + 50; ++n) {
    const std::string from = "10.3." + std::to_string(n / 200) + "." + std::to_string(n % 200 + 1);
    Send(Cut(Ping(from, "10.1.0.1", 600), 0, 200));
  }
  EXPECT_EQ(g.gateway->forwarder().InFlight(), limits.packets);
  EXPECT_EQ(g.Count(Reason::kReassemblyFull), 50u);
}

// RFC 1858: the first fragment must show its ports, and the second must not overwrite flags.
TEST_F(FragmentTest, EvasiveFragmentsAreRefused) {
  const Frame tcp = UdpPacket({.destination = "10.1.0.1", .payload = 600, .protocol = 6});
  Send(Cut(tcp, 0, 8));
  Send(Cut(tcp, 8, 600));
  Frame odd = Cut(tcp, 0, 104);
  odd.pop_back();
  StoreBe16(&odd[2], static_cast<uint16_t>(odd.size()));
  StoreBe16(&odd[10], 0);
  StoreBe16(&odd[10], net::Checksum(Bytes(odd).first(20)));
  Send(odd);
  net::Ipv4Header header = *net::ParseIpv4(tcp);
  Frame far = Cut(tcp, 0, 9999);
  header.fragment_offset = 8000;  // 64,000 bytes
  ASSERT_TRUE(net::WriteIpv4(header, far).has_value());
  Send(far);
  EXPECT_EQ(g.Count(Reason::kFragmentMalformed), 4u);
  EXPECT_EQ(g.gateway->forwarder().InFlight(), 0u);
}

}  // namespace
}  // namespace vam::fwd::test
