#include "sw/mgmt/pipe.h"

#include <regex.h>

#include <array>
#include <optional>

namespace vam::mgmt {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr size_t kLongestExpression = 200;

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

class Expression {
 public:
  explicit Expression(const std::string& text)
      : good_(regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
  ~Expression() {
    if (good_) regfree(&compiled_);
  }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  bool good() const { return good_; }
  bool Matches(const std::string& line) const {
    return good_ && regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
  bool good_;
};

// Counted repeats and back-references let a short expression take all memory or time.
bool IsCostly(std::string_view expression) {
  if (expression.find('{') != std::string_view::npos) return true;
  for (size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] == '\\' && expression[i + 1] >= '1' && expression[i + 1] <= '9') return true;
  }
  return false;
}

struct Name {
  std::string_view word;
  Filter::Kind kind;
};
constexpr std::array kNames{
    Name{"include", Filter::Kind::kInclude}, Name{"exclude", Filter::Kind::kExclude},
    Name{"begin", Filter::Kind::kBegin}, Name{"section", Filter::Kind::kSection},
    Name{"count", Filter::Kind::kCount}};

Status AddFilter(std::string_view part, PipedCommand& command) {
  const size_t end = std::min(part.find_first_of(kBlanks), part.size());
  const std::string_view word = part.substr(0, end);
  const std::string_view rest = Trim(part.substr(end));
  if (word.empty()) return Err(ErrorCode::kMalformed, "a filter is missing after '|'");
  if (std::string_view("json").starts_with(word)) {
    if (!rest.empty()) return Err(ErrorCode::kMalformed, "nothing may follow 'json'");
    command.json = true;
    return Ok();
  }
  for (const Name& name : kNames) {
    if (!name.word.starts_with(word)) continue;
    if (rest.empty()) return Err(ErrorCode::kMalformed, "the filter needs an expression");
    Filter filter{name.kind, std::string(rest)};
    if (rest.size() > kLongestExpression || IsCostly(rest) ||
        !Expression(filter.expression).good()) {
      return Err(ErrorCode::kMalformed, "not a regular expression");
    }
    command.filters.push_back(std::move(filter));
    return Ok();
  }
  return Err(ErrorCode::kMalformed,
             "unknown filter; expected json, include, exclude, begin, section or count");
}

size_t Indent(const std::string& line) {
  return std::min(line.find_first_not_of(kBlanks), line.size());
}

std::string ApplyOne(const std::string& text, const Filter& filter) {
  const Expression expression(filter.expression);
  std::string out;
  bool begun = false;
  std::optional<size_t> section;
  size_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const bool matches = expression.Matches(line);
    begun = begun || matches;
    count += matches ? 1 : 0;
    if (section && Indent(line) <= *section) section.reset();
    const bool inside = section.has_value();
    if (matches && !section) section = Indent(line);
    const bool keep = filter.kind == Filter::Kind::kInclude   ? matches
                      : filter.kind == Filter::Kind::kExclude ? !matches
                      : filter.kind == Filter::Kind::kBegin   ? begun
                      : filter.kind == Filter::Kind::kSection ? matches || inside
                                                              : false;
    if (keep) out += line + "\n";
  }
  if (filter.kind == Filter::Kind::kCount) {
    out = "Number of lines which match regexp = " + std::to_string(count) + "\n";
  }
  return out;
}

}  // namespace

Result<PipedCommand> SplitPipe(std::string_view line) {
  PipedCommand command;
  size_t at = line.find('|');
  command.command = std::string(Trim(line.substr(0, at)));
  while (at != std::string_view::npos) {
    line.remove_prefix(at + 1);
    // Inside an expression '|' has no blanks around it.
    at = line.find(" | ");
    if (at != std::string_view::npos) ++at;
    VAM_TRY_STATUS(AddFilter(Trim(line.substr(0, at)), command));
  }
  return command;
}

std::vector<std::pair<std::string, std::string>> FilterHelp(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHelps{{
      {"begin", "Begin with the line that matches"},
      {"count", "Count the lines that match"},
      {"exclude", "Leave out lines that match"},
      {"include", "Lines that match"},
      {"json", "As JSON"},
      {"section", "Sections that match"},
  }};
  const std::string_view typed = Trim(line.substr(line.rfind('|') + 1));
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [word, help] : kHelps) {
    if (word.starts_with(typed)) rows.emplace_back(word, help);
  }
  return rows;
}

std::string ApplyFilters(std::string text, const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) text = ApplyOne(text, filter);
  return text;
}

}  // namespace vam::mgmt
