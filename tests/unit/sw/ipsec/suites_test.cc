// Every suite in every shape: there and back, refusals, lengths; and the packets of the RFCs.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sw/ipsec/ecn.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::AllSuites;
using test::Buffer;
using test::Ip;
using test::MakeInner;
using test::MakeSa;
using test::NameOf;
using test::Ran;
using test::Runner;
using test::Shape;

bool HasIntegrity(const Suite& suite) {
  return suite.integrity != Integrity::kNone || InfoOf(suite.encryption).combined();
}

// One SA each way.
struct Pair {
  Pair(const Suite& suite, Shape shape, bool esn)
      : out(MakeSa(Direction::kOut, suite, shape)), in(MakeSa(Direction::kIn, suite, shape)) {
    if (HasIntegrity(suite)) {
      out.esn = in.esn = esn;
      out.initial_seq = in.initial_seq = esn ? 0x1fffffff0 : 0;
      in.replay_window = 64;
    }
    out_ref = runner.Add(out);
    in_ref = runner.Add(in);
  }
  size_t HeaderBytes(const Buffer& inner) const {
    return out.mode == Mode::kTransport ? ParseIp(inner)->insert.offset : 0;
  }

  Runner runner;
  SaParams out;
  SaParams in;
  SaRef out_ref;
  SaRef in_ref;
};

class SuitesTest : public testing::TestWithParam<Suite> {};

TEST_P(SuitesTest, ThereAndBackInEveryShape) {
  for (const Shape shape : test::kShapes) {
    for (const bool esn : {false, true}) {
      Pair pair(GetParam(), shape, esn);
      size_t packets = 0;
      for (size_t size = 28; size < 3000; size += size < 130 ? 1 : 487) {
        SCOPED_TRACE(size);
        Buffer inner = MakeInner(shape, size);
        const size_t whole = inner.size();
        inner.resize(whole + size % 20, 0x5a);  // link padding, on both sides
        Ran sent = pair.runner.Send(pair.out, pair.out_ref, inner);
        inner.resize(whole);
        ASSERT_EQ(ReasonName(sent.reason), "ok");
        ASSERT_EQ(sent.out.size(), EncapsulatedBytes(pair.out, whole, pair.HeaderBytes(inner)));
        ASSERT_TRUE(test::OuterV6(shape) || net::Ipv4ChecksumOk(sent.out));
        sent.out.resize(sent.out.size() + size % 23, 0xa5);
        const Ran received = pair.runner.Receive(pair.in, sent.out);
        ASSERT_EQ(ReasonName(received.reason), "ok");
        ASSERT_EQ(FormatHex(received.out), FormatHex(inner));
        ++packets;
      }
      const SaStats out = pair.runner.Query(pair.out_ref);
      const SaStats in = pair.runner.Query(pair.in_ref);
      EXPECT_EQ(out.packets, packets);
      EXPECT_EQ(in.packets, packets);
      EXPECT_EQ(in.bytes, out.bytes);
      EXPECT_EQ(in.errors, 0u);
    }
  }
}

// A caller's buffer that holds just the result is enough, and nothing is written behind it.
TEST_P(SuitesTest, TheRoomOfTheResultIsEnough) {
  for (const Shape shape : test::kShapes) {
    Pair pair(GetParam(), shape, false);
    const Buffer inner = MakeInner(shape, 77);
    const Ran sent = pair.runner.Send(pair.out, pair.out_ref, inner);
    const Op op = pair.in.protocol == Protocol::kEsp ? Op::kEspIn : Op::kAhIn;
    Ran received = pair.runner.Run(op, SaRef::None(), sent.out, inner.size());
    EXPECT_EQ(ReasonName(received.reason), "ok");
    EXPECT_EQ(received.out, inner);
    const Ran more = pair.runner.Send(pair.out, pair.out_ref, inner);
    EXPECT_EQ(ReasonName(pair.runner.Run(op, SaRef::None(), more.out, inner.size() - 1).reason),
              "dst_too_small");
    const Op out_op = op == Op::kEspIn ? Op::kEspOut : Op::kAhOut;
    EXPECT_EQ(ReasonName(pair.runner.Run(out_op, pair.out_ref, inner, sent.out.size() - 1).reason),
              "dst_too_small");
  }
}

