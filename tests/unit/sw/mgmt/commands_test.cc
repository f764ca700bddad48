// The command line as an operator meets it: modes, errors, help, the configuration store.
#include <gmock/gmock.h>

#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CommandsTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  // Like vamsh: the answer to a line that wants `file` and, if `yes`, a confirmation.
  api::CliReply RunWithFile(const std::string& line, const std::string& file, bool yes = false) {
    api::CliReply last;
    InSession([&](vamsh::Client& client) {
      static_cast<void>(client.Run("enable").has_value());
      api::CliRequest request;
      request.set_line(line);
      last = *client.Run(request);
      if (last.wants_file().empty()) return;
      request.set_file(file);
      last = *client.Run(request);
      if (!yes || last.question().empty()) return;
      request.set_confirmed(true);
      last = *client.Run(request);
    });
    return last;
  }
  std::vector<std::string> Completions(std::vector<std::string> before, const std::string& line) {
    std::vector<std::string> words;
    InSession([&](vamsh::Client& client) {
      for (const std::string& first : before) static_cast<void>(client.Run(first).has_value());
      const auto help = client.Help(line);
      if (help) words.assign(help->completion().begin(), help->completion().end());
    });
    return words;
  }
  std::string Help(std::vector<std::string> before, const std::string& line) {
    std::string text;
    InSession([&](vamsh::Client& client) {
      for (const std::string& first : before) static_cast<void>(client.Run(first).has_value());
      const auto help = client.Help(line);
      if (help) text = help->text();
    });
    return text;
  }
};

TEST_F(CommandsTest, PromptsAreThoseOfIos) {
  EXPECT_EQ(RunAsUser({""}).prompt(), "gw-a>");
  EXPECT_EQ(RunAsUser({"enable"}).prompt(), "gw-a#");
  EXPECT_EQ(Run({"disable"}).prompt(), "gw-a>");
  EXPECT_EQ(Run({"conf t"}).prompt(), "gw-a(config)#");
  EXPECT_EQ(Run({"conf t", "interface lan0"}).prompt(), "gw-a(config-if)#");
  EXPECT_EQ(Run({"conf t", "crypto map vpn 10"}).prompt(), "gw-a(config-crypto-map)#");
  EXPECT_EQ(Run({"conf t", "ip access-list extended 101"}).prompt(), "gw-a(config-ext-nacl)#");
  EXPECT_EQ(Run({"conf t", "crypto ipsec transform-set strong esp-gcm 256"}).prompt(),
            "gw-a(cfg-crypto-trans)#");
  EXPECT_EQ(Run({"conf t", "interface lan0", "exit"}).prompt(), "gw-a(config)#");
  EXPECT_EQ(Run({"conf t", "interface lan0", "hostname gw-a"}).prompt(), "gw-a(config)#");
  EXPECT_EQ(Run({"conf t", "interface lan0", "end"}).prompt(), "gw-a#");
  EXPECT_EQ(Run({"conf t", "exit"}).prompt(), "gw-a#");
  EXPECT_EQ(Run({"conf t", "abort"}).prompt(), "gw-a#");
  EXPECT_TRUE(Run({"exit"}).closed());
  EXPECT_TRUE(RunAsUser({"quit"}).closed());
}

TEST_F(CommandsTest, AUserSeesNothingOfPolicyAndChangesNothing) {
  EXPECT_EQ(RunAsUser({"show version"}).exit_code(), 0);
  for (const char* line : {"show running-config", "show crypto map", "configure terminal",
                           "clear counters", "write memory", "disable"}) {
    EXPECT_EQ(RunAsUser({line}).exit_code(), 2) << line;
  }
}

