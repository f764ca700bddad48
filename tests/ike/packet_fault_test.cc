// Packets that were dropped for their SPI or their selectors: what the peer is told, what it does,
// and how little a forger gets by it.
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/ike/v2/event_journal.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using v2::ChildConfig;
using v2::ExchangeType;
using v2::FaultNotices;
using v2::MessageBuilder;
using v2::NotifyType;
using v2::Policy;

constexpr uint32_t kDeadSpi = 0x0badcafe;

// The start of an ESP packet between the gateways.
const Buffer kPacket = {0x45, 0, 0,   60, 0, 0, 0, 0, 64, 50, 0, 0, 192, 0,
                        2,    1, 192, 0,  2, 2, 0, 0, 0,  0,  0, 0, 0,   1};

void Sees(Side& side, api::FaultKind kind, const net::Address& from, uint32_t spi,
          uint64_t sa_id = 0, uint16_t port = 0) {
  api::PacketFault fault{};
  fault.sa_id = sa_id;
  fault.endpoints.local = api::ToFast(side.address);
  fault.endpoints.remote = api::ToFast(from);
  fault.endpoints.remote_port = port;
  fault.spi = spi;
  fault.kind = kind;
  fault.protocol = 50;
  std::ranges::copy(kPacket, fault.start.begin());
  fault.start_bytes = static_cast<uint16_t>(kPacket.size());
  EXPECT_TRUE(side.machine.Receive(api::MessageType::kPacketFault, 0, api::EncodeFast(fault)));
}
void SeesSpi(Side& side, const net::Address& from, uint32_t spi) {
  Sees(side, api::FaultKind::kUnknownSpi, from, spi);
}

Policy::Parts Recovering(Policy::Parts parts) {
  parts.settings.recover_spis = true;
  return parts;
}

uint32_t OutSpi(Side& side, uint64_t policy) { return side.fwd.Outbound(policy)->spi; }

// DP-25, DP-27: B has lost its half, and says so inside of the IKE SA; A deletes its own and makes
// another with the next packet.
TEST(PacketFaultTest, ThePeerDeletesTheChildAndMakesAnother) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  net.a.Acquire(2);
  net.Run();
  ASSERT_EQ(net.a.Children(), 2U);
  const uint32_t dead = OutSpi(net.a, 1);
  const size_t before = net.packets();
  SeesSpi(net.b, net.a.address, dead);
  net.Run();
  EXPECT_EQ(net.packets() - before, 4U) << "the notice and the deletion, with their answers";
  EXPECT_EQ(net.a.record.Count("child down peer_lost_sa"), 1U);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.fwd.Outbound(1), nullptr);
  EXPECT_NE(net.a.fwd.Outbound(2), nullptr) << "the other child goes on";
  EXPECT_EQ(net.a.IkeSas(), 1U);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 2U);
  EXPECT_EQ(net.Mismatch(), "");
}

// Of an SPI that we never gave the peer does nothing, and of nobody's nothing is said.
TEST(PacketFaultTest, SpisOfChanceDoNothing) {
  Network net(2);
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.packets();
  SeesSpi(net.b, net::Address::V4(0xc6336463), kDeadSpi);
  net.Run();
  EXPECT_EQ(net.packets(), before) << "no IKE SA with that address";
  SeesSpi(net.b, net.a.address, kDeadSpi);
  net.Run();
  EXPECT_EQ(net.packets() - before, 2U);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// DP-28, GAP-04: with the addresses of peers forged, so many notices a second and no more.
TEST(PacketFaultTest, AFloodOfForgedSpisIsBounded) {
  Network net(3);
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.packets();
  for (int i = 0; i < 10; ++i) {
    for (uint32_t spi = 0; spi < 500; ++spi) SeesSpi(net.b, net.a.address, 0x1000 + spi);
    net.Pass(100);
  }
  net.Run();
  EXPECT_LE(net.packets() - before, 2U * 2 * FaultNotices::kPerSecondOfOne);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.b.Children(), 1U);
}

// DP-26: off by default.
TEST(PacketFaultTest, WithoutAnIkeSaNothingHappensByDefault) {
  Network net(4);
  SeesSpi(net.b, net.a.address, kDeadSpi);
  net.Run();
  EXPECT_EQ(net.packets(), 0U);
  EXPECT_EQ(net.b.IkeSas(), 0U);
}

