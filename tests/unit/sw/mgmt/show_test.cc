// Show output against the guides' samples: the message has the sample's values, and the text is the
// sample, line by line; only the number of blanks may differ.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "sw/mgmt/debug.h"
#include "sw/mgmt/pipe.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/show_ipsec.h"
#include "sw/mgmt/show_session.h"
#include "sw/mgmt/show_sink.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Lines that are not empty, with one blank between words.
std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string out;
    for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
    if (!out.empty()) lines.push_back(out);
  }
  return lines;
}

api::SaEntry Sa(uint32_t spi, const char* transform, uint32_t conn, uint32_t flow, uint64_t kb,
                uint64_t seconds) {
  api::SaEntry sa;
  sa.set_spi(spi);
  sa.set_transform(transform);
  sa.add_setting("Tunnel");
  sa.set_conn_id(conn);
  sa.set_flow_id(flow);
  sa.set_crypto_map("testtag1");
  sa.set_engine("card");
  sa.set_remaining_kilobytes(kb);
  sa.set_remaining_seconds(seconds);
  if (std::string_view(transform).starts_with("esp")) sa.set_iv_size(8);
  sa.set_replay_window(64);
  return sa;
}

api::Ident Host(const char* address) {
  api::Ident ident;
  ident.set_address(address);
  ident.set_mask("255.255.255.255");
  return ident;
}

// Router A of the guide (ipsec-data-plane.md, OUT-03): AH and ESP.
api::IpsecSa RouterA() {
  api::IpsecSa show;
  api::IpsecInterface& interface = *show.add_interface();
  interface.set_name("FastEthernet0/0");
  interface.set_crypto_map_tag("testtag1");
  interface.set_local_address("10.1.1.1");
  api::IpsecFlow& flow = *interface.add_flow();
  *flow.mutable_local_ident() = Host("10.0.0.1");
  *flow.mutable_remote_ident() = Host("10.0.2.2");
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
  flow.set_path_mtu(1500);
  flow.set_media_mtu(1500);
  flow.set_current_outbound_spi(0x7AA69CB7);
  *flow.add_inbound_esp() = Sa(0x249C5062, "esp-des esp-sha-hmac", 5123, 1, 4537831, 3595);
  *flow.add_inbound_ah() = Sa(0xB16D1587, "ah-sha-hmac", 5121, 1, 4537831, 3595);
  *flow.add_outbound_esp() = Sa(0x7AA69CB7, "esp-des esp-sha-hmac", 5124, 2, 4537835, 3595);
  *flow.add_outbound_ah() = Sa(0x1214F0D, "ah-sha-hmac", 5122, 2, 4537835, 3594);
  return show;
}

constexpr const char* kRouterA = R"(
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
     path mtu 1500, media mtu 1500
     current outbound spi: 7AA69CB7
     inbound esp sas:
      spi: 0x249C5062(614223970)
        transform: esp-des esp-sha-hmac ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5123, flow_id: 1, crypto map: testtag1
        crypto engine type: Hardware
        sa timing: remaining key lifetime (k/sec): (4537831/3595)
        IV size: 8 bytes
        replay detection support: Y
     inbound ah sas:
      spi: 0xB16D1587(2976716167)
        transform: ah-sha-hmac ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5121, flow_id: 1, crypto map: testtag1
        crypto engine type: Hardware
        sa timing: remaining key lifetime (k/sec): (4537831/3595)
        replay detection support: Y
     inbound pcp sas:
     outbound esp sas:
      spi: 0x7AA69CB7(2057739447)
        transform: esp-des esp-sha-hmac ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5124, flow_id: 2, crypto map: testtag1
        crypto engine type: Hardware
        sa timing: remaining key lifetime (k/sec): (4537835/3595)
        IV size: 8 bytes
        replay detection support: Y
     outbound ah sas:
      spi: 0x1214F0D(18960141)
        transform: ah-sha-hmac ,
        in use settings ={Tunnel, }
        slot: 0, conn id: 5122, flow_id: 2, crypto map: testtag1
        crypto engine type: Hardware
        sa timing: remaining key lifetime (k/sec): (4537835/3594)
        replay detection support: Y
     outbound pcp sas:
)";