TEST_F(CommandsTest, ErrorsAreThoseOfIos) {
  EXPECT_EQ(Run({"show nothing"}).text(),
            "          ^\n"  // below "nothing": "gw-a#show " has ten characters
            "% Invalid input detected at '^' marker.\n"
            "% unknown word: 'nothing'; expected crypto, ip, arp, running-config, startup-config, "
            "configuration, archive, access-lists, ipv6, logging, counters, debugging or one of 8 "
            "more\n");
  EXPECT_EQ(Run({"show cr"}).text(),
            "% Incomplete command.\n% Expected map, ipsec, session, dynamic-map, engine, eli, "
            "ruleset, isakmp, ikev2, debug-condition, key or pki\n");
  EXPECT_EQ(Run({"  sh   r"}).exit_code(), 0);
  EXPECT_EQ(Run({"show i"}).text(),
            "% Ambiguous command:  \"show i\"\n% Expected ip, ipv6 or interfaces\n");
  EXPECT_EQ(Run({"  clear cry x"}).text().find('^'), std::string("gw-a#  clear cry ").size());
  EXPECT_THAT(Run({std::string("show \x01")}).text(), HasSubstr("control characters"));
  EXPECT_THAT(Run({std::string(5000, 'a')}).text(), HasSubstr("too long"));
}

TEST_F(CommandsTest, ErrorsInAConfigurationAreThoseOfIos) {
  const auto reply = Run({"conf t", "interface lan0", "mtu 20"});
  EXPECT_EQ(reply.exit_code(), 2);
  EXPECT_EQ(reply.text(), std::string(std::string("gw-a(config-if)#mtu ").size(), ' ') +
                              "^\n% Invalid input detected at '^' marker.\n"
                              "% number outside 68-9216: '20'; expected <68-9216>\n");
  // Well formed, but not possible: the reason alone.
  EXPECT_EQ(Run({"conf t", "no crypto map gone"}).text(), "% no such crypto map: 'gone'\n");
  EXPECT_EQ(Run({"conf t", "do show nothing"}).text().find('^'),
            std::string("gw-a(config)#do show ").size());
}

// MG-125: once, and not for a reference to a dynamic map.
TEST_F(CommandsTest, ANewMapEntryIsRemarkedUpon) {
  const std::string note =
      "% NOTE: This new crypto map will remain disabled until a peer\n"
      "        and a valid access list have been configured.\n";
  EXPECT_EQ(Run({"conf t", "crypto map testmap 10 ipsec-isakmp"}).text(), note);
  EXPECT_EQ(Run({"conf t", "crypto map testmap 10 ipsec-isakmp", "set peer 192.0.2.9",
                 "crypto map testmap 10"})
                .text(),
            "");
  EXPECT_EQ(Run({"conf t", "crypto map testmap 10 ipsec-isakmp dynamic d"}).text(), "");
}

TEST_F(CommandsTest, CryptoStatementsAreShownAtOnce) {
  EXPECT_EQ(
      Run({"conf t", "crypto ipsec security-association lifetime seconds 7200", "end"}).exit_code(),
      0);
  EXPECT_EQ(Run({"show crypto ipsec security-association lifetime"}).text(),
            "Security association lifetime: 4608000 kilobytes/7200 seconds\n");
  EXPECT_THAT(Run({"show crypto ipsec transform-set | json"}).text(),
              HasSubstr("\"transforms\": \"esp-gcm 256\""));
  EXPECT_EQ(Run({"show crypto dynamic-map"}).text(), "No crypto maps found.\n");
}

TEST_F(CommandsTest, NoErrorRepeatsAKey) {
  const std::string key(40, 'a');
  const std::vector<std::string> lines = {
      "set session-key inbound esp 300 cipher " + key + "b",
      "set session-key inbound esp 300 cipher " + key + " x",
      "set session-key inbound ah 300 " + key + " x",
      "set session-key inbound esp 300 authenticator " + key + "0",
      "set session-key inbound esp 300 cipher 00 auth " + key,
      "set sess " + key,
      "set session-key inbound esp " + key,
      key + " set",
      "do show " + key};
  for (const std::string& line : lines) {
    const auto reply = Run({"conf t", "crypto map vpn 10", line});
    EXPECT_NE(reply.exit_code(), 0) << line;
    EXPECT_THAT(reply.text(), Not(HasSubstr(key)));
  }
}

