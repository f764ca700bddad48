// What strangers, broken peers and a failing fwd can do: nothing that stops a gateway, nothing
// without a cause.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"
#include "tests/ike/stages.h"
#include "tests/support/seed.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

size_t Refusals(const Side& side) {
  return static_cast<size_t>(std::ranges::count_if(
      side.record.lines(), [](const std::string& line) { return line.starts_with("refused "); }));
}

TEST(HostileTest, WrongSpisAndFlagsAreUnknown) {
  Network net(1);
  net.a.Acquire(1);
  net.Run();
  const IkeSa& sa = *AnySa(net.b);
  MessageBuilder empty;
  const Buffer good =
      MessageFor(sa, Cover::kRightKeys, ExchangeType::kInformational, false, 2, empty);
  for (const size_t byte : {size_t{0}, size_t{7}, size_t{8}, size_t{15}}) {
    Buffer bad = good;
    bad[byte] ^= 1;
    Inject(net.b, net.a.address, bad);
  }
  Buffer turned = good;
  turned[19] ^= 0x08;  // flag I: our own messages come back
  Inject(net.b, net.a.address, turned);
  EXPECT_EQ(net.b.record.Count("refused unknown_spi"), 5U);
  Buffer version = good;
  version[17] = 0x30;
  Inject(net.b, net.a.address, version);
  EXPECT_EQ(net.b.record.Count("refused wrong_version"), 1U);
  for (size_t size = 0; size < good.size(); ++size) {
    Inject(net.b, net.a.address, Bytes(good).first(size));
  }
  EXPECT_EQ(net.b.record.Count("refused malformed"), good.size());
  EXPECT_EQ(net.Mismatch(), "");
}

// ---- lessons of others

// CVE-2014-2338 (a rekey of a half-open IKE SA made it established) and CVE-2019-12312
// (INFORMATIONAL before IKE_AUTH).
TEST(HostileTest, NothingButAuthBeforeAuth) {
  for (const ExchangeType type : {ExchangeType::kCreateChildSa, ExchangeType::kInformational,
                                  ExchangeType::kIkeIntermediate, ExchangeType::kIkeFollowupKe}) {
    Network net(1);
    Side& b = Reach(net, Stage::kHalfOpen);
    const IkeSa& sa = *AnySa(b);
    ASSERT_EQ(sa.state, IkeSa::State::kHalfOpen);
    MessageBuilder message;
    const IkePolicy* policy = b.machine.core().policy().FindIke(b.address, 0);
    AddSa(message, Propose(policy->offers, 0x1234, 8));
    SeededRng rng(1);
    const auto exchange = crypto::KeyExchange::Start(static_cast<crypto::Group>(31), rng);
    AddKe(message, 31, exchange->public_data());
    message.Add(PayloadType::kNonce, Buffer(32, 1));
    Inject(b, net.a.address, MessageFor(sa, Cover::kRightKeys, type, false, 1, message));
    EXPECT_EQ(b.IkeSas(), 0U);
    EXPECT_EQ(b.machine.core().half_open(), 0U);
    EXPECT_EQ(b.record.lines(),
              (std::vector<std::string>{"refused unexpected", "ike failed unexpected"}));
  }
}

// The responder must prove itself before anything goes through it.
TEST(HostileTest, Cve2015_4171_ResponderWithTheWrongKeyGetsNothing) {
  Network net(5);
  Tunnel tunnel = TunnelOfB();
  tunnel.key = "somebody else's";
  net.b.SetPolicy(PolicyOf(tunnel));
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.record.Count("ike up"), 0U);
  EXPECT_EQ(net.a.record.Count("child up"), 0U);
  EXPECT_EQ(net.a.machine.core().causes().of(Cause::kAuthFailed), 1U);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
}

Buffer InitRequest(uint16_t ke_group, std::vector<uint16_t> offered, uint64_t spi = 77) {
  MessageBuilder message;
  IkeOffer offer;
  offer.ciphers = {{EncryptionId::kAesGcm16, 256}};
  offer.prfs = {PrfId::kHmacSha256};
  offer.groups = std::move(offered);
  AddSa(message, Propose({&offer, 1}, 0, 0));
  AddKe(message, ke_group, Buffer(32, 9));
  message.Add(PayloadType::kNonce, Buffer(32, 1));
  Header header;
  header.initiator_spi = spi;
  header.from_initiator = true;
  return *message.Finish(header);
}

Buffer InvalidKe(const IkeSa& sa, uint16_t group) {
  MessageBuilder message;
  AddInvalidKe(message, group);
  return MessageFor(sa, Cover::kClear, ExchangeType::kIkeSaInit, true, 0, message);
}

