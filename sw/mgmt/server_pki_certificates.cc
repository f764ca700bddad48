// Commands about certificates: dialogs with the operator, the signer's part, and the change of the
// configuration that follows.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/base/log.h"
#include "sw/base/text.h"
#include "sw/config/effective_pki.h"
#include "sw/mgmt/pki_paste.h"
#include "sw/mgmt/pki_work.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/show_pki.h"

namespace vam::mgmt {
namespace {

using Action = PkiCommand::Action;

constexpr std::string_view kPasteEnd =
    "End with a blank line or the word \"quit\" on a line by itself\n\n";

// The key that an import into this trustpoint gets; "" of one without a key of its own: its name.
std::string ImportLabel(const config::PkiTrustpoint* trustpoint, const std::string& name) {
  if (trustpoint == nullptr) return name;
  const bool named = !trustpoint->rsa_key.empty() || !trustpoint->ec_key.empty();
  return named ? std::string(config::KeyLabelOf(*trustpoint)) : name;
}

}  // namespace

// What the session of a client sees: what it has entered, or what is in force.
const config::Running& Server::DraftOf(const Client& client) const {
  return client.candidate ? client.candidate->draft() : distributor_.running();
}

const config::PkiTrustpoint* Server::TrustpointOf(uint64_t id, const std::string& name) {
  const config::PkiTrustpoint* trustpoint = DraftOf(clients_.at(id)).pki.trustpoints.Find(name);
  if (trustpoint == nullptr) {
    Answer(id, fmt::format("% CA trustpoint {} is not defined.\n", name), kFailed);
  }
  return trustpoint;
}

void Server::AskForLines(uint64_t id, std::string text, bool blank_ends) {
  api::CliReply reply;
  reply.set_wants_lines(std::move(text));
  reply.set_blank_ends(blank_ends);
  Reply(id, std::move(reply));
}

// Nothing is half applied: the statements are tried on a copy first.
void Server::StoreStatements(uint64_t id, const std::vector<std::string>& lines,
                             const std::string& text) {
  Client& client = clients_.at(id);
  config::Candidate trial(DraftOf(client), {.file = "terminal", .warnings = false});
  for (const std::string& line : lines) {
    const auto errors = trial.Line(line);
    if (errors.empty()) continue;
    return Answer(id, fmt::format("% {}.\n", config::ReasonOf(errors[0])), kFailed);
  }
  if (client.candidate) {
    for (const std::string& line : lines) client.candidate->Line(line);
    static_cast<void>(client.candidate->TakeNotices());
    return Answer(id, text + "% It acts at 'end', with what else was entered.\n", 0);
  }
  auto finished = trial.Finish();
  if (const auto* errors = std::get_if<std::vector<config::Diagnostic>>(&finished)) {
    return Answer(id, fmt::format("% {}.\n", config::ReasonOf(errors->front())), kFailed);
  }
  config::Running next = std::move(std::get<config::Parsed>(finished).running);
  if (next == distributor_.running()) return Answer(id, text, 0);
  Apply(id, std::move(next), "", text);
}

void Server::Authenticate(uint64_t id, const PkiCommand& pki) {
  if (TrustpointOf(id, pki.name) == nullptr) return;
  Client& client = clients_.at(id);
  const config::Pki& now = DraftOf(client).pki;
  if (config::HasCaCertificate(now, pki.name)) {
    return Answer(id,
                  fmt::format("% Trustpoint {0} has a certificate of a CA already: remove it first "
                              "('no crypto pki certificate chain {0}').\n",
                              pki.name),
                  kFailed);
  }
  if (!client.lines) {
    return AskForLines(
        id, fmt::format("\nEnter the base 64 encoded CA certificate.\n{}", kPasteEnd), true);
  }
  const PastedCertificates pasted = CertificatesIn(*client.lines);
  if (!pasted.problem.empty()) return Answer(id, fmt::format("% {}.\n", pasted.problem), kFailed);
  std::string text = "Certificate has the following attributes:\n";
  for (const pki::Certificate& certificate : pasted.certificates) {
    if (!certificate.is_ca() && !certificate.self_issued()) {
      return Answer(id,
                    fmt::format("% {} is no certificate of a CA.\n",
                                config::ShowableWord(certificate.subject())),
                    kFailed);
    }
    text += fmt::format("      Subject: {}\n", certificate.subject());
    text += FingerprintText(certificate);
  }
  if (std::ranges::none_of(pasted.certificates, &pki::Certificate::self_issued)) {
    return Answer(id, "% Paste the root certificate too: nothing else is trusted by itself.\n",
                  kFailed);
  }
  if (!client.confirmed) {
    return AskToConfirm(id, std::move(text), "\n% Do you accept this certificate? [yes/no]: ");
  }
  Log(LogLevel::kInfo, "operator: a certificate of trustpoint {} was accepted", pki.name);
  StoreStatements(id,
                  ChainStatements(now, ChainWith(now, pki.name, std::nullopt, pasted.certificates)),
                  "Trustpoint CA certificate accepted.\n% Certificate successfully imported\n");
}

void Server::Enroll(uint64_t id, const PkiCommand& pki) {
  const config::PkiTrustpoint* found = TrustpointOf(id, pki.name);
  if (found == nullptr) return;
  const Client& client = clients_.at(id);
  if (found->enrollment == config::PkiEnrollment::kNone) {
    return Answer(id,
                  fmt::format("% Trustpoint {} says no 'enrollment terminal' or 'enrollment "
                              "selfsigned'; other ways are not built.\n",
                              pki.name),
                  kFailed);
  }
  const bool own = config::OwnCertificate(DraftOf(client).pki, pki.name) != nullptr;
  if (own && found->enrollment == config::PkiEnrollment::kSelfSigned && !client.confirmed) {
    return AskToConfirm(id, fmt::format("% Trustpoint {} has a certificate.\n", pki.name),
                        "% Do you want to replace it? [yes/no]: ");
  }
  api::KeyRequest list;
  list.mutable_list()->set_label(std::string(config::KeyLabelOf(*found)));
  AskSigner(id, list, [this, id, trustpoint = *found](const api::KeyReply& reply) {
    if (!reply.key().empty()) return SendCertify(id, trustpoint, reply.key(0));
    MakeKeyToEnroll(id, trustpoint);
  });
}

// As IOS does for RSA; of other kinds nobody said which.
void Server::MakeKeyToEnroll(uint64_t id, const config::PkiTrustpoint& trustpoint) {
  const std::string label(config::KeyLabelOf(trustpoint));
  if (!trustpoint.ec_key.empty()) {
    return Answer(id,
                  fmt::format("% There is no key pair named {}: 'crypto key generate ec keysize "
                              "256 label {}' makes one.\n",
                              label, label),
                  kFailed);
  }
  api::KeyRequest request;
  auto& generate = *request.mutable_generate();
  generate.set_label(label);
  generate.set_kind(api::KEY_RSA);
  generate.set_bits(trustpoint.rsa_bits == 0 ? kDefaultRsaBits : trustpoint.rsa_bits);
  AskSigner(id, request, [this, id, trustpoint, label](const api::KeyReply&) {
    Log(LogLevel::kInfo, "operator: key pair {} was made", label);
    api::KeyInfo key;
    key.set_label(label);
    key.set_kind(api::KEY_RSA);
    SendCertify(id, trustpoint, key);
  });
}

void Server::SendCertify(uint64_t id, const config::PkiTrustpoint& trustpoint,
                         const api::KeyInfo& key) {
  api::KeyRequest request;
  *request.mutable_certify() = CertifyFor(DraftOf(clients_.at(id)), trustpoint, key, NowSeconds());
  const bool self_signed = request.certify().self_signed();
  AskSigner(id, request, [this, id, self_signed, trustpoint](const api::KeyReply& reply) {
    if (!self_signed) {
      return Answer(id,
                    "Certificate Request follows:\n\n" +
                        ToPem("CERTIFICATE REQUEST", BytesOf(reply.data())) +
                        "\n---End - This line not part of the certificate request---\n",
                    0);
    }
    const auto certificate = pki::Certificate::FromDer(BytesOf(reply.data()));
    if (!certificate) {
      return Answer(id, fmt::format("% The signer's certificate: {}.\n", certificate.error().text),
                    kFailed);
    }
    const config::Pki& now = DraftOf(clients_.at(id)).pki;
    StoreStatements(id, ChainStatements(now, ChainWith(now, trustpoint.name, *certificate, {})),
                    "Router Self Signed Certificate successfully created\n\n");
  });
}

void Server::ImportCertificate(uint64_t id, const PkiCommand& pki) {
  const config::PkiTrustpoint* trustpoint = TrustpointOf(id, pki.name);
  if (trustpoint == nullptr) return;
  const Client& client = clients_.at(id);
  if (!client.lines) {
    return AskForLines(id, fmt::format("\nEnter the base 64 encoded certificate.\n{}", kPasteEnd),
                       true);
  }
  PastedCertificates pasted = CertificatesIn(*client.lines);
  if (pasted.problem.empty() && pasted.certificates.size() != 1) {
    pasted.problem = "one certificate is wanted, there are several";
  }
  if (!pasted.problem.empty()) return Answer(id, fmt::format("% {}.\n", pasted.problem), kFailed);
  const std::string label(config::KeyLabelOf(*trustpoint));
  api::KeyRequest list;
  list.mutable_list()->set_label(label);
  AskSigner(id, list, [this, id, pki, label, own = pasted.certificates[0]](const auto& reply) {
    if (reply.key().empty()) {
      return Answer(id, fmt::format("% There is no key pair named {}.\n", label), kFailed);
    }
    const config::Pki& now = DraftOf(clients_.at(id)).pki;
    const std::string why = WhyNotIssued(own, reply.key(0), now, pki.name, NowSeconds());
    if (!why.empty()) return Answer(id, "% " + why + "\n", kFailed);
    StoreStatements(id, ChainStatements(now, ChainWith(now, pki.name, own, {})),
                    "% Router Certificate successfully imported\n");
  });
}

// The bytes that are to be imported; nullopt: the client has been answered.
std::optional<std::string> Server::ImportedData(uint64_t id, const PkiCommand& pki) {
  const Client& client = clients_.at(id);
  const bool pkcs12 = pki.action == Action::kImportPkcs12;
  if (!pki.file.empty()) {
    if (client.file) return *client.file;
    api::CliReply reply;
    reply.set_wants_file(pki.file);
    Reply(id, std::move(reply));
    return std::nullopt;
  }
  if (!client.lines) {
    AskForLines(id,
                pkcs12 ? fmt::format("Enter the base 64 encoded pkcs12.\n{}", kPasteEnd)
                       : "Enter the private key and the certificates in PEM.\n"
                         "End with the word \"quit\" on a line by itself\n\n",
                pkcs12);
    return std::nullopt;
  }
  if (!pkcs12) return *client.lines;
  const auto blocks = ReadPasted(*client.lines);
  if (blocks && blocks->size() == 1) {
    return std::string(blocks->front().der.begin(), blocks->front().der.end());
  }
  Answer(id, "% What was pasted is no PKCS #12 in base64.\n", kFailed);
  return std::nullopt;
}

void Server::ImportKeys(uint64_t id, const PkiCommand& pki) {
  const Client& client = clients_.at(id);
  auto data = ImportedData(id, pki);
  if (!data) return;
  const std::string label = ImportLabel(DraftOf(client).pki.trustpoints.Find(pki.name), pki.name);
  auto request = std::make_shared<api::KeyRequest>();
  auto& import = *request->mutable_import();
  import.set_label(label);
  import.set_data(std::move(*data));
  import.set_passphrase(std::string(TextOf(pki.passphrase->bytes())));
  import.set_exportable(pki.exportable);
  import.set_replace(client.confirmed);
  const auto then = [this, id, pki](const api::KeyReply& reply) { StoreImported(id, pki, reply); };
  if (client.confirmed) return AskSigner(id, *request, then);
  api::KeyRequest list;
  list.mutable_list()->set_label(label);
  AskSigner(id, list, [this, id, label, request, then](const api::KeyReply& reply) {
    if (reply.key().empty()) return AskSigner(id, *request, then);
    AskToConfirm(id, fmt::format("% You already have keys named {}.\n", label),
                 "% Do you really want to replace them? [yes/no]: ");
  });
}

// The key is in the signer; what belongs to it goes into the configuration.
void Server::StoreImported(uint64_t id, const PkiCommand& pki, const api::KeyReply& reply) {
  const config::Running& draft = DraftOf(clients_.at(id));
  std::optional<pki::Certificate> own;
  std::vector<pki::Certificate> more;
  for (const std::string& der : reply.certificate()) {
    auto certificate = pki::Certificate::FromDer(BytesOf(der));
    if (!certificate) {
      return Answer(id,
                    fmt::format("% The key pair was imported, but a certificate cannot be used: "
                                "{}.\n",
                                certificate.error().text),
                    kFailed);
    }
    if (&der == &reply.certificate(0)) {
      own = std::move(*certificate);
    } else {
      more.push_back(std::move(*certificate));
    }
  }
  const config::PkiTrustpoint* trustpoint = draft.pki.trustpoints.Find(pki.name);
  std::vector<std::string> lines;
  if (ImportLabel(trustpoint, pki.name) == pki.name) {
    const bool rsa = reply.key().empty() || reply.key(0).kind() == api::KEY_RSA;
    lines.push_back("crypto pki trustpoint " + pki.name);
    lines.push_back((rsa ? "rsakeypair " : "eckeypair ") + pki.name);
    lines.emplace_back("exit");
  }
  if (own) {
    const auto chain = ChainStatements(draft.pki, ChainWith(draft.pki, pki.name, own, more));
    lines.insert(lines.end(), chain.begin(), chain.end());
  }
  Log(LogLevel::kInfo, "operator: keys were imported into trustpoint {}", pki.name);
  StoreStatements(id, lines,
                  pki.action == Action::kImportPkcs12
                      ? "CRYPTO_PKI: Imported PKCS12 file successfully.\n"
                      : "% PEM files import succeeded.\n");
}

void Server::ExportKeys(uint64_t id, const PkiCommand& pki) {
  const config::PkiTrustpoint* trustpoint = TrustpointOf(id, pki.name);
  if (trustpoint == nullptr) return;
  const bool pkcs12 = pki.action == Action::kExportPkcs12;
  config::PkiChain chain;
  if (const auto* configured = DraftOf(clients_.at(id)).pki.chains.Find(pki.name)) {
    chain = *configured;
  }
  std::ranges::stable_sort(chain.certificates, {}, &config::PkiCertificate::ca);  // its own first
  api::KeyRequest request;
  auto& wanted = *request.mutable_export_();
  wanted.set_label(std::string(config::KeyLabelOf(*trustpoint)));
  wanted.set_passphrase(std::string(TextOf(pki.passphrase->bytes())));
  wanted.set_pkcs12(pkcs12);
  for (const config::PkiCertificate& one : chain.certificates) {
    if (pkcs12) wanted.add_certificate(std::string(one.der.begin(), one.der.end()));
  }
  Log(LogLevel::kInfo, "operator: keys of trustpoint {} are exported", pki.name);
  AskSigner(id, request, [this, id, pkcs12, chain = std::move(chain)](const api::KeyReply& reply) {
    if (pkcs12) {
      return Answer(id,
                    "Exported pkcs12 follows:\n\n" + ToBase64Lines(BytesOf(reply.data())) +
                        "\n---End - This line not part of the pkcs12---\n\n"
                        "CRYPTO_PKI: Exported PKCS12 file successfully.\n",
                    0);
    }
    std::string text = "% Private key:\n" + reply.data() + "\n";
    for (const config::PkiCertificate& one : chain.certificates) {
      text += one.ca ? "% CA certificate:\n" : "% General Purpose Certificate:\n";
      text += ToPem("CERTIFICATE", one.der) + "\n";
    }
    Answer(id, std::move(text), 0);
  });
}

}  // namespace vam::mgmt