TEST_F(CommandsTest, LinesWithKeysAreMarkedForTheHistory) {
  const std::string set = "set sess inb esp 300 cip ";
  EXPECT_TRUE(Run({"conf t", "crypto map vpn 10", set + std::string(40, 'a')}).sensitive());
  EXPECT_TRUE(Run({"conf t", "crypto map vpn 10", set + "typo"}).sensitive());
  EXPECT_FALSE(Run({"conf t", "crypto map vpn 10", "set peer 192.0.2.9"}).sensitive());
  EXPECT_FALSE(Run({"show version"}).sensitive());
}

TEST_F(CommandsTest, KeywordsAndInterfacesAreAbbreviated) {
  const auto reply = Run({"conf t", "INT GI0/1", "mtu 1400", "int gigabitethernet 0/1", "desc x",
                          "def mtu", "int lo1", "interface ethernet 0", "end"});
  ASSERT_EQ(reply.exit_code(), 0) << reply.text();
  const auto& running = distributor_->running();
  const config::Interface* interface = running.FindInterface("GigabitEthernet0/1");
  ASSERT_NE(interface, nullptr);
  EXPECT_EQ(interface->mtu, 1500);
  EXPECT_EQ(interface->description, "x");
  EXPECT_NE(running.FindInterface("Loopback1"), nullptr);
  EXPECT_NE(running.FindInterface("Ethernet0"), nullptr);
  EXPECT_THAT(Run({"show run int g0/1"}).text(), HasSubstr("interface GigabitEthernet0/1\n"));
  EXPECT_THAT(Run({"show run int la"}).text(), HasSubstr("interface lan0\n"));
}

TEST_F(CommandsTest, HelpInEveryMode) {
  EXPECT_THAT(Help({}, ""), HasSubstr("  enable                  Turn on privileged commands\n"));
  EXPECT_THAT(Help({}, ""), Not(HasSubstr("configure")));
  EXPECT_THAT(Help({"enable"}, "show ru"), HasSubstr("running-config"));
  EXPECT_THAT(Help({"enable"}, "show running-config "), HasSubstr("|  "));
  EXPECT_THAT(Help({"enable"}, "show running-config | "), HasSubstr("section"));
  EXPECT_THAT(Help({"enable", "conf t"}, ""), HasSubstr("hostname"));
  EXPECT_THAT(Help({"enable", "conf t"}, "do sh"), HasSubstr("show"));
  const std::string sub = Help({"enable", "conf t", "interface lan0"}, "");
  EXPECT_THAT(sub, HasSubstr("mtu"));
  EXPECT_THAT(sub, Not(HasSubstr("hostname")));
  EXPECT_THAT(Help({"enable", "conf t", "interface lan0"}, "host"), HasSubstr("hostname"));
  EXPECT_THAT(Help({"enable", "conf t", "interface lan0"}, "default "), HasSubstr("mtu"));
  EXPECT_EQ(Help({}, "zzz "), "% Unrecognized command\n");
}

TEST_F(CommandsTest, Completion) {
  EXPECT_THAT(Completions({"enable"}, "sh"), ElementsAre("show"));
  EXPECT_THAT(Completions({"enable"}, "CONF"), ElementsAre("configure"));
  EXPECT_THAT(Completions({"enable"}, "show interfaces la"), ElementsAre("lan0"));
  EXPECT_THAT(Completions({"enable", "conf t"}, "interface n"), ElementsAre("net1"));
  EXPECT_THAT(Completions({"enable", "conf t"}, "do show inter"), ElementsAre("interfaces"));
}

