// The mgmt role: opens what it needs, confines itself, reads the configuration, serves.
#include "sw/vamd/role.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>

#include "sw/base/heap.h"
#include "sw/base/log.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "sw/mgmt/exec_table.h"
#include "sw/mgmt/fetch_worker.h"
#include "sw/mgmt/metrics_worker.h"
#include "sw/mgmt/server.h"
#include "sw/vamd/role_link.h"

namespace vam::mgmt {
namespace {

constexpr int kTurnMs = 500;

std::optional<config::Running> Load(const ConfigFile& file, config::Sealer& sealer, Rng& rng) {
  const auto text = file.Read();
  if (!text) {
    Log(LogLevel::kError, "{}: {}", file.path(), text.error().text);
    return std::nullopt;
  }
  auto parsed = config::Parse(*text, {.file = file.path(), .sealer = &sealer, .rng = &rng});
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    for (const config::Diagnostic& error : *errors) {
      Log(LogLevel::kError, "{}", config::ToString(error));
    }
    return std::nullopt;
  }
  for (const std::string& warning : std::get<config::Parsed>(parsed).warnings) {
    Log(LogLevel::kWarning, "{}", warning);
  }
  return std::move(std::get<config::Parsed>(parsed).running);
}

// The config-key of the state directory; without one, sealed secrets are refused and none is set.
Sealing OpenSealing(const std::string& state_dir) {
  Sealing sealing;
  auto file = ConfigKeyFile::Open(state_dir);
  if (!file) {
    sealing.problem = file.error().text;
    return sealing;
  }
  auto sealer = SealerOf(file->content());
  if (!sealer) {
    sealing.problem = sealer.error().text;
    return sealing;
  }
  sealing.file = std::move(*file);
  sealing.sealer = std::move(*sealer);
  return sealing;
}

// Only a file that is lost for good needs new keys.
std::string ProblemOf(const Error& error) {
  const bool lost = error.code == ErrorCode::kNotFound || error.code == ErrorCode::kMalformed;
  return fmt::format("No sequence numbers for manual keys: {}; {}.", error.text,
                     lost ? "give new keys and run 'vamd --init-state'" : "mend that and restart");
}

// What an earlier mgmt of the same vamd committed last; nothing when it changed nothing.
std::optional<config::Running> Resume(const api::OwnedFd& memory) {
  std::string text(kLongestConfiguration, '\0');
  const ssize_t got = pread(memory.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  if (text.empty()) return std::nullopt;
  auto parsed = config::Parse(text, {.file = "running-config"});
  OPENSSL_cleanse(text.data(), text.size());
  if (!std::holds_alternative<config::Parsed>(parsed)) {
    Log(LogLevel::kError, "the running configuration is lost; the file is taken");
    return std::nullopt;
  }
  Log(LogLevel::kInfo, "the running configuration of the earlier process is taken");
  return std::move(std::get<config::Parsed>(parsed).running);
}

void Remember(const api::OwnedFd& memory, const config::Running& running) {
  std::string text = config::Render(running, config::Keys::kShown);
  const bool kept =
      ftruncate(memory.get(), 0) == 0 &&
      pwrite(memory.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  OPENSSL_cleanse(text.data(), text.size());
  if (!kept) Log(LogLevel::kError, "the running configuration would not survive a restart of mgmt");
}

int Serve(vamd::RoleContext& context, Server& server, Distributor& distributor,
          vamd::SupervisorLink& link) {
  HeapTrimmer heap;
  for (;;) {
    server.RunOnce(context.supervisor, kTurnMs);
    if (distributor.synchronised()) {
      heap.Poll(distributor.generation(), context.clock->MonotonicNs());
    }
    for (;;) {
      auto event = link.Poll();
      if (!event) return 1;
      if (event->stop) return 0;
      if (event->none()) break;
      if (event->peer && std::ranges::count(kConfigured, *event->peer) != 0) {
        distributor.Connect(*event->peer, std::move(event->channel));
        server.TellNames(*event->peer);
      } else if (event->peer == vamd::Role::kSigner) {
        server.ConnectSigner(std::move(event->channel));
      } else if (event->other && event->other->type == api::MessageType::kRoleStates) {
        auto states = api::ParseAs<api::RoleStates>(Bytes(event->other->payload));
        if (states) server.SetStates(std::move(*states));
      }
    }
  }
}

}  // namespace
}  // namespace vam::mgmt

namespace vam::vamd {

int RunMgmtRole(RoleContext& context) {
  using namespace mgmt;  // NOLINT(google-build-using-namespace): this is its entry point
  auto file = ConfigFile::Open(context.options.config_path);
  if (!file) {
    Log(LogLevel::kError, "{}: {}", context.options.config_path, file.error().text);
    return kExitBadConfiguration;
  }
  auto listener = ListenAt(context.options.socket_path);
  if (!listener) {
    Log(LogLevel::kError, "{}: {}", context.options.socket_path, listener.error().text);
    return kExitBadConfiguration;
  }
  // Before anything secret is read: the processes that fetch have none of it.
  api::Channel fetchers;
  if (context.confine_fetcher) {
    auto started = StartFetchKeeper(FetchLimits(), context.confine_fetcher);
    if (started) {
      fetchers = std::move(*started);
    } else {
      Log(LogLevel::kError, "CRLs and OCSP answers cannot be fetched: {}", started.error().text);
    }
  }
  api::Channel metrics;
  if (context.confine_metrics) {
    auto started = StartMetricsKeeper(MetricsLimits(), context.confine_metrics);
    if (started) {
      metrics = std::move(*started);
    } else {
      Log(LogLevel::kError, "metrics cannot be served: {}", started.error().text);
    }
  }
  auto numbers = NumberStore::Open(context.options.state_dir);
  Sealing sealing = OpenSealing(context.options.state_dir);
  Result<KeyLog> key_log = KeyLog::Open(context.options.state_dir);
  if (context.impairment != nullptr) OfferImpairment();
  ExecGrammar();  // built before the confinement, as everything that is made once
  config::ConfigurationReference();
  if (const Status confined = context.confine(); !confined) {
    Log(LogLevel::kError, "not confined: {}", confined.error().text);
    return 1;
  }
  auto running = Resume(context.running);
  if (!running) running = Load(*file, sealing.sealer, *context.rng);
  if (!running) return kExitBadConfiguration;
  const std::string problem = numbers ? "" : ProblemOf(numbers.error());
  if (!numbers && running->crypto.manual_counter_mode) Log(LogLevel::kError, "{}", problem);
  std::optional<NumberStore> store;
  if (numbers) store = std::move(*numbers);
  Distributor::Hooks hooks;
  hooks.restart = [&context](Role role) {
    api::RestartRole request;
    request.set_role(std::string(RoleName(role)));
    const Status sent = context.supervisor.Send(api::MessageType::kRestartRole, 0, request);
    if (!sent) Log(LogLevel::kError, "supervisor: {}", sent.error().text);
  };
  hooks.committed = [&context](const config::Running& now) { Remember(context.running, now); };
  Distributor distributor(std::move(*running), std::move(store), problem, *context.clock,
                          std::move(hooks));
  Server server(std::move(*listener), std::move(*file), std::move(sealing), distributor,
                *context.clock, *context.rng);
  if (fetchers.open()) server.ConnectFetcher(std::move(fetchers));
  if (metrics.open()) server.ConnectMetrics(std::move(metrics));
  server.SetKeyLog(std::move(key_log));
  server.SetImpairment(context.impairment != nullptr);
  SupervisorLink link(context.supervisor, context.role);
  if (!link.SendReady()) return 1;
  return Serve(context, server, distributor, link);
}

}  // namespace vam::vamd
