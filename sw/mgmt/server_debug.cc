// debug, the key log, and impairment: what mgmt tells the roles of it, and what comes back.
#include <fmt/core.h>

#include "sw/base/log.h"
#include "sw/mgmt/server.h"

namespace vam::mgmt {
void Server::SetKeyLog(Result<KeyLog> log) { key_log_ = std::move(log); }

void Server::RunDebug(uint64_t id, const PipedCommand& piped, const DebugCommand& debug) {
  Log(LogLevel::kInfo, "operator: {}", piped.command);
  if (debug.kind == DebugCommand::Kind::kKeys) return DebugKeys(id, debug);
  const std::string text = debug_.Apply(debug);
  TellDebugState();
  Answer(id, text, text.starts_with('%') ? kFailed : 0);
}

// A new log begins when it is switched on; what was written stays when it is switched off.
void Server::DebugKeys(uint64_t id, const DebugCommand& debug) {
  const bool begins = !debug.off && !debug_.state().ikev2_keys();
  if (begins) {
    const Status begun = key_log_ ? key_log_->Begin() : Status(key_log_.error());
    if (!begun) {
      return Answer(id, fmt::format("% Keys cannot be logged: {}.\n", begun.error().text), kFailed);
    }
    log_.Post("CRYPTO", config::Severity::kAlerts, "IKEV2_KEY_LOG",
              fmt::format("Keys of IKEv2 and ESP are written to {}: whoever reads it reads the "
                          "traffic; 'undebug crypto ikev2 keys' ends it",
                          key_log_->directory()));
  }
  const std::string text = debug_.Apply(debug);
  TellDebugState();
  Answer(id, text, 0);
}

// One that fails ends the log: a part of the keys only looks like a whole.
void Server::TakeKey(const api::Message& message) {
  if (!debug_.state().ikev2_keys() || !key_log_) return;  // on its way when it was switched off
  const Status written = key_log_->Write(Bytes(message.payload));
  if (written) return;
  debug_.SetKeys(false);
  TellDebugState();
  log_.Post("CRYPTO", config::Severity::kErrors, "IKEV2_KEY_LOG",
            fmt::format("No further keys are logged: {}", written.error().text));
}

void Server::RunImpair(uint64_t id, const PipedCommand& piped, const api::ImpairRequest& request) {
  Log(LogLevel::kWarning, "operator: {}", piped.command);
  constexpr vamd::Role kIke = vamd::Role::kIkev2;
  const uint32_t number = next_request_++;
  if (!distributor_.serves(kIke) ||
      !distributor_.channel(kIke).Send(api::MessageType::kImpairRequest, number, request)) {
    return Answer(id, fmt::format("% {} is not running.\n", RoleTitle(kIke)), kFailed);
  }
  waiting_[number] = {id, kIke, clock_.MonotonicNs() + kAnswerNs, Waiting::For::kClear};
}

void Server::SendDebugState(vamd::Role role) {
  api::Channel& channel = distributor_.channel(role);
  if (!channel.open()) return;  // it gets the state when it comes
  const Status sent = channel.Send(api::MessageType::kDebugState, 0, debug_.state());
  if (sent) return;
  Log(LogLevel::kWarning, "{}: the debug state was not sent: {}", vamd::RoleName(role),
      sent.error().text);
}

void Server::TellDebugState() {
  for (const vamd::Role role : kConfigured) SendDebugState(role);
}

void Server::OnDebugRecord(const std::string& role, const api::DebugRecord& record) {
  Log(LogLevel::kInfo, "{}", debug_.Record(role, record));
}

}  // namespace vam::mgmt
