#include "sw/mgmt/server.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "sw/base/log.h"
#include "sw/config/render.h"
#include "sw/mgmt/local_show.h"
#include "sw/mgmt/render.h"

namespace vam::mgmt {
namespace {

constexpr size_t kMaxClients = 32;
constexpr uint64_t kAnswerNs = 10 * kNsPerSecond;
constexpr int kFailed = 1;
constexpr int kNotUnderstood = 2;
constexpr std::string_view kVersion = "0.1.0";

std::string_view Trim(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r\n") - first + 1);
}

std::string Sentence(const config::Diagnostic& diagnostic) {
  return "% " + config::ToString(diagnostic) + "\n";
}

// True for a line that has only printable characters.
bool IsPrintable(std::string_view line) {
  for (char c : line) {
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

}  // namespace

Result<api::OwnedFd> ListenAt(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Err(ErrorCode::kInvalidArgument, "the socket's path is too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  api::OwnedFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const api::OwnedFd probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd || !probe) return Err(ErrorCode::kIo, "socket failed");
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return Err(ErrorCode::kExists, "the socket's path is another file");
    }
    if (connect(probe.get(), generic, sizeof address) == 0) {
      return Err(ErrorCode::kExists, "another process serves the socket");
    }
    unlink(path.c_str());
  }
  const mode_t before = umask(0177);
  const int bound = bind(fd.get(), generic, sizeof address);
  umask(before);
  if (bound != 0) return Err(ErrorCode::kIo, "the socket cannot be made");
  if (listen(fd.get(), 16) != 0) return Err(ErrorCode::kIo, "listen failed");
  return fd;
}

void Server::SetStates(api::RoleStates states) {
  states_ = std::move(states);
  for (const auto& state : states_.role()) {
    if (state.role() == "fwd") distributor_.SetReady(state.state() == "up");
  }
}

void Server::RunOnce(api::Channel& supervisor, int timeout_ms) {
  const auto events = [](const api::Channel& channel, bool read) {
    return static_cast<short>((read ? POLLIN : 0) | (channel.pending() ? POLLOUT : 0));
  };
  std::vector<pollfd> waits{{supervisor.fd(), events(supervisor, true), 0},
                            {listener_.get(), POLLIN, 0}};
  if (distributor_.fwd().open()) {
    waits.push_back({distributor_.fwd().fd(), events(distributor_.fwd(), true), 0});
  }
  for (const auto& [id, client] : clients_) {
    waits.push_back({client.channel.fd(), events(client.channel, !client.busy), 0});
  }
  poll(waits.data(), waits.size(), timeout_ms);
  if ((waits[1].revents & POLLIN) != 0) Accept();
  ReadFwd();
  std::vector<uint64_t> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  for (uint64_t id : ids) ReadClient(id);
  distributor_.Tick();
  FailWaiting(false);
}

void Server::Accept() {
  for (;;) {
    api::OwnedFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (clients_.size() >= kMaxClients) {
      Log(LogLevel::kWarning, "client refused: {} are connected", kMaxClients);
      continue;
    }
    clients_[next_client_++].channel = api::Channel(std::move(fd));
  }
}

void Server::ReadClient(uint64_t id) {
  while (true) {
    const auto at = clients_.find(id);
    if (at == clients_.end()) return;
    Client& client = at->second;
    if (client.channel.pending() && !client.channel.Flush()) {
      clients_.erase(at);
      return;
    }
    if (client.busy) return;
    auto received = client.channel.Receive();
    if (!received) {
      clients_.erase(at);  // its candidate goes with it: nothing is half applied
      return;
    }
    if (!*received) return;
    client.request = (*received)->request;
    if ((*received)->type == api::MessageType::kCliRequest) {
      const auto request = api::ParseAs<api::CliRequest>(Bytes((*received)->payload));
      if (!request) {
        clients_.erase(at);
        return;
      }
      client.busy = true;
      OnLine(id, request->line());
    } else if ((*received)->type == api::MessageType::kCliHelpRequest) {
      OnHelp(client, **received);
    } else {
      clients_.erase(at);
      return;
    }
  }
}

std::string Server::Prompt(const Client& client) const {
  const std::string& host = distributor_.running().hostname;
  if (!client.candidate) return host + "#";
  return fmt::format("{}({})#", host, config::ModeName(client.candidate->mode()));
}

void Server::Answer(uint64_t id, std::string text, int exit_code, bool closed) {
  const auto at = clients_.find(id);
  if (at == clients_.end()) return;
  Client& client = at->second;
  client.busy = false;
  api::CliReply reply;
  reply.set_text(std::move(text));
  reply.set_exit_code(exit_code);
  reply.set_closed(closed);
  reply.set_prompt(Prompt(client));
  Status sent = client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  if (!sent && sent.error().code == ErrorCode::kExhausted) {
    reply.set_text("% The answer is too long; use a filter.\n");
    reply.set_exit_code(kFailed);
    sent = client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  }
  // A client that is gone is erased at its next turn.
  if (!sent) Log(LogLevel::kDebug, "client {} is gone", id);
}

void Server::OnHelp(Client& client, const api::Message& message) {
  const auto request = api::ParseAs<api::CliHelpRequest>(Bytes(message.payload));
  api::CliHelpReply reply;
  reply.set_prompt(Prompt(client));
  if (request && request->line().size() <= 4096 && IsPrintable(request->line())) {
    const std::string& line = request->line();
    std::vector<config::HelpLine> help;
    if (client.candidate) {
      help = config::ConfigurationHelp(client.candidate->mode(), line);
      for (auto& word : config::ConfigurationCompletions(client.candidate->mode(), line)) {
        reply.add_completion(std::move(word));
      }
    } else {
      help = ExecGrammar().Help(config::Mode::kExec, line);
      for (auto& word : ExecGrammar().Complete(config::Mode::kExec, line)) {
        reply.add_completion(std::move(word));
      }
    }
    std::string text;
    for (const config::HelpLine& row : help)
      text += fmt::format("  {:<24}{}\n", row.word, row.help);
    reply.set_text(text.empty() ? "% Nothing fits here.\n" : text);
  }
  const Status sent = client.channel.Send(api::MessageType::kCliHelpReply, message.request, reply);
  if (!sent) Log(LogLevel::kDebug, "help not sent: {}", sent.error().text);
}

void Server::OnLine(uint64_t id, const std::string& line) {
  if (line.size() > 4096 || !IsPrintable(line)) {
    return Answer(id, "% The line is too long or holds control characters.\n", kNotUnderstood);
  }
  const std::string_view trimmed = Trim(line);
  if (clients_.at(id).candidate) return RunConfigLine(id, std::string(trimmed));
  if (trimmed.empty() || trimmed[0] == '!') return Answer(id, "", 0);
  RunExec(id, std::string(trimmed));
}

void Server::RunExec(uint64_t id, const std::string& line) {
  auto piped = SplitPipe(line);
  if (!piped) return Answer(id, fmt::format("% {}.\n", piped.error().text), kNotUnderstood);
  const auto parsed = ParseExec(piped->command);
  if (const auto* mismatch = std::get_if<config::Mismatch>(&parsed)) {
    return Answer(id,
                  Sentence({"command", 0, mismatch->column, mismatch->word, mismatch->message,
                            mismatch->expected}),
                  kNotUnderstood);
  }
  const ExecCommand& command = std::get<ExecCommand>(parsed);
  switch (command.kind) {
    case ExecCommand::Kind::kShow:
      return RunShow(id, std::move(*piped), command);
    case ExecCommand::Kind::kClear:
      Log(LogLevel::kInfo, "operator: {}", piped->command);
      return AskFwd(id, api::MessageType::kClearRequest, command.clear, std::move(*piped));
    case ExecCommand::Kind::kConfigure: {
      Client& client = clients_.at(id);
      if (client.candidate) return Answer(id, "% Already in configuration mode.\n", kFailed);
      client.candidate.emplace(distributor_.running(), config::ParseOptions{.file = "terminal"});
      client.base_generation = distributor_.generation();
      return Answer(id, "Statements act together at 'end'; 'abort' forgets them.\n", 0);
    }
    case ExecCommand::Kind::kWriteMemory:
      return WriteMemory(id);
    case ExecCommand::Kind::kExit:
      return Answer(id, "", 0, true);
    case ExecCommand::Kind::kNothing:
      return Answer(id, "", 0);
  }
}

void Server::RunConfigLine(uint64_t id, const std::string& line) {
  Client& client = clients_.at(id);
  const auto is = [&](std::string_view word) { return line.size() >= 2 && word.starts_with(line); };
  if (is("end") || (is("exit") && client.candidate->mode() == config::Mode::kConfig)) {
    return CommitCandidate(id);
  }
  if (line == "abort") {
    client.candidate.reset();
    return Answer(id, "Nothing is changed.\n", 0);
  }
  if (line.starts_with("do ")) return RunExec(id, std::string(Trim(line.substr(3))));
  std::string text;
  for (const config::Diagnostic& error : client.candidate->Line(line)) text += Sentence(error);
  const int exit_code = text.empty() ? 0 : kNotUnderstood;
  Answer(id, std::move(text), exit_code);
}

void Server::CommitCandidate(uint64_t id) {
  Client& client = clients_.at(id);
  auto finished = client.candidate->Finish();
  client.candidate.reset();
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&finished)) {
    std::string text;
    for (const config::Diagnostic& error : *errors) text += Sentence(error);
    return Answer(id, text + "% Nothing is changed.\n", kFailed);
  }
  if (client.base_generation != distributor_.generation()) {
    return Answer(id, "% The configuration was changed by another session; nothing is changed.\n",
                  kFailed);
  }
  auto& parsed = std::get<config::Parsed>(finished);
  if (parsed.running == distributor_.running()) return Answer(id, "", 0);
  std::string warnings;
  for (const std::string& warning : parsed.warnings) warnings += "% Warning: " + warning + ".\n";
  distributor_.Change(std::move(parsed.running), [this, id, warnings](const std::string& error) {
    if (error.empty()) return Answer(id, warnings, 0);
    Answer(id, "% " + error + "\n", kFailed);
  });
}

