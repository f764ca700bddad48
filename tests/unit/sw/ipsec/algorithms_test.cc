// The algorithm table against the numbers of the RFCs, written down a second time.
#include "sw/ipsec/algorithms.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sw/ipsec/warm_up.h"

namespace vam::ipsec {
namespace {

struct Expected {
  const char* name;
  size_t key, salt, iv, block, icv;
  uint16_t rfc;
  bool legacy;
};

TEST(AlgorithmsTest, EncryptionsAreThoseOfTheRfcs) {
  const Expected rows[] = {
      {"null", 0, 0, 0, 4, 0, 2410, false},
      {"des_cbc", 8, 0, 8, 8, 0, 2405, true},
      {"3des_cbc", 24, 0, 8, 8, 0, 2451, true},
      {"aes_cbc_128", 16, 0, 16, 16, 0, 3602, false},
      {"aes_cbc_192", 24, 0, 16, 16, 0, 3602, false},
      {"aes_cbc_256", 32, 0, 16, 16, 0, 3602, false},
      {"aes_ctr_128", 16, 4, 8, 4, 0, 3686, false},
      {"aes_ctr_192", 24, 4, 8, 4, 0, 3686, false},
      {"aes_ctr_256", 32, 4, 8, 4, 0, 3686, false},
      {"aes_gcm_128_icv8", 16, 4, 8, 4, 8, 4106, false},
      {"aes_gcm_128_icv12", 16, 4, 8, 4, 12, 4106, false},
      {"aes_gcm_128", 16, 4, 8, 4, 16, 4106, false},
      {"aes_gcm_192_icv8", 24, 4, 8, 4, 8, 4106, false},
      {"aes_gcm_192_icv12", 24, 4, 8, 4, 12, 4106, false},
      {"aes_gcm_192", 24, 4, 8, 4, 16, 4106, false},
      {"aes_gcm_256_icv8", 32, 4, 8, 4, 8, 4106, false},
      {"aes_gcm_256_icv12", 32, 4, 8, 4, 12, 4106, false},
      {"aes_gcm_256", 32, 4, 8, 4, 16, 4106, false},
      {"aes_ccm_128_icv8", 16, 3, 8, 4, 8, 4309, false},
      {"aes_ccm_128_icv12", 16, 3, 8, 4, 12, 4309, false},
      {"aes_ccm_128", 16, 3, 8, 4, 16, 4309, false},
      {"aes_ccm_192_icv8", 24, 3, 8, 4, 8, 4309, false},
      {"aes_ccm_192_icv12", 24, 3, 8, 4, 12, 4309, false},
      {"aes_ccm_192", 24, 3, 8, 4, 16, 4309, false},
      {"aes_ccm_256_icv8", 32, 3, 8, 4, 8, 4309, false},
      {"aes_ccm_256_icv12", 32, 3, 8, 4, 12, 4309, false},
      {"aes_ccm_256", 32, 3, 8, 4, 16, 4309, false},
      {"chacha20_poly1305", 32, 4, 8, 4, 16, 7634, false},
      {"aes_gmac_128", 16, 4, 8, 4, 16, 4543, false},
      {"aes_gmac_192", 24, 4, 8, 4, 16, 4543, false},
      {"aes_gmac_256", 32, 4, 8, 4, 16, 4543, false},
  };
  ASSERT_EQ(Encryptions().size(), std::size(rows));
  for (size_t i = 0; i < std::size(rows); ++i) {
    const EncryptionInfo& info = Encryptions()[i];
    SCOPED_TRACE(rows[i].name);
    EXPECT_EQ(info.name, rows[i].name);
    EXPECT_EQ(&InfoOf(info.id), &info);
    EXPECT_EQ(info.key_bytes, rows[i].key);
    EXPECT_EQ(info.salt_bytes, rows[i].salt);
    EXPECT_EQ(info.iv_bytes, rows[i].iv);
    EXPECT_EQ(info.block_bytes, rows[i].block);
    EXPECT_EQ(info.icv_bytes, rows[i].icv);
    EXPECT_EQ(info.combined(), rows[i].icv != 0);
    EXPECT_EQ(info.rfc, rows[i].rfc);
    EXPECT_EQ(info.legacy, rows[i].legacy);
  }
}

TEST(AlgorithmsTest, IntegritiesAreThoseOfTheRfcs) {
  const Expected rows[] = {
      {"hmac_md5_96", 16, 0, 0, 0, 12, 2403, true},
      {"hmac_sha1_96", 20, 0, 0, 0, 12, 2404, true},
      {"hmac_sha256_128", 32, 0, 0, 0, 16, 4868, false},
      {"hmac_sha384_192", 48, 0, 0, 0, 24, 4868, false},
      {"hmac_sha512_256", 64, 0, 0, 0, 32, 4868, false},
      {"aes_xcbc_96", 16, 0, 0, 0, 12, 3566, false},
      {"aes_cmac_96", 16, 0, 0, 0, 12, 4494, false},
      {"aes_gmac_128", 16, 4, 8, 0, 16, 4543, false},
      {"aes_gmac_192", 24, 4, 8, 0, 16, 4543, false},
      {"aes_gmac_256", 32, 4, 8, 0, 16, 4543, false},
  };
  ASSERT_EQ(Integrities().size(), std::size(rows));
  for (size_t i = 0; i < std::size(rows); ++i) {
    const IntegrityInfo& info = Integrities()[i];
    SCOPED_TRACE(rows[i].name);
    EXPECT_EQ(info.name, rows[i].name);
    EXPECT_EQ(&InfoOf(info.id), &info);
    EXPECT_EQ(info.key_bytes, rows[i].key);
    EXPECT_EQ(info.salt_bytes, rows[i].salt);
    EXPECT_EQ(info.iv_bytes, rows[i].iv);
    EXPECT_EQ(info.icv_bytes, rows[i].icv);
    EXPECT_EQ(info.rfc, rows[i].rfc);
    EXPECT_EQ(info.legacy, rows[i].legacy);
  }
}

TEST(AlgorithmsTest, EachOneWorksHere) {
  const Status used = UseEveryAlgorithm();
  EXPECT_TRUE(used.has_value()) << used.error().text;
}

}  // namespace
}  // namespace vam::ipsec