// CVE-2014-9221: groups of the private range, and all others that nobody has, are input.
TEST(HostileTest, GroupsThatNobodyHas) {
  Network net(1);
  size_t refused = 0;
  for (const uint16_t group :
       std::initializer_list<uint16_t>{0, 1, 1024, 1025, 1040, 32768, 65535}) {
    Inject(net.b, net.a.address, InitRequest(group, {group}));
    EXPECT_EQ(net.b.record.Count("refused no_proposal"), ++refused) << group;
    Inject(net.b, net.a.address, InitRequest(group, {group, 19}));
    EXPECT_EQ(net.b.record.Count("refused wrong_group"), refused) << group;
  }
  EXPECT_EQ(net.b.IkeSas(), 0U);
  for (const uint16_t group : std::initializer_list<uint16_t>{0, 1, 1025, 65535}) {
    Network other(2);
    Side& a = Reach(other, Stage::kInit);
    Inject(a, other.b.address, InvalidKe(*AnySa(a), group));
    EXPECT_EQ(a.record.lines(), std::vector<std::string>{"ike failed wrong_group"}) << group;
    EXPECT_EQ(a.IkeSas(), 0U);
  }
}

TEST(HostileTest, InvalidKeStormEnds) {
  Network net(1);
  Side& a = Reach(net, Stage::kInit);
  size_t turns = 0;
  for (; a.IkeSas() != 0 && turns < 100; ++turns) {
    Inject(a, net.b.address, InvalidKe(*AnySa(a), turns % 2 == 0 ? 19 : 31));
  }
  EXPECT_LE(turns, 6U);
  EXPECT_EQ(a.record.lines(), std::vector<std::string>{"ike failed wrong_group"});
}

// An answer from elsewhere than the request went to is nobody's.
TEST(HostileTest, AnswersFromElsewhereAreNone) {
  Network net(1);
  Side& a = Reach(net, Stage::kInit);
  Inject(a, *net::Address::Parse("198.51.100.9"), InvalidKe(*AnySa(a), 19));
  EXPECT_EQ(a.record.lines(), std::vector<std::string>{"refused unexpected"});
  EXPECT_EQ(AnySa(a)->state, IkeSa::State::kInit);
}

// What is known of an address goes with the peer: else each move would leave an entry for ever.
TEST(HostileTest, MovedPeersAreFoundWhereTheyAre) {
  Network net(1);
  Side& b = Reach(net, Stage::kUp);
  AnySa(b)->nat_there = true;
  const net::Address elsewhere = *net::Address::Parse("198.51.100.9");
  MessageBuilder empty;
  Inject(b, elsewhere,
         MessageFor(*AnySa(b), Cover::kRightKeys, ExchangeType::kInformational, false, 2, empty));
  EXPECT_EQ(b.machine.core().CountWith(net.a.address), 0u);
  EXPECT_EQ(b.machine.core().CountWith(elsewhere), 1u);
  EXPECT_EQ(b.machine.core().With(elsewhere, AnySa(b)->profile->name),
            std::vector<IkeSa*>{AnySa(b)});
}

// ---- floods

Policy::Parts PolicyOfB(const std::function<void(Settings&)>& change) {
  Policy::Parts parts = PolicyOf(TunnelOfB());
  change(parts.settings);
  return parts;
}

// A request that would be answered: of the network's own initiator, under any SPI.
Buffer RealInit(uint64_t spi) {
  static const Buffer recorded = [] {
    Buffer out;
    Network net(99);
    net.on_packet = [&out](size_t, const Side&, Buffer& bytes) {
      out = bytes;
      return false;
    };
    net.a.Acquire(1);
    net.Pass(1);
    return out;
  }();
  Buffer bytes = recorded;
  StoreBe64(bytes.data(), spi);
  return bytes;
}

TEST(HostileTest, CookiesUnderPressure) {
  Network net(1);
  net.b.SetPolicy(PolicyOfB([](Settings& settings) { settings.cookie_above = 1; }));
  Inject(net.b, *net::Address::Parse("198.51.100.9"), RealInit(5));
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
  net.b.fwd.TakePackets();
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.packets(), 6U);
  EXPECT_EQ(net.b.record.Count("refused cookie_wanted"), 1U);
  EXPECT_EQ(net.a.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
}