TEST_F(CommandsTest, AFaultBetweenStatementsCanBeMended) {
  const auto reply = Run({"conf t", "hostname x", "interface lan0", "crypto map gone", "end"});
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_EQ(reply.prompt(), "gw-a(config)#");
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
  const auto mended = Run({"conf t", "hostname x", "interface lan0", "crypto map gone", "end",
                           "interface lan0", "no crypto map gone", "end"});
  EXPECT_EQ(mended.exit_code(), 0) << mended.text();
  EXPECT_EQ(distributor_->running().hostname, "x");
}

TEST_F(CommandsTest, WriteMemorySavesWhatRuns) {
  Run({"conf t", "hostname saved", "end"});
  EXPECT_THAT(Run({"show startup-config"}).text(), HasSubstr("hostname gw-a\n"));
  EXPECT_THAT(Run({"write"}).text(), HasSubstr("[OK]"));
  const auto parsed = config::Parse(Startup());
  ASSERT_TRUE(std::holds_alternative<config::Parsed>(parsed));
  EXPECT_EQ(std::get<config::Parsed>(parsed).running, distributor_->running());
  EXPECT_THAT(Run({"show startup-config"}).text(), HasSubstr("hostname saved\n"));
}

TEST_F(CommandsTest, WriteEraseEmptiesTheStartupConfiguration) {
  const config::Running before = distributor_->running();
  EXPECT_EQ(Run({"write erase"}).exit_code(), 0);
  EXPECT_EQ(Startup(), "");
  EXPECT_THAT(Run({"show startup-config"}).text(), HasSubstr("not present"));
  EXPECT_EQ(distributor_->running(), before);
}

TEST_F(CommandsTest, CopyToTheRunningConfigurationMerges) {
  const config::Running started = distributor_->running();
  Run({"conf t", "hostname other", "interface added", "mtu 900", "end"});
  EXPECT_EQ(Run({"copy start run"}).exit_code(), 0);
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
  EXPECT_NE(distributor_->running().FindInterface("added"), nullptr);
  EXPECT_EQ(RunWithFile("copy more.cfg running-config", "hostname third\n").exit_code(), 0);
  EXPECT_EQ(distributor_->running().hostname, "third");
}

TEST_F(CommandsTest, AMergeWithAnErrorChangesNothing) {
  const auto reply =
      RunWithFile("copy more.cfg run", "hostname third\ninterface lan0\n mtu 3\nfoo\n");
  EXPECT_EQ(reply.exit_code(), 1);
  EXPECT_THAT(reply.text(),
              StartsWith("% more.cfg:3:6: number outside 68-9216: '3'; expected <68-9216>\n"
                         "% more.cfg:4:1: unknown word: 'foo'; expected exit, ip, no, crypto, "));
  EXPECT_THAT(reply.text(), EndsWith(" more\n% Nothing is changed.\n"));
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
}

constexpr std::string_view kOther =
    "hostname gw-b\ninterface lan0\n mtu 1300\n ip address 10.0.0.1 255.255.255.0\n";

TEST_F(CommandsTest, ReplaceShowsTheDifferencesAndAsks) {
  const auto asked = RunWithFile("configure replace new.cfg", std::string(kOther));
  EXPECT_THAT(asked.question(), HasSubstr("[no]"));
  EXPECT_THAT(asked.text(), StartsWith("!Contextual Config Diffs:\n-service timestamps"));
  EXPECT_THAT(asked.text(), HasSubstr("\n-hostname gw-a\n"));
  EXPECT_THAT(asked.text(), HasSubstr("interface lan0\n -description inside\n"));
  EXPECT_THAT(asked.text(), HasSubstr(" +mtu 1300\n"));
  EXPECT_THAT(asked.text(), HasSubstr("-interface spare\n -device tap tap7\n -shutdown\n"));
  EXPECT_THAT(asked.text(), HasSubstr("\n+hostname gw-b\n"));
  EXPECT_THAT(asked.text(), Not(HasSubstr("ip address 10.0.0.1")));
  EXPECT_EQ(distributor_->running().hostname, "gw-a");
  const auto done = RunWithFile("configure replace new.cfg", std::string(kOther), true);
  EXPECT_EQ(done.exit_code(), 0) << done.text();
  EXPECT_THAT(done.text(), HasSubstr("Rollback Done"));
  auto expected = config::Parse(kOther);
  EXPECT_EQ(distributor_->running(), std::get<config::Parsed>(expected).running);
}

