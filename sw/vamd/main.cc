// vamd: the gateway's supervisor, and each of its roles.
#include <fcntl.h>
#include <fmt/core.h>
#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "sw/base/heap.h"
#include "sw/base/log.h"
#include "sw/base/sanitizer.h"
#include "sw/config/key_file.h"
#include "sw/config/parser.h"
#include "sw/mgmt/exec.h"
#include "sw/mgmt/metrics_text.h"
#include "sw/mgmt/numbers.h"
#ifdef VAM_IMPAIR
#include "sw/ike/impair.h"
#endif
#include "sw/vamd/role.h"
#include "sw/vamd/sandbox.h"
#include "sw/vamd/supervisor.h"

#ifdef VAM_ASAN
// The leak check at exit stops threads with ptrace, which a confined role may not.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

namespace vam::vamd {
namespace {

struct Options {
  RoleOptions role;
  std::string role_name;
  std::string log_path;
  std::string log_level = "info";
  bool foreground = false;
  bool check_config = false;
  bool init_state = false;
  bool print_cli_reference = false;
  bool print_metrics_reference = false;
};

void Describe(CLI::App& app, Options& options) {
  app.add_option("--config", options.role.config_path, "configuration file");
  app.add_option("--socket", options.role.socket_path, "where vamsh connects")
      ->capture_default_str();
  app.add_option("--state", options.role.state_dir,
                 "directory for numbers of manual keys, the config-key and private keys")
      ->capture_default_str();
  app.add_option("--card-trace", options.role.card_trace, "FST trace of the simulated card");
  app.add_option("--memory", options.role.memory_mb, "packet buffers in MB")
      ->capture_default_str()
      ->check(CLI::Range(32, 65536));
  app.add_option("--workers", options.role.workers,
                 "threads that handle packets: one forwards, the others run the software engine")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxWorkers));
  app.add_option("--file-prefix", options.role.file_prefix, "DPDK file prefix (default: by pid)");
  app.add_flag("--foreground", options.foreground, "do not go to the background");
  app.add_option("--log", options.log_path, "append the log to this file instead of stderr");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_flag("--check-config", options.check_config, "read the configuration, then end");
  app.add_flag(
      "--init-state", options.init_state,
      "make the state directory's number file, then end; once, before manual keys are used");
  app.add_flag("--print-cli-reference", options.print_cli_reference, "Markdown, then end");
  app.add_flag("--print-metrics-reference", options.print_metrics_reference, "Markdown, then end");
  app.add_option("--role", options.role_name, "used by the supervisor")->group("");
}

void SetLevel(const std::string& level) {
  SetLogLevel(level == "debug"     ? LogLevel::kDebug
              : level == "warning" ? LogLevel::kWarning
              : level == "error"   ? LogLevel::kError
                                   : LogLevel::kInfo);
}

// `--check-config`: what mgmt would say to the file, with the config-key of the same state
// directory.
int CheckConfig(const std::string& path, const std::string& state) {
  std::ifstream file(path);
  std::ostringstream text;
  // bad(): a directory opens, but cannot be read. An empty file only sets the fail bit.
  if (!file || (text << file.rdbuf()).bad()) {
    fmt::print(stderr, "{}: cannot be read\n", path);
    return kExitBadConfiguration;
  }
  SystemRng rng;
  Result<config::Sealer> sealer = config::Sealer();
  if (config::MayHoldSealed(text.str())) sealer = config::SealerOfState(state);
  const auto parsed =
      config::Parse(text.str(), {.file = path, .sealer = sealer ? &*sealer : nullptr, .rng = &rng});
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&parsed)) {
    for (const auto& error : *errors) fmt::print(stderr, "{}\n", config::ToString(error));
    if (!sealer) {
      fmt::print(stderr, "{}: {}; --state names the directory that holds it\n", state,
                 sealer.error().text);
    }
    return kExitBadConfiguration;
  }
  for (const std::string& notice : std::get<config::Parsed>(parsed).notices) {
    fmt::print("notice: {}\n", notice);
  }
  for (const std::string& warning : std::get<config::Parsed>(parsed).warnings) {
    fmt::print("warning: {}\n", warning);
  }
  return 0;
}

int InitState(const std::string& directory) {
  SystemRng rng;
  const Status made = mgmt::NumberStore::Initialise(directory, rng);
  if (!made) {
    fmt::print(stderr, "{}: {}\n", directory, made.error().text);
    return 1;
  }
  fmt::print("{}: ready for manual keys\n", directory);
  return 0;
}

int RunRole(Options& options, Role role) {
  SystemClock clock;
  SystemRng rng;
  SetLogName(RoleName(role));
  FixHeapLimits();
  // The C library would look for the time zone's file at a confined role's first log line.
  setenv("TZ", "UTC0", 1);
  tzset();
  prctl(PR_SET_NAME, fmt::format("vamd-{}", RoleName(role)).c_str());
  // A signal to the whole group reaches the roles too; the supervisor alone decides.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  // Malformed messages are our errors to report; the library would write a line for each.
  google::protobuf::SetLogHandler(nullptr);
  fcntl(kSupervisorFd, F_SETFD, FD_CLOEXEC);
  RoleContext context{role,   options.role, api::Channel(api::OwnedFd(kSupervisorFd)),
                      &clock, &rng,         [role] { return Confine(role); }};
  if (role == Role::kMgmt) {
    fcntl(kRunningFd, F_SETFD, FD_CLOEXEC);
    context.running = api::OwnedFd(kRunningFd);
    context.confine_fetcher = ConfineFetcher;
    context.confine_metrics = ConfineMetrics;
  }
#ifdef VAM_IMPAIR
  ike::Impairment impairment(clock);
  context.impairment = &impairment;
#endif
  switch (role) {
    case Role::kFwd:
      return RunFwdRole(context);
    case Role::kMgmt:
      return RunMgmtRole(context);
    case Role::kIkev2:
      return RunIkev2Role(context);
    case Role::kSigner:
      return RunSignerRole(context);
    case Role::kIkev1:
      return RunIdleRole(context);
  }
  return 1;
}

