// `impair`, in a test build: its grammar, what its words mean, and the text of `show impair`.
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <utility>

#include "sw/mgmt/exec_table.h"
#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

using api::ImpairRule;
using config::Match;
using config::Mode;
using Kind = ExecCommand::Kind;

constexpr ExecStatement kStatements[] = {
    {{Mode::kExec,
      "impair ikev2 { drop | duplicate | replay | corrupt | delay <number:1-60000> | "
      "mutate { exchange | message-id | payload | notify | length } } "
      "[ { incoming | outgoing } ] "
      "[ for { ike-sa-init | ike-auth | create-child-sa | informational } ] "
      "[ { nth <number:1-1000000> | every <number:1-1000000> | percent <number:1-100> } ] "
      "[ seed <number:0-4294967295> ]",
      "Spoil messages of IKEv2: all, the nth alone, each of so many, or by chance (test builds)"},
     Kind::kImpair},
    {{Mode::kExec, "no impair [ rule <number:1-4294967295> ]", "Spoil nothing any more"},
     Kind::kImpair},
    {{Mode::kExec, "show impair", "What is spoiled, and how often"}, Kind::kShow, api::SHOW_IMPAIR},
};

constexpr config::WordHelp kHelps[] = {
    {"impair", "Spoil messages, in a test"},
    {"impair ikev2", "Of IKEv2"},
    {"drop", "They are lost"},
    {"duplicate", "They go twice"},
    {"replay", "An earlier one follows"},
    {"corrupt", "A bit behind the header changes"},
    {"delay", "They are late, by milliseconds"},
    {"mutate", "A field changes"},
    {"exchange", "Type of the exchange"},
    {"message-id", "Number of the message"},
    {"payload", "Type of the first payload"},
    {"notify", "Type of the first notify, in clear"},
    {"mutate length", "Length of the message"},
    {"incoming", "As they come"},
    {"outgoing", "As they go"},
    {"for", "Of one exchange"},
    {"nth", "That one alone"},
    {"every", "Each of so many"},
    {"percent", "By chance"},
    {"seed", "Of chance"},
    {"rule", "One rule, by its number"},
};

bool& Offered() {
  static bool offered = false;
  return offered;
}

constexpr std::array<std::pair<std::string_view, ImpairRule::Fault>, 6> kFaults{{
    {"drop", ImpairRule::DROP},
    {"duplicate", ImpairRule::DUPLICATE},
    {"delay", ImpairRule::DELAY},
    {"corrupt", ImpairRule::CORRUPT},
    {"replay", ImpairRule::REPLAY},
    {"mutate", ImpairRule::MUTATE},
}};
constexpr std::array<std::pair<std::string_view, ImpairRule::Field>, 5> kFields{{
    {"exchange", ImpairRule::EXCHANGE},
    {"message-id", ImpairRule::MESSAGE_ID},
    {"payload", ImpairRule::PAYLOAD},
    {"notify", ImpairRule::NOTIFY},
    {"length", ImpairRule::LENGTH},
}};
// RFC 7296, 3.1.
constexpr std::array<std::pair<std::string_view, uint32_t>, 4> kExchanges{{
    {"ike-sa-init", 34},
    {"ike-auth", 35},
    {"create-child-sa", 36},
    {"informational", 37},
}};

// The grammar has checked the range. 0: the keyword is not there.
uint32_t NumberBehind(const Match& match, std::string_view keyword) {
  uint32_t number = 0;
  for (size_t i = 0; i + 1 < match.tokens.size(); ++i) {
    if (!match.tokens[i].keyword || match.tokens[i].text != keyword) continue;
    const std::string& text = match.tokens[i + 1].text;
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

template <typename Table>
auto ValueOf(const Table& table, const Match& match) {
  for (const auto& [word, value] : table) {
    if (match.Has(word)) return value;
  }
  return typename Table::value_type::second_type{};
}
template <typename Table, typename Value>
std::string_view WordOf(const Table& table, Value value) {
  for (const auto& [word, of] : table) {
    if (of == value) return word;
  }
  return "";
}

}  // namespace

void OfferImpairment() { Offered() = true; }

std::span<const ExecStatement> ImpairStatements() {
  return Offered() ? std::span<const ExecStatement>(kStatements) : std::span<const ExecStatement>();
}
std::span<const config::WordHelp> ImpairHelps() {
  return Offered() ? std::span<const config::WordHelp>(kHelps)
                   : std::span<const config::WordHelp>();
}

std::optional<config::Mismatch> ReadImpairWords(const Match& match, ExecCommand& command) {
  if (command.kind == Kind::kShow) return std::nullopt;
  if (match.negated()) {
    command.impair.set_remove(NumberBehind(match, "rule"));
    return std::nullopt;
  }
  ImpairRule& rule = *command.impair.mutable_add();
  rule.set_fault(ValueOf(kFaults, match));
  if (rule.fault() == ImpairRule::MUTATE) rule.set_field(ValueOf(kFields, match));
  if (match.Has("incoming")) rule.set_direction(ImpairRule::INCOMING);
  if (match.Has("outgoing")) rule.set_direction(ImpairRule::OUTGOING);
  rule.set_exchange(ValueOf(kExchanges, match));
  rule.set_delay_ms(NumberBehind(match, "delay"));
  rule.set_nth(NumberBehind(match, "nth"));
  rule.set_every(NumberBehind(match, "every"));
  rule.set_percent(NumberBehind(match, "percent"));
  rule.set_seed(NumberBehind(match, "seed"));
  return std::nullopt;
}

std::string RenderImpairments(const api::Impairments& show) {
  if (!show.built_in()) return "This is no test build: nothing can be impaired\n";
  if (show.rule().empty()) return "Nothing is impaired\n";
  std::string text;
  for (const ImpairRule& rule : show.rule()) {
    text += fmt::format("rule {}: ikev2 {}", rule.number(), WordOf(kFaults, rule.fault()));
    if (rule.delay_ms() != 0) text += fmt::format(" {}", rule.delay_ms());
    if (rule.field() != ImpairRule::FIELD_NONE) {
      text += fmt::format(" {}", WordOf(kFields, rule.field()));
    }
    if (rule.direction() == ImpairRule::INCOMING) text += " incoming";
    if (rule.direction() == ImpairRule::OUTGOING) text += " outgoing";
    if (rule.exchange() != 0) text += fmt::format(" for {}", WordOf(kExchanges, rule.exchange()));
    if (rule.nth() != 0) text += fmt::format(" nth {}", rule.nth());
    if (rule.every() != 0) text += fmt::format(" every {}", rule.every());
    if (rule.percent() != 0) text += fmt::format(" percent {}", rule.percent());
    if (rule.seed() != 0) text += fmt::format(" seed {}", rule.seed());
    text += fmt::format(": {} messages, {} of them spoiled\n", rule.seen(), rule.done());
  }
  return text;
}

}  // namespace vam::mgmt
