// One table entry per exec command; the tables of exec.cc, exec_show.cc, exec_ping.cc and
// exec_pki.cc are one grammar.
#ifndef VAM_SW_MGMT_EXEC_TABLE_H_
#define VAM_SW_MGMT_EXEC_TABLE_H_

#include <optional>
#include <span>

#include "sw/mgmt/exec.h"

namespace vam::mgmt {

struct ExecStatement {
  config::Statement statement;
  ExecCommand::Kind kind;
  api::ShowKind show = api::SHOW_NONE;
  api::ClearKind clear = api::CLEAR_NONE;
  ShowView view = ShowView::kDefault;
};

// Show commands of tunnels, engines and the system; debug.
std::span<const ExecStatement> ShowStatements();
std::span<const config::WordHelp> ShowHelps();

// What the words of a command of ShowStatements mean. A mismatch where a word of its own form (an
// address, a number) is wrong.
std::optional<config::Mismatch> ReadShowWords(const config::Match& match, ExecCommand& command);

// The same of `ping`.
std::span<const ExecStatement> PingStatements();
std::span<const config::WordHelp> PingHelps();
std::optional<config::Mismatch> ReadPingWords(const config::Match& match, ExecCommand& command);

// The same of keys and certificates.
std::span<const ExecStatement> PkiStatements();
std::span<const config::WordHelp> PkiHelps();
std::optional<config::Mismatch> ReadPkiWords(const config::Match& match, ExecCommand& command);

// The same of impairment. Empty unless this is a test build: OfferImpairment must be called before
// the grammar is made.
void OfferImpairment();
std::span<const ExecStatement> ImpairStatements();
std::span<const config::WordHelp> ImpairHelps();
std::optional<config::Mismatch> ReadImpairWords(const config::Match& match, ExecCommand& command);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_EXEC_TABLE_H_
