#include "sw/ipsec/engine.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

std::string Missing(const Capabilities& capabilities, const SaParams& params) {
  const Status status = CheckCapabilities(capabilities, params);
  return status.has_value() ? "" : status.error().text;
}

TEST(EngineTest, ARefusalNamesTheMissingCapability) {
  Capabilities capabilities = test::Runner().engine.capabilities();
  SaParams params = test::MakeSa(Direction::kIn, Encryption::kAesGcm192Icv16);
  params.esn = true;
  params.replay_window = 1024;
  params.lifetimes.soft_bytes = 1;
  EXPECT_EQ(Missing(capabilities, params), "");
  capabilities.outer_ipv6 = capabilities.inner_ipv6 = capabilities.transport = false;
  capabilities.lifetimes = false;
  EXPECT_EQ(Missing(capabilities, params), "lifetimes");
  capabilities.max_replay_window = 1023;
  EXPECT_EQ(Missing(capabilities, params), "replay_window");
  capabilities.esn = false;
  EXPECT_EQ(Missing(capabilities, params), "esn");
  params.udp_local = 4500;
  EXPECT_EQ(Missing(capabilities, params), "nat_t");
  params.selectors.remote = *net::Prefix::Parse("2001:db8::/32");
  EXPECT_EQ(Missing(capabilities, params), "inner_ipv6");
  params.local = test::Ip("::1");
  EXPECT_EQ(Missing(capabilities, params), "outer_ipv6");
  params.mode = Mode::kTransport;
  EXPECT_EQ(Missing(capabilities, params), "transport");
  capabilities.encryption.reset(BitOf(Encryption::kAesGcm192Icv16));
  EXPECT_EQ(Missing(capabilities, params), "aes_gcm_192");
  params.suite = {Encryption::kNull, Integrity::kHmacSha1_96};
  capabilities.integrity.reset();
  EXPECT_EQ(Missing(capabilities, params), "hmac_sha1_96");
  params.protocol = Protocol::kAh;
  capabilities.ah = false;
  EXPECT_EQ(Missing(capabilities, params), "ah");
}

}  // namespace
}  // namespace vam::ipsec
