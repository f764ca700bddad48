// show crypto ikev2 sa, session, stats, diagnose error; IKE SAs among the sessions.
#include "sw/mgmt/show_ikev2.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "sw/mgmt/exec.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/show_session.h"
#include "sw/mgmt/show_sink.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

api::IkeSa ExampleSa() {
  api::IkeSa sa;
  sa.set_version(2);
  sa.set_local("10.0.0.1");
  sa.set_local_port(500);
  sa.set_remote("10.0.0.2");
  sa.set_remote_port(500);
  sa.set_state("READY");
  sa.set_status("Active");
  sa.set_conn_id(2);
  sa.set_session_id(1);
  sa.set_encryption("AES-GCM");
  sa.set_key_bits(256);
  sa.set_prf("SHA256");
  sa.set_dh_group(19);
  sa.set_authentication_local("PSK");
  sa.set_authentication_remote("PSK");
  sa.set_lifetime_seconds(86400);
  sa.set_active_seconds(12);
  sa.set_state_description("Negotiation done");
  sa.set_local_spi("A9D1B0CC0A4A4D4D");
  sa.set_remote_spi("A01D3A5E4A9A9C9D");
  sa.set_local_id("10.0.0.1");
  sa.set_remote_id("gw.example.com");
  sa.set_local_request_id(2);
  sa.set_local_next_id(2);
  sa.set_remote_next_id(1);
  sa.set_local_window(5);
  sa.set_remote_window(5);
  sa.set_initiator(true);
  sa.set_profile("P");
  sa.set_interface("net1");
  sa.set_child_count(1);
  api::IkeChildSa& child = *sa.add_child();
  child.set_number(1);
  child.set_state("UP");
  child.set_protocol("ESP");
  child.set_inbound_spi(0x3D15C6B8);
  child.set_outbound_spi(0x2DE5C8E1);
  child.mutable_local()->set_first_address("10.1.0.0");
  child.mutable_local()->set_last_address("10.1.255.255");
  child.mutable_local()->set_last_port(65535);
  child.mutable_remote()->set_first_address("10.2.0.0");
  child.mutable_remote()->set_last_address("10.2.255.255");
  child.mutable_remote()->set_last_port(65535);
  child.set_encryption("AES-GCM");
  child.set_key_bits(256);
  child.set_mode("tunnel");
  child.set_crypto_map("vpn");
  child.set_sequence(10);
  return sa;
}

std::string Text(const api::IkeSas& show, const ShowOptions& options) {
  Ikev2SaText text(options);
  const std::string body = text.Piece(show);
  return body + text.Finish();
}

// As IOS prints it.
constexpr const char* kSa = R"( IPv4 Crypto IKEv2  SA

Tunnel-id Local                 Remote                fvrf/ivrf            Status
2         10.0.0.1/500          10.0.0.2/500          none/none            READY
      Encr: AES-GCM, keysize: 256, PRF: SHA256, Hash: None, DH Grp:19,)"
                            R"( Auth sign: PSK, Auth verify: PSK
      Life/Active Time: 86400/12 sec

 IPv6 Crypto IKEv2  SA

)";

constexpr const char* kDetail = R"(      CE id: 0, Session-id: 1
      Status Description: Negotiation done
      Local spi: A9D1B0CC0A4A4D4D       Remote spi: A01D3A5E4A9A9C9D
      Local id: 10.0.0.1
      Remote id: gw.example.com
      Local req msg id:  2              Remote req msg id:  1
      Local next msg id: 2              Remote next msg id: 1
      Local req queued:  2              Remote req queued:  1
      Local window:      5              Remote window:      5
      DPD configured for 0 seconds, retry 0
      Fragmentation not configured.
      Extended Authentication not configured.
      NAT-T is not detected
      Initiator of SA : Yes
)";

TEST(ShowIkev2, SaAsIosPrintsIt) {
  api::IkeSas show;
  *show.add_sa() = ExampleSa();
  EXPECT_EQ(Text(show, {.version = 2}), kSa);
  const std::string detailed = Text(show, {.detail = true, .version = 2});
  EXPECT_THAT(detailed, HasSubstr(kDetail));
  EXPECT_THAT(detailed, HasSubstr("spi in/out: 0x3D15C6B8/0x2DE5C8E1"));
  EXPECT_EQ(Text({}, {.version = 2}), " IPv4 Crypto IKEv2  SA\n\n IPv6 Crypto IKEv2  SA\n\n");
}

