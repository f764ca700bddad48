// The command grammar as data: statements written as patterns, compiled once into one tree per
// mode. The tree matches lines with IOS abbreviations, and it alone answers '?', completion, the
// "expected" lists of errors and docs/reference/cli.md.
#ifndef VAM_SW_CONFIG_GRAMMAR_H_
#define VAM_SW_CONFIG_GRAMMAR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/config/pending_modes.h"

namespace vam::config {

struct ArgumentType;

enum class Mode : uint8_t {
  kUserExec,
  kExec,
  kConfig,
  kInterface,
  kCryptoMap,
  kAcl,
  kTransformSet,
  kDynamicMap,
  kIpsecProfile,
  kStandardAcl,
  kIpv6Acl,
  kVrf,
  kVrfFamily,
  kIpVrf,
  kIkev2Proposal,
  kIkev2Policy,
  kIkev2Keyring,
  kIkev2Peer,  // of a keyring
  kIkev2Authorization,
  kIkev2Profile,
  kIsakmpPeer,
  kPkiTrustpoint,
  kPkiChain,
  kPkiHex,  // a certificate of a chain: only hexadecimal digits and `quit`
  kPkiMap,
};
inline constexpr size_t kOwnModes = static_cast<size_t>(Mode::kPkiMap) + 1;
inline constexpr size_t kModes = kOwnModes + kPendingModes.size();
constexpr Mode ModeOf(PendingMode mode) {
  return static_cast<Mode>(kOwnModes + static_cast<size_t>(mode));
}
// What the prompt shows in brackets: "config", "config-if", "config-crypto-map", "config-ext-nacl",
// "cfg-crypto-trans", "ipsec-profile"; "user exec" and "exec" for the two modes without brackets.
std::string_view ModeName(Mode mode);
inline bool IsSubMode(Mode mode) { return mode > Mode::kConfig; }

// A pattern is words between blanks: a keyword; `<type>` or `<type:low-high>`, an argument (types:
// arguments.cc); `{ a | b }`, a choice; `[ a ]`, an option; `*[ a | b ]`, any of these in any order
// and number; `@name`, a pattern of its own; `...`, the word, choice or `@name` before it any
// number of times again (nothing else may stand where it begins); `&` changes nothing but that what
// follows it is shared by all that may stand before it, which no other statement may then begin
// with.
struct Statement {
  Mode mode;
  std::string_view pattern;
  std::string_view help;
  bool yields = false;  // to a statement of the same words that came before it
};
struct Macro {
  std::string_view name;
  std::string_view pattern;
};
// "word" or "previous word": the more exact wins.
struct WordHelp {
  std::string_view word;
  std::string_view help;
};

struct Token {
  std::string text;     // keywords in full, arguments as written
  uint32_t column = 0;  // from 1
  bool keyword = false;
  const ArgumentType* type = nullptr;  // of an argument: which kind it was read as
};
// Handlers ask for arguments by type, not by place: a word more in a pattern then changes nothing.
struct Match {
  size_t statement = 0;  // index into the statements of the grammar
  std::vector<Token> tokens;

