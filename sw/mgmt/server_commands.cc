// What the lines of vamsh do: exec commands, configuration sessions, help.
#include <fmt/core.h>

#include <algorithm>

#include "sw/base/log.h"
#include "sw/config/diff.h"
#include "sw/config/render.h"
#include "sw/mgmt/ios_error.h"
#include "sw/mgmt/local_show.h"
#include "sw/mgmt/pki_work.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/show_config_crypto.h"
#include "sw/mgmt/show_config_ike.h"
#include "sw/mgmt/show_pending.h"
#include "sw/mgmt/show_pki.h"
#include "sw/mgmt/version.h"

namespace vam::mgmt {
namespace {

constexpr size_t kLongestLine = 4096;
constexpr std::string_view kBlanks = " \t\r\n";

using Kind = ExecCommand::Kind;

std::string_view Trim(std::string_view line) {
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

// True for a line that has only printable characters.
bool IsPrintable(std::string_view line) {
  for (char c : line) {
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

// The exec command of a line "do COMMAND" in a configuration mode; empty: it is none.
std::string_view DoCommand(std::string_view line) {
  if (!line.starts_with("do ") && !line.starts_with("DO ")) return {};
  return Trim(line.substr(3));
}

std::string AllOf(const std::vector<config::Diagnostic>& errors) {
  std::string text;
  for (const config::Diagnostic& error : errors) text += "% " + config::ToString(error) + "\n";
  return text;
}

config::Diagnostic DiagnosticOf(const config::Mismatch& mismatch) {
  return {"",           0, mismatch.column, mismatch.word, mismatch.message, mismatch.expected,
          mismatch.kind};
}

std::string JoinLines(const google::protobuf::RepeatedPtrField<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// What else the statements of a file did.
std::string RemarksOf(const config::Parsed& parsed) {
  std::string text;
  for (const std::string& notice : parsed.notices) text += "% " + notice + "\n";
  return text;
}

api::RunningConfig DifferenceLines(const config::Running& from, const config::Running& to) {
  api::RunningConfig show;
  std::vector<std::string> lines = config::Differences(from, to);
  show.add_line(lines.empty() ? "!No changes were found" : "!Contextual Config Diffs:");
  for (std::string& line : lines) show.add_line(std::move(line));
  return show;
}

}  // namespace

// What IOS writes above a configuration; generation 0 is the startup configuration.
std::string Server::HeaderOf(const api::RunningConfig& show) {
  const size_t bytes = JoinLines(show.line()).size();
  if (show.generation() == 0) {
    return fmt::format("Using {} out of {} bytes\n!\n", bytes, kLongestConfiguration);
  }
  return fmt::format("Building configuration...\n\nCurrent configuration : {} bytes\n!\n", bytes);
}

void Server::OnHelp(Client& client, const api::Message& message) {
  const auto request = api::ParseAs<api::CliHelpRequest>(Bytes(message.payload));
  api::CliHelpReply reply;
  reply.set_prompt(Prompt(client));
  if (request && request->line().size() <= kLongestLine && IsPrintable(request->line())) {
    std::string text;
    for (const config::HelpLine& row : HelpFor(client, request->line())) {
      text += fmt::format("  {:<24}{}\n", row.word, row.help);
    }
    reply.set_text(text.empty() ? "% Unrecognized command\n" : text);
    for (std::string& word : CompletionsFor(client, request->line())) {
      reply.add_completion(std::move(word));
    }
  }
  const Status sent = client.channel.Send(api::MessageType::kCliHelpReply, message.request, reply);
  if (!sent) Log(LogLevel::kDebug, "help not sent: {}", sent.error().text);
}

std::vector<config::HelpLine> Server::HelpFor(const Client& client, std::string_view line) const {
  const bool exec = !client.candidate || line.starts_with("do ");
  if (client.candidate && exec) line.remove_prefix(3);
  std::vector<config::HelpLine> rows;
  if (!exec) {
    rows = config::ConfigurationHelp(client.candidate->mode(), line);
    if (line.find_first_not_of(kBlanks) == std::string_view::npos) return rows;
    // The commands of this mode: `crypto key` and others that act at once.
    for (config::HelpLine& more : ExecGrammar().Help(config::Mode::kConfig, line)) {
      const bool known = std::ranges::count(rows, more.word, &config::HelpLine::word) != 0;
      if (!known) rows.push_back(std::move(more));
    }
    return rows;
  }
  if (line.find('|') != std::string_view::npos) {
    for (auto& [word, help] : FilterHelp(line)) rows.push_back({std::move(word), std::move(help)});
    return rows;
  }
  const config::Mode mode = client.privileged ? config::Mode::kExec : config::Mode::kUserExec;
  rows = ExecGrammar().Help(mode, line);
  const bool complete = !rows.empty() && rows.back().word == "<cr>";
  if (complete) rows.insert(rows.end() - 1, {"|", "Output modifiers"});
  return rows;
}

std::vector<std::string> Server::CompletionsFor(const Client& client, std::string_view line) const {
  std::vector<std::string> words = config::CompletionsOf(line, HelpFor(client, line));
  if (line.empty() || config::IsBlank(line.back())) return words;
  bool interface = false;
  if (client.candidate && !line.starts_with("do ")) {
    interface = config::ConfigurationExpects(client.candidate->mode(), line, "interface");
  } else {
    if (client.candidate) line.remove_prefix(3);
    const config::Mode mode = client.privileged ? config::Mode::kExec : config::Mode::kUserExec;
    interface = ExecGrammar().Expects(mode, line, "interface");
  }
  if (!interface) return words;
  const size_t blank = line.find_last_of(" \t");
  const std::string_view typed = blank == std::string_view::npos ? line : line.substr(blank + 1);
  for (const config::Interface& known : distributor_.running().interfaces) {
    if (known.name.starts_with(typed)) words.push_back(known.name);
  }
  return words;
}

void Server::OnLine(uint64_t id, const std::string& line) {
  const Client& client = clients_.at(id);
  if (line.size() > kLongestLine || !IsPrintable(line)) {
    return Answer(id, "% The line is too long or holds control characters.\n", kNotUnderstood);
  }
  const std::string_view trimmed = Trim(line);
  if (trimmed.empty() || trimmed[0] == '!') return Answer(id, "", 0);
  const size_t indent = Prompt(client).size() + static_cast<size_t>(trimmed.data() - line.data());
  if (client.candidate) return RunConfigLine(id, std::string(trimmed), indent);
  RunExec(id, std::string(trimmed), indent);
}

void Server::RunExec(uint64_t id, const std::string& line, size_t indent) {
  auto piped = SplitPipe(line);
  if (!piped) return Answer(id, fmt::format("% {}.\n", piped.error().text), kNotUnderstood);
  const config::Mode mode =
      clients_.at(id).privileged ? config::Mode::kExec : config::Mode::kUserExec;
  auto parsed = ParseExec(mode, piped->command);
  if (const auto* mismatch = std::get_if<config::Mismatch>(&parsed)) {
    clients_.at(id).sensitive = mismatch->word == config::kShownSecret;
    return Answer(id, IosError(DiagnosticOf(*mismatch), piped->command, indent), kNotUnderstood);
  }
  RunCommand(id, std::move(*piped), std::move(std::get<ExecCommand>(parsed)));
}

void Server::RunCommand(uint64_t id, PipedCommand piped, ExecCommand command) {
  Client& client = clients_.at(id);
  client.sensitive |= command.sensitive;
  switch (command.kind) {
    case Kind::kShow:
      return RunShow(id, piped, command);
    case Kind::kTechSupport:
      return RunTechSupport(id, piped, command);
    case Kind::kDebug:
      return RunDebug(id, piped, command.debug);
    case Kind::kImpair:
      return RunImpair(id, piped, command.impair);
    case Kind::kPing:
      return RunPing(id, piped, command);
    case Kind::kPki:
      return RunPki(id, piped, command.pki);
    case Kind::kClear:
      Log(LogLevel::kInfo, "operator: {}", piped.command);
      command.clear.set_interface(
          ResolveInterface(distributor_.running(), command.clear.interface()));
      return AskToClear(id, command.clear);
    case Kind::kClearLogging:
      log_.Clear();
      return Answer(id, "", 0);
    case Kind::kConfigure:
      return EnterConfiguration(id);
    case Kind::kWriteMemory:
      return WriteMemory(id);
    case Kind::kWriteErase:
      return WriteErase(id);
    case Kind::kMerge:
      return Merge(id, command);
    case Kind::kReplace:
      return Replace(id, command);
    case Kind::kDifferences:
      return ShowDifferences(id, piped, command);
    case Kind::kEnable:
      return Enable(id);
    case Kind::kDisable:
      if (client.candidate) return Answer(id, "% Leave the configuration first.\n", kFailed);
      client.privileged = false;
      return Answer(id, "", 0);
    case Kind::kTerminalLength:
      client.page_length = command.page_length;
      return Answer(id, "", 0);
    case Kind::kTerminalMonitor:
    case Kind::kTerminalNoMonitor:
      client.monitor = command.kind == Kind::kTerminalMonitor;
      return Answer(id, "", 0);
    case Kind::kExit:
      return Answer(id, "", 0, true);
    case Kind::kNothing:
      return Answer(id, "", 0);
  }
}

void Server::EnterConfiguration(uint64_t id) {
  Client& client = clients_.at(id);
  if (client.candidate) return Answer(id, "% Already in configuration mode.\n", kFailed);
  client.candidate.emplace(
      distributor_.running(),
      config::ParseOptions{.file = "terminal", .sealer = &sealing_.sealer, .rng = &rng_});
  client.base_generation = distributor_.generation();
  Answer(id,
         "Enter configuration commands, one per line.  End with CNTL/Z.\n"
         "They act together at 'end'; 'abort' forgets them.\n",
         0);
}

void Server::RunConfigLine(uint64_t id, const std::string& line, size_t indent) {
  Client& client = clients_.at(id);
  if (const std::string_view command = DoCommand(line); !command.empty()) {
    const auto column = static_cast<size_t>(command.data() - line.data());
    return RunExec(id, std::string(command), indent + column);
  }
  if (RunConfigCommand(id, line, indent)) return;
  std::string text;
  const std::vector<config::Diagnostic> errors = client.candidate->Line(line);
  for (const config::Diagnostic& error : errors) text += IosError(error, line, indent);
  for (const std::string& notice : client.candidate->TakeNotices()) text += "% " + notice + "\n";
  client.sensitive = client.candidate->sensitive();
  if (auto change = client.candidate->TakeConfigKey()) {
    return ChangeConfigKey(id, std::move(*change));
  }
  if (client.candidate->leaving() == config::Leaving::kCommit) return CommitCandidate(id);
  if (client.candidate->leaving() == config::Leaving::kAbort) {
    client.candidate.reset();
    return Answer(id, "Nothing is changed.\n", 0);
  }
  const bool refused = !errors.empty() && errors[0].kind == config::ErrorKind::kRefused;
  Answer(id, std::move(text), errors.empty() ? 0 : refused ? kFailed : kNotUnderstood);
}

// Commands that IOS has in configuration mode and that act at once. False: the line is none.
bool Server::RunConfigCommand(uint64_t id, const std::string& line, size_t indent) {
  constexpr uint32_t kSure = 3;  // words of no statement
  auto parsed = ParseExec(config::Mode::kConfig, line);
  if (auto* command = std::get_if<ExecCommand>(&parsed)) {
    RunCommand(id, PipedCommand{line, false, {}}, std::move(*command));
    return true;
  }
  const auto& mismatch = std::get<config::Mismatch>(parsed);
  if (mismatch.depth < kSure) return false;
  clients_.at(id).sensitive = mismatch.word == config::kShownSecret;
  Answer(id, IosError(DiagnosticOf(mismatch), line, indent), kNotUnderstood);
  return true;
}

void Server::CommitCandidate(uint64_t id) {
  Client& client = clients_.at(id);
  if (client.candidate->applied() == 0) {
    client.candidate.reset();
    return Answer(id, "", 0);
  }
  if (client.base_generation != distributor_.generation()) {
    client.candidate.reset();
    return Answer(id, "% The configuration was changed by another session; nothing is changed.\n",
                  kFailed);
  }
  auto finished = client.candidate->Finish();
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&finished)) {
    std::string text;
    for (const config::Diagnostic& error : *errors) text += IosError(error, "", 0);
    return Answer(id, text + "% Nothing is changed yet: mend it, or 'abort'.\n", kFailed);
  }
  client.candidate.reset();
  auto& parsed = std::get<config::Parsed>(finished);
  if (parsed.running == distributor_.running()) return Answer(id, "", 0);
  std::string warnings;
  for (const std::string& warning : parsed.warnings) warnings += "% Warning: " + warning + ".\n";
  Apply(id, std::move(parsed.running), "", std::move(warnings));
}

void Server::Apply(uint64_t id, config::Running next, std::string before, std::string after) {
  const std::string bad = WhyBadCertificate(next.pki, distributor_.running().pki);
  if (!bad.empty()) return Answer(id, before + "% " + bad + ".\n% Nothing is changed.\n", kFailed);
  distributor_.Change(std::move(next), [this, id, before = std::move(before),
                                        after = std::move(after)](const std::string& error) {
    if (error.empty()) {
      log_.Configure(distributor_.running());
      log_.Post("SYS", config::Severity::kNotifications, "CONFIG_I",
                "Configured from console by vamsh");
      return Answer(id, before + after, 0);
    }
    Answer(id, before + "% " + error + "\n% The running configuration is as it was before.\n",
           kFailed);
  });
}

std::optional<config::Parsed> Server::SourceOf(uint64_t id, const ExecCommand& command,
                                               const config::Running& base) {
  Client& client = clients_.at(id);
  const bool startup = command.source == ExecCommand::Source::kStartup;
  Result<std::string> text = std::string();
  if (startup) {
    text = file_.Read();
  } else if (client.file) {
    text = std::move(*client.file);
  } else {
    api::CliReply reply;
    reply.set_wants_file(command.file);
    Reply(id, std::move(reply));
    return std::nullopt;
  }
  if (!text) {
    Answer(id, fmt::format("% The startup configuration: {}.\n", text.error().text), kFailed);
    return std::nullopt;
  }
  auto parsed = config::Parse(
      *text,
      {.file = startup ? "startup-config" : command.file, .sealer = &sealing_.sealer, .rng = &rng_},
      base);
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    Answer(id, AllOf(*errors) + "% Nothing is changed.\n", kFailed);
    return std::nullopt;
  }
  for (const std::string& notice : std::get<config::Parsed>(parsed).notices) {
    Log(LogLevel::kInfo, "{}", notice);
  }
  return std::move(std::get<config::Parsed>(parsed));
}

void Server::Merge(uint64_t id, const ExecCommand& command) {
  if (clients_.at(id).candidate) return Answer(id, "% Leave the configuration first.\n", kFailed);
  auto next = SourceOf(id, command, distributor_.running());
  if (!next) return;
  const std::string remarks = RemarksOf(*next);
  if (next->running == distributor_.running()) return Answer(id, remarks + "No change.\n", 0);
  Apply(id, std::move(next->running), remarks, "[OK]\n");
}

void Server::Replace(uint64_t id, const ExecCommand& command) {
  Client& client = clients_.at(id);
  if (client.candidate) return Answer(id, "% Leave the configuration first.\n", kFailed);
  auto next = SourceOf(id, command, {});
  if (!next) return;
  std::string preview =
      JoinLines(DifferenceLines(distributor_.running(), next->running).line()) + RemarksOf(*next);
  if (command.list || next->running == distributor_.running()) {
    return Answer(id, std::move(preview), 0);
  }
  if (!command.force && !client.confirmed) {
    api::CliReply reply;
    reply.set_text(preview);
    reply.set_question(
        "This replaces the whole running configuration by the one above.\n"
        "Enter Y if you are sure you want to proceed. ? [no]: ");
    return Reply(id, std::move(reply));
  }
  if (client.confirmed) preview.clear();  // it has been shown
  Apply(id, std::move(next->running), std::move(preview),
        "Total number of passes: 1\nRollback Done\n");
}

void Server::ShowDifferences(uint64_t id, const PipedCommand& piped, const ExecCommand& command) {
  const auto from = SourceOf(id, command, {});
  if (!from) return;
  api::ShowReply reply;
  *reply.mutable_running_config() = DifferenceLines(from->running, distributor_.running());
  AnswerShow(id, piped, reply);
}

std::string Server::ShownText(const config::Running& running, bool masked) {
  return sealing_.sealer.ready() && !masked ? config::Render(running, sealing_.sealer, rng_)
                                            : config::Render(running, config::Keys::kMasked);
}

api::ShowReply Server::LocalShow(uint64_t id, const ExecCommand& command) {
  api::ShowReply reply;
  const config::Running& running = distributor_.running();
  const api::ShowRequest& request = command.show;
  if (request.kind() == api::SHOW_CRYPTO_MAP) {
    *reply.mutable_crypto_map() = ShowCryptoMap(running, request);
    names_.Fill(*reply.mutable_crypto_map());
  } else if (request.kind() == api::SHOW_CRYPTO_DYNAMIC_MAP) {
    *reply.mutable_crypto_map() = ShowDynamicMap(running, request);
    names_.Fill(*reply.mutable_crypto_map());
  } else if (request.kind() == api::SHOW_CRYPTO_TRANSFORM_SET) {
    *reply.mutable_transform_sets() = ShowTransformSets(running, request);
  } else if (request.kind() == api::SHOW_CRYPTO_DEFAULT_TRANSFORM_SET) {
    *reply.mutable_transform_sets() = ShowDefaultTransformSets(running);
  } else if (request.kind() == api::SHOW_CRYPTO_LIFETIME) {
    *reply.mutable_crypto_lifetime() = ShowLifetime(running);
  } else if (IsPkiShow(request.kind())) {
    return ShowPki(running, request, NowSeconds());
  } else if (IsIkev2Show(request.kind())) {
    return ShowIkev2(running, request);
  } else if (request.kind() == api::SHOW_ACCESS_LISTS ||
             request.kind() == api::SHOW_IP_ACCESS_LISTS ||
             request.kind() == api::SHOW_IPV6_ACCESS_LISTS) {
    *reply.mutable_access_lists() = ShowAccessLists(running, request);
  } else if (request.kind() == api::SHOW_LOGGING) {
    *reply.mutable_logging() = log_.Show();
  } else if (request.kind() == api::SHOW_VERSION) {
    api::Version& version = *reply.mutable_version();
    version.set_product("OpenVAM IPsec gateway");
    version.set_version(std::string(kVersion));
    version.set_impairment(impairment_);
    version.set_hostname(running.hostname);
    version.set_uptime_seconds((clock_.MonotonicNs() - started_ns_) / kNsPerSecond);
    version.set_configuration_file(file_.path());
  } else if (request.kind() == api::SHOW_PENDING) {
    *reply.mutable_pending_configuration() = ShowPending(running);
  } else if (request.kind() == api::SHOW_PROCESSES) {
    FillProcesses(*reply.mutable_processes(), false);
  } else if (request.kind() != api::SHOW_RUNNING_CONFIG) {
    FillOwnShow(id, command, reply);
  } else if (!command.startup) {
    *reply.mutable_running_config() = ShowConfiguration(
        ShownText(running, command.masked), distributor_.generation(), request.interface());
  } else {
    return ShowStartup();
  }
  return reply;
}

api::ShowReply Server::ShowStartup() {
  api::ShowReply reply;
  const auto text = file_.Read();
  auto parsed = config::Parse(text ? *text : "",
                              {.file = file_.path(), .sealer = &sealing_.sealer, .rng = &rng_});
  if (!text || !std::holds_alternative<config::Parsed>(parsed)) {
    reply.set_error("The configuration file cannot be read, or is not valid any more.");
  } else if (Trim(*text).empty()) {
    reply.set_error("startup-config is not present.");
  } else {
    *reply.mutable_running_config() =
        ShowConfiguration(ShownText(std::get<config::Parsed>(parsed).running), 0, "");
  }
  return reply;
}

void Server::AnswerShow(uint64_t id, const PipedCommand& piped, const api::ShowReply& reply,
                        const std::string& header) {
  std::string text = header + (piped.json ? RenderJson(reply) : RenderText(reply));
  Answer(id, ApplyFilters(std::move(text), piped.filters), reply.error().empty() ? 0 : kFailed);
}

}  // namespace vam::mgmt
