// Pings: echo requests on the wire, and what becomes of them (RFC 792, RFC 4443, DP-41).
#include "sw/fwd/echo.h"
#include "sw/net/checksum.h"
#include "sw/net/icmp6.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

constexpr const char* kRouter = R"(
vrf definition red
 address-family ipv4
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 vrf forwarding red
 ip address 10.2.0.1 255.255.255.0
arp 10.1.0.5 02ff.0000.0001 arpa
arp vrf red 10.2.0.7 02ff.0000.0002 arpa
ip route 10.9.0.0 255.255.255.0 10.1.0.5
)";

// Echo reply of a host to an IPv4 request, made of nothing but the request's bytes.
Frame ReplyTo(const Frame& request) {
  Frame reply = request;
  std::swap_ranges(&reply[12], &reply[16], &reply[16]);
  reply[6] = reply[7] = 0;
  StoreBe16(&reply[10], 0);
  StoreBe16(&reply[10], net::Checksum(Bytes(reply).first(20)));
  reply[20] = net::kIcmpEchoReply;
  StoreBe16(&reply[22], 0);
  StoreBe16(&reply[22], net::Checksum(Bytes(reply).subspan(20)));
  return reply;
}

// An ICMP error of `from` about `packet`, quoting its header and eight bytes (RFC 792).
Frame ErrorAbout(const Frame& packet, uint8_t type, uint8_t code, const std::string& from) {
  Frame error(20 + 8 + 28);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(error.size());
  header.ttl = 60;
  header.protocol = net::kProtocolIcmp;
  header.source = At(from);
  header.destination = net::ParseIpv4(packet)->source;
  EXPECT_TRUE(net::WriteIpv4(header, error).has_value());
  EXPECT_TRUE(
      net::WriteIcmp({type, code, 0, 0}, Bytes(packet).first(28), MutableBytes(error).subspan(20))
          .has_value());
  return error;
}

class PingTest : public ::testing::Test {
 protected:
  ~PingTest() override { g.ExpectBalanced(); }

  static api::PingRequest To(const std::string& destination, uint32_t repeat = 1) {
    api::PingRequest request;
    request.set_id(1);
    request.set_destination(destination);
    request.set_repeat(repeat);
    request.set_bytes(100);
    request.set_timeout_seconds(2);
    request.set_pattern(0xabcd);
    return request;
  }
  // Asks as mgmt does: for the next piece behind each that is not the last.
  void Settle() {
    for (bool more = true; more;) {
      g.Settle();
      more = false;
      for (Pinger::Answer& answer : g.gateway->TakePings()) {
        marks += answer.reply.marks();
        last = std::move(answer.reply);
        if (last.done() || !last.error().empty()) continue;
        Ask(api::PingRequest::NEXT);
        more = true;
      }
    }
  }
  void Ask(api::PingRequest::Kind kind, uint64_t id = 1) {
    api::PingRequest request;
    request.set_kind(kind);
    request.set_id(id);
    g.gateway->Ping(++request_number, request);
  }
  void Start(const api::PingRequest& request) {
    g.Settle();  // the forwarder works by what was configured
    g.gateway->Ping(++request_number, request);
    Settle();
  }
  std::string ErrorOf(const api::PingRequest& request) {
    last.Clear();
    Start(request);
    return last.error();
  }
  void After(uint64_t ns) {
    g.clock.AdvanceNs(ns);
    Settle();
  }
  // The packets that left by a port since the last call.
  std::vector<Frame> Sent(size_t port = 0) {
    std::vector<Frame> packets;
    for (const Frame& frame : g.ports[port]->out) packets.push_back(Payload(frame));
    g.ports[port]->out.clear();
    return packets;
  }
  void Receive(const Frame& packet, size_t port = 0, uint16_t type = net::kEtherTypeIpv4) {
    g.ports[port]->in.push_back(
        Ethernet(PortMac(1, static_cast<uint8_t>(port)), HostMac(1), packet, type));
    Settle();
  }
  // IPv6 addresses prove themselves.
  void AwaitAddresses() {
    for (int i = 0; i < 40; ++i) After(kNsPerSecond / 10);
    g.ports[0]->out.clear();
    g.ports[1]->out.clear();
  }

  TestGateway g;
  api::PingReply last;
  std::string marks;
  uint32_t request_number = 0;
};

