// IPComp through the software engine: every algorithm in every shape, what is not compressed, what
// a peer may send, and bundles with ESP and AH.
#include "sw/ipsec/ipcomp.h"

#include <gtest/gtest.h>

#include <string>

#include "sw/ipsec/ecn.h"
#include "sw/net/ipv6.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"
#include "tests/unit/sw/ipsec/lzs_oracle.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::Ran;
using test::Runner;
using test::Shape;

constexpr uint8_t kProtocolIpComp = 108;
constexpr Compression kAlgorithms[] = {Compression::kDeflate, Compression::kLzs};

SaParams MakeComp(Direction direction, Compression algorithm, Shape shape = Shape::kTunnel44,
                  uint32_t cpi = 0x1234) {
  const Suite suite{Encryption::kNone, Integrity::kNone, algorithm};
  SaParams params = test::MakeSa(direction, suite, shape);
  params.protocol = Protocol::kIpComp;
  params.spi = Spi{cpi};
  return params;
}

// The packet of MakeInner with a payload of few different bytes; lengths and checksum stay right.
Buffer Shrinkable(Buffer packet, size_t keep) {
  for (size_t i = keep; i < packet.size(); ++i) packet[i] = static_cast<uint8_t>("abcab!"[i % 6]);
  return packet;
}
Buffer Shrinkable(Shape shape, size_t bytes) {
  const Buffer packet = MakeInner(shape, bytes);
  return Shrinkable(packet, std::min(packet.size(), ParseIp(packet)->upper.offset + 8));
}

uint8_t ProtocolOf(const Buffer& packet) { return ParseIp(packet)->upper.protocol; }

class IpCompTest : public testing::TestWithParam<Compression> {
 protected:
  void SetUpPair(Shape shape = Shape::kTunnel44, uint32_t cpi = 0x1234) {
    out_ = runner_.Add(MakeComp(Direction::kOut, GetParam(), shape, cpi));
    in_ = runner_.Add(MakeComp(Direction::kIn, GetParam(), shape, cpi));
  }
  Ran Send(const Buffer& inner) { return runner_.Run(Op::kIpCompOut, out_, inner); }
  Ran Receive(const Buffer& outer) { return runner_.Run(Op::kIpCompIn, in_, outer); }
  Ran ReceiveUnnamed(const Buffer& outer) {
    return runner_.Run(Op::kIpCompIn, SaRef::None(), outer);
  }
  // Header, then whatever `body` is, from the peer.
  static Buffer Forge(const Buffer& body, uint8_t protocol = kProtocolIpComp, uint8_t tos = 0) {
    Buffer packet(20 + body.size());
    net::Ipv4Header outer;
    outer.tos = tos;
    outer.total_bytes = static_cast<uint16_t>(packet.size());
    outer.ttl = 9;
    outer.protocol = protocol;
    outer.source = test::Ip("192.0.2.1");
    outer.destination = test::Ip("192.0.2.2");
    EXPECT_TRUE(net::WriteIpv4(outer, packet).has_value());
    std::copy(body.begin(), body.end(), packet.begin() + 20);
    return packet;
  }
  // An IPComp payload: header and `plain` packed by a codec of its own.
  Buffer Pack(const Buffer& plain, uint8_t next_header = 4, uint16_t cpi = 0x1234) {
    Buffer body(plain.size() * 9 / 8 + 20);
    WriteIpComp({next_header, cpi}, body);
    const auto bytes = codecs_->Compress(GetParam(), plain, MutableBytes(body).subspan(4));
    EXPECT_TRUE(bytes.has_value());
    body.resize(4 + bytes.value_or(0));
    return body;
  }

  Runner runner_;
  std::unique_ptr<IpCompCodecs> codecs_ = std::make_unique<IpCompCodecs>();
  SaRef out_;
  SaRef in_;
};

