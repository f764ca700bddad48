// The exec commands: their grammar and what each means.
#ifndef VAM_SW_MGMT_EXEC_H_
#define VAM_SW_MGMT_EXEC_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/api/show.pb.h"
#include "sw/config/grammar.h"

namespace vam::mgmt {

struct ExecCommand {
  enum class Kind : uint8_t { kShow, kClear, kConfigure, kWriteMemory, kExit, kNothing };
  Kind kind = Kind::kNothing;
  api::ShowRequest show;
  bool startup = false;  // show startup-config
  api::ClearRequest clear;
};

// The command in `line` (without filters), or why not.
std::variant<ExecCommand, config::Mismatch> ParseExec(std::string_view line);
const config::Grammar& ExecGrammar();

// docs/reference/cli.md: every command and statement.
std::string CommandReference();

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_EXEC_H_