bool Server::IsLocal(api::ShowKind kind) const {
  return kind == api::SHOW_CRYPTO_MAP || kind == api::SHOW_RUNNING_CONFIG ||
         kind == api::SHOW_VERSION || kind == api::SHOW_PROCESSES;
}

api::ShowReply Server::LocalShow(const ExecCommand& command) const {
  api::ShowReply reply;
  const config::Running& running = distributor_.running();
  const api::ShowRequest& request = command.show;
  if (request.kind() == api::SHOW_CRYPTO_MAP) {
    *reply.mutable_crypto_map() = ShowCryptoMap(running, request);
  } else if (request.kind() == api::SHOW_VERSION) {
    api::Version& version = *reply.mutable_version();
    version.set_product("OpenVAM IPsec gateway");
    version.set_version(std::string(kVersion));
    version.set_hostname(running.hostname);
    version.set_uptime_seconds((clock_.MonotonicNs() - started_ns_) / kNsPerSecond);
    version.set_configuration_file(file_.path());
  } else if (request.kind() == api::SHOW_PROCESSES) {
    for (const auto& state : states_.role()) {
      api::Process& process = *reply.mutable_processes()->add_process();
      process.set_role(state.role());
      process.set_state(state.state());
      process.set_pid(state.pid());
      process.set_restarts(state.restarts());
    }
  } else if (!command.startup) {
    *reply.mutable_running_config() =
        ShowConfiguration(running, distributor_.generation(), request.interface());
  } else {
    const auto text = file_.Read();
    auto parsed = config::Parse(text ? *text : "", {.file = file_.path()});
    if (!text || !std::holds_alternative<config::Parsed>(parsed)) {
      reply.set_error("The configuration file cannot be read, or is not valid any more.");
    } else {
      *reply.mutable_running_config() =
          ShowConfiguration(std::get<config::Parsed>(parsed).running, 0, "");
    }
  }
  return reply;
}

