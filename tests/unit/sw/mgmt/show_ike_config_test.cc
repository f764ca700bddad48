// show crypto ikev2 proposal, policy and profile, as IOS prints them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/parser.h"
#include "sw/mgmt/exec.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/show_config_ike.h"
#include "tests/unit/sw/config/ike_example.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

config::Running Read(std::string_view text) { return config::test::Read(text).running; }
api::ShowReply Show(const config::Running& running, api::ShowKind kind,
                    const std::string& name = "") {
  api::ShowRequest request;
  request.set_kind(kind);
  request.set_map(name);
  return ShowIkev2(running, request);
}
std::string Text(const config::Running& running, api::ShowKind kind, const std::string& name = "") {
  return RenderText(Show(running, kind, name));
}

TEST(ShowIkev2Proposal, TheDefaultOne) {
  EXPECT_EQ(Text({}, api::SHOW_IKEV2_PROPOSAL),
            " IKEv2 proposal: default\n"
            "     Encryption : AES-CBC-256 AES-CBC-128\n"
            "     Integrity  : SHA512 SHA384 SHA256\n"
            "     PRF        : SHA512 SHA384 SHA256\n"
            "     DH Group   : DH_GROUP_256_ECP/Group 19 DH_GROUP_2048_MODP/Group 14 "
            "DH_GROUP_521_ECP/Group 21\n");
  // SY-31.
  EXPECT_EQ(Text(Read("crypto legacy-algorithms enable\n"), api::SHOW_IKEV2_PROPOSAL, "default"),
            " IKEv2 proposal: default\n"
            "     Encryption : AES-CBC-128 3DES\n"
            "     Integrity  : SHA96 MD596\n"
            "     PRF        : SHA1 MD5\n"
            "     DH Group   : DH_GROUP_1536_MODP/Group 5 DH_GROUP_1024_MODP/Group 2\n");
  EXPECT_EQ(Text(Read("no crypto ikev2 proposal default\n"), api::SHOW_IKEV2_PROPOSAL), "");
}
TEST(ShowIkev2Proposal, OneAndAll) {
  const config::Running running = Read(config::kIkeExample);
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_PROPOSAL, "strong"),
            " IKEv2 proposal: strong\n"
            "     Encryption : AES-GCM-256 CHACHA20-POLY1305 AES-CBC-256\n"
            "     Integrity  : SHA512 SHA256\n"
            "     PRF        : SHA384\n"
            "     DH Group   : DH_GROUP_CURVE448/Group 32 DH_GROUP_384_ECP/Group 20 "
            "DH_GROUP_2048_MODP/Group 14\n"
            "     Add. KE 1  : ML-KEM-768/Group 36 ML-KEM-1024/Group 37 none\n"
            "     Add. KE 3  : DH_GROUP_384_ECP/Group 20\n");
  EXPECT_EQ(Show(running, api::SHOW_IKEV2_PROPOSAL).ikev2_proposals().proposal_size(), 3);
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_PROPOSAL, "gone"),
            "% There is no IKEv2 proposal of this name.\n");
  EXPECT_THAT(Text(Read("crypto ikev2 proposal p\n encryption aes-gcm-128\n group 14\n"),
                   api::SHOW_IKEV2_PROPOSAL, "p"),
              HasSubstr("     Integrity  : none\n     PRF        : none\n"
                        "     DH Group   : DH_GROUP_2048_MODP/Group 14\n"
                        "     Incomplete, not used: aes-gcm-128 needs a prf\n"));
  EXPECT_THAT(Text(Read("crypto ikev2 proposal p\n encryption aes-gcm-256-icv-8 aes-cbc-128\n"
                        " integrity aes-xcbc\n prf aes-cmac\n group 14\n"),
                   api::SHOW_IKEV2_PROPOSAL, "p"),
              HasSubstr("     Encryption : AES-GCM-256-ICV-8 AES-CBC-128\n"
                        "     Integrity  : AES-XCBC96\n     PRF        : AES-CMAC\n"));
}

TEST(ShowIkev2Policy, DefaultAndConfigured) {
  EXPECT_EQ(Text({}, api::SHOW_IKEV2_POLICY),
            "\n IKEv2 policy : default\n"
            "      Match fvrf  : any\n"
            "      Match address local : any\n"
            "      Proposal    : default\n");
  const config::Running running = Read(config::kIkeExample);
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_POLICY, "branch"),
            "\n IKEv2 policy : branch\n"
            "      Match fvrf  : any\n"
            "      Match address local : 192.0.2.1\n"
            "      Match address local : 2001:db8::1\n"
            "      Proposal    : strong\n"
            "      Proposal    : default\n");
  EXPECT_THAT(Text(running, api::SHOW_IKEV2_POLICY), Not(HasSubstr("policy : default")));
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_POLICY, "default"),
            "% There is no IKEv2 policy of this name.\n");
  EXPECT_THAT(Text(Read("crypto ikev2 policy p\n proposal q\n"), api::SHOW_IKEV2_POLICY),
              HasSubstr("Match fvrf  : global\n      Match address local : any\n"
                        "      Proposal    : q\n"
                        "      Incomplete, not used: IKEv2 proposal q is not used: it is not "
                        "defined\n"));
}

TEST(ShowIkev2Profile, AsIosPrintsIt) {
  const config::Running running = Read(
      "crypto ikev2 keyring v2-kr1\ncrypto ikev2 profile prof\n"
      " match identity remote fqdn smap-initiator\n identity local fqdn dmap-responder\n"
      " authentication local pre-share\n authentication remote pre-share\n"
      " keyring local v2-kr1\ncrypto map m 1 ipsec-isakmp\n set ikev2-profile prof\n");
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_PROFILE),
            R"(
