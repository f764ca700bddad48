// The guides' sample outputs, field by field and in their order.
#include "sw/mgmt/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "sw/mgmt/local_show.h"
#include "tests/unit/sw/config/example.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

api::SaEntry Sa(uint32_t spi, bool card) {
  api::SaEntry sa;
  sa.set_spi(spi);
  sa.set_transform("esp-gcm 128");
  sa.add_setting("Tunnel");
  sa.set_conn_id(5123);
  sa.set_flow_id(1);
  sa.set_crypto_map("testtag1");
  sa.set_engine(card ? "card" : "software");
  if (!card) sa.set_engine_reason("table_full");
  sa.set_iv_size(8);
  sa.set_status("ACTIVE");
  sa.set_packets(10);
  sa.set_bytes(1000);
  sa.set_sequence_number(10);
  return sa;
}

api::ShowReply SaReply() {
  api::ShowReply reply;
  api::IpsecInterface& interface = *reply.mutable_ipsec_sa()->add_interface();
  interface.set_name("FastEthernet0/0");
  interface.set_crypto_map_tag("testtag1");
  interface.set_local_address("10.1.1.1");
  api::IpsecFlow& flow = *interface.add_flow();
  flow.mutable_local_ident()->set_address("10.0.0.1");
  flow.mutable_local_ident()->set_mask("255.255.255.255");
  flow.mutable_remote_ident()->set_address("10.0.2.2");
  flow.mutable_remote_ident()->set_mask("255.255.255.255");
  flow.set_current_peer("10.2.2.2");
  flow.set_peer_port(500);
  flow.set_action("PERMIT");
  flow.add_flag("origin_is_acl");
  for (auto set : {&api::IpsecFlow::set_pkts_encaps, &api::IpsecFlow::set_pkts_encrypt,
                   &api::IpsecFlow::set_pkts_digest, &api::IpsecFlow::set_pkts_decaps,
                   &api::IpsecFlow::set_pkts_decrypt, &api::IpsecFlow::set_pkts_verify}) {
    (flow.*set)(10);
  }
  flow.set_local_crypto_endpoint("10.1.1.1");
  flow.set_remote_crypto_endpoint("10.2.2.2");
  flow.set_plaintext_mtu(1446);
  flow.set_path_mtu(1500);
  flow.set_ip_mtu(1500);
  flow.set_ip_mtu_interface("FastEthernet0/0");
  flow.set_current_outbound_spi(0x7AA69CB7);
  *flow.add_inbound_esp() = Sa(0x249C5062, true);
  *flow.add_outbound_esp() = Sa(0x7AA69CB7, false);
  return reply;
}

constexpr std::string_view kSaText = R"(
interface: FastEthernet0/0
    Crypto map tag: testtag1, local addr. 10.1.1.1
   protected vrf:
   local  ident (addr/mask/prot/port): (10.0.0.1/255.255.255.255/0/0)
   remote ident (addr/mask/prot/port): (10.0.2.2/255.255.255.255/0/0)
   current_peer: 10.2.2.2:500
     PERMIT, flags={origin_is_acl,}
    #pkts encaps: 10, #pkts encrypt: 10, #pkts digest: 10
    #pkts decaps: 10, #pkts decrypt: 10, #pkts verify: 10
    #pkts compressed: 0, #pkts decompressed: 0
    #pkts not compressed: 0, #pkts compr. failed: 0
    #pkts not decompressed: 0, #pkts decompress failed: 0
    #send errors 0, #recv errors 0
     local crypto endpt.: 10.1.1.1, remote crypto endpt.: 10.2.2.2
     plaintext mtu 1446, path mtu 1500, ip mtu 1500, ip mtu idb FastEthernet0/0
     current outbound spi: 7AA69CB7
     inbound esp sas:
      spi: 0x249C5062(614223970)
        transform: esp-gcm 128 ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5123, flow_id: 1, crypto map: testtag1
        crypto engine type: Hardware
        sa timing: remaining key lifetime (k/sec): (infinite/infinite)
        IV size: 8 bytes
        replay detection support: N
        Status: ACTIVE
     inbound ah sas:
     inbound pcp sas:
     outbound esp sas:
      spi: 0x7AA69CB7(2057739447)
        transform: esp-gcm 128 ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5123, flow_id: 1, crypto map: testtag1
        crypto engine type: Software (table_full)
        sa timing: remaining key lifetime (k/sec): (infinite/infinite)
        IV size: 8 bytes
        replay detection support: N
        Status: ACTIVE
     outbound ah sas:
     outbound pcp sas:

)";