TEST(ShowIkev2, PostQuantumKeyAndReauthentication) {
  api::IkeSas show;
  *show.add_sa() = ExampleSa();
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}), Not(HasSubstr("PPK")));
  show.mutable_sa(0)->set_ppk_id("q1");
  show.mutable_sa(0)->set_reauth_seconds(90);
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      Remote id: gw.example.com\n"
                        "      Reauthentication: within 90 sec\n"
                        "      Quantum-safe encryption using manual PPK q1\n"));
}

TEST(ShowIkev2, TheCertificateThatProvedIt) {
  api::IkeSas show;
  *show.add_sa() = ExampleSa();
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}), Not(HasSubstr("certificate")));
  show.mutable_sa(0)->set_authentication_remote("ECDSA");
  show.mutable_sa(0)->set_remote_certificate("CN=gw.example.com,O=Example");
  const std::string text = Text(show, {.detail = true, .version = 2});
  EXPECT_THAT(text, HasSubstr("Auth sign: PSK, Auth verify: ECDSA\n"));
  EXPECT_THAT(text, HasSubstr("      Remote id: gw.example.com\n"
                              "      Remote certificate: CN=gw.example.com,O=Example\n"));
}

TEST(ShowIkev2, WhatIsOnIsSaid) {
  api::IkeSas show;
  api::IkeSa& sa = *show.add_sa();
  sa = ExampleSa();
  sa.mutable_dpd()->set_seconds(10);
  sa.mutable_dpd()->set_retry_seconds(2);
  sa.set_fragmentation(true);
  sa.set_nat_remote(true);
  sa.set_initiator(false);
  sa.set_local_queued(3);
  const std::string text = Text(show, {.detail = true, .version = 2});
  EXPECT_THAT(text, HasSubstr("      DPD configured for 10 seconds, retry 2, on-demand\n"
                              "      IETF Std Fragmentation enabled.\n"));
  EXPECT_THAT(text, HasSubstr("      NAT-T is detected  outside\n      Initiator of SA : No\n"));
  EXPECT_THAT(text, HasSubstr("      Local req queued:  5 "));
}

TEST(ShowIkev2, WhereAnIkeSaMayGoAndHasGone) {
  api::IkeSas show;
  api::IkeSa& sa = *show.add_sa();
  sa = ExampleSa();
  sa.set_mobike(true);
  sa.add_remote_additional("2001:db8::7");
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      NAT-T is not detected\n      MOBIKE enabled, moved by the peer\n"
                        "      Additional remote address: 2001:db8::7\n      Initiator of"));
  sa.set_mobike_mover(true);
  sa.clear_remote_additional();
  sa.set_set_up_local("10.0.0.1");
  sa.set_set_up_remote("10.0.0.9");
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      MOBIKE enabled, moved by this side\n"
                        "      Set up between: 10.0.0.1 and 10.0.0.9\n"));
}

TEST(ShowIkev2, TicketsOfAnIkeSa) {
  api::IkeSas show;
  api::IkeSa& sa = *show.add_sa();
  sa = ExampleSa();
  sa.set_resumed(true);
  sa.set_ticket_held_seconds(3'500);
  sa.set_ticket_given_seconds(90);
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      Resumed by a ticket (RFC 5723)\n"
                        "      Ticket of the peer: 3500 sec left\n"
                        "      Ticket given to the peer: 90 sec left\n"));
  EXPECT_THAT(Text(show, {.version = 2}), Not(HasSubstr("icket")));
}

TEST(ShowIkev2, StatsOfRedirects) {
  api::ShowReply reply;
  api::Ikev2Redirects& show = *reply.mutable_ikev2_stats()->mutable_redirects();
  EXPECT_THAT(RenderText(reply), Not(HasSubstr("Redirected")));
  show.set_init(4);
  show.set_auth(3);
  show.set_active(2);
  EXPECT_THAT(RenderText(reply),
              HasSubstr("Redirected to other gateways: 9        by IKE_SA_INIT: 4        "
                        "IKE_AUTH: 3        while up: 2\n"));
}

