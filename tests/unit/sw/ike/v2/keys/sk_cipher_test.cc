// Oracles: RFC 7634, appendix B; the recorded messages of strongSwan with their keys.
#include "sw/ike/v2/keys/sk_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "sw/ike/v2/sa/fragments.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/ike/v2/keys/recorded_keys.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Hex;

Header TestHeader() {
  Header header;
  header.initiator_spi = 0xc0c1c2c3c4c5c6c7;
  header.responder_spi = 0xd0d1d2d3d4d5d6d7;
  header.exchange = ExchangeType::kInformational;
  header.message_id = 9;
  return header;
}

// Keys of one suite, as an IKE SA holds them.
struct Protection {
  Cipher cipher;
  IntegrityId integrity = IntegrityId::kNone;
  Buffer encryption, integrity_key;

  SkKeys keys() const { return {cipher, integrity, encryption, integrity_key}; }
};

std::vector<Protection> Protections() {
  std::vector<Protection> out;
  for (const CipherInfo& cipher : Ciphers()) {
    if (!cipher.in_ike) continue;
    for (const IntegrityInfo& integrity : Integrities()) {
      if (!integrity.in_ike) continue;
      Protection& added = out.emplace_back();
      added.cipher = cipher.cipher;
      added.encryption = test::Counting(cipher.key_bytes + cipher.salt_bytes);
      if (cipher.combined()) break;
      added.integrity = integrity.id;
      added.integrity_key = Buffer(integrity.key_bytes, 0x5a);
    }
  }
  return out;
}

std::string NameOf(const Protection& p) {
  std::string name(InfoOf(p.cipher).name);
  if (p.integrity != IntegrityId::kNone) name += " " + std::string(InfoOf(p.integrity).name);
  return name;
}

struct Opened {
  PayloadType type = PayloadType::kNone;
  PayloadType first = PayloadType::kNone;
  FragmentHeader fragment;
  Buffer text;
};

Result<Opened> OpenWhole(const SkKeys& keys, const Buffer& message) {
  VAM_TRY(const Header header, ParseHeader(message));
  VAM_TRY(const Chain chain, ParseChain(header.next_payload, Bytes(message).subspan(kHeaderBytes)));
  if (!chain.encrypted) return Err(ErrorCode::kMalformed, "not encrypted");
  Opened out;
  out.type = chain.encrypted->payload.type;
  out.first = chain.encrypted->first_inner;
  if (out.type == PayloadType::kEncryptedFragment) {
    VAM_TRY(out.fragment, ParseFragmentHeader(chain.encrypted->payload.body));
  }
  VAM_TRY(out.text, Open(keys, message, *chain.encrypted));
  return out;
}

// The part of a message as if the wire had been parsed before its bytes changed.
EncryptedPart PartOf(const Buffer& message) {
  const Header header = *ParseHeader(message);
  return *ParseChain(header.next_payload, Bytes(message).subspan(kHeaderBytes))->encrypted;
}

// RFC 7634, appendix B: an INFORMATIONAL request with SET_WINDOW_SIZE of 10.
TEST(SkCipherTest, ChaCha20Poly1305OfRfc7634) {
  const Buffer key =
      Hex("80818283 84858687 88898a8b 8c8d8e8f 90919293 94959697 98999a9b 9c9d9e9f a0a1a2a3");
  const Buffer text = Hex("0000000c 00004001 0000000a");
  const Buffer wire =
      Hex("c0c1c2c3 c4c5c6c7 d0d1d2d3 d4d5d6d7 2e202500 00000009 00000045 29000029"
          "10111213 14151617 61039470 1f8d017f 7c129248 89"
          "6b71bfe2 5236efd7 cdc67066 906315b2");
  const SkKeys keys{{EncryptionId::kChaCha20Poly1305, 0}, IntegrityId::kNone, key, {}};
  SkCounter counter{0x1011121314151617};
  SeededRng rng(1);
  const auto sealed = Seal(keys, counter, rng, TestHeader(), PayloadType::kNotify, text);
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(FormatHex(*sealed), FormatHex(wire));
  EXPECT_EQ(counter.next, 0x1011121314151618U);
  const auto opened = OpenWhole(keys, wire);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->text, text);
  EXPECT_EQ(opened->first, PayloadType::kNotify);
}

