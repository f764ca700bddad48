// Oracles: NIST's vectors of the IKEv2 KDF, strongSwan's own keys of a recorded run, and prf+
// written once more on top of OpenSSL's MACs.
#include "sw/ike/v2/keys/key_schedule.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sw/crypto/prf.h"
#include "sw/ike/v2/wire/payload_sa.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/ike/v2/keys/recorded_keys.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;

Buffer Join(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const char* DigestOf(PrfId prf) {
  switch (prf) {
    case PrfId::kHmacMd5:
      return "MD5";
    case PrfId::kHmacSha1:
      return "SHA1";
    case PrfId::kHmacSha256:
      return "SHA256";
    case PrfId::kHmacSha384:
      return "SHA384";
    case PrfId::kHmacSha512:
      return "SHA512";
    default:
      return nullptr;
  }
}

// OpenSSL has no XCBC: that one is ours, which is tested against RFC 4434 where it lives.
Buffer Oracle(PrfId prf, const Buffer& key, const Buffer& text) {
  if (prf == PrfId::kAesXcbc) {
    auto own = crypto::Prf::Create(crypto::PrfAlgorithm::kAesXcbc128, key);
    Buffer out(16);
    const std::array<Bytes, 1> parts = {text};
    EXPECT_TRUE(own->Compute(parts, out).has_value());
    return out;
  }
  Buffer out(64);
  size_t size = 0;
  const bool cmac = prf == PrfId::kAesCmac;
  EXPECT_NE(EVP_Q_mac(nullptr, cmac ? "CMAC" : "HMAC", nullptr,
                      cmac ? "AES-128-CBC" : DigestOf(prf), nullptr, key.data(), key.size(),
                      text.data(), text.size(), out.data(), out.size(), &size),
            nullptr);
  out.resize(size);
  return out;
}

// RFC 7296, 2.13: T1 | T2 | .., Tn = prf(key, Tn-1 | seed | n).
Buffer OraclePlus(PrfId prf, const Buffer& key, const Buffer& seed, size_t bytes) {
  Buffer out;
  Buffer last;
  for (uint8_t n = 1; out.size() < bytes; ++n) {
    last = Oracle(prf, key, Join({last, seed, {n}}));
    out.insert(out.end(), last.begin(), last.end());
  }
  out.resize(bytes);
  return out;
}

using test::Of;
Buffer Of(const Key& key) { return Of(key.bytes()); }

Buffer Whole(const IkeKeys& keys) {
  return Join({Of(keys.d()), Of(keys.ai()), Of(keys.ar()), Of(keys.ei()), Of(keys.er()),
               Of(keys.pi()), Of(keys.pr())});
}
Buffer Whole(const ChildKeys& keys) {
  return Join(
      {Of(keys.encryption_i), Of(keys.integrity_i), Of(keys.encryption_r), Of(keys.integrity_r)});
}

uint64_t SpiOf(const Buffer& bytes) { return LoadBe64(bytes.data()); }

PrfId PrfOf(const std::string& hash) {
  return hash == "SHA-1"     ? PrfId::kHmacSha1
         : hash == "SHA-256" ? PrfId::kHmacSha256
                             : PrfId::kHmacSha512;
}

Buffer First(const Buffer& bytes, size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

const std::vector<IkeSuite>& IkeSuites() {
  static const std::vector<IkeSuite> suites = [] {
    std::vector<IkeSuite> out;
    for (const PrfInfo& prf : Prfs()) {
      for (const CipherInfo& cipher : Ciphers()) {
        if (!cipher.in_ike) continue;
        for (const IntegrityInfo& integrity : Integrities()) {
          if (!integrity.in_ike) continue;
          out.push_back({cipher.cipher, integrity.id, prf.id, 31, {}});
          if (!cipher.combined()) continue;
          out.back().integrity = IntegrityId::kNone;
          break;
        }
      }
    }
    return out;
  }();
  return suites;
}

// The bytes of one suite, front to back, by RFC 7296, 2.14.
void ExpectCut(const IkeSuite& suite, const IkeKeys& keys, const Buffer& material) {
  const CipherInfo& cipher = InfoOf(suite.cipher);
  const size_t prf = InfoOf(suite.prf).bytes;
  const size_t integrity = cipher.combined() ? 0 : InfoOf(suite.integrity).key_bytes;
  const size_t encryption = cipher.key_bytes + cipher.salt_bytes;
  EXPECT_EQ(keys.d().size(), prf);
  EXPECT_EQ(keys.pi().size(), prf);
  EXPECT_EQ(keys.pr().size(), prf);
  EXPECT_EQ(keys.ai().size(), integrity);
  EXPECT_EQ(keys.ar().size(), integrity);
  EXPECT_EQ(keys.ei().size(), encryption);
  EXPECT_EQ(keys.er().size(), encryption);
  EXPECT_EQ(Whole(keys), First(material, 3 * prf + 2 * integrity + 2 * encryption));
}

std::vector<ChildSuite> ChildSuites() {
  std::vector<ChildSuite> out;
  for (const CipherInfo& cipher : Ciphers()) {
    for (const IntegrityInfo& integrity : Integrities()) {
      out.push_back({Protocol::kEsp, cipher.cipher, integrity.id, 0, false});
      if (!cipher.combined()) continue;
      out.back().integrity = IntegrityId::kNone;
      break;
    }
  }
  for (const IntegrityInfo& integrity : Integrities()) {
    out.push_back({Protocol::kAh, {}, integrity.id, 0, true});
  }
  return out;
}

TEST(KeyScheduleTest, FirstKeysOfNist) {
  const auto records = vam::test::LoadVectors("ikev2_kdf.rsp", "Count");
  ASSERT_EQ(records.size(), 3U);
  size_t long_enough = 0;
  for (const auto& r : records) {
    SCOPED_TRACE(r.source);
    const Buffer ni = r.Hex("Ni");
    const Buffer nr = r.Hex("Nr");
    const Exchanged exchanged{ni, nr, SpiOf(r.Hex("SPIi")), SpiOf(r.Hex("SPIr"))};
    for (IkeSuite suite : IkeSuites()) {
      if (suite.prf != PrfOf(r.fields.at("Hash"))) continue;
      const auto keys = DeriveKeys(suite, exchanged, r.Hex("gir"));
      if (ni.size() < kMinNonceBytes) {
        // NIST's shortest nonces are none that IKEv2 allows (RFC 7296, 2.10).
        ASSERT_FALSE(keys.has_value());
        EXPECT_EQ(keys.error().code, ErrorCode::kInvalidArgument);
        continue;
      }
      ASSERT_TRUE(keys.has_value());
      const size_t most = r.Hex("DKM").size();
      if (Whole(*keys).size() > most) continue;  // NIST's material ends before this suite's
      ExpectCut(suite, *keys, r.Hex("DKM"));
      ++long_enough;
    }
  }
  EXPECT_GE(long_enough, 20U);
}

TEST(KeyScheduleTest, ChildrenOfNist) {
  size_t compared = 0;
  for (const auto& r : vam::test::LoadVectors("ikev2_kdf.rsp", "Count")) {
    SCOPED_TRACE(r.source);
    const PrfId prf = PrfOf(r.fields.at("Hash"));
    const Buffer d = First(r.Hex("DKM"), InfoOf(prf).bytes);
    for (const ChildSuite& suite : ChildSuites()) {
      for (const bool with_shared : {false, true}) {
        const auto keys = DeriveChild(suite, prf, d, r.Hex("Ni"), r.Hex("Nr"),
                                      with_shared ? r.Hex("girNew") : Buffer{});
        ASSERT_TRUE(keys.has_value());
        EXPECT_EQ(keys->encryption_i.size(), suite.encryption_key_bytes());
        EXPECT_EQ(keys->encryption_r.size(), suite.encryption_key_bytes());
        EXPECT_EQ(keys->integrity_i.size(), suite.integrity_key_bytes());
        EXPECT_EQ(keys->integrity_r.size(), suite.integrity_key_bytes());
        const Buffer material = r.Hex(with_shared ? "ChildDh" : "Child");
        const Buffer whole = Whole(*keys);
        // NIST's material ends before that of the longest suites.
        const size_t common = std::min(whole.size(), material.size());
        ASSERT_TRUE(common >= 20 || common == whole.size());
        EXPECT_EQ(First(whole, common), First(material, common));
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 3 * 2 * ChildSuites().size());
}

// NIST gives the seed of a rekey: what follows from it is prf+ once more. The new SA may have
// another PRF than the old one, whose SK_d makes the seed (RFC 7296, 2.18).
TEST(KeyScheduleTest, RekeyOfNist) {
  for (const auto& r : vam::test::LoadVectors("ikev2_kdf.rsp", "Count")) {
    SCOPED_TRACE(r.source);
    const PrfId old_prf = PrfOf(r.fields.at("Hash"));
    const Buffer d = First(r.Hex("DKM"), InfoOf(old_prf).bytes);
    const Buffer ni = r.Hex("Ni");
    const Buffer nr = r.Hex("Nr");
    const Buffer seed = Join({ni, nr, r.Hex("SPIi"), r.Hex("SPIr")});
    const Exchanged exchanged{ni, nr, SpiOf(r.Hex("SPIi")), SpiOf(r.Hex("SPIr"))};
    for (const IkeSuite& suite : IkeSuites()) {
      // OpenSSL's CMAC takes keys of 16 bytes alone: it is no oracle for this seed.
      if (suite.prf == PrfId::kAesCmac) continue;
      const auto keys = DeriveRekeyed(suite, old_prf, d, exchanged, r.Hex("girNew"));
      ASSERT_TRUE(keys.has_value());
      ExpectCut(suite, *keys, OraclePlus(suite.prf, r.Hex("Rekey"), seed, 7 * 64));
    }
  }
}

// RFC 7296, 2.14: XCBC and CMAC, whose key has 128 bits, take the first 64 bits of each nonce.
TEST(KeyScheduleTest, EveryPrfAgainstOpenSsl) {
  const Buffer ni = test::Counting(33);
  const Buffer nr(40, 0x77);
  const Buffer shared = test::Counting(48);
  const Exchanged exchanged{ni, nr, 0x0102030405060708, 0x1112131415161718};
  const Buffer spis = test::Hex("0102030405060708 1112131415161718");
  for (const IkeSuite& suite : IkeSuites()) {
    const bool fixed = suite.prf == PrfId::kAesXcbc || suite.prf == PrfId::kAesCmac;
    const Buffer key = fixed ? Join({First(ni, 8), First(nr, 8)}) : Join({ni, nr});
    const Buffer seed = Oracle(suite.prf, key, shared);
    const auto keys = DeriveKeys(suite, exchanged, shared);
    ASSERT_TRUE(keys.has_value());
    ExpectCut(suite, *keys, OraclePlus(suite.prf, seed, Join({ni, nr, spis}), 7 * 64));
  }
}

TEST(KeyScheduleTest, NoncesOfTheWrongLengthAreRefused) {
  const IkeSuite suite{
      {EncryptionId::kAesGcm16, 128}, IntegrityId::kNone, PrfId::kHmacSha256, 31, {}};
  for (const size_t bytes : {size_t{0}, size_t{15}, size_t{257}}) {
    const Buffer bad(bytes, 1);
    const Buffer good(16, 2);
    EXPECT_FALSE(DeriveKeys(suite, {bad, good, 1, 2}, good).has_value());
    EXPECT_FALSE(DeriveKeys(suite, {good, bad, 1, 2}, good).has_value());
  }
  for (const size_t bytes : {size_t{16}, size_t{256}}) {
    const Buffer good(bytes, 1);
    EXPECT_TRUE(DeriveKeys(suite, {good, good, 1, 2}, good).has_value());
  }
}

// RFC 9370, 2.2.2 and 2.2.4; RFC 5723, 5.1; RFC 8784, 3: the formulas as they stand there.
TEST(KeyScheduleTest, AdditionalResumedAndMixed) {
  const Buffer ni = test::Counting(32);
  const Buffer nr(32, 9);
  const Buffer shared = test::Counting(32);
  const Buffer more(20, 0xee);
  const Buffer old(32, 0x31);
  const Buffer spis = test::Hex("0000000000000001 0000000000000002");
  const Exchanged exchanged{ni, nr, 1, 2};
  const PrfId prf = PrfId::kHmacSha256;
  const IkeSuite suite{{EncryptionId::kAesCbc, 256}, IntegrityId::kHmacSha384_192, prf, 19, {}};
  const auto expect = [&](const IkeKeys& keys, const Buffer& text) {
    ExpectCut(suite, keys, OraclePlus(prf, Oracle(prf, old, text), Join({ni, nr, spis}), 7 * 64));
  };
  expect(*DeriveAdditional(suite, old, exchanged, shared), Join({shared, ni, nr}));
  expect(*DeriveRekeyed(suite, prf, old, exchanged, shared, more), Join({shared, ni, nr, more}));
  const std::string label = "Resumption";
  expect(*DeriveResumed(suite, old, exchanged), Join({Buffer(label.begin(), label.end()), ni, nr}));

  IkeKeys keys = *DeriveKeys(suite, exchanged, shared);
  const IkeKeys before = keys.Clone();
  EXPECT_EQ(Whole(before), Whole(keys));
  ASSERT_TRUE(MixPpk(suite, more, keys).has_value());
  EXPECT_EQ(Of(keys.d()), OraclePlus(prf, more, Of(before.d()), 32));
  EXPECT_EQ(Of(keys.pi()), OraclePlus(prf, more, Of(before.pi()), 32));
  EXPECT_EQ(Of(keys.pr()), OraclePlus(prf, more, Of(before.pr()), 32));
  EXPECT_EQ(Of(keys.ei()), Of(before.ei()));
  EXPECT_EQ(Of(keys.ar()), Of(before.ar()));
  keys.DropProofs();
  EXPECT_TRUE(keys.pi().empty() && keys.pr().empty());
  EXPECT_EQ(Of(keys.d()), OraclePlus(prf, more, Of(before.d()), 32));
  EXPECT_EQ(Of(keys.er()), Of(before.er()));

  const ChildSuite child{
      Protocol::kEsp, {EncryptionId::kAesGcm16, 256}, IntegrityId::kNone, 0, false};
  EXPECT_EQ(Whole(*DeriveChild(child, prf, old, ni, nr, shared, more)),
            OraclePlus(prf, old, Join({shared, ni, nr, more}), 72));
}

// ---- strongSwan

struct Half {
  Buffer nonce;
  std::optional<IkeSuite> suite;  // where it answers
};

// The last message that brought this SPI of an IKE SA, and its nonce.
Half HalfOf(const test::RecordedRun& run, uint64_t spi, bool responder) {
  Half half;
  for (size_t i = 0; i < run.messages.size(); ++i) {
    const test::Recorded& message = run.messages[i].message;
    const Header header = *ParseHeader(message.wire);
    if (header.response != responder) continue;
    Buffer plain =
        message.encrypted ? message.plain : test::Of(Bytes(message.wire).subspan(kHeaderBytes));
    for (size_t j = i + 1; j < run.messages.size(); ++j) {
      const test::Recorded& next = run.messages[j].message;
      if (!next.encrypted || next.first != PayloadType::kNone || next.name != message.name) break;
      plain.insert(plain.end(), next.plain.begin(), next.plain.end());
    }
    const auto payloads =
        ParseInner(message.encrypted ? message.first : header.next_payload, plain);
    if (!payloads) continue;
    const RawPayload* sa = Find(*payloads, PayloadType::kSa);
    const RawPayload* nonce = Find(*payloads, PayloadType::kNonce);
    if (sa == nullptr || nonce == nullptr) continue;
    const auto proposals =
        responder ? Result<std::vector<Proposal>>(std::vector<Proposal>{*ParseChosenSa(sa->body)})
                  : ParseSa(sa->body);
    const Proposal& proposal = proposals->front();
    const bool init = header.exchange == ExchangeType::kIkeSaInit;
    const uint64_t own =
        init ? (responder ? header.responder_spi : header.initiator_spi) : proposal.spi;
    if (proposal.protocol != Protocol::kIke || own != spi) continue;
    half.nonce = test::Of(nonce->body);
    if (!responder) continue;
    half.suite.emplace();
    for (const Transform& t : proposal.transforms) {
      if (t.type == TransformType::kEncryption) {
        half.suite->cipher = {static_cast<EncryptionId>(t.id), t.key_bits};
      } else if (t.type == TransformType::kPrf) {
        half.suite->prf = static_cast<PrfId>(t.id);
      } else if (t.type == TransformType::kIntegrity) {
        half.suite->integrity = static_cast<IntegrityId>(t.id);
      }
    }
  }
  return half;
}

void ExpectRecorded(const IkeKeys& keys, test::RecordedKeys recorded) {
  EXPECT_EQ(Of(keys.d()), recorded["SK_d"]);
  EXPECT_EQ(Of(keys.ai()), recorded["SK_ai"]);
  EXPECT_EQ(Of(keys.ar()), recorded["SK_ar"]);
  EXPECT_EQ(Of(keys.ei()), recorded["SK_ei"]);
  EXPECT_EQ(Of(keys.er()), recorded["SK_er"]);
  EXPECT_EQ(Of(keys.pi()), recorded["SK_pi"]);
  EXPECT_EQ(Of(keys.pr()), recorded["SK_pr"]);
}

TEST(KeyScheduleTest, KeysOfStrongSwan) {
  size_t compared = 0;
  for (const char* file : {"strongswan_psk.txt", "strongswan_cert.txt"}) {
    const test::RecordedRun run = test::LoadRun(file);
    const test::RecordedKeys* before = nullptr;
    for (const auto& [name, keys] : run.keys) {
      SCOPED_TRACE(std::string(file) + " " + name);
      const uint64_t spi_i = LoadBe64(keys.at("Spis").data());
      const uint64_t spi_r = LoadBe64(keys.at("Spis").data() + 8);
      const Half asked = HalfOf(run, spi_i, false);
      const Half answered = HalfOf(run, spi_r, true);
      ASSERT_FALSE(asked.nonce.empty());
      ASSERT_TRUE(answered.suite.has_value());
      const Exchanged exchanged{asked.nonce, answered.nonce, spi_i, spi_r};
      const Buffer& shared = keys.at("SharedSecret");
      // The second and third IKE SA of a run each replace the one before.
      const auto derived = before == nullptr ? DeriveKeys(*answered.suite, exchanged, shared)
                                             : DeriveRekeyed(*answered.suite, answered.suite->prf,
                                                             before->at("SK_d"), exchanged, shared);
      ASSERT_TRUE(derived.has_value());
      ExpectRecorded(*derived, keys);
      before = &keys;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 4U);
}

}  // namespace
}  // namespace vam::ike::v2
