// Lines of the operator with all that belongs to them: files that the line names, a question that
// must be answered, output and exit code.
#ifndef VAM_SW_VAMSH_SESSION_H_
#define VAM_SW_VAMSH_SESSION_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/vamsh/client.h"

namespace vam::vamsh {

// Exit codes of vamsh beside those of CliReply.exit_code.
inline constexpr int kNoConnection = 3;

struct Terminal {
  // Prints the output of a line that worked, and of one that failed.
  std::function<void(std::string_view text, const api::CliReply& reply)> print;
  // The operator's answer to a question; nullopt: there is no operator.
  std::function<std::optional<std::string>(const std::string& question)> ask;
  // A secret, typed unseen; nullopt: there is no operator, or he gave up.
  std::function<std::optional<std::string>(const std::string& question)> ask_secret;
  // Lines that are pasted, with their ends, up to the one that ends them (PasteEnds); nullopt: they
  // never ended. `text` says what is wanted.
  std::function<std::optional<std::string>(const std::string& text, bool blank_ends)> paste = {};
  // Prints a long output while it comes, and how the operator ends it. Without `on_text` it is
  // printed as a whole, for a pager.
  Watch watch = {};
};

// More is not read, and not sent.
inline constexpr size_t kMostPasted = 256 * 1024;
// Whether `line`, behind what was `pasted`, ends it: the word "quit", or with `blank_ends` a blank
// line behind others.
bool PasteEnds(std::string_view line, std::string_view pasted, bool blank_ends);

// nullopt when the connection is gone (printed to stderr).
std::optional<api::CliReply> RunLine(Client& client, const std::string& line,
                                     const Terminal& terminal);

// Lines of a script, in privileged mode; stops at the first that fails. What a line wants pasted
// follows it, and so does the answer to a question about that. Returns vamsh's exit code.
// `enable_secret`: what `enable` is told if it asks; nullopt: it fails then.
int RunScript(Client& client, const std::vector<std::string>& lines,
              const std::optional<std::string>& enable_secret = std::nullopt);

// `text` cut at its line ends, without them.
std::vector<std::string> LinesOf(std::string_view text);

}  // namespace vam::vamsh

#endif  // VAM_SW_VAMSH_SESSION_H_