// Every encrypted message of both runs: what strongSwan sealed is opened, and sealed again from
// the same IV has the same bytes.
TEST(SkCipherTest, MessagesOfStrongSwan) {
  size_t opened_count = 0;
  for (const char* file : {"strongswan_psk.txt", "strongswan_cert.txt"}) {
    const test::RecordedRun run = test::LoadRun(file);
    for (const auto& [message, name] : run.messages) {
      if (!message.encrypted) continue;
      SCOPED_TRACE(message.name);
      test::RecordedKeys keys = run.keys.at(name);
      const bool from_initiator = ParseHeader(message.wire)->from_initiator;
      const bool cbc = keys.contains("SK_ai");
      const SkKeys sk{
          cbc ? Cipher{EncryptionId::kAesCbc, 128} : Cipher{EncryptionId::kAesGcm16, 128},
          cbc ? IntegrityId::kHmacSha256_128 : IntegrityId::kNone,
          keys[from_initiator ? "SK_ei" : "SK_er"], keys[from_initiator ? "SK_ai" : "SK_ar"]};
      const auto opened = OpenWhole(sk, message.wire);
      ASSERT_TRUE(opened.has_value());
      EXPECT_EQ(opened->text, message.plain);
      EXPECT_EQ(opened->first, message.first);
      ++opened_count;
      // The other side's keys open nothing.
      const SkKeys wrong{sk.cipher, sk.integrity, keys[from_initiator ? "SK_er" : "SK_ei"],
                         keys[from_initiator ? "SK_ar" : "SK_ai"]};
      const auto refused = OpenWhole(wrong, message.wire);
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().code, ErrorCode::kAuthFailed);
      if (cbc || opened->type != PayloadType::kEncrypted) continue;
      const EncryptedPart part = PartOf(message.wire);
      SkCounter counter{LoadBe64(message.wire.data() + part.offset + kPayloadHeaderBytes)};
      SeededRng rng(1);
      const Header header = *ParseHeader(message.wire);
      EXPECT_EQ(*Seal(sk, counter, rng, header, opened->first, opened->text), message.wire);
    }
  }
  EXPECT_GE(opened_count, 30U);
}

TEST(SkCipherTest, RoundTripOfEverySuiteAndLength) {
  SeededRng rng(vam::test::TestSeed());
  for (const Protection& p : Protections()) {
    SCOPED_TRACE(NameOf(p));
    SkCounter counter;
    for (size_t bytes = 0; bytes < 50; ++bytes) {
      Buffer text(bytes);
      rng.Fill(text);
      const auto sealed = Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce, text);
      ASSERT_TRUE(sealed.has_value());
      const auto opened = OpenWhole(p.keys(), *sealed);
      ASSERT_TRUE(opened.has_value());
      EXPECT_EQ(opened->text, text);
      EXPECT_EQ(opened->first, PayloadType::kNonce);
      // The shortest padding there is: no whole block of it.
      const CipherInfo& cipher = InfoOf(p.cipher);
      const size_t icv = cipher.combined() ? cipher.icv_bytes : InfoOf(p.integrity).icv_bytes;
      const size_t overhead = kHeaderBytes + kPayloadHeaderBytes + cipher.iv_bytes + icv;
      EXPECT_LE(sealed->size(), overhead + bytes + cipher.block_bytes);
      EXPECT_EQ((sealed->size() - overhead) % cipher.block_bytes, 0U);
    }
  }
}

