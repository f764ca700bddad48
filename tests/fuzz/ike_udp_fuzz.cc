// UDP 500 and 4500 of a gateway with an IKE role and an SA in UDP, and what the role says. The
// input is a list of records {control, length, length, payload...}:
//   control bits 0, 1  0: UDP 500, 1: UDP 4500, 2: UDP 4500 behind the non-ESP marker,
//                      3: a message of the role
//           bit 2      IPv6
//           bit 3      the checksum of UDP is none
//           bit 4      the length field of an IKE header is made right
//           bit 5      in two fragments (IPv4); of the role: kIkeSpi, else kIkePacket
//           bit 6      the SPI of ESP, or the receiver's of IKE, is made one that is known
//           bit 7      the role takes what waits for it
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sw/base/check.h"
#include "sw/fwd/ike_queues.h"
#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ike_message.h"

namespace vam::fwd::test {
namespace {

constexpr size_t kMaxRecords = 64;
constexpr uint64_t kKnownSpi = 0x1122334455667788;
constexpr const char* kExtra =
    "ipv6 unicast-routing\ninterface Ethernet0/1\n ipv6 address 2001:db8:f::1/64\n"
    "ipv6 neighbor 2001:db8:f::2 Ethernet0/1 0200.0002.0001\n";

struct Record {
  uint8_t control = 0;
  Frame payload;
  bool Has(unsigned bit) const { return (control >> bit & 1) != 0; }
};

void Deliver(TestGateway& g, const Frame& packet) {
  const bool v6 = packet[0] >> 4 == 6;
  g.ports[1]->in.push_back(
      Ethernet(PortMac(1, 1), HostMac(2), packet, v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4));
}

// Requires: IPv4.
void DeliverInParts(TestGateway& g, const Frame& packet) {
  const size_t cut = 20 + (packet.size() - 20) / 2 / 8 * 8;
  for (const size_t from : {size_t{20}, cut}) {
    const size_t to = from == 20 ? cut : packet.size();
    Frame part(packet.begin(), packet.begin() + 20);
    part.insert(part.end(), packet.begin() + static_cast<ptrdiff_t>(from),
                packet.begin() + static_cast<ptrdiff_t>(to));
    StoreBe16(&part[2], static_cast<uint16_t>(part.size()));
    StoreBe16(&part[6], static_cast<uint16_t>((from == 20 ? 0x2000 : 0) | ((from - 20) / 8)));
    StoreBe16(&part[10], 0);
    StoreBe16(&part[10], net::Checksum(Bytes(part).first(20)));
    Deliver(g, part);
  }
}

void FromWire(TestGateway& g, Record record, uint32_t spi) {
  Frame& payload = record.payload;
  const unsigned kind = record.control & 3;
  if (kind != 1 && record.Has(6) && payload.size() >= 20) {
    StoreBe64(&payload[(payload[19] & 8) != 0 ? 8 : 0], kKnownSpi);
  }
  if (kind == 1 && record.Has(6) && payload.size() >= 4) StoreBe32(payload.data(), spi);
  if (kind != 1 && record.Has(4) && payload.size() >= 28) {
    StoreBe32(&payload[24], static_cast<uint32_t>(payload.size()));
  }
  if (kind == 2) payload = WithMarker(payload);
  const bool v6 = record.Has(2);
  const Frame packet =
      Datagram(v6 ? "2001:db8:f::2" : "192.0.2.2", v6 ? "2001:db8:f::1" : "192.0.2.1", 40'000,
               kind == 0 ? 500 : 4500, payload, record.Has(3) ? UdpSum::kNone : UdpSum::kRight);
  if (record.Has(5) && !v6 && packet.size() > 36) {
    DeliverInParts(g, packet);
  } else {
    Deliver(g, packet);
  }
}

void FromRole(TestGateway& g, const Record& record) {
  const auto type = record.Has(5) ? api::MessageType::kIkeSpi : api::MessageType::kIkePacket;
  VAM_CHECK(g.gateway->ike().Receive(type, 0, record.payload));
}

// Whole messages, with headers that hold, from where they came.
void TakeAll(TestGateway& g) {
  IkeQueues& queues = g.gateway->forwarder().ike_queues();
  for (; !queues.Front().empty(); queues.Pop()) {
    const auto packet = api::DecodeFast<api::IkePacket>(queues.Front());
    VAM_CHECK(packet.has_value());
    const Bytes message = queues.Front().subspan(sizeof(api::IkePacket));
    VAM_CHECK(message.size() >= 28 && LoadBe32(&message[24]) == message.size());
    VAM_CHECK(message[17] >> 4 >= 2);
    VAM_CHECK(packet->endpoints.remote_port == 40'000);
    VAM_CHECK((packet->flags == api::kIkeEncapsulated) == (packet->endpoints.local_port == 4500));
  }
}

// Every packet has ended or is inside; of UDP only what is IKE's leaves to the outside.
void Judge(TestGateway& g) {
  const Forwarder& forwarder = g.gateway->forwarder();
  const ForwardCounters& c = forwarder.counters();
  VAM_CHECK(c.received.value() + c.originated.value() == c.Ended() + forwarder.InFlight());
  for (const Frame& frame : g.ports[1]->out) {
    const Frame packet = Payload(frame);
    if (packet[0] >> 4 != 4 || packet[9] != net::kProtocolUdp) continue;
    const uint16_t offset = LoadBe16(&packet[6]) & 0x1fff;
    const uint16_t port = LoadBe16(&packet[20]);
    VAM_CHECK(offset != 0 || port == net::kIkePort || port == net::kNattPort);
  }
  g.ports[0]->out.clear();
  g.ports[1]->out.clear();
}

uint32_t InstallSa(TestGateway& g) {
  StubIke ike(g, 1);
  const uint64_t policy = ike.Open();
  const api::SpiReserved spi = ike.Reserve(policy);
  api::SaInstall sa = ike.Sa(policy, true, spi.spi[0], spi.sa_id[0]);
  sa.flags = api::kSaUdpEncapsulated;
  sa.endpoints.local_port = 4500;
  sa.endpoints.remote_port = 40'000;
  sa.replay_window = 64;
  VAM_CHECK(ike.Install(sa).error == 0);
  return spi.spi[0];
}

void Run(Bytes input) {
  TestGateway g;
  g.Configure(TunnelConfig(1, 2, kExtra));
  Negotiate(g, 1, {LineTo(1, "10.2.0.0")}, {.kind = EntryKind::kIsakmp}, kExtra);
  for (int i = 0; i < 40; ++i) {  // until the IPv6 address is known to be unique
    g.clock.AdvanceNs(kNsPerSecond / 10);
    g.Settle();
  }
  const uint32_t spi = InstallSa(g);
  const api::IkeSpi known{kKnownSpi, api::IkeSpiState::kUp, {}};
  VAM_CHECK(g.gateway->ike().Receive(api::MessageType::kIkeSpi, 0, api::EncodeFast(known)));
  for (size_t n = 0; n < kMaxRecords && input.size() >= 3; ++n) {
    const size_t bytes = std::min<size_t>(LoadBe16(&input[1]) & 0x7ff, input.size() - 3);
    const Bytes payload = input.subspan(3, bytes);
    Record record{input[0], Frame(payload.begin(), payload.end())};
    input = input.subspan(3 + bytes);
    const bool take = record.Has(7);
    if ((record.control & 3) == 3) {
      FromRole(g, record);
    } else {
      // A frame of a port in memory has at most 1,514 bytes.
      record.payload.resize(std::min<size_t>(record.payload.size(), 1400));
      FromWire(g, std::move(record), spi);
    }
    g.Settle();
    if (take) TakeAll(g);
    Judge(g);
  }
  TakeAll(g);
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
