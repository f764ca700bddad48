// From SAs in a gateway to what an operator reads: the order, labels and values of the guides'
// samples (ipsec-data-plane.md, OUT-03 and OUT-04; ipsec-management.md, OUT-1 and OUT-2).
#include <fmt/core.h>
#include <gmock/gmock.h>

#include "sw/mgmt/show_sink.h"
#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ShowTextTest : public ::testing::Test {
 protected:
  ShowTextTest() {
    g.Configure(TunnelConfig(1, 2));
    g.Settle();
    Negotiate(g, 1, {LineTo(1, "10.2.0.0")});
  }
  ~ShowTextTest() override { g.ExpectBalanced(); }

  // `of_ike`: what an IKE role answers to the same question.
  std::string Text(api::ShowKind kind, mgmt::ShowOptions options = {},
                   const api::ShowReply& of_ike = {}) {
    auto sink = mgmt::MakeShowSink(kind, options, false, {});
    api::ShowRequest request;
    request.set_kind(kind == api::SHOW_CRYPTO_ENGINE ? kind : api::SHOW_IPSEC_SA);
    request.set_limit(1);
    std::string text;
    for (int piece = 0; piece < 20; ++piece) {
      g.gateway->RefreshStats(request);
      for (int i = 0; i < 100 && g.gateway->StatsPending(); ++i) g.gateway->RunOnce();
      const api::ShowReply reply = g.gateway->Show(request);
      text += sink->Piece(reply);
      if (!reply.has_next()) {
        if (of_ike.has_ike_sas()) text += sink->Piece(of_ike);
        return text + sink->Finish();
      }
      *request.mutable_cursor() = reply.next();
    }
    ADD_FAILURE() << "the answer does not end";
    return text;
  }
  void Install(uint64_t policy) {
    const api::SpiReserved reserved = ike.Reserve(policy);
    api::SaInstall in = ike.Sa(policy, true, reserved.spi[0], reserved.sa_id[0]);
    api::SaInstall out = ike.Sa(policy, false, 0x7AA69CB7);
    for (api::SaInstall* sa : {&in, &out}) {
      sa->hard_bytes = 4'608'000ULL * 1024;
      sa->hard_ms = 3'600'000;
    }
    ASSERT_EQ(ike.Install(in).error, 0u);
    ASSERT_EQ(ike.Install(out).error, 0u);
    spi = reserved.spi[0];
  }
  static api::ShowReply WithIke(const char* status) {
    api::ShowReply reply;
    api::IkeSa& sa = *reply.mutable_ike_sas()->add_sa();
    sa.set_local("192.0.2.1");
    sa.set_local_port(500);
    sa.set_remote("192.0.2.2");
    sa.set_remote_port(500);
    sa.set_status(status);
    return reply;
  }

  TestGateway g{1};
  StubIke ike{g, 1};
  uint32_t spi = 0;
};

TEST_F(ShowTextTest, IpsecSaAsInTheGuide) {
  Install(ike.Open());
  g.clock.AdvanceNs(5 * kNsPerSecond);
  g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  g.Settle();
  const std::string in = fmt::format("      spi: 0x{:X}({})\n", spi, spi);
  const std::string rest =
      "        transform: esp-gcm 128 ,\n"
      "        in use settings ={Tunnel, }\n";
  const std::string text = Text(api::SHOW_IPSEC_SA);
  EXPECT_THAT(text, HasSubstr("\ninterface: Ethernet0/1\n"
                              "    Crypto map tag: M, local addr. 192.0.2.1\n"
                              "   protected vrf:\n"
                              "   local  ident (addr/mask/prot/port): "
                              "(10.1.0.0/255.255.255.0/0/0)\n"
                              "   remote ident (addr/mask/prot/port): "
                              "(10.2.0.0/255.255.255.0/0/0)\n"
                              "   current_peer: 192.0.2.2:500\n"
                              "     PERMIT, flags={origin_is_acl,}\n"
                              "    #pkts encaps: 1, #pkts encrypt: 1, #pkts digest: 1\n"
                              "    #pkts decaps: 0, #pkts decrypt: 0, #pkts verify: 0\n"));
  EXPECT_THAT(text, HasSubstr("     local crypto endpt.: 192.0.2.1, remote crypto endpt.: "
                              "192.0.2.2\n"));
  EXPECT_THAT(
      text, HasSubstr("     current outbound spi: 7AA69CB7\n     inbound esp sas:\n" + in + rest));
  EXPECT_THAT(text,
              HasSubstr("     outbound esp sas:\n      spi: 0x7AA69CB7(2057739447)\n" + rest));
  EXPECT_THAT(text, HasSubstr("sa timing: remaining key lifetime (k/sec): (4607999/3595)\n"));
  EXPECT_THAT(text, HasSubstr("        Status: ACTIVE\n"));
  EXPECT_THAT(text, Not(HasSubstr("down:")));
}