TEST_P(IpCompTest, ThereAndBackInEveryShape) {
  for (const Shape shape : test::kShapes) {
    const uint32_t cpi = 0x1000 + static_cast<uint32_t>(shape);
    SetUpPair(shape, cpi);
    const SaParams out = MakeComp(Direction::kOut, GetParam(), shape, cpi);
    uint64_t packets = 0;
    uint64_t packed = 0;
    for (size_t size = 28; size < 3000; size += size < 200 ? 1 : 397) {
      SCOPED_TRACE(size);
      Buffer inner = Shrinkable(shape, size);
      const size_t whole = inner.size();
      inner.resize(whole + size % 20, 0x5a);  // link padding, on both sides
      Ran sent = Send(inner);
      inner.resize(whole);
      ASSERT_EQ(ReasonName(sent.reason), "ok");
      ASSERT_TRUE(test::OuterV6(shape) || net::Ipv4ChecksumOk(sent.out));
      const bool is_packed = ProtocolOf(sent.out) == kProtocolIpComp;
      const size_t header = out.mode == Mode::kTransport ? ParseIp(inner)->insert.offset : 0;
      const size_t longest = EncapsulatedBytes(out, whole, header);
      ASSERT_EQ(sent.out.size() < longest, is_packed);
      ASSERT_LE(sent.out.size(), longest);
      sent.out.resize(sent.out.size() + size % 23, 0xa5);
      // By its CPI, and by its bundle, which knows packets without header as well.
      const Ran named = Receive(sent.out);
      ASSERT_EQ(ReasonName(named.reason), "ok");
      ASSERT_EQ(FormatHex(named.out), FormatHex(inner));
      const Ran found = ReceiveUnnamed(sent.out);
      ASSERT_EQ(ReasonName(found.reason), is_packed ? "ok" : "not_esp");
      ASSERT_EQ(found.out, is_packed ? inner : Buffer());
      ++packets;
      packed += is_packed ? 1 : 0;
    }
    EXPECT_GT(packed, 90u);
    const SaStats sent = runner_.Query(out_);
    const SaStats received = runner_.Query(in_);
    EXPECT_EQ(sent.packets, packets);
    EXPECT_EQ(sent.sequence, 0u);
    EXPECT_EQ(received.sequence, 0u);
    EXPECT_EQ(received.packets, packets + packed);
    EXPECT_EQ(sent.ipcomp, (IpCompStats{.compressed = packed, .not_compressed = packets - packed}));
    EXPECT_EQ(received.ipcomp,
              (IpCompStats{.decompressed = 2 * packed, .not_decompressed = packets - packed}));
  }
}

// Outer header, IPComp with next header 4, the inner packet whole (RFC 3173, 3; Linux).
TEST_P(IpCompTest, TheTunnelOnTheWire) {
  SetUpPair();
  const Buffer inner = Shrinkable(Shape::kTunnel44, 700);
  const Ran sent = Send(inner);
  ASSERT_EQ(sent.reason, Reason::kOk);
  const auto ip = ParseIp(sent.out);
  EXPECT_EQ(ip->source(), test::Ip("192.0.2.1"));
  EXPECT_EQ(ip->destination(), test::Ip("192.0.2.2"));
  EXPECT_EQ(FormatHex(Bytes(sent.out).subspan(20, 4)), "04001234");
  if (GetParam() != Compression::kLzs) return;  // zlib: ipcomp_peer_test.cc
  EXPECT_EQ(test::LzsOracle::Decode(Bytes(sent.out).subspan(24)), inner);
}

TEST_P(IpCompTest, TheHeadersOfTransportModeStayInSight) {
  SetUpPair(Shape::kTransport6);
  const Buffer inner = Shrinkable(Shape::kTransport6, 700);
  const Ran sent = Send(inner);
  ASSERT_EQ(sent.reason, Reason::kOk);
  const auto before = ParseIp(inner);
  // Hop-by-hop and routing stay; destination options are behind the header.
  const size_t header = before->insert.offset;
  EXPECT_EQ(sent.out[before->insert.named_at], kProtocolIpComp);
  EXPECT_EQ(sent.out[header], before->insert.protocol);
  EXPECT_EQ(LoadBe16(&sent.out[header + 2]), 0x1234);
  EXPECT_EQ(LoadBe16(&sent.out[4]), sent.out.size() - 40);
}

