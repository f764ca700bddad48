// The mgmt role's loop: vamsh's clients, fwd, the supervisor. It alone knows the configuration
// file.
#ifndef VAM_SW_MGMT_SERVER_H_
#define VAM_SW_MGMT_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/base/rng.h"
#include "sw/config/parser.h"
#include "sw/mgmt/config_file.h"
#include "sw/mgmt/config_key.h"
#include "sw/mgmt/distributor.h"
#include "sw/mgmt/exec.h"
#include "sw/mgmt/pipe.h"

namespace vam::mgmt {

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
        started_ns_(clock.MonotonicNs()) {}

  // One turn: waits for at most `timeout_ms`, also for `supervisor`, whose messages the caller
  // reads.
  void RunOnce(api::Channel& supervisor, int timeout_ms);
  void SetStates(api::RoleStates states);

 private:
  static constexpr uint64_t kAnswerNs = 10 * kNsPerSecond;  // that fwd has for an answer
  struct Client {
    api::Channel channel;
    std::optional<config::Candidate> candidate;
    uint64_t base_generation = 0;
    bool busy = false;
    bool privileged = false;
    int page_length = -1;  // as CliReply.page_length
    // Of the request under way:
    uint32_t request = 0;
    std::optional<std::string> file;
    bool confirmed = false;
    bool sensitive = false;
  };
  // An answer that fwd still owes.
  struct Waiting {
    uint64_t client = 0;
    PipedCommand piped;
    uint64_t deadline_ns = 0;
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
  void RunShow(uint64_t id, PipedCommand piped, const ExecCommand& command);
  void RunConfigLine(uint64_t id, const std::string& line, size_t indent);
  void CommitCandidate(uint64_t id);
  void EnterConfiguration(uint64_t id);
  // The configuration that a command names, on top of `base`; nullopt: the client has been
  // answered.
  std::optional<config::Running> SourceOf(uint64_t id, const ExecCommand& command,
                                          const config::Running& base);
  void Merge(uint64_t id, const ExecCommand& command);
  void Replace(uint64_t id, const ExecCommand& command);
  void ShowDifferences(uint64_t id, const PipedCommand& piped, const ExecCommand& command);
  void Apply(uint64_t id, config::Running next, std::string before, std::string after);
  api::ShowReply LocalShow(const ExecCommand& command);
  api::ShowReply ShowStartup();
  // As it may be shown: secrets sealed, or removed.
  std::string ShownText(const config::Running& running);
  // As it is stored: secrets sealed, or in clear where there is no config-key.
  std::string StoredText(const config::Running& running);
  Status SaveStartup(const config::Running& running);
  void ChangeConfigKey(uint64_t id, config::ConfigKeyChange change);
  Status SetConfigKey(const config::Passphrase& passphrase);
  Status RemoveConfigKey();
  Status ResealStartup();
  void AskFwd(uint64_t id, api::MessageType type, const google::protobuf::MessageLite& message,
              PipedCommand piped);
  void ReadFwd();
  void OnShowReply(const api::Message& message);
  void OnClearReply(const api::Message& message);
  void FailWaiting(bool all);
  void WriteMemory(uint64_t id);
  void WriteErase(uint64_t id);
  void Reply(uint64_t id, api::CliReply reply);
  void Answer(uint64_t id, std::string text, int exit_code, bool closed = false);
  void AnswerShow(uint64_t id, const PipedCommand& piped, const api::ShowReply& reply,
                  const std::string& header = "");
  std::string Prompt(const Client& client) const;

  api::OwnedFd listener_;
  ConfigFile file_;
  Sealing sealing_;
  Distributor& distributor_;
  Rng& rng_;
  const Clock& clock_;
  uint64_t started_ns_;
  api::RoleStates states_;
  std::map<uint64_t, Client> clients_;
  uint64_t next_client_ = 1;
  std::map<uint32_t, Waiting> waiting_;
  uint32_t next_request_ = 1;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SERVER_H_
