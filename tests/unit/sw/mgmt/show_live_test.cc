// Crypto maps with what the forwarder knows of them: live peers, temporary entries (MG-103,
// OUT-23).
#include "sw/mgmt/show_live.h"

#include <gmock/gmock.h>

#include "sw/config/parser.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/show_config_crypto.h"
#include "sw/mgmt/show_sink.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMaps = R"(
crypto ipsec transform-set A esp-aes 256 esp-sha256-hmac
crypto ipsec transform-set B esp-gcm 128
crypto dynamic-map roads 20
 set transform-set A B
access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255
crypto map M 10 ipsec-isakmp
 set peer 192.0.2.2
 set peer 192.0.2.3
 set transform-set A
 match address 101
crypto map M 90 ipsec-isakmp dynamic roads
interface Ethernet0/0
 ip address 192.0.2.1 255.255.255.0
 crypto map M
)";

api::IpsecFlow Flow(const std::string& peer, const std::string& keying, const std::string& status) {
  api::IpsecFlow flow;
  flow.set_keying(keying);
  flow.set_sequence(keying == "dynamic" ? 90 : 10);
  flow.set_current_peer(peer);
  flow.mutable_local_ident()->set_address("10.1.0.0");
  flow.mutable_local_ident()->set_mask("255.255.255.0");
  flow.mutable_remote_ident()->set_address("10.7.0.9");
  flow.mutable_remote_ident()->set_mask("255.255.255.255");
  api::SaEntry& sa = *flow.add_outbound_esp();
  sa.set_status(status);
  sa.set_transform("esp-gcm 128");
  sa.add_setting("Tunnel UDP-Encaps");
  if (keying != "dynamic") return flow;
  flow.set_dynamic_map("roads");
  flow.set_dynamic_sequence(20);
  return flow;
}

// The answer when the map's flows are these, on each of `interfaces`.
std::string Text(const std::vector<api::IpsecFlow>& flows, api::ShowKind kind, int interfaces = 1) {
  auto parsed = config::Parse(kMaps);
  EXPECT_TRUE(std::holds_alternative<config::Parsed>(parsed));
  const config::Running& running = std::get<config::Parsed>(parsed).running;
  Known known;
  *known.base.mutable_crypto_map() =
      kind == api::SHOW_CRYPTO_MAP ? ShowCryptoMap(running, {}) : ShowDynamicMap(running, {});
  known.templates = ShowDynamicMap(running, {});
  auto sink = MakeShowSink(kind, {}, false, std::move(known));
  std::string text;
  for (int i = 0; i < interfaces; ++i) {
    for (const api::IpsecFlow& flow : flows) {
      api::ShowReply piece;
      api::IpsecInterface& interface = *piece.mutable_ipsec_sa()->add_interface();
      interface.set_name("Ethernet0/" + std::to_string(i));
      interface.set_crypto_map_tag("M");
      *interface.add_flow() = flow;
      text += sink->Piece(piece);
    }
  }
  return text + sink->Finish();
}

TEST(LiveCrypto, WithoutFlowsItIsTheConfiguration) {
  auto parsed = config::Parse(kMaps);
  const config::Running& running = std::get<config::Parsed>(parsed).running;
  EXPECT_EQ(Text({}, api::SHOW_CRYPTO_MAP), RenderCryptoMap(ShowCryptoMap(running, {})));
}

TEST(LiveCrypto, TheCurrentPeerIsTheOneWithSas) {
  const std::string idle = Text({Flow("192.0.2.2", "ike", "DOWN")}, api::SHOW_CRYPTO_MAP);
  EXPECT_THAT(idle, HasSubstr("  Current peer: 192.0.2.2\n"));
  EXPECT_THAT(idle, Not(HasSubstr("Flows with SAs")));
  const std::string live = Text({Flow("192.0.2.3", "ike", "ACTIVE")}, api::SHOW_CRYPTO_MAP, 2);
  EXPECT_THAT(live, HasSubstr("  Current peer: 192.0.2.3\n  Flows with SAs: 1\n"));
}

TEST(LiveCrypto, ADynamicMapsPeersAreEntriesOfTheirOwn) {
  api::IpsecFlow second = Flow("203.0.113.7", "dynamic", "ACTIVE");
  second.mutable_remote_ident()->set_address("10.7.0.10");
  const std::string text = Text(
      {Flow("203.0.113.7", "dynamic", "ACTIVE"), second, Flow("203.0.113.8", "dynamic", "ACTIVE")},
      api::SHOW_CRYPTO_MAP, 2);
  EXPECT_THAT(text, HasSubstr("Crypto Map \"M\" 65536 ipsec-isakmp\n"
                              "  Peer = 203.0.113.7\n"
                              "  Extended IP access list\n"
                              "    access-list permit ip 10.1.0.0 255.255.255.0 host 10.7.0.9\n"
                              "    access-list permit ip 10.1.0.0 255.255.255.0 host 10.7.0.10\n"
                              "    dynamic (created from dynamic map roads/20)\n"
                              "  Current peer: 203.0.113.7\n"
                              "  Flows with SAs: 2\n"));
  // Only the set that was agreed on.
  EXPECT_THAT(text, HasSubstr("  Transform sets={\n    B: { esp-gcm } ,\n  }\n"
                              "Crypto Map \"M\" 65536 ipsec-isakmp\n  Peer = 203.0.113.8\n"));
  const size_t last = text.rfind("65536");
  EXPECT_LT(last, text.find("Interfaces using crypto map M:\n    Ethernet0/0\n"));
  EXPECT_EQ(text.find("Interfaces using"), text.rfind("Interfaces using"));
  EXPECT_THAT(Text({second}, api::SHOW_CRYPTO_DYNAMIC_MAP), HasSubstr("  Flows with SAs: 1\n"));
}

TEST(AddMatches, ByTheNumbersOfTheLines) {
  api::AccessLists show, counted;
  api::AccessList& list = *show.add_list();
  list.set_name("101");
  for (const uint32_t sequence : {10u, 20u, 30u}) list.add_line()->set_sequence(sequence);
  api::AccessList& told = *counted.add_list();
  told.set_name("101");
  for (const uint32_t sequence : {15u, 20u, 40u}) {
    told.add_line()->set_sequence(sequence);
    told.mutable_line(told.line_size() - 1)->set_matches(sequence);
  }
  counted.add_list()->set_name("other");
  AddMatches(counted, show);
  EXPECT_FALSE(list.line(0).has_matches());
  EXPECT_EQ(list.line(1).matches(), 20u);
  EXPECT_FALSE(list.line(2).has_matches());
}

}  // namespace
}  // namespace vam::mgmt