// RFC 3173, 2.2: what does not become smaller is sent as it is.
TEST_P(IpCompTest, WhatDoesNotShrinkIsSentAsItIs) {
  for (const Shape shape : test::kShapes) {
    const uint32_t cpi = 0x1000 + static_cast<uint32_t>(shape);
    SetUpPair(shape, cpi);
    const Buffer inner = MakeInner(shape, 900);
    const Ran sent = Send(inner);
    ASSERT_EQ(ReasonName(sent.reason), "ok");
    const bool transport = shape == Shape::kTransport4 || shape == Shape::kTransport6;
    if (transport) {
      EXPECT_EQ(FormatHex(sent.out), FormatHex(inner));
    } else {
      const size_t header = test::OuterV6(shape) ? 40 : 20;
      EXPECT_EQ(ProtocolOf(sent.out), test::InnerV6(shape) ? 41 : 4);
      EXPECT_EQ(Buffer(sent.out.begin() + static_cast<std::ptrdiff_t>(header), sent.out.end()),
                inner);
    }
    EXPECT_EQ(runner_.Query(out_).ipcomp, IpCompStats{.compress_failed = 1});
    const Ran received = Receive(sent.out);
    EXPECT_EQ(ReasonName(received.reason), "ok");
    EXPECT_EQ(received.out, inner);
    EXPECT_EQ(runner_.Query(in_).ipcomp, IpCompStats{.not_decompressed = 1});
  }
}

TEST_P(IpCompTest, ShortPacketsAreNotTried) {
  SetUpPair();
  EXPECT_EQ(ProtocolOf(Send(Shrinkable(Shape::kTunnel44, 89)).out), net::kProtocolIpv4);
  EXPECT_EQ(runner_.Query(out_).ipcomp, IpCompStats{.not_compressed = 1});
  EXPECT_EQ(ProtocolOf(Send(Shrinkable(Shape::kTunnel44, 90)).out), kProtocolIpComp);
  // In transport mode the payload counts: 89 and 90 bytes behind the header.
  SetUpPair(Shape::kTransport4);
  EXPECT_EQ(ProtocolOf(Send(Shrinkable(Shape::kTransport4, 109)).out), net::kProtocolUdp);
  EXPECT_EQ(ProtocolOf(Send(Shrinkable(Shape::kTransport4, 110)).out), kProtocolIpComp);
}

// Four failures in a row, then pauses of 1, 2, 4 .. 64 packets between tries, until one shrinks.
TEST_P(IpCompTest, ThePauseGrowsWhileNothingShrinks) {
  SetUpPair();
  const Buffer noise = MakeInner(500);
  const Buffer text = Shrinkable(Shape::kTunnel44, 500);
  IpCompStats expected;
  const auto send = [&](uint64_t IpCompStats::*counter) {
    ++(expected.*counter);
    ASSERT_EQ(Send(noise).reason, Reason::kOk);
    ASSERT_EQ(runner_.Query(out_).ipcomp, expected);
  };
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) send(&IpCompStats::compress_failed);
    for (const int pause : {1, 2, 4, 8, 16, 32, 64, 64, 64}) {
      send(&IpCompStats::compress_failed);
      for (int i = 0; i < pause; ++i) send(&IpCompStats::not_compressed);
    }
    // Text is tried at once now and ends it.
    ++expected.compressed;
    ASSERT_EQ(ProtocolOf(Send(text).out), kProtocolIpComp);
    ASSERT_EQ(runner_.Query(out_).ipcomp, expected);
  }
}

TEST_P(IpCompTest, FragmentsAreLeftAloneInTransportMode) {
  SetUpPair(Shape::kTransport4);
  Buffer fragment = Shrinkable(Shape::kTransport4, 600);
  StoreBe16(&fragment[6], 0x2000);
  FixLengths(fragment, false);
  const Ran sent = Send(fragment);
  EXPECT_EQ(ReasonName(sent.reason), "ok");
  EXPECT_EQ(sent.out, fragment);
  EXPECT_EQ(runner_.Query(out_).ipcomp, IpCompStats{.not_compressed = 1});
  // In tunnel mode it is a payload like any other.
  SetUpPair(Shape::kTunnel44, 0x2000);
  const Ran tunnelled = Send(fragment);
  EXPECT_EQ(ProtocolOf(tunnelled.out), kProtocolIpComp);
  EXPECT_EQ(Receive(tunnelled.out).out, fragment);
}