TEST(ShowIkev2, StatsOfSessionResumption) {
  api::ShowReply reply;
  api::Ikev2Resumption& show = *reply.mutable_ikev2_stats()->mutable_resumption();
  EXPECT_THAT(RenderText(reply), Not(HasSubstr("resumption")));
  show.set_tickets_asked(4);
  show.set_tickets_received(3);
  show.set_tickets_held(2);
  show.set_started(7);
  show.set_succeeded(6);
  show.set_fell_back(1);
  show.set_tickets_presented(9);
  show.set_accepted(8);
  show.set_used_remembered(5);
  show.set_used_capacity(65'536);
  api::ReasonCount& cause = *show.add_refused();
  cause.set_reason("ticket_used");
  cause.set_packets(1);
  const std::string text = RenderText(reply);
  EXPECT_THAT(text, HasSubstr("Session resumption as client: 4 tickets asked, 3 received, 2 held\n"
                              "    IKE SAs begun by a ticket: 7        came up: 6        "
                              "begun anew without: 1\n"));
  EXPECT_THAT(text, HasSubstr("    tickets presented: 9        IKE SAs that came up by them: 8    "
                              "    remembered: 5/65536\n    refused, ticket_used: 1\n"));
}

TEST(ShowIkev2, FamiliesStandUnderTheirOwnLine) {
  api::IkeSas first, second;
  *first.add_sa() = ExampleSa();
  api::IkeSa six = ExampleSa();
  six.set_local("2001:db8::1");
  six.set_remote("2001:db8::2");
  *second.add_sa() = six;
  *second.add_sa() = six;
  Ikev2SaText text({.version = 2});
  std::string all = text.Piece(first);
  all += text.Piece(second);
  all += text.Finish();
  EXPECT_THAT(all, HasSubstr("\n IPv6 Crypto IKEv2  SA\n\n"
                             "Tunnel-id    fvrf/ivrf              Status\n"
                             "2            none/none              READY\n"
                             "Local  2001:db8::1/500\nRemote  2001:db8::2/500\n      Encr:"));
  EXPECT_EQ(all.find("IPv6 Crypto"), all.rfind("IPv6 Crypto"));
  EXPECT_EQ(all.find("IPv4 Crypto"), all.rfind("IPv4 Crypto"));
}

TEST(ShowIkev2, SessionsWithTheirChildren) {
  const ShowOptions session{.view = ShowView::kSession, .version = 2};
  api::IkeSas first, second;
  *first.add_sa() = ExampleSa();
  *second.add_sa() = ExampleSa();
  second.mutable_sa(0)->set_continued(true);
  Ikev2SaText text(session);
  EXPECT_EQ(text.Piece(first), R"( IPv4 Crypto IKEv2 Session

Session-id:1, Status:UP-ACTIVE, IKE count:1, CHILD count:1

Tunnel-id Local                 Remote                fvrf/ivrf            Status
2         10.0.0.1/500          10.0.0.2/500          none/none            READY
      Encr: AES-GCM, keysize: 256, PRF: SHA256, Hash: None, DH Grp:19,)"
                               R"( Auth sign: PSK, Auth verify: PSK
      Life/Active Time: 86400/12 sec
Child sa: local selector  10.1.0.0/0 - 10.1.255.255/65535
          remote selector 10.2.0.0/0 - 10.2.255.255/65535
          ESP spi in/out: 0x3D15C6B8/0x2DE5C8E1

)");
  EXPECT_THAT(text.Piece(second), StartsWith("Child sa: local selector"));
  ShowOptions detailed = session;
  detailed.detail = true;
  EXPECT_THAT(Text(first, detailed), HasSubstr(R"(          AH spi in/out: 0x0/0x0
          CPI in/out: 0x0/0x0
          Encr: AES-GCM, keysize: 256, esp_hmac: None
          ah_hmac: None, comp: IPCOMP_NONE, mode tunnel
)"));
  first.mutable_sa(0)->set_child_count(0);
  EXPECT_THAT(Text(first, session), HasSubstr("Status:UP-IDLE,"));
  first.mutable_sa(0)->set_status("Negotiating");
  EXPECT_THAT(Text(first, session), HasSubstr("Status:DOWN-NEGOTIATING,"));
}

TEST(ShowIkev2, PiecesAsJsonAreOneObject) {
  auto json = MakeShowSink(api::SHOW_IKE_SA, {.version = 2}, true, {});
  api::ShowReply piece;
  piece.mutable_ike_sas()->set_version(2);
  *piece.mutable_ike_sas()->add_sa() = ExampleSa();
  std::string text = json->Piece(piece);
  text += json->Piece(piece);
  text += json->Finish();
  EXPECT_THAT(text, HasSubstr("\"body\": \"ike_sas\""));
  api::IkeSas read;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &read, options).ok()) << text;
  EXPECT_EQ(read.sa_size(), 2);
  EXPECT_EQ(read.sa(1).child(0).inbound_spi(), 0x3D15C6B8u);
}