IKEv2 profile: prof
 Ref Count: 1
 Match criteria:
  Fvrf: global
  Local address/interface: none
  Identities:
   fqdn smap-initiator
  Certificate maps: none
 Local identity: fqdn dmap-responder
 Remote identity: none
 Local authentication method: pre-share
 Remote authentication method(s): pre-share
 EAP options: none
 Keyring: v2-kr1
 Trustpoint(s): none
 Lifetime: 86400 seconds
 DPD: disabled
 NAT-keepalive: disabled
 Ivrf: global
 Virtual-template: none
 AAA EAP authentication mlist: none
 AAA Accounting: none
 AAA group authorization: none
 AAA user authorization: none
)");
}
TEST(ShowIkev2Profile, EveryStatementButNoKey) {
  const config::Running running = Read(config::kIkeExample);
  const std::string text = Text(running, api::SHOW_IKEV2_PROFILE);
  for (const char* part :
       {" Description: all branches\n",
        "  Fvrf: any\n",
        "  Local address/interface:\n   lan0\n   192.0.2.1\n",
        "   address 10.0.0.0 255.0.0.0\n   address 2001:db8::/32\n",
        "   email domain example.net\n",
        "   any\n  Certificate maps:\n   cmap\n",
        " Remote authentication method(s): pre-share ecdsa-sig\n",
        " Trustpoint(s):\n   root verify\n   own\n",
        " Lifetime: 7200 seconds\n",
        " DPD: configured for 10 seconds, retry 2, on-demand\n",
        " NAT-keepalive: 20 seconds\n",
        " Ivrf: red\n",
        " AAA group authorization: local\n   PSK policy: road\n   CERT policy: nothing\n",
        " Config-exchange: request address\n Config-exchange: set accept\n"
        " Config-exchange: set send\n",
        " Reauthentication: 3600 seconds\n Initial contact: force\n Childless: prefer\n Session "
        "resumption: tickets for 900 seconds\n MOBIKE: unchecked\n",
        " Session resumption: tickets for 3600 seconds\n MOBIKE: disabled\n",
        "IKEv2 profile: half\n",
        " DPD: configured for 30 seconds, retry 5, periodic\n",
        " Local identity: dn\n",
        " Incomplete, not used: no peer is matched"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  for (const api::ShowKind kind :
       {api::SHOW_IKEV2_PROPOSAL, api::SHOW_IKEV2_POLICY, api::SHOW_IKEV2_PROFILE}) {
    const std::string all = Text(running, kind) + RenderJson(Show(running, kind));
    for (const char* secret : {"sesame", "theirs", "ours", "shut", "short"}) {
      EXPECT_THAT(all, Not(HasSubstr(secret)));
    }
  }
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_PROFILE, "gone"),
            "% There is no IKEv2 profile of this name.\n");
}
TEST(ShowIkev2Authorization, OneAndAll) {
  const config::Running running = Read(std::string(config::kIkeExample) +
                                       "ip access-list standard nets\n permit 10.1.0.0 "
                                       "0.0.255.255\n");
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_AUTHORIZATION),
            "\n IKEv2 Authorization Policy : road\n"
            "   Address pool : POOL\n"
            "   IPv6 address pool : POOL6\n"
            "   DNS server : 10.0.0.53\n"
            "   DNS server : 10.0.1.53\n"
            "   DNS server : 2001:db8::53\n"
            "   WINS server : 10.0.0.42\n"
            "   Netmask : 255.255.255.0\n"
            "   Default domain : example.org\n"
            "   Split-DNS : corp.example.org\n"
            "   Split-DNS : lab.example.org\n"
            "   route set acl : nets\n"
            "   route set acl ipv6 : nets6\n"
            "   route : 10.7.0.0/16\n"
            "   route : 2001:db8:7::/48\n"
            "   route : 10.1.0.0/16\n"
            "   Ref Count : 1\n"
            "\n IKEv2 Authorization Policy : nothing\n"
            "   Ref Count : 1\n");
  EXPECT_EQ(Text(running, api::SHOW_IKEV2_AUTHORIZATION, "gone"),
            "% There is no IKEv2 authorization policy of this name.\n");
}
TEST(ShowIkev2, AsJson) {
  const std::string json = RenderJson(Show({}, api::SHOW_IKEV2_POLICY));
  EXPECT_THAT(json, HasSubstr("\"body\": \"ikev2_policies\""));
  EXPECT_THAT(json, HasSubstr("\"fvrf\": \"any\""));
}

TEST(ShowIkev2, Commands) {
  const auto parse = [](std::string_view line) {
    auto parsed = ParseExec(config::Mode::kExec, line);
    const auto* command = std::get_if<ExecCommand>(&parsed);
    return command == nullptr ? ExecCommand() : *command;
  };
  EXPECT_EQ(parse("show crypto ikev2 proposal").show.kind(), api::SHOW_IKEV2_PROPOSAL);
  EXPECT_EQ(parse("show crypto ikev2 proposal default").show.map(), "default");
  EXPECT_EQ(parse("sh cry ikev2 pol p").show.kind(), api::SHOW_IKEV2_POLICY);
  EXPECT_EQ(parse("sh cry ikev2 prof p").show.map(), "p");
  EXPECT_EQ(parse("sh cry ikev2 auth pol p").show.map(), "p");
  EXPECT_EQ(parse("sh cry ikev2 auth pol").show.kind(), api::SHOW_IKEV2_AUTHORIZATION);
  EXPECT_EQ(parse("sh cry ikev2 prof").show.kind(), api::SHOW_IKEV2_PROFILE);
}

}  // namespace
}  // namespace vam::mgmt