TEST_P(IpCompTest, WhatAPeerMaySendWrong) {
  SetUpPair();
  const Buffer inner = Shrinkable(Shape::kTunnel44, 400);
  const Buffer body = Pack(inner);
  const auto word = [this](const Buffer& packet) {
    return std::string(ReasonName(Receive(packet).reason));
  };
  EXPECT_EQ(word(Forge(body)), "ok");
  // Flags are ignored (RFC 3173, 3.3).
  Buffer flags = body;
  flags[1] = 0xff;
  EXPECT_EQ(word(Forge(flags)), "ok");
  for (size_t size = 4; size < body.size(); ++size) {
    Buffer cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_EQ(word(Forge(cut)), "ipcomp_malformed") << size;
  }
  for (size_t size = 0; size < 4; ++size) EXPECT_EQ(word(Forge(Buffer(size))), "esp_short");
  EXPECT_EQ(word(Forge(Pack(inner, 4, 0x1235))), "no_sa");
  EXPECT_EQ(ReasonName(ReceiveUnnamed(Forge(Pack(inner, 4, 0x1235))).reason), "no_sa");
  EXPECT_EQ(word(Forge(Pack(inner, 17))), "bad_next_header");
  EXPECT_EQ(word(Forge(Pack(body, kProtocolIpComp))), "bad_next_header");
  EXPECT_EQ(word(Forge(Pack(Buffer(100, 0x33)))), "inner_malformed");
  EXPECT_EQ(word(Forge(Pack(inner, 41))), "bad_next_header");
  // Not compressed: IP in IP, and nothing else.
  EXPECT_EQ(word(Forge(inner, 4)), "ok");
  EXPECT_EQ(word(Forge(inner, 17)), "bad_next_header");
  EXPECT_EQ(word(Forge(Buffer(100, 0x33), 4)), "inner_malformed");
  Buffer fragment = Forge(body);
  StoreBe16(&fragment[6], 0x2000);
  FixLengths(fragment, false);
  EXPECT_EQ(word(fragment), "outer_fragment");
  Buffer elsewhere = Forge(body);
  elsewhere[19] = 77;
  FixLengths(elsewhere, false);
  EXPECT_EQ(word(elsewhere), "no_sa");
  const SaStats stats = runner_.Query(in_);
  EXPECT_EQ(stats.ipcomp.decompress_failed, body.size() - 4);
}

TEST_P(IpCompTest, ABombEndsAtTheLargestPacket) {
  SetUpPair();
  Buffer largest(65535, 0);
  net::Ipv4Header header;
  header.total_bytes = 65535;
  header.ttl = 1;
  header.protocol = net::kProtocolUdp;
  header.source = test::Ip("10.1.0.5");
  header.destination = test::Ip("10.2.0.7");
  ASSERT_TRUE(net::WriteIpv4(header, largest).has_value());
  const Ran ran = Receive(Forge(Pack(largest)));
  EXPECT_EQ(ReasonName(ran.reason), "ok");
  EXPECT_EQ(ran.out, largest);
  Buffer body;
  if (GetParam() == Compression::kLzs) {
    body = *ParseHex("0400123430e07f");  // a literal, offset 1, ones to the end: 15 more bytes each
    body.resize(5000, 0xff);
  } else {
    body = Pack(Buffer(65536, 0));
  }
  EXPECT_EQ(ReasonName(Receive(Forge(body)).reason), "ipcomp_too_long");
  EXPECT_EQ(runner_.Query(in_).ipcomp.decompress_failed, 1u);
  EXPECT_EQ(runner_.Query(in_).errors, 1u);
  // More than the caller's room, but a packet: his to name.
  const Buffer outer = Forge(Pack(Shrinkable(Shape::kTunnel44, 3000)));
  EXPECT_EQ(ReasonName(runner_.Run(Op::kIpCompIn, in_, outer, 2999).reason), "dst_too_small");
}

