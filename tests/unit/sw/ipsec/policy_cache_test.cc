#include "sw/ipsec/policy_cache.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "sw/base/bytes.h"
#include "sw/base/rng.h"

namespace vam::ipsec {
namespace {

Flow UdpFlow(uint32_t source, uint32_t destination, uint16_t source_port, uint16_t port) {
  Flow flow;
  flow.source = net::Address::V4(source);
  flow.destination = net::Address::V4(destination);
  flow.protocol = net::kProtocolUdp;
  flow.ports = Field::kShown;
  flow.source_port = source_port;
  flow.destination_port = port;
  return flow;
}

PolicyLine SubnetLine(uint32_t source, uint32_t destination) {
  PolicyLine line;
  line.source = AddressMatch::V4(source, 0xff);
  line.destination = AddressMatch::V4(destination, 0xff);
  return line;
}

uint64_t LibcryptoSipHash(const SipHashKey& key, const Policy::Words& words) {
  std::array<uint8_t, 16> key_bytes;
  StoreLe64(&key_bytes[0], key.k0);
  StoreLe64(&key_bytes[8], key.k1);
  std::array<uint8_t, 48> text;
  for (size_t i = 0; i < words.size(); ++i) StoreLe64(&text[i * 8], words[i]);
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
      EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(
      EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  size_t size = 8;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_END};
  std::array<uint8_t, 8> digest{};
  EXPECT_EQ(EVP_MAC_init(context.get(), key_bytes.data(), key_bytes.size(), params), 1);
  EXPECT_EQ(EVP_MAC_update(context.get(), text.data(), text.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()), 1);
  return LoadLe64(digest.data());
}

TEST(PolicyCacheTest, HashIsSipHash) {
  SeededRng rng(7);
  for (int i = 0; i < 100; ++i) {
    const SipHashKey key{rng.U64(), rng.U64()};
    Policy::Words words;
    for (uint64_t& word : words) word = rng.U64();
    EXPECT_EQ(SipHash(key, words), LibcryptoSipHash(key, words));
  }
}

TEST(PolicyCacheTest, KeyHoldsOnlyTheBitsThatSomeLineLooksAt) {
  const Policy subnets({{1, 10, {SubnetLine(0x0a010000, 0x0a020000)}, true}});
  PolicyCache cache(64, {1, 2}, 0);
  EXPECT_TRUE(cache.Find(subnets, UdpFlow(0x0a010001, 0x0a020001, 1, 2)).protect());
  // Another host of the same subnets, other ports, another protocol.
  Flow other = UdpFlow(0x0a010077, 0x0a020078, 3, 4);
  EXPECT_TRUE(cache.Find(subnets, other).protect());
  other.protocol = net::kProtocolTcp;
  EXPECT_TRUE(cache.Find(subnets, other).protect());
  EXPECT_EQ(cache.hits(), 2u);
  EXPECT_EQ(cache.misses(), 1u);
}

TEST(PolicyCacheTest, KeyHoldsTheFieldsThatAnyLineLooksAt) {
  PolicyLine line = SubnetLine(0x0a010000, 0x0a020000);
  line.protocol = net::kProtocolUdp;
  line.destination_ports = {53, 53};
  const Policy policy({{1, 10, {line}, true}});
  PolicyCache cache(64, {1, 2}, 0);
  EXPECT_TRUE(cache.Find(policy, UdpFlow(0x0a010001, 0x0a020001, 1, 53)).protect());
  EXPECT_TRUE(cache.Find(policy, UdpFlow(0x0a010001, 0x0a020001, 9, 53)).protect());
  EXPECT_EQ(cache.hits(), 1u);  // no line looks at source ports
  EXPECT_FALSE(cache.Find(policy, UdpFlow(0x0a010001, 0x0a020001, 1, 54)).protect());
  Flow hidden = UdpFlow(0x0a010001, 0x0a020001, 0, 0);
  hidden.ports = Field::kHidden;
  EXPECT_TRUE(cache.Find(policy, hidden).protect());
  EXPECT_FALSE(cache.Find(policy, UdpFlow(0x0a010001, 0x0a020001, 0, 0)).protect());
  EXPECT_EQ(cache.hits(), 1u);
}

TEST(PolicyCacheTest, KeyHoldsIcmpTypeAndCode) {
  PolicyLine line = SubnetLine(0x0a010000, 0x0a020000);
  line.icmp_type = 3;
  line.icmp_code = 4;
  const Policy policy({{1, 10, {line}, true}});
  PolicyCache cache(64, {1, 2}, 0);
  Flow flow = UdpFlow(0x0a010001, 0x0a020001, 0, 0);
  flow.protocol = net::kProtocolIcmp;
  flow.ports = Field::kAbsent;
  flow.icmp = Field::kShown;
  for (const uint8_t type : {uint8_t{3}, uint8_t{8}}) {
    for (const uint8_t code : {uint8_t{4}, uint8_t{1}}) {
      flow.icmp_type = type;
      flow.icmp_code = code;
      EXPECT_EQ(cache.Find(policy, flow).protect(), type == 3 && code == 4);
    }
  }
  EXPECT_EQ(cache.hits(), 0u);
}

TEST(PolicyCacheTest, PublishedPolicyReplacesResults) {
  const Flow flow = UdpFlow(0x0a010001, 0x0a020001, 1, 2);
  PolicyCache cache(2, {1, 2}, 0);
  EXPECT_TRUE(
      cache.Find(Policy({{1, 10, {SubnetLine(0x0a010000, 0x0a020000)}, true}}), flow).protect());
  cache.Invalidate();
  EXPECT_FALSE(
      cache.Find(Policy({{1, 10, {SubnetLine(0x0a010000, 0x0a030000)}, true}}), flow).protect());
  EXPECT_EQ(cache.hits(), 0u);
}

TEST(PolicyCacheTest, PoliciesOfOneEpochAreApart) {
  const Flow flow = UdpFlow(0x0a010001, 0x0a020001, 1, 2);
  const Policy first({{1, 10, {SubnetLine(0x0a010000, 0x0a020000)}, true}}, 0);
  const Policy second({{5, 10, {SubnetLine(0x0a010000, 0x0a020000)}, true}}, 1);
  PolicyCache cache(2, {1, 2}, 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(cache.Find(first, flow).entry, 1u);
    EXPECT_EQ(cache.Find(second, flow).entry, 5u);
  }
  EXPECT_EQ(cache.hits(), 2u);  // two places of one set
}

TEST(PolicyCacheTest, ShortListsAreAskedThemselves) {
  const Flow flow = UdpFlow(0x0a010001, 0x0a020001, 1, 2);
  const PolicyLine line = SubnetLine(0x0a010000, 0x0a020000);
  PolicyCache cache(64, {1, 2}, 2);
  EXPECT_TRUE(cache.Find(Policy({{1, 10, {line, line}, true}}), flow).protect());
  EXPECT_EQ(cache.misses(), 0u);
  EXPECT_TRUE(cache.Find(Policy({{1, 10, {line, line, line}, true}}), flow).protect());
  EXPECT_EQ(cache.misses(), 1u);
}

TEST(PolicyCacheTest, MoreFlowsThanPlacesStayRight) {
  PolicyLine line = SubnetLine(0x0a010000, 0x0a020000);
  line.destination_ports = {0, 511};
  const Policy policy({{1, 10, {line}, true}});
  PolicyCache cache(16, {3, 4}, 0);
  for (int round = 0; round < 3; ++round) {
    for (uint16_t port = 0; port < 1024; ++port) {
      const Flow flow = UdpFlow(0x0a010001, 0x0a020001, 1, port);
      EXPECT_EQ(cache.Find(policy, flow).protect(), port < 512);
    }
  }
}

// Every one of more entries than there is room for paths sends the packet on: it is walked again.
TEST(PolicyCacheTest, DeniesAreCountedWithoutRoomToRememberThem) {
  constexpr uint32_t kEntries = 5000;
  PolicyLine deny = SubnetLine(0x0a010000, 0x0a020000);
  deny.permit = false;
  std::vector<PolicyEntry> entries;
  for (uint32_t i = 0; i < kEntries; ++i) entries.push_back({i, i, {deny}, true});
  const Policy policy(entries);
  PolicyCache cache(64, {1, 2}, 0);
  const Flow flow = UdpFlow(0x0a010001, 0x0a020001, 1, 2);
  for (int turn = 0; turn < 3; ++turn) {
    const PolicyMatch match = cache.Find(policy, flow);
    EXPECT_FALSE(match.protect());
    uint64_t count = 0, sum = 0;
    cache.ForEachDeny(policy, flow, match, [&](uint32_t position, uint32_t) {
      ++count;
      sum += position;
    });
    EXPECT_EQ(count, kEntries);
    EXPECT_EQ(sum, uint64_t{kEntries} * (kEntries - 1) / 2);
    if (turn == 1) cache.Invalidate();
  }
}

}  // namespace
}  // namespace vam::ipsec