// DP-26: B was restarted and knows nothing; A still sends. B opens an IKE SA with it, and A's state
// of before goes by INITIAL_CONTACT.
TEST(PacketFaultTest, RecoveryOpensAnIkeSaAndTells) {
  Network net(5);
  net.a.Acquire(1);
  net.Run();
  const uint32_t dead = OutSpi(net.a, 1);
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  net.b.SetPolicy({});  // all of it goes, and A hears nothing of it
  net.Pass(400'000);
  ASSERT_EQ(net.b.IkeSas(), 0U);
  ASSERT_EQ(net.a.Children(), 1U);
  net.on_packet = nullptr;
  net.b.SetPolicy(Recovering(PolicyOf(TunnelOfB())));
  SeesSpi(net.b, net.a.address, dead);
  SeesSpi(net.b, net.a.address, dead);
  net.Run();
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Children(), 1U) << "the new one";
  EXPECT_EQ(net.b.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("child down replaced"), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// To peers that the configuration names, between the addresses that it names; one call a minute.
TEST(PacketFaultTest, RecoveryCallsOnlyPeersAndSeldom) {
  Network net(6);
  net.b.SetPolicy(Recovering(PolicyOf(TunnelOfB())));
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  for (uint32_t host = 0; host < 1000; ++host) {
    SeesSpi(net.b, net::Address::V4(0xc6336400 + host), kDeadSpi);
  }
  net.Pass(100);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.packets(), 0U);
  for (uint32_t i = 0; i < 20; ++i) SeesSpi(net.b, net.a.address, kDeadSpi + i);
  net.Pass(100);
  EXPECT_EQ(net.b.IkeSas(), 1U);
  EXPECT_EQ(net.packets(), 1U);
  net.Pass(45'000);  // nobody answers
  EXPECT_EQ(net.b.IkeSas(), 0U);
  SeesSpi(net.b, net.a.address, kDeadSpi);
  net.Pass(100);
  EXPECT_EQ(net.b.IkeSas(), 0U) << "not so soon";
  net.Pass(20'000);
  SeesSpi(net.b, net.a.address, kDeadSpi);
  net.Pass(100);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

TEST(PacketFaultTest, NoRecoveryPerHostOrByDynamicMaps) {
  for (const bool dynamic : {false, true}) {
    Network net(7);
    Policy::Parts parts = Recovering(PolicyOf(TunnelOfB()));
    auto child = std::make_shared<ChildConfig>(*parts.children[0]);
    child->per_host = !dynamic;
    child->dynamic_sequence = dynamic ? 1 : 0;
    parts.children = {child};
    net.b.SetPolicy(std::move(parts));
    SeesSpi(net.b, net.a.address, kDeadSpi);
    net.Run();
    EXPECT_EQ(net.packets(), 0U);
    EXPECT_EQ(net.b.IkeSas(), 0U);
  }
}

// `crypto ikev2 limit max-in-negotiation-sa` holds for recovery too.
TEST(PacketFaultTest, RecoveryKeepsTheLimitOfCalls) {
  Network net(8);
  Policy::Parts parts = Recovering(PolicyOf(TunnelOfB()));
  parts.settings.max_calls = 1;
  auto other = std::make_shared<ChildConfig>(*parts.children[0]);
  other->sequence = 20;
  other->peers = {net::Address::V4(0xc0000203)};
  parts.children.push_back(other);
  net.b.SetPolicy(std::move(parts));
  net.on_packet = [](size_t, const Side&, const auto&) { return false; };
  SeesSpi(net.b, net.a.address, kDeadSpi);
  net.Pass(10);
  SeesSpi(net.b, other->peers[0], kDeadSpi);
  net.Pass(10);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

// ---- in clear

Buffer ClearSpi(uint32_t spi, bool response = false) {
  MessageBuilder message;
  Buffer data(4);
  StoreBe32(data.data(), spi);
  AddNotify(message, NotifyType::kInvalidSpi, data);
  v2::Header header;
  header.initiator_spi = 0x1234;  // of chance (RFC 7296, 1.5)
  header.exchange = ExchangeType::kInformational;
  header.from_initiator = true;
  header.response = response;
  return *message.Finish(header);
}

// RFC 7296, 1.5, 2.4: never believed. A peer that was not heard for a while is asked.
TEST(PacketFaultTest, InClearItIsAHintAndNoMore) {
  Network net(9);
  net.a.Acquire(1);
  net.Run();
  const uint32_t spi = OutSpi(net.a, 1);
  size_t before = net.packets();
  Inject(net.a, net.b.address, ClearSpi(spi));
  net.Run();
  EXPECT_EQ(net.packets(), before) << "the peer was just heard";
  net.Pass(60'000);
  before = net.packets();
  Inject(net.a, net.b.address, ClearSpi(kDeadSpi));
  Inject(net.a, net.b.address, ClearSpi(spi, /*response=*/true));
  Inject(net.a, net::Address::V4(0xc6336463), ClearSpi(spi));
  net.Run();
  EXPECT_EQ(net.packets(), before) << "not of an SA with that peer";
  for (int i = 0; i < 100; ++i) Inject(net.a, net.b.address, ClearSpi(spi));
  net.Run();
  EXPECT_EQ(net.packets() - before, 2U) << "one question, answered";
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("refused not_encrypted"), 104U);
  EXPECT_EQ(net.Mismatch(), "");
}

// RFC 7296, 1.5: a request of an IKE SA that is not there is answered in clear, with its own SPIs;
// the answer changes nothing at whoever gets it.
TEST(PacketFaultTest, AnUnknownIkeSpiIsAnsweredAndNotBelieved) {
  Network net(10);
  net.a.Acquire(1);
  net.Run();
  MessageBuilder empty;
  Buffer request = MessageFor(*net.b.Up(), Cover::kRightKeys, ExchangeType::kInformational,
                              /*response=*/false, 2, empty);
  for (size_t i = 8; i < 16; ++i) request[i] ^= 0x55;  // B's SPI: of the IKE SA before
  Inject(net.b, net.a.address, request);
  const auto sent = net.b.fwd.TakePackets();
  ASSERT_EQ(sent.size(), 1U);
  const auto header = v2::ParseHeader(sent[0].bytes);
  ASSERT_TRUE(header.has_value());
  EXPECT_TRUE(header->response);
  EXPECT_FALSE(header->from_initiator);
  EXPECT_EQ(header->message_id, 2U);
  EXPECT_EQ(header->exchange, ExchangeType::kInformational);
  EXPECT_EQ(LoadBe64(&request[8]), header->responder_spi);
  const auto chain = v2::ParseChain(header->next_payload, Bytes(sent[0].bytes).subspan(28));
  ASSERT_TRUE(chain.has_value());
  const auto notifies = v2::ParseNotifies(chain->payloads);
  ASSERT_TRUE(notifies.has_value());
  EXPECT_NE(v2::Find(*notifies, NotifyType::kInvalidIkeSpi), nullptr);

  // The same, with SPIs that are right: forged.
  Buffer forged = sent[0].bytes;
  std::copy_n(&request[0], 8, &forged[0]);
  StoreBe64(&forged[8], net.a.Up()->peer_spi);
  Inject(net.a, net.b.address, forged);
  EXPECT_TRUE(net.a.fwd.TakePackets().empty());
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");

  // An answer is not answered, and a flood is answered seldom.
  Buffer response = request;
  response[19] |= 0x20;
  Inject(net.b, net.a.address, response);
  EXPECT_TRUE(net.b.fwd.TakePackets().empty());
  for (int i = 0; i < 1000; ++i) Inject(net.b, net.a.address, request);
  EXPECT_LE(net.b.fwd.TakePackets().size(), FaultNotices::kPerSecondOfOne);
}

// RFC 7296, 2.5.
TEST(PacketFaultTest, AHigherVersionIsToldOurs) {
  Network net(11);
  Buffer message = ClearSpi(kDeadSpi);
  message[17] = 0x30;
  Inject(net.b, net.a.address, message);
  const auto sent = net.b.fwd.TakePackets();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bytes[17], 0x20);
  const auto chain = v2::ParseChain(v2::PayloadType::kNotify, Bytes(sent[0].bytes).subspan(28));
  ASSERT_TRUE(chain.has_value());
  const auto notifies = v2::ParseNotifies(chain->payloads);
  EXPECT_NE(v2::Find(*notifies, NotifyType::kInvalidMajorVersion), nullptr);
}

// ---- selectors

Policy::Parts Notifying(Policy::Parts parts) {
  parts.settings.notify_selectors = true;
  return parts;
}

uint64_t InboundOf(const Side& side) {
  for (const auto& [id, sa] : side.fwd.sas()) {
    if (sa.direction == api::FastDirection::kIn) return id;
  }
  return 0;
}

// ASA-24: off by default; one notify of each SA in five seconds.
TEST(PacketFaultTest, WrongSelectorsAreToldWhereThatIsOn) {
  for (const bool on : {false, true}) {
    Network net(12);
    if (on) net.b.SetPolicy(Notifying(PolicyOf(TunnelOfB())));
    net.a.Acquire(1);
    net.Run();
    const size_t before = net.packets();
    const auto sees = [&net] {
      const uint64_t sa = InboundOf(net.b);
      Sees(net.b, api::FaultKind::kWrongSelectors, net.a.address, net.b.fwd.sas().at(sa).spi, sa);
    };
    for (int i = 0; i < 49; ++i) {
      sees();
      net.Pass(100);
    }
    EXPECT_EQ(net.packets() - before, on ? 2U : 0U);
    EXPECT_EQ(net.a.record.Count("wrong selectors"), on ? 1U : 0U);
    net.Pass(200);
    sees();
    net.Run();
    EXPECT_EQ(net.packets() - before, on ? 4U : 0U);
    EXPECT_EQ(net.a.Children(), 1U) << "the SA goes on";
  }
}

// ASA-25.
TEST(PacketFaultTest, WrongSelectorsOfAPeerAreLogged) {
  Network net(13);
  net.b.SetPolicy(Notifying(PolicyOf(TunnelOfB())));
  v2::EventJournal journal(net.clock);
  net.a.record.also = &journal;
  net.a.Acquire(1);
  net.Run();
  const uint64_t sa = InboundOf(net.b);
  Sees(net.b, api::FaultKind::kWrongSelectors, net.a.address, 0, sa);
  net.Run();
  const auto said = journal.Take();
  ASSERT_EQ(said.size(), 1U) << "without `crypto logging ikev2` nothing else";
  EXPECT_EQ(said[0].facility, "ASA");
  EXPECT_EQ(said[0].severity, 4U);
  EXPECT_EQ(said[0].mnemonic, "751027");
  char spi[16];
  std::snprintf(spi, sizeof spi, "0x%08X", OutSpi(net.a, 1));
  EXPECT_EQ(
      said[0].text,
      "IKEv2 Received INVALID_SELECTORS Notification from peer: " + net::ToString(net.b.address) +
          ". Peer received a packet (SPI=" + spi + ") from " + net::ToString(net.a.address) +
          ". The decapsulated inner packet didn't match the negotiated policy in the SA. "
          "Packet destination 192.0.2.2, port 0, source 192.0.2.1, port 0, protocol 50");
}

// Malformed ones, and of SAs that are not there, say nothing and change nothing.
TEST(PacketFaultTest, NoticesOfNoUseDoNothing) {
  Network net(14);
  net.a.Acquire(1);
  net.Run();
  uint32_t id = 0;
  const auto says = [&](const std::function<void(MessageBuilder&)>& fill) {
    MessageBuilder message;
    fill(message);
    Inject(net.a, net.b.address,
           MessageFor(*net.a.Up(), Cover::kRightKeys, ExchangeType::kInformational, false, id++,
                      message));
  };
  const uint32_t spi = OutSpi(net.a, 1);
  Buffer bytes(4);
  StoreBe32(bytes.data(), spi);
  says([&](auto& m) { AddNotify(m, NotifyType::kInvalidSpi, Bytes(bytes).first(3)); });
  says([&](auto& m) { AddNotify(m, NotifyType::kInvalidSpi); });
  says([&](auto& m) { AddNotify(m, NotifyType::kInvalidSelectors, kPacket); });
  says([&](auto& m) {
    AddNotify(m, NotifyType::kInvalidSelectors, v2::Protocol::kEsp, kDeadSpi, kPacket);
  });
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.a.record.Count("wrong selectors"), 0U);
  // Without a packet behind it: still the peer's word.
  says([&](auto& m) { AddNotify(m, NotifyType::kInvalidSelectors, v2::Protocol::kEsp, spi); });
  EXPECT_EQ(net.a.record.Count("wrong selectors"), 1U);
  says([&](auto& m) { AddNotify(m, NotifyType::kInvalidSpi, bytes); });
  net.Run();
  EXPECT_EQ(net.a.Children(), 0U);
}

}  // namespace
}  // namespace vam::ike::test
