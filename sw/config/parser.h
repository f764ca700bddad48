// IOS-style configuration text to config::Running, with all errors and never half of it.
#ifndef VAM_SW_CONFIG_PARSER_H_
#define VAM_SW_CONFIG_PARSER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/base/rng.h"
#include "sw/config/grammar.h"
#include "sw/config/running.h"
#include "sw/config/seal.h"

namespace vam::config {

// `key config-key password-encrypt`: not of the configuration, the caller keeps it.
struct ConfigKeyChange {
  Passphrase passphrase;  // empty: there is to be none
};

// How a session of `configure terminal` ends.
enum class Leaving : uint8_t { kNo, kCommit, kAbort };

struct Diagnostic {
  std::string file;
  uint32_t line = 0;    // from 1; 0: about the configuration as a whole
  uint32_t column = 0;  // of `word`, from 1, in bytes; 0: the line as a whole
  std::string word;     // printable and cut; "" when something is missing at the end of the line
  std::string message;  // what is wrong; never holds key material
  std::vector<std::string> expected;
  ErrorKind kind = ErrorKind::kRefused;
};
// "message: 'word'; expected A, B or C".
std::string ReasonOf(const Diagnostic& diagnostic);
// "FILE:LINE:COLUMN: message 'word'; expected A, B or C".
std::string ToString(const Diagnostic& diagnostic);

struct ParseOptions {
  std::string file = "<text>";  // for messages
  size_t max_errors = 100;      // then one more that says so
  Sealer* sealer = nullptr;     // opens sealed secrets; outlives the reading
  bool warnings = true;         // false: nobody reads them, and they cost time
  Rng* rng = nullptr;           // salts passwords that are hashed; without it they are refused
};

struct Parsed {
  Running running;
  std::vector<std::string> warnings;
  std::vector<std::string> notices;  // what statements did beyond what they say (see TakeNotices)
};

// Applies the statements of `text` to a copy of `base`. Any error, also between statements
// (CrossCheck): all errors, no model.
std::variant<Parsed, std::vector<Diagnostic>> Parse(std::string_view text,
                                                    const ParseOptions& options = {},
                                                    const Running& base = Running());

// The same, line by line, for `configure terminal`: a line with an error is not part of it, the
// checks between statements come at the end.
class Candidate {
 public:
  explicit Candidate(const Running& base, ParseOptions options = {});
  Candidate(Candidate&&) noexcept;
  Candidate& operator=(Candidate&&) noexcept;
  ~Candidate();

  // The errors of this line; empty: it is applied.
  std::vector<Diagnostic> Line(std::string_view line);
  // The mode that the next line is read in.
  Mode mode() const;
  // What the last line said: stay, `end` (or `exit` at the top), `abort`.
  Leaving leaving() const;
  // The configuration as far as it is entered, without what Finish() brings into it: lines of
  // access lists, routes, neighbours.
  const Running& draft() const;
  // How many statements were applied.
  size_t applied() const;
  // The last line held a secret, or a word that was read as one.
  bool sensitive() const;
  // What the last line asked for.
  std::optional<ConfigKeyChange> TakeConfigKey();
  // What the lines since the last call did beyond what they say, as IOS words it: "Interface lan0
  // IPv4 disabled and address(es) removed due to enabling VRF red".
  std::vector<std::string> TakeNotices();
  // Ends the candidate; with errors it goes on as it was.
  std::variant<Parsed, std::vector<Diagnostic>> Finish();

 private:
  class Reader;
  friend std::variant<Parsed, std::vector<Diagnostic>> Parse(std::string_view, const ParseOptions&,
                                                             const Running&);
  std::unique_ptr<Reader> reader_;
};

// What '?' shows and completes in a configuration mode: its own words, or, where none fits, the
// global ones, which end the mode.
std::vector<HelpLine> ConfigurationHelp(Mode mode, std::string_view line);
std::vector<std::string> ConfigurationCompletions(Mode mode, std::string_view line);
// True when an argument of this type may stand where `line` ends.
bool ConfigurationExpects(Mode mode, std::string_view line, std::string_view type);
// Markdown tables of all statements.
std::string ConfigurationReference();

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_PARSER_H_