// One bit anywhere, in the header too: the ICV covers it all.
TEST(SkCipherTest, EveryFlippedByteIsAuthFailed) {
  SeededRng rng(vam::test::TestSeed());
  for (const Protection& p : Protections()) {
    SCOPED_TRACE(NameOf(p));
    SkCounter counter;
    const Buffer sealed =
        *Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNotify, test::Counting(21));
    const EncryptedPart part = PartOf(sealed);
    for (size_t i = 0; i < sealed.size(); ++i) {
      Buffer bad = sealed;
      bad[i] = static_cast<uint8_t>(bad[i] ^ (1U << rng.Below(8)));
      const auto opened = Open(p.keys(), bad, part);
      ASSERT_FALSE(opened.has_value()) << "byte " << i;
      EXPECT_EQ(opened.error().code, ErrorCode::kAuthFailed) << "byte " << i;
    }
  }
}

TEST(SkCipherTest, EveryTruncationIsRefused) {
  SeededRng rng(vam::test::TestSeed());
  for (const Protection& p : Protections()) {
    SCOPED_TRACE(NameOf(p));
    SkCounter counter;
    const Buffer sealed =
        *Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNotify, test::Counting(40));
    const EncryptedPart part = PartOf(sealed);
    for (size_t size = part.offset + kPayloadHeaderBytes; size < sealed.size(); ++size) {
      const auto opened = Open(p.keys(), Bytes(sealed).first(size), part);
      ASSERT_FALSE(opened.has_value()) << size;
      EXPECT_TRUE(opened.error().code == ErrorCode::kAuthFailed ||
                  opened.error().code == ErrorCode::kMalformed);
    }
  }
}

// A message whose text and padding are made by hand: only a peer with the key can send it.
Buffer SealedByHand(const Buffer& key, const Buffer& plain) {
  auto aead = crypto::Aead::Create(crypto::AeadAlgorithm::kChaCha20Poly1305, Bytes(key).first(32),
                                   crypto::AeadPurpose::kSeal, 12, 16);
  EXPECT_TRUE(aead.has_value());
  Buffer message(kHeaderBytes + kPayloadHeaderBytes + 8 + plain.size() + 16);
  Header header = TestHeader();
  header.next_payload = PayloadType::kEncrypted;
  header.length = static_cast<uint32_t>(message.size());
  const MutableBytes all(message);
  BuildHeader(header, all.first<kHeaderBytes>());
  StoreBe16(message.data() + kHeaderBytes + 2,
            static_cast<uint16_t>(message.size() - kHeaderBytes));
  Buffer nonce = test::Of(Bytes(key).last(4));
  nonce.resize(12);
  EXPECT_TRUE(aead->Seal(nonce, all.first(32), plain, all.subspan(40, plain.size()), all.last(16)));
  return message;
}

// Any padding may come, of any bytes (RFC 7296, 3.14); more of it than there is text may not.
TEST(SkCipherTest, PaddingOfThePeer) {
  const Buffer key = test::Counting(36);
  const SkKeys keys{{EncryptionId::kChaCha20Poly1305, 0}, IntegrityId::kNone, key, {}};
  for (size_t padding = 0; padding <= 255; ++padding) {
    Buffer plain = test::Counting(3);
    plain.insert(plain.end(), padding, 0xee);
    plain.push_back(static_cast<uint8_t>(padding));
    const auto opened = OpenWhole(keys, SealedByHand(key, plain));
    ASSERT_TRUE(opened.has_value()) << padding;
    EXPECT_EQ(opened->text, test::Counting(3));
  }
  EXPECT_TRUE(OpenWhole(keys, SealedByHand(key, {0, 0, 2}))->text.empty());
  for (const Buffer& plain : {Buffer{1}, Buffer{255}, Buffer{0, 0, 3}}) {
    const auto opened = OpenWhole(keys, SealedByHand(key, plain));
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kMalformed);
  }
}

// ---- fragments

