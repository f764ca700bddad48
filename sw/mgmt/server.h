// The mgmt role's loop: vamsh's clients, the roles, the supervisor. It alone knows the
// configuration file.
#ifndef VAM_SW_MGMT_SERVER_H_
#define VAM_SW_MGMT_SERVER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/pki.pb.h"
#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/base/log.h"
#include "sw/base/rng.h"
#include "sw/config/parser.h"
#include "sw/mgmt/config_file.h"
#include "sw/mgmt/config_key.h"
#include "sw/mgmt/debug.h"
#include "sw/mgmt/distributor.h"
#include "sw/mgmt/exec.h"
#include "sw/mgmt/fetcher.h"
#include "sw/mgmt/key_log.h"
#include "sw/mgmt/metrics_service.h"
#include "sw/mgmt/peer_resolver.h"
#include "sw/mgmt/ping_job.h"
#include "sw/mgmt/pipe.h"
#include "sw/mgmt/show_job.h"
#include "sw/mgmt/system_log.h"

namespace vam::mgmt {

// Exit codes of a command (CliReply in control.proto).
inline constexpr int kFailed = 1;
inline constexpr int kNotUnderstood = 2;

// Listens at `path` (mode 0600; a stale socket there is removed). kExists: another process serves
// it.
Result<api::OwnedFd> ListenAt(const std::string& path);

// What seals the secrets of the configuration. The file may be missing: `problem` says why, and
// no config-key can be set.
struct Sealing {
  std::optional<ConfigKeyFile> file;
  std::string problem;
  config::Sealer sealer;
};

// Single-threaded; never blocks on a role or a client. One request per client is under way; the
// next is read after its answer.
class Server {
 public:
  Server(api::OwnedFd listener, ConfigFile file, Sealing sealing, Distributor& distributor,
         const Clock& clock, Rng& rng)
      : listener_(std::move(listener)),
        file_(std::move(file)),
        sealing_(std::move(sealing)),
        distributor_(distributor),
        rng_(rng),
        clock_(clock),
        started_ns_(clock.MonotonicNs()),
        names_(
            clock,
            [this](uint32_t request, const api::ResolveRequest& wanted) {
              return Resolve(request, wanted);
            },
            [this](const api::PeerNames& names) {
              for (const vamd::Role role : kConfigured) SendNames(role, names);
            }),
        log_(
            clock, [this](const api::LogDatagram& datagram) { return SendLog(datagram); },
            [](const std::string& line) { LogText(LogLevel::kInfo, line); }) {
    log_.Configure(distributor_.running());
    log_.set_monitor([this](const std::string& line) { return TellMonitors(line); });
  }
  // Its callbacks lead back here.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // One turn: waits for at most `timeout_ms`, also for `supervisor`, whose messages the caller
  // reads.
  void RunOnce(api::Channel& supervisor, int timeout_ms);
  void SetStates(api::RoleStates states);
  // A new channel to the signer, in the place of an older one.
  void ConnectSigner(api::Channel channel);
  // The keeper of the process that fetches (fetch_worker.h); without it nothing can be fetched.
  void ConnectFetcher(api::Channel keeper);
  // The role is new: it is told what names of peers stand for.
  void TellNames(vamd::Role role);
  // The keeper of the process that serves metrics (metrics_worker.h).
  void ConnectMetrics(api::Channel keeper);
  // An error: why keys cannot be logged.
  void SetKeyLog(Result<KeyLog> log);
  // A test build: the ikev2 role can spoil messages.
  void SetImpairment(bool built_in) { impairment_ = built_in; }

 private:
  static constexpr uint64_t kAnswerNs = 10 * kNsPerSecond;  // that a role has for an answer
  struct Client {
    api::Channel channel;
    std::optional<config::Candidate> candidate;
    uint64_t base_generation = 0;
    bool busy = false;
    bool privileged = false;
    bool monitor = false;       // `terminal monitor`
    unsigned enable_tries = 0;  // wrong secrets for the present `enable`
    int page_length = -1;       // as CliReply.page_length
    // Of the request under way:
    uint32_t request = 0;
    std::optional<std::string> file;
    bool confirmed = false;
    bool sensitive = false;
    std::optional<std::string> secret;  // wiped with the answer, as are
    std::optional<std::string> lines;   // those that were pasted
    std::unique_ptr<ShowJob> job;       // a show command that is not answered wholly
    std::unique_ptr<PingJob> ping;      // a ping under way
    std::deque<std::string> history;    // lines, without those that may hold a secret
    uint64_t last_line_ns = 0;
    std::string line;  // of the request under way
  };
  using OnKeys = std::function<void(const api::KeyReply&)>;
  // An answer that a role still owes.
  struct Waiting {
    enum class For : uint8_t { kShow, kClear, kPing, kKeys };
    uint64_t client = 0;
    vamd::Role role = vamd::Role::kFwd;
    uint64_t deadline_ns = 0;
    For what = For::kShow;                    // kShow, kPing: a piece of the client's job
    std::optional<api::ClearRequest> then{};  // kClear: what fwd is asked next
    OnKeys keys{};                            // kKeys: goes on with the answer; it has no error
  };

