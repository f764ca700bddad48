// IKE messages and the datagrams that carry them, byte by byte (RFC 7296, 3.1; RFC 3948, 2).
#ifndef VAM_TESTS_UNIT_SW_FWD_IKE_MESSAGE_H_
#define VAM_TESTS_UNIT_SW_FWD_IKE_MESSAGE_H_

#include <string>

#include "sw/net/checksum.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {

struct IkeSpec {
  uint64_t spi_i = 0x0102030405060708;
  uint64_t spi_r = 0;
  uint8_t version = 0x20;
  bool from_initiator = true;
  uint32_t id = 0;
  size_t body = 32;  // behind the header
};

inline Frame IkeMessage(const IkeSpec& spec = {}) {
  Frame message(28 + spec.body);
  StoreBe64(message.data(), spec.spi_i);
  StoreBe64(&message[8], spec.spi_r);
  message[16] = 33;  // SA
  message[17] = spec.version;
  message[18] = 34;  // IKE_SA_INIT
  message[19] = spec.from_initiator ? 0x08 : 0x20;
  StoreBe32(&message[20], spec.id);
  StoreBe32(&message[24], static_cast<uint32_t>(message.size()));
  for (size_t i = 0; i < spec.body; ++i) message[28 + i] = static_cast<uint8_t>(i * 11 + spec.id);
  return message;
}

inline Frame WithMarker(const Frame& message) {
  Frame out(4);
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

enum class UdpSum : uint8_t { kRight, kNone, kWrong };

// An IP packet of either version, by its addresses.
inline Frame Datagram(const std::string& from, const std::string& to, uint16_t from_port,
                      uint16_t to_port, const Frame& payload, UdpSum sum = UdpSum::kRight) {
  Frame segment(8);
  StoreBe16(segment.data(), from_port);
  StoreBe16(&segment[2], to_port);
  StoreBe16(&segment[4], static_cast<uint16_t>(8 + payload.size()));
  segment.insert(segment.end(), payload.begin(), payload.end());
  const uint16_t right = net::UpperChecksum(At(from), At(to), net::kProtocolUdp, segment);
  if (sum != UdpSum::kNone) {
    StoreBe16(&segment[6], static_cast<uint16_t>(right ^ (sum == UdpSum::kWrong ? 0x55 : 0)));
  }
  if (At(from).is_v6()) return V6Packet(from, to, net::kProtocolUdp, segment);
  Frame packet(net::kIpv4HeaderBytes);
  net::Ipv4Header header;
  header.total_bytes = static_cast<uint16_t>(packet.size() + segment.size());
  header.identification = 99;
  header.ttl = 61;
  header.protocol = net::kProtocolUdp;
  header.source = At(from);
  header.destination = At(to);
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  packet.insert(packet.end(), segment.begin(), segment.end());
  return packet;
}

}  // namespace vam::fwd::test

#endif  // VAM_TESTS_UNIT_SW_FWD_IKE_MESSAGE_H_
