#include "sw/config/grammar.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "sw/base/check.h"
#include "sw/config/arguments.h"

namespace vam::config {
namespace {

constexpr std::array<std::string_view, kOwnModes> kModeNames{"user exec",
                                                             "exec",
                                                             "config",
                                                             "config-if",
                                                             "config-crypto-map",
                                                             "config-ext-nacl",
                                                             "cfg-crypto-trans",
                                                             "config-crypto-map",
                                                             "ipsec-profile",
                                                             "config-std-nacl",
                                                             "config-ipv6-acl",
                                                             "config-vrf",
                                                             "config-vrf-af",
                                                             "config-ip-vrf",
                                                             "config-ikev2-proposal",
                                                             "config-ikev2-policy",
                                                             "config-ikev2-keyring",
                                                             "config-ikev2-keyring-peer",
                                                             "config-ikev2-author-policy",
                                                             "config-ikev2-profile",
                                                             "config-isakmp-peer",
                                                             "ca-trustpoint",
                                                             "config-cert-chain",
                                                             "config-pubkey",
                                                             "ca-certificate-map"};
constexpr size_t kLongestShownWord = 40;
constexpr size_t kSecretRun = 16;

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool StartsWithDigit(std::string_view word) { return word[0] >= '0' && word[0] <= '9'; }

// Keywords may be typed in any case.
bool BeginsWith(std::string_view keyword, std::string_view word) {
  if (word.size() > keyword.size()) return false;
  return std::equal(word.begin(), word.end(), keyword.begin(), [](char typed, char own) {
    return typed == own || (typed >= 'A' && typed <= 'Z' && typed - 'A' + 'a' == own);
  });
}

// As a reader wants it: `&` says nothing to one.
std::string InTableCell(std::string_view pattern) {
  std::string escaped;
  for (char c : pattern) {
    if (c == '&') {
      escaped.pop_back();  // the blank before it
      continue;
    }
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string_view ModeName(Mode mode) {
  const auto index = static_cast<size_t>(mode);
  return index < kOwnModes ? kModeNames[index] : kPendingModes[index - kOwnModes].prompt;
}

const Token* Match::FindKeyword(std::string_view keyword) const {
  for (const Token& token : tokens) {
    if (token.keyword && token.text == keyword) return &token;
  }
  return nullptr;
}

const Token* Match::Find(std::string_view type, size_t n) const {
  for (const Token& token : tokens) {
    if (token.type != nullptr && token.type->name == type && n-- == 0) return &token;
  }
  return nullptr;
}

const Token& Match::Argument(std::string_view type, size_t n) const {
  const Token* token = Find(type, n);
  VAM_CHECK(token != nullptr);
  return *token;
}

std::string ShowableWord(std::string_view word) {
  const std::string_view digits = word.starts_with("0x") ? word.substr(2) : word;
  if (digits.size() >= kSecretRun && std::all_of(digits.begin(), digits.end(), IsHexDigit)) {
    return std::string(kShownHex);
  }
  std::string shown;
  for (char c : word) {
    if (shown.size() >= kLongestShownWord) return shown + "...";
    if (c >= 0x20 && c < 0x7F) {
      shown += c;
    } else {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return shown;
}

// Appends patterns to the tree. A position is the set of nodes at which the text read so far may
// have ended.
class Grammar::Compiler {
 public:
  Compiler(Grammar& grammar, std::string_view pattern) : grammar_(grammar) {
    for (const Word& word : Split(pattern)) words_.push_back(word.text);
  }
  std::vector<uint32_t> Compile(std::vector<uint32_t> at) {
    at = Sequence(std::move(at));
    VAM_CHECK(next_ == words_.size());
    return at;
  }

 private:
  std::vector<uint32_t> Sequence(std::vector<uint32_t> at) {
    std::vector<uint32_t> before = at;  // the last element
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_];
      if (word == "}" || word == "]" || word == "|") break;
      ++next_;
      if (word == "...") {
        Repeat(before, at);
        continue;
      }
      before = at;
      if (word == "{" || word == "[") {
        at = Alternatives(at, word == "[");
      } else if (word == "*[") {
        at = Repetition(std::move(at));
      } else if (word == "&") {
        return Join(std::move(at));
      } else if (word.starts_with("@")) {
        const auto macro = grammar_.macros_.find(word.substr(1));
        VAM_CHECK(macro != grammar_.macros_.end());
        at = Compiler(grammar_, macro->second).Compile(std::move(at));
      } else {
        for (uint32_t& node : at) node = grammar_.Child(node, std::string(word));
      }
    }
    return at;
  }
  // What begins at `starts` may begin at `ends` as well: the tree becomes a graph there.
  void Repeat(const std::vector<uint32_t>& starts, const std::vector<uint32_t>& ends) {
    for (const uint32_t start : starts) {
      const std::vector<uint32_t> first = grammar_.nodes_[start].children;
      for (const uint32_t end : ends) {
        auto& children = grammar_.nodes_[end].children;
        for (const uint32_t child : first) {
          if (std::find(children.begin(), children.end(), child) == children.end()) {
            children.push_back(child);
          }
        }
      }
    }
  }
  std::vector<uint32_t> Alternatives(const std::vector<uint32_t>& at, bool optional) {
    std::vector<uint32_t> ends = optional ? at : std::vector<uint32_t>();
    for (;;) {
      for (uint32_t node : Sequence(at)) {
        if (std::find(ends.begin(), ends.end(), node) == ends.end()) ends.push_back(node);
      }
      VAM_CHECK(next_ < words_.size());
      const std::string_view closing = words_[next_++];
      if (closing == "|") continue;
      VAM_CHECK(closing == (optional ? "]" : "}"));
      return ends;
    }
  }

  // What follows is made once, for all of `at`: long patterns with many choices stay small.
  std::vector<uint32_t> Join(std::vector<uint32_t> at) {
    const auto hub = static_cast<uint32_t>(grammar_.nodes_.size());
    grammar_.nodes_.emplace_back();
    std::vector<uint32_t> ends = Sequence({hub});
    for (const uint32_t node : at) {
      for (const uint32_t child : grammar_.nodes_[hub].children) {
        VAM_CHECK(grammar_.Adopt(node, child));
      }
    }
    if (std::erase(ends, hub) != 0) ends.insert(ends.end(), at.begin(), at.end());
    return ends;
  }
  // The alternatives are made once and shared: what may follow `at` may also follow each of them.
  std::vector<uint32_t> Repetition(std::vector<uint32_t> at) {
    const auto hub = static_cast<uint32_t>(grammar_.nodes_.size());
    grammar_.nodes_.emplace_back();
    std::vector<uint32_t> ends = Alternatives({hub}, /*optional=*/true);
    std::erase(ends, hub);
    const std::vector<uint32_t> first = grammar_.nodes_[hub].children;
    for (const uint32_t node : at) {
      for (const uint32_t child : first) VAM_CHECK(grammar_.Adopt(node, child));
    }
    // "icmp 3 1": the second number is the code, not again a type.
    for (const uint32_t node : ends) {
      for (const uint32_t child : first) (void)grammar_.Adopt(node, child);
    }
    at.insert(at.end(), ends.begin(), ends.end());
    return at;
  }

  Grammar& grammar_;
  std::vector<std::string_view> words_;
  size_t next_ = 0;
};

bool Grammar::Adopt(uint32_t parent, uint32_t child) {
  for (const uint32_t other : nodes_[parent].children) {
    const Node& a = nodes_[other];
    const Node& b = nodes_[child];
    if (a.type == b.type && a.text == b.text && a.low == b.low && a.high == b.high) return false;
  }
  nodes_[parent].children.push_back(child);
  return true;
}

Grammar::Grammar(std::span<const Statement> statements, std::span<const Macro> macros,
                 std::span<const WordHelp> helps)
    : statements_(statements.begin(), statements.end()), nodes_(kModes) {
  for (const Macro& macro : macros) macros_[macro.name] = macro.pattern;
  for (const WordHelp& help : helps) helps_[help.word] = help.help;
  for (size_t i = 0; i < statements_.size(); ++i) {
    const auto root = static_cast<uint32_t>(statements_[i].mode);
    for (uint32_t end : Compiler(*this, statements_[i].pattern).Compile({root})) {
      if (nodes_[end].statement >= 0 && statements_[i].yields) continue;
      VAM_CHECK(nodes_[end].statement < 0);
      nodes_[end].statement = static_cast<int>(i);
      if (nodes_[end].help.empty()) nodes_[end].help = statements_[i].help;
    }
  }
  for (size_t mode = static_cast<size_t>(Mode::kConfig); mode < kModes; ++mode) {
    ShareDefaults(static_cast<Mode>(mode));
  }
}

// `default X` is `no X` wherever a table has no row of its own for it: the nodes are shared.
void Grammar::ShareDefaults(Mode mode) {
  const auto root = static_cast<uint32_t>(mode);
  const auto find = [&](std::string_view word) {
    for (uint32_t child : nodes_[root].children) {
      if (nodes_[child].type == nullptr && nodes_[child].text == word) return child;
    }
    return root;
  };
  const uint32_t no = find("no");
  if (no == root) return;
  const uint32_t shared = Child(root, "default");
  for (uint32_t child : std::vector<uint32_t>(nodes_[no].children)) {
    auto& children = nodes_[shared].children;
    const bool own = std::any_of(children.begin(), children.end(), [&](uint32_t other) {
      return nodes_[other].type == nodes_[child].type && nodes_[other].text == nodes_[child].text;
    });
    if (!own) children.push_back(child);
  }
}

uint32_t Grammar::Child(uint32_t parent, const std::string& word) {
  Node node;
  node.text = word;
  if (word.starts_with("<")) {
    VAM_CHECK(word.ends_with(">"));
    const std::string inner = word.substr(1, word.size() - 2);
    const size_t colon = inner.find(':');
    node.text = inner.substr(0, colon);
    node.type = FindArgumentType(node.text);
    VAM_CHECK(node.type != nullptr);
    VAM_CHECK(colon != std::string::npos || !node.type->label.empty());
    if (colon != std::string::npos) {
      const size_t dash = inner.find('-', colon);
      VAM_CHECK(dash != std::string::npos);
      const auto low = ParseNumber(std::string_view(inner).substr(colon + 1, dash - colon - 1));
      const auto high = ParseNumber(std::string_view(inner).substr(dash + 1));
      VAM_CHECK(low && high && *low <= *high);
      node.low = *low;
      node.high = *high;
    }
  }
  for (uint32_t child : nodes_[parent].children) {
    const Node& other = nodes_[child];
    if (other.type == node.type && other.text == node.text && other.low == node.low &&
        other.high == node.high) {
      return child;
    }
  }
  node.help =
      node.type == nullptr ? HelpOf(nodes_[parent].text, node.text) : std::string(node.type->help);
  nodes_.push_back(std::move(node));
  const auto index = static_cast<uint32_t>(nodes_.size() - 1);
  nodes_[parent].children.push_back(index);
  return index;
}

std::string Grammar::HelpOf(std::string_view previous, std::string_view word) const {
  const std::string both = fmt::format("{} {}", previous, word);
  if (auto it = helps_.find(both); it != helps_.end()) return std::string(it->second);
  if (auto it = helps_.find(word); it != helps_.end()) return std::string(it->second);
  return "";
}

std::vector<Grammar::Word> Grammar::Split(std::string_view line) {
  std::vector<Word> words;
  size_t i = 0;
  while (i < line.size()) {
    while (i < line.size() && IsBlank(line[i])) ++i;
    const size_t start = i;
    while (i < line.size() && !IsBlank(line[i])) ++i;
    if (i > start) {
      words.push_back(
          {line.substr(start, i - start), static_cast<uint32_t>(start + 1), line.substr(start)});
    }
  }
  return words;
}

std::string Grammar::Label(const Node& node) {
  if (node.type == nullptr) return node.text;
  if (!node.type->label.empty()) return std::string(node.type->label);
  return fmt::format("<{}-{}>", node.low, node.high);
}

std::vector<std::string> Grammar::Expected(uint32_t node) const {
  std::vector<std::string> expected;
  for (uint32_t child : nodes_[node].children) expected.push_back(Label(nodes_[child]));
  if (nodes_[node].statement >= 0) expected.push_back("end of line");
  return expected;
}

std::vector<uint32_t> Grammar::KeywordMatches(uint32_t node, std::string_view word) const {
  std::vector<uint32_t> matches;
  for (uint32_t child : nodes_[node].children) {
    const Node& candidate = nodes_[child];
    if (candidate.type != nullptr) continue;
    if (candidate.text.size() == word.size() && BeginsWith(candidate.text, word)) return {child};
    // "esp-gcm 1" must not become 128: only words are abbreviated, never numbers.
    if (!StartsWithDigit(candidate.text) && BeginsWith(candidate.text, word)) {
      matches.push_back(child);
    }
  }
  return matches;
}

std::variant<uint32_t, Mismatch> Grammar::Step(uint32_t node, const Word& word) const {
  const std::vector<uint32_t> keywords = KeywordMatches(node, word.text);
  if (keywords.size() == 1) return keywords[0];
  for (uint32_t child : nodes_[node].children) {
    const Node& candidate = nodes_[child];
    if (candidate.type == nullptr) continue;
    if (candidate.type->check == nullptr ||
        candidate.type->check(word.text, candidate.low, candidate.high).empty()) {
      return child;
    }
  }
  return MismatchAt(node, word, keywords);
}

Mismatch Grammar::MismatchAt(uint32_t node, const Word& word,
                             const std::vector<uint32_t>& keywords) const {
  Mismatch mismatch{word.column, ShowableWord(word.text), "", Expected(node), 0};
  size_t arguments = 0;
  for (uint32_t child : nodes_[node].children) {
    const Node& candidate = nodes_[child];
    const ArgumentType* type = candidate.type;
    if (type == nullptr) continue;
    if (type->secret) mismatch.word = kShownSecret;
    mismatch.message = ++arguments == 1 ? type->check(word.text, candidate.low, candidate.high)
                                        : "does not fit here";
  }
  if (keywords.size() > 1) {
    mismatch.kind = ErrorKind::kAmbiguous;
    mismatch.message = "ambiguous word";
    mismatch.expected.clear();
    for (uint32_t match : keywords) mismatch.expected.push_back(nodes_[match].text);
  } else if (nodes_[node].children.empty()) {
    mismatch.message = "nothing may follow here";
  } else if (arguments == 0) {
    mismatch.message = "unknown word";
  } else if (arguments == 1 && nodes_[node].children.size() > 1 && !StartsWithDigit(word.text) &&
             mismatch.word != kShownSecret) {
    mismatch.message = "does not fit here";
  }
  return mismatch;
}

std::variant<Match, Mismatch> Grammar::Parse(Mode mode, std::string_view line) const {
  const std::vector<Word> words = Split(line);
  Match match;
  auto node = static_cast<uint32_t>(mode);
  for (size_t i = 0; i < words.size(); ++i) {
    Word word = words[i];
    std::string joined;
    if (i + 1 < words.size() && JoinsNext(node, word, words[i + 1])) {
      joined = std::string(word.text) + std::string(words[++i].text);
      word.text = joined;
    }
    auto step = Step(node, word);
    if (auto* mismatch = std::get_if<Mismatch>(&step)) {
      mismatch->depth = match.tokens.size();
      // A word behind a secret may be the rest of it.
      const bool secret = std::any_of(match.tokens.begin(), match.tokens.end(), [](const Token& t) {
        return t.type != nullptr && t.type->secret;
      });
      if (secret) mismatch->word = kShownSecret;
      return *mismatch;
    }
    node = std::get<uint32_t>(step);
    const Node& taken = nodes_[node];
    if (taken.type == nullptr) {
      match.tokens.push_back({taken.text, word.column, true, nullptr});
      continue;
    }
    std::string_view text = taken.type->rest_of_line ? word.rest : word.text;
    while (IsBlank(text.back())) text.remove_suffix(1);
    match.tokens.push_back({taken.type->interface ? FullInterfaceName(text) : std::string(text),
                            word.column, false, taken.type});
    if (taken.type->rest_of_line) break;
  }
  if (nodes_[node].statement < 0) {
    return Mismatch{
        0, "", "incomplete command", Expected(node), match.tokens.size(), ErrorKind::kIncomplete};
  }
  match.statement = static_cast<size_t>(nodes_[node].statement);
  return match;
}

bool Grammar::JoinsNext(uint32_t node, const Word& word, const Word& next) const {
  if (!StartsWithDigit(next.text) || !IsInterfaceType(word.text)) return false;
  if (KeywordMatches(node, word.text).size() == 1) return false;
  return std::any_of(nodes_[node].children.begin(), nodes_[node].children.end(), [&](uint32_t c) {
    return nodes_[c].type != nullptr && nodes_[c].type->interface;
  });
}

std::optional<Grammar::Place> Grammar::PlaceOf(Mode mode, std::string_view line) const {
  std::vector<Word> words = Split(line);
  Place place{static_cast<uint32_t>(mode), {}, false};
  if (!words.empty() && !IsBlank(line.back())) {
    place.unfinished = words.back().text;
    words.pop_back();
  }
  for (size_t i = 0; i < words.size() && !place.rest_of_line; ++i) {
    const size_t joined = i + 1 < words.size() && JoinsNext(place.node, words[i], words[i + 1]);
    const auto step = Step(place.node, words[i]);
    if (std::holds_alternative<Mismatch>(step)) return std::nullopt;
    i += joined;
    place.node = std::get<uint32_t>(step);
    const Node& taken = nodes_[place.node];
    place.rest_of_line = taken.type != nullptr && taken.type->rest_of_line;
  }
  return place;
}

bool Grammar::Expects(Mode mode, std::string_view line, std::string_view type) const {
  const auto place = PlaceOf(mode, line);
  if (!place || place->rest_of_line) return false;
  return std::any_of(
      nodes_[place->node].children.begin(), nodes_[place->node].children.end(),
      [&](uint32_t c) { return nodes_[c].type != nullptr && nodes_[c].type->name == type; });
}

std::vector<HelpLine> Grammar::Help(Mode mode, std::string_view line) const {
  const auto place = PlaceOf(mode, line);
  if (!place) return {};
  const uint32_t node = place->node;
  const std::string_view unfinished = place->unfinished;
  if (place->rest_of_line) return {{"LINE", nodes_[node].help}, {"<cr>", ""}};
  std::vector<HelpLine> lines;
  for (uint32_t child : nodes_[node].children) {
    const Node& candidate = nodes_[child];
    if (!unfinished.empty() && !BeginsWith(candidate.text, unfinished)) continue;
    if (!unfinished.empty() && candidate.type != nullptr) continue;
    lines.push_back({Label(candidate), candidate.help});
  }
  std::sort(lines.begin(), lines.end(),
            [](const HelpLine& a, const HelpLine& b) { return a.word < b.word; });
  if (unfinished.empty() && nodes_[node].statement >= 0) lines.push_back({"<cr>", ""});
  return lines;
}

std::vector<std::string> CompletionsOf(std::string_view line, std::vector<HelpLine> help) {
  std::vector<std::string> words;
  if (line.empty() || IsBlank(line.back())) return words;
  for (HelpLine& row : help) words.push_back(std::move(row.word));
  return words;
}

std::vector<std::string> Grammar::Complete(Mode mode, std::string_view line) const {
  return CompletionsOf(line, Help(mode, line));
}

std::string Grammar::Reference() const {
  std::string text;
  for (size_t mode = 0; mode < kModes; ++mode) {
    std::string rows;
    for (const Statement& statement : statements_) {
      if (static_cast<size_t>(statement.mode) != mode) continue;
      rows += fmt::format("| `{}` | {} |\n", InTableCell(statement.pattern), statement.help);
    }
    if (rows.empty()) continue;
    text += fmt::format("## {}\n\n| statement | meaning |\n|---|---|\n{}\n",
                        ModeName(static_cast<Mode>(mode)), rows);
  }
  if (!macros_.empty()) {
    text += "## Parts\n\n| part | stands for |\n|---|---|\n";
    for (const auto& [name, pattern] : macros_) {
      text += fmt::format("| `@{}` | `{}` |\n", name, InTableCell(pattern));
    }
  }
  return text;
}

}  // namespace vam::config
