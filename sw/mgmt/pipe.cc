#include "sw/mgmt/pipe.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace vam::mgmt {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr size_t kLongestExpression = 200;
constexpr size_t kLongestPartial = 64 * 1024;

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

// One filter and what it remembers from line to line.
class FilterStream::Stage {
 public:
  explicit Stage(const Filter& filter) : kind_(filter.kind), expression_(filter.expression) {}

  std::string Lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (Keeps(line)) out += line + "\n";
    }
    return out;
  }
  std::string Finish() const {
    if (kind_ != Filter::Kind::kCount) return "";
    return "Number of lines which match regexp = " + std::to_string(count_) + "\n";
  }

 private:
  bool Keeps(const std::string& line) {
    const bool matches = expression_.Matches(line);
    begun_ = begun_ || matches;
    count_ += matches ? 1 : 0;
    if (section_ && Indent(line) <= *section_) section_.reset();
    const bool inside = section_.has_value();
    if (matches && !section_) section_ = Indent(line);
    switch (kind_) {
      case Filter::Kind::kInclude:
        return matches;
      case Filter::Kind::kExclude:
        return !matches;
      case Filter::Kind::kBegin:
        return begun_;
      case Filter::Kind::kSection:
        return matches || inside;
      case Filter::Kind::kCount:
        return false;
    }
    return false;
  }

  Filter::Kind kind_;
  Expression expression_;
  bool begun_ = false;
  std::optional<size_t> section_;
  size_t count_ = 0;
};

FilterStream::FilterStream(const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) stages_.push_back(std::make_unique<Stage>(filter));
}
FilterStream::~FilterStream() = default;
FilterStream::FilterStream(FilterStream&&) noexcept = default;
FilterStream& FilterStream::operator=(FilterStream&&) noexcept = default;

std::string FilterStream::Through(size_t first, std::string text) {
  for (size_t i = first; i < stages_.size(); ++i) text = stages_[i]->Lines(text);
  return text;
}

std::string FilterStream::Feed(std::string_view text) {
  if (stages_.empty()) return std::string(text);
  const size_t end = text.rfind('\n');
  if (end == std::string_view::npos) {
    partial_ += text;
    if (partial_.size() < kLongestPartial) return "";
    return Through(0, std::exchange(partial_, {}));
  }
  std::string whole = std::exchange(partial_, {});
  whole += text.substr(0, end + 1);
  partial_ = text.substr(end + 1);
  return Through(0, std::move(whole));
}

std::string FilterStream::Finish() {
  std::string out = Through(0, std::exchange(partial_, {}));
  for (size_t i = 0; i < stages_.size(); ++i) out += Through(i + 1, stages_[i]->Finish());
  return out;
}

std::string ApplyFilters(std::string text, const std::vector<Filter>& filters) {
  if (filters.empty()) return text;
  FilterStream stream(filters);
  std::string out = stream.Feed(text);
  return out + stream.Finish();
}

}  // namespace vam::mgmt