void Server::RunShow(uint64_t id, PipedCommand piped, const ExecCommand& command) {
  if (IsLocal(command.show.kind())) return AnswerShow(id, piped, LocalShow(command));
  AskFwd(id, api::MessageType::kShowRequest, command.show, std::move(piped));
}

void Server::AskFwd(uint64_t id, api::MessageType type,
                    const google::protobuf::MessageLite& message, PipedCommand piped) {
  const uint32_t request = next_request_++;
  if (!distributor_.fwd().open() || !distributor_.fwd().Send(type, request, message)) {
    return Answer(id, "% The forwarder is not running.\n", kFailed);
  }
  waiting_[request] = {id, std::move(piped), clock_.MonotonicNs() + kAnswerNs};
}

void Server::AnswerShow(uint64_t id, const PipedCommand& piped, const api::ShowReply& reply) {
  std::string text = piped.json ? RenderJson(reply) : RenderText(reply);
  Answer(id, ApplyFilters(std::move(text), piped.filters), reply.error().empty() ? 0 : kFailed);
}

void Server::ReadFwd() {
  while (distributor_.fwd().open()) {
    api::Channel& fwd = distributor_.fwd();
    if (fwd.pending() && !fwd.Flush()) break;
    auto received = fwd.Receive();
    if (!received) break;
    if (!*received) return;
    const Bytes payload((*received)->payload);
    switch ((*received)->type) {
      case api::MessageType::kPrepareReply:
        if (auto m = api::ParseAs<api::PrepareReply>(payload)) distributor_.OnPrepareReply(*m);
        break;
      case api::MessageType::kCommitReply:
        if (auto m = api::ParseAs<api::CommitReply>(payload)) distributor_.OnCommitReply(*m);
        break;
      case api::MessageType::kReserveNumbers:
        if (auto m = api::ParseAs<api::ReserveNumbers>(payload)) {
          distributor_.OnReserve((*received)->request, *m);
        }
        break;
      case api::MessageType::kShowReply:
        OnShowReply(**received);
        break;
      case api::MessageType::kClearReply:
        OnClearReply(**received);
        break;
      default:
        Log(LogLevel::kWarning, "fwd sent a message that it should not");
    }
  }
  if (distributor_.fwd().fd() >= 0 && !distributor_.fwd().open()) {
    Log(LogLevel::kWarning, "fwd is gone");
    distributor_.Disconnect();
    FailWaiting(true);
  }
}

