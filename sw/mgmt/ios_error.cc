#include "sw/mgmt/ios_error.h"

#include <fmt/core.h>

namespace vam::mgmt {
namespace {

// `line` up to the end of the word at `column`, word for word as it may be shown.
std::string UpToWord(std::string_view line, uint32_t column) {
  std::string shown;
  for (size_t i = 0; i < line.size() && i < column;) {
    const size_t end = std::min(line.find_first_of(" \t", i), line.size());
    if (end > i) {
      if (!shown.empty()) shown += ' ';
      shown += config::ShowableWord(line.substr(i, end - i));
    }
    i = end + 1;
  }
  return shown;
}

std::string Expected(const config::Diagnostic& error) {
  config::Diagnostic bare;
  bare.expected = error.expected;
  const std::string text = config::ReasonOf(bare);  // "; expected A or B"
  return text.size() > 2 ? "% E" + text.substr(3) + "\n" : "";
}

}  // namespace

std::string IosError(const config::Diagnostic& error, std::string_view line, size_t indent) {
  switch (error.kind) {
    case config::ErrorKind::kIncomplete:
      return "% Incomplete command.\n" + Expected(error);
    case config::ErrorKind::kAmbiguous:
      return fmt::format("% Ambiguous command:  \"{}\"\n", UpToWord(line, error.column)) +
             Expected(error);
    case config::ErrorKind::kInvalid:
      return std::string(indent + std::max(error.column, 1U) - 1, ' ') +
             "^\n% Invalid input detected at '^' marker.\n% " + config::ReasonOf(error) + "\n";
    case config::ErrorKind::kRefused:
      break;
  }
  return "% " + config::ReasonOf(error) + "\n";
}

}  // namespace vam::mgmt