  void Accept();
  void ReadClient(uint64_t id);
  void OnLine(uint64_t id, const std::string& line);
  void OnHelp(Client& client, const api::Message& message);
  std::vector<config::HelpLine> HelpFor(const Client& client, std::string_view line) const;
  std::vector<std::string> CompletionsFor(const Client& client, std::string_view line) const;
  // `indent`: where on the operator's screen `line` begins.
  void RunExec(uint64_t id, const std::string& line, size_t indent);
  void RunCommand(uint64_t id, PipedCommand piped, ExecCommand command);
  // Show commands (server_show.cc). A job goes on while the client takes what it is sent; each of
  // these may end it and answer the client.
  void RunShow(uint64_t id, const PipedCommand& piped, const ExecCommand& command);
  void RunTechSupport(uint64_t id, const PipedCommand& piped, const ExecCommand& command);
  void Advance(uint64_t id);
  void BeginStep(uint64_t id, ShowJob& job, const ExecCommand& command);
  void NextStep(uint64_t id, ShowJob& job);
  void EndStep(uint64_t id);
  void FailStep(uint64_t id, std::string_view sentence);
  void CloseStep(Client& client);
  void Emit(Client& client, std::string text);
  void AskPiece(uint64_t id, ShowJob& job);
  void EndAsk(uint64_t id, ShowJob& job);
  void LosePiece(uint64_t id, std::string_view why);
  void OnPiece(uint64_t id, ShowJob& job, api::ShowReply piece);
  void FinishJob(uint64_t id);
  void FailShow(uint64_t id, vamd::Role role);
  // server_ping.cc
  void RunPing(uint64_t id, const PipedCommand& piped, const ExecCommand& command);
  void AskPing(uint64_t id, const api::PingRequest& message);
  void TellPing(const api::PingRequest& ping, api::PingRequest::Kind kind);
  void ShowPing(Client& client, std::string text);
  void EndPing(uint64_t id, std::string text, int exit_code);
  void AdvancePing(uint64_t id);
  bool ReadWhilePinging(uint64_t id);
  void FinishPings();
  void OnPingReply(const api::Message& message);
  // server_pki.cc: the signer. A command is the same line again for each answer of the operator.
  void RunPki(uint64_t id, const PipedCommand& piped, const PkiCommand& pki);
  void ReadSigner();
  // Wipes the secrets of `request`. An error of the signer is the client's answer; `then` is called
  // while the client is there.
  void AskSigner(uint64_t id, api::KeyRequest& request, OnKeys then);
  void OnKeyReply(const api::Message& message);
  void AskToConfirm(uint64_t id, std::string text, std::string question);
  void GenerateKey(uint64_t id, const PkiCommand& pki);
  void SendGenerate(uint64_t id, const PkiCommand& pki, bool replace);
  void ZeroizeKeys(uint64_t id, const PkiCommand& pki);
  void ShowFromSigner(uint64_t id, const PipedCommand& piped, const PkiCommand& pki);
  int64_t NowSeconds() const;  // since 1970-01-01 UTC
  // server_pki_certificates.cc
  const config::Running& DraftOf(const Client& client) const;
  // nullptr: there is none, and the client has been answered.
  const config::PkiTrustpoint* TrustpointOf(uint64_t id, const std::string& name);
  void AskForLines(uint64_t id, std::string text, bool blank_ends);
  void StoreStatements(uint64_t id, const std::vector<std::string>& lines, const std::string& text);
  void Authenticate(uint64_t id, const PkiCommand& pki);
  void Enroll(uint64_t id, const PkiCommand& pki);
  void MakeKeyToEnroll(uint64_t id, const config::PkiTrustpoint& trustpoint);
  void SendCertify(uint64_t id, const config::PkiTrustpoint& trustpoint, const api::KeyInfo& key);
  void ImportCertificate(uint64_t id, const PkiCommand& pki);
  std::optional<std::string> ImportedData(uint64_t id, const PkiCommand& pki);
  void ImportKeys(uint64_t id, const PkiCommand& pki);
  void StoreImported(uint64_t id, const PkiCommand& pki, const api::KeyReply& reply);
  void ExportKeys(uint64_t id, const PkiCommand& pki);
  void FillOwnShow(uint64_t id, const ExecCommand& command, api::ShowReply& reply);
  void FillProcesses(api::Processes& show, bool usage);
  // server_debug.cc
  void RunDebug(uint64_t id, const PipedCommand& piped, const DebugCommand& debug);
  void DebugKeys(uint64_t id, const DebugCommand& debug);
  void TakeKey(const api::Message& message);
  void RunImpair(uint64_t id, const PipedCommand& piped, const api::ImpairRequest& request);
  void SendDebugState(vamd::Role role);
  void TellDebugState();
  void OnDebugRecord(const std::string& role, const api::DebugRecord& record);
  void RunConfigLine(uint64_t id, const std::string& line, size_t indent);
  bool RunConfigCommand(uint64_t id, const std::string& line, size_t indent);
  void CommitCandidate(uint64_t id);
  void EnterConfiguration(uint64_t id);
  // server_access.cc
  void Enable(uint64_t id);
  void AskForSecret(uint64_t id);
  SystemLog::Told TellMonitors(const std::string& line);
  // The configuration that a command names, on top of `base`; nullopt: the client has been
  // answered.
  std::optional<config::Parsed> SourceOf(uint64_t id, const ExecCommand& command,
                                         const config::Running& base);
  void Merge(uint64_t id, const ExecCommand& command);
  void Replace(uint64_t id, const ExecCommand& command);
  void ShowDifferences(uint64_t id, const PipedCommand& piped, const ExecCommand& command);
  void Apply(uint64_t id, config::Running next, std::string before, std::string after);
  api::ShowReply LocalShow(uint64_t id, const ExecCommand& command);
  api::ShowReply ShowStartup();
  // As it may be shown: secrets sealed, or removed. `masked`: always removed.
  std::string ShownText(const config::Running& running, bool masked = false);
  // What stands above a whole configuration.
  static std::string HeaderOf(const api::RunningConfig& show);
  // As it is stored: secrets sealed, or in clear where there is no config-key.
  std::string StoredText(const config::Running& running);
  Status SaveStartup(const config::Running& running);
  void ChangeConfigKey(uint64_t id, config::ConfigKeyChange change);
  Status SetConfigKey(const config::Passphrase& passphrase);
  Status RemoveConfigKey();
  Status ResealStartup();
  void AskToClear(uint64_t id, const api::ClearRequest& request);
  void AskRoleToClear(uint64_t id, vamd::Role role, const api::ClearRequest& request,
                      std::optional<api::ClearRequest> then);
  // True: the forwarder has it.
  bool SendLog(const api::LogDatagram& datagram);
  // server_roles.cc: what comes from the roles that are configured.
  void ReadRole(vamd::Role role);
  bool OnRoleMessage(vamd::Role role, const api::Message& message);
  bool OnFwdMessage(const api::Message& message);
  void Fetch(const api::Message& message);
  void AnswerFetch(uint32_t request, const api::FetchReply& reply);
  // server_names.cc
  bool Resolve(uint32_t request, const api::ResolveRequest& wanted);
  void SendNames(vamd::Role role, const api::PeerNames& names);
  void TurnNames();
  void OnShowReply(vamd::Role role, const api::Message& message);
  void OnClearReply(vamd::Role role, const api::Message& message);
  // A show request apart from any client; its number, or 0: the role is not there.
  uint32_t AskRole(vamd::Role role, const api::ShowRequest& request);
  // Those that are late, and all that `gone` owes.
  void FailWaiting(std::optional<vamd::Role> gone);
  void WriteMemory(uint64_t id);
  void WriteErase(uint64_t id);
  void Remember(Client& client);
  void Reply(uint64_t id, api::CliReply reply);
  void Answer(uint64_t id, std::string text, int exit_code, bool closed = false);
  void AnswerShow(uint64_t id, const PipedCommand& piped, const api::ShowReply& reply,
                  const std::string& header = "");
  std::string Prompt(const Client& client) const;

  api::OwnedFd listener_;
  ConfigFile file_;
  Sealing sealing_;
  Distributor& distributor_;
  api::Channel signer_;
  std::optional<Fetcher> fetcher_;
  std::optional<MetricsService> metrics_;
  Rng& rng_;
  const Clock& clock_;
  uint64_t started_ns_;
  api::RoleStates states_;
  DebugControl debug_;
  Result<KeyLog> key_log_{Err(ErrorCode::kUnavailable, "there are no files for it")};
  bool impairment_ = false;
  std::map<uint64_t, Client> clients_;
  uint64_t next_client_ = 1;
  std::map<uint32_t, Waiting> waiting_;
  std::map<uint64_t, uint64_t> pings_;  // that fwd may know: id, and the client
  uint64_t next_ping_ = 1;
  uint32_t next_request_ = 1;
  PeerResolver names_;
  uint64_t names_generation_ = 0;  // whose names they are
  SystemLog log_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SERVER_H_
