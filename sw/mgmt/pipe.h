// What follows a command after `|`: json, include, exclude, begin, section, count.
#ifndef VAM_SW_MGMT_PIPE_H_
#define VAM_SW_MGMT_PIPE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sw/base/result.h"

namespace vam::mgmt {

struct Filter {
  enum class Kind : uint8_t { kInclude, kExclude, kBegin, kSection, kCount };
  Kind kind;
  std::string expression;  // POSIX extended
};
struct PipedCommand {
  std::string command;
  bool json = false;
  std::vector<Filter> filters;
};

// Splits at each " | ". kMalformed: unknown or incomplete filter, or a bad expression (the error's
// text says which kind).
Result<PipedCommand> SplitPipe(std::string_view line);

// The filters whose name begins with what stands behind the last '|', and what they do.
std::vector<std::pair<std::string, std::string>> FilterHelp(std::string_view line);

// Lines of `text` as the filters leave them. `section`: a matching line and the lines indented
// deeper below it. `count`: how many lines match, as one line.
std::string ApplyFilters(std::string text, const std::vector<Filter>& filters);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PIPE_H_