TEST_F(PingTest, RequestsAreAnsweredOneAfterTheOther) {
  g.Configure(kRouter);
  Start(To("10.1.0.5", 3));
  for (uint64_t i = 1; i <= 3; ++i) {
    const std::vector<Frame> sent = Sent();
    ASSERT_EQ(sent.size(), 1u);
    const auto ip = net::ParseIpv4(sent[0]);
    ASSERT_TRUE(ip && net::Ipv4ChecksumOk(sent[0]));
    EXPECT_EQ(ip->total_bytes, 100);
    EXPECT_EQ(net::ToString(ip->source), "10.1.0.1");
    EXPECT_EQ(net::ToString(ip->destination), "10.1.0.5");
    EXPECT_FALSE(ip->dont_fragment);
    const Bytes message = Bytes(sent[0]).subspan(20);
    EXPECT_TRUE(net::IcmpChecksumOk(message));
    EXPECT_EQ(message[0], net::kIcmpEchoRequest);
    EXPECT_NE(LoadBe16(&message[4]), 0) << "identifier";
    EXPECT_EQ(LoadBe16(&message[6]), i) << "sequence";
    for (size_t at = 8; at < message.size(); ++at) {
      ASSERT_EQ(message[at], at % 2 == 0 ? 0xab : 0xcd);
    }
    g.clock.AdvanceNs(i * kNsPerMs);
    Receive(ReplyTo(sent[0]));
  }
  After(kNsPerSecond);
  EXPECT_EQ(marks, "!!!");
  EXPECT_TRUE(last.done());
  const api::Ping& ping = last.ping();
  EXPECT_EQ(ping.sent(), 3u);
  EXPECT_EQ(ping.received(), 3u);
  EXPECT_EQ(ping.minimum_microseconds(), 1000u);
  EXPECT_EQ(ping.average_microseconds(), 2000u);
  EXPECT_EQ(ping.maximum_microseconds(), 3000u);
  EXPECT_EQ(ping.source(), "10.1.0.1");
  EXPECT_EQ(ping.drop_size(), 0);
}

TEST_F(PingTest, WhatIsLateIsLost) {
  g.Configure(kRouter);
  Start(To("10.1.0.5", 2));
  const Frame first = Sent().at(0);
  After(2 * kNsPerSecond - 1);
  EXPECT_TRUE(Sent().empty());
  After(1);
  const Frame second = Sent().at(0);
  Receive(ReplyTo(first));
  Receive(ReplyTo(second));
  EXPECT_EQ(marks, ".!");
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.ping().timed_out(), 1u);
  Receive(ReplyTo(second));  // twice: of no ping any more
  EXPECT_EQ(marks, ".!");
}

TEST_F(PingTest, OnlyWhoWasAskedMayAnswer) {
  g.Configure(kRouter);
  Start(To("10.1.0.5"));
  const Frame request = Sent().at(0);
  Frame other = request;
  other[19] = 6;  // 10.1.0.6
  Receive(ReplyTo(other));
  Frame wrong_name = request;
  wrong_name[24] ^= 1;
  Receive(ReplyTo(wrong_name));
  After(kNsPerSecond);
  EXPECT_EQ(marks, "");
  Receive(ReplyTo(request));
  EXPECT_EQ(marks, "!");
}

TEST_F(PingTest, ErrorsThatQuoteARequestEndIt) {
  g.Configure(kRouter);
  Start(To("10.9.0.9", 6));
  struct Case {
    uint8_t type, code;
  };
  // Host unreachable, prohibited, cannot fragment, TTL, reassembly, parameter problem.
  for (const Case c :
       {Case{3, 1}, Case{3, 13}, Case{3, 4}, Case{11, 0}, Case{11, 1}, Case{12, 0}}) {
    const std::vector<Frame> sent = Sent();
    ASSERT_EQ(sent.size(), 1u) << marks;
    const Frame& request = sent[0];
    Receive(ErrorAbout(request, 5, 1, "10.1.0.5"));  // a redirect ends nothing
    Frame other = request;
    other[24] ^= 1;
    Receive(ErrorAbout(other, c.type, c.code, "10.1.0.5"));
    After(kNsPerSecond / 2);
    Receive(ErrorAbout(request, c.type, c.code, "10.1.0.5"));
  }
  EXPECT_EQ(marks, "UUM&&?");
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.ping().unreachable(), 2u);
  EXPECT_EQ(last.ping().could_not_fragment(), 1u);
  EXPECT_EQ(last.ping().ttl_exceeded(), 2u);
  EXPECT_EQ(last.ping().wrong_answer(), 1u);
  EXPECT_EQ(last.ping().received(), 0u);
  EXPECT_FALSE(last.ping().has_minimum_microseconds());
}