// In transport mode the header counts: the whole packet has at most 65,535 bytes.
TEST_P(IpCompTest, TheHeaderCountsInTransportMode) {
  SetUpPair(Shape::kTransport4);
  const auto receive = [this](size_t bytes) {
    Buffer packet = Forge(Pack(Buffer(bytes, 0), 17));
    StoreBe32(&packet[12], 0x0a010005);
    StoreBe32(&packet[16], 0x0a020007);
    FixLengths(packet, false);
    return Receive(packet);
  };
  const Ran largest = receive(65515);
  EXPECT_EQ(ReasonName(largest.reason), "ok");
  EXPECT_EQ(largest.out.size(), 65535u);
  EXPECT_EQ(ReasonName(receive(65516).reason), "ipcomp_too_long");
  EXPECT_EQ(runner_.Query(in_).ipcomp.decompress_failed, 1u);
}

TEST_P(IpCompTest, SelectorsAndCongestionAreLookedAt) {
  SaParams in = MakeComp(Direction::kIn, GetParam());
  in.selectors.protocol = net::kProtocolUdp;
  in.selectors.remote_ports = {1000, 1000};
  in_ = runner_.Add(in);
  const Buffer inner = Shrinkable(Shape::kTunnel44, 300);
  Buffer other = inner;
  other[21] ^= 1;  // another source port
  EXPECT_EQ(ReasonName(Receive(Forge(Pack(inner))).reason), "ok");
  EXPECT_EQ(ReasonName(Receive(Forge(Pack(other))).reason), "selector_mismatch");
  EXPECT_EQ(ReasonName(Receive(Forge(other, 4)).reason), "selector_mismatch");
  EXPECT_EQ(ReasonName(Receive(Forge(Pack(inner), kProtocolIpComp, kEcnCe)).reason), "ecn_drop");
  EXPECT_EQ(ReasonName(Receive(Forge(inner, 4, kEcnCe)).reason), "ecn_drop");
}

TEST_P(IpCompTest, HandlesAndOperationsMustFit) {
  SetUpPair();
  const SaRef esp = runner_.Add(test::MakeSa(Direction::kIn));
  const Buffer inner = Shrinkable(Shape::kTunnel44, 300);
  const Buffer packet = Forge(Pack(inner));
  const auto in_word = [&](SaRef ref) {
    return std::string(ReasonName(runner_.Run(Op::kIpCompIn, ref, packet).reason));
  };
  EXPECT_EQ(in_word(esp), "sa_direction");
  EXPECT_EQ(in_word(out_), "sa_direction");
  EXPECT_EQ(in_word(SaRef::Make(0, 60)), "no_sa");
  EXPECT_EQ(ReasonName(runner_.Run(Op::kEspOut, out_, inner).reason), "sa_direction");
  EXPECT_EQ(ReasonName(runner_.Run(Op::kIpCompOut, in_, inner).reason), "sa_direction");
  EXPECT_EQ(ReasonName(runner_.Run(Op::kIpCompIn, in_, packet, 70000, 5).reason), "no_sa");
  EXPECT_TRUE(runner_.Control(runner_.engine.BeginDelete(in_)).status.has_value());
  EXPECT_EQ(in_word(in_), "sa_stale");
  EXPECT_EQ(in_word(SaRef::None()), "no_sa");
}

// CPIs below 256 name the algorithm: any number of SAs has them, each found by its bundle alone.
TEST_P(IpCompTest, WellKnownCpisAreShared) {
  const uint16_t cpi = InfoOf(GetParam()).cpi;
  SetUpPair(Shape::kTunnel44, cpi);
  const SaRef first = in_;
  in_ = runner_.Add(MakeComp(Direction::kIn, GetParam(), Shape::kTunnel44, cpi));
  const Buffer inner = Shrinkable(Shape::kTunnel44, 300);
  const Buffer packet = Send(inner).out;
  EXPECT_EQ(FormatHex(Bytes(packet).subspan(22, 2)),
            GetParam() == Compression::kLzs ? "0003" : "0002");
  EXPECT_EQ(ReasonName(ReceiveUnnamed(packet).reason), "no_sa");
  EXPECT_EQ(Receive(packet).out, inner);
  EXPECT_TRUE(runner_.Control(runner_.engine.BeginDelete(in_)).status.has_value());
  in_ = first;
  EXPECT_EQ(Receive(packet).out, inner);
  // One that was agreed on is unique.
  runner_.Add(MakeComp(Direction::kIn, GetParam(), Shape::kTunnel44, 256));
  const auto again = runner_.Control(
      runner_.engine.BeginAdd(MakeComp(Direction::kIn, GetParam(), Shape::kTunnel44, 256)));
  EXPECT_EQ(again.status.error().code, ErrorCode::kExists);
}

