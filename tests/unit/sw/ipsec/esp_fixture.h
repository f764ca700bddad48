// Packets, SAs and a runner for tests of the software engine.
#ifndef VAM_TESTS_UNIT_SW_IPSEC_ESP_FIXTURE_H_
#define VAM_TESTS_UNIT_SW_IPSEC_ESP_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sw/base/rng.h"
#include "sw/crypto/aes_gcm.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/net/checksum.h"
#include "sw/net/ipv4.h"

namespace vam::ipsec::test {

using Buffer = std::vector<uint8_t>;

inline net::Address Ip(const char* text) { return *net::Address::Parse(text); }

// A UDP packet from 10.1.0.5:1000 to 10.2.0.7:2000 of exactly this length; under 28 bytes just an
// IP header and bytes.
inline Buffer MakeInner(size_t bytes, uint8_t tos = 0, uint8_t protocol = net::kProtocolUdp) {
  Buffer packet(bytes);
  SeededRng rng(bytes);
  rng.Fill(packet);
  net::Ipv4Header header;
  header.tos = tos;
  header.total_bytes = static_cast<uint16_t>(bytes);
  header.ttl = 61;
  header.protocol = protocol;
  header.source = Ip("10.1.0.5");
  header.destination = Ip("10.2.0.7");
  EXPECT_TRUE(net::WriteIpv4(header, packet).has_value());
  if (bytes >= 28) {
    StoreBe16(packet.data() + 20, 1000);
    StoreBe16(packet.data() + 22, 2000);
    StoreBe16(packet.data() + 24, static_cast<uint16_t>(bytes - 20));
  }
  return packet;
}

// The same from 2001:db8:1::5 to 2001:db8:2::7, with `extensions` (whole headers, `first` is the
// type of the first, UDP follows the last) before UDP. At least 48 bytes and the extensions.
inline Buffer MakeInner6(size_t bytes, const Buffer& extensions = {},
                         uint8_t first = net::kProtocolUdp, uint8_t traffic_class = 0) {
  Buffer packet(bytes);
  SeededRng rng(bytes);
  rng.Fill(packet);
  StoreBe32(packet.data(), 0x60012345u | uint32_t{traffic_class} << 20);
  StoreBe16(packet.data() + 4, static_cast<uint16_t>(bytes - 40));
  packet[6] = first;
  packet[7] = 61;
  const auto source = Ip("2001:db8:1::5").raw();
  const auto destination = Ip("2001:db8:2::7").raw();
  std::copy(source.begin(), source.end(), packet.begin() + 8);
  std::copy(destination.begin(), destination.end(), packet.begin() + 24);
  std::copy(extensions.begin(), extensions.end(), packet.begin() + 40);
  uint8_t* const udp = packet.data() + 40 + extensions.size();
  StoreBe16(udp, 1000);
  StoreBe16(udp + 2, 2000);
  StoreBe16(udp + 4, static_cast<uint16_t>(bytes - 40 - extensions.size()));
  return packet;
}

// Hop-by-hop options (one that changes on the way), an arrived routing header of type 0,
// destination options, UDP.
inline Buffer Extensions() {
  return *ParseHex(
      "2b003e0401020304"
      "3c0200000000000020010db8000000000000000000000099"
      "1100010400000000");
}

inline SaParams MakeSa(Direction direction, const Suite& suite) {
  SaParams params;
  params.id = 77;
  params.direction = direction;
  params.suite = suite;
  params.spi = Spi{0x12345678};
  const bool out = direction == Direction::kOut;
  params.local = Ip(out ? "192.0.2.1" : "192.0.2.2");
  params.remote = Ip(out ? "192.0.2.2" : "192.0.2.1");
  const EncryptionInfo& encryption = InfoOf(suite.encryption);
  const IntegrityInfo& integrity = InfoOf(suite.integrity);
  const auto key = params.key_material.Resize(encryption.key_bytes + encryption.salt_bytes);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i * 3 + 1);
  const auto auth = params.auth_key.Resize(integrity.key_bytes + integrity.salt_bytes);
  for (size_t i = 0; i < auth.size(); ++i) auth[i] = static_cast<uint8_t>(i * 5 + 2);
  if (suite.encryption == Encryption::kNone) params.protocol = Protocol::kAh;
  return params;
}
inline SaParams MakeSa(Direction direction, Encryption encryption = Encryption::kAesGcm128Icv16) {
  return MakeSa(direction, Suite{.encryption = encryption});
}

