// What follows a command after `|`: json, include, exclude, begin, section, count.
#ifndef VAM_SW_MGMT_PIPE_H_
#define VAM_SW_MGMT_PIPE_H_

#include <memory>
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

// Filters over a text that comes in pieces, which may end anywhere. Keeps one unfinished line, cut
// where it grows above 64 kB.
class FilterStream {
 public:
  explicit FilterStream(const std::vector<Filter>& filters);
  ~FilterStream();
  FilterStream(FilterStream&&) noexcept;
  FilterStream& operator=(FilterStream&&) noexcept;

  // What is left of the lines that `text` completes.
  std::string Feed(std::string_view text);
  // False: all text passes as it is.
  bool active() const { return !stages_.empty(); }
  // What is left of the last line, and what the filters say at the end.
  std::string Finish();

 private:
  class Stage;
  std::string Through(size_t first, std::string text);
  std::vector<std::unique_ptr<Stage>> stages_;
  std::string partial_;
};

// Lines of `text` as the filters leave them. `section`: a matching line and the lines indented
// deeper below it. `count`: how many lines match, as one line.
std::string ApplyFilters(std::string text, const std::vector<Filter>& filters);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PIPE_H_