TEST_P(SuitesTest, EveryFlippedBitIsRefused) {
  if (!HasIntegrity(GetParam())) return;
  for (const Shape shape : {Shape::kTunnel44, Shape::kTransport6}) {
    for (const bool esn : {false, true}) {
      Pair pair(GetParam(), shape, esn);
      const Buffer good = pair.runner.Send(pair.out, pair.out_ref, MakeInner(shape, 48)).out;
      const size_t start = ParseIp(good)->insert.offset;
      for (size_t bit = start * 8; bit < good.size() * 8; bit += 3) {
        Buffer bad = good;
        bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        const Ran ran = pair.runner.Receive(pair.in, bad);
        // The reserved field of AH and its padding are covered as well.
        ASSERT_NE(ran.reason, Reason::kOk) << bit;
        ASSERT_TRUE(ran.out.empty());
      }
      EXPECT_EQ(pair.runner.Query(pair.in_ref).packets, 0u);
      EXPECT_EQ(pair.runner.Query(pair.in_ref).sequence, pair.in.initial_seq);
      EXPECT_EQ(pair.runner.Receive(pair.in, good).reason, Reason::kOk);
      EXPECT_EQ(pair.runner.Receive(pair.in, good).reason, Reason::kReplayDuplicate);
    }
  }
}

TEST_P(SuitesTest, NothingIsDecipheredBeforeTheIcvPassed) {
  if (!HasIntegrity(GetParam())) return;
  Pair pair(GetParam(), Shape::kTunnel44, false);
  const Buffer inner = MakeInner(Shape::kTunnel44, 200);
  Buffer bad = pair.runner.Send(pair.out, pair.out_ref, inner).out;
  bad[bad.size() - 1 - (pair.in.protocol == Protocol::kAh ? 200 : 0)] ^= 1;
  Buffer room(400, 0xee);
  const Op op = pair.in.protocol == Protocol::kEsp ? Op::kEspIn : Op::kAhIn;
  const Job job{op, SaRef::None(), 0, bad, room, 1};
  ASSERT_EQ(pair.runner.engine.Submit({&job, 1}), 1u);
  Done done;
  ASSERT_EQ(pair.runner.engine.Poll({&done, 1}), 1u);
  EXPECT_EQ(ReasonName(done.reason), "icv_failed");
  EXPECT_EQ(std::search(room.begin(), room.end(), inner.begin() + 40, inner.begin() + 56),
            room.end());
}

// The wrong upper half of a 64-bit number must show in the code.
TEST_P(SuitesTest, TheUpperHalfOfTheNumberIsCovered) {
  if (!HasIntegrity(GetParam())) return;
  Runner runner;
  SaParams out = MakeSa(Direction::kOut, GetParam());
  SaParams in = MakeSa(Direction::kIn, GetParam());
  out.esn = in.esn = true;
  out.initial_seq = 0x300000010;
  in.initial_seq = 0x200000010;
  const SaRef ref = runner.Add(out);
  runner.Add(in);
  EXPECT_EQ(runner.Receive(in, runner.Send(out, ref, MakeInner(60)).out).reason,
            Reason::kIcvFailed);
}