TEST(ShowIkev2, Stats) {
  api::ShowReply reply;
  api::Ikev2Stats& show = *reply.mutable_ikev2_stats();
  show.set_maximum_half_open(4096);
  show.mutable_incoming()->set_active(3);
  show.mutable_incoming()->set_negotiating(1);
  show.mutable_incoming()->set_established(7);
  show.mutable_incoming()->set_failed(2);
  show.set_cookie_challenges(5);
  show.set_addresses_in_use(2);
  show.set_addresses_given(9);
  show.set_addresses_refused(1);
  show.mutable_retransmit()->set_timeout_ms(500);
  show.mutable_retransmit()->set_base_percent(200);
  show.mutable_retransmit()->set_tries(8);
  show.mutable_retransmit()->set_limit_seconds(9);
  show.mutable_retransmit()->set_given_up_ms(42'500);
  api::Ikev2Exchange& row = *show.add_exchange();
  row.set_name("IKE_SA_INIT");
  row.set_received_requests(9);
  api::ReasonCount& cause = *show.add_cause();
  cause.set_reason("auth_failed");
  cause.set_packets(2);
  const std::string text = RenderText(reply);
  EXPECT_THAT(text, HasSubstr("                          Crypto IKEv2 SA Statistics\n"));
  EXPECT_THAT(text, HasSubstr("Max in nego(in/out): 4096/0\n"));
  EXPECT_THAT(text, HasSubstr("Total incoming IKEv2 SA Count: 4        active: 3        "
                              "negotiating: 1\n"));
  EXPECT_THAT(text, HasSubstr("Incoming IKEv2 Requests: 9        accepted: 7        "
                              "rejected: 2\n"));
  EXPECT_THAT(text, HasSubstr("Cookie Challenged Requests: 5\n"));
  EXPECT_THAT(text,
              HasSubstr("Retransmission: first after 500 ms, each wait 200 % of the one "
                        "before, at most 9 s, 8 messages in all,\n    given up after 42 s\n"));
  EXPECT_THAT(text, HasSubstr("IKE_SA_INIT                               0        0        9"));
  EXPECT_THAT(text, HasSubstr("  auth_failed                             2\n"));
  EXPECT_THAT(text, HasSubstr("Addresses in use: 2        given: 9        refused: 1        "
                              "not asked for: 0\n"));
}

TEST(ShowIkev2, AddressesOfPeersAndOurs) {
  api::IkeSas show;
  *show.add_sa() = ExampleSa();
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}), Not(HasSubstr("Pushed")));
  show.mutable_sa(0)->add_assigned_address("10.9.0.1");
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      Assigned host addr: 10.9.0.1\n"));
  api::PushedConfiguration& pushed = *show.mutable_sa(0)->mutable_pushed();
  pushed.add_address("10.8.0.7");
  pushed.set_netmask("255.255.255.0");
  pushed.add_dns("10.8.0.53");
  pushed.add_subnet("10.8.0.0/16");
  pushed.set_domain("example.org");
  pushed.set_version("other 1.2");
  EXPECT_THAT(Text(show, {.detail = true, .version = 2}),
              HasSubstr("      Pushed IP address: 10.8.0.7\n"
                        "      Pushed netmask: 255.255.255.0\n"
                        "      Pushed DNS server: 10.8.0.53\n"
                        "      Pushed default domain: example.org\n"
                        "      Remote subnets:\n      10.8.0.0/16\n"
                        "      Remote version: other 1.2\n"));
}

TEST(ShowAddressPools, AsIosPrintsThem) {
  api::ShowReply reply;
  api::AddressPools& show = *reply.mutable_address_pools();
  api::AddressPool& pool = *show.add_pool();
  pool.set_name("dog");
  pool.set_first("172.30.228.11");
  pool.set_last("172.30.228.26");
  pool.set_free(5);
  pool.set_in_use(11);
  EXPECT_EQ(RenderText(reply),
            " Pool                     Begin           End             Free  In use\n"
            " dog                      172.30.228.11   172.30.228.26   5     11\n");
  api::AddressLease& lease = *show.add_lease();
  lease.set_address("172.30.228.11");
  lease.set_identity("gw.example.com");
  EXPECT_THAT(RenderText(reply), HasSubstr("Inuse addresses:\n   172.30.228.11" +
                                           std::string(27, ' ') + "gw.example.com\n"));
  show.set_ipv6(true);
  pool.set_prefix("2001:db8:9::/64");
  EXPECT_THAT(RenderText(reply), HasSubstr("dog                   2001:db8:9::/64"));
}

