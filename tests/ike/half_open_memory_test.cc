// What peers that have proved nothing can make a gateway keep: bytes for each half-open IKE SA, and
// so for an address, its neighbours, and all. docs/performance.md has the figures.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "sw/ike/v2/wire/payloads.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"
#include "tests/ike/live_bytes.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr size_t kHalfOpen = 64;
// Of each, with some room above what was measured.
constexpr size_t kMostUsualBytes = 8'000;
constexpr size_t kMostHostileBytes = 36'000;

// It signs and has two additional key exchanges: its answers are long, and there is more to keep.
Policy::Parts Everything(const Tunnel& tunnel, const Issued& own) {
  Policy::Parts parts = PolicyOf(tunnel, Proof{.own = own});
  parts.settings.cookie_above = 0;
  parts.ike.front().offers.front().additional_groups = {{37}, {36}};
  return parts;
}

// The first message of a caller.
Buffer RecordedInit() {
  Buffer out;
  Network net(99);
  Configure(net.a, TunnelOfA(), Proof{.own = LeafOfA()});
  net.a.SetPolicy(Everything(TunnelOfA(), LeafOfA()));
  net.on_packet = [&out](size_t, const Side&, Buffer& bytes) {
    if (out.empty()) out = bytes;
    return false;
  };
  net.a.Acquire(1);
  net.Pass(1);
  return out;
}

// The same with the longest nonce, and filled up to `bytes`.
Buffer Stuffed(const Buffer& init, size_t bytes) {
  const auto chain = ParseChain(ParseHeader(init)->next_payload, Bytes(init).subspan(kHeaderBytes));
  const auto build = [&](size_t filler) {
    MessageBuilder message;
    for (const RawPayload& payload : chain->payloads) {
      if (payload.type == PayloadType::kNonce) {
        message.Add(payload.type, Buffer(kMaxNonceBytes, 1));
      } else {
        message.Add(payload.type, payload.body);
      }
    }
    message.Add(PayloadType::kVendorId, Buffer(filler));
    return *message.Finish(*ParseHeader(init));
  };
  return build(bytes - build(0).size());
}

class HalfOpenMemoryTest : public testing::Test {
 protected:
  HalfOpenMemoryTest() {
    Configure(net_.b, TunnelOfB(), Proof{.own = LeafOfB()});
    net_.b.SetPolicy(Everything(TunnelOfB(), LeafOfB()));
  }

  void SendTo(const Buffer& message) {
    Inject(net_.b, net_.a.address, message, port_);
    net_.b.fwd.TakePackets();
  }
  // A first message from another customer each time; B's half-open IKE SA.
  IkeSa& Begin(Buffer init) {
    ++spi_;
    StoreBe64(init.data(), spi_);
    Inject(net_.b, net::Address::V4(0x0a000000U + (static_cast<uint32_t>(spi_) << 8)), init);
    net_.b.fwd.TakePackets();
    for (const auto& [spi, sa] : net_.b.machine.core().sas()) {
      if (sa->peer_spi == spi_) return *sa;
    }
    ADD_FAILURE() << "refused";
    return *AnySa(net_.b);
  }
  // What one more costs when there are many.
  size_t BytesOfEach(const std::function<void()>& make) {
    make();  // what is made once
    const size_t before = vam::test::LiveBytes();
    for (size_t i = 0; i < kHalfOpen; ++i) make();
    EXPECT_EQ(net_.b.machine.core().half_open(), kHalfOpen + 1);
    return (vam::test::LiveBytes() - before) / kHalfOpen;
  }
  static void Report(const char* what, size_t bytes) {
    const Settings settings;
    std::printf(
        "%s: %zu bytes for each half-open IKE SA, %zu kB of one address, %zu kB of its "
        "neighbours, %zu MB in all\n",
        what, bytes, bytes * settings.max_half_open_of_one / 1000,
        bytes * settings.max_half_open_around / 1000, bytes * settings.max_half_open / 1'000'000);
  }

  Network net_{1};
  const Buffer init_ = RecordedInit();

 private:
  uint64_t spi_ = 0;
  uint16_t port_ = 500;
};

TEST_F(HalfOpenMemoryTest, OfACaller) {
  ASSERT_TRUE(vam::test::CountsLibcrypto());
  const size_t bytes = BytesOfEach([this] { Begin(init_); });
  Report("caller", bytes);
  EXPECT_LE(bytes, kMostUsualBytes);
}

