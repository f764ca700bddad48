// Who may do what in a session: `enable`, and which sessions get system messages.
#include <fmt/core.h>

#include "sw/api/log.pb.h"
#include "sw/base/log.h"
#include "sw/config/enable_secret.h"
#include "sw/mgmt/server.h"

namespace vam::mgmt {
namespace {

constexpr unsigned kTries = 3;

}  // namespace

void Server::AskForSecret(uint64_t id) {
  api::CliReply reply;
  reply.set_question("Password: ");
  reply.set_hidden(true);
  Reply(id, std::move(reply));
}

// Each try costs this role some 30 ms: a person's pace, and the socket is for the owner alone.
void Server::Enable(uint64_t id) {
  Client& client = clients_.at(id);
  const std::string& hash = distributor_.running().enable_secret;
  if (client.privileged || hash.empty()) {
    client.privileged = true;
    return Answer(id, "", 0);
  }
  if (!client.secret) {
    client.enable_tries = 0;
    return AskForSecret(id);
  }
  if (config::EnableSecretMatches(*client.secret, hash)) {
    client.privileged = true;
    client.enable_tries = 0;
    log_.Post("SYS", config::Severity::kNotifications, "PRIV_AUTH_PASS",
              "Authentication to privilege level 15 passed by vamsh");
    return Answer(id, "", 0);
  }
  ++client.enable_tries;
  log_.Post("SYS", config::Severity::kNotifications, "PRIV_AUTH_FAIL",
            fmt::format("Authentication to privilege level 15 failed by vamsh, try {} of {}",
                        client.enable_tries, kTries));
  if (client.enable_tries < kTries) return AskForSecret(id);
  client.enable_tries = 0;
  Answer(id, "% Bad secrets\n", kFailed);
}

// Never waits: a session that does not read, or reads an answer of some length page by page, loses
// what its socket does not take.
SystemLog::Told Server::TellMonitors(const std::string& line) {
  SystemLog::Told told;
  api::LogRecord record;
  for (auto& [id, client] : clients_) {
    if (!client.monitor || !client.privileged) continue;
    if (record.text().empty()) record.set_text(line);
    const bool sent = !client.channel.pending() &&
                      client.channel.Send(api::MessageType::kLogRecord, 0, record).has_value();
    ++(sent ? told.sessions : told.dropped);
  }
  return told;
}

}  // namespace vam::mgmt