TEST(ShowIpsec, AsRouterAOfTheGuide) {
  EXPECT_EQ(Lines(RenderIpsecSa(RouterA())), Lines(kRouterA));
}

TEST(ShowIpsec, AfterClearTheHeadingsStay) {
  api::IpsecSa show = RouterA();
  api::IpsecFlow& flow = *show.mutable_interface(0)->mutable_flow(0);
  flow.clear_inbound_esp();
  flow.clear_inbound_ah();
  flow.clear_outbound_esp();
  flow.clear_outbound_ah();
  flow.set_current_outbound_spi(0);
  const std::string text = RenderIpsecSa(show);
  EXPECT_THAT(text, HasSubstr("     current outbound spi: 0\n     inbound esp sas:\n"
                              "     inbound ah sas:\n     inbound pcp sas:\n"
                              "     outbound esp sas:\n     outbound ah sas:\n"
                              "     outbound pcp sas:\n"));
}

TEST(ShowIpsec, DetailSortsTheErrors) {
  api::IpsecSa show = RouterA();
  api::IpsecFlow& flow = *show.mutable_interface(0)->mutable_flow(0);
  flow.set_send_errors(5);
  flow.set_recv_errors(9);
  const auto drop = [&](const char* reason, uint64_t packets) {
    flow.add_drop()->set_reason(reason);
    flow.mutable_drop(flow.drop_size() - 1)->set_packets(packets);
  };
  drop("policy_no_sa", 3);
  drop("icv_failed", 4);
  drop("replay_duplicate", 5);
  drop("engine_full", 2);
  ShowOptions detail;
  detail.detail = true;
  const std::string text = RenderIpsecSa(show, detail);
  EXPECT_THAT(text, HasSubstr("#pkts no sa (send) 3, #pkts invalid sa (rcv) 0\n"));
  EXPECT_THAT(text, HasSubstr("#pkts verify failed: 4\n"));
  EXPECT_THAT(text, HasSubstr("#pkts replay failed (rcv): 5\n"));
  EXPECT_THAT(text, HasSubstr("#pkts internal err (send): 2, #pkts internal err (recv) 0\n"));
  EXPECT_THAT(text, HasSubstr("replay detection support: Y  replay window size: 64\n"));
}

TEST(ShowIpsec, AddressAndIdentityAndEntry) {
  ShowOptions options;
  options.view = ShowView::kAddress;
  const std::string addresses = RenderIpsecSa(RouterA(), options);
  EXPECT_THAT(addresses, HasSubstr("fvrf/address: (none)/10.2.2.2\n   protocol: AH\n"));
  EXPECT_THAT(addresses, HasSubstr("   protocol: ESP\n      spi: 0x249C5062(614223970)\n"));
  EXPECT_THAT(addresses, Not(HasSubstr("#pkts")));
  options.view = ShowView::kIdentity;
  const std::string identity = RenderIpsecSa(RouterA(), options);
  EXPECT_THAT(identity, HasSubstr("#send errors 0"));
  EXPECT_THAT(identity, Not(HasSubstr("spi")));
  options.view = ShowView::kEntry;
  EXPECT_THAT(RenderIpsecSa(RouterA(), options), HasSubstr("\npeer address: 10.2.2.2\n"));
  EXPECT_EQ(RenderIpsecSa({}), "No SAs found\n");
}

TEST(ShowIpsec, Ipv6PeersAreKeptApartFromTheirPort) {
  EXPECT_EQ(EndpointText("2001:db8::1", 500), "2001:db8::1 port 500");
  EXPECT_EQ(EndpointText("10.2.2.2", 500), "10.2.2.2:500");
}