TEST(HostileTest, FloodsAreBounded) {
  Network net(1);
  net.b.SetPolicy(PolicyOfB([](Settings& settings) {
    settings.cookie_above = 0;
    settings.max_half_open = 40;
    settings.max_half_open_of_one = 16;
  }));
  const auto flood = [&](const char* from, size_t count) {
    static uint64_t spi = 1;
    for (size_t i = 0; i < count; ++i) {
      Inject(net.b, *net::Address::Parse(from), RealInit(spi++), static_cast<uint16_t>(1000 + i));
    }
  };
  flood("198.51.100.1", 30);
  EXPECT_EQ(net.b.machine.core().half_open(), 16U);
  EXPECT_EQ(net.b.record.Count("refused too_many_half_open"), 14U);
  // All of one /64 count as one.
  flood("2001:db8:0:1::1", 10);
  flood("2001:db8:0:1:ffff::2", 10);
  EXPECT_EQ(net.b.machine.core().half_open(), 32U);
  flood("198.51.100.2", 30);
  EXPECT_EQ(net.b.machine.core().half_open(), 40U);
  EXPECT_EQ(net.b.IkeSas(), 40U);
  EXPECT_EQ(net.b.record.Count("refused too_many_half_open"), 40U);
  // Nothing was asked of fwd, and none of it stays.
  EXPECT_TRUE(net.b.fwd.TakeAnswers().empty());
  net.b.fwd.TakePackets();
  net.Pass(31'000);
  EXPECT_EQ(net.b.machine.core().half_open(), 0U);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.record.Count("ike failed half_open_too_long"), 40U);
  flood("198.51.100.1", 1);
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
}

TEST(HostileTest, LimitOfAllIkeSas) {
  Network net(1);
  net.b.SetPolicy(PolicyOfB([](Settings& settings) { settings.max_ike_sas = 3; }));
  for (uint64_t spi = 1; spi <= 5; ++spi) Inject(net.b, net.a.address, RealInit(spi));
  EXPECT_EQ(net.b.IkeSas(), 3U);
  EXPECT_EQ(net.b.record.Count("refused too_many_ike_sas"), 2U);
}

// The same request again gets the very same answer; another one under its SPI gets none.
TEST(HostileTest, RepeatedInitRequests) {
  Network net(1);
  Inject(net.b, net.a.address, RealInit(5));
  const auto first = net.b.fwd.TakePackets();
  ASSERT_EQ(first.size(), 1U);
  Inject(net.b, net.a.address, RealInit(5));
  const auto again = net.b.fwd.TakePackets();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].bytes, first[0].bytes);
  Buffer other = RealInit(5);
  other.back() ^= 1;
  Inject(net.b, net.a.address, other);
  EXPECT_TRUE(net.b.fwd.TakePackets().empty());
  EXPECT_EQ(net.b.record.Count("refused unexpected"), 1U);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

// ---- the way

