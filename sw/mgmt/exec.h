// The exec commands: their grammar and what each means.
#ifndef VAM_SW_MGMT_EXEC_H_
#define VAM_SW_MGMT_EXEC_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/api/control.pb.h"
#include "sw/api/ping.pb.h"
#include "sw/api/show.pb.h"
#include "sw/config/grammar.h"
#include "sw/mgmt/debug.h"
#include "sw/mgmt/pki_command.h"
#include "sw/mgmt/show_options.h"

namespace vam::mgmt {

struct ExecCommand {
  enum class Kind : uint8_t {
    kShow,
    kClear,
    kClearLogging,
    kConfigure,
    kWriteMemory,
    kWriteErase,
    kMerge,        // `source` into the running configuration
    kReplace,      // the running configuration by `source`
    kDifferences,  // from `source` to the running configuration
    kEnable,
    kDisable,
    kTerminalLength,
    kTerminalMonitor,
    kTerminalNoMonitor,
    kTechSupport,  // `show` has its filters
    kDebug,
    kImpair,
    kPing,
    kPki,
    kExit,
    kNothing,
  };
  enum class Source : uint8_t { kStartup, kFile };
  Kind kind = Kind::kNothing;
  api::ShowRequest show;
  ShowOptions options;
  bool masked = false;  // show running-config: secrets removed, even if they could be sealed
  DebugCommand debug;
  api::ImpairRequest impair;
  bool startup = false;  // show startup-config
  api::ClearRequest clear;
  api::PingRequest ping;
  PkiCommand pki;
  bool sensitive = false;  // the line holds a secret
  Source source = Source::kStartup;
  std::string file;    // of kFile: read by vamsh, on its side
  bool list = false;   // kReplace: show the differences, change nothing
  bool force = false;  // kReplace: ask nothing
  int page_length = 0;
};

// The command in `line` (without filters), or why not. `mode`: kUserExec, kExec, or
// kConfig for commands that are no statements.
std::variant<ExecCommand, config::Mismatch> ParseExec(config::Mode mode, std::string_view line);
const config::Grammar& ExecGrammar();

// docs/reference/cli.md: every command and statement.
std::string CommandReference();

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_EXEC_H_