TEST(ShowIpsec, CountTellsRekeyingFromBundles) {
  api::IpsecSa show = RouterA();
  api::IpsecFlow& flow = *show.mutable_interface(0)->mutable_flow(0);
  flow.mutable_inbound_esp(0)->set_status("ACTIVE");
  flow.mutable_inbound_esp(0)->set_packets(1);
  *flow.add_inbound_esp() = flow.inbound_esp(0);  // the old one while keys change
  *flow.add_inbound_esp() = flow.inbound_esp(0);
  flow.mutable_inbound_esp(2)->set_bundle_position(2);  // ESP in ESP
  flow.mutable_inbound_esp(2)->set_packets(0);
  IpsecSaCount count;
  count.Piece(show);
  EXPECT_EQ(RenderIpsecSaCounts(count.counts()),
            "IPsec SA total: 6, active: 2, rekeying: 1, unused: 1, invalid: 3\n");
}

// The same text whether an answer comes as a whole or in pieces of one flow.
TEST(ShowSinks, PiecesMakeTheSameText) {
  api::IpsecSa whole = RouterA();
  for (int i = 0; i < 3; ++i) {
    *whole.mutable_interface(0)->add_flow() = whole.interface(0).flow(0);
  }
  auto sink = MakeShowSink(api::SHOW_IPSEC_SA, {}, false, {});
  auto json = MakeShowSink(api::SHOW_IPSEC_SA, {}, true, {});
  std::string text, json_text;
  for (const api::IpsecFlow& flow : whole.interface(0).flow()) {
    api::ShowReply piece;
    api::IpsecInterface& interface = *piece.mutable_ipsec_sa()->add_interface();
    interface = whole.interface(0);
    interface.clear_flow();
    *interface.add_flow() = flow;
    text += sink->Piece(piece);
    json_text += json->Piece(piece);
  }
  EXPECT_EQ(text + sink->Finish(), RenderIpsecSa(whole));
  json_text += json->Finish();
  EXPECT_THAT(json_text, HasSubstr("\"schema_version\": 1"));
  EXPECT_THAT(json_text, HasSubstr("\"body\": \"ipsec_sa\""));
  api::IpsecSa read;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json_text, &read, options).ok())
      << json_text;
  ASSERT_EQ(read.interface_size(), 4);
  EXPECT_EQ(read.interface(3).flow(0).inbound_ah(0).spi(), 0xB16D1587);
}

TEST(ShowSinks, EnginesAndPlacementsAsOneObject) {
  auto json = MakeShowSink(api::SHOW_CRYPTO_ENGINE, {}, true, {});
  api::ShowReply first, second;
  first.mutable_crypto_engine()->add_engine()->set_name("card");
  first.mutable_crypto_engine()->add_placement()->set_spi(1);
  second.mutable_crypto_engine()->add_placement()->set_spi(2);
  std::string text = json->Piece(first);
  text += json->Piece(second);
  text += json->Finish();
  api::CryptoEngine read;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &read, options).ok()) << text;
  EXPECT_EQ(read.engine_size(), 1);
  EXPECT_EQ(read.placement_size(), 2);
}

api::IkeSa Ike(const char* local, const char* remote, const char* status) {
  api::IkeSa sa;
  sa.set_version(1);
  sa.set_local(local);
  sa.set_local_port(500);
  sa.set_remote(remote);
  sa.set_remote_port(500);
  sa.set_status(status);
  return sa;
}

