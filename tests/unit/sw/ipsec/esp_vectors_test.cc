// draft-mcgrew-gcm-test-01, section 4: whole ESP packets. All of them are in transport mode, so the
// engine verifies them and then ends them as bad_next_header; what it deciphered is compared
// through the codec.
#include <gtest/gtest.h>

#include "tests/support/vectors.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using Vector = vam::test::GcmVector;

std::vector<Vector> Load() {
  return vam::test::LoadGcmFile(VAM_SOURCE_DIR "/tests/vectors/esp_gcm_mcgrew.rsp", false);
}

bool IsEsn(const Vector& v) { return v.aad.size() == 12; }
Spi SpiOf(const Vector& v) { return Spi{LoadBe32(v.aad.data())}; }
uint64_t SequenceOf(const Vector& v) {
  return IsEsn(v) ? LoadBe64(v.aad.data() + 4) : LoadBe32(v.aad.data() + 4);
}

// The packet as it would stand on the wire between the tunnel ends of MakeSa.
Buffer Packet(const Vector& v) {
  Buffer packet(20);
  StoreBe32(packet.data(), SpiOf(v).value);
  packet.resize(20 + 8);
  StoreBe32(packet.data() + 20, SpiOf(v).value);
  StoreBe32(packet.data() + 24, static_cast<uint32_t>(SequenceOf(v)));
  packet.insert(packet.end(), v.iv.begin() + 4, v.iv.end());
  packet.insert(packet.end(), v.ct.begin(), v.ct.end());
  packet.insert(packet.end(), v.tag.begin(), v.tag.end());
  const SaParams sa = test::MakeSa(Direction::kIn);
  net::Ipv4Header outer;
  outer.total_bytes = static_cast<uint16_t>(packet.size());
  outer.ttl = 64;
  outer.protocol = net::kProtocolEsp;
  outer.source = sa.remote;
  outer.destination = sa.local;
  EXPECT_TRUE(net::WriteIpv4(outer, packet).has_value());
  return packet;
}

SaParams SaOf(const Vector& v) {
  SaParams params = test::MakeSa(Direction::kIn);
  params.suite.encryption = v.key.size() == 16   ? Encryption::kAesGcm128Icv16
                            : v.key.size() == 24 ? Encryption::kAesGcm192Icv16
                                                 : Encryption::kAesGcm256Icv16;
  Buffer material = v.key;
  material.insert(material.end(), v.iv.begin(), v.iv.begin() + 4);
  params.key_material = *Secret<kKeyMaterialBytes>::From(material);
  params.spi = SpiOf(v);
  params.esn = IsEsn(v);
  params.replay_window = 64;
  params.initial_seq = SequenceOf(v) - 1;
  return params;
}

TEST(EspVectorsTest, SealingGivesThePacket) {
  const auto vectors = Load();
  ASSERT_EQ(vectors.size(), 14u);
  for (const Vector& v : vectors) {
    SCOPED_TRACE(v.source);
    const EspAad aad = MakeAad(SpiOf(v), SequenceOf(v), IsEsn(v));
    EXPECT_EQ(FormatHex(aad.bytes()), FormatHex(v.aad));
    auto aead = crypto::AesGcm::Create(v.key, crypto::AeadPurpose::kSeal);
    Buffer text(v.pt.size());
    Buffer tag(16);
    ASSERT_TRUE(aead->Seal(v.iv, aad.bytes(), v.pt, text, tag));
    EXPECT_EQ(text, v.ct);
    EXPECT_EQ(tag, v.tag);
  }
}

TEST(EspVectorsTest, ParsingFindsEveryField) {
  for (const Vector& v : Load()) {
    SCOPED_TRACE(v.source);
    const Buffer packet = Packet(v);
    const EspPacket body = test::ParseEsp(packet);
    ASSERT_EQ(body.reason, Reason::kOk);
    EXPECT_EQ(FormatHex(body.iv), FormatHex(Bytes(v.iv).subspan(4)));
    EXPECT_EQ(FormatHex(body.text), FormatHex(v.ct));
    EXPECT_EQ(FormatHex(body.icv), FormatHex(v.tag));
    EXPECT_EQ(ParseText(v.pt).reason, Reason::kBadNextHeader);
  }
}

TEST(EspVectorsTest, TheEngineVerifiesThem) {
  int taken = 0;
  for (const Vector& v : Load()) {
    SCOPED_TRACE(v.source);
    if (SpiOf(v).value < kFirstSpi) continue;  // one case has SPI 0
    test::Runner runner;
    const SaRef ref = runner.Add(SaOf(v));
    const Buffer good = Packet(v);
    for (size_t bit = 20 * 8; bit < good.size() * 8; bit += 13) {
      Buffer bad = good;
      bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
      EXPECT_NE(runner.In(bad).reason, Reason::kBadNextHeader) << bit;
    }
    EXPECT_EQ(runner.Query(ref).packets, 0u);
    EXPECT_EQ(runner.In(good).reason, Reason::kBadNextHeader);
    EXPECT_EQ(runner.Query(ref).packets, 1u);
    EXPECT_EQ(runner.Query(ref).sequence, SequenceOf(v));
    ++taken;
  }
  EXPECT_EQ(taken, 13);
}

}  // namespace
}  // namespace vam::ipsec
