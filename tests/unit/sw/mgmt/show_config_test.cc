// What follows from the crypto statements, against the guides' samples (OUT-10, OUT-23).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/parser.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/show_config_crypto.h"
#include "tests/unit/sw/config/crypto_example.h"
#include "tests/unit/sw/config/example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

config::Running Read(std::string_view text) { return config::test::Read(text).running; }
std::string MapText(const config::Running& running, const std::string& map = "") {
  api::ShowRequest request;
  request.set_map(map);
  return RenderCryptoMap(ShowCryptoMap(running, request));
}

// RouterA of EX-16: OUT-23.
constexpr std::string_view kRouterA =
    "crypto legacy-algorithms enable\n"
    "crypto map testmap 10 ipsec-isakmp\n set peer 209.165.200.225\n match address 101\n"
    "ip route 209.165.200.226 255.255.255.255 209.165.200.225\n"
    "access-list 101 permit ip host 209.165.200.227 host 209.165.200.226\n"
    "interface FastEthernet1/2\n ip address 209.165.200.229 255.255.255.224\n"
    " crypto map testmap\n";

TEST(ShowCryptoMap, WithTheDefaultSetsAsInTheGuide) {
  EXPECT_EQ(MapText(Read(kRouterA)), R"(Crypto Map "testmap" 10 ipsec-isakmp
  Peer = 209.165.200.225
  Extended IP access list 101
    access-list 101 permit ip host 209.165.200.227 host 209.165.200.226
  Current peer: 209.165.200.225
  Security association lifetime: 4608000 kilobytes/3600 seconds
  PFS (Y/N): N
  Transform sets={
    #!default_transform_set_1: { esp-aes esp-sha-hmac } ,
    #!default_transform_set_0: { esp-3des esp-sha-hmac } ,
  }
  Incomplete, traffic is dropped: IKEv1 is not built ('set ikev2-profile' makes it IKEv2's)
  Interfaces using crypto map testmap:
    FastEthernet1/2
)");
}

TEST(ShowCryptoMap, ADynamicEntryNamesItsTemplate) {
  EXPECT_THAT(MapText(Read("crypto dynamic-map dyn_testmap 10\n"
                           "crypto map testmap 10 ipsec-isakmp dynamic dyn_testmap\n")),
              StartsWith("Crypto Map \"testmap\" 10 ipsec-isakmp\n"
                         "  Dynamic map template tag: dyn_testmap\n"));
}

TEST(ShowCryptoMap, AManualEntryShowsItsSpis) {
  EXPECT_EQ(MapText(Read(config::kExample), "vpn"),
            R"(Crypto Map: "vpn" idb: net1 local address: 192.0.2.1
Crypto Map "vpn" 10 ipsec-manual
  Description: to the branch
  Peer = 192.0.2.2
  Extended IP access list 101
    access-list 101 deny icmp host 10.0.0.9 any 8 0
    access-list 101 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.255.255
  Current peer: 192.0.2.2
  Session key, inbound esp: spi 1001, outbound esp: spi 1002
  ESN (Y/N): Y, replay window size: 256
  Transform sets={
    strong: { esp-gcm 256 } ,
  }
  Interfaces using crypto map vpn:
    net1
)");
}

TEST(ShowCryptoMap, EveryStatement) {
  const config::Running running = Read(config::kCryptoExample);
  const std::string text = MapText(running);
  for (const char* line :
       {"  Peer = 192.168.101.1 (default)\n  Peer = gw.example.com\n",
        "  Current peer: 192.168.101.1\n",
        "  Security association lifetime: 10000 kilobytes/2700 seconds\n"
        "  Security association idletime: 120 seconds\n"
        "  Security association level: per-host\n  ESN (Y/N): Y\n"
        "  PFS (Y/N): Y\n  DH group:  group2\n",
        "    aesset: { esp-aes 256 esp-sha-hmac } ,\n",
        "  ISAKMP Profile: customers\n  DF bit: copy\n  Reverse Route Injection Enabled\n",
        "  Session key, inbound ah: spi 256, outbound ah: spi 256\n",
        "  Dynamic map template tag: test-map Discover enabled\n",
        "Crypto Map IPv6 \"CMAP_1\" 1 ipsec-isakmp\n", "  IPv6 access list six\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("98765432"))) << "no key";
  EXPECT_THAT(MapText(running, "CMAP_1"), StartsWith("Crypto Map IPv6"));
  EXPECT_EQ(MapText(running, "none"), "No crypto maps found.\n");
  api::ShowRequest request;
  request.set_interface("Loopback0");
  EXPECT_EQ(ShowCryptoMap(running, request).entry_size(), 0);
}

TEST(ShowCryptoMap, AnIncompleteEntrySaysWhy) {
  EXPECT_THAT(MapText(Read("crypto map m 10 ipsec-isakmp\n set transform-set gone\n"
                           "interface a\n crypto map m\n")),
              HasSubstr("    gone: (not defined) ,\n  }\n"
                        "  Incomplete, traffic is dropped: no peer is set\n"));
}

TEST(ShowDynamicMap, IsATemplate) {
  api::ShowRequest request;
  const config::Running running = Read(config::kCryptoExample);
  EXPECT_EQ(RenderCryptoMap(ShowDynamicMap(running, request)),
            R"(Crypto Map Template"test-map" 1
  Peer = 192.168.101.1
  Extended IP access list 101
    access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255
  Current peer: 192.168.101.1
  Security association lifetime: kilobytes disabled/7200 seconds
  Security association idletime: 600 seconds
  PFS (Y/N): Y
  DH group:  group2
  Transform sets={
    aesset: { esp-aes 256 esp-sha-hmac } ,
  }
)");
  request.set_map("other");
  EXPECT_EQ(ShowDynamicMap(running, request).entry_size(), 0);
}

TEST(ShowTransformSets, DefaultsAsInTheGuide) {
  const std::string guide = R"(Transform set #!default_transform_set_1: { esp-aes esp-sha-hmac }
    will negotiate = { Transport, },

Transform set #!default_transform_set_0: { esp-3des esp-sha-hmac }
    will negotiate = { Transport, },
)";
  EXPECT_EQ(RenderTransformSets(ShowDefaultTransformSets(Read("crypto legacy-algorithms enable"))),
            guide);
  EXPECT_EQ(
      RenderTransformSets(ShowDefaultTransformSets(Read("no crypto ipsec default transform-set"))),
      "");
  api::ShowReply reply;
  reply.mutable_transform_sets();
  EXPECT_EQ(RenderText(reply), "") << "nothing, not an error (EX-14)";
}

TEST(ShowTransformSets, AllAndOne) {
  const config::Running running = Read(config::kCryptoExample);
  api::ShowRequest request;
  EXPECT_THAT(RenderTransformSets(ShowTransformSets(running, request)),
              StartsWith("Transform set aesset: { esp-aes 256 esp-sha-hmac }\n"
                         "    will negotiate = { Transport, },\n\n"
                         "Transform set all: { ah-sha512-hmac esp-3des esp-md5-hmac comp-lzs }\n"
                         "    will negotiate = { Tunnel, },\n"));
  request.set_map("short");
  EXPECT_EQ(RenderTransformSets(ShowTransformSets(running, request)),
            "Transform set short: { esp-ccm 192 icv 8 }\n    will negotiate = { Tunnel, },\n");
}

TEST(ShowLifetime, OfTheWholeSystem) {
  EXPECT_EQ(RenderLifetime(ShowLifetime({})),
            "Security association lifetime: 4608000 kilobytes/3600 seconds\n");
  EXPECT_EQ(RenderLifetime(ShowLifetime(Read(config::kCryptoExample))),
            "Security association lifetime: kilobytes disabled/7200 seconds\n");
}

}  // namespace
}  // namespace vam::mgmt