// After the fork that puts vamd in the background: the starter knows how the start went, the
// gateway has the pipe to tell it.
struct Background {
  std::optional<int> exit_code;  // of the starter
  api::OwnedFd starter;          // of the gateway: one byte, its exit code or 0
};

Result<Background> GoToBackground() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return Err(ErrorCode::kIo, "pipe failed");
  const api::OwnedFd to_read(ends[0]);
  api::OwnedFd to_write(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return Err(ErrorCode::kIo, "fork failed");
  if (pid > 0) {
    to_write.Reset();
    char code = 1;
    // A gateway that ends without a word closes the pipe.
    return Background{read(to_read.get(), &code, 1) == 1 ? code : 1, {}};
  }
  setsid();
  // Before the roles start: a pipe of the starter's that one of them holds never ends.
  const api::OwnedFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd : {STDIN_FILENO, STDOUT_FILENO}) dup2(null.get(), fd);
  return Background{std::nullopt, std::move(to_write)};
}

// Errors of the start go to the starter's standard error; what comes later, to the log.
void TellStarter(api::OwnedFd& starter, int code, bool has_log) {
  if (!starter) return;
  const char byte = static_cast<char>(code);
  if (write(starter.get(), &byte, 1) != 1) Log(LogLevel::kWarning, "the starter is gone");
  starter.Reset();
  if (has_log) return;
  const api::OwnedFd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  dup2(null.get(), STDERR_FILENO);
}

int Supervise(const Options& options) {
  Background background;
  if (!options.foreground) {
    auto gone = GoToBackground();
    if (!gone) {
      Log(LogLevel::kError, "not started: {}", gone.error().text);
      return 1;
    }
    background = std::move(*gone);
    if (background.exit_code) return *background.exit_code;
  }
  const auto tell = [&](int code) {
    TellStarter(background.starter, code, !options.log_path.empty());
  };
  SystemClock clock;
  SupervisorOptions supervisor;
  supervisor.on_ready = [&] {
    Log(LogLevel::kInfo, "all roles are ready");
    tell(0);
  };
  supervisor.role_arguments = {"--config",      options.role.config_path,
                               "--socket",      options.role.socket_path,
                               "--state",       options.role.state_dir,
                               "--memory",      std::to_string(options.role.memory_mb),
                               "--workers",     std::to_string(options.role.workers),
                               "--file-prefix", options.role.file_prefix,
                               "--log-level",   options.log_level};
  if (!options.role.card_trace.empty()) {
    supervisor.role_arguments.insert(supervisor.role_arguments.end(),
                                     {"--card-trace", options.role.card_trace});
  }
  const int code = Supervisor(std::move(supervisor), clock).Run();
  unlink(options.role.socket_path.c_str());
  tell(code == 0 ? 1 : code);
  return code;
}

int Main(Options& options) {
  SetLevel(options.log_level);
  if (!options.role_name.empty()) {
    const auto role = FindRole(options.role_name);
    return role ? RunRole(options, *role) : 1;
  }
  if (options.print_cli_reference) {
    fmt::print("{}", mgmt::CommandReference());
    return 0;
  }
  if (options.print_metrics_reference) {
    fmt::print("{}", mgmt::MetricsReference());
    return 0;
  }
  if (options.init_state) return InitState(options.role.state_dir);
  if (options.role.config_path.empty()) {
    fmt::print(stderr, "vamd: --config FILE is required\n");
    return kExitBadConfiguration;
  }
  if (options.check_config) return CheckConfig(options.role.config_path, options.role.state_dir);
  options.role.config_path = std::filesystem::absolute(options.role.config_path);
  options.role.socket_path = std::filesystem::absolute(options.role.socket_path);
  options.role.state_dir = std::filesystem::absolute(options.role.state_dir);
  if (options.role.file_prefix.empty()) options.role.file_prefix = fmt::format("vam{}", getpid());
  if (!options.log_path.empty()) {
    const int fd = open(options.log_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || dup2(fd, 2) < 0) {
      fmt::print(stderr, "{}: cannot be opened\n", options.log_path);
      return 1;
    }
  }
  SetLogName("vamd");
#ifdef VAM_IMPAIR
  Log(LogLevel::kWarning, "this is a test build, which can spoil its own messages: not for use");
#endif
  return Supervise(options);
}

}  // namespace
}  // namespace vam::vamd

int main(int argc, char** argv) {
  vam::vamd::Options options;
  options.role.socket_path = "/run/vam.sock";
  options.role.state_dir = "/var/lib/vam";
  CLI::App app("OpenVAM IPsec gateway");
  vam::vamd::Describe(app, options);
  CLI11_PARSE(app, argc, argv);
  return vam::vamd::Main(options);
}
