#include "sw/crypto/block_cipher.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/vectors.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

void Check(CipherAlgorithm algorithm, const Buffer& key, const test::VectorRecord& r) {
  SCOPED_TRACE(r.source);
  auto encrypt = BlockCipher::Create(algorithm, key, CipherPurpose::kEncrypt);
  auto decrypt = BlockCipher::Create(algorithm, key, CipherPurpose::kDecrypt);
  ASSERT_TRUE(encrypt.has_value() && decrypt.has_value());
  const Buffer iv = r.Hex("IV");
  for (int again = 0; again < 2; ++again) {
    Buffer text = r.Hex("PLAINTEXT");
    ASSERT_FALSE(text.empty());
    ASSERT_TRUE(encrypt->Run(iv, text, text));
    EXPECT_EQ(text, r.Hex("CIPHERTEXT"));
    Buffer back(text.size());
    ASSERT_TRUE(decrypt->Run(iv, text, back));
    EXPECT_EQ(back, r.Hex("PLAINTEXT"));
  }
}

TEST(BlockCipherTest, NistCavpAesCbc) {
  size_t records = 0;
  for (const char* kind : {"GFSbox", "KeySbox", "MMT", "VarKey", "VarTxt"}) {
    for (const char* bits : {"128", "192", "256"}) {
      const std::string file = std::string("ciphers/AES/CBC/CBC") + kind + bits + ".rsp";
      for (const auto& r : test::LoadDebianVectors(file, "COUNT")) {
        Check(CipherAlgorithm::kAesCbc, r.Hex("KEY"), r);
        ++records;
      }
    }
  }
  EXPECT_GE(records, 2000u);
}

TEST(BlockCipherTest, Rfc3686AesCtr) {
  size_t records = 0;
  for (const char* bits : {"128", "192", "256"}) {
    const std::string file = std::string("ciphers/AES/CTR/aes-") + bits + "-ctr.txt";
    for (const auto& r : test::LoadDebianVectors(file, "COUNT")) {
      Check(CipherAlgorithm::kAesCtr, r.Hex("KEY"), r);
      ++records;
    }
  }
  EXPECT_EQ(records, 9u);
}

Buffer Thrice(const Buffer& key) {
  Buffer all = key;
  all.insert(all.end(), key.begin(), key.end());
  all.insert(all.end(), key.begin(), key.end());
  return all;
}

TEST(BlockCipherTest, NistCavpTripleDesCbc) {
  size_t records = 0;
  for (const char* name : {"TCBCMMT2", "TCBCMMT3"}) {
    for (const auto& r :
         test::LoadDebianVectors(std::string("ciphers/3DES/CBC/") + name + ".rsp", "COUNT")) {
      Buffer key = r.Hex("KEY1");
      for (const char* part : {"KEY2", "KEY3"}) {
        const Buffer more = r.Hex(part);
        key.insert(key.end(), more.begin(), more.end());
      }
      Check(CipherAlgorithm::kTripleDesCbc, key, r);
      ++records;
    }
  }
  EXPECT_GE(records, 40u);
}

// With three equal keys 3DES is DES, so these files are vectors of both.
TEST(BlockCipherTest, NistCavpDesCbc) {
  size_t records = 0;
  for (const char* name :
       {"TCBCinvperm", "TCBCpermop", "TCBCsubtab", "TCBCvarkey", "TCBCvartext"}) {
    for (const auto& r :
         test::LoadDebianVectors(std::string("ciphers/3DES/CBC/") + name + ".rsp", "COUNT")) {
      Check(CipherAlgorithm::kDesCbc, r.Hex("KEYs"), r);
      Check(CipherAlgorithm::kTripleDesCbc, Thrice(r.Hex("KEYs")), r);
      ++records;
    }
  }
  for (const auto& r : test::LoadDebianVectors("ciphers/3DES/CBC/TCBCMMT1.rsp", "COUNT")) {
    Check(CipherAlgorithm::kDesCbc, r.Hex("KEY1"), r);
    ++records;
  }
  EXPECT_GE(records, 400u);
}

TEST(BlockCipherTest, WrongUseIsRefused) {
  const Buffer key(32, 1);
  EXPECT_FALSE(
      BlockCipher::Create(CipherAlgorithm::kAesCbc, Bytes(key).first(15), CipherPurpose::kEncrypt)
          .has_value());
  EXPECT_FALSE(
      BlockCipher::Create(CipherAlgorithm::kDesCbc, Bytes(key).first(24), CipherPurpose::kEncrypt)
          .has_value());
  EXPECT_FALSE(BlockCipher::Create(CipherAlgorithm::kTripleDesCbc, Bytes(key).first(16),
                                   CipherPurpose::kEncrypt)
                   .has_value());
  auto cbc = BlockCipher::Create(CipherAlgorithm::kAesCbc, key, CipherPurpose::kEncrypt);
  ASSERT_TRUE(cbc.has_value());
  EXPECT_EQ(cbc->block_bytes(), 16u);
  Buffer text(17);
  EXPECT_FALSE(cbc->Run(Bytes(key).first(16), text, text));
  EXPECT_FALSE(cbc->Run(Bytes(key).first(15), Bytes(text).first(16), text));
  EXPECT_FALSE(cbc->Run(Bytes(key).first(16), Bytes(text).first(16), MutableBytes(text).first(15)));
  EXPECT_TRUE(cbc->Run(Bytes(key).first(16), {}, {}));
  auto ctr = BlockCipher::Create(CipherAlgorithm::kAesCtr, key, CipherPurpose::kDecrypt);
  ASSERT_TRUE(ctr.has_value());
  EXPECT_TRUE(ctr->Run(Bytes(key).first(16), text, text));
}

}  // namespace
}  // namespace vam::crypto
