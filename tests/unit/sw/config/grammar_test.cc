#include "sw/config/grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Statement kStatements[] = {
    {Mode::kExec, "show ip route [ <address> ]", "Routes"},
    {Mode::kExec, "show { version | interfaces [ <interface> ] }", "Show things"},
    {Mode::kExec, "set @color <number:1-10>", "Paint"},
    {Mode::kExec, "echo <line>", "Echo"},
    {Mode::kExec, "mix @shade ...", "Mix"},
    {Mode::kExec, "blend { a | b } & *[ x | y <number:1-9> [ <number:1-9> ] ] z", "Blend"},
};
constexpr Macro kMacros[] = {{"color", "{ red | green | grey }"},
                             {"shade", "{ red [ { 1 | 2 } ] | green | grey }"}};
constexpr WordHelp kHelps[] = {{"ip", "IP"}, {"show ip", "IP information"}};

class GrammarTest : public ::testing::Test {
 protected:
  std::vector<std::string> Texts(std::string_view line) {
    auto parsed = grammar_.Parse(Mode::kExec, line);
    std::vector<std::string> texts;
    if (auto* match = std::get_if<Match>(&parsed)) {
      for (const Token& token : match->tokens) texts.push_back(token.text);
    } else {
      texts.push_back("error: " + std::get<Mismatch>(parsed).message);
    }
    return texts;
  }
  std::vector<std::string> HelpWords(std::string_view line) {
    std::vector<std::string> words;
    for (const HelpLine& help : grammar_.Help(Mode::kExec, line)) words.push_back(help.word);
    return words;
  }
  Grammar grammar_{kStatements, kMacros, kHelps};
};

TEST_F(GrammarTest, KeywordsAreCompleted) {
  EXPECT_THAT(Texts("sh ip ro"), ElementsAre("show", "ip", "route"));
  EXPECT_THAT(Texts("sh i"), ElementsAre("error: ambiguous word"));
  EXPECT_THAT(Texts("show in eth0"), ElementsAre("show", "interfaces", "eth0"));
}
TEST_F(GrammarTest, RepeatedPartsStandAnyNumberOfTimes) {
  EXPECT_THAT(Texts("mix red"), ElementsAre("mix", "red"));
  EXPECT_THAT(Texts("mix gree red 2 grey red gree"),
              ElementsAre("mix", "green", "red", "2", "grey", "red", "green"));
  EXPECT_THAT(Texts("mix"), ElementsAre("error: incomplete command"));
  EXPECT_THAT(Texts("mix green 2"), ElementsAre("error: unknown word"));
  EXPECT_THAT(HelpWords("mix red "), ElementsAre("1", "2", "green", "grey", "red", "<cr>"));
  EXPECT_THAT(HelpWords("mix red 1 gre"), ElementsAre("green", "grey"));
}
TEST_F(GrammarTest, OptionalPartsMayBeMissing) {
  EXPECT_THAT(Texts("show ip route 10.0.0.1"), ElementsAre("show", "ip", "route", "10.0.0.1"));
  EXPECT_THAT(Texts("show ip route ten"), ElementsAre("error: not an IPv4 address"));
}
TEST_F(GrammarTest, RepeatedPartsComeInAnyOrder) {
  EXPECT_THAT(Texts("blend a z"), ElementsAre("blend", "a", "z"));
  EXPECT_THAT(Texts("blend b y 3 4 x x y 1 z"),
              ElementsAre("blend", "b", "y", "3", "4", "x", "x", "y", "1", "z"));
  EXPECT_THAT(Texts("blend z"), ElementsAre("error: unknown word"));
  EXPECT_THAT(Texts("blend a x"), ElementsAre("error: incomplete command"));
  EXPECT_THAT(Texts("blend a y 3 4 5 z"), ElementsAre("error: unknown word"));
  EXPECT_THAT(HelpWords("blend a y 3 "), ElementsAre("<1-9>", "x", "y", "z"));
}
TEST_F(GrammarTest, AnArgumentIsChecked) {
  EXPECT_THAT(Texts("set gree 10"), ElementsAre("set", "green", "10"));
  EXPECT_THAT(Texts("set green 11"), ElementsAre("error: number outside 1-10"));
  EXPECT_THAT(Texts("set gre 1"), ElementsAre("error: ambiguous word"));
}
TEST_F(GrammarTest, ArgumentsAreFoundByType) {
  const auto parsed = grammar_.Parse(Mode::kExec, "set gree 10");
  ASSERT_TRUE(std::holds_alternative<Match>(parsed));
  const Match& match = std::get<Match>(parsed);
  EXPECT_EQ(match.Argument("number").text, "10");
  EXPECT_EQ(match.Find("number", 1), nullptr);
  EXPECT_EQ(match.Find("address"), nullptr);
  EXPECT_EQ(match.FindKeyword("green")->column, 5u);
  EXPECT_FALSE(match.Has("gree") || match.Has("10"));
  EXPECT_FALSE(match.negated());
}
TEST_F(GrammarTest, ALineArgumentTakesTheRest) {
  EXPECT_THAT(Texts("echo a  b c "), ElementsAre("echo", "a  b c"));
}
TEST_F(GrammarTest, IncompleteNamesWhatIsMissing) {
  const auto parsed = grammar_.Parse(Mode::kExec, "set red");
  ASSERT_TRUE(std::holds_alternative<Mismatch>(parsed));
  EXPECT_THAT(std::get<Mismatch>(parsed).expected, ElementsAre("<1-10>"));
}
TEST_F(GrammarTest, Help) {
  EXPECT_THAT(HelpWords(""), ElementsAre("blend", "echo", "mix", "set", "show"));
  EXPECT_THAT(HelpWords("s"), ElementsAre("set", "show"));
  EXPECT_THAT(HelpWords("show ip route "), ElementsAre("A.B.C.D", "<cr>"));
  EXPECT_THAT(HelpWords("nonsense "), ElementsAre());
  EXPECT_EQ(grammar_.Help(Mode::kExec, "show i").at(1).help, "IP information");
}
TEST_F(GrammarTest, Completion) {
  EXPECT_THAT(grammar_.Complete(Mode::kExec, "set gr"), ElementsAre("green", "grey"));
  EXPECT_THAT(grammar_.Complete(Mode::kExec, "set "), ElementsAre());
}
TEST_F(GrammarTest, ShowableWords) {
  EXPECT_EQ(ShowableWord("a\x01\xff"), "a\\x01\\xff");
  EXPECT_EQ(ShowableWord("0123456789abcdef"), "<hex>");
  EXPECT_EQ(ShowableWord("0123456789abcde"), "0123456789abcde");
}