TEST(SkCipherTest, FragmentsFitAndGiveTheTextBack) {
  SeededRng rng(vam::test::TestSeed());
  for (const Protection& p : Protections()) {
    SCOPED_TRACE(NameOf(p));
    for (const size_t max_bytes : {size_t{128}, size_t{200}, size_t{576}, size_t{1280}}) {
      for (const size_t around : {max_bytes, 2 * max_bytes, 3 * max_bytes}) {
        for (size_t bytes = around - 100; bytes < around + 2; bytes += 7) {
          SkCounter counter;
          Buffer text(bytes);
          rng.Fill(text);
          const auto packets = SealFragments(p.keys(), counter, rng, TestHeader(),
                                             PayloadType::kIdInitiator, text, max_bytes);
          ASSERT_TRUE(packets.has_value());
          FragmentBuffer buffer;
          std::optional<FragmentBuffer::Whole> whole;
          std::vector<size_t> order(packets->size());
          for (size_t i = 0; i < order.size(); ++i) order[i] = i;
          for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.Below(i)]);
          for (const size_t i : order) {
            ASSERT_LE((*packets)[i].size(), max_bytes);
            auto opened = OpenWhole(p.keys(), (*packets)[i]);
            ASSERT_TRUE(opened.has_value());
            if (packets->size() == 1) {
              EXPECT_EQ(opened->type, PayloadType::kEncrypted);
              whole = FragmentBuffer::Whole{opened->first, opened->text};
              break;
            }
            EXPECT_EQ(opened->fragment.total, packets->size());
            EXPECT_EQ(opened->fragment.number, i + 1);
            ASSERT_FALSE(whole.has_value());
            EXPECT_TRUE(buffer.Wants(9, false, opened->fragment));
            auto added = buffer.Add(9, false, opened->fragment, opened->first, opened->text,
                                    kMaxMessageBytes);
            ASSERT_TRUE(added.has_value());
            whole = std::move(*added);
          }
          ASSERT_TRUE(whole.has_value());
          EXPECT_EQ(whole->text, text);
          EXPECT_EQ(whole->first, PayloadType::kIdInitiator);
        }
      }
    }
  }
}

TEST(SkCipherTest, FragmentLimits) {
  SeededRng rng(1);
  SkCounter counter;
  const Protection p = Protections().front();
  const auto seal = [&](size_t text, size_t max_bytes) {
    return SealFragments(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce, Buffer(text),
                         max_bytes);
  };
  const auto none = seal(500, 60);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  const auto many = seal(65'000, 100);
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().code, ErrorCode::kExhausted);
  // No UDP datagram holds it.
  const auto whole =
      Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce, Buffer(65'536));
  ASSERT_FALSE(whole.has_value());
  EXPECT_EQ(whole.error().code, ErrorCode::kExhausted);
}

TEST(SkCipherTest, IvsNeverRepeat) {
  SeededRng rng(1);
  for (const Protection& p : Protections()) {
    SCOPED_TRACE(NameOf(p));
    SkCounter counter;
    std::set<Buffer> seen;
    const size_t iv_bytes = InfoOf(p.cipher).iv_bytes;
    const auto note = [&](const Buffer& message) {
      const EncryptedPart part = PartOf(message);
      const size_t fixed =
          part.payload.type == PayloadType::kEncryptedFragment ? kFragmentHeaderBytes : 0;
      const Bytes iv = Bytes(message).subspan(part.offset + kPayloadHeaderBytes + fixed, iv_bytes);
      EXPECT_TRUE(seen.insert(test::Of(iv)).second);
    };
    for (int i = 0; i < 50; ++i) {
      note(*Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce, Buffer(20)));
      const auto packets = SealFragments(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce,
                                         Buffer(300), 200);
      for (const auto& packet : *packets) {
        note(packet);
      }
    }
    EXPECT_GE(seen.size(), 150U);
    if (!InfoOf(p.cipher).combined()) continue;
    // At its end a key is used no more.
    counter.next = UINT64_MAX;
    const auto after = Seal(p.keys(), counter, rng, TestHeader(), PayloadType::kNonce, Buffer(1));
    ASSERT_FALSE(after.has_value());
    EXPECT_EQ(after.error().code, ErrorCode::kExhausted);
  }
}

}  // namespace
}  // namespace vam::ike::v2