// OUT-04: the flow stays, its counters are 0, its lists are empty.
TEST_F(ShowTextTest, AfterClearTheFlowStays) {
  Install(ike.Open());
  g.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  g.Settle();
  EXPECT_EQ(g.gateway->ClearSas({}).error(), "");
  g.Settle();
  const std::string text = Text(api::SHOW_IPSEC_SA);
  EXPECT_THAT(text, HasSubstr("#pkts encaps: 0, #pkts encrypt: 0, #pkts digest: 0"));
  EXPECT_THAT(text, HasSubstr("     current outbound spi: 0\n"
                              "     inbound esp sas:\n     inbound ah sas:\n"
                              "     inbound pcp sas:\n     outbound esp sas:\n"
                              "     outbound ah sas:\n     outbound pcp sas:\n"));
}

// MG-9: all states of a session, by what IKE and the forwarder say.
TEST_F(ShowTextTest, EveryStateOfASession) {
  const auto state = [this](const api::ShowReply& of_ike) {
    const std::string text = Text(api::SHOW_CRYPTO_SESSION, {}, of_ike);
    const size_t at = text.find("Session status: ") + 16;
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(state({}), "DOWN");
  EXPECT_EQ(state(WithIke("Negotiating")), "DOWN-NEGOTIATING");
  EXPECT_EQ(state(WithIke("Active")), "UP-IDLE");
  const uint64_t policy = ike.Open();
  EXPECT_EQ(ike.Reserve(policy).error, 0u);
  EXPECT_EQ(state({}), "DOWN-NEGOTIATING");
  Install(policy);
  EXPECT_EQ(state(WithIke("Active")), "UP-ACTIVE");
  EXPECT_EQ(state({}), "UP-NO-IKE");
}

TEST_F(ShowTextTest, SessionDetailAsInTheGuide) {
  Install(ike.Open());
  EXPECT_THAT(Text(api::SHOW_CRYPTO_SESSION, {.detail = true}, WithIke("Active")),
              HasSubstr("  IPSEC FLOW: permit ip 10.1.0.0/255.255.255.0 10.2.0.0/255.255.255.0\n"
                        "    Active SAs: 2, origin: crypto map\n"
                        "    Inbound:  #pkts dec'ed 0 drop 0 life (KB/Sec) 4608000/3600\n"
                        "    Outbound: #pkts enc'ed 0 drop 0 life (KB/Sec) 4608000/3600\n"));
}

TEST_F(ShowTextTest, ConnectionsAreOneLinePerSa) {
  Install(ike.Open());
  const std::string text = Text(api::SHOW_IPSEC_SA, {.view = mgmt::ShowView::kConnections});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5) << text;
  EXPECT_THAT(text, HasSubstr("IPsec   esp-gcm 128"));
}

TEST_F(ShowTextTest, EnginesSayWhereAndWhy) {
  Install(ike.Open());
  const std::string text = Text(api::SHOW_CRYPTO_ENGINE);
  EXPECT_THAT(text, HasSubstr("0x7AA69CB7  outbound   M 10              software  "
                              "No card is configured.\n"));
}

}  // namespace
}  // namespace vam::fwd::test
