// Show commands of a client: local answers, answers of roles piece by piece, show tech-support.
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "sw/base/log.h"
#include "sw/mgmt/local_show.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/show_config_crypto.h"

namespace vam::mgmt {
namespace {

// Text is collected up to this size before it goes out.
constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kMessageBytes = 1024 * 1024;  // most of it in one message

// Answered by the configuration, and completed by what fwd knows, if it runs.
bool IsCompleted(api::ShowKind kind) {
  switch (kind) {
    case api::SHOW_CRYPTO_MAP:
    case api::SHOW_CRYPTO_DYNAMIC_MAP:
    case api::SHOW_ACCESS_LISTS:
    case api::SHOW_IP_ACCESS_LISTS:
    case api::SHOW_IPV6_ACCESS_LISTS:
      return true;
    default:
      return false;
  }
}

bool IsLocal(const ExecCommand& command) {
  if (IsCompleted(command.show.kind())) return false;
  switch (command.show.kind()) {
    case api::SHOW_IPSEC_SA:
    case api::SHOW_CRYPTO_ENGINE:
    case api::SHOW_INTERFACES:
    case api::SHOW_IP_ROUTE:
    case api::SHOW_IPV6_ROUTE:
    case api::SHOW_IPV6_NEIGHBORS:
    case api::SHOW_REASONS:
    case api::SHOW_ARP:
    case api::SHOW_CRYPTO_SESSION:
    case api::SHOW_CRYPTO_RULESET:
    case api::SHOW_IKEV2_STATS:
    case api::SHOW_IKEV2_ERRORS:
    case api::SHOW_ADDRESS_POOLS:
    case api::SHOW_IMPAIR:
    case api::SHOW_IKE_PEER:
      return false;
    case api::SHOW_IKE_SA:
      return command.options.version != 2;
    case api::SHOW_PROCESSES:
      return command.options.view == ShowView::kDefault;
    default:
      return true;
  }
}

// What fwd is asked for a command: sessions and live peers are made of its SAs.
api::ShowRequest RequestOf(const ExecCommand& command) {
  api::ShowRequest request = command.show;
  switch (request.kind()) {
    case api::SHOW_CRYPTO_DYNAMIC_MAP:
      request.clear_map();  // names the dynamic map
      [[fallthrough]];
    case api::SHOW_CRYPTO_SESSION:
    case api::SHOW_CRYPTO_MAP:
      request.set_kind(api::SHOW_IPSEC_SA);
      break;
    case api::SHOW_IP_ACCESS_LISTS:
    case api::SHOW_IPV6_ACCESS_LISTS:
      request.set_kind(api::SHOW_ACCESS_LISTS);
      break;
    default:
      break;
  }
  return request;
}

// Who is asked for a command, in this order.
std::deque<ShowJob::Ask> AsksOf(const ExecCommand& command) {
  api::ShowRequest ike = command.show;
  switch (command.show.kind()) {
    case api::SHOW_IKE_SA:
      ike.set_detail(command.options.detail || command.options.view == ShowView::kSession);
      return {{vamd::Role::kIkev2, ike}};
    case api::SHOW_IKEV2_STATS:
    case api::SHOW_IKEV2_ERRORS:
    case api::SHOW_ADDRESS_POOLS:
    case api::SHOW_IMPAIR:
      return {{vamd::Role::kIkev2, ike}};
    case api::SHOW_IKE_PEER:
      ike.set_kind(api::SHOW_IKE_SA);
      return {{vamd::Role::kIkev2, ike, false}};
    case api::SHOW_CRYPTO_SESSION:
      ike.set_kind(api::SHOW_IKE_SA);
      return {{vamd::Role::kFwd, RequestOf(command)}, {vamd::Role::kIkev2, ike, false}};
    default:
      return {{vamd::Role::kFwd, RequestOf(command)}};
  }
}

// "14:03:59.123 UTC Sat Nov 21 2026". Not by gmtime, which may open the file of time zones: this
// role opens nothing.
std::string ClockText(uint64_t wall_ns) {
  namespace chrono = std::chrono;
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const uint64_t ms = wall_ns / kNsPerMs;
  const chrono::sys_days day{chrono::days(ms / 86'400'000)};
  const chrono::year_month_day date(day);
  return fmt::format("{:02}:{:02}:{:02}.{:03} UTC {} {} {} {}", ms / 3'600'000 % 24,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000,
                     kDays[chrono::weekday(day).c_encoding()],
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<unsigned>(date.day()), static_cast<int>(date.year()));
}

std::string_view ProcessName(std::string_view role) {
  if (role == "fwd") return "Crypto IPSec Forwarding";
  if (role == "ikev1") return "Crypto IKMP";
  if (role == "ikev2") return "Crypto IKEv2";
  if (role == "signer") return "Crypto CA Signer";
  if (role == "mgmt") return "Virtual Exec";
  return role;
}

// The commands of show tech-support ipsec in their order (MG-116..118).
std::deque<std::string> TechSupportSteps(const api::ShowRequest& show) {
  constexpr const char* kMemory = "show processes memory | include Crypto IKMP";
  constexpr const char* kCpu = "show processes cpu | include Crypto IKMP";
  constexpr const char* kStatistic = "show crypto engine accelerator statistic";
  std::deque<std::string> steps{"show version", "show running-config"};
  const auto add = [&](std::initializer_list<std::string> more) {
    steps.insert(steps.end(), more.begin(), more.end());
  };
  if (!show.peer().empty()) {
    const std::string& peer = show.peer();
    add({"show crypto session remote " + peer + " detail",
         "show crypto isakmp sa peer " + peer + " detail",
         "show crypto ipsec sa peer " + peer + " detail", "show crypto isakmp peers " + peer});
  } else if (!show.vrf().empty()) {
    const std::string& vrf = show.vrf();
    add({"show crypto isakmp sa count vrf " + vrf, "show crypto ipsec sa count vrf " + vrf,
         "show crypto session ivrf " + vrf + " detail",
         "show crypto session fvrf " + vrf + " detail",
         "show crypto isakmp sa vrf " + vrf + " detail",
         "show crypto ipsec sa vrf " + vrf + " detail"});
  } else {
    add({"show crypto isakmp sa count", "show crypto ipsec sa count", "show crypto session summary",
         "show crypto session detail", "show crypto isakmp sa detail",
         "show crypto ipsec sa detail", "show crypto isakmp peers"});
  }
  add({"show crypto ruleset detail", kMemory, kCpu, "show crypto eli", kStatistic});
  return steps;
}

}  // namespace

void Server::FillOwnShow(uint64_t id, const ExecCommand& command, api::ShowReply& reply) {
  const Client& client = clients_.at(id);
  switch (command.show.kind()) {
    case api::SHOW_IKE_SA:
      reply.mutable_ike_sas()->set_version(1);
      return;
    case api::SHOW_DEBUG:
    case api::SHOW_DEBUG_CONDITION:
      *reply.mutable_debugging() = debug_.Show();
      return;
    case api::SHOW_HOSTS:
      names_.Fill(*reply.mutable_hosts());
      return;
    case api::SHOW_CLOCK:
      reply.mutable_clock_time()->set_nanoseconds(clock_.WallNs());
      reply.mutable_clock_time()->set_text(ClockText(clock_.WallNs()));
      return;
    case api::SHOW_HISTORY:
      reply.mutable_history();
      for (const std::string& line : client.history) reply.mutable_history()->add_line(line);
      return;
    case api::SHOW_USERS:
      for (const auto& [number, other] : clients_) {
        api::User& user = *reply.mutable_users()->add_user();
        user.set_line(number);
        user.set_self(number == id);
        user.set_privileged(other.privileged);
        user.set_configuring(other.candidate.has_value());
        user.set_idle_seconds((clock_.MonotonicNs() - other.last_line_ns) / kNsPerSecond);
      }
      return;
    default:
      reply.set_error("This is not known here.");
  }
}

void Server::FillProcesses(api::Processes& show, bool usage) {
  for (const auto& state : states_.role()) {
    api::Process& process = *show.add_process();
    process.set_role(state.role());
    process.set_state(state.state());
    process.set_pid(state.pid());
    process.set_restarts(state.restarts());
    process.set_name(std::string(ProcessName(state.role())));
    if (!usage || state.role() != "mgmt") continue;
    process.set_cpu_milliseconds(ProcessCpuNs() / kNsPerMs);
    process.set_allocated_bytes(mallinfo2().uordblks);
  }
}

void Server::RunShow(uint64_t id, const PipedCommand& piped, const ExecCommand& command) {
  Client& client = clients_.at(id);
  client.job = std::make_unique<ShowJob>(piped);
  BeginStep(id, *client.job, command);
  Advance(id);
}

void Server::RunTechSupport(uint64_t id, const PipedCommand& piped, const ExecCommand& command) {
  Client& client = clients_.at(id);
  client.job = std::make_unique<ShowJob>(piped);
  client.job->script = true;
  client.job->steps = TechSupportSteps(command.show);
  if (piped.json) {
    Emit(client, fmt::format("{{\n \"schema_version\": {},\n \"body\": \"tech_support\",\n"
                             " \"section\": [",
                             kJsonSchemaVersion));
  }
  Advance(id);
}

void Server::BeginStep(uint64_t id, ShowJob& job, const ExecCommand& command) {
  ExecCommand resolved = command;
  resolved.show.set_interface(ResolveInterface(distributor_.running(), command.show.interface()));
  const api::ShowKind kind = command.show.kind();
  job.completed = IsCompleted(kind);
  Known known;
  if (job.completed) known.base = LocalShow(id, resolved);
  if (kind == api::SHOW_CRYPTO_MAP) known.templates = ShowDynamicMap(distributor_.running(), {});
  job.sink = MakeShowSink(kind, command.options, job.json, std::move(known));
  job.cursor.clear();
  job.usage = kind == api::SHOW_PROCESSES;
  if (!IsLocal(command)) {
    job.asks = AsksOf(resolved);
    return;
  }
  const api::ShowReply reply = LocalShow(id, resolved);
  const bool head = reply.has_running_config() && !job.json && !job.filters.active();
  if (!reply.error().empty()) return FailStep(id, reply.error());
  Emit(clients_.at(id), (head ? HeaderOf(reply.running_config()) : "") + job.sink->Piece(reply));
  EndStep(id);
}

void Server::NextStep(uint64_t id, ShowJob& job) {
  const std::string line = std::move(job.steps.front());
  job.steps.pop_front();
  Client& client = clients_.at(id);
  if (job.json) {
    Emit(client, fmt::format("{}\n{{\n \"command\": \"{}\",\n \"answer\": ",
                             job.step == 0 ? "" : ",", line));
  } else {
    Emit(client, fmt::format("\n------------------ {} ------------------\n\n", line));
  }
  ++job.step;
  auto piped = SplitPipe(line);
  auto parsed = ParseExec(config::Mode::kExec, piped ? piped->command : line);
  auto* command = std::get_if<ExecCommand>(&parsed);
  if (!piped || command == nullptr) {
    return FailStep(id, "This command is not there yet.");
  }
  if (!job.json) job.step_filters.emplace(piped->filters);
  command->masked = true;
  BeginStep(id, job, *command);
}

void Server::EndStep(uint64_t id) {
  Client& client = clients_.at(id);
  ShowJob& job = *client.job;
  if (job.sink != nullptr) Emit(client, job.sink->Finish());
  CloseStep(client);
}

void Server::FailStep(uint64_t id, std::string_view sentence) {
  Client& client = clients_.at(id);
  const bool begun = client.job->sink != nullptr;
  Emit(client, begun ? client.job->sink->Fail(sentence) : ErrorText(sentence, client.job->json));
  if (!client.job->script) client.job->exit_code = kFailed;
  CloseStep(client);
}

void Server::CloseStep(Client& client) {
  ShowJob& job = *client.job;
  if (job.step_filters) {
    FilterStream filters = std::move(*job.step_filters);
    job.step_filters.reset();
    Emit(client, filters.Finish());
  }
  if (job.script && job.json) Emit(client, "}");
  job.sink.reset();
  job.asks.clear();
}

// Collects text, and sends what is enough for a message of its own.
void Server::Emit(Client& client, std::string text) {
  ShowJob& job = *client.job;
  if (job.step_filters) text = job.step_filters->Feed(text);
  job.ready += job.filters.Feed(text);
  if (job.ready.size() < kPieceBytes) return;
  const std::string ready = std::exchange(job.ready, {});
  for (size_t at = 0; at < ready.size() && !job.lost; at += kMessageBytes) {
    api::CliReply reply;
    reply.set_text(ready.substr(at, kMessageBytes));
    reply.set_more(true);
    // Fails when the client is gone, or has left more unread than a channel holds.
    job.lost = !client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  }
}

void Server::Advance(uint64_t id) {
  for (;;) {
    const auto at = clients_.find(id);
    if (at == clients_.end() || at->second.job == nullptr) return;
    ShowJob& job = *at->second.job;
    if (job.lost) {
      at->second.job.reset();
      return Answer(id, "% The answer is too long; use a filter.\n", kFailed);
    }
    // The next piece is asked for when the client has taken the one before.
    if (job.waiting != 0 || at->second.channel.pending()) return;
    if (!job.asks.empty()) {
      AskPiece(id, job);
    } else if (!job.steps.empty()) {
      NextStep(id, job);
    } else {
      return FinishJob(id);
    }
  }
}

void Server::AskPiece(uint64_t id, ShowJob& job) {
  const uint32_t request = next_request_++;
  const ShowJob::Ask& ask = job.asks.front();
  api::Channel& channel = distributor_.channel(ask.role);
  // fwd says itself what it does not know yet.
  const bool there = ask.role == vamd::Role::kFwd ? channel.open() : distributor_.serves(ask.role);
  if (!there && !ask.needed) return EndAsk(id, job);
  if (!there || !channel.Send(api::MessageType::kShowRequest, request, ask.request)) {
    return LosePiece(id, fmt::format("{} is not running.", RoleTitle(ask.role)));
  }
  job.waiting = request;
  waiting_[request] = {id, ask.role, clock_.MonotonicNs() + kAnswerNs};
}

// The role has told all: the next is asked, or the command is answered.
void Server::EndAsk(uint64_t id, ShowJob& job) {
  job.asks.pop_front();
  job.cursor.clear();
  if (job.asks.empty()) EndStep(id);
}

// Processes, and what follows from the configuration, are listed without fwd too.
void Server::LosePiece(uint64_t id, std::string_view why) {
  ShowJob& job = *clients_.at(id).job;
  job.waiting = 0;
  if (job.completed) return EndStep(id);
  if (!job.usage) return FailStep(id, why);
  api::ShowReply reply;
  FillProcesses(*reply.mutable_processes(), true);
  Emit(clients_.at(id), job.sink->Piece(reply));
  EndStep(id);
}

void Server::FinishJob(uint64_t id) {
  Client& client = clients_.at(id);
  if (client.job->script && client.job->json) Emit(client, "\n ]\n}\n");
  const std::unique_ptr<ShowJob> job = std::move(client.job);
  Answer(id, std::move(job->ready) + job->filters.Finish(), job->exit_code);
}

void Server::OnShowReply(vamd::Role role, const api::Message& message) {
  const auto asked = waiting_.find(message.request);
  // Too late, its client has been told; or not of the one who was asked.
  if (asked == waiting_.end() || asked->second.role != role) return;
  const uint64_t id = asked->second.client;
  waiting_.erase(asked);
  const auto at = clients_.find(id);
  if (at == clients_.end() || at->second.job == nullptr) return;
  ShowJob& job = *at->second.job;
  if (job.waiting != message.request) return;
  job.waiting = 0;
  auto reply = api::ParseAs<api::ShowReply>(Bytes(message.payload));
  if (!reply) {
    FailStep(id, "The answer is malformed.");
  } else if (!reply->error().empty()) {
    FailStep(id, reply->error());
  } else {
    OnPiece(id, job, std::move(*reply));
  }
  Advance(id);
}

void Server::OnPiece(uint64_t id, ShowJob& job, api::ShowReply piece) {
  if (job.usage) {
    api::Processes all;
    FillProcesses(all, true);
    for (api::Process& process : *all.mutable_process()) {
      for (const api::Process& told : piece.processes().process()) {
        if (told.role() != process.role()) continue;
        process.set_cpu_milliseconds(told.cpu_milliseconds());
        process.set_allocated_bytes(told.allocated_bytes());
      }
    }
    *piece.mutable_processes() = std::move(all);
  }
  Emit(clients_.at(id), job.sink->Piece(piece));
  if (!piece.has_next()) return EndAsk(id, job);
  // A cursor that stands still would go on for ever.
  const std::string cursor = piece.next().SerializeAsString();
  if (cursor == job.cursor) {
    const vamd::Role role = job.asks.front().role;
    return FailStep(id, fmt::format("{} repeats its answer.", RoleTitle(role)));
  }
  job.cursor = cursor;
  *job.asks.front().request.mutable_cursor() = piece.next();
}

void Server::FailShow(uint64_t id, vamd::Role role) {
  const auto at = clients_.find(id);
  if (at == clients_.end() || at->second.job == nullptr) return;
  LosePiece(id, fmt::format("{} does not answer.", RoleTitle(role)));
  Advance(id);
}

}  // namespace vam::mgmt