TEST_F(GrammarTest, KeywordsInAnyCase) {
  EXPECT_THAT(Texts("SH Ip RO"), ElementsAre("show", "ip", "route"));
  EXPECT_THAT(grammar_.Complete(Mode::kExec, "SET GRE"), ElementsAre("green", "grey"));
}
TEST_F(GrammarTest, AnInterfaceMayBeTwoWords) {
  EXPECT_THAT(Texts("show int gigabit 0/1"),
              ElementsAre("show", "interfaces", "GigabitEthernet0/1"));
  EXPECT_THAT(Texts("show int lan 0"), ElementsAre("error: nothing may follow here"));
}
TEST_F(GrammarTest, KindsOfErrors) {
  const auto kind = [&](std::string_view line) {
    return std::get<Mismatch>(grammar_.Parse(Mode::kExec, line)).kind;
  };
  EXPECT_EQ(kind("set gre 1"), ErrorKind::kAmbiguous);
  EXPECT_EQ(kind("set red"), ErrorKind::kIncomplete);
  EXPECT_EQ(kind("set blue"), ErrorKind::kInvalid);
  EXPECT_EQ(kind("set red 11"), ErrorKind::kInvalid);
}

TEST(InterfaceNames, AreWrittenOut) {
  const std::pair<const char*, const char*> kNames[] = {{"gi0/1", "GigabitEthernet0/1"},
                                                        {"g0/1", "GigabitEthernet0/1"},
                                                        {"GIGABITETHERNET0", "GigabitEthernet0"},
                                                        {"fastethernet0/0.7", "FastEthernet0/0.7"},
                                                        {"te1/1/1", "TenGigabitEthernet1/1/1"},
                                                        {"lo0", "Loopback0"},
                                                        {"s0/0:1", "Serial0/0:1"},
                                                        {"Port-channel3", "Port-channel3"},
                                                        {"eth0", "eth0"},
                                                        {"eth0/1", "Ethernet0/1"},
                                                        {"port0", "port0"},
                                                        {"g0", "g0"},
                                                        {"lan0", "lan0"},
                                                        {"gi", "gi"},
                                                        {"gi0x", "gi0x"},
                                                        {"fe80::1", "fe80::1"}};
  for (const auto& [typed, full] : kNames) {
    EXPECT_EQ(FullInterfaceName(typed), full);
    EXPECT_EQ(FullInterfaceName(full), full);
  }
  const ArgumentType* type = FindArgumentType("interface");
  EXPECT_THAT(type->check("f0/0", 0, 0), HasSubstr("FastEthernet FortyGigabitEthernet"));
}

TEST(ConfigurationGrammar, DefaultIsNo) {
  const Grammar& grammar = Configuration().grammar;
  const auto statement = [&](Mode mode, std::string_view line) {
    const auto parsed = grammar.Parse(mode, line);
    const auto* match = std::get_if<Match>(&parsed);
    return match == nullptr ? SIZE_MAX : match->statement;
  };
  EXPECT_NE(statement(Mode::kInterface, "default mtu"), SIZE_MAX);
  EXPECT_EQ(statement(Mode::kInterface, "default mtu"), statement(Mode::kInterface, "no mtu"));
  EXPECT_NE(statement(Mode::kConfig, "default interface x"),
            statement(Mode::kConfig, "no interface x"));
}

TEST(ConfigurationGrammar, EveryStatementHasAHandlerAndHelp) {
  const ConfigGrammar& configuration = Configuration();
  for (const Handler handler : configuration.handlers) EXPECT_NE(handler, nullptr);
  for (const auto table :
       {GlobalStatements(), InterfaceStatements(), AclStatements(), CryptoStatements()}) {
    for (const ConfigStatement& s : table) {
      EXPECT_FALSE(s.statement.help.empty()) << s.statement.pattern;
      EXPECT_THAT(configuration.grammar.Reference(), HasSubstr(std::string(s.statement.help)));
    }
  }
}

}  // namespace
}  // namespace vam::config
