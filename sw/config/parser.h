// IOS-style configuration text to config::Running, with all errors and never half of it.
#ifndef VAM_SW_CONFIG_PARSER_H_
#define VAM_SW_CONFIG_PARSER_H_

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/config/running.h"

namespace vam::config {

struct Diagnostic {
  std::string file;
  uint32_t line = 0;    // from 1; 0: about the configuration as a whole
  uint32_t column = 0;  // of `word`, from 1, in bytes; 0: the line as a whole
  std::string word;     // printable and cut; "" when something is missing at the end of the line
  std::string message;  // what is wrong; never holds key material
  std::vector<std::string> expected;
};
// "FILE:LINE:COLUMN: message 'word'; expected A, B or C".
std::string ToString(const Diagnostic& diagnostic);

struct ParseOptions {
  std::string file = "<text>";  // for messages
  size_t max_errors = 100;      // then one more that says so
};

struct Parsed {
  Running running;
  std::vector<std::string> warnings;
};

// Applies the statements of `text` to a copy of `base`. Any error, also between statements
// (CrossCheck): all errors, no model.
std::variant<Parsed, std::vector<Diagnostic>> Parse(std::string_view text,
                                                    const ParseOptions& options = {},
                                                    const Running& base = {});

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_PARSER_H_
