// Additional key exchanges in IKE_INTERMEDIATE (RFC 9242; RFC 9370, 2.2.2).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sw/ike/v2/wire/notify_data.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "tests/ike/certificates.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test
using ::testing::ElementsAre;
using Lists = std::vector<std::vector<uint16_t>>;

// As agreed on, without the places that were left out.
Policy::Parts With(Policy::Parts parts, const Lists& additional) {
  parts.ike.front().offers.front().additional_groups = additional;
  return parts;
}
Policy::Parts OfA(const Lists& additional) { return With(PolicyOf(TunnelOfA()), additional); }
Policy::Parts OfB(const Lists& additional) { return With(PolicyOf(TunnelOfB()), additional); }

class Hybrid : public Network {
 public:
  explicit Hybrid(uint64_t seed, const Lists& additional = {{36}}) : Network(seed) {
    a.SetPolicy(OfA(additional));
    b.SetPolicy(OfB(additional));
  }
};

bool IsOf(const Buffer& packet, ExchangeType type) {
  const auto header = ParseHeader(packet);
  return header && header->exchange == type;
}

TEST(IntermediateTest, OneRoundOfMlKem) {
  Hybrid net(1);
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.packets(), 6U);  // three exchanges
  EXPECT_THAT(net.a.Up()->suite.additional_groups, ElementsAre(36));
  EXPECT_THAT(net.b.Up()->suite.additional_groups, ElementsAre(36));
  EXPECT_EQ(net.a.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_EQ(net.b.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.a.Up()->requests.next_id(), 3U);
}

TEST(IntermediateTest, EveryMethodAndSevenRounds) {
  for (const uint16_t group : std::initializer_list<uint16_t>{14, 20, 21, 32, 35, 36, 37}) {
    Hybrid net(group, {{group}});
    net.a.Acquire(1);
    net.Run();
    ASSERT_NE(net.a.Up(), nullptr) << group;
    EXPECT_THAT(net.b.Up()->suite.additional_groups, ElementsAre(group));
  }
  Hybrid net(3, {{35}, {36}, {37}, {19}, {20}, {21}, {32}});
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_EQ(net.packets(), 20U);  // ML-KEM-1024 in two fragments each way
  EXPECT_EQ(net.Mismatch(), "");
  EXPECT_EQ(net.b.Up()->suite.additional_groups.size(), 7U);
}

// Places may be empty, and left out where both may.
TEST(IntermediateTest, PlacesThatAreLeftOut) {
  Network net(1);
  net.a.SetPolicy(OfA({{35, 0}, {}, {36, 37}, {20, 0}}));
  net.b.SetPolicy(OfB({{0}, {}, {37}}));
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_THAT(net.a.Up()->suite.additional_groups, ElementsAre(0, 0, 37));
  EXPECT_EQ(net.a.Up()->suite.additional_groups, net.b.Up()->suite.additional_groups);
  EXPECT_EQ(net.packets(), 8U);  // one round, in two fragments each way
}

TEST(IntermediateTest, OnlyOneSideWantsThem) {
  const struct {
    Lists a, b;
    bool up;
  } cases[] = {{{{36}}, {}, false},   {{{36, 0}}, {}, true},   {{}, {{36}}, false},
               {{}, {{36, 0}}, true}, {{{36}}, {{37}}, false}, {{{36, 0}}, {{37, 0}}, true}};
  for (const auto& one : cases) {
    Network net(1);
    net.a.SetPolicy(OfA(one.a));
    net.b.SetPolicy(OfB(one.b));
    net.a.Acquire(1);
    net.Run();
    ASSERT_EQ(net.a.Up() != nullptr, one.up);
    EXPECT_EQ(net.a.IkeSas(), one.up ? 1U : 0U);
    EXPECT_EQ(net.b.IkeSas(), one.up ? 1U : 0U);
    if (!one.up) continue;
    EXPECT_TRUE(net.a.Up()->suite.additional_groups.empty());
    EXPECT_EQ(net.packets(), 4U);
  }
}