TEST_P(IpCompTest, LifetimesCountWhatIsNotCompressed) {
  SaParams out = MakeComp(Direction::kOut, GetParam());
  out.lifetimes.hard_bytes = 1000;
  out.lifetimes.hard_packets = 5;
  out_ = runner_.Add(out);
  EXPECT_EQ(Send(Shrinkable(Shape::kTunnel44, 600)).reason, Reason::kOk);
  EXPECT_EQ(runner_.Query(out_).bytes, 600u);
  EXPECT_EQ(ReasonName(Send(Shrinkable(Shape::kTunnel44, 600)).reason), "hard_bytes");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Send(MakeInner(28)).reason, Reason::kOk);
  EXPECT_EQ(ReasonName(Send(MakeInner(28)).reason), "hard_packets");
}

// The buffers may lie as ESP's may: the outer header before the inner packet.
TEST_P(IpCompTest, InPlace) {
  SetUpPair();
  for (const Buffer& inner : {Shrinkable(Shape::kTunnel44, 700), MakeInner(700)}) {
    Buffer room(20, 0);
    room.insert(room.end(), inner.begin(), inner.end());
    const auto run = [&](Op op, SaRef ref, Bytes src, MutableBytes dst) {
      const Job job{op, ref, 0, src, dst, 1};
      EXPECT_EQ(runner_.engine.Submit({&job, 1}), 1u);
      Done done;
      EXPECT_EQ(runner_.engine.Poll({&done, 1}), 1u);
      EXPECT_EQ(done.reason, Reason::kOk);
      return done.out_bytes;
    };
    const size_t sent = run(Op::kIpCompOut, out_, Bytes(room).subspan(20), room);
    const Buffer wire(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(sent));
    EXPECT_EQ(Receive(wire).out, inner);
    const size_t back =
        run(Op::kIpCompIn, in_, Bytes(room).first(sent), MutableBytes(room).subspan(20));
    EXPECT_EQ(back, inner.size());
    EXPECT_EQ(Buffer(room.begin() + 20, room.end()), inner);
  }
}

// comp-lzs esp-aes esp-sha-hmac ah-sha-hmac in tunnel mode: IPComp makes the tunnel, ESP and AH
// stand around it in transport mode, the outer header stays the first.
TEST_P(IpCompTest, ABundleWithEspAndAh) {
  SetUpPair(Shape::kTunnel44, InfoOf(GetParam()).cpi);
  const auto transport = [](Direction direction, const Suite& suite) {
    SaParams params = test::MakeSa(direction, suite);
    params.mode = Mode::kTransport;
    return params;
  };
  const Suite esp{Encryption::kAesCbc128, Integrity::kHmacSha1_96};
  const Suite ah{Encryption::kNone, Integrity::kHmacSha1_96};
  const SaRef esp_out = runner_.Add(transport(Direction::kOut, esp));
  const SaRef ah_out = runner_.Add(transport(Direction::kOut, ah));
  runner_.Add(transport(Direction::kIn, esp));
  runner_.Add(transport(Direction::kIn, ah));
  const size_t longest = 1400;
  for (const Buffer& inner : {Shrinkable(Shape::kTunnel44, longest), MakeInner(longest)}) {
    const Ran packed = Send(inner);
    const Ran sealed = runner_.Run(Op::kEspOut, esp_out, packed.out);
    const Ran signed_packet = runner_.Run(Op::kAhOut, ah_out, sealed.out);
    ASSERT_EQ(ReasonName(signed_packet.reason), "ok");
    EXPECT_EQ(ParseIp(signed_packet.out)->source(), test::Ip("192.0.2.1"));
    // Not more than the same set without compression, in tunnel mode.
    SaParams tunnel = test::MakeSa(Direction::kOut, esp);
    EXPECT_LE(sealed.out.size(), EncapsulatedBytes(tunnel, inner.size()));
    const Ran verified = runner_.Run(Op::kAhIn, SaRef::None(), signed_packet.out);
    ASSERT_EQ(ReasonName(verified.reason), "ok");
    EXPECT_EQ(verified.out, sealed.out);
    const Ran opened = runner_.Run(Op::kEspIn, SaRef::None(), verified.out);
    ASSERT_EQ(ReasonName(opened.reason), "ok");
    EXPECT_EQ(opened.out, packed.out);
    EXPECT_EQ(Receive(opened.out).out, inner);
  }
  EXPECT_EQ(runner_.Query(out_).ipcomp, (IpCompStats{.compressed = 1, .compress_failed = 1}));
  EXPECT_EQ(runner_.Query(in_).ipcomp, (IpCompStats{.decompressed = 1, .not_decompressed = 1}));
}