TEST_P(SuitesTest, IvsDoNotRepeat) {
  const EspLayout layout = LayoutOf(GetParam());
  if (GetParam().encryption == Encryption::kNone || layout.iv_bytes == 0) return;
  Pair pair(GetParam(), Shape::kTunnel44, false);
  const bool cbc = InfoOf(GetParam().encryption).kind == CipherKind::kCbc;
  std::set<std::string> seen;
  std::set<char> first_digits;
  for (uint64_t number = 1; number <= 500; ++number) {
    const Ran sent = pair.runner.Send(pair.out, pair.out_ref, MakeInner(40));
    const Buffer iv(sent.out.begin() + 28, sent.out.begin() + 28 + layout.iv_bytes);
    EXPECT_TRUE(seen.insert(FormatHex(iv)).second);
    first_digits.insert(FormatHex(iv)[0]);
    // A unique IV is the number itself; an unpredictable one is not.
    EXPECT_EQ(LoadBe64(iv.data()) == number, !cbc);
  }
  EXPECT_EQ(first_digits.size(), cbc ? 16u : 1u);
}

TEST_P(SuitesTest, TheMtuIsTheLargestThatFits) {
  for (const Shape shape : test::kShapes) {
    const SaParams params = MakeSa(Direction::kOut, GetParam(), shape);
    for (size_t mtu = 200; mtu < 1600; ++mtu) {
      const size_t inner = PlaintextMtu(params, mtu);
      ASSERT_LE(EncapsulatedBytes(params, inner), mtu);
      ASSERT_GT(EncapsulatedBytes(params, inner + 1), mtu);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SuitesTest, testing::ValuesIn(AllSuites()), [](const auto& p) {
  std::string name = NameOf(p.param);
  std::replace(name.begin(), name.end(), '+', '_');
  return name;
});

TEST(SuiteRulesTest, WhatMayStandBesideWhat) {
  const auto valid = [](const Suite& suite, auto change) {
    SaParams params = MakeSa(Direction::kIn, suite);
    change(params);
    return Validate(params).has_value();
  };
  const auto alone = [&valid](const Suite& suite) { return valid(suite, [](SaParams&) {}); };
  for (const Suite& suite : AllSuites()) EXPECT_TRUE(alone(suite)) << NameOf(suite);
  for (const EncryptionInfo& e : Encryptions()) {
    EXPECT_EQ(alone({e.id, Integrity::kHmacSha1_96}), !e.combined()) << e.name;
    EXPECT_FALSE(alone({e.id, Integrity::kAesGmac128})) << e.name;
    EXPECT_FALSE(
        valid({e.id, Integrity::kHmacSha1_96}, [](SaParams& p) { p.protocol = Protocol::kAh; }));
  }
  EXPECT_FALSE(alone({Encryption::kNull, Integrity::kNone}));
  EXPECT_FALSE(alone({Encryption::kAesCtr256, Integrity::kNone}));
  EXPECT_FALSE(alone({Encryption::kNone, Integrity::kNone}));
  EXPECT_FALSE(
      valid({Encryption::kAesCbc128, Integrity::kNone}, [](SaParams& p) { p.replay_window = 64; }));
  EXPECT_FALSE(valid({Encryption::kDesCbc, Integrity::kNone}, [](SaParams& p) { p.esn = true; }));
  EXPECT_FALSE(valid({Encryption::kAesCbc128, Integrity::kHmacSha1_96},
                     [](SaParams& p) { p.auth_key.Resize(16); }));
  EXPECT_FALSE(valid({Encryption::kAesCbc128, Integrity::kHmacSha1_96},
                     [](SaParams& p) { p.key_material.Resize(24); }));
  EXPECT_FALSE(valid(Suite{}, [](SaParams& p) { p.auth_key.Resize(20); }));
  EXPECT_FALSE(valid(Suite{}, [](SaParams& p) {
    p.selectors.local = *net::Prefix::Parse("10.0.0.0/8");
    p.selectors.remote = *net::Prefix::Parse("2001:db8::/32");
  }));
}

TEST(SuiteRulesTest, AnSaServesItsOwnProtocol) {
  Runner runner;
  const SaParams esp = MakeSa(Direction::kOut);
  const SaParams ah = MakeSa(Direction::kOut, Suite{Encryption::kNone, Integrity::kHmacSha1_96});
  const SaRef esp_ref = runner.Add(esp);
  const SaRef ah_ref = runner.Add(ah);
  EXPECT_EQ(runner.Run(Op::kAhOut, esp_ref, MakeInner(40)).reason, Reason::kSaDirection);
  EXPECT_EQ(runner.Run(Op::kEspOut, ah_ref, MakeInner(40)).reason, Reason::kSaDirection);
  // The same SPI at the same address is another SA for the other protocol.
  const SaRef esp_in = runner.Add(MakeSa(Direction::kIn));
  const SaParams ah_params =
      MakeSa(Direction::kIn, Suite{Encryption::kNone, Integrity::kHmacSha1_96});
  const SaRef ah_in = runner.Add(ah_params);
  EXPECT_EQ(runner.Receive(esp, runner.Send(esp, esp_ref, MakeInner(40)).out).sa, esp_in);
  EXPECT_EQ(runner.Receive(ah, runner.Send(ah, ah_ref, MakeInner(40)).out).sa, ah_in);
}

TEST(SuiteRulesTest, SelectorsLookAtIpv6) {
  for (const Shape shape : {Shape::kTunnel66, Shape::kTransport6}) {
    const auto reason = [shape](auto change) {
      Runner runner;
      const SaParams out = MakeSa(Direction::kOut, Suite{}, shape);
      SaParams in = MakeSa(Direction::kIn, Suite{}, shape);
      change(in.selectors);
      const SaRef ref = runner.Add(out);
      runner.Add(in);
      return ReasonName(runner.Receive(in, runner.Send(out, ref, MakeInner(shape, 60)).out).reason);
    };
    EXPECT_EQ(reason([](Selectors& s) {
                s.remote = *net::Prefix::Parse("2001:db8:1::/48");
                s.local = *net::Prefix::Parse("2001:db8:2::7/128");
                s.protocol = net::kProtocolUdp;
                s.remote_ports = {1000, 1000};
                s.local_ports = {2000, 2000};
              }),
              "ok");
    EXPECT_EQ(reason([](Selectors& s) { s.remote = *net::Prefix::Parse("2001:db8:2::/48"); }),
              "selector_mismatch");
    EXPECT_EQ(reason([](Selectors& s) { s.protocol = net::kProtocolTcp; }), "selector_mismatch");
    EXPECT_EQ(reason([](Selectors& s) { s.local_ports = {1, 2}; }), "selector_mismatch");
    EXPECT_EQ(reason([](Selectors& s) { s.remote = *net::Prefix::Parse("10.0.0.0/8"); }),
              "selector_mismatch");
  }
}

// The congestion bits cross both ways, into and out of IPv6.
TEST(SuiteRulesTest, EcnCrossesTheVersions) {
  for (const Shape shape : {Shape::kTunnel46, Shape::kTunnel64, Shape::kTunnel66}) {
    Pair pair(Suite{}, shape, false);
    const bool inner_v6 = test::InnerV6(shape);
    const Buffer inner = inner_v6 ? test::MakeInner6(80, {}, net::kProtocolUdp, 0xb8 | kEcnEct0)
                                  : MakeInner(60, 0xb8 | kEcnEct0);
    Buffer sent = pair.runner.Send(pair.out, pair.out_ref, inner).out;
    EXPECT_EQ(ParseIp(sent)->tos, 0xb8 | kEcnEct0);
    if (test::OuterV6(shape)) {
      sent[1] |= 0x30;
    } else {
      sent[1] |= 3;
      FixLengths(sent, false);
    }
    const Ran received = pair.runner.Receive(pair.in, sent);
    ASSERT_EQ(ReasonName(received.reason), "ok");
    EXPECT_EQ(ParseIp(received.out)->tos, 0xb8 | kEcnCe);
    EXPECT_TRUE(inner_v6 || net::Ipv4ChecksumOk(received.out));
  }
}

TEST(SuiteRulesTest, TheOuterIpv6HeaderIsARealOne) {
  Runner runner;
  SaParams params = MakeSa(Direction::kOut, Suite{}, Shape::kTunnel46);
  params.ttl = 17;
  const Ran ran = runner.Out(runner.Add(params), MakeInner(100, 0xb9));
  EXPECT_EQ(FormatHex(Bytes(ran.out).first(40)),
            "6b90000000883211"
            "20010db8000000000000000000000001"
            "20010db8000000000000000000000002");
}

// The longest packet of each version is the limit, not what a length field can hold.
TEST(SuiteRulesTest, TooLongIsRefused) {
  for (const Shape shape : {Shape::kTunnel44, Shape::kTransport4, Shape::kTransport6}) {
    for (const Suite& suite : {Suite{}, Suite{Encryption::kNone, Integrity::kHmacSha512_256}}) {
      Pair pair(suite, shape, false);
      const Buffer inner = MakeInner(shape, test::InnerV6(shape) ? 65440 : 65520);
      EXPECT_EQ(ReasonName(pair.runner.Send(pair.out, pair.out_ref, inner).reason), "bad_length");
      EXPECT_EQ(pair.runner.Query(pair.out_ref).sequence, 0u);
    }
  }
}

struct RfcPacket {
  const char* source;
  Suite suite;
  Mode mode;
  const char* key;
  const char* outer;
  const char* inner;
};

// Whole packets as the RFCs print them.
const RfcPacket kRfcPackets[] = {
    {"RFC 3602, 4, case 5",
     {Encryption::kAesCbc128},
     Mode::kTransport,
     "90d382b410eeba7ad938c46cec1a82bf",
     "4500007c08f200004032f9a5c0a87b03c0a87b64"
     "0000432100000001e96e8c08ab465763fd098d45dd3ff893"
     "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
     "a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
     "a269add047ad2d5913ac19b7cfbad4a6",
     "4500005408f200004001f9fec0a87b03c0a87b64"
     "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
     "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"},
    {"RFC 3602, 4, case 7",
     {Encryption::kAesCbc128},
     Mode::kTunnel,
     "0123456789abcdef0123456789abcdef",
     "4500008c090500004032f91ec0a87b03c0a87bc8"
     "0000876500000002f4e765244f6407adf13dc1380f673f37"
     "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8"
     "e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5"
     "c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d",
     "45000054090400004001f988c0a87b03c0a87bc8"
     "08009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f1011121314151617"
     "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"},
    {"RFC 7634, appendix A",
     {Encryption::kChaCha20Poly1305},
     Mode::kTunnel,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
     "4500008c23450000403278cbc6336405cb00712a"
     "01020304000000051011121314151617"
     "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
     "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
     "cbec163fac469b502773f6fb94e664da9165b82829f641e0"
     "76aaa8266b7fb0f7b11b369907e1ad43",
     "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
     "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
     "2425262728292a2b2c2d2e2f3031323334353637"},
};

TEST(RfcPacketTest, TheEngineOpensThem) {
  for (const RfcPacket& rfc : kRfcPackets) {
    SCOPED_TRACE(rfc.source);
    Buffer outer = *ParseHex(rfc.outer);
    FixLengths(outer, false);  // RFC 7634 prints no outer header
    const Buffer inner = *ParseHex(rfc.inner);
    const auto ip = net::ParseIpv4(outer);
    ASSERT_TRUE(ip.has_value());
    SaParams params = MakeSa(Direction::kIn, rfc.suite);
    params.mode = rfc.mode;
    params.local = ip->destination;
    params.remote = ip->source;
    params.spi = Spi{LoadBe32(&outer[20])};
    params.key_material = *Secret<kKeyMaterialBytes>::From(*ParseHex(rfc.key));
    Runner runner;
    runner.Add(params);
    const Ran ran = runner.In(outer);
    EXPECT_EQ(ReasonName(ran.reason), "ok");
    EXPECT_EQ(FormatHex(ran.out), FormatHex(inner));
  }
}

}  // namespace
}  // namespace vam::ipsec