// ipsec-management.md, OUT-1.
TEST(ShowSession, AsInTheGuide) {
  api::IpsecSa show;
  api::IpsecInterface& interface = *show.add_interface();
  interface.set_name("FastEthernet0/1");
  interface.set_local_address("172.0.0.1");
  api::IpsecFlow& flow = *interface.add_flow();
  flow.set_current_peer("172.0.0.2");
  flow.set_peer_port(500);
  flow.mutable_local_ident()->set_address("10.10.10.0");
  flow.mutable_local_ident()->set_mask("255.255.255.0");
  flow.mutable_remote_ident()->set_address("10.30.30.0");
  flow.mutable_remote_ident()->set_mask("255.255.255.0");
  flow.add_inbound_esp()->set_status("ACTIVE");
  flow.add_outbound_esp()->set_status("ACTIVE");
  SessionTable table;
  table.Add(show);
  api::IkeSas ike;
  *ike.add_sa() = Ike("172.0.0.1", "172.0.0.2", "Active");
  table.Add(ike);
  EXPECT_EQ(Lines(RenderSessions(table.Sessions(), {})), Lines(R"(
Crypto session current status
Interface: FastEthernet0/1
Session status: UP-ACTIVE
Peer: 172.0.0.2/500
  IKE SA: local 172.0.0.1/500 remote 172.0.0.2/500 Active
  IPSEC FLOW: permit ip 10.10.10.0/255.255.255.0 10.30.30.0/255.255.255.0
    Active SAs: 2, origin: crypto map
)"));
}

TEST(ShowSession, AFlowThatIsDownSaysWhy) {
  api::IpsecSa show;
  api::IpsecFlow& flow = *show.add_interface()->add_flow();
  flow.set_current_peer("172.0.0.2");
  flow.set_down_reason("IKEv1 is not built.");
  SessionTable table;
  table.Add(show);
  EXPECT_EQ(table.Sessions().session(0).status(), "DOWN");
  for (const bool detail : {false, true}) {
    EXPECT_THAT(RenderSessions(table.Sessions(), {.detail = detail}),
                HasSubstr("    Active SAs: 0, origin: crypto map\n"
                          "    Down: IKEv1 is not built.\n"));
  }
}

// ipsec-management.md, OUT-2.
TEST(ShowSession, DetailAsInTheGuide) {
  api::IpsecSa show;
  api::IpsecInterface& interface = *show.add_interface();
  interface.set_name("Tunnel0");
  interface.set_local_address("10.1.1.4");
  for (const uint32_t protocol : {47, 0}) {
    api::IpsecFlow& flow = *interface.add_flow();
    flow.set_current_peer("10.1.1.3");
    flow.set_peer_port(500);
    *flow.mutable_local_ident() = Host("10.1.1.4");
    *flow.mutable_remote_ident() = Host("10.1.1.3");
    flow.mutable_local_ident()->set_protocol(protocol);
    if (protocol != 0) continue;
    flow.set_pkts_decaps(4);
    flow.set_pkts_encaps(4);
    flow.set_send_errors(1);
    for (int i = 0; i < 2; ++i) {
      for (api::SaEntry* sa : {flow.add_inbound_esp(), flow.add_outbound_esp()}) {
        sa->set_status("ACTIVE");
        sa->set_remaining_kilobytes(4605665);
        sa->set_remaining_seconds(2949);
      }
    }
  }
  api::IkeSas ike;
  api::IkeSa& sa = *ike.add_sa();
  sa = Ike("10.1.1.4", "10.1.1.3", "Active");
  sa.set_conn_id(3);
  sa.set_remaining_seconds(22 * 3600 + 3 * 60 + 24);
  sa.set_description("this is my peer at 10.1.1.3:500 Green");
  sa.set_phase1_id("10.1.1.3");
  SessionTable table;
  table.Add(show);
  table.Add(ike);
  ShowOptions detail;
  detail.detail = true;
  EXPECT_EQ(Lines(RenderSessions(table.Sessions(), detail)), Lines(R"(
Interface: Tunnel0
Session status: UP-ACTIVE
Peer: 10.1.1.3 port 500 fvrf: (none) ivrf: (none)
  Desc: this is my peer at 10.1.1.3:500 Green
  Phase1_id: 10.1.1.3
  IKE SA: local 10.1.1.4/500 remote 10.1.1.3/500 Active
    Capabilities:(none) connid:3 lifetime:22:03:24
  IPSEC FLOW: permit 47 host 10.1.1.4 host 10.1.1.3
    Active SAs: 0, origin: crypto map
    Inbound:  #pkts dec'ed 0 drop 0 life (KB/Sec) 0/0
    Outbound: #pkts enc'ed 0 drop 0 life (KB/Sec) 0/0
  IPSEC FLOW: permit ip host 10.1.1.4 host 10.1.1.3
    Active SAs: 4, origin: crypto map
    Inbound:  #pkts dec'ed 4 drop 0 life (KB/Sec) 4605665/2949
    Outbound: #pkts enc'ed 4 drop 1 life (KB/Sec) 4605665/2949
)"));
}

TEST(ShowSession, EveryStatusIsReached) {
  const auto status = [](const char* ike, bool ipsec) {
    api::CryptoSession session;
    if (*ike != '\0') *session.add_ike_sa() = Ike("a", "b", ike);
    session.add_flow()->set_active_sas(ipsec ? 2 : 0);
    return SessionStatus(session);
  };
  EXPECT_EQ(status("Active", true), "UP-ACTIVE");
  EXPECT_EQ(status("Active", false), "UP-IDLE");
  EXPECT_EQ(status("", true), "UP-NO-IKE");
  EXPECT_EQ(status("Negotiating", true), "UP-NO-IKE");
  EXPECT_EQ(status("Negotiating", false), "DOWN-NEGOTIATING");
  EXPECT_EQ(status("Inactive", false), "DOWN");
  EXPECT_EQ(status("", false), "DOWN");
}

TEST(ShowSession, DuplicatesAreOneSession) {
  SessionTable table;
  table.Add(RouterA());
  table.Add(RouterA());
  api::IkeSas ike;
  for (int i = 0; i < 3; ++i) *ike.add_sa() = Ike("10.1.1.1", "10.2.2.2", "Active");
  table.Add(ike);
  const api::CryptoSessions show = table.Sessions();
  ASSERT_EQ(show.session_size(), 1);
  EXPECT_EQ(show.session(0).ike_sa_size(), 3);
  EXPECT_EQ(show.session(0).flow_size(), 2);
  ShowOptions summary;
  summary.view = ShowView::kSummary;
  EXPECT_THAT(RenderSessions(show, summary), HasSubstr("  Sessions: 1\n"));
}

TEST(ShowSession, ManyFlowsAreRefusedByName) {
  auto sink = MakeShowSink(api::SHOW_CRYPTO_SESSION, {}, false, {});
  api::ShowReply piece;
  api::IpsecInterface& interface = *piece.mutable_ipsec_sa()->add_interface();
  for (int i = 0; i < 1024; ++i) interface.add_flow();
  for (int i = 0; i < 65; ++i) sink->Piece(piece);
  EXPECT_THAT(sink->Finish(), HasSubstr("% There are more than 65536 flows"));
}

// security-for-vpns, EX-42 and EX-43.
TEST(ShowDebug, ConditionsAsInTheGuide) {
  DebugControl debug;
  DebugCommand command;
  command.kind = DebugCommand::Kind::kCondition;
  command.condition.set_kind(api::DebugCondition::CONNID);
  command.condition.set_number(2000);
  command.condition.set_engine_id(1);
  EXPECT_EQ(debug.Apply(command), "");
  for (const char* peer : {"10.1.1.1", "10.1.1.2", "10.1.1.3"}) {
    command.condition = {};
    command.condition.set_kind(api::DebugCondition::PEER_IPV4);
    command.condition.set_text(peer);
    EXPECT_EQ(debug.Apply(command), "");
  }
  command.kind = DebugCommand::Kind::kUnmatched;
  EXPECT_EQ(debug.Apply(command), "");
  EXPECT_EQ(Lines(RenderDebugCondition(debug.Show(), {})), Lines(R"(
Crypto conditional debug currently is turned ON
IKE debug context unmatched flag:ON
IPsec debug context unmatched flag:ON
Crypto Engine debug context unmatched flag:ON
IKE peer IP address filters:
10.1.1.1 10.1.1.2 10.1.1.3
Connection-id filters:[connid:engine_id]2000:1,
)"));
  command.kind = DebugCommand::Kind::kReset;
  EXPECT_EQ(debug.Apply(command), "");
  EXPECT_EQ(Lines(RenderDebugCondition(debug.Show(), {})), Lines(R"(
Crypto conditional debug currently is turned OFF
IKE debug context unmatched flag:OFF
IPsec debug context unmatched flag:OFF
Crypto Engine debug context unmatched flag:OFF
)"));
}

TEST(ShowDebug, ConditionsAreBoundedAndForgottenOneByOne) {
  DebugControl debug;
  DebugCommand command;
  command.kind = DebugCommand::Kind::kCondition;
  command.condition.set_kind(api::DebugCondition::SPI);
  std::string last;
  for (uint32_t i = 1; i <= DebugControl::kMostConditions + 1; ++i) {
    command.condition.set_number(i);
    last = debug.Apply(command);
  }
  EXPECT_THAT(last, HasSubstr("% There are 128 conditions"));
  command.condition.set_number(5);
  command.off = true;
  EXPECT_EQ(debug.Apply(command), "");
  EXPECT_THAT(debug.Apply(command), HasSubstr("% There is no such condition"));
}

TEST(ShowDebug, RecordsAreKeptInBounds) {
  DebugControl debug;
  api::DebugRecord record;
  record.set_area(api::DEBUG_IPSEC);
  record.set_text("IPSEC(create_sa): x");
  record.set_dropped(2);
  EXPECT_EQ(debug.Record("fwd", record),
            "debug ipsec: fwd: IPSEC(create_sa): x (2 not shown before it)");
  for (int i = 0; i < 1000; ++i) debug.Record("fwd", record);
  EXPECT_EQ(debug.Show().last_size(), static_cast<int>(DebugControl::kMostRecords));
  EXPECT_EQ(debug.Show().dropped(), 2002u);
}

// docs/reference/json.md names every body and every field that a user can see.
TEST(ShowJson, EveryFieldIsInTheReference) {
  std::ifstream file(std::string(VAM_SOURCE_DIR) + "/docs/reference/json.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(page, HasSubstr("`schema_version` is " + std::to_string(kJsonSchemaVersion) + "."));
  const auto* oneof = api::ShowReply::descriptor()->FindOneofByName("body");
  ASSERT_NE(oneof, nullptr);
  for (int i = 0; i < oneof->field_count(); ++i) {
    EXPECT_THAT(page, HasSubstr("| `" + oneof->field(i)->name() + "` | ["))
        << "run tools/regen_json.py";
    const auto* message = oneof->field(i)->message_type();
    EXPECT_THAT(page, HasSubstr("\n### " + message->name() + "\n"));
    for (int f = 0; f < message->field_count(); ++f) {
      EXPECT_THAT(page, HasSubstr("| `" + message->field(f)->name() + "` | "))
          << message->name() << ": run tools/regen_json.py";
    }
  }
}

TEST(FilterStream, AnyCutGivesTheSameLines) {
  const std::string text = "a 1\n  b\n\nc 2\n d 3\n  e\nf";
  for (const char* pipe : {"x | include [0-9]", "x | exclude [0-9]", "x | begin c", "x | count .",
                           "x | section c", "x | section a|d | exclude e"}) {
    const auto piped = SplitPipe(pipe);
    ASSERT_TRUE(piped);
    const std::string whole = ApplyFilters(text, piped->filters);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      FilterStream stream(piped->filters);
      std::string out = stream.Feed(std::string_view(text).substr(0, cut));
      out += stream.Feed(std::string_view(text).substr(cut));
      EXPECT_EQ(out + stream.Finish(), whole) << pipe << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace vam::mgmt
