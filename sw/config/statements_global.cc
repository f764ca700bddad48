// hostname, engine, interface, and the modes' exits.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

std::optional<Fault> Hostname(Editor& editor, const Match& match) {
  if (match.negated()) {
    editor.running.hostname = Running().hostname;
    return {};
  }
  const Token& name = match.Argument("name");
  const bool good =
      name.text.size() <= 63 && std::all_of(name.text.begin(), name.text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
      });
  if (!good) return Fault{&name, "not a host name", {"up to 63 letters, digits, '-', '_', '.'"}};
  editor.running.hostname = name.text;
  return {};
}

std::optional<Fault> EngineCard(Editor& editor, const Match& match) {
  editor.running.card = match.Has("rtl")     ? CardKind::kRtl
                        : match.Has("model") ? CardKind::kModel
                                             : CardKind::kNone;
  return {};
}

std::optional<Fault> EnterInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (editor.running.FindInterface(name.text) == nullptr &&
      editor.running.interfaces.size() >= kMaxInterfaces) {
    return Fault{&name, fmt::format("more than {} interfaces", kMaxInterfaces)};
  }
  FindOrAdd(editor.running.interfaces, name.text);
  editor.Note("interface " + name.text);
  editor.Enter(Mode::kInterface, name.text);
  return {};
}
std::optional<Fault> NoInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (!EraseNamed(editor.running.interfaces, name.text)) return Fault{&name, "no such interface"};
  return {};
}

// `default interface X`: as a new one.
std::optional<Fault> DefaultInterface(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  if (editor.running.FindInterface(name.text) == nullptr) return Fault{&name, "no such interface"};
  Interface fresh;
  fresh.name = name.text;
  FindOrAdd(editor.running.interfaces, name.text) = std::move(fresh);
  editor.Note("interface " + name.text);
  return {};
}

std::optional<Fault> ConfigKey(Editor& editor, const Match& match) {
  if (!editor.interactive) {
    return Fault{&match.tokens[0], "only at the command line: the state directory keeps it"};
  }
  ConfigKeyChange change;
  if (!match.negated()) {
    const Token& words = match.Argument("passphrase");
    if (words.text.size() < kShortestPassphrase || words.text.size() > kLongestPassphrase) {
      return Fault{&words, "a passphrase has 8 to 127 characters"};
    }
    const MutableBytes bytes = change.passphrase.Resize(words.text.size());
    std::copy(words.text.begin(), words.text.end(), bytes.begin());
  }
  editor.config_key = std::move(change);
  return {};
}

std::optional<Fault> LeaveSubMode(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}
std::optional<Fault> LeaveConfiguration(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  editor.leaving = Leaving::kCommit;
  return {};
}
std::optional<Fault> Abort(Editor& editor, const Match& match) {
  if (!editor.interactive) return Fault{&match.tokens[0], "only at the command line"};
  editor.leaving = Leaving::kAbort;
  return {};
}
// The command line takes these lines itself.
std::optional<Fault> Do(Editor&, const Match& match) {
  return Fault{&match.tokens[0], "only at the command line"};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "hostname <name>", "Set the system's name (default Router)"}, Hostname},
    {{Mode::kConfig, "no hostname [ <name> ]", "Back to Router"}, Hostname},
    {{Mode::kConfig, "interface <interface>", "Configure an interface; makes it when it is new"},
     EnterInterface},
    {{Mode::kConfig, "no interface <interface>", "Remove an interface"}, NoInterface},
    {{Mode::kConfig, "default interface <interface>", "Take all statements of an interface back"},
     DefaultInterface},
    {{Mode::kConfig, "engine card { rtl | model | none }",
      "The card that takes the SAs: verilated RTL, functional model, or none (OpenVAM's own)"},
     EngineCard},
    {{Mode::kConfig, "no engine card", "No card: every SA runs in software"}, EngineCard},
    {{Mode::kConfig, "key config-key password-encrypt <passphrase>",
      "Seal the secrets of the configuration where they are shown and stored; acts at once, at the "
      "command line only"},
     ConfigKey},
    {{Mode::kConfig, "no key config-key password-encrypt [ <passphrase> ]",
      "Secrets are shown as <removed> and stored in clear; acts at once, at the command line only"},
     ConfigKey},
    {{Mode::kConfig, "exit", "Leave the configuration; what was entered comes into force"},
     LeaveConfiguration},
    {{Mode::kConfig, "end", "Leave the configuration from any mode, as Ctrl-Z"},
     LeaveConfiguration},
    {{Mode::kConfig, "abort", "Leave the configuration and forget what was entered"}, Abort},
    {{Mode::kConfig, "do <line>", "Run an exec command"}, Do},
    {{Mode::kInterface, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kCryptoMap, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kAcl, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kTransformSet, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kDynamicMap, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kIpsecProfile, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kStandardAcl, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kIpv6Acl, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kVrf, "exit", "Back to global configuration"}, LeaveSubMode},
    {{Mode::kIpVrf, "exit", "Back to global configuration"}, LeaveSubMode},
};

}  // namespace

std::span<const ConfigStatement> GlobalStatements() { return kStatements; }

}  // namespace vam::config