TEST(IntermediateTest, Fragments) {
  Hybrid net(1, {{37}});
  auto a = OfA({{37}});
  auto b = OfB({{37}});
  a.settings.fragment_bytes = b.settings.fragment_bytes = 576;
  net.a.SetPolicy(std::move(a));
  net.b.SetPolicy(std::move(b));
  size_t longest = 0;
  net.on_packet = [&longest](size_t, const Side&, Buffer& packet) {
    longest = std::max(longest, packet.size());
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_LE(longest, 576U);
  EXPECT_GT(net.packets(), 10U);
  EXPECT_EQ(net.Mismatch(), "");
}

TEST(IntermediateTest, WithCertificates) {
  CertificateNetwork net(1);
  net.a.SetPolicy(With(PolicyOf(TunnelOfA(), Proof{.own = LeafOfA()}), {{36}}));
  net.b.SetPolicy(With(PolicyOf(TunnelOfB(), Proof{.own = LeafOfB()}), {{36}}));
  net.SetUp();
  ASSERT_EQ(net.WhyNotUp(), "");
  EXPECT_THAT(net.a.Up()->suite.additional_groups, ElementsAre(36));
}

TEST(IntermediateTest, BehindANat) {
  Hybrid net(1);
  std::vector<uint16_t> ports;
  net.translate = [&](const Side& to, api::FastEndpoints& ends) {
    if (&to == &net.b) ends.remote_port = static_cast<uint16_t>(ends.remote_port + 1000);
    if (&to == &net.a) ends.local_port = static_cast<uint16_t>(ends.local_port - 1000);
    if (&to == &net.b) ports.push_back(ends.local_port);
  };
  net.a.Acquire(1);
  net.Run();
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_THAT(ports, ElementsAre(500, 4500, 4500));
  EXPECT_EQ(net.Mismatch(), "");
}

TEST(IntermediateTest, LossRepeatsAndReordering) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Hybrid net(seed, {{36}, {19}});
    net.weather = {.loss_percent = 20, .repeat_percent = 30, .delay_ms = 1, .jitter_ms = 2'000};
    auto a = OfA({{36}, {20}});
    auto b = OfB({{36}, {20}});
    if (seed % 2 == 0) a.settings.fragment_bytes = b.settings.fragment_bytes = 600;
    net.a.SetPolicy(std::move(a));
    net.b.SetPolicy(std::move(b));
    for (int tries = 0; tries < 5 && net.a.Up() == nullptr; ++tries) {
      net.a.Acquire(1);
      net.Run();
    }
    ASSERT_NE(net.a.Up(), nullptr);
    net.weather = {};
    net.Pass(1'000);
    EXPECT_EQ(net.Mismatch(), "");
  }
}

// The responder has new keys when the request comes again; it was made with those before.
TEST(IntermediateTest, AnAnswerThatIsLostIsSentAgain) {
  for (const size_t lost : {size_t{3}, size_t{5}}) {
    Hybrid net(1, {{36}, {20}});
    net.on_packet = [lost](size_t index, const Side&, Buffer&) { return index != lost; };
    net.a.Acquire(1);
    net.Run();
    ASSERT_NE(net.a.Up(), nullptr);
    EXPECT_EQ(net.packets(), 10U);
    EXPECT_EQ(net.Mismatch(), "");
    EXPECT_EQ(net.a.record.lines(), (std::vector<std::string>{"ike up", "child up"}));
  }
}

// ---- what is spoiled on its way, by somebody who has the keys and cannot prove who it is

// Changes what is in messages of the exchange from a side: first payload type and text.
using Spoil = std::function<void(PayloadType& first, Buffer& text)>;
void SpoilFrom(Network& net, Side& side, const Spoil& spoil) {
  net.on_packet = [&side, spoil](size_t, const Side& from, Buffer& packet) {
    const auto header = ParseHeader(packet);
    if (&from != &side || !header || header->exchange != ExchangeType::kIkeIntermediate) {
      return true;
    }
    const IkeSa& sa = *AnySa(side);
    // The keys that the message went out with: an answer's are those from before it.
    const auto chain = ParseChain(header->next_payload, Bytes(packet).subspan(kHeaderBytes));
    SkKeys keys = sa.outbound();
    if (header->response) {
      const IkeKeys& former = *sa.setup->intermediate.former;
      keys.encryption = former.er();
      keys.integrity_key = former.ar();
    }
    auto text = Open(keys, packet, *chain->encrypted);
    if (!text) return true;
    PayloadType first = chain->encrypted->first_inner;
    spoil(first, *text);
    SkCounter counter{uint64_t{1} << 40};
    SeededRng rng(1);
    packet = *Seal(keys, counter, rng, *header, first, *text);
    return true;
  };
}

// Header of a payload at `at`.
void SetNext(Buffer& text, size_t at, PayloadType next) { text[at] = static_cast<uint8_t>(next); }

TEST(IntermediateTest, WhatIsChangedOnTheWayAuthDoesNotCover) {
  for (const bool of_a : {true, false}) {
    Hybrid net(1);
    SpoilFrom(net, of_a ? net.a : net.b, [](PayloadType&, Buffer& text) {
      // One more payload, which changes nothing of the exchange.
      SetNext(text, 0, PayloadType::kVendorId);
      const Buffer vendor = {0, 0, 0, 5, 7};
      text.insert(text.end(), vendor.begin(), vendor.end());
    });
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed auth_failed"));
    EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
  }
}

// Requests that no honest initiator sends: the responder answers with an error and forgets all.
TEST(IntermediateTest, RequestsThatAreNoKeyExchange) {
  const struct {
    const char* name;
    Spoil spoil;
    const char* cause;
  } cases[] = {
      {"another group", [](PayloadType&, Buffer& t) { t[5] = 35; }, "wrong_group"},
      {"group 0", [](PayloadType&, Buffer& t) { t[5] = 0; }, "wrong_group"},
      {"not reduced", [](PayloadType&, Buffer& t) { t[8] = t[9] = t[10] = 0xff; },
       "bad_key_exchange"},
      {"one byte short",
       [](PayloadType&, Buffer& t) {
         t.pop_back();
         StoreBe16(t.data() + 2, static_cast<uint16_t>(t.size()));
       },
       "bad_key_exchange"},
      {"one byte more",
       [](PayloadType&, Buffer& t) {
         t.push_back(0);
         StoreBe16(t.data() + 2, static_cast<uint16_t>(t.size()));
       },
       "bad_key_exchange"},
      {"as large as a message may be",
       [](PayloadType&, Buffer& t) {
         t.resize(60'000);
         StoreBe16(t.data() + 2, static_cast<uint16_t>(t.size()));
       },
       "bad_key_exchange"},
      {"none", [](PayloadType& first, Buffer&) { first = PayloadType::kVendorId; }, "malformed"},
      {"empty",
       [](PayloadType& first, Buffer& t) {
         first = PayloadType::kNone;
         t.clear();
       },
       "malformed"},
      {"two",
       [](PayloadType&, Buffer& t) {
         const Buffer one = t;
         SetNext(t, 0, PayloadType::kKe);
         t.insert(t.end(), one.begin(), one.end());
       },
       "malformed"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Hybrid net(1);
    SpoilFrom(net, net.a, one.spoil);
    net.a.Acquire(1);
    net.Run();
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
    EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed " + std::string(one.cause)));
    EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed refused_by_peer"));
    EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
  }
}

// Of the responder: the initiator ends. A spoiled ciphertext makes keys that nobody shares.
TEST(IntermediateTest, AnswersThatAreNoKeyExchange) {
  const struct {
    const char* name;
    Spoil spoil;
    const char* cause;
  } cases[] = {
      {"another group", [](PayloadType&, Buffer& t) { t[5] = 35; }, "bad_key_exchange"},
      {"short",
       [](PayloadType&, Buffer& t) {
         t.pop_back();
         StoreBe16(t.data() + 2, static_cast<uint16_t>(t.size()));
       },
       "bad_key_exchange"},
      {"none", [](PayloadType& first, Buffer&) { first = PayloadType::kVendorId; },
       "bad_key_exchange"},
      {"spoiled", [](PayloadType&, Buffer& t) { t[100] ^= 1; }, "no_answer"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Hybrid net(1);
    SpoilFrom(net, net.b, one.spoil);
    net.a.Acquire(1);
    net.Run();
    net.Pass(60'000);
    EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
    EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed " + std::string(one.cause)));
    EXPECT_EQ(net.a.fwd.sas().size() + net.b.fwd.sas().size(), 0U);
  }
}

// ---- out of order, from a peer that has the keys

// b's IKE SA after `packets` packets, and silence.
IkeSa& HalfOpen(Network& net, size_t packets) {
  PassOnly(net, packets);
  net.a.Acquire(1);
  net.Pass(10);
  return *AnySa(net.b);
}

Buffer Forged(const IkeSa& sa, ExchangeType type, uint32_t id, Buffer ke_data = {}) {
  MessageBuilder inner;
  if (!ke_data.empty()) AddKe(inner, 36, ke_data);
  return MessageFor(sa, Cover::kRightKeys, type, /*response=*/false, id, inner);
}

TEST(IntermediateTest, NoOtherExchangeBeforeAllRounds) {
  for (const ExchangeType type : {ExchangeType::kIkeAuth, ExchangeType::kCreateChildSa,
                                  ExchangeType::kInformational, ExchangeType::kIkeFollowupKe}) {
    for (const size_t packets : {size_t{2}, size_t{4}}) {
      Hybrid net(1, {{36}, {20}});
      const IkeSa& sa = HalfOpen(net, packets);
      Inject(net.b, net.a.address, Forged(sa, type, static_cast<uint32_t>(packets / 2)));
      EXPECT_EQ(net.b.IkeSas(), 0U);
      EXPECT_THAT(net.b.record.lines(), ElementsAre("refused unexpected", "ike failed unexpected"));
    }
  }
}

TEST(IntermediateTest, NoMoreRoundsThanAgreedOn) {
  for (const bool rounds : {false, true}) {
    Hybrid net(1, rounds ? Lists{{36}} : Lists{});
    const IkeSa& sa = HalfOpen(net, rounds ? 4 : 2);
    Inject(net.b, net.a.address,
           Forged(sa, ExchangeType::kIkeIntermediate, rounds ? 2 : 1, Buffer(1184, 1)));
    EXPECT_EQ(net.b.IkeSas(), 0U);
    EXPECT_THAT(net.b.record.lines(), ElementsAre("refused unexpected", "ike failed unexpected"));
  }
}

// A round that was done is not done again: the same number gets the same answer, another is not
// awaited.
TEST(IntermediateTest, ARoundIsDoneOnce) {
  Hybrid net(1, {{36}, {20}});
  const IkeSa& sa = HalfOpen(net, 4);
  ASSERT_EQ(sa.setup->intermediate.rounds, 1U);
  const Buffer key(sa.keys.d().begin(), sa.keys.d().end());
  Inject(net.b, net.a.address,
         Forged(sa, ExchangeType::kIkeIntermediate, 1, Buffer(1184, 1)));  // under the new keys
  Inject(net.b, net.a.address, Forged(sa, ExchangeType::kIkeIntermediate, 3, Buffer(1184, 1)));
  EXPECT_EQ(sa.setup->intermediate.rounds, 1U);
  EXPECT_EQ(Buffer(sa.keys.d().begin(), sa.keys.d().end()), key);
  EXPECT_EQ(net.b.record.Count("refused wrong_icv"), 1U);
  EXPECT_EQ(net.b.record.Count("refused outside_window"), 1U);
}

TEST(IntermediateTest, AfterAuthItHasNoPlace) {
  Hybrid net(1);
  net.a.Acquire(1);
  net.Run();
  const IkeSa& sa = *net.b.Up();
  Inject(net.b, net.a.address,
         Forged(sa, ExchangeType::kIkeIntermediate, sa.responses.next_id(), Buffer(1184, 1)));
  EXPECT_EQ(net.b.record.Count("refused unexpected"), 1U);
  EXPECT_NE(net.b.Up(), nullptr);
}

// Payloads in clear would be outside of what IntAuth covers here.
TEST(IntermediateTest, PayloadsInClearAreRefused) {
  Hybrid net(1);
  net.on_packet = [](size_t, const Side&, Buffer& packet) {
    if (!IsOf(packet, ExchangeType::kIkeIntermediate)) return true;
    const Buffer vendor = {packet[16], 0, 0, 5, 9};
    packet[16] = static_cast<uint8_t>(PayloadType::kVendorId);
    packet.insert(packet.begin() + kHeaderBytes, vendor.begin(), vendor.end());
    StoreBe32(packet.data() + 24, static_cast<uint32_t>(packet.size()));
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  net.Pass(60'000);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_GE(net.b.record.Count("refused malformed"), 1U);
}

// The time of a half-open IKE SA is not longer for its rounds.
TEST(IntermediateTest, AHalfOpenOneGoesInItsTime) {
  Hybrid net(1, {{36}, {20}});
  HalfOpen(net, 4);
  EXPECT_EQ(net.b.machine.core().half_open(), 1U);
  net.Pass(31'000);
  EXPECT_EQ(net.b.IkeSas(), 0U);
  EXPECT_EQ(net.b.machine.core().half_open(), 0U);
  EXPECT_THAT(net.b.record.lines(), ElementsAre("ike failed half_open_too_long"));
}

// The responder agreed, and does not say that it can.
TEST(IntermediateTest, AResponderThatCannot) {
  Hybrid net(1);
  net.on_packet = [](size_t, const Side&, Buffer& packet) {
    const auto header = ParseHeader(packet);
    if (!header || header->exchange != ExchangeType::kIkeSaInit || !header->response) return true;
    // INTERMEDIATE_EXCHANGE_SUPPORTED (16438) becomes a notify that nobody knows.
    const std::array<uint8_t, 2> type = {0x40, 0x36};
    const auto at =
        std::search(packet.begin() + kHeaderBytes, packet.end(), type.begin(), type.end());
    if (at != packet.end()) *at = 0x60;
    return true;
  };
  net.a.Acquire(1);
  net.Run();
  EXPECT_THAT(net.a.record.lines(), ElementsAre("ike failed no_proposal"));
}

}  // namespace
}  // namespace vam::ike::test