TEST_F(CommandsTest, ReplaceByTheStartupConfiguration) {
  const config::Running started = distributor_->running();
  Run({"conf t", "hostname other", "no interface spare", "end"});
  EXPECT_THAT(Run({"configure replace startup-config list"}).text(), HasSubstr("+hostname gw-a"));
  EXPECT_EQ(distributor_->running().hostname, "other");
  EXPECT_EQ(Run({"configure replace startup-config force"}).exit_code(), 0);
  EXPECT_EQ(distributor_->running(), started);
  EXPECT_EQ(Run({"conf replace start"}).text(), "!No changes were found\n");
}

TEST_F(CommandsTest, ARefusedReplaceLeavesEverythingAsItWas) {
  const config::Running before = distributor_->running();
  refusal_ = "No memory.";
  const auto refused = RunWithFile("configure replace new.cfg force", std::string(kOther));
  EXPECT_EQ(refused.exit_code(), 1);
  EXPECT_THAT(refused.text(), HasSubstr("The forwarder refuses: No memory."));
  EXPECT_THAT(refused.text(), HasSubstr("as it was before"));
  EXPECT_EQ(distributor_->running(), before);
  refusal_.clear();
  const auto wrong =
      RunWithFile("configure replace new.cfg force", std::string(kOther) + " crypto map gone\n");
  EXPECT_EQ(wrong.exit_code(), 1);
  EXPECT_EQ(distributor_->running(), before);
}

TEST_F(CommandsTest, DifferencesShowNoKey) {
  EXPECT_EQ(Run({"show archive config differences"}).text(), "!No changes were found\n");
  Run({"conf t", "crypto map vpn 10",
       "set session-key inbound esp 1001 cipher " + std::string(72, 'c'), "end"});
  const std::string text = Run({"show archive config differences"}).text();
  EXPECT_THAT(text, HasSubstr("crypto map vpn 10 ipsec-manual\n -set session-key inbound esp"));
  EXPECT_THAT(text, HasSubstr(" +set session-key inbound esp 1001 cipher "));
  EXPECT_THAT(text, Not(HasSubstr("cccc")));
  EXPECT_THAT(text, Not(HasSubstr("0a0b0c")));
}

TEST_F(CommandsTest, TheStoreIsNotTouchedInsideASession) {
  for (const char* line :
       {"do copy start run", "do configure replace startup-config force", "do disable"}) {
    EXPECT_EQ(Run({"conf t", "hostname x", line}).exit_code(), 1) << line;
  }
  EXPECT_THAT(Run({"conf t", "hostname x", "do write"}).text(), HasSubstr("not in force yet"));
}

TEST_F(CommandsTest, APastedConfigurationIsTaken) {
  std::vector<std::string> lines{"configure terminal"};
  std::string text(config::kExample);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const config::Running before = distributor_->running();
  Run({"conf t", "no interface spare", "no crypto map vpn 10", "interface net1",
       "no crypto map vpn", "no crypto map vpn", "end"});
  EXPECT_NE(distributor_->running(), before);
  const auto reply = Run(lines);
  EXPECT_EQ(reply.exit_code(), 0) << reply.text();
  EXPECT_EQ(reply.prompt(), "gw-a#");
  EXPECT_EQ(distributor_->running(), before);
}

TEST_F(CommandsTest, TerminalLengthIsTold) {
  EXPECT_EQ(Run({""}).page_length(), -1);
  EXPECT_EQ(Run({"terminal length 0"}).page_length(), 0);
  EXPECT_EQ(Run({"terminal length 40"}).page_length(), 40);
}

}  // namespace
}  // namespace vam::mgmt