// Outer header and ESP in one step, as the engine sees a packet of an SA with this layout.
inline EspPacket ParseEsp(const Buffer& packet, const EspLayout& layout = {}) {
  const OuterPacket outer = ParseOuter(packet, Protocol::kEsp);
  EspPacket esp;
  esp.reason = outer.reason;
  return outer.reason == Reason::kOk ? SplitEsp(outer.ip->payload(), layout) : esp;
}

struct Ran {
  Reason reason = Reason::kOk;
  SaRef sa;
  Buffer out;
};

// An engine with short ways to its calls; every accepted job is polled at once.
class Runner {
 public:
  explicit Runner(uint32_t max_sas = 64) : engine(SoftEngine::Config{max_sas, 16, 16}) {}

  ControlDone Control(const Result<uint64_t>& token) {
    EXPECT_TRUE(token.has_value());
    ControlDone done;
    EXPECT_EQ(engine.PollControl({&done, 1}), 1u);
    EXPECT_EQ(done.token, *token);
    return done;
  }
  SaRef Add(const SaParams& params) {
    const ControlDone done = Control(engine.BeginAdd(params));
    EXPECT_TRUE(done.status.has_value()) << ToString(done.status.error());
    return done.sa;
  }
  SaStats Query(SaRef ref) {
    const ControlDone done = Control(engine.BeginQuery(ref));
    EXPECT_TRUE(done.status.has_value());
    return done.stats;
  }
  Ran Run(Op op, SaRef ref, const Buffer& src, size_t capacity = 70000, uint16_t vrf_tag = 0) {
    Ran ran;
    ran.out.assign(capacity, 0xee);
    const Job job{op, ref, vrf_tag, src, ran.out, ++cookie_};
    EXPECT_EQ(engine.Submit({&job, 1}), 1u);
    Done done;
    EXPECT_EQ(engine.Poll({&done, 1}), 1u);
    EXPECT_EQ(done.cookie, cookie_);
    ran.reason = done.reason;
    ran.sa = done.sa;
    ran.out.resize(done.out_bytes);
    return ran;
  }
  Ran Out(SaRef ref, const Buffer& inner) { return Run(Op::kEspOut, ref, inner); }
  // By the protocol of the SA.
  Ran Send(const SaParams& params, SaRef ref, const Buffer& inner) {
    return Run(params.protocol == Protocol::kEsp ? Op::kEspOut : Op::kAhOut, ref, inner);
  }
  Ran Receive(const SaParams& params, const Buffer& outer) {
    return Run(params.protocol == Protocol::kEsp ? Op::kEspIn : Op::kAhIn, SaRef::None(), outer);
  }
  Ran In(const Buffer& outer) { return Run(Op::kEspIn, SaRef::None(), outer); }
  std::vector<SaEvent> Events() {
    std::vector<SaEvent> events(32);
    events.resize(engine.PollEvents(events));
    return events;
  }

  SoftEngine engine;

 private:
  uint64_t cookie_ = 1000;
};

// Every suite of the table that can stand: encryptions alone or with an integrity, integrities in
// ESP and in AH.
inline std::vector<Suite> AllSuites() {
  std::vector<Suite> suites;
  for (const EncryptionInfo& info : Encryptions()) {
    if (info.combined()) {
      suites.push_back({info.id, Integrity::kNone});
      continue;
    }
    if (info.kind != CipherKind::kNull) suites.push_back({info.id, Integrity::kHmacSha1_96});
    if (info.kind == CipherKind::kCbc) suites.push_back({info.id, Integrity::kNone});
  }
  for (const IntegrityInfo& info : Integrities()) {
    if (info.iv_bytes == 0) suites.push_back({Encryption::kNull, info.id});
    suites.push_back({Encryption::kNone, info.id});
  }
  return suites;
}
inline std::string NameOf(const Suite& suite) {
  return std::string(InfoOf(suite.encryption).name) + "+" +
         std::string(InfoOf(suite.integrity).name);
}