TEST(ShowIkev2, Errors) {
  api::ShowReply reply;
  api::Ikev2Errors& show = *reply.mutable_ikev2_errors();
  show.set_total(5);
  show.set_capacity(64);
  api::Ikev2Error& error = *show.add_error();
  error.set_wall_ns(1'795'305'600ull * 1'000'000'000 + 3'723'000'000'000);
  error.set_cause("auth_failed");
  error.set_text("The peer did not prove who it is");
  error.set_local("10.0.0.1");
  error.set_local_port(500);
  error.set_remote("10.0.0.2");
  error.set_remote_port(4500);
  error.set_remote_id("gw.example.com");
  error.set_profile("P");
  error.set_times(3);
  EXPECT_EQ(RenderText(reply),
            "Exit Path Table - status: enable, current entry 1, deleted 2, max allow 64\n"
            "\nError(1): The peer did not prove who it is (auth_failed)\n"
            " 2026-11-22 01:02:03 UTC, 3 times\n"
            " local 10.0.0.1/500 remote 10.0.0.2/4500 fvrf none\n"
            " remote id gw.example.com\n profile P\n");
}

// ---- sessions

api::IpsecSa FlowsTo(const std::string& interface, uint32_t port, bool up) {
  api::IpsecSa show;
  api::IpsecInterface& one = *show.add_interface();
  one.set_name(interface);
  one.set_local_address("10.0.0.1");
  api::IpsecFlow& flow = *one.add_flow();
  flow.set_current_peer("10.0.0.2");
  flow.set_peer_port(port);
  if (up) flow.add_outbound_esp()->set_status("ACTIVE");
  return show;
}

TEST(ShowSessionIke, DetailHasTheIkeSa) {
  SessionTable table;
  table.Add(FlowsTo("net1", 500, true));
  api::IkeSas ike;
  api::IkeSa& sa = *ike.add_sa();
  sa = ExampleSa();
  sa.set_capabilities("DF");
  sa.set_remaining_seconds(86388);
  sa.set_phase1_id("gw.example.com");
  table.Add(ike);
  const std::string text = RenderSessions(table.Sessions(), {.detail = true});
  EXPECT_THAT(text, HasSubstr("Session status: UP-ACTIVE\n"));
  EXPECT_THAT(text, HasSubstr("  Phase1_id: gw.example.com\n"
                              "  IKEv2 SA: local 10.0.0.1/500 remote 10.0.0.2/500 Active\n"
                              "    Capabilities:DF connid:2 lifetime:23:59:48\n"));
}

// MG-4, MG-8, MG-10: OUT-2 has it, and the short form where there is one.
TEST(ShowSessionIke, ThePeersDescription) {
  SessionTable table;
  table.Add(FlowsTo("net1", 500, true));
  api::IkeSas ike;
  *ike.add_sa() = ExampleSa();
  table.Add(ike);
  EXPECT_THAT(RenderSessions(table.Sessions(), {.detail = true}), HasSubstr("  Desc: (none)\n"));
  EXPECT_THAT(RenderSessions(table.Sessions(), {}), Not(HasSubstr("Desc")));
  ike.mutable_sa(0)->set_description("this is my peer at 10.0.0.2:500 Green");
  SessionTable described;
  described.Add(FlowsTo("net1", 500, true));
  described.Add(ike);
  EXPECT_THAT(RenderSessions(described.Sessions(), {.detail = true}),
              HasSubstr("  Desc: this is my peer at 10.0.0.2:500 Green\n"));
  EXPECT_THAT(RenderSessions(described.Sessions(), {}),
              HasSubstr("Peer: 10.0.0.2/500\n  Desc: this is my peer at 10.0.0.2:500 Green\n"));
}

