// Commands about key pairs: what the signer is asked, and what its answers look like.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/api/pki_secrets.h"
#include "sw/api/turn.h"
#include "sw/base/log.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/show_pki.h"

namespace vam::mgmt {
namespace {

using Action = PkiCommand::Action;

// vamsh waits for an answer longer than this.
constexpr uint64_t kSignerNs = 50 * kNsPerSecond;

bool IsWanted(const api::KeyInfo& key, const PkiCommand& pki) {
  return (pki.kind == api::KEY_NONE || key.kind() == pki.kind) &&
         (pki.name.empty() || key.label() == pki.name);
}
std::string GenerateText(const PkiCommand& pki) {
  const std::string bits = pki.bits == 0 ? "" : fmt::format("{} bit ", pki.bits);
  const std::string exportable = pki.exportable ? "exportable" : "non-exportable";
  std::string text = fmt::format("The name for the keys will be: {}\n\n", pki.name);
  if (pki.kind == api::KEY_RSA) {
    text += fmt::format("% The key modulus size is {} bits\n", pki.bits);
  }
  return text + fmt::format("% Generating {}{} keys, keys will be {}...\n[OK]\n", bits,
                            KeyKindName(pki.kind), exportable);
}

}  // namespace

void Server::ConnectSigner(api::Channel channel) {
  FailWaiting(vamd::Role::kSigner);
  signer_ = std::move(channel);
}

void Server::ReadSigner() {
  static_cast<void>(
      api::TakeMessages(signer_, api::kAllMessages, [this](const api::Message& message) {
        if (message.type == api::MessageType::kKeyReply) return OnKeyReply(message);
        Log(LogLevel::kWarning, "signer sent a message that it should not");
      }));
  if (signer_.fd() < 0 || signer_.open()) return;
  Log(LogLevel::kWarning, "signer is gone");
  signer_ = api::Channel();
  FailWaiting(vamd::Role::kSigner);
}

void Server::AskSigner(uint64_t id, api::KeyRequest& request, OnKeys then) {
  const uint32_t number = next_request_++;
  const bool sent =
      signer_.open() && signer_.Send(api::MessageType::kKeyRequest, number, request).has_value();
  api::WipeSecrets(request);
  if (!sent) return Answer(id, "% The signer is not running.\n", kFailed);
  Waiting& waiting = waiting_[number];
  waiting.client = id;
  waiting.role = vamd::Role::kSigner;
  waiting.deadline_ns = clock_.MonotonicNs() + kSignerNs;
  waiting.what = Waiting::For::kKeys;
  waiting.keys = std::move(then);
}

void Server::OnKeyReply(const api::Message& message) {
  const auto node = waiting_.extract(message.request);
  if (node.empty() || node.mapped().what != Waiting::For::kKeys) return;  // it came too late
  const Waiting& waiting = node.mapped();
  if (!clients_.contains(waiting.client)) return;
  const auto reply = api::ParseAs<api::KeyReply>(Bytes(message.payload));
  const std::string error = reply ? reply->error() : "The answer is malformed.";
  if (!error.empty()) return Answer(waiting.client, "% " + error + "\n", kFailed);
  waiting.keys(*reply);
}

void Server::AskToConfirm(uint64_t id, std::string text, std::string question) {
  api::CliReply reply;
  reply.set_text(std::move(text));
  reply.set_question(std::move(question));
  Reply(id, std::move(reply));
}

void Server::RunPki(uint64_t id, const PipedCommand& piped, const PkiCommand& pki) {
  switch (pki.action) {
    case Action::kGenerate:
      return GenerateKey(id, pki);
    case Action::kZeroize:
      return ZeroizeKeys(id, pki);
    case Action::kShowKeys:
    case Action::kShowTrustpoints:
      return ShowFromSigner(id, piped, pki);
    case Action::kAuthenticate:
      return Authenticate(id, pki);
    case Action::kEnroll:
      return Enroll(id, pki);
    case Action::kImportCertificate:
      return ImportCertificate(id, pki);
    case Action::kImportPkcs12:
    case Action::kImportPem:
      return ImportKeys(id, pki);
    case Action::kExportPkcs12:
    case Action::kExportPem:
      return ExportKeys(id, pki);
  }
}

void Server::GenerateKey(uint64_t id, const PkiCommand& pki) {
  api::KeyRequest list;
  list.mutable_list()->set_label(pki.name);
  if (!pki.no_confirm && !clients_.at(id).confirmed) {
    return AskSigner(id, list, [this, id, pki](const api::KeyReply& reply) {
      if (reply.key().empty()) return SendGenerate(id, pki, /*replace=*/false);
      AskToConfirm(id, fmt::format("% You already have keys named {}.\n", pki.name),
                   "% Do you really want to replace them? [yes/no]: ");
    });
  }
  SendGenerate(id, pki, /*replace=*/true);
}

void Server::SendGenerate(uint64_t id, const PkiCommand& pki, bool replace) {
  api::KeyRequest request;
  auto& generate = *request.mutable_generate();
  generate.set_label(pki.name);
  generate.set_kind(pki.kind);
  generate.set_bits(pki.bits);
  generate.set_exportable(pki.exportable);
  generate.set_replace(replace);
  AskSigner(id, request, [this, id, pki](const api::KeyReply&) {
    Log(LogLevel::kInfo, "operator: key pair {} was made", pki.name);
    Answer(id, GenerateText(pki), 0);
  });
}

void Server::ZeroizeKeys(uint64_t id, const PkiCommand& pki) {
  api::KeyRequest request;
  if (pki.no_confirm || clients_.at(id).confirmed) {
    request.mutable_remove()->set_label(pki.name);
    request.mutable_remove()->set_kind(pki.kind);
    return AskSigner(id, request, [this, id, pki](const api::KeyReply&) {
      Log(LogLevel::kInfo, "operator: key pairs were removed: {} {}", KeyKindName(pki.kind),
          pki.name);
      Answer(id, "", 0);
    });
  }
  request.mutable_list();
  AskSigner(id, request, [this, id, pki](const api::KeyReply& reply) {
    std::string text;
    for (const api::KeyInfo& key : reply.key()) {
      if (IsWanted(key, pki))
        text += fmt::format("% Keys to be removed are named '{}'.\n", key.label());
    }
    if (text.empty()) return Answer(id, "% There are no such keys.\n", kFailed);
    AskToConfirm(id, text + "% Certificates of these keys cannot be used any more.\n",
                 "Do you really want to remove these keys? [yes/no]: ");
  });
}

void Server::ShowFromSigner(uint64_t id, const PipedCommand& piped, const PkiCommand& pki) {
  api::KeyRequest request;
  request.mutable_list();
  AskSigner(id, request, [this, id, piped, pki](const api::KeyReply& keys) {
    api::ShowReply reply;
    std::string text;
    if (pki.action == Action::kShowTrustpoints) {
      *reply.mutable_pki_trustpoints() =
          ShowTrustpointStatus(distributor_.running(), NowSeconds(), keys);
      text = RenderPkiTrustpoints(reply.pki_trustpoints(), /*status=*/true);
    } else {
      api::KeyReply wanted;
      for (const api::KeyInfo& key : keys.key()) {
        if (IsWanted(key, pki)) *wanted.add_key() = key;
      }
      *reply.mutable_crypto_keys() = ShowKeys(wanted, pki.kind);
      text = RenderCryptoKeys(reply.crypto_keys());
      if (wanted.key().empty() && !pki.name.empty()) {
        reply.set_error(fmt::format("There is no key pair named {}.", pki.name));
      }
    }
    if (!reply.error().empty() || piped.json) return AnswerShow(id, piped, reply);
    Answer(id, ApplyFilters(std::move(text), piped.filters), 0);
  });
}

int64_t Server::NowSeconds() const { return static_cast<int64_t>(clock_.WallNs() / kNsPerSecond); }

}  // namespace vam::mgmt
