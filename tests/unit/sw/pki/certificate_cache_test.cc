// Certificates by hash and URL as they were fetched, and bundles of them.
#include "sw/pki/certificate_cache.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <vector>

#include "sw/pki/certificate_bundle.h"
#include "sw/pki/verify.h"

namespace vam::pki {
namespace {

using Buffer = std::vector<uint8_t>;

std::string KeyOf(const Buffer& data) {
  CertificateHash hash{};
  SHA1(data.data(), data.size(), hash.data());
  return CertificateKey(hash);
}

TEST(CertificateCacheTest, OnlyWhatItsHashNames) {
  CertificateCache cache;
  const Buffer data(100, 7);
  EXPECT_EQ(cache.Put(KeyOf(Buffer(100, 8)), data, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(cache.size(), 0u);
  ASSERT_TRUE(cache.Put(KeyOf(data), data, 0));
  ASSERT_NE(cache.Find(KeyOf(data), 0), nullptr);
  EXPECT_EQ(*cache.Find(KeyOf(data), 0), data);
  const Buffer long_data(CertificateCache::kMaxBytes + 1, 1);
  EXPECT_EQ(cache.Put(KeyOf(long_data), long_data, 0).error().code, ErrorCode::kExhausted);
}

TEST(CertificateCacheTest, IsShortUnlessItIsKept) {
  CertificateCache cache;
  const Buffer data(10, 7);
  ASSERT_TRUE(cache.Put(KeyOf(data), data, 1'000));
  EXPECT_NE(cache.Find(KeyOf(data), 1'000 + CertificateCache::kShortS), nullptr);
  EXPECT_EQ(cache.Find(KeyOf(data), 1'001 + CertificateCache::kShortS), nullptr);
  cache.SetKept(1);
  EXPECT_NE(cache.Find(KeyOf(data), 1'000'000), nullptr);
}

TEST(CertificateCacheTest, FailuresCountForATime) {
  CertificateCache cache;
  EXPECT_FALSE(cache.Failed("cert:x", 0));
  cache.Fail("cert:x", 60);
  EXPECT_TRUE(cache.Failed("cert:x", 59));
  EXPECT_FALSE(cache.Failed("cert:x", 60));
  EXPECT_EQ(cache.Find("cert:x", 0), nullptr);
}

TEST(CertificateCacheTest, IsBounded) {
  CertificateCache cache;
  cache.SetKept(10);
  Buffer data(4, 0);
  for (int i = 0; i < 1'000; ++i) {
    data[0] = static_cast<uint8_t>(i);
    data[1] = static_cast<uint8_t>(i >> 8);
    ASSERT_TRUE(cache.Put(KeyOf(data), data, 0));
  }
  EXPECT_EQ(cache.size(), 10 + CertificateCache::kMostShort);
  EXPECT_NE(cache.Find(KeyOf(data), 0), nullptr) << "the oldest give way";
  cache.SetKept(0);
  EXPECT_EQ(cache.size(), CertificateCache::kMostShort);

  cache.SetKept(2'000);
  Buffer big(CertificateCache::kMaxBytes, 0);
  const size_t most = CertificateCache::kMaxAllBytes / CertificateCache::kMaxBytes;
  for (size_t i = 0; i < 2 * most; ++i) {
    big[0] = static_cast<uint8_t>(i);
    big[1] = static_cast<uint8_t>(i >> 8);
    ASSERT_TRUE(cache.Put(KeyOf(big), big, 0));
  }
  EXPECT_LE(cache.size(), most);
}

// ---- bundles

Buffer Element(uint8_t tag, const Buffer& content) {
  Buffer out{tag, static_cast<uint8_t>(content.size())};
  out.insert(out.end(), content.begin(), content.end());
  return out;
}
Buffer Joined(const std::vector<Buffer>& parts) {
  Buffer out;
  for (const Buffer& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

TEST(CertificateBundleTest, CertificatesInTheirOrderWithoutLists) {
  const Buffer first = Element(0x30, {0x02, 0x01, 0x01});
  const Buffer second = Element(0x30, {0x02, 0x01, 0x02});
  const Buffer bundle =
      Element(0x30, Joined({Element(0xa0, first), Element(0xa1, first), Element(0xa0, second)}));
  const auto read = ReadBundle(bundle);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(Buffer((*read)[0].begin(), (*read)[0].end()), first);
  EXPECT_EQ(Buffer((*read)[1].begin(), (*read)[1].end()), second);
  EXPECT_TRUE(ReadBundle(Buffer{0x30, 0x00})->empty());
}

TEST(CertificateBundleTest, WhatIsNone) {
  const Buffer one = Element(0xa0, Element(0x30, {}));
  EXPECT_FALSE(ReadBundle({}));
  EXPECT_FALSE(ReadBundle(one)) << "no sequence";
  EXPECT_FALSE(ReadBundle(Element(0x30, Element(0xa2, {})))) << "neither certificate nor list";
  EXPECT_FALSE(ReadBundle(Buffer{0x30, 0x80, 0x00, 0x00})) << "no DER";
  Buffer cut = Element(0x30, one);
  cut.pop_back();
  EXPECT_FALSE(ReadBundle(cut));
  const Buffer most = Element(0x30, Joined(std::vector<Buffer>(kMaxPeerCertificates, one)));
  EXPECT_EQ(ReadBundle(most)->size(), kMaxPeerCertificates);
  const Buffer more = Element(0x30, Joined(std::vector<Buffer>(kMaxPeerCertificates + 1, one)));
  EXPECT_EQ(ReadBundle(more).error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace vam::pki