TEST_F(PingTest, DfAndTooBigIsToldAtOnce) {
  g.Configure(kRouter);
  api::PingRequest request = To("10.1.0.5", 3);
  request.set_bytes(1501);
  request.set_dont_fragment(true);
  Start(request);
  EXPECT_EQ(marks, "MMM");
  EXPECT_TRUE(Sent().empty());
  ASSERT_EQ(last.ping().drop_size(), 1);
  EXPECT_EQ(last.ping().drop(0).reason(), "mtu_exceeded");
  EXPECT_EQ(last.ping().drop(0).packets(), 3u);
  EXPECT_EQ(g.Count(Reason::kMtuExceeded), 3u);
  request.set_bytes(1500);
  request.set_repeat(1);
  Start(request);
  const Frame sent = Sent().at(0);
  EXPECT_TRUE(net::ParseIpv4(sent)->dont_fragment);
  Receive(ReplyTo(sent));
  EXPECT_EQ(marks, "MMM!");
}

// The longest there is goes out in parts and comes back in parts.
TEST_F(PingTest, FragmentsBothWays) {
  g.Configure(kRouter);
  for (const uint32_t bytes : {1501u, 9600u, 9601u, 18'024u}) {
    marks.clear();
    api::PingRequest request = To("10.1.0.5");
    request.set_bytes(bytes);
    request.set_validate(true);
    Start(request);
    const std::vector<Frame> parts = Sent();
    ASSERT_GE(parts.size(), bytes / 1500);
    size_t payload = 0;
    Frame whole(20);
    std::copy_n(parts[0].begin(), 20, whole.begin());
    for (const Frame& part : parts) {
      const auto ip = net::ParseIpv4(part);
      ASSERT_LE(part.size(), 1500u);
      ASSERT_EQ(ip->fragment_offset * 8u, payload);
      payload += ip->payload_bytes();
      whole.insert(whole.end(), part.begin() + 20, part.end());
    }
    ASSERT_EQ(whole.size(), bytes);
    StoreBe16(&whole[2], static_cast<uint16_t>(bytes));
    const Frame reply = ReplyTo(whole);
    for (size_t at = 0; at < payload; at += 1400) {
      const size_t end = std::min<size_t>(at + 1400, payload);
      net::Ipv4Header header = *net::ParseIpv4(reply);
      header.fragment_offset = static_cast<uint16_t>(at / 8);
      header.more_fragments = end < payload;
      header.total_bytes = static_cast<uint16_t>(20 + end - at);
      Frame part(20);
      ASSERT_TRUE(net::WriteIpv4(header, part).has_value());
      part.insert(part.end(), reply.begin() + 20 + static_cast<ptrdiff_t>(at),
                  reply.begin() + 20 + static_cast<ptrdiff_t>(end));
      Receive(part);
    }
    EXPECT_EQ(marks, "!") << bytes;
  }
}

// Two gateways: the other one takes the long request, and answers it.
TEST_F(PingTest, TheLongestIsAnsweredByAGateway) {
  TestGateway other{2};
  g.Configure(
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.0\n"
      "arp 192.0.2.2 0200.0002.0001 arpa\n");
  other.Configure(
      "interface Ethernet0/1\n ip address 192.0.2.2 255.255.255.0\n"
      "arp 192.0.2.1 0200.0001.0001 arpa\n");
  api::PingRequest request = To("192.0.2.2");
  request.set_bytes(18'024);
  request.set_validate(true);
  Start(request);
  EXPECT_EQ(Carry(g, other).size(), 13u);
  for (; !other.ports[1]->out.empty(); other.ports[1]->out.pop_front()) {
    g.ports[1]->in.push_back(other.ports[1]->out.front());
  }
  Settle();
  EXPECT_EQ(marks, "!");
  other.ExpectBalanced();
}

TEST_F(PingTest, ValidateLooksAtTheData) {
  g.Configure(kRouter);
  api::PingRequest request = To("10.1.0.5", 3);
  request.set_validate(true);
  request.set_pattern(0x00ff);
  Start(request);
  Frame wrong = Sent().at(0);
  wrong[99] ^= 0x10;
  Receive(ReplyTo(wrong));
  Frame shorter = Sent().at(0);
  shorter.resize(98);
  StoreBe16(&shorter[2], 98);
  Receive(ReplyTo(shorter));
  Receive(ReplyTo(Sent().at(0)));
  EXPECT_EQ(marks, std::string(2, '?') + "!");
  EXPECT_EQ(last.ping().wrong_answer(), 2u);
}

TEST_F(PingTest, AVrfHasItsOwnWayAndItsOwnAnswers) {
  g.Configure(kRouter);
  api::PingRequest request = To("10.2.0.7", 2);
  request.set_vrf("red");
  Start(request);
  EXPECT_TRUE(Sent(0).empty());
  const Frame sent = Sent(1).at(0);
  EXPECT_EQ(net::ToString(net::ParseIpv4(sent)->source), "10.2.0.1");
  Receive(ReplyTo(sent), 0);  // the same bytes in another VRF
  After(Pinger::kPieceNs);
  EXPECT_EQ(marks, "");
  Receive(ReplyTo(sent), 1);
  After(Pinger::kPieceNs);
  EXPECT_EQ(marks, "!");
  EXPECT_EQ(ErrorOf(To("10.2.0.7")), "No valid route for destination");
  request.set_vrf("blue");
  EXPECT_EQ(ErrorOf(request), "There is no VRF blue.");
  After(2 * kNsPerSecond);
}

TEST_F(PingTest, TheSourceMustBeOurs) {
  g.Configure(kRouter);
  api::PingRequest request = To("10.1.0.5");
  constexpr const char* kBad = "Invalid source address- IP address not on any of our up interfaces";
  request.set_source_address("10.1.0.2");
  EXPECT_EQ(ErrorOf(request), kBad);
  request.set_source_address("10.2.0.1");  // ours, in another VRF
  EXPECT_EQ(ErrorOf(request), kBad);
  request.set_source_address("2001:db8::1");
  EXPECT_EQ(ErrorOf(request), "Source and destination are not of the same IP version.");
  request.clear_source_address();
  request.set_source_interface("Ethernet7/7");
  EXPECT_EQ(ErrorOf(request), "There is no interface Ethernet7/7.");
  EXPECT_TRUE(Sent().empty());
  request.set_source_interface("Ethernet0/0");
  Start(request);
  EXPECT_EQ(net::ToString(net::ParseIpv4(Sent().at(0))->source), "10.1.0.1");
}

TEST_F(PingTest, WhatCannotBeAskedSaysWhy) {
  g.Configure(kRouter);
  EXPECT_EQ(ErrorOf(To("203.0.113.1")), "No valid route for destination");
  for (const char* none : {"224.0.0.1", "127.0.0.1", "0.0.0.0", "ff02::1", "host"}) {
    EXPECT_EQ(ErrorOf(To(none)), "The destination is not the address of one host.") << none;
  }
  api::PingRequest request = To("10.1.0.5");
  request.set_bytes(35);
  EXPECT_EQ(ErrorOf(request), "An IPv4 echo request has at least 36 bytes.");
  request.set_bytes(18'025);
  EXPECT_EQ(ErrorOf(request), "The request is malformed.");
  request = To("10.1.0.5", 0);
  EXPECT_EQ(ErrorOf(request), "The request is malformed.");
  request = To("2001:db8::1");
  request.set_dont_fragment(true);
  EXPECT_EQ(ErrorOf(request), "IPv6 has no DF bit: only its source cuts a packet.");
  EXPECT_EQ(ErrorOf(To("fe80::1")), "A link-local destination needs 'source INTERFACE'.");
}

TEST_F(PingTest, WaitsForTheNeighbour) {
  g.Configure("interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n");
  Start(To("10.1.0.9"));
  EXPECT_EQ(LoadBe16(&g.ports[0]->out.at(0)[12]), net::kEtherTypeArp);
  Sent();
  Receive(Arp(net::ArpOperation::kReply, HostMac(9), "10.1.0.9", PortMac(1, 0), "10.1.0.1"), 0,
          net::kEtherTypeArp);
  Receive(ReplyTo(Sent().at(0)));
  EXPECT_EQ(marks, "!");
}

TEST_F(PingTest, ANeighbourThatIsNotThereIsNamed) {
  g.Configure("interface Ethernet0/0\n ip address 10.1.0.1 255.255.255.0\n");
  api::PingRequest request = To("10.1.0.9");
  request.set_timeout_seconds(20);
  Start(request);
  for (int i = 0; i < 19; ++i) After(kNsPerSecond);
  EXPECT_EQ(marks, "") << "its time is not over";
  After(kNsPerSecond);
  EXPECT_EQ(marks, ".");
  ASSERT_EQ(last.ping().drop_size(), 1);
  EXPECT_EQ(last.ping().drop(0).reason(), "arp_unresolved");
}

TEST_F(PingTest, TheGatewayAnswersItself) {
  g.Configure(std::string(kRouter) +
              "interface Loopback0\n ip address 10.77.0.1 255.255.255.255\n");
  Start(To("10.1.0.1", 2));
  Start([] {
    api::PingRequest request = To("10.77.0.1", 1);
    request.set_validate(true);
    return request;
  }());
  EXPECT_EQ(marks, "!!!");
  EXPECT_TRUE(Sent().empty());
}

TEST_F(PingTest, ThroughATunnelBothWays) {
  TestGateway other{2};
  g.Configure(TunnelConfig(1, 2));
  other.Configure(TunnelConfig(2, 1));
  g.Settle();
  other.Settle();
  api::PingRequest request = To("10.2.0.1", 2);
  request.set_source_interface("Ethernet0/0");
  Start(request);
  for (int i = 0; i < 2; ++i) {
    const std::vector<Frame> out = Carry(g, other);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(net::ParseIpv4(out[0])->protocol, net::kProtocolEsp);
    const std::vector<Frame> back = Carry(other, g);
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(net::ParseIpv4(back[0])->protocol, net::kProtocolEsp);
    Settle();
  }
  EXPECT_EQ(marks, "!!");
  other.ExpectBalanced();
}

// A request that nobody outside can have seen is quoted only by who makes it up; so is a reply in
// clear.
TEST_F(PingTest, InClearNothingAnswersWhatIsProtected) {
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  api::PingRequest request = To("10.2.0.1");
  request.set_source_interface("Ethernet0/0");
  Start(request);
  EXPECT_EQ(Sent(1).size(), 1u);
  Frame forged(100);
  net::Ipv4Header header;
  header.total_bytes = 100;
  header.ttl = 64;
  header.protocol = net::kProtocolIcmp;
  header.source = At("10.1.0.1");
  header.destination = At("10.2.0.1");
  ASSERT_TRUE(net::WriteIpv4(header, forged).has_value());
  forged[20] = net::kIcmpEchoRequest;
  for (uint32_t identifier = 1; identifier <= 0xffff; ++identifier) {
    StoreBe16(&forged[24], static_cast<uint16_t>(identifier));
    StoreBe16(&forged[26], 1);
    g.ports[1]->in.push_back(
        Ethernet(PortMac(1, 1), HostMac(1), ErrorAbout(forged, 3, 1, "192.0.2.2")));
    if (identifier % 256 == 0) g.Settle();
  }
  Settle();
  After(kNsPerSecond);
  EXPECT_EQ(marks, "");
  After(kNsPerSecond);
  EXPECT_EQ(marks, ".");
}

TEST_F(PingTest, WithoutAnSaTheReasonIsNamed) {
  g.give_numbers = false;
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  api::PingRequest request = To("10.2.0.1", 2);
  request.set_source_interface("Ethernet0/0");
  Start(request);
  After(2 * kNsPerSecond);
  After(2 * kNsPerSecond);
  EXPECT_EQ(marks, "..");
  EXPECT_TRUE(Sent(1).empty());
  ASSERT_EQ(last.ping().drop_size(), 1);
  EXPECT_EQ(last.ping().drop(0).reason(), "policy_no_sa");
  EXPECT_EQ(last.ping().drop(0).packets(), 2u);
}

TEST_F(PingTest, OverIpv6) {
  g.Configure(
      "ipv6 unicast-routing\ninterface Ethernet0/0\n ipv6 address 2001:db8:1::1/64\n"
      "ipv6 neighbor 2001:db8:1::7 Ethernet0/0 02ff.0000.0007\n"
      "ipv6 neighbor fe80::7 Ethernet0/0 02ff.0000.0007\n");
  AwaitAddresses();
  api::PingRequest on_link = To("fe80::7");
  on_link.set_source_interface("Ethernet0/0");
  for (const api::PingRequest& request : {To("2001:db8:1::7"), on_link}) {
    marks.clear();
    Start(request);
    const Frame sent = Sent().at(0);
    const auto ip = net::ParseIpv6(sent);
    ASSERT_TRUE(ip);
    EXPECT_EQ(sent.size(), 100u);
    EXPECT_EQ(sent[40], net::kIcmp6EchoRequest);
    EXPECT_TRUE(net::Icmp6ChecksumOk(ip->source, ip->destination, Bytes(sent).subspan(40)));
    const Frame body(sent.begin() + 48, sent.end());
    Receive(V6Icmp(net::ToString(ip->destination), net::ToString(ip->source),
                   {net::kIcmp6EchoReply, 0, 0, LoadBe32(&sent[44])}, body),
            0, net::kEtherTypeIpv6);
    EXPECT_EQ(marks, "!") << request.destination();
  }
  marks.clear();
  api::PingRequest longer = To("2001:db8:1::7", 2);
  longer.set_bytes(3000);
  Start(longer);
  const std::vector<Frame> parts = Sent();
  EXPECT_EQ(parts.size(), 3u);
  Receive(V6Icmp("2001:db8:1::7", "2001:db8:1::1", {net::kIcmp6Unreachable, 4, 0, 0}, parts[0]), 0,
          net::kEtherTypeIpv6);
  After(Pinger::kPieceNs);
  EXPECT_EQ(marks, "U") << "the quote has a fragment header";
  Receive(
      V6Icmp("2001:db8:1::7", "2001:db8:1::1", {net::kIcmp6TimeExceeded, 1, 0, 0}, Sent().at(0)), 0,
      net::kEtherTypeIpv6);
  EXPECT_EQ(marks, "U&");
}

TEST_F(PingTest, EightAtOnce) {
  g.Configure(kRouter);
  g.Settle();
  for (uint64_t id = 1; id <= Pinger::kMaxPings; ++id) {
    api::PingRequest request = To("10.1.0.5", 1000);
    request.set_id(id);
    g.gateway->Ping(++request_number, request);
  }
  g.Settle();
  EXPECT_EQ(g.gateway->TakePings().size(), Pinger::kMaxPings);
  std::vector<uint16_t> identifiers;
  for (const Frame& packet : Sent()) identifiers.push_back(LoadBe16(&packet[24]));
  EXPECT_EQ(identifiers.size(), Pinger::kMaxPings);
  std::ranges::sort(identifiers);
  EXPECT_EQ(std::ranges::adjacent_find(identifiers), identifiers.end());
  api::PingRequest ninth = To("10.1.0.5");
  ninth.set_id(99);
  EXPECT_EQ(ErrorOf(ninth), "8 pings are under way: wait for one of them.");
  Ask(api::PingRequest::FORGET, 3);
  EXPECT_EQ(ErrorOf(ninth), "");
  g.gateway->ForgetPings();
}

// mgmt whose client does not read asks no more: the ping waits for it, and nothing piles up.
TEST_F(PingTest, WhoDoesNotListenIsNotPingedFor) {
  g.Configure(kRouter);
  g.Settle();
  g.gateway->Ping(++request_number, To("10.1.0.1", 100'000));  // ourselves: as fast as can be
  for (int i = 0; i < 2000; ++i) g.gateway->RunOnce();
  const auto first = g.gateway->TakePings();
  ASSERT_EQ(first.size(), 1u);
  Ask(api::PingRequest::NEXT);
  for (int i = 0; i < 2000; ++i) g.gateway->RunOnce();
  const auto next = g.gateway->TakePings();
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].reply.marks(), std::string(Pinger::kMostMarks, '!'));
  EXPECT_FALSE(next[0].reply.done());
  g.gateway->ForgetPings();
}

TEST_F(PingTest, StopGivesTheLastPiece) {
  g.Configure(kRouter);
  Start(To("10.1.0.5", 1000));
  Receive(ReplyTo(Sent().at(0)));
  Ask(api::PingRequest::STOP);
  Settle();
  EXPECT_EQ(marks, "!");
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.ping().sent(), 1u) << "the one under way does not count";
  EXPECT_EQ(last.ping().repeat(), 1000u);
  Ask(api::PingRequest::NEXT);
  Settle();
  EXPECT_EQ(last.error(), "This ping has ended.");
}

// mgmt sees that somebody is at it, also while a request waits for long.
TEST_F(PingTest, NoSecondIsSilent) {
  g.Configure(kRouter);
  api::PingRequest request = To("10.1.0.5");
  request.set_timeout_seconds(3600);
  Start(request);
  last.Clear();
  After(kNsPerSecond);
  EXPECT_TRUE(last.has_ping());
  EXPECT_EQ(last.marks(), "");
}

}  // namespace
}  // namespace vam::fwd::test
