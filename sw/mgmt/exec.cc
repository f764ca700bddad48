#include "sw/mgmt/exec.h"

#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/parser.h"
#include "sw/mgmt/exec_table.h"
#include "sw/mgmt/show_pki.h"

namespace vam::mgmt {
namespace {

using config::Match;
using config::Mode;
using Kind = ExecCommand::Kind;

// What needs no privilege: nothing that tells of policy, peers or keys (MG-120).
constexpr ExecStatement kUserStatements[] = {
    {{Mode::kUserExec, "enable", "Turn on privileged commands"}, Kind::kEnable},
    {{Mode::kUserExec, "terminal length <number:0-512>", "Lines of a page; 0: no pages"},
     Kind::kTerminalLength},
    {{Mode::kUserExec, "terminal width <number:0-512>", "Accepted; lines are never cut"},
     Kind::kNothing},
    {{Mode::kUserExec, "exit", "Leave"}, Kind::kExit},
    {{Mode::kUserExec, "quit", "Leave"}, Kind::kExit},
    {{Mode::kUserExec, "logout", "Leave"}, Kind::kExit},
};

constexpr ExecStatement kStatements[] = {
    {{Mode::kExec, "show crypto map [ { interface <interface> | tag <name> } ]",
      "Crypto maps as configured, and what they lack"},
     Kind::kShow,
     api::SHOW_CRYPTO_MAP},
    {{Mode::kExec, "show ip route [ vrf <name> ]", "Routing table"},
     Kind::kShow,
     api::SHOW_IP_ROUTE},
    {{Mode::kExec, "show ip arp", "Neighbours"}, Kind::kShow, api::SHOW_ARP},
    {{Mode::kExec, "show arp", "Neighbours"}, Kind::kShow, api::SHOW_ARP},
    {{Mode::kExec, "show running-config [ { interface <interface> | full } ]",
      "Configuration in force"},
     Kind::kShow,
     api::SHOW_RUNNING_CONFIG},
    {{Mode::kExec, "show startup-config", "Configuration of the next start"},
     Kind::kShow,
     api::SHOW_RUNNING_CONFIG},
    {{Mode::kExec, "show configuration pending",
      "Statements that are kept and shown, but act in a later release only"},
     Kind::kShow,
     api::SHOW_PENDING},
    {{Mode::kExec, "show archive config differences [ { startup-config | <word> } ]",
      "From that configuration to the running one: '-' lines went, '+' lines came"},
     Kind::kDifferences},
    {{Mode::kExec, "show access-lists [ <name> ]", "Access lists and how often lines matched"},
     Kind::kShow,
     api::SHOW_ACCESS_LISTS},
    {{Mode::kExec, "show ip access-lists [ <name> ]", "Access lists of IPv4"},
     Kind::kShow,
     api::SHOW_IP_ACCESS_LISTS},
    {{Mode::kExec, "show ipv6 access-list [ <name> ]", "Access lists of IPv6"},
     Kind::kShow,
     api::SHOW_IPV6_ACCESS_LISTS},
    {{Mode::kExec, "show ipv6 route [ vrf <name> ]", "Routing table of IPv6"},
     Kind::kShow,
     api::SHOW_IPV6_ROUTE},
    {{Mode::kExec, "show ipv6 neighbors [ <interface> ]", "Neighbours by IPv6"},
     Kind::kShow,
     api::SHOW_IPV6_NEIGHBORS},
    {{Mode::kExec, "show logging", "System messages: destinations, counters, the buffer"},
     Kind::kShow,
     api::SHOW_LOGGING},
    {{Mode::kExec, "clear logging", "Empty the buffer of system messages"}, Kind::kClearLogging},
    {{Mode::kExec, "show counters", "How every packet ended, by reason"},
     Kind::kShow,
     api::SHOW_REASONS},
    {{Mode::kExec, "clear crypto sa counters", "Set the flows' counters to 0"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SA_COUNTERS},
    {{Mode::kExec,
      "clear crypto sa [ { peer <word> | map <name> | vrf <name> | entry <word> { esp | ah } "
      "<spi:256-4294967295> } ]",
      "Remove SAs; manual ones are set up again with new numbers"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SA},
    {{Mode::kExec,
      "clear crypto session [ local <word> [ port <number:1-65535> ] ] "
      "[ remote <word> [ port <number:1-65535> ] ] [ fvrf <name> ] [ ivrf <name> ]",
      "Remove the SAs of sessions: of those that agree with all that is named"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SESSION},
    {{Mode::kExec, "clear crypto session username <name>",
      "Refused: user names belong to Easy VPN, and no session has one"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SESSION},
    {{Mode::kExec, "clear crypto ikev2 sa [ { local <word> | remote <word> | fvrf <name> } ]",
      "Delete IKEv2 SAs with their child SAs; the peers are told"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_IKEV2_SA},
    {{Mode::kExec,
      "clear crypto ikev2 sa [ { local <word> | remote <word> | fvrf <name> } ] "
      "redirect { <address> | <address6> }",
      "Delete nothing: tell the peers that called this system to go to another gateway (RFC 5685); "
      "those that cannot stay"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_IKEV2_SA},
    {{Mode::kExec, "clear crypto ikev2 stats", "Set the counters of IKEv2 to 0"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_IKEV2_STATS},
    {{Mode::kExec, "clear access-list counters [ <name> ]",
      "Set to 0 how often lines of access lists matched"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_ACCESS_LIST_COUNTERS},
    {{Mode::kExec, "clear ip access-list counters [ <name> ]",
      "Set to 0 how often lines of access lists matched"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_ACCESS_LIST_COUNTERS},
    {{Mode::kExec, "clear ipv6 access-list [ <name> ]",
      "Set to 0 how often lines of access lists matched"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_ACCESS_LIST_COUNTERS},
    {{Mode::kExec, "clear arp-cache [ <interface> ]", "Forget what ARP has learnt"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_ARP},
    {{Mode::kExec, "clear ipv6 neighbors [ <interface> ]",
      "Forget what neighbour discovery has learnt"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_NEIGHBORS},
    {{Mode::kExec, "clear counters [ <interface> ]", "Set the interfaces' counters to 0"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_COUNTERS},
    {{Mode::kExec, "configure [ terminal ]",
      "Enter statements; they act together when the mode is left ('abort' forgets them)"},
     Kind::kConfigure},
    {{Mode::kExec, "configure memory", "Merge the startup configuration into the running one"},
     Kind::kMerge},
    {{Mode::kExec, "configure replace { startup-config | <word> } [ list ] [ force ]",
      "Show the differences, ask, and replace the whole running configuration; 'list' shows "
      "alone, 'force' does not ask"},
     Kind::kReplace},
    {{Mode::kExec, "copy running-config startup-config", "Save the configuration"},
     Kind::kWriteMemory},
    {{Mode::kExec, "copy { startup-config | <word> } running-config",
      "Merge a configuration into the running one"},
     Kind::kMerge},
    {{Mode::kExec, "write [ memory ]", "Save the configuration"}, Kind::kWriteMemory},
    {{Mode::kExec, "write terminal", "The same as show running-config"},
     Kind::kShow,
     api::SHOW_RUNNING_CONFIG},
    {{Mode::kExec, "write erase", "Empty the startup configuration"}, Kind::kWriteErase},
    {{Mode::kExec, "erase startup-config", "Empty the startup configuration"}, Kind::kWriteErase},
    {{Mode::kExec, "enable", "Turn on privileged commands"}, Kind::kEnable},
    {{Mode::kExec, "disable", "Turn off privileged commands"}, Kind::kDisable},
    {{Mode::kExec, "terminal length <number:0-512>", "Lines of a page; 0: no pages"},
     Kind::kTerminalLength},
    {{Mode::kExec, "terminal monitor", "Show system messages at this terminal as they come"},
     Kind::kTerminalMonitor},
    {{Mode::kExec, "terminal no monitor", "Show them no more (default)"}, Kind::kTerminalNoMonitor},
    {{Mode::kExec, "terminal width <number:0-512>", "Accepted; lines are never cut"},
     Kind::kNothing},
    {{Mode::kExec, "exit", "Leave"}, Kind::kExit},
    {{Mode::kExec, "quit", "Leave"}, Kind::kExit},
    {{Mode::kExec, "logout", "Leave"}, Kind::kExit},
};

constexpr config::WordHelp kHelps[] = {
    {"show", "Show information"},
    {"clear", "Reset counters and SAs"},
    {"crypto", "Encryption"},
    {"ipsec", "IPsec"},
    {"sa", "Security associations"},
    {"map", "Crypto map"},
    {"engine", "Engines that carry SAs"},
    {"dynamic-map", "Dynamic crypto maps"},
    {"transform-set", "Transform sets"},
    {"default", "What stands in where nothing is configured"},
    {"security-association", "What holds for all SAs"},
    {"lifetime", "When SAs are replaced"},
    {"ip", "IP information"},
    {"ipv6", "IPv6 information"},
    {"route", "Routing table"},
    {"arp", "Neighbours"},
    {"arp-cache", "What ARP has learnt"},
    {"neighbors", "Neighbours by IPv6"},
    {"username", "The user of an Easy VPN session"},
    {"access-lists", "Access lists"},
    {"access-list", "Access lists"},
    {"logging", "System messages"},
    {"counters", "Counters"},
    {"terminal", "From this terminal"},
    {"memory", "Startup configuration"},
    {"configure", "Change the configuration"},
    {"write", "Save, show or erase the configuration"},
    {"erase", "Erase a configuration"},
    {"running-config", "Configuration in force"},
    {"startup-config", "Configuration of the next start"},
    {"replace", "Replace the whole running configuration"},
    {"sa redirect", "Send peers to another gateway"},
    {"redirect", "Send peers to another gateway"},
    {"list", "Show the differences alone"},
    {"force", "Do not ask"},
    {"full", "All of it"},
    {"archive", "Compare configurations"},
    {"config", "Configurations"},
    {"configuration", "Configuration"},
    {"pending", "Statements of later releases"},
    {"differences", "What changed"},
    {"length", "Lines of a page"},
    {"monitor", "System messages as they come"},
    {"terminal no", "Take back"},
    {"width", "Characters of a line"},
    {"peer", "The other gateway"},
    {"tag", "Crypto map by name"},
    {"interface", "One interface"},
    {"copy", "Copy a configuration"},
};

}  // namespace

const config::Grammar& ExecGrammar() {
  static const config::Grammar grammar = [] {
    std::vector<config::Statement> statements;
    for (const ExecStatement& statement : kUserStatements)
      statements.push_back(statement.statement);
    for (const ExecStatement& statement : kStatements) statements.push_back(statement.statement);
    for (const ExecStatement& statement : ShowStatements()) {
      statements.push_back(statement.statement);
    }
    for (const auto table : {PingStatements(), PkiStatements(), ImpairStatements()}) {
      for (const ExecStatement& statement : table) statements.push_back(statement.statement);
    }
    std::vector<config::WordHelp> helps(std::begin(kHelps), std::end(kHelps));
    helps.insert(helps.end(), ShowHelps().begin(), ShowHelps().end());
    helps.insert(helps.end(), PingHelps().begin(), PingHelps().end());
    helps.insert(helps.end(), PkiHelps().begin(), PkiHelps().end());
    helps.insert(helps.end(), ImpairHelps().begin(), ImpairHelps().end());
    return config::Grammar(statements, {}, helps);
  }();
  return grammar;
}

std::string CommandReference() {
  return "# Command reference\n\n"
         "Printed by `vamd --print-cli-reference` from the grammar tables. Words may be "
         "abbreviated as "
         "long as they are unique;\n`?` lists what fits. `{ a | b }` is a choice, `[ a ]` may be "
         "missing, `<type>` is an argument, `*[ a | b ]` any of these in any order, `@part` is "
         "explained at the end.\nEvery show command "
         "takes "
         "`| json`, `| include RE`, `| exclude RE`, `| begin RE`, `| section RE`, `| count RE`.\n"
         "So does `ping`; it ends with exit code 1 when no echo request was answered.\n"
         "`default ...` is `no ...` unless it has a row of its own. Interfaces: `gi0/1`, "
         "`GigabitEthernet 0/1` and\n`GigabitEthernet0/1` are one; any other name is taken as "
         "it is.\n\n" +
         ExecGrammar().Reference() + config::ConfigurationReference();
}

namespace {

// Arguments of the commands about configurations.
void ReadConfigurationWords(const Match& match, ExecCommand& command) {
  const config::Token* file = match.Find("word");
  if (file != nullptr) {
    command.source = ExecCommand::Source::kFile;
    command.file = file->text;
  }
  command.list = match.Has("list");
  command.force = match.Has("force");
}

uint32_t NumberOf(const std::string& text) { return static_cast<uint32_t>(std::stoul(text)); }

// The argument at `i`, by the word in front of it.
void ReadClearWord(const Match& match, size_t i, api::ClearRequest& clear) {
  const std::string& before = match.tokens[i - 1].text;
  const std::string& word = match.tokens[i].text;
  if (clear.kind() == api::CLEAR_ACCESS_LIST_COUNTERS) {
    clear.set_list(word);
  } else if (before == "peer" || before == "remote") {
    clear.set_peer(word);
  } else if (before == "local") {
    clear.set_local(word);
  } else if (before == "port") {
    // local ADDRESS port NUMBER
    const bool local = match.tokens[i - 3].text == "local";
    if (local) {
      clear.set_local_port(NumberOf(word));
    } else {
      clear.set_peer_port(NumberOf(word));
    }
  } else if (before == "map") {
    clear.set_map(word);
  } else if (before == "vrf" || before == "ivrf") {
    clear.set_vrf(word);
  } else if (before == "redirect") {
    clear.set_redirect(word);
  } else if (before == "fvrf") {
    clear.set_front_vrf(word);
  } else if (before == "entry") {
    clear.set_destination(word);
  } else if (before == "esp" || before == "ah") {
    clear.set_protocol(before == "esp" ? 50 : 51);
    clear.set_spi(NumberOf(word));
  } else {
    clear.set_interface(word);
  }
}

bool IsIkev2Object(std::string_view word) {
  return word == "proposal" || word == "policy" || word == "profile" || word == "pool";
}

void ReadFilters(const Match& match, ExecCommand& command) {
  for (size_t i = 1; i < match.tokens.size(); ++i) {
    const config::Token& token = match.tokens[i];
    const std::string& before = match.tokens[i - 1].text;
    if (token.keyword) continue;
    const bool list = before == "access-lists" || before == "access-list";
    if (list && command.kind == Kind::kShow) {
      command.show.set_list(token.text);
    } else if (command.kind == Kind::kShow &&
               (before == "map" || before == "tag" || IsIkev2Object(before))) {
      command.show.set_map(token.text);
    } else if (command.kind == Kind::kClear) {
      ReadClearWord(match, i, command.clear);
    } else if (match.Find("interface") == &token) {
      command.show.set_interface(token.text);
    }
  }
}

const ExecStatement& StatementOf(const Match& match) {
  constexpr size_t kUsers = std::size(kUserStatements);
  constexpr size_t kOwn = kUsers + std::size(kStatements);
  if (match.statement < kUsers) return kUserStatements[match.statement];
  if (match.statement < kOwn) return kStatements[match.statement - kUsers];
  size_t behind = match.statement - kOwn;
  for (const auto table : {ShowStatements(), PingStatements(), PkiStatements()}) {
    if (behind < table.size()) return table[behind];
    behind -= table.size();
  }
  return ImpairStatements()[behind];
}

}  // namespace

std::variant<ExecCommand, config::Mismatch> ParseExec(config::Mode mode, std::string_view line) {
  auto parsed = ExecGrammar().Parse(mode, line);
  if (auto* mismatch = std::get_if<config::Mismatch>(&parsed)) return *mismatch;
  const Match& match = std::get<Match>(parsed);
  const ExecStatement& statement = StatementOf(match);
  ExecCommand command;
  command.kind = statement.kind;
  command.show.set_kind(statement.show);
  command.clear.set_kind(statement.clear);
  command.startup = statement.kind == Kind::kShow && match.Has("startup-config");
  if (statement.kind == Kind::kShow || statement.kind == Kind::kClear) ReadFilters(match, command);
  if (statement.kind == Kind::kTerminalLength) {
    command.page_length = std::stoi(match.Argument("number").text);
  }
  ReadConfigurationWords(match, command);
  command.options.view = statement.view;
  if (auto mismatch = ReadShowWords(match, command)) return *mismatch;
  if (statement.kind == Kind::kPing) {
    if (auto mismatch = ReadPingWords(match, command)) return *mismatch;
  }
  if (statement.kind == Kind::kImpair) {
    if (auto mismatch = ReadImpairWords(match, command)) return *mismatch;
  }
  if (statement.kind == Kind::kPki || IsPkiShow(statement.show)) {
    if (auto mismatch = ReadPkiWords(match, command)) return *mismatch;
  }
  command.sensitive = std::any_of(match.tokens.begin(), match.tokens.end(), [](const auto& token) {
    return token.type != nullptr && token.type->secret;
  });
  if (statement.kind == Kind::kClear && match.Has("username")) {
    config::Mismatch refused;
    refused.kind = config::ErrorKind::kRefused;
    refused.column = match.tokens.back().column;
    refused.word = "username";
    refused.message = "user names belong to sessions of Easy VPN, and there are none";
    return refused;
  }
  return command;
}

}  // namespace vam::mgmt
