// What is stored: the startup configuration and the config-key that seals its secrets.
#include <fmt/core.h>
#include <openssl/crypto.h>

#include "sw/base/log.h"
#include "sw/base/text.h"
#include "sw/config/render.h"
#include "sw/mgmt/server.h"

namespace vam::mgmt {
namespace {

std::string_view WordsOf(const config::Passphrase& passphrase) {
  return TextOf(passphrase.bytes());
}

}  // namespace

std::string Server::StoredText(const config::Running& running) {
  return sealing_.sealer.ready() ? config::Render(running, sealing_.sealer, rng_)
                                 : config::Render(running, config::Keys::kShown);
}

Status Server::SaveStartup(const config::Running& running) {
  std::string text = StoredText(running);
  const Status saved = file_.Save(text);
  OPENSSL_cleanse(text.data(), text.size());
  return saved;
}

void Server::WriteMemory(uint64_t id) {
  const Status saved = SaveStartup(distributor_.running());
  if (!saved) {
    Log(LogLevel::kError, "configuration not saved: {}", saved.error().text);
    return Answer(id, fmt::format("% Not saved: {}.\n", saved.error().text), kFailed);
  }
  Log(LogLevel::kInfo, "configuration generation {} saved", distributor_.generation());
  const Client& client = clients_.at(id);
  const bool pending = client.candidate && client.candidate->applied() != 0;
  Answer(id,
         std::string("Building configuration...\n[OK]\n") +
             (pending ? "% What this session entered is not in force yet and not saved.\n" : ""),
         0);
}

void Server::WriteErase(uint64_t id) {
  const Status saved = file_.Save("");
  if (!saved) {
    Log(LogLevel::kError, "startup configuration not erased: {}", saved.error().text);
    return Answer(id, fmt::format("% Not erased: {}.\n", saved.error().text), kFailed);
  }
  Log(LogLevel::kInfo, "startup configuration erased");
  Answer(id, "[OK]\nErase of startup-config: complete\n", 0);
}

void Server::ChangeConfigKey(uint64_t id, config::ConfigKeyChange change) {
  if (!sealing_.file) {
    return Answer(id, fmt::format("% No config-key can be set: {}.\n", sealing_.problem), kFailed);
  }
  const bool removed = change.passphrase.empty();
  const Status changed = removed ? RemoveConfigKey() : SetConfigKey(change.passphrase);
  if (!changed) {
    Log(LogLevel::kError, "config-key not changed: {}", changed.error().text);
    return Answer(id, fmt::format("% The config-key: {}.\n", changed.error().text), kFailed);
  }
  Log(LogLevel::kInfo, "config-key {}", removed ? "removed" : "changed");
  Answer(id,
         removed ? "% Warning: secrets are now stored in clear (mode 0600).\n"
                 : "% The startup configuration is sealed by the next 'write memory'.\n",
         0);
}

// A startup configuration that holds sealed secrets is written again as secrets are stored now.
Status Server::ResealStartup() {
  VAM_TRY(const std::string text, file_.Read());
  if (!config::MayHoldSealed(text)) return Ok();
  auto parsed = config::Parse(text, {.sealer = &sealing_.sealer, .rng = &rng_});
  if (!std::holds_alternative<config::Parsed>(parsed)) {
    return Err(ErrorCode::kMalformed,
               "the startup configuration is not valid; write or erase it first");
  }
  return SaveStartup(std::get<config::Parsed>(parsed).running);
}

// At every instant the file holds a passphrase that opens the startup configuration.
Status Server::SetConfigKey(const config::Passphrase& passphrase) {
  const ConfigKeyFile::Content& now = sealing_.file->content();
  const bool had_one = !now.current.empty();
  // Also when an earlier change was cut short: then the older passphrase is needed no more.
  if (had_one) VAM_TRY_STATUS(ResealStartup());
  ConfigKeyFile::Content next;
  rng_.Fill(next.salt);
  next.current = passphrase.Clone();
  next.older = now.current.Clone();
  VAM_TRY_STATUS(sealing_.file->Write(std::move(next)));
  VAM_TRY_STATUS(sealing_.sealer.Add(WordsOf(passphrase), sealing_.file->content().salt));
  if (!had_one) return Ok();
  VAM_TRY_STATUS(ResealStartup());
  ConfigKeyFile::Content alone;
  alone.salt = sealing_.file->content().salt;
  alone.current = passphrase.Clone();
  VAM_TRY_STATUS(sealing_.file->Write(std::move(alone)));
  sealing_.sealer.ForgetOlder();
  return Ok();
}

Status Server::RemoveConfigKey() {
  if (!sealing_.sealer.ready()) return Ok();
  VAM_TRY(const std::string text, file_.Read());
  if (config::MayHoldSealed(text)) {
    auto parsed = config::Parse(text, {.sealer = &sealing_.sealer, .rng = &rng_});
    if (!std::holds_alternative<config::Parsed>(parsed)) {
      return Err(ErrorCode::kMalformed,
                 "the startup configuration is not valid; write or erase it first");
    }
    std::string clear =
        config::Render(std::get<config::Parsed>(parsed).running, config::Keys::kShown);
    const Status saved = file_.Save(clear);
    OPENSSL_cleanse(clear.data(), clear.size());
    VAM_TRY_STATUS(saved);
  }
  VAM_TRY_STATUS(sealing_.file->Write({}));
  sealing_.sealer.Forget();
  return Ok();
}

}  // namespace vam::mgmt
