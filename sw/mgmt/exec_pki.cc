// Commands about keys and certificates: their grammar and what their words mean. Those that change
// something are commands of configuration mode too, as in IOS, and act at once on keys.
#include <algorithm>
#include <charconv>

#include "sw/config/running_pki.h"
#include "sw/mgmt/exec_table.h"
#include "sw/mgmt/pki_work.h"

namespace vam::mgmt {
namespace {

using config::Match;
using config::Mode;
using config::Token;
using Action = PkiCommand::Action;
using Kind = ExecCommand::Kind;

constexpr uint32_t kEcBits = 256;
constexpr uint32_t kAsaEcBits = 384;  // ASA-15

#define VAM_PKI_ROWS(mode)                                                                    \
  {{mode,                                                                                     \
    "crypto key generate rsa *[ general-keys | label <name> | modulus <number:2048-4096> | "  \
    "exportable | noconfirm ]",                                                               \
    "Make an RSA key pair (default 2048 bits)"},                                              \
   Kind::kPki},                                                                               \
      {{mode,                                                                                 \
        "crypto key generate ec keysize { 256 | 384 | 521 } *[ label <name> | exportable | "  \
        "noconfirm ]",                                                                        \
        "Make an elliptic-curve key pair"},                                                   \
       Kind::kPki},                                                                           \
      {{mode,                                                                                 \
        "crypto key generate ecdsa *[ label <name> | elliptic-curve { 256 | 384 | 521 } | "   \
        "exportable | noconfirm ]",                                                           \
        "The same in the words of the ASA (default 384; ASA-15)"},                            \
       Kind::kPki},                                                                           \
      {{mode,                                                                                 \
        "crypto key generate { ed25519 | ed448 } *[ label <name> | exportable | noconfirm ]", \
        "Make an Edwards-curve key pair (OpenVAM's own)"},                                    \
       Kind::kPki},                                                                           \
      {{mode,                                                                                 \
        "crypto key zeroize { rsa | ec | ecdsa | ed25519 | ed448 } [ <name> ] [ noconfirm ]", \
        "Remove the key pair of this label, or all of this kind"},                            \
       Kind::kPki},                                                                           \
      {{mode, "crypto { pki | ca } authenticate <name>",                                      \
        "Paste the certificate of the CA, compare its fingerprint, and trust it"},            \
       Kind::kPki},                                                                           \
      {{mode, "crypto { pki | ca } enroll <name>",                                            \
        "Print a request for a certificate, or sign one of this system's own"},               \
       Kind::kPki},                                                                           \
      {{mode, "crypto { pki | ca } import <name> certificate",                                \
        "Paste the certificate that the CA issued"},                                          \
       Kind::kPki},                                                                           \
      {{mode,                                                                                 \
        "crypto { pki | ca } import <name> { pkcs12 | pem } [ exportable ] { terminal | "     \
        "<word> } password <password>",                                                       \
        "Key pair and certificates, pasted or in a file of the operator"},                    \
       Kind::kPki},                                                                           \
  {                                                                                           \
    {mode, "crypto { pki | ca } export <name> { pkcs12 | pem } terminal password <password>", \
     "Print the key pair, protected by the passphrase, and the certificates"},                \
        Kind::kPki                                                                            \
  }

constexpr ExecStatement kStatements[] = {
    VAM_PKI_ROWS(Mode::kExec),
    VAM_PKI_ROWS(Mode::kConfig),
    {{Mode::kExec, "show crypto key mypubkey { all | rsa | ec | ed25519 | ed448 } [ <name> ]",
      "Key pairs of this system: their public halves"},
     Kind::kPki},
    {{Mode::kExec, "show crypto pki certificates [ <name> ] [ { verbose | pem } ]",
      "Certificates, of all trustpoints or one"},
     Kind::kShow,
     api::SHOW_PKI_CERTIFICATES},
    {{Mode::kExec, "show crypto pki trustpoints [ <name> ]", "Trustpoints and whom they trust"},
     Kind::kShow,
     api::SHOW_PKI_TRUSTPOINTS},
    {{Mode::kExec, "show crypto pki trustpoints status", "The same with the state of their keys"},
     Kind::kPki},
};
#undef VAM_PKI_ROWS

constexpr config::WordHelp kHelps[] = {
    {"crypto key", "Key pairs of this system"},
    {"crypto pki", "Certificates"},
    {"crypto ca", "The same as crypto pki"},
    {"key generate", "Make a key pair"},
    {"key zeroize", "Remove key pairs"},
    {"key mypubkey", "Public keys of this system"},
    {"rsa", "RSA"},
    {"ec", "Elliptic curve (ECDSA)"},
    {"ecdsa", "Elliptic curve (ECDSA)"},
    {"ed25519", "Edwards curve of 255 bits (EdDSA)"},
    {"ed448", "Edwards curve of 448 bits (EdDSA)"},
    {"general-keys", "One pair for all uses (default)"},
    {"label", "Name of the key pair"},
    {"modulus", "Its length in bits"},
    {"keysize", "Bits of the curve"},
    {"elliptic-curve", "Bits of the curve"},
    {"exportable", "It may leave this system, protected by a passphrase"},
    {"noconfirm", "Do not ask"},
    {"authenticate", "Trust the certificate of a CA"},
    {"enroll", "Ask for a certificate"},
    {"import", "Bring certificates in"},
    {"export", "Print keys and certificates"},
    {"import certificate", "The one that the CA issued"},
    {"pkcs12", "PKCS #12"},
    {"pem", "PEM"},
    {"password", "Passphrase that protects the key"},
    {"certificates", "Certificates"},
    {"verbose", "All there is to tell"},
    {"trustpoints", "Trustpoints"},
    {"trustpoints status", "The state of their keys too"},
};

uint32_t NumberOf(const Token& token) {
  uint32_t value = 0;
  std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  return value;
}

api::KeyKind KindOf(const Match& match) {
  if (match.Has("rsa")) return api::KEY_RSA;
  if (match.Has("ec") || match.Has("ecdsa")) return api::KEY_EC;
  if (match.Has("ed25519")) return api::KEY_ED25519;
  return match.Has("ed448") ? api::KEY_ED448 : api::KEY_NONE;
}

uint32_t BitsOf(const Match& match, api::KeyKind kind) {
  if (kind == api::KEY_RSA) {
    const Token* modulus = match.Find("number");
    return modulus == nullptr ? kDefaultRsaBits : NumberOf(*modulus);
  }
  if (kind != api::KEY_EC) return 0;
  for (const char* size : {"256", "384", "521"}) {
    if (const Token* token = match.FindKeyword(size)) return NumberOf(*token);
  }
  return match.Has("ecdsa") ? kAsaEcBits : kEcBits;
}

config::Mismatch Refused(const Token& token, std::string message) {
  config::Mismatch refused;
  refused.kind = config::ErrorKind::kRefused;
  refused.column = token.column;
  refused.message = std::move(message);
  return refused;
}

std::optional<config::Mismatch> ReadTransfer(const Match& match, PkiCommand& pki) {
  const bool import = match.Has("import");
  if (match.Has("pkcs12")) {
    pki.action = import ? Action::kImportPkcs12 : Action::kExportPkcs12;
  } else {
    pki.action = import ? Action::kImportPem : Action::kExportPem;
  }
  if (const Token* file = match.Find("word")) {
    if (file->text.find("://") != std::string::npos) {
      return Refused(*file, "URLs are not built: name a file, or 'terminal'");
    }
    pki.file = file->text;
  }
  const Token& typed = match.Argument("password");
  const std::string& text = typed.text;
  if (text.size() > pki::kMaxPassphraseBytes) {
    return Refused(typed, "passphrase longer than 128 characters");
  }
  auto secret = std::make_shared<Secret<pki::kMaxPassphraseBytes>>();
  const MutableBytes bytes = secret->Resize(text.size());
  std::ranges::copy(text, bytes.begin());
  pki.passphrase = std::move(secret);
  return std::nullopt;
}

}  // namespace

std::span<const ExecStatement> PkiStatements() { return kStatements; }
std::span<const config::WordHelp> PkiHelps() { return kHelps; }

std::optional<config::Mismatch> ReadPkiWords(const Match& match, ExecCommand& command) {
  const Token* name = match.Find("name");
  if (command.kind == Kind::kShow) {
    if (name != nullptr) command.show.set_map(name->text);
    if (match.Has("verbose")) command.options.detail = true;
    if (match.Has("pem")) command.options.view = ShowView::kPem;
    return std::nullopt;
  }
  PkiCommand& pki = command.pki;
  if (name != nullptr) pki.name = name->text;
  pki.exportable = match.Has("exportable");
  pki.no_confirm = match.Has("noconfirm");
  pki.kind = KindOf(match);
  if (match.Has("generate")) {
    pki.action = Action::kGenerate;
    pki.bits = BitsOf(match, pki.kind);
    if (name == nullptr) {
      pki.name = pki.kind == api::KEY_RSA ? config::kDefaultRsaLabel : config::kDefaultEcLabel;
    }
  } else if (match.Has("zeroize")) {
    pki.action = Action::kZeroize;
  } else if (match.Has("mypubkey")) {
    pki.action = Action::kShowKeys;
  } else if (match.Has("trustpoints")) {
    pki.action = Action::kShowTrustpoints;
  } else if (match.Has("authenticate")) {
    pki.action = Action::kAuthenticate;
  } else if (match.Has("enroll")) {
    pki.action = Action::kEnroll;
  } else if (match.Has("certificate")) {
    pki.action = Action::kImportCertificate;
  } else {
    return ReadTransfer(match, pki);
  }
  return std::nullopt;
}

}  // namespace vam::mgmt
