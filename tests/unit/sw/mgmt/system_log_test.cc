// System messages: their lines as the guides and RFC 5424 have them, limits, the buffer, hosts.
#include "sw/mgmt/system_log.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <regex>

#include "sw/config/parser.h"
#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

using config::Severity;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// 2026-03-24 20:55:45.739 UTC: `date -u -d '2026-03-24 20:55:45' +%s` is 1774385745.
constexpr uint64_t kWallNs = 1'774'385'745'739 * kNsPerMs;

class SystemLogTest : public ::testing::Test {
 protected:
  void Configure(const std::string& text) {
    const auto parsed = config::Parse("hostname gw-a\n" + text);
    ASSERT_TRUE(std::holds_alternative<config::Parsed>(parsed));
    log_.Configure(std::get<config::Parsed>(parsed).running);
  }
  std::vector<std::string> Lines() {
    const api::Logging show = log_.Show();
    return {show.line().begin(), show.line().end()};
  }

  ManualClock clock_{5 * kNsPerSecond, kWallNs};
  bool takes_ = true;
  std::vector<api::LogDatagram> sent_;
  std::vector<std::string> console_;
  SystemLog log_{clock_,
                 [this](const api::LogDatagram& datagram) {
                   if (takes_) sent_.push_back(datagram);
                   return takes_;
                 },
                 [this](const std::string& line) { console_.push_back(line); }};
};

// OUT-01: the sample of the guides, but for its month.
TEST_F(SystemLogTest, LinesAreThoseOfTheGuides) {
  log_.Post("CRYPTO", Severity::kWarnings, "PKT_REPLAY_ERR",
            "decrypt: replay check failed connection id=1");
  EXPECT_THAT(Lines(), ElementsAre("*Mar 24 20:55:45.739: %CRYPTO-4-PKT_REPLAY_ERR: decrypt: "
                                   "replay check failed connection id=1"));
  EXPECT_EQ(console_, Lines());
}

TEST_F(SystemLogTest, TimesAreAsConfigured) {
  const std::pair<const char*, const char*> kCases[] = {
      {"no service timestamps log", "%A-6-B: c"},
      {"service timestamps log uptime", "00:01:40: %A-6-B: c"},
      {"service timestamps log datetime", "*Mar 24 20:57:25: %A-6-B: c"},
      {"service timestamps log datetime msec year show-timezone",
       "*Mar 24 2026 20:57:25.739 UTC: %A-6-B: c"},
      {"no service timestamps log\nservice sequence-numbers", "000001: %A-6-B: c"},
  };
  for (const auto& [text, line] : kCases) {
    ManualClock clock(kNsPerSecond, kWallNs);
    std::string written;
    SystemLog log(
        clock, [](const api::LogDatagram&) { return true; },
        [&](const std::string& l) { written = l; });
    const auto parsed = config::Parse(text);
    log.Configure(std::get<config::Parsed>(parsed).running);
    clock.AdvanceNs(100 * kNsPerSecond);
    log.Post("A", Severity::kInformational, "B", "c");
    EXPECT_EQ(written, line);
  }
}

