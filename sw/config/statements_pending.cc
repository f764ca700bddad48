// What a statement of a later issue does: its line is kept where it belongs.
#include "sw/config/statements_pending.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "sw/base/check.h"
#include "sw/config/arguments.h"

namespace vam::config {
namespace {

constexpr Macro kMacros[] = {
    {"password", "{ 0 <password> | 6 <sealed> | <password> }"},
    {"dh-groups",
     "<dh-group> [ <dh-group> [ <dh-group> [ <dh-group> [ <dh-group> [ <dh-group> [ "
     "<dh-group> [ <dh-group> [ <dh-group> [ <dh-group> ] ] ] ] ] ] ] ] ]"},
    {"asa-ciphers",
     "<asa-cipher> [ <asa-cipher> [ <asa-cipher> [ <asa-cipher> [ <asa-cipher> [ "
     "<asa-cipher> [ <asa-cipher> [ <asa-cipher> [ <asa-cipher> ] ] ] ] ] ] ] ]"},
    {"asa-hashes",
     "<asa-hash> [ <asa-hash> [ <asa-hash> [ <asa-hash> [ <asa-hash> [ <asa-hash> ] ] ] ] "
     "]"},
    {"eleven-names",
     "<name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> [ "
     "<name> [ <name> ] ] ] ] ] ] ] ] ] ]"},
    {"nine-names",
     "<name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> [ <name> ] ] ] "
     "] ] ] ] ]"},
    {"ten-peers",
     "<peer-name> [ <peer-name> [ <peer-name> [ <peer-name> [ <peer-name> [ <peer-name> [ "
     "<peer-name> [ <peer-name> [ <peer-name> [ <peer-name> ] ] ] ] ] ] ] ] ]"},
    {"ten-ports",
     "<number:1-65535> [ <number:1-65535> [ <number:1-65535> [ <number:1-65535> [ "
     "<number:1-65535> [ <number:1-65535> [ <number:1-65535> [ <number:1-65535> [ "
     "<number:1-65535> [ <number:1-65535> ] ] ] ] ] ] ] ] ]"},
    {"precedences",
     "<number:0-7> [ <number:0-7> [ <number:0-7> [ <number:0-7> [ <number:0-7> [ "
     "<number:0-7> [ <number:0-7> [ <number:0-7> ] ] ] ] ] ] ]"},
    {"snmp-types", "<snmp-type> [ <snmp-type> [ <snmp-type> [ <snmp-type> ] ] ]"},
    {"aaa-method", "{ group <name> | local | enable | if-authenticated | none }"},
    {"aaa-methods", "@aaa-method [ @aaa-method [ @aaa-method ] ]"},
    {"checks", "{ none | crl [ { none | ocsp [ none ] } ] | ocsp [ { none | crl [ none ] } ] }"},
    {"police-action",
     "{ transmit | drop | set-prec-transmit <number:0-7> | set-dscp-transmit <word> | "
     "set-qos-transmit <number:0-99> }"},
};

constexpr size_t kLongestText = 1024;

struct FlatRow {
  const PendingRow* row;
  const PendingTable* table;
  size_t name_words;                      // of the head; 0: the whole line is the name
  std::vector<std::string_view> unnamed;  // keywords of the head that are no part of the name
};

std::vector<std::string_view> Split(std::string_view pattern) {
  std::vector<std::string_view> words;
  while (!pattern.empty()) {
    const size_t end = std::min(pattern.find(' '), pattern.size());
    if (end != 0) words.push_back(pattern.substr(0, end));
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return words;
}

// Counts the words of a head: a choice is one, what stands in brackets is none.
FlatRow Flatten(const PendingRow& row, const PendingTable& table) {
  FlatRow flat{&row, &table, 0, {}};
  if (row.tail.empty() && row.shape != Shape::kOption) return flat;
  int optional = 0;
  int choice = 0;
  for (const std::string_view word : Split(row.head)) {
    const bool outside = optional == 0 && choice == 0;
    if (word == "[") {
      ++optional;
    } else if (word == "]") {
      --optional;
    } else if (word == "{") {
      flat.name_words += outside ? 1U : 0U;
      ++choice;
    } else if (word == "}") {
      --choice;
    } else if (optional > 0 && word != "|") {
      flat.unnamed.push_back(word);
    } else if (outside) {
      ++flat.name_words;
    }
  }
  return flat;
}

const std::vector<FlatRow>& Rows() {
  static const std::vector<FlatRow> rows = [] {
    std::vector<FlatRow> all;
    // A number is tried before a name: `crypto ikev2 policy 10` is the ASA's.
    for (const auto tables : {SystemPending(), ServicePending(), AsaPending(), IkePending()}) {
      for (const PendingTable& table : tables) {
        for (const PendingRow& row : table.rows) all.push_back(Flatten(row, table));
      }
    }
    return all;
  }();
  return rows;
}

const FlatRow& RowOf(const Match& match) {
  return Rows()[(match.statement - Configuration().first_pending) / 2];
}

bool IsPendingMode(Mode mode) { return static_cast<size_t>(mode) >= kOwnModes; }
const PendingModeInfo& InfoOf(Mode mode) {
  return kPendingModes[static_cast<size_t>(mode) - kOwnModes];
}

// IOS writes these with capitals.
std::string_view Shown(const Token& token) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCapitals{
      {{"isa", "ISA"}, {"ro", "RO"}, {"rw", "RW"}, {"service-type", "Service-Type"}}};
  for (const auto& [keyword, shown] : kCapitals) {
    if (token.keyword && token.text == keyword) return shown;
  }
  return token.text;
}

bool IsSecret(const Token& token) { return token.type != nullptr && token.type->secret; }

// The words of the line without `no` and `default`, and without what says how a secret is written.
std::vector<const Token*> WordsOf(const Match& match) {
  std::vector<const Token*> words;
  for (size_t i = match.negated() ? 1 : 0; i < match.tokens.size(); ++i) {
    const Token& token = match.tokens[i];
    const bool form = token.keyword && (token.text == "0" || token.text == "6") &&
                      i + 1 < match.tokens.size() && IsSecret(match.tokens[i + 1]);
    if (!form) words.push_back(&token);
  }
  return words;
}
std::string WordOf(const Token& token) {
  if (IsSecret(token)) return std::string(1, kSecretMark);
  if (token.type == nullptr || token.type->check == nullptr) return std::string(Shown(token));
  if (token.type->name == "number") return std::to_string(NumberOf(token));
  std::string word = token.text;
  if (token.type->commas && word.ends_with(',')) word.pop_back();
  return word;
}
std::string TextOf(const std::vector<const Token*>& words) {
  std::string text;
  for (const Token* word : words) {
    if (!text.empty()) text += ' ';
    text += WordOf(*word);
  }
  return text;
}
std::string NameOf(const FlatRow& flat, const std::vector<const Token*>& words) {
  if (flat.name_words == 0) return TextOf(words);
  std::vector<const Token*> named;
  for (const Token* word : words) {
    if (named.size() == flat.name_words) break;
    const bool unnamed = word->keyword && std::find(flat.unnamed.begin(), flat.unnamed.end(),
                                                    word->text) != flat.unnamed.end();
    if (!unnamed) named.push_back(word);
  }
  return TextOf(named);
}

std::variant<std::vector<std::shared_ptr<const Secret<kLongestSealed>>>, Fault> SecretsOf(
    Editor& editor, const Match& match) {
  std::vector<std::shared_ptr<const Secret<kLongestSealed>>> secrets;
  for (const Token& token : match.tokens) {
    if (!IsSecret(token)) continue;
    auto secret = std::make_shared<Secret<kLongestSealed>>();
    if (token.type->name == "sealed") {
      auto opened = SecretOf(editor, match, secrets.size());
      if (auto* fault = std::get_if<Fault>(&opened)) return *fault;
      *secret = std::move(std::get<Secret<kLongestSealed>>(opened));
    } else {
      const MutableBytes bytes = secret->Resize(token.text.size());
      std::copy(token.text.begin(), token.text.end(), bytes.begin());
    }
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

// The lines among which those of this row stand; nullptr when there are none and none are to be
// made.
PendingLines* LinesFor(Editor& editor, const FlatRow& flat, bool make) {
  BlockPlace& at = editor.block;
  const Mode mode = flat.row->mode;
  if (mode == Mode::kConfig) {
    at = {};
    at.place = flat.table->place;
  } else if (IsPendingMode(mode)) {
    at.names.resize(InfoOf(mode).depth);
    editor.mode = mode;
  } else {
    at.names.clear();
  }
  Pending& pending = editor.running.pending;
  PendingLines* lines = &pending.global[static_cast<size_t>(at.place)];
  if (!at.head.empty()) {
    const auto under = pending.under.find(at.head);
    if (under == pending.under.end() && !make) return nullptr;
    lines = under == pending.under.end() ? &pending.under[at.head] : &under->second;
  }
  for (const std::string& name : at.names) {
    PendingLine* block = lines->Find(name);
    VAM_CHECK(block != nullptr);
    lines = &block->lines;
  }
  return lines;
}

std::optional<Fault> Remove(Editor& editor, const FlatRow& flat, const Match& match,
                            const std::string& name) {
  PendingLines* lines = LinesFor(editor, flat, /*make=*/false);
  const bool erased = lines != nullptr && lines->Erase(name);
  if (erased && lines->empty() && editor.block.names.empty() && !editor.block.head.empty()) {
    editor.running.pending.under.erase(editor.block.head);
  }
  // To take back a value that was never set is no fault; to take back one of many lines is.
  const bool one_of_many = flat.row->tail.empty() && flat.row->shape == Shape::kLine;
  if (erased || !one_of_many || match.tokens[0].text == "default") return {};
  return Fault{&match.tokens[1], "no such line is configured"};
}

std::optional<Fault> Keep(Editor& editor, const FlatRow& flat, const Match& match,
                          PendingLine line) {
  if (flat.row->check != nullptr && !match.negated()) {
    static const PendingLines kNone;
    const PendingLines* block = LinesFor(editor, flat, /*make=*/false);
    if (auto fault = flat.row->check(block == nullptr ? kNone : *block, match)) return fault;
  }
  auto secrets = SecretsOf(editor, match);
  if (auto* fault = std::get_if<Fault>(&secrets)) return *fault;
  line.secrets =
      std::move(std::get<std::vector<std::shared_ptr<const Secret<kLongestSealed>>>>(secrets));
  PendingLine& place = LinesFor(editor, flat, /*make=*/true)->FindOrAdd(line.name);
  const bool again = flat.row->opens != kOpensNone && !place.text.empty() && line.text == line.name;
  if (!again) {
    place.text = std::move(line.text);
    place.secrets = std::move(line.secrets);
    place.topic = line.topic;
  }
  if (flat.row->opens == kOpensNone) return {};
  editor.block.names.push_back(line.name);
  editor.Enter(flat.row->opens, line.name);
  return {};
}

std::optional<Fault> PendingStatement(Editor& editor, const Match& match) {
  const FlatRow& flat = RowOf(match);
  const std::vector<const Token*> words = WordsOf(match);
  PendingLine line;
  line.name = NameOf(flat, words);
  std::vector<const Token*> shown = words;
  std::erase_if(shown, [&flat](const Token* word) {
    return word->keyword && word->text == flat.row->default_word;
  });
  line.text = TextOf(shown);
  line.topic = flat.table->topic;
  // With its secrets sealed it must still be a line that can be read.
  if (line.text.size() > kLongestText) {
    return Fault{&match.tokens.back(),
                 "line longer than " + std::to_string(kLongestText) + " characters"};
  }
  if (!match.negated()) return Keep(editor, flat, match, std::move(line));
  const bool kept =
      flat.row->shape == Shape::kToggle && match.tokens[0].text == "no" && line.text == line.name;
  if (!kept) return Remove(editor, flat, match, line.name);
  line.text = "no " + line.text;
  return Keep(editor, flat, match, std::move(line));
}

// Does what the real statement `line` does.
std::optional<Fault> Real(Editor& editor, const std::string& line, const Token& token) {
  const auto parsed = Configuration().grammar.Parse(Mode::kConfig, line);
  const Match* match = std::get_if<Match>(&parsed);
  if (match == nullptr) return Fault{&token, std::get<Mismatch>(parsed).message};
  if (auto fault = Configuration().handlers[match->statement](editor, *match)) {
    return Fault{&token, fault->message};
  }
  FollowStatement(editor, *match, /*global=*/true);
  return {};
}
// interface NAME type TYPE.
std::optional<Fault> HeadWithEnd(Editor& editor, const Match& match) {
  const Token& name = match.Argument("interface");
  const std::string head = "interface " + name.text;
  if (match.negated()) return Real(editor, match.tokens[0].text + " " + head, name);
  if (auto fault = Real(editor, head, name)) return fault;
  PendingLine line;
  line.name = "type";
  line.text = "type " + match.tokens.back().text;
  line.topic = RowOf(match).table->topic;
  editor.running.pending.on_head[head] = std::move(line);
  return {};
}

// Behind the help of a row.
std::string LaterNote(Topic topic) {
  if (!ActsLater(topic)) return " [kept, never acts]";
  return " [kept for later: " + std::string(TopicName(topic)) + "]";
}

std::optional<Fault> LeaveBlock(Editor& editor, const Match&) {
  editor.block.names.pop_back();
  const Mode outer = OuterMode(editor.mode);
  editor.Enter(outer, editor.block.names.empty() ? "" : editor.block.names.back());
  if (outer == Mode::kConfig) editor.block = {};
  return {};
}

}  // namespace

std::span<const Macro> PendingMacros() { return kMacros; }

Mode OuterMode(Mode mode) {
  if (mode == Mode::kIkev2Peer) return Mode::kIkev2Keyring;
  if (!IsPendingMode(mode) || InfoOf(mode).depth == 1) return Mode::kConfig;
  return ModeOf(InfoOf(mode).outer);
}

void FollowStatement(Editor& editor, const Match& match, bool global) {
  if (!global) {
    if (editor.mode == Mode::kConfig) editor.block = {};
    return;
  }
  editor.block = {};
  Pending& pending = editor.running.pending;
  const bool opens = !match.negated() && IsSubMode(editor.mode);
  const bool removes = match.negated() && !(pending.under.empty() && pending.on_head.empty());
  if (!opens && !removes) return;
  std::string line;
  for (size_t i = match.negated() ? 1 : 0; i < match.tokens.size(); ++i) {
    if (!line.empty()) line += ' ';
    line += match.tokens[i].text;
  }
  const std::string head = HeadOf(line);
  if (opens) {
    editor.block.head = head;
    return;
  }
  // `no crypto map m` takes all its entries along.
  std::erase_if(pending.under, [&](const auto& block) {
    return block.first == head || (head == line && block.first.starts_with(head + " "));
  });
  pending.on_head.erase(head);
}

std::vector<ConfigStatement> PendingStatements() {
  static std::deque<std::string> patterns;  // and helps: the grammar holds views
  std::vector<ConfigStatement> statements;
  for (const FlatRow& flat : Rows()) {
    const PendingRow& row = *flat.row;
    const bool has_tail = !row.tail.empty();
    const std::string head(row.head);
    const std::string tail(row.tail);
    const Handler handler = row.shape == Shape::kOnHead ? HeadWithEnd : PendingStatement;
    patterns.push_back(has_tail ? fmt::format("{} {}", head, tail) : head);
    patterns.push_back(std::string(row.help) + LaterNote(flat.table->topic));
    statements.push_back({{row.mode, patterns.rbegin()[1], patterns.back(), true}, handler});
    patterns.push_back(has_tail ? fmt::format("no {} [ {} ]", head, tail) : "no " + head);
    const std::string_view no_help =
        row.shape == Shape::kToggle ? "Kept as a line; 'default' takes it back" : "Take it back";
    statements.push_back({{row.mode, patterns.back(), no_help, true}, handler});
  }
  for (size_t i = 0; i < kPendingModes.size(); ++i) {
    const Mode mode = ModeOf(static_cast<PendingMode>(i));
    statements.push_back({{mode, "exit", "Leave this block", true}, LeaveBlock});
  }
  return statements;
}

}  // namespace vam::config