// MG-7, OUT-3: each peer once, with what the configuration knows of it.
TEST(ShowIkePeers, EachOnce) {
  api::ShowReply first, second;
  api::IkeSa& a = *first.mutable_ike_sas()->add_sa();
  a = ExampleSa();
  a.set_description("connection from site A");
  a.set_phase1_id("gw.example.com");
  a.set_peer_policy(true);
  *first.mutable_ike_sas()->add_sa() = a;  // rekeyed, or both ends began
  api::IkeSa& negotiating = *first.mutable_ike_sas()->add_sa();
  negotiating = ExampleSa();
  negotiating.set_status("Negotiating");
  negotiating.set_remote("10.0.0.9");
  api::IkeSa& b = *second.mutable_ike_sas()->add_sa();
  b = ExampleSa();
  b.set_remote_port(6001);
  b.set_phase1_id("10.1.2.3");
  const auto shown = [&](bool json) {
    const auto sink = MakeShowSink(api::SHOW_IKE_PEER, {}, json, {});
    std::string text = sink->Piece(first);
    text += sink->Piece(second);
    return text + sink->Finish();
  };
  EXPECT_EQ(shown(false),
            "Peer: 10.0.0.2 Port: 500 Local: 10.0.0.1\n"
            "  Description: connection from site A\n"
            "  Phase1 id: gw.example.com\n"
            "  flags: PEER_POLICY\n"
            "Peer: 10.0.0.2 Port: 6001 Local: 10.0.0.1\n"
            "  Phase1 id: 10.1.2.3\n");
  EXPECT_THAT(shown(true), HasSubstr("\"description\": \"connection from site A\""));
}

TEST(ShowSessionIke, StatusesWithIke) {
  const auto status = [](bool up, const std::string& ike_status) {
    SessionTable table;
    table.Add(FlowsTo("net1", 500, up));
    api::IkeSas ike;
    if (!ike_status.empty()) {
      *ike.add_sa() = ExampleSa();
      ike.mutable_sa(0)->set_status(ike_status);
    }
    table.Add(ike);
    const api::CryptoSessions show = table.Sessions();
    EXPECT_EQ(show.session_size(), 1);
    return show.session(0).status();
  };
  EXPECT_EQ(status(true, "Active"), "UP-ACTIVE");
  EXPECT_EQ(status(false, "Active"), "UP-IDLE");
  EXPECT_EQ(status(true, ""), "UP-NO-IKE");
  EXPECT_EQ(status(true, "Inactive"), "UP-NO-IKE");
  EXPECT_EQ(status(false, "Negotiating"), "DOWN-NEGOTIATING");
  EXPECT_EQ(status(false, "Inactive"), "DOWN");
}

// Two peers behind one address are two sessions, each with its own IKE SA.
TEST(ShowSessionIke, PeersBehindANatAreApart) {
  SessionTable table;
  table.Add(FlowsTo("net1", 40001, true));
  table.Add(FlowsTo("net1", 40002, true));
  api::IkeSas ike;
  for (const uint32_t port : {40002u, 40003u}) {
    *ike.add_sa() = ExampleSa();
    ike.mutable_sa(ike.sa_size() - 1)->set_remote_port(port);
  }
  table.Add(ike);
  std::string text;
  const api::CryptoSessions show = table.Sessions();
  for (const api::CryptoSession& one : show.session()) {
    text += fmt::format("{} {} {}\n", one.peer_port(), one.status(), one.ike_sa_size());
  }
  EXPECT_EQ(text, "40001 UP-NO-IKE 0\n40002 UP-ACTIVE 1\n40003 UP-IDLE 1\n");
}

TEST(ShowSessionIke, TheInterfaceDecidesBetweenTwo) {
  SessionTable table;
  table.Add(FlowsTo("net1", 500, true));
  table.Add(FlowsTo("net2", 500, true));
  api::IkeSas ike;
  *ike.add_sa() = ExampleSa();
  table.Add(ike);
  const api::CryptoSessions show = table.Sessions();
  ASSERT_EQ(show.session_size(), 2);
  EXPECT_EQ(show.session(0).interface(), "net1");
  EXPECT_EQ(show.session(0).status(), "UP-ACTIVE");
  EXPECT_EQ(show.session(1).status(), "UP-NO-IKE");
}