TEST(Render, IpsecSaAsInTheGuide) { EXPECT_EQ(RenderText(SaReply()), kSaText); }

TEST(Render, IpsecSaAsJson) {
  const std::string json = RenderJson(SaReply());
  EXPECT_THAT(json, HasSubstr("{\n \"schema_version\": 1,\n \"body\": \"ipsec_sa\",\n"));
  EXPECT_THAT(json, HasSubstr("\"pkts_encaps\": \"10\""));
  EXPECT_THAT(json, HasSubstr("\"current_outbound_spi\": 2057739447"));
  EXPECT_THAT(json, HasSubstr("\"engine_reason\": \"table_full\""));
}

TEST(Render, ADownFlowSaysWhy) {
  api::ShowReply reply = SaReply();
  auto& flow = *reply.mutable_ipsec_sa()->mutable_interface(0)->mutable_flow(0);
  flow.set_down_reason("The card failed.");
  auto& drop = *flow.add_drop();
  drop.set_reason("policy_no_sa");
  drop.set_packets(3);
  EXPECT_THAT(RenderText(reply), HasSubstr("     down: The card failed.\n"));
  EXPECT_THAT(RenderText(reply), HasSubstr("     dropped, policy_no_sa: 3\n"));
}

config::Running Example() {
  auto parsed = config::Parse(config::kExample);
  return std::get<config::Parsed>(parsed).running;
}
std::string Masked() { return config::Render(Example(), config::Keys::kMasked); }

TEST(Render, RunningConfigIsMaskedAndFiltered) {
  api::ShowReply reply;
  *reply.mutable_running_config() = ShowConfiguration(Masked(), 1, "");
  EXPECT_THAT(RenderText(reply), HasSubstr("cipher <removed>"));
  EXPECT_THAT(RenderText(reply), Not(HasSubstr("0a0b0c0d")));
  *reply.mutable_running_config() = ShowConfiguration(Masked(), 1, "spare");
  EXPECT_EQ(RenderText(reply), "interface spare\n device tap tap7\n shutdown\n");
}

TEST(Render, IpRoute) {
  api::IpRoute show;
  const auto add = [&](const char* code, const char* prefix, const char* hop, const char* interface,
                       bool active) {
    auto& route = *show.add_route();
    route.set_code(code);
    route.set_prefix(prefix);
    route.set_next_hop(hop);
    route.set_interface(interface);
    route.set_distance(1);
    route.set_active(active);
  };
  add("S", "0.0.0.0/0", "10.0.149.9", "Ethernet3/3", false);
  add("S", "10.0.36.0/24", "10.0.149.1", "", true);
  add("C", "10.0.149.0/25", "", "Ethernet3/3", true);
  EXPECT_EQ(RenderIpRoute(show), R"(Codes: C - connected, S - static, * - candidate default

Gateway of last resort is not set

S*    0.0.0.0/0 [1/0] via 10.0.149.9, Ethernet3/3 (inactive)
     10.0.0.0/8 is variably subnetted, 2 subnets, 2 masks
S     10.0.36.0/24 [1/0] via 10.0.149.1
C     10.0.149.0/25 is directly connected, Ethernet3/3
)");
}

TEST(Render, ErrorsAreSentences) {
  api::ShowReply reply;
  reply.set_error("The forwarder is not ready.");
  EXPECT_EQ(RenderText(reply), "% The forwarder is not ready.\n");
  EXPECT_THAT(RenderJson(reply), HasSubstr("\"error\": \"The forwarder is not ready.\""));
  EXPECT_EQ(RenderText({}), "% The answer is empty.\n");
}

TEST(Render, EngineShowsCyclesOnlyForTheCard) {
  api::CryptoEngine show;
  auto& engine = *show.add_engine();
  engine.set_name("card");
  engine.set_cycles(1000);
  engine.set_busy_cycles(800);
  engine.set_cycles_per_packet(93.5);
  auto& sa = *show.add_placement();
  sa.set_spi(1001);
  sa.set_engine("software");
  sa.set_reason("by_configuration");
  const std::string text = RenderCryptoEngine(show);
  EXPECT_THAT(text, HasSubstr("Cycles per packet:  93.50\n"));
  EXPECT_THAT(text, HasSubstr("0x000003E9"));
  EXPECT_THAT(text, HasSubstr("by_configuration"));
  show.mutable_engine(0)->set_cycles(0);
  EXPECT_THAT(RenderCryptoEngine(show), Not(HasSubstr("Cycles per packet")));
}

}  // namespace
}  // namespace vam::mgmt