  // The line begins with "no", or with "default": the forms are one unless a statement has its own.
  bool negated() const {
    return !tokens.empty() && tokens[0].keyword &&
           (tokens[0].text == "no" || tokens[0].text == "default");
  }
  // A keyword of the line, in full; nullptr when it is not there.
  const Token* FindKeyword(std::string_view keyword) const;
  bool Has(std::string_view keyword) const { return FindKeyword(keyword) != nullptr; }
  // The argument number `n` (from 0) among those of this type; nullptr when it was left out.
  const Token* Find(std::string_view type, size_t n = 0) const;
  // Requires: the pattern always has it.
  const Token& Argument(std::string_view type, size_t n = 0) const;
};
// How IOS words an error.
enum class ErrorKind : uint8_t {
  kRefused,     // well formed, but not possible
  kInvalid,     // "% Invalid input detected at '^' marker."
  kIncomplete,  // "% Incomplete command."
  kAmbiguous,   // "% Ambiguous command:"
};
struct Mismatch {
  uint32_t column = 0;  // of `word`; 0: at the end of the line
  std::string word;     // as it may be shown: printable, cut, never key material
  std::string message;
  std::vector<std::string> expected;
  size_t depth = 0;  // words understood before it
  ErrorKind kind = ErrorKind::kInvalid;
};

struct HelpLine {
  std::string word;
  std::string help;
};
// The words of `help` that complete the unfinished last word of `line`; none behind a blank.
std::vector<std::string> CompletionsOf(std::string_view line, std::vector<HelpLine> help);

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// What stands in a message in the place of a key.
inline constexpr std::string_view kShownSecret = "<key>";
inline constexpr std::string_view kShownHex = "<hex>";  // of a long run of hex digits
// Cut to 40 characters, other than printable ASCII as "\x07", long runs of hex digits as "<hex>".
std::string ShowableWord(std::string_view word);

// Immutable after construction.
class Grammar {
 public:
  // A pattern that cannot be compiled is our bug and aborts.
  Grammar(std::span<const Statement> statements, std::span<const Macro> macros,
          std::span<const WordHelp> helps);

  // `line` without comment; at least one word.
  std::variant<Match, Mismatch> Parse(Mode mode, std::string_view line) const;

  // What may follow `line`: words that begin with the unfinished last word, or, after a blank, all.
  // "<cr>" when it may end.
  std::vector<HelpLine> Help(Mode mode, std::string_view line) const;
  // Keywords that complete the unfinished last word.
  std::vector<std::string> Complete(Mode mode, std::string_view line) const;
  // True when an argument of this type may stand where `line` ends (in its unfinished last word).
  bool Expects(Mode mode, std::string_view line, std::string_view type) const;

  // Markdown: one table per mode.
  std::string Reference() const;

 private:
  struct Node {
    std::string text;                    // keyword, or name of the argument type
    const ArgumentType* type = nullptr;  // nullptr: a keyword
    int64_t low = 0;                     // of the argument, when its pattern has a range
    int64_t high = 0;
    std::vector<uint32_t> children;
    int statement = -1;
    std::string help;
  };
  struct Word {
    std::string_view text;
    uint32_t column;
    std::string_view rest;  // from here to the end of the line
  };
  class Compiler;

  static std::vector<Word> Split(std::string_view line);
  void ShareDefaults(Mode mode);
  // The node behind all but the unfinished last word of `line`, and that word; nullopt when the
  // line does not fit. `rest_of_line` true: an argument has taken the whole line.
  struct Place {
    uint32_t node;
    std::string_view unfinished;
    bool rest_of_line;
  };
  std::optional<Place> PlaceOf(Mode mode, std::string_view line) const;
  // Joins "gigabitethernet 0/1" where an interface may stand: true when `word` has taken `next`.
  bool JoinsNext(uint32_t node, const Word& word, const Word& next) const;
  uint32_t Child(uint32_t parent, const std::string& word);
  // Makes a node of elsewhere a child too; false: there is one for the same words.
  bool Adopt(uint32_t parent, uint32_t child);
  std::string HelpOf(std::string_view previous, std::string_view word) const;
  // The child that `word` selects, or a mismatch.
  std::variant<uint32_t, Mismatch> Step(uint32_t node, const Word& word) const;
  Mismatch MismatchAt(uint32_t node, const Word& word, const std::vector<uint32_t>& keywords) const;
  std::vector<uint32_t> KeywordMatches(uint32_t node, std::string_view word) const;
  std::vector<std::string> Expected(uint32_t node) const;
  static std::string Label(const Node& node);

  std::vector<Statement> statements_;
  std::map<std::string_view, std::string_view> macros_;
  std::map<std::string_view, std::string_view> helps_;
  std::vector<Node> nodes_;  // the first kModes are the roots
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_GRAMMAR_H_
