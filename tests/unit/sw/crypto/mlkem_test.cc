// ML-KEM against Wycheproof, its hash functions against libcrypto.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sw/crypto/key_exchange.h"
#include "sw/crypto/mlkem/keccak.h"
#include "tests/support/seed.h"
#include "tests/support/vectors.h"
#include "tests/unit/sw/crypto/scripted_rng.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

struct File {
  Group group;
  const char* name;
  size_t records;
  size_t valid;
};

TEST(MlKemTest, EncapsulationOfWycheproof) {
  const File files[] = {{Group::kMlKem512, "wycheproof_mlkem_512_encaps.rsp", 39, 19},
                        {Group::kMlKem768, "wycheproof_mlkem_768_encaps.rsp", 43, 19},
                        {Group::kMlKem1024, "wycheproof_mlkem_1024_encaps.rsp", 47, 19}};
  for (const File& file : files) {
    const auto records = test::LoadVectors(file.name, "Count");
    EXPECT_EQ(records.size(), file.records);
    size_t valid = 0;
    for (const auto& r : records) {
      SCOPED_TRACE(r.source);
      test::ScriptedRng rng(r.Hex("M"));
      const auto answer = KeyExchange::Respond(file.group, r.Hex("Ek"), rng);
      ASSERT_EQ(answer.has_value(), r.fields.at("Result") == "valid");
      if (!answer.has_value()) {
        EXPECT_EQ(answer.error().code, ErrorCode::kMalformed);
        continue;
      }
      EXPECT_EQ(Copy(answer->own.public_data()), r.Hex("C"));
      EXPECT_EQ(Copy(answer->shared.bytes()), r.Hex("K"));
      ++valid;
    }
    EXPECT_EQ(valid, file.valid);
  }
}

// Keys of seeds, and what comes of ciphertexts: of spoiled ones the secret of implicit rejection.
TEST(MlKemTest, KeysAndDecapsulationOfWycheproof) {
  const File files[] = {{Group::kMlKem512, "wycheproof_mlkem_512.rsp", 50, 34},
                        {Group::kMlKem768, "wycheproof_mlkem_768.rsp", 51, 35},
                        {Group::kMlKem1024, "wycheproof_mlkem_1024.rsp", 52, 36}};
  constexpr size_t kSeedBytes = 64;
  for (const File& file : files) {
    const auto records = test::LoadVectors(file.name, "Count");
    EXPECT_EQ(records.size(), file.records);
    size_t valid = 0;
    for (const auto& r : records) {
      if (r.Hex("Seed").size() != kSeedBytes) continue;  // what our source of chance never gives
      SCOPED_TRACE(r.source);
      test::ScriptedRng rng(r.Hex("Seed"));
      const auto own = KeyExchange::Start(file.group, rng);
      ASSERT_TRUE(own.has_value());
      EXPECT_EQ(rng.left(), 0u);
      EXPECT_EQ(Copy(own->public_data()), r.Hex("Ek"));
      const auto shared = own->Finish(r.Hex("C"));
      ASSERT_EQ(shared.has_value(), r.fields.at("Result") == "valid");
      if (!shared.has_value()) {
        EXPECT_EQ(shared.error().code, ErrorCode::kMalformed);
        continue;
      }
      EXPECT_EQ(Copy(shared->bytes()), r.Hex("K"));
      ++valid;
    }
    EXPECT_EQ(valid, file.valid);
  }
}

TEST(MlKemTest, BothSidesAgree) {
  SeededRng rng(test::TestSeed());
  for (const Group group : {Group::kMlKem512, Group::kMlKem768, Group::kMlKem1024}) {
    const GroupInfo& info = *FindGroup(static_cast<uint16_t>(group));
    SCOPED_TRACE(info.name);
    const auto initiator = KeyExchange::Start(group, rng);
    ASSERT_TRUE(initiator.has_value());
    ASSERT_EQ(initiator->public_data().size(), info.initiator_bytes);
    const auto responder = KeyExchange::Respond(group, initiator->public_data(), rng);
    ASSERT_TRUE(responder.has_value());
    ASSERT_EQ(responder->own.public_data().size(), info.responder_bytes);
    EXPECT_EQ(responder->shared.size(), info.shared_bytes);
    const Buffer sent = Copy(responder->own.public_data());
    for (int repeated = 0; repeated < 2; ++repeated) {
      const auto shared = initiator->Finish(sent);
      ASSERT_TRUE(shared.has_value());
      EXPECT_EQ(Copy(shared->bytes()), Copy(responder->shared.bytes()));
    }
    for (const size_t byte : {size_t{0}, sent.size() / 2, sent.size() - 1}) {
      Buffer spoiled = sent;
      spoiled[byte] ^= 1;
      const auto shared = initiator->Finish(spoiled);
      ASSERT_TRUE(shared.has_value());
      EXPECT_NE(Copy(shared->bytes()), Copy(responder->shared.bytes()));
    }
    // The responder keeps no key: it agrees on nothing again.
    EXPECT_FALSE(responder->own.Finish(sent).has_value());
  }
}

// libcrypto's digests.
Buffer Digest(const EVP_MD* type, Bytes in, size_t size) {
  Buffer out(size);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EXPECT_EQ(EVP_DigestInit_ex(context, type, nullptr), 1);
  EXPECT_EQ(EVP_DigestUpdate(context, in.data(), in.size()), 1);
  if ((EVP_MD_flags(type) & EVP_MD_FLAG_XOF) != 0) {
    EXPECT_EQ(EVP_DigestFinalXOF(context, out.data(), size), 1);
  } else {
    EXPECT_EQ(EVP_DigestFinal_ex(context, out.data(), nullptr), 1);
  }
  EVP_MD_CTX_free(context);
  return out;
}

TEST(MlKemTest, KeccakIsLibcryptos) {
  const struct {
    const EVP_MD* type;
    size_t rate;
    vam_keccak_suffix suffix;
    size_t bytes;  // 0: any
  } functions[] = {{EVP_sha3_256(), 136, VAM_KECCAK_SHA3, 32},
                   {EVP_sha3_512(), 72, VAM_KECCAK_SHA3, 64},
                   {EVP_shake128(), 168, VAM_KECCAK_SHAKE, 0},
                   {EVP_shake256(), 136, VAM_KECCAK_SHAKE, 0}};
  SeededRng rng(test::TestSeed());
  Buffer input(700);
  rng.Fill(input);
  for (const auto& function : functions) {
    SCOPED_TRACE(EVP_MD_get0_name(function.type));
    for (size_t size = 0; size <= input.size(); ++size) {
      const Bytes in = Bytes(input).first(size);
      const size_t bytes = function.bytes != 0 ? function.bytes : size + 1;
      Buffer out(bytes);
      vam_keccak_hash(function.rate, function.suffix, in.data(), in.size(), out.data(), bytes);
      ASSERT_EQ(out, Digest(function.type, in, bytes)) << size;
    }
  }
  // In blocks, one call after the other.
  vam_keccak state;
  Buffer out(3 * 168);
  vam_keccak_absorb(&state, 168, VAM_KECCAK_SHAKE, input.data(), input.size());
  vam_keccak_squeeze(&state, 168, out.data(), 1);
  vam_keccak_squeeze(&state, 168, out.data() + 168, 2);
  EXPECT_EQ(out, Digest(EVP_shake128(), input, out.size()));
}

}  // namespace
}  // namespace vam::crypto
