#include "sw/mgmt/exec.h"

#include "sw/config/parser.h"

namespace vam::mgmt {
namespace {

using config::Match;
using config::Mode;
using Kind = ExecCommand::Kind;

struct ExecStatement {
  config::Statement statement;
  Kind kind;
  api::ShowKind show = api::SHOW_NONE;
  api::ClearKind clear = api::CLEAR_NONE;
};

constexpr ExecStatement kStatements[] = {
    {{Mode::kExec,
      "show crypto ipsec sa [ { map <name> | interface <interface> | peer <address> } ]",
      "SAs: selectors, counters, where each runs"},
     Kind::kShow,
     api::SHOW_IPSEC_SA},
    {{Mode::kExec, "show crypto map [ { interface <interface> | tag <name> } ]",
      "Crypto maps as configured, and what they lack"},
     Kind::kShow,
     api::SHOW_CRYPTO_MAP},
    {{Mode::kExec, "show crypto engine",
      "Engines: capabilities, counters, cycles; where each SA runs and why"},
     Kind::kShow,
     api::SHOW_CRYPTO_ENGINE},
    {{Mode::kExec, "show interfaces [ <interface> ]", "Interfaces and their counters"},
     Kind::kShow,
     api::SHOW_INTERFACES},
    {{Mode::kExec, "show ip route", "Routing table"}, Kind::kShow, api::SHOW_IP_ROUTE},
    {{Mode::kExec, "show ip arp", "Neighbours"}, Kind::kShow, api::SHOW_ARP},
    {{Mode::kExec, "show arp", "Neighbours"}, Kind::kShow, api::SHOW_ARP},
    {{Mode::kExec, "show running-config [ interface <interface> ]",
      "Configuration in force, keys masked"},
     Kind::kShow,
     api::SHOW_RUNNING_CONFIG},
    {{Mode::kExec, "show startup-config", "Configuration file, keys masked"},
     Kind::kShow,
     api::SHOW_RUNNING_CONFIG},
    {{Mode::kExec, "show version", "Product, version, uptime"}, Kind::kShow, api::SHOW_VERSION},
    {{Mode::kExec, "show counters", "How every packet ended, by reason"},
     Kind::kShow,
     api::SHOW_REASONS},
    {{Mode::kExec, "show processes", "Roles of this system"}, Kind::kShow, api::SHOW_PROCESSES},
    {{Mode::kExec, "clear crypto sa counters", "Set the flows' counters to 0"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SA_COUNTERS},
    {{Mode::kExec, "clear crypto sa",
      "Remove all SAs; manual ones are set up again at once, with new numbers"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_CRYPTO_SA},
    {{Mode::kExec, "clear counters [ <interface> ]", "Set the interfaces' counters to 0"},
     Kind::kClear,
     api::SHOW_NONE,
     api::CLEAR_COUNTERS},
    {{Mode::kExec, "configure [ terminal ]",
      "Enter statements; they act together when the mode is left ('abort' forgets them)"},
     Kind::kConfigure},
    {{Mode::kExec, "write [ memory ]", "Save the configuration to its file"}, Kind::kWriteMemory},
    {{Mode::kExec, "copy running-config startup-config", "Save the configuration to its file"},
     Kind::kWriteMemory},
    {{Mode::kExec, "enable", "Accepted; there is one level of privilege"}, Kind::kNothing},
    {{Mode::kExec, "terminal length <number:0-512>", "Accepted; output is not paged"},
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
    {"ip", "IP information"},
    {"counters", "Counters"},
    {"terminal", "From this terminal"},
    {"memory", "To the configuration file"},
    {"peer", "The other gateway"},
    {"tag", "Crypto map by name"},
    {"interface", "One interface"},
    {"copy", "Copy a configuration"},
};

}  // namespace

const config::Grammar& ExecGrammar() {
  static const config::Grammar grammar = [] {
    std::vector<config::Statement> statements;
    for (const ExecStatement& statement : kStatements) statements.push_back(statement.statement);
    return config::Grammar(statements, {}, kHelps);
  }();
  return grammar;
}

std::string CommandReference() {
  return "# Command reference\n\n"
         "Printed by `vamd --print-cli-reference` from the grammar tables. Words may be "
         "abbreviated as "
         "long as they are unique;\n`?` lists what fits. `{ a | b }` is a choice, `[ a ]` may be "
         "missing, `<type>` is an argument, `@part` is explained at the end.\nEvery show command "
         "takes "
         "`| json`, `| include RE`, `| exclude RE`, `| begin RE`, `| section RE`.\n\n" +
         ExecGrammar().Reference() + config::ConfigurationReference();
}

std::variant<ExecCommand, config::Mismatch> ParseExec(std::string_view line) {
  auto parsed = ExecGrammar().Parse(Mode::kExec, line);
  if (auto* mismatch = std::get_if<config::Mismatch>(&parsed)) return *mismatch;
  const Match& match = std::get<Match>(parsed);
  const ExecStatement& statement = kStatements[match.statement];
  ExecCommand command;
  command.kind = statement.kind;
  command.show.set_kind(statement.show);
  command.clear.set_kind(statement.clear);
  for (size_t i = 1; i < match.tokens.size(); ++i) {
    const config::Token& token = match.tokens[i];
    const std::string& before = match.tokens[i - 1].text;
    command.startup = command.startup || token.text == "startup-config";
    if (token.keyword) continue;
    if (before == "map" || before == "tag") {
      command.show.set_map(token.text);
    } else if (before == "peer") {
      command.show.set_peer(token.text);
    } else if (statement.kind == Kind::kClear) {
      command.clear.set_interface(token.text);
    } else {
      command.show.set_interface(token.text);
    }
  }
  return command;
}

}  // namespace vam::mgmt
