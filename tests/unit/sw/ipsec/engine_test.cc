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
  SaParams params = test::MakeSa(Direction::kIn, CipherSuite::kAesGcm192Icv16);
  params.esn = true;
  params.replay_window = 1024;
  params.lifetimes.soft_bytes = 1;
  EXPECT_EQ(Missing(capabilities, params), "");
  capabilities.lifetimes = false;
  EXPECT_EQ(Missing(capabilities, params), "lifetimes");
  capabilities.max_replay_window = 1023;
  EXPECT_EQ(Missing(capabilities, params), "replay_window");
  capabilities.esn = false;
  EXPECT_EQ(Missing(capabilities, params), "esn");
  params.udp_local = 4500;
  EXPECT_EQ(Missing(capabilities, params), "nat_t");
  params.local = test::Ip("::1");
  EXPECT_EQ(Missing(capabilities, params), "outer_ipv6");
  params.mode = Mode::kTransport;
  EXPECT_EQ(Missing(capabilities, params), "transport");
  capabilities.aes_gcm_192 = false;
  EXPECT_EQ(Missing(capabilities, params), "aes_gcm_192");
}

}  // namespace
}  // namespace vam::ipsec
