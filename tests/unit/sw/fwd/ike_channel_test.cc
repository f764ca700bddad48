// The channel to the IKE role over a real socket pair: bounded turns, a role that does not read, a
// role that is replaced.
#include "sw/fwd/ike_channel.h"

#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ike_message.h"

namespace vam::fwd::test {
namespace {

using api::IkeClass;

class IkeChannelTest : public ::testing::Test {
 protected:
  IkeChannelTest() {
    g.Configure(TunnelConfig(1, 2));
    g.Settle();
    channel.SetGateway(g.gateway.get());
    Connect();
  }
  ~IkeChannelTest() override { g.ExpectBalanced(); }

  void Connect() {
    auto pair = api::Channel::Pair();
    ASSERT_TRUE(pair.has_value());
    role = std::move(pair->first);
    channel.Replace(std::move(pair->second));
  }
  void Arrive(const IkeSpec& spec) {
    const Frame packet = Datagram("192.0.2.2", "192.0.2.1", 500, 500, IkeMessage(spec));
    g.ports[1]->in.push_back(Ethernet(PortMac(1, 1), HostMac(2), packet));
    g.Settle();
  }
  // What the role reads now.
  std::vector<api::Message> Read() {
    std::vector<api::Message> all;
    for (;;) {
      auto message = role.Receive();
      EXPECT_TRUE(message.has_value());
      if (!message || !message->has_value()) return all;
      all.push_back(std::move(**message));
    }
  }
  size_t Waiting() { return Queues().waiting(IkeClass::kNew); }
  IkeQueues& Queues() { return g.gateway->forwarder().ike_queues(); }

  TestGateway g;
  api::Channel role;
  IkeChannel channel;
};

TEST_F(IkeChannelTest, CarriesPacketsBothWays) {
  Arrive({.id = 5});
  channel.Send();
  const auto got = Read();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].type, api::MessageType::kIkePacket);
  ASSERT_TRUE(api::DecodeFast<api::IkePacket>(got[0].payload).has_value());
  // The role sends it back as it is.
  ASSERT_TRUE(role.Send(api::MessageType::kIkePacket, 0, Bytes(got[0].payload)));
  channel.Receive();
  g.Settle();
  ASSERT_EQ(g.ports[1]->out.size(), 1u);
  const Frame packet = Payload(g.ports[1]->out.front());
  EXPECT_EQ(Frame(packet.begin() + 28, packet.end()), IkeMessage({.id = 5}));
}

TEST_F(IkeChannelTest, ATurnIsBounded) {
  const size_t more = IkeChannel::kMessagesPerTurn + 10;
  for (size_t i = 0; i < more; ++i) Arrive({.spi_i = 1 + i});
  channel.Send();
  EXPECT_EQ(Waiting(), 10u);
  const api::IkeSpi spi{7, api::IkeSpiState::kUp, {}};
  for (uint64_t i = 0; i < more; ++i) {
    api::IkeSpi one = spi;
    one.spi += i;
    ASSERT_TRUE(role.Send(api::MessageType::kIkeSpi, 0, api::EncodeFast(one)));
  }
  channel.Receive();
  EXPECT_EQ(Queues().spis(), IkeChannel::kMessagesPerTurn);
  channel.Receive();
  EXPECT_EQ(Queues().spis(), more);
}

// What the role does not read stays in the queues, not in the channel.
TEST_F(IkeChannelTest, ARoleThatDoesNotReadFillsItsQueueOnly) {
  for (size_t i = 0; i < 4000; ++i) {
    Arrive({.spi_i = 1 + i});
    channel.Send();
  }
  EXPECT_EQ(Waiting(), IkeQueues::kMaxNew);
  const uint64_t dropped = g.Count(Reason::kIkeNewFull);
  EXPECT_GT(dropped, 0u);
  size_t read = 0;
  for (size_t n = 1; n != 0; read += n) {
    n = Read().size();
    channel.Send();
  }
  EXPECT_EQ(read + dropped, 4000u) << "all others have come";
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(IkeChannelTest, TheNextRoleStartsAnew) {
  const api::IkeSpi spi{7, api::IkeSpiState::kUp, {}};
  ASSERT_TRUE(role.Send(api::MessageType::kIkeSpi, 0, api::EncodeFast(spi)));
  channel.Receive();
  Arrive({});
  Connect();
  EXPECT_EQ(Queues().spis(), 0u);
  EXPECT_EQ(Waiting(), 0u);
  channel.Send();
  EXPECT_TRUE(Read().empty());
  Arrive({.id = 9});
  channel.Send();
  EXPECT_EQ(Read().size(), 1u);
}

TEST_F(IkeChannelTest, ARoleThatEndsIsNoticed) {
  role = api::Channel();
  channel.Receive();
  EXPECT_FALSE(channel.open());
  EXPECT_EQ(channel.fd(), -1);
  Arrive({});
  channel.Send();
  EXPECT_EQ(g.Count(Reason::kIkeNoRole), 1u);
}

// SAs outlive the role that made them (design.md, "Crash rules").
TEST_F(IkeChannelTest, SasStayWithoutTheirRole) {
  Negotiate(g, 1, {LineTo(1, "10.2.0.0")});
  g.gateway->SetIkePresent(true);
  StubIke ike(g, 1);
  ASSERT_EQ(ike.Install(ike.Sa(ike.Open(), false, 0x1234)).error, 0u);
  channel.Replace({});
  g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  g.Settle();
  ASSERT_EQ(g.ports[1]->out.size(), 1u);
  EXPECT_EQ(LoadBe32(&Payload(g.ports[1]->out.front())[20]), 0x1234u);
}

}  // namespace
}  // namespace vam::fwd::test