// One bit of one packet: IKE_AUTH and later are sent again and heal; a changed IKE_SA_INIT fails
// or heals, and leaves nothing by halves.
TEST(HostileTest, FlippedBitsOnTheWay) {
  SeededRng rng(vam::test::TestSeed());
  for (size_t index = 0; index < 4; ++index) {
    for (int round = 0; round < 150; ++round) {
      Network net(static_cast<uint64_t>(round));
      size_t bit = 0;
      net.on_packet = [&](size_t at, const Side&, Buffer& bytes) {
        if (at != index) return true;
        bit = rng.Below(8 * bytes.size());
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
        return true;
      };
      net.a.Acquire(1);
      net.Run();
      SCOPED_TRACE("packet " + std::to_string(index) + " bit " + std::to_string(bit));
      EXPECT_EQ(net.Mismatch(), "");
      EXPECT_EQ(net.a.Children(), net.b.Children());
      // A changed answer of IKE_SA_INIT shows at the initiator alone, by the responder's AUTH.
      EXPECT_LE(net.a.record.Count("ike up"), net.b.record.Count("ike up"));
      if (index >= 2) {
        EXPECT_EQ(net.a.Children(), 1U);
        // What is said in clear of a request with other SPIs, or another version, is refused too.
        const bool told = index == 2 && bit / 8 < 20;
        const size_t refusals = Refusals(net.a) + Refusals(net.b);
        EXPECT_GE(refusals, 1U);
        EXPECT_LE(refusals, told ? 2U : 1U);
      }
      net.on_packet = nullptr;
      net.Pass(31'000);  // what is half-open goes
      EXPECT_EQ(net.a.IkeSas(), net.b.IkeSas());
    }
  }
}

TEST(HostileTest, WholeRunReplayedChangesNothing) {
  Network net(1);
  std::vector<std::pair<bool, Buffer>> packets;
  net.on_packet = [&](size_t, const Side& from, Buffer& bytes) {
    packets.emplace_back(&from == &net.a, bytes);
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
  net.Run();
  net.on_packet = nullptr;
  const auto sas_a = net.a.fwd.sas().size();
  const size_t ups = net.a.record.Count("child up") + net.b.record.Count("child up");
  for (int round = 0; round < 3; ++round) {
    for (const auto& [from_a, bytes] : packets) {
      Inject(from_a ? net.b : net.a, from_a ? net.a.address : net.b.address, bytes);
      net.Run();
    }
  }
  EXPECT_EQ(net.a.record.Count("child up") + net.b.record.Count("child up"), ups);
  EXPECT_EQ(net.a.fwd.sas().size(), sas_a);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
  // The old IKE_SA_INIT alone made something: half-open, and soon gone.
  net.Pass(31'000);
  EXPECT_EQ(net.b.IkeSas(), 1U);
}

TEST(HostileTest, RetransmissionToTheEnd) {
  Network net(1);
  PassOnly(net, 0);
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.packets(), RetryPolicy().tries);
  EXPECT_EQ(net.a.record.lines(), std::vector<std::string>{"ike failed no_answer"});
  EXPECT_EQ(net.a.IkeSas(), 0U);

  Network up(2);
  up.a.Acquire(1);
  up.Run();
  PassOnly(up, 0);
  up.a.Event(up.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
  up.Run();
  EXPECT_EQ(up.a.record.Count("ike down no_answer"), 1U);
  EXPECT_EQ(up.a.IkeSas(), 0U);
  EXPECT_TRUE(up.a.fwd.sas().empty());
}

// ---- fwd

TEST(HostileTest, FwdRefusesEachOfItsMessages) {
  for (const api::MessageType type : {api::MessageType::kPolicyOpen, api::MessageType::kSpiReserve,
                                      api::MessageType::kSaInstall}) {
    for (const bool at_a : {true, false}) {
      for (const int refusals : {1, 2}) {
        for (const bool rekey : {false, true}) {
          Network net(7);
          Side& side = at_a ? net.a : net.b;
          SCOPED_TRACE(std::to_string(static_cast<int>(type)) + (at_a ? " a " : " b ") +
                       std::to_string(refusals) + (rekey ? " rekey" : ""));
          if (rekey) {
            net.a.Acquire(1);
            net.Run();
          }
          for (int i = 0; i < refusals; ++i) side.fwd.RefuseNext(type, ErrorCode::kExhausted);
          if (rekey) {
            net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
          } else {
            net.a.Acquire(1);
          }
          net.Run();
          net.Pass(1'000);
          EXPECT_EQ(net.Mismatch(), "");
          EXPECT_EQ(net.a.Children(), net.b.Children());
          EXPECT_EQ(net.a.fwd.sas().size(), 2 * net.a.Children());
          EXPECT_EQ(net.b.fwd.sas().size(), 2 * net.b.Children());
          EXPECT_EQ(net.a.client.pending() + net.b.client.pending(), 0U);
        }
      }
    }
  }
}

// fwd goes after each packet of a set-up, and when all is up: what is left is nothing, or whole.
TEST(HostileTest, FwdGoes) {
  for (const bool at_a : {true, false}) {
    for (size_t packets = 0; packets <= 4; ++packets) {
      Network net(3);
      SCOPED_TRACE(std::to_string(packets) + (at_a ? " a" : " b"));
      PassOnly(net, packets);
      net.a.Acquire(1);
      net.Pass(50);
      Side& side = at_a ? net.a : net.b;
      side.fwd = FakeFwd(0x7000);  // answers of the fwd that goes never come
      side.machine.LoseFwd();
      EXPECT_EQ(side.fwd.deletes(), 0U) << "its numbers are others' now";
      net.on_packet = nullptr;
      net.Run();
      net.Pass(60'000);
      net.Run();
      EXPECT_EQ(side.client.pending(), 0U);
      if (at_a && packets == 3) {
        // The initiator is not authenticated yet and cannot say that it goes: INITIAL_CONTACT of
        // its next try does.
        EXPECT_EQ(net.a.IkeSas(), 0U);
        net.a.Acquire(2);
        net.Run();
        EXPECT_EQ(net.b.record.Count("ike down replaced"), 1U);
        EXPECT_EQ(net.a.Children(), 1U);
      }
      EXPECT_EQ(net.a.IkeSas(), net.b.IkeSas());
      EXPECT_EQ(net.a.Children(), net.b.Children());
      EXPECT_EQ(net.Mismatch(), "");
      if (packets != 4) continue;
      EXPECT_EQ(side.record.Count("ike down fwd_gone"), 1U);
      EXPECT_EQ(net.a.IkeSas(), 0U);
    }
  }
}

}  // namespace
}  // namespace vam::ike::test
