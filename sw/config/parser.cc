#include "sw/config/parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/config/arguments.h"
#include "sw/config/effective.h"
#include "sw/config/statements.h"
#include "sw/config/statements_pending.h"

namespace vam::config {
namespace {

constexpr size_t kLongestLine = 4096;
constexpr size_t kLongestText = 8 * 1024 * 1024;
constexpr std::string_view kSecretWords[] = {"key", "secret", "pass", "community", "snmp"};

}  // namespace

class Candidate::Reader {
 public:
  Reader(ParseOptions options, const Running& base, bool interactive)
      : options_(std::move(options)) {
    editor_.running = base;
    editor_.interactive = interactive;
    editor_.sealer = options_.sealer;
    editor_.rng = options_.rng;
    if (editor_.sealer != nullptr) editor_.sealer->ForgetForeign();
  }

  void ReadAll(std::string_view text) {
    if (text.size() > kLongestText) {
      Fail({"", 0, 0, "", "configuration longer than 8 MiB", {}});
      return;
    }
    while (!text.empty() && !full_) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++editor_.line;
      ReadLine(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  void ReadOne(std::string_view line) {
    ++editor_.line;
    editor_.leaving = Leaving::kNo;
    // Also what is mistyped.
    sensitive_ = std::any_of(std::begin(kSecretWords), std::end(kSecretWords),
                             [&](auto word) { return line.find(word) != std::string_view::npos; });
    full_ = false;
    ReadLine(line);
  }
  size_t applied() const { return applied_; }
  bool sensitive() const { return sensitive_; }
  std::variant<Parsed, std::vector<Diagnostic>> Finish() {
    editor_.Settle();
    if (InCertificate()) {
      Fail({"", editor_.line, 0, "", "the certificate is not ended by 'quit'", {}});
    }
    if (errors_.empty()) CheckWhole();
    if (!errors_.empty()) return std::exchange(errors_, {});
    Parsed parsed{std::move(editor_.running), {}, {}};
    parsed.notices = std::exchange(editor_.notices, {});
    if (!options_.warnings) return parsed;
    parsed.warnings = Warnings(parsed.running);
    for (std::string& warning : PendingWarnings(parsed.running.pending)) {
      parsed.warnings.push_back(std::move(warning));
    }
    return parsed;
  }
  void CheckWhole() {
    for (const Finding& finding : CrossCheck(editor_.running)) {
      const auto at = editor_.defined_at.find(finding.subject);
      editor_.line = at == editor_.defined_at.end() ? 0 : at->second;
      Fail({"", editor_.line, 0, "", finding.message, {}});
      if (full_) return;
    }
  }
  std::vector<Diagnostic>& errors() { return errors_; }
  Editor& editor() { return editor_; }

 private:
  void Fail(Diagnostic diagnostic) {
    if (full_) return;
    diagnostic.file = options_.file;
    if (errors_.size() >= options_.max_errors) {
      diagnostic = {
          options_.file, diagnostic.line, 0, "", "too many errors: the rest is not read", {}};
      full_ = true;
    }
    errors_.push_back(std::move(diagnostic));
  }

  void ReadLine(std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > kLongestLine) {
      Fail({"",
            editor_.line,
            static_cast<uint32_t>(kLongestLine + 1),
            "",
            fmt::format("line longer than {} bytes", kLongestLine),
            {}});
      return;
    }
    const auto bad = std::find_if(line.begin(), line.end(), [](char c) {
      return c != '\t' &&
             (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E);
    });
    const size_t start =
        static_cast<size_t>(std::find_if_not(line.begin(), line.end(), IsBlank) - line.begin());
    if (start < line.size() && line[start] == '!' && bad == line.end()) return;
    if (bad != line.end()) {
      Fail({"",
            editor_.line,
            static_cast<uint32_t>(bad - line.begin() + 1),
            ShowableWord(std::string_view(&*bad, 1)),
            "control or non-ASCII character",
            {}});
      return;
    }
    if (start < line.size()) Apply(line);
  }

  bool InCertificate() const { return editor_.mode == Mode::kPkiHex; }

  // A line that the mode does not know may be a global statement, which ends the mode.
  std::variant<Match, Mismatch> Parse(std::string_view line, bool& global) const {
    const Grammar& grammar = Configuration().grammar;
    auto parsed = grammar.Parse(editor_.mode, line);
    global = editor_.mode == Mode::kConfig;
    // In a certificate nothing is a global statement: a cut one is an error.
    if (auto* cut = std::get_if<Mismatch>(&parsed); cut != nullptr && InCertificate()) {
      cut->message = "not a line of a certificate, which 'quit' ends";
    }
    if (global || InCertificate()) return parsed;
    if (const Match* own = std::get_if<Match>(&parsed)) {
      return OwnOrGlobal(*own, line, global);
    }
    for (Mode mode = OuterMode(editor_.mode); mode != Mode::kConfig; mode = OuterMode(mode)) {
      auto around = grammar.Parse(mode, line);
      if (const Match* own_around = std::get_if<Match>(&around)) {
        return OwnOrGlobal(*own_around, line, global);
      }
    }
    auto outer = grammar.Parse(Mode::kConfig, line);
    if (std::holds_alternative<Match>(outer)) {
      global = true;
      return outer;
    }
    const Mismatch& inner_error = std::get<Mismatch>(parsed);
    // "group" of the mode itself is no abbreviation of "group-policy".
    if (inner_error.depth > 0 && !IsGlobalWord(line)) return parsed;
    return std::get<Mismatch>(outer).depth > inner_error.depth ? outer : parsed;
  }
  // "service ..." is the global statement before it is short for "service-policy ...".
  static Match OwnOrGlobal(const Match& own, std::string_view line, bool& global) {
    if (IsInFull(own, line)) return own;
    const auto outer = Configuration().grammar.Parse(Mode::kConfig, line);
    const Match* full = std::get_if<Match>(&outer);
    global = full != nullptr && IsInFull(*full, line);
    return global ? *full : own;
  }
  // No keyword of the line is abbreviated.
  static bool IsInFull(const Match& match, std::string_view line) {
    return std::all_of(match.tokens.begin(), match.tokens.end(), [line](const Token& token) {
      const std::string_view rest = line.substr(token.column - 1);
      return !token.keyword ||
             std::min(rest.find_first_of(" \t"), rest.size()) == token.text.size();
    });
  }
  // The first word, as it is typed, is a keyword of global configuration.
  static bool IsGlobalWord(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    const auto known = Configuration().grammar.Complete(Mode::kConfig, word);
    return std::find(known.begin(), known.end(), word) != known.end();
  }

  void Apply(std::string_view line) {
    bool global = false;
    const auto parsed = Parse(line, global);
    if (const auto* mismatch = std::get_if<Mismatch>(&parsed)) {
      sensitive_ |= mismatch->word == kShownSecret || mismatch->word == kShownHex;
      Fail({"", editor_.line, mismatch->column, mismatch->word, mismatch->message,
            mismatch->expected, mismatch->kind});
      return;
    }
    const Match& match = std::get<Match>(parsed);
    sensitive_ |= std::any_of(match.tokens.begin(), match.tokens.end(),
                              [](const Token& t) { return t.type != nullptr && t.type->secret; });
    if (global) editor_.Enter(Mode::kConfig, "");
    const auto fault = Configuration().handlers[match.statement](editor_, match);
    if (!fault) {
      const bool pending = match.statement >= Configuration().first_pending;
      if (!pending) FollowStatement(editor_, match, global);
      if (editor_.leaving == Leaving::kNo && !editor_.config_key) ++applied_;
      return;
    }
    const Token& token = *fault->token;
    const bool secret = token.type != nullptr && token.type->secret;
    Fail({"", editor_.line, token.column,
          secret ? std::string(kShownSecret) : ShowableWord(token.text), fault->message,
          fault->expected});
  }

  ParseOptions options_;
  Editor editor_;
  std::vector<Diagnostic> errors_;
  size_t applied_ = 0;
  bool sensitive_ = false;
  bool full_ = false;
};

std::string ToString(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line != 0) text += fmt::format(":{}", diagnostic.line);
  if (diagnostic.column != 0) text += fmt::format(":{}", diagnostic.column);
  return text + ": " + ReasonOf(diagnostic);
}

std::string ReasonOf(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  if (!diagnostic.word.empty()) text += fmt::format(": '{}'", diagnostic.word);
  constexpr size_t kMostNamed = 12;
  for (size_t i = 0; i < diagnostic.expected.size(); ++i) {
    if (i == kMostNamed) {
      text += fmt::format(" or one of {} more", diagnostic.expected.size() - i);
      break;
    }
    const bool last = i + 1 == diagnostic.expected.size();
    text += i == 0 ? "; expected " : last ? " or " : ", ";
    text += diagnostic.expected[i];
  }
  return text;
}

std::variant<Parsed, std::vector<Diagnostic>> Parse(std::string_view text,
                                                    const ParseOptions& options,
                                                    const Running& base) {
  Candidate::Reader reader(options, base, /*interactive=*/false);
  reader.ReadAll(text);
  return reader.Finish();
}

Candidate::Candidate(const Running& base, ParseOptions options)
    : reader_(std::make_unique<Reader>(std::move(options), base, /*interactive=*/true)) {}
Candidate::Candidate(Candidate&&) noexcept = default;
Candidate& Candidate::operator=(Candidate&&) noexcept = default;
Candidate::~Candidate() = default;

std::vector<Diagnostic> Candidate::Line(std::string_view line) {
  reader_->ReadOne(line);
  return std::exchange(reader_->errors(), {});
}
Mode Candidate::mode() const { return reader_->editor().mode; }
Leaving Candidate::leaving() const { return reader_->editor().leaving; }
std::optional<ConfigKeyChange> Candidate::TakeConfigKey() {
  return std::exchange(reader_->editor().config_key, std::nullopt);
}
std::vector<std::string> Candidate::TakeNotices() {
  return std::exchange(reader_->editor().notices, {});
}
bool Candidate::sensitive() const { return reader_->sensitive(); }
const Running& Candidate::draft() const { return reader_->editor().running; }
size_t Candidate::applied() const { return reader_->applied(); }
std::variant<Parsed, std::vector<Diagnostic>> Candidate::Finish() { return reader_->Finish(); }

std::vector<HelpLine> ConfigurationHelp(Mode mode, std::string_view line) {
  const Grammar& grammar = Configuration().grammar;
  std::vector<HelpLine> lines = grammar.Help(mode, line);
  if (!lines.empty() || mode == Mode::kConfig) return lines;
  return grammar.Help(Mode::kConfig, line);
}
bool ConfigurationExpects(Mode mode, std::string_view line, std::string_view type) {
  const Grammar& grammar = Configuration().grammar;
  if (!grammar.Help(mode, line).empty()) return grammar.Expects(mode, line, type);
  return grammar.Expects(mode, line, type) || grammar.Expects(Mode::kConfig, line, type);
}
std::vector<std::string> ConfigurationCompletions(Mode mode, std::string_view line) {
  return CompletionsOf(line, ConfigurationHelp(mode, line));
}
std::string ConfigurationReference() { return Configuration().grammar.Reference(); }

}  // namespace vam::config