// The longest first message, all rounds but one, and the last but one byte of the longest message
// in the smallest pieces.
TEST_F(HalfOpenMemoryTest, OfWhoWantsItAll) {
  const Buffer init = Stuffed(init_, kMaxFirstBytes);
  ASSERT_EQ(init.size(), kMaxFirstBytes);
  SeededRng rng(1);
  const auto ml_kem = crypto::KeyExchange::Start(static_cast<crypto::Group>(37), rng);
  const Buffer ke(ml_kem->public_data().begin(), ml_kem->public_data().end());
  SkCounter counter{uint64_t{1} << 41};
  const auto make = [&] {
    IkeSa& sa = Begin(init);
    MessageBuilder round;
    AddKe(round, 37, ke);
    Inject(net_.b, sa.ends.remote,
           MessageFor(sa, Cover::kRightKeys, ExchangeType::kIkeIntermediate, /*response=*/false, 1,
                      round));
    net_.b.fwd.TakePackets();
    ASSERT_EQ(sa.setup->intermediate.rounds, 1U);
    Header header;
    header.initiator_spi = sa.spi_i();
    header.responder_spi = sa.spi_r();
    header.exchange = ExchangeType::kIkeIntermediate;
    header.from_initiator = true;
    header.message_id = 2;
    constexpr size_t kPiece = kMaxUnprovenBytes / (kMaxFragments - 1);
    const Buffer text(kPiece * kMaxFragments, 1);
    const size_t overhead = Seal(sa.inbound(), counter, rng, header, PayloadType::kKe, {})->size();
    auto packets = SealFragments(sa.inbound(), counter, rng, header, PayloadType::kKe, text,
                                 overhead + kFragmentHeaderBytes + kPiece);
    ASSERT_EQ(packets->size(), kMaxFragments);
    packets->pop_back();
    for (const Buffer& packet : *packets) Inject(net_.b, sa.ends.remote, packet);
    EXPECT_FALSE(sa.fragments.empty());
  };
  const size_t bytes = BytesOfEach(make);
  Report("hostile", bytes);
  EXPECT_LE(bytes, kMostHostileBytes);
  EXPECT_EQ(net_.b.machine.core().causes().of(Cause::kMessageTooLong), 0U);
}

TEST_F(HalfOpenMemoryTest, LongerMessagesAreRefused) {
  SendTo(Stuffed(init_, kMaxFirstBytes + 1));
  EXPECT_EQ(net_.b.IkeSas(), 0U);
  EXPECT_EQ(net_.b.machine.core().causes().of(Cause::kMessageTooLong), 1U);

  IkeSa& sa = Begin(init_);
  Header header;
  header.initiator_spi = sa.spi_i();
  header.responder_spi = sa.spi_r();
  header.exchange = ExchangeType::kIkeIntermediate;
  header.from_initiator = true;
  header.message_id = 1;
  SeededRng rng(1);
  SkCounter counter{uint64_t{1} << 41};
  const Buffer text(kMaxUnprovenBytes + 1, 1);
  const auto packets =
      SealFragments(sa.inbound(), counter, rng, header, PayloadType::kKe, text, 9'000);
  for (const Buffer& packet : *packets) Inject(net_.b, sa.ends.remote, packet);
  EXPECT_TRUE(sa.fragments.empty());
  EXPECT_EQ(net_.b.record.Count("refused message_too_long"), 2U);
  EXPECT_EQ(net_.b.machine.core().half_open(), 1U);
}

// One customer of a network does not shut out the others, and all of them do not take all there is.
TEST_F(HalfOpenMemoryTest, NeighboursTogetherAreBounded) {
  const Settings settings;
  uint64_t spi = 0;
  const auto flood = [&](uint32_t address, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      Buffer init = init_;
      StoreBe64(init.data(), ++spi);
      Inject(net_.b, net::Address::V4(address), init);
      net_.b.fwd.TakePackets();
    }
    return net_.b.machine.core().half_open();
  };
  EXPECT_EQ(flood(0xcb007101, 20), settings.max_half_open_of_one);
  for (uint32_t host = 2; host < 20; ++host) flood(0xcb007100 + host, 16);
  EXPECT_EQ(net_.b.machine.core().half_open(), settings.max_half_open_around);
  EXPECT_EQ(flood(0xcb0071ff, 1), settings.max_half_open_around);
  EXPECT_EQ(flood(0xcb007001, 1), settings.max_half_open_around + 1);
  EXPECT_EQ(net_.b.record.Count("refused too_many_half_open"), 4U + 3 * 16 + 1);
}

}  // namespace
}  // namespace vam::ike::test