// What a peer chose cannot forge a line, and is bounded.
TEST_F(SystemLogTest, TextIsEscapedAndCut) {
  api::LogRecord record;
  record.set_facility("CRYPTO");
  record.set_severity(5);
  record.set_mnemonic("SESSION_STATUS");
  constexpr char kText[] = "Id: x\n*Mar 24: %SYS-5-CONFIG_I: forged\x1b[2J\0\xff";
  record.set_text(std::string(kText, sizeof kText - 1));
  log_.Post(record);
  EXPECT_THAT(Lines(),
              ElementsAre(HasSubstr("Id: x\\x0a*Mar 24: %SYS-5-CONFIG_I: forged\\x1b[2J")));
  EXPECT_EQ(EscapeLogText(std::string(5000, '\n')).size(), 803u);
  for (const char* wrong : {"", "crypto", "A B", "A\n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    record.set_mnemonic(wrong);
    log_.Post(record);
  }
  record.set_mnemonic("GOOD");
  record.set_severity(8);
  log_.Post(record);
  EXPECT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(log_.Show().dropped(), 6u);
}

// DP-24: packets from anyone do not flood the log, and what is kept back is counted.
TEST_F(SystemLogTest, KindsAreLimitedEach) {
  for (int i = 0; i < 14; ++i) {
    log_.Post("CRYPTO", Severity::kWarnings, "RECVD_PKT_INV_SPI", "decaps");
  }
  log_.Post("SYS", Severity::kNotifications, "CONFIG_I", "Configured");
  EXPECT_THAT(Lines(), SizeIs(2));
  EXPECT_EQ(log_.Show().rate_limited(), 13u);
  EXPECT_THAT(RenderLogging(log_.Show()),
              HasSubstr("%CRYPTO-4-RECVD_PKT_INV_SPI: 13 rate-limited"));
  clock_.AdvanceNs(59 * kNsPerSecond);
  log_.Post("CRYPTO", Severity::kWarnings, "RECVD_PKT_INV_SPI", "decaps");
  EXPECT_THAT(Lines(), SizeIs(2));
  clock_.AdvanceNs(kNsPerSecond);
  log_.Post("CRYPTO", Severity::kWarnings, "RECVD_PKT_INV_SPI", "decaps");
  EXPECT_THAT(Lines(), SizeIs(3));
  for (int i = 0; i < 25; ++i) log_.Post("SYS", Severity::kNotifications, "CONFIG_I", "x");
  EXPECT_THAT(Lines(), SizeIs(13));
}
TEST_F(SystemLogTest, TheCommonLimitSparesWhatIsExcepted) {
  Configure("logging rate-limit 3 except errors\n");
  for (int i = 0; i < 8; ++i) {
    log_.Post("A", Severity::kInformational, fmt::format("K{}", i), "x");
    log_.Post("A", Severity::kErrors, fmt::format("K{}", i), "x");
  }
  EXPECT_THAT(Lines(), SizeIs(11));
}
TEST_F(SystemLogTest, InventedKindsAreBounded) {
  for (int i = 0; i < 1000; ++i) log_.Post("A", Severity::kErrors, fmt::format("K{}", i), "x");
  EXPECT_EQ(log_.Show().rate_limited(), 1000u - 256 - 10);
}

TEST_F(SystemLogTest, TheBufferKeepsTheLatest) {
  for (int i = 0; i < 500; ++i) {
    clock_.AdvanceNs(kNsPerSecond);
    log_.Post("A", Severity::kErrors, "B", fmt::format("{:0100}", i));
  }
  size_t bytes = 0;
  for (const std::string& line : Lines()) bytes += line.size() + 1;
  EXPECT_LE(bytes, 4096u);
  EXPECT_GE(bytes, 3900u);
  EXPECT_THAT(Lines().back(), HasSubstr("0499"));
  EXPECT_EQ(log_.Show().overruns() + Lines().size(), 500u);
  log_.Clear();
  EXPECT_THAT(Lines(), IsEmpty());
  EXPECT_EQ(log_.Show().flushes(), 1u);
}

TEST_F(SystemLogTest, DestinationsHaveTheirLevels) {
  Configure(
      "logging buffered 8000 warnings\nno logging console\nlogging trap errors\n"
      "logging host 192.0.2.9\n");
  for (int severity = 0; severity < 8; ++severity) {
    log_.Post("A", static_cast<Severity>(severity), "B", "x");
  }
  EXPECT_THAT(Lines(), SizeIs(5));
  EXPECT_THAT(console_, IsEmpty());
  EXPECT_THAT(sent_, SizeIs(4));
  Configure("no logging on\nlogging host 192.0.2.9\n");
  log_.Post("A", Severity::kErrors, "C", "x");
  EXPECT_THAT(console_, SizeIs(1));
  EXPECT_THAT(sent_, SizeIs(4));
}

TEST_F(SystemLogTest, HostsGetDatagrams) {
  Configure(
      "vrf definition red\nlogging facility local3\ninterface lan0\n"
      "logging source-interface lan0\nlogging host 192.0.2.9\n"
      "logging host 2001:db8::9 vrf red transport udp port 5514 sequence-num-session\n");
  log_.Post("SYS", Severity::kNotifications, "CONFIG_I", "Configured");
  ASSERT_THAT(sent_, SizeIs(2));
  EXPECT_EQ(sent_[0].payload(), "<157>*Mar 24 20:55:45.739: %SYS-5-CONFIG_I: Configured");
  EXPECT_EQ(sent_[0].destination(), std::string("\xc0\x00\x02\x09", 4));
  EXPECT_EQ(sent_[0].destination_port(), 514u);
  EXPECT_EQ(sent_[0].source_interface(), "lan0");
  EXPECT_THAT(sent_[1].payload(), HasSubstr("<157>1: *Mar 24"));
  EXPECT_EQ(sent_[1].destination().size(), 16u);
  EXPECT_EQ(sent_[1].vrf(), "red");
  takes_ = false;
  log_.Post("SYS", Severity::kNotifications, "CONFIG_I", "again");
  EXPECT_EQ(log_.Show().dropped(), 2u);
  EXPECT_EQ(log_.Show().host(1).dropped(), 1u);
}

// RFC 5424, 6: HEADER, STRUCTURED-DATA, MSG, by its own grammar.
TEST_F(SystemLogTest, Rfc5424) {
  Configure("logging format rfc5424\nlogging host 192.0.2.9 sequence-num-session\n");
  log_.Post("CRYPTO", Severity::kNotifications, "SESSION_STATUS", "Crypto session is UP.");
  log_.Post("CRYPTO", Severity::kNotifications, "SESSION_STATUS", std::string(5000, 'x'));
  ASSERT_THAT(sent_, SizeIs(2));
  EXPECT_EQ(sent_[0].payload(),
            "<189>1 2026-03-24T20:55:45.739Z gw-a openvam - SESSION_STATUS [meta sequenceId=\"1\"] "
            "%CRYPTO-5-SESSION_STATUS: Crypto session is UP.");
  const std::regex form(
      "<[0-9]{1,3}>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{1,6}Z "
      "[!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} (-|\\[[!-~]+ [!-~]+=\"[^\"]*\"\\]) .*");
  for (const api::LogDatagram& datagram : sent_) {
    EXPECT_TRUE(std::regex_match(datagram.payload(), form)) << datagram.payload();
    EXPECT_LE(datagram.payload().size(), 1024u);
  }
}

// OUT-07: labels and order of the guides' sample.
TEST_F(SystemLogTest, ShownAsInTheGuides) {
  Configure("logging buffered 8000\nno logging console\n");
  log_.Post("A", Severity::kErrors, "B", "x");
  EXPECT_EQ(RenderLogging(log_.Show()),
            "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 "
            "overruns, xml disabled)\n"
            "    Console logging: disabled\n"
            "    Monitor logging: level debugging, 0 messages logged, xml disabled\n"
            "    Buffer logging: level debugging, 1 messages logged, xml disabled\n"
            "    Count and timestamp logging messages: disabled\n"
            "    Trap logging: level informational, 0 message lines logged\n"
            "\n"
            "Log Buffer (8000 bytes):\n"
            "*Mar 24 20:55:45.739: %A-3-B: x\n");
}

}  // namespace
}  // namespace vam::mgmt