INSTANTIATE_TEST_SUITE_P(All, IpCompTest, testing::ValuesIn(kAlgorithms),
                         [](const auto& p) { return std::string(InfoOf(p.param).name); });

TEST(IpCompRulesTest, TheTable) {
  ASSERT_EQ(Compressions().size(), 2u);
  EXPECT_EQ(InfoOf(Compression::kDeflate).cpi, 2);  // IPCOMP_DEFLATE (RFC 2407, 4.4.5)
  EXPECT_EQ(InfoOf(Compression::kLzs).cpi, 3);      // IPCOMP_LZS
  EXPECT_EQ(InfoOf(Compression::kDeflate).rfc, 2394);
  EXPECT_EQ(InfoOf(Compression::kLzs).rfc, 2395);
}

TEST(IpCompRulesTest, EveryFieldHasItsRange) {
  const auto word = [](auto change) {
    SaParams params = MakeComp(Direction::kIn, Compression::kLzs);
    change(params);
    const Status status = Validate(params);
    return status.has_value() ? std::string("ok") : std::string(status.error().text);
  };
  EXPECT_EQ(word([](SaParams&) {}), "ok");
  for (const uint32_t cpi : {3u, 256u, 61439u}) {
    EXPECT_EQ(word([cpi](SaParams& p) { p.spi = Spi{cpi}; }), "ok") << cpi;
  }
  for (const uint32_t cpi : {0u, 1u, 2u, 4u, 255u, 61440u, 65535u, 65536u + 3}) {
    EXPECT_NE(word([cpi](SaParams& p) { p.spi = Spi{cpi}; }), "ok") << cpi;
  }
  EXPECT_NE(word([](SaParams& p) { p.suite.compression = Compression::kNone; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.suite.compression = static_cast<Compression>(9); }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.suite.encryption = Encryption::kNull; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.suite.integrity = Integrity::kHmacSha1_96; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.esn = true; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.replay_window = 64; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.initial_seq = 1; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.seq_watermark = 1; }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.key_material.Resize(16); }), "ok");
  EXPECT_NE(word([](SaParams& p) { p.auth_key.Resize(20); }), "ok");
  // And no compression in the others.
  SaParams esp = test::MakeSa(Direction::kIn);
  esp.suite.compression = Compression::kLzs;
  EXPECT_FALSE(Validate(esp).has_value());
}

TEST(IpCompRulesTest, AnEngineWithoutItNamesIt) {
  Capabilities all = Runner().engine.capabilities();
  const SaParams lzs = MakeComp(Direction::kOut, Compression::kLzs);
  EXPECT_TRUE(CheckCapabilities(all, lzs).has_value());
  all.compression.reset();
  EXPECT_EQ(std::string(CheckCapabilities(all, lzs).error().text), "lzs");
}

// The worst case: not compressed.
TEST(IpCompRulesTest, TheMtuIsThatOfPacketsThatAreNotCompressed) {
  for (const Shape shape : test::kShapes) {
    const SaParams params = MakeComp(Direction::kOut, Compression::kLzs, shape);
    for (size_t mtu = 200; mtu < 1600; ++mtu) {
      const size_t inner = PlaintextMtu(params, mtu);
      ASSERT_EQ(EncapsulatedBytes(params, inner), mtu);
    }
  }
  EXPECT_EQ(PlaintextMtu(MakeComp(Direction::kOut, Compression::kLzs), 1500), 1480u);
  EXPECT_EQ(PlaintextMtu(MakeComp(Direction::kOut, Compression::kLzs, Shape::kTransport4), 1500),
            1500u);
}

}  // namespace
}  // namespace vam::ipsec
