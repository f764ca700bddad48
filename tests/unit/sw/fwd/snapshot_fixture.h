// Gateways whose snapshot is completed by hand: what no statement says yet.
#ifndef VAM_TESTS_UNIT_SW_FWD_SNAPSHOT_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_FWD_SNAPSHOT_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>

#include "sw/fwd/compile.h"
#include "sw/net/icmp6.h"
#include "sw/net/ipv6.h"
#include "sw/net/nd.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"

namespace vam::fwd::test {

inline net::Address At(const std::string& text) { return *net::Address::Parse(text); }
inline net::Prefix In(const std::string& text) { return *net::Prefix::Parse(text); }

// Compiles `text` as the gateway does (entry ids are the same: they count from 0), lets `change`
// complete it and publishes that.
inline void PublishWith(TestGateway& g, const std::string& text,
                        const std::function<void(Snapshot&)>& change) {
  g.Configure(text);
  EntryIds ids;
  auto snapshot =
      Compile(ParseOrDie(text), {"Ethernet0/0", "Ethernet0/1"}, g.generation, ids).snapshot;
  snapshot->ipv6_routing = true;
  change(*snapshot);
  snapshot->Seal();
  g.gateway->forwarder().Publish(snapshot);
  g.Settle();
}

// IPv6 on an interface, with its connected route; no probes unless asked for.
inline void AddV6(Snapshot& snapshot, uint16_t index, const std::string& address,
                  uint8_t probes = 0) {
  InterfaceConfig& interface = snapshot.interfaces[index];
  interface.ipv6 = true;
  interface.shutdown = false;
  interface.dad_probes = probes;
  interface.addresses6.push_back({At(address), 64, false});
  AddConnected(snapshot, index);
}

inline Frame V6Packet(const std::string& from, const std::string& to, uint8_t next,
                      const Frame& upper, uint8_t hop_limit = 64) {
  net::Ipv6Header header;
  header.payload_bytes = static_cast<uint16_t>(upper.size());
  header.next_header = next;
  header.hop_limit = hop_limit;
  header.source = At(from);
  header.destination = At(to);
  Frame packet(net::kIpv6HeaderBytes);
  EXPECT_TRUE(net::WriteIpv6(header, packet).has_value());
  packet.insert(packet.end(), upper.begin(), upper.end());
  return packet;
}

inline Frame V6Udp(const std::string& from, const std::string& to, size_t payload = 32,
                   uint8_t hop_limit = 64, uint16_t port = 2000) {
  Frame upper(net::kUdpHeaderBytes + payload);
  const net::UdpHeader udp{{1000, port}, static_cast<uint16_t>(upper.size()), 0};
  EXPECT_TRUE(net::WriteUdp(udp, upper).has_value());
  for (size_t i = 0; i < payload; ++i) upper[8 + i] = static_cast<uint8_t>(i * 5 + 3);
  return V6Packet(from, to, net::kProtocolUdp, upper, hop_limit);
}

inline Frame V6Icmp(const std::string& from, const std::string& to, const net::IcmpHeader& icmp,
                    const Frame& body, uint8_t hop_limit = 64) {
  Frame message(net::kIcmpHeaderBytes + body.size());
  EXPECT_TRUE(net::WriteIcmp6(At(from), At(to), icmp, body, message).has_value());
  return V6Packet(from, to, net::kProtocolIcmpV6, message, hop_limit);
}

inline Frame NdPacket(const std::string& from, const std::string& to,
                      const net::NdMessage& message) {
  Frame out(net::kNdMaxMessageBytes);
  const auto bytes = net::WriteNd(message, At(from), At(to), out);
  EXPECT_TRUE(bytes.has_value());
  out.resize(*bytes);
  return V6Packet(from, to, net::kProtocolIcmpV6, out, net::kNdHopLimit);
}

// The ICMPv6 message behind a plain IPv6 header, checked.
inline Frame Icmp6Of(const Frame& frame) {
  const Frame packet = Payload(frame);
  const auto header = net::ParseIpv6(packet);
  EXPECT_TRUE(header.has_value());
  EXPECT_EQ(header->next_header, net::kProtocolIcmpV6);
  const Frame message(packet.begin() + net::kIpv6HeaderBytes, packet.end());
  EXPECT_TRUE(net::Icmp6ChecksumOk(header->source, header->destination, message));
  return message;
}

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_SNAPSHOT_FIXTURE_H_
