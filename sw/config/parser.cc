#include "sw/config/parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/config/arguments.h"
#include "sw/config/effective.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr size_t kLongestLine = 4096;
constexpr size_t kLongestText = 8 * 1024 * 1024;

}  // namespace

class Candidate::Reader {
 public:
  Reader(ParseOptions options, const Running& base, bool interactive)
      : options_(std::move(options)) {
    editor_.running = base;
    editor_.interactive = interactive;
    editor_.sealer = options_.sealer;
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
    sensitive_ = line.find("key") != std::string_view::npos;  // also what is mistyped
    full_ = false;
    ReadLine(line);
  }
  size_t applied() const { return applied_; }
  bool sensitive() const { return sensitive_; }
  std::variant<Parsed, std::vector<Diagnostic>> Finish() {
    if (errors_.empty()) CheckWhole();
    if (!errors_.empty()) return std::exchange(errors_, {});
    Parsed parsed{std::move(editor_.running), {}};
    parsed.warnings = Warnings(parsed.running);
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

  // A line that the mode does not know may be a global statement, which ends the mode.
  std::variant<Match, Mismatch> Parse(std::string_view line, bool& global) const {
    const Grammar& grammar = Configuration().grammar;
    auto parsed = grammar.Parse(editor_.mode, line);
    global = editor_.mode == Mode::kConfig;
    if (global || std::holds_alternative<Match>(parsed)) return parsed;
    auto outer = grammar.Parse(Mode::kConfig, line);
    if (std::holds_alternative<Match>(outer)) {
      global = true;
      return outer;
    }
    const bool deeper = std::get<Mismatch>(outer).depth > std::get<Mismatch>(parsed).depth;
    return deeper ? outer : parsed;
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
bool Candidate::sensitive() const { return reader_->sensitive(); }
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