void Server::OnShowReply(const api::Message& message) {
  const auto node = waiting_.extract(message.request);
  if (node.empty()) return;  // too late, its client has been told
  auto reply = api::ParseAs<api::ShowReply>(Bytes(message.payload));
  if (!reply) return Answer(node.mapped().client, "% The answer is malformed.\n", kFailed);
  AnswerShow(node.mapped().client, node.mapped().piped, *reply);
}

void Server::OnClearReply(const api::Message& message) {
  const auto node = waiting_.extract(message.request);
  if (node.empty()) return;
  const auto reply = api::ParseAs<api::ClearReply>(Bytes(message.payload));
  const std::string error = reply ? reply->error() : "The answer is malformed.";
  Answer(node.mapped().client, error.empty() ? "" : "% " + error + "\n",
         error.empty() ? 0 : kFailed);
}

void Server::FailWaiting(bool all) {
  const uint64_t now = clock_.MonotonicNs();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!all && now < at->second.deadline_ns) {
      ++at;
      continue;
    }
    Answer(at->second.client, "% The forwarder does not answer.\n", kFailed);
    at = waiting_.erase(at);
  }
}

void Server::WriteMemory(uint64_t id) {
  std::string text = config::Render(distributor_.running(), config::Keys::kShown);
  const Status saved = file_.Save(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!saved) {
    Log(LogLevel::kError, "configuration not saved: {}", saved.error().text);
    return Answer(id, fmt::format("% Not saved: {}.\n", saved.error().text), kFailed);
  }
  Log(LogLevel::kInfo, "configuration generation {} saved", distributor_.generation());
  Answer(id, "Building configuration...\n[OK]\n", 0);
}

}  // namespace vam::mgmt
