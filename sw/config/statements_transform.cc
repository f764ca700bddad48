// Transform sets.
#include <fmt/core.h>

#include "sw/config/engine_support.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

// What an operator cannot name: the sets that stand in for missing ones (MG-97).
constexpr std::string_view kReservedPrefix = "#!";

struct ReadTransforms {
  std::vector<TransformUse> uses;
  std::vector<const Token*> tokens;  // of each
};
ReadTransforms Read(const Match& match) {
  ReadTransforms read;
  bool icv = false;
  for (const Token* token = &match.Argument("name") + 1;
       token != match.tokens.data() + match.tokens.size(); ++token) {
    if (const TransformInfo* info = FindTransform(token->text)) {
      read.uses.push_back(DefaultUse(info->id));
      read.tokens.push_back(token);
      icv = false;
    } else if (token->text == "icv") {
      icv = true;
    } else if (icv) {
      read.uses.back().icv_bytes = static_cast<uint8_t>(NumberOf(*token));
    } else {
      read.uses.back().key_bits = static_cast<uint16_t>(NumberOf(*token));
    }
  }
  return read;
}

// SY-8: SEAL is Cisco's own, and not beside hardware.
std::optional<Fault> RefuseSeal(const Editor& editor, const ReadTransforms& read) {
  for (size_t i = 0; i < read.uses.size(); ++i) {
    if (AnEngineHas(read.uses[i].transform)) continue;
    return Fault{read.tokens[i], editor.running.card == CardKind::kNone
                                     ? "the software engine has no SEAL"
                                     : "SEAL is not possible while a card is present"};
  }
  return {};
}

std::optional<Fault> EnterTransformSet(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (name.text.starts_with(kReservedPrefix)) {
    return Fault{&name, "names that begin with '#!' are the default sets'"};
  }
  ReadTransforms read = Read(match);
  if (auto fault = RefuseSeal(editor, read)) return fault;
  const SetFault wrong = CheckTransforms(read.uses, editor.running.crypto.legacy_algorithms);
  if (!wrong.message.empty()) {
    return Fault{wrong.at < read.tokens.size() ? read.tokens[wrong.at] : read.tokens.back(),
                 wrong.message};
  }
  FindOrAdd(editor.running.transform_sets, name.text).transforms = std::move(read.uses);
  editor.Note("crypto ipsec transform-set " + name.text);
  editor.Enter(Mode::kTransformSet, name.text);
  return {};
}
// As long as an entry names it, that entry is incomplete and its traffic dropped.
std::optional<Fault> NoTransformSet(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.transform_sets, name.text)) {
    return Fault{&name, "no such transform set"};
  }
  return {};
}
std::optional<Fault> SetMode(Editor& editor, const Match& match) {
  const bool transport = !match.negated() && match.Has("transport");
  FindOrAdd(editor.running.transform_sets, editor.object).mode =
      transport ? IpsecMode::kTransport : IpsecMode::kTunnel;
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ipsec transform-set <name> @transform ...",
      "How packets are protected: at most one AH, one ESP encryption, one ESP authentication and "
      "one compression transform"},
     EnterTransformSet},
    {{Mode::kConfig, "no crypto ipsec transform-set <name>", "Remove a transform set"},
     NoTransformSet},
    {{Mode::kTransformSet, "mode { tunnel | transport }",
      "Transport: only for traffic between the two peers themselves (default tunnel)"},
     SetMode},
    {{Mode::kTransformSet, "no mode [ { tunnel | transport } ]", "Back to tunnel mode"}, SetMode},
};

}  // namespace

std::span<const ConfigStatement> TransformStatements() { return kStatements; }

}  // namespace vam::config