TEST(ShowSessionIke, WithoutSasTheSessionIsStillThere) {
  SessionTable table;
  table.Add(FlowsTo("net1", 500, false));
  api::IkeSas ike;
  *ike.add_sa() = ExampleSa();
  ike.mutable_sa(0)->set_remote_port(4500);
  ike.mutable_sa(0)->set_local_port(4500);
  table.Add(ike);
  const api::CryptoSessions show = table.Sessions();
  ASSERT_EQ(show.session_size(), 1) << "IKE has floated, the flow has no SA to tell of it";
  EXPECT_EQ(show.session(0).status(), "UP-IDLE");
  EXPECT_EQ(show.session(0).peer_port(), 4500u);
}

// ---- words

ExecCommand Parsed(const std::string& line) {
  auto parsed = ParseExec(config::Mode::kExec, line);
  if (const auto* mismatch = std::get_if<config::Mismatch>(&parsed)) {
    ADD_FAILURE() << line << ": " << mismatch->message;
    return {};
  }
  return std::get<ExecCommand>(parsed);
}

TEST(Ikev2Words, ShowAndClear) {
  EXPECT_EQ(Parsed("show crypto ikev2 sa remote 10.0.0.2 detailed").show.peer(), "10.0.0.2");
  EXPECT_EQ(Parsed("show crypto ikev2 sa local 2001:DB8::1").show.local(), "2001:db8::1");
  EXPECT_EQ(Parsed("show crypto ikev2 sa fvrf red").show.front_vrf(), "red");
  EXPECT_EQ(Parsed("show crypto ikev2 session").options.view, ShowView::kSession);
  EXPECT_EQ(Parsed("show crypto ikev2 stats").show.kind(), api::SHOW_IKEV2_STATS);
  EXPECT_EQ(Parsed("show crypto ikev2 diagnose error").show.kind(), api::SHOW_IKEV2_ERRORS);
  EXPECT_EQ(Parsed("show ip local pool").show.kind(), api::SHOW_ADDRESS_POOLS);
  EXPECT_EQ(Parsed("show ip local pool dog").show.map(), "dog");
  EXPECT_FALSE(Parsed("show ip local pool dog").show.ipv6());
  EXPECT_TRUE(Parsed("show ipv6 local pool").show.ipv6());
  const api::ClearRequest clear = Parsed("clear crypto ikev2 sa remote 10.0.0.2").clear;
  EXPECT_EQ(clear.kind(), api::CLEAR_IKEV2_SA);
  EXPECT_EQ(clear.peer(), "10.0.0.2");
  EXPECT_EQ(Parsed("clear crypto ikev2 sa fvrf red").clear.front_vrf(), "red");
  EXPECT_EQ(Parsed("clear crypto ikev2 stats").clear.kind(), api::CLEAR_IKEV2_STATS);
  EXPECT_EQ(clear.redirect(), "");
  const auto drain = Parsed("clear crypto ikev2 sa local 10.0.0.1 redirect 198.51.100.7").clear;
  EXPECT_EQ(drain.kind(), api::CLEAR_IKEV2_SA);
  EXPECT_EQ(drain.local(), "10.0.0.1");
  EXPECT_EQ(drain.redirect(), "198.51.100.7");
  EXPECT_EQ(Parsed("clear crypto ikev2 sa redirect 2001:db8::7").clear.redirect(), "2001:db8::7");
}

TEST(Ikev2Words, Debug) {
  DebugControl debug;
  const auto run = [&](const std::string& line) { return debug.Apply(Parsed(line).debug); };
  EXPECT_EQ(run("debug crypto ikev2"), "IKEv2 debugging is on\n");
  EXPECT_EQ(run("debug crypto ikev2 packet"), "IKEv2 packet debugging is on\n");
  EXPECT_EQ(run("debug crypto ikev2 internal"), "IKEv2 internal debugging is on\n");
  EXPECT_EQ(run("debug crypto ikev2 error"), "IKEv2 Error debugging is on\n");
  EXPECT_EQ(debug.state().area_size(), 3);
  EXPECT_EQ(debug.state().error_area(0), api::DEBUG_IKEV2);
  EXPECT_EQ(run("undebug crypto ikev2 packet"), "IKEv2 packet debugging is off\n");
  EXPECT_EQ(debug.state().area_size(), 2);
  // The flag of IKE is for both of its versions (SY-179).
  run("debug crypto condition unmatched isakmp");
  EXPECT_EQ(debug.state().unmatched_size(), 4);
  EXPECT_TRUE(debug.Show().unmatched_isakmp());
}

}  // namespace
}  // namespace vam::mgmt