// How packets are wrapped.
enum class Shape { kTunnel44, kTunnel46, kTunnel64, kTunnel66, kTransport4, kTransport6 };
inline constexpr Shape kShapes[] = {Shape::kTunnel44, Shape::kTunnel46,   Shape::kTunnel64,
                                    Shape::kTunnel66, Shape::kTransport4, Shape::kTransport6};
// The first digit is the inner version, the second the outer.
inline bool InnerV6(Shape shape) {
  return shape == Shape::kTunnel64 || shape == Shape::kTunnel66 || shape == Shape::kTransport6;
}
inline bool OuterV6(Shape shape) {
  return shape == Shape::kTunnel46 || shape == Shape::kTunnel66 || shape == Shape::kTransport6;
}
inline SaParams MakeSa(Direction direction, const Suite& suite, Shape shape) {
  SaParams params = MakeSa(direction, suite);
  const bool transport = shape == Shape::kTransport4 || shape == Shape::kTransport6;
  if (transport) params.mode = Mode::kTransport;
  const bool out = direction == Direction::kOut;
  if (transport || OuterV6(shape)) {
    const bool v6 = OuterV6(shape);
    const char* const a = !transport ? "2001:db8::1" : v6 ? "2001:db8:1::5" : "10.1.0.5";
    const char* const b = !transport ? "2001:db8::2" : v6 ? "2001:db8:2::7" : "10.2.0.7";
    params.local = Ip(out ? a : b);
    params.remote = Ip(out ? b : a);
  }
  return params;
}
// An inner packet for the shape, of about this length: IPv6 ones are longer by their headers, and
// those of transport mode carry extension headers.
inline Buffer MakeInner(Shape shape, size_t bytes) {
  if (!InnerV6(shape)) return MakeInner(bytes);
  if (shape != Shape::kTransport6) return MakeInner6(bytes + 20);
  return MakeInner6(bytes + 20 + Extensions().size(), Extensions(), 0);
}

// A sender that can be told to break every rule of the text and of the outer header.
struct Forged {
  uint64_t sequence = 1;
  bool esn = false;
  uint8_t tos = 0;
  Spi spi{0x12345678};
  Encryption suite = Encryption::kAesGcm128Icv16;
};

// Seals `text` as it is under the key of MakeSa.
inline Buffer Forge(const Buffer& text, const Forged& how = {}) {
  const SaParams sa = MakeSa(Direction::kIn, how.suite);
  const Bytes material = sa.key_material.bytes();
  Buffer packet(36 + text.size() + 16);
  net::Ipv4Header outer;
  outer.tos = how.tos;
  outer.total_bytes = static_cast<uint16_t>(packet.size());
  outer.ttl = 9;
  outer.protocol = net::kProtocolEsp;
  outer.source = sa.remote;
  outer.destination = sa.local;
  EXPECT_TRUE(net::WriteIpv4(outer, packet).has_value());
  StoreBe32(packet.data() + 20, how.spi.value);
  StoreBe32(packet.data() + 24, static_cast<uint32_t>(how.sequence));
  StoreBe64(packet.data() + 28, how.sequence * 0x9e3779b97f4a7c15);  // any IV must do
  Buffer nonce(material.end() - 4, material.end());
  nonce.insert(nonce.end(), packet.begin() + 28, packet.begin() + 36);
  Buffer aad(packet.begin() + 20, packet.begin() + 28);
  if (how.esn) {
    aad.resize(12);
    StoreBe64(aad.data() + 4, how.sequence);
  }
  auto aead =
      crypto::AesGcm::Create(material.first(material.size() - 4), crypto::AeadPurpose::kSeal);
  EXPECT_TRUE(aead->Seal(nonce, aad, text, MutableBytes(packet).subspan(36, text.size()),
                         MutableBytes(packet).last(16)));
  return packet;
}

// inner, `extra` bytes behind it, padding to 4, pad length, next header.
inline Buffer MakeText(Buffer inner, size_t extra = 0, uint8_t next_header = 4) {
  inner.resize(inner.size() + extra, 0xcc);
  uint8_t pad = 0;
  while ((inner.size() + 2) % 4 != 0) inner.push_back(++pad);
  inner.push_back(pad);
  inner.push_back(next_header);
  return inner;
}

}  // namespace vam::ipsec::test

#endif  // VAM_TESTS_UNIT_SW_IPSEC_ESP_FIXTURE_H_
