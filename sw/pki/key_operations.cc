#include "sw/pki/key_operations.h"

#include <fmt/core.h>

#include <memory>
#include <utility>
#include <vector>

#include "sw/api/pki_secrets.h"
#include "sw/base/text.h"
#include "sw/pki/certify.h"
#include "sw/pki/container.h"

namespace vam::pki {
namespace {

api::KeyReply Refused(std::string sentence) {
  api::KeyReply reply;
  reply.set_error(std::move(sentence));
  return reply;
}

// Fit for a sentence.
std::string Printable(const std::string& label) {
  return IsLabel(label) ? label : std::string("that was asked for");
}

api::KeyReply NoSuchKey(const std::string& label) {
  return Refused(fmt::format("There is no key with the label {}.", Printable(label)));
}

api::KeyKind KindOf(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::kRsa:
      return api::KEY_RSA;
    case crypto::KeyType::kEd25519:
      return api::KEY_ED25519;
    case crypto::KeyType::kEd448:
      return api::KEY_ED448;
    default:
      return api::KEY_EC;
  }
}

void Describe(const StoredKey& stored, api::KeyInfo& info) {
  info.set_label(stored.label);
  info.set_kind(KindOf(stored.key.type()));
  info.set_bits(stored.key.public_key().bits());
  info.set_exportable(stored.exportable);
  info.set_made_unix_seconds(stored.made_s);
  if (const auto der = stored.key.public_key().ToDer()) {
    info.set_public_key(der->data(), der->size());
  }
}

struct Wanted {
  crypto::KeyType type;
  unsigned rsa_bits;
};
// Nothing, and `error`: not to be had.
std::optional<Wanted> WantedOf(const api::KeyRequest::Generate& request, std::string& error) {
  using crypto::KeyType;
  switch (request.kind()) {
    case api::KEY_RSA:
      if (request.bits() >= crypto::kMinRsaBits && request.bits() <= kMaxMadeRsaBits) {
        return Wanted{KeyType::kRsa, request.bits()};
      }
      error = fmt::format("RSA keys are made with {} to {} bits, not {}.", crypto::kMinRsaBits,
                          kMaxMadeRsaBits, request.bits());
      return std::nullopt;
    case api::KEY_EC:
      if (request.bits() == 256) return Wanted{KeyType::kEcdsaP256, 0};
      if (request.bits() == 384) return Wanted{KeyType::kEcdsaP384, 0};
      if (request.bits() == 521) return Wanted{KeyType::kEcdsaP521, 0};
      error = fmt::format("Elliptic curves have 256, 384 or 521 bits, not {}.", request.bits());
      return std::nullopt;
    case api::KEY_ED25519:
      return Wanted{KeyType::kEd25519, 0};
    case api::KEY_ED448:
      return Wanted{KeyType::kEd448, 0};
    default:
      error = "Keys of this kind are not made.";
      return std::nullopt;
  }
}

}  // namespace

// ---- what takes long

class KeyOperations::GenerateTask : public ControlThread::Task {
 public:
  GenerateTask(KeyOperations& owner, const api::KeyRequest::Generate& request, Wanted wanted,
               Answer answer)
      : owner_(owner), request_(request), wanted_(wanted), answer_(std::move(answer)) {}

  void Work() override { made_ = crypto::PrivateKey::Generate(wanted_.type, wanted_.rsa_bits); }
  void Done() override {
    --owner_.slow_;
    if (!made_) {
      return answer_(Refused(
          fmt::format("The key {} is not made: {}.", request_.label(), made_.error().text)));
    }
    answer_(owner_.Keep({request_.label(), std::move(*made_), request_.exportable(), owner_.NowS()},
                        request_.replace()));
  }

 private:
  KeyOperations& owner_;
  api::KeyRequest::Generate request_;
  Wanted wanted_;
  Answer answer_;
  Result<crypto::PrivateKey> made_ = Err(ErrorCode::kInternal, "not tried");
};

class KeyOperations::ImportTask : public ControlThread::Task {
 public:
  ImportTask(KeyOperations& owner, api::KeyRequest::Import request, Answer answer)
      : owner_(owner), request_(std::move(request)), answer_(std::move(answer)) {}
  ~ImportTask() override { api::WipeSecrets(request_); }
  ImportTask(const ImportTask&) = delete;
  ImportTask& operator=(const ImportTask&) = delete;

  void Work() override {
    opened_ = OpenContainer(BytesOf(request_.data()), BytesOf(request_.passphrase()));
    api::WipeSecrets(request_);
  }
  void Done() override {
    --owner_.slow_;
    if (!opened_) {
      return answer_(Refused(
          fmt::format("The key {} is not imported: {}.", request_.label(), opened_.error().text)));
    }
    api::KeyReply reply = owner_.Keep(
        {request_.label(), std::move(opened_->key), request_.exportable(), owner_.NowS()},
        request_.replace());
    if (reply.error().empty()) {
      for (const Certificate& one : opened_->certificates) {
        reply.add_certificate(one.der().data(), one.der().size());
      }
    }
    answer_(reply);
  }

 private:
  KeyOperations& owner_;
  api::KeyRequest::Import request_;
  Answer answer_;
  Result<KeyContainer> opened_ = Err(ErrorCode::kInternal, "not tried");
};

// ---- mgmt's questions

void KeyOperations::Do(api::KeyRequest request, Answer answer) {
  if (!store_) {
    answer(Refused(problem_));
  } else if (request.has_generate()) {
    Generate(request.generate(), std::move(answer));
  } else if (request.has_import()) {
    Import(std::move(*request.mutable_import()), std::move(answer));
  } else {
    answer(DoAtOnce(request));
  }
  api::WipeSecrets(request);
}

api::KeyReply KeyOperations::DoAtOnce(const api::KeyRequest& request) {
  switch (request.operation_case()) {
    case api::KeyRequest::kRemove:
      return Remove(request.remove());
    case api::KeyRequest::kList:
      return List(request.list());
    case api::KeyRequest::kCertify:
      return Certify(request.certify());
    case api::KeyRequest::kExport:
      return Export(request.export_());
    default:
      return Refused("The signer does not know what is asked of it.");
  }
}

std::string KeyOperations::ProblemOf(const std::string& label, bool replace) const {
  if (!IsLabel(label)) {
    return fmt::format("A key's label has 1 to {} printable characters and no blanks.",
                       kMaxLabelBytes);
  }
  const bool there = store_->Find(label) != nullptr;
  if (there && !replace) return fmt::format("There is a key with the label {} already.", label);
  if (!there && store_->keys().size() >= kMaxKeys) {
    return fmt::format("There are {} keys already; remove one first.", kMaxKeys);
  }
  if (slow_ >= kMaxSlowOperations) return "The signer is busy with other keys; try again later.";
  return {};
}

void KeyOperations::Generate(const api::KeyRequest::Generate& request, Answer answer) {
  std::string error = ProblemOf(request.label(), request.replace());
  const auto wanted = error.empty() ? WantedOf(request, error) : std::nullopt;
  if (!wanted) return answer(Refused(std::move(error)));
  ++slow_;
  control_.Add(std::make_unique<GenerateTask>(*this, request, *wanted, std::move(answer)));
}

void KeyOperations::Import(api::KeyRequest::Import request, Answer answer) {
  std::string error = ProblemOf(request.label(), request.replace());
  if (!error.empty()) {
    api::WipeSecrets(request);
    return answer(Refused(std::move(error)));
  }
  ++slow_;
  control_.Add(std::make_unique<ImportTask>(*this, std::move(request), std::move(answer)));
}

api::KeyReply KeyOperations::Keep(StoredKey key, bool replace) {
  const std::string label = key.label;
  if (const Status put = store_->Put(std::move(key), replace); !put) {
    return Refused(fmt::format("The key {} is not kept: {}.", label, put.error().text));
  }
  api::KeyReply reply;
  Describe(*store_->Find(label), *reply.add_key());
  return reply;
}

api::KeyReply KeyOperations::Remove(const api::KeyRequest::Remove& request) {
  const auto wanted = [&](const StoredKey& key) {
    return (request.label().empty() || key.label == request.label()) &&
           (request.kind() == api::KEY_NONE || KindOf(key.key.type()) == request.kind());
  };
  api::KeyReply reply;
  for (const StoredKey& key : store_->keys()) {
    if (wanted(key)) Describe(key, *reply.add_key());
  }
  if (reply.key_size() == 0 && !request.label().empty()) return NoSuchKey(request.label());
  if (const auto removed = store_->Remove(wanted); !removed) {
    return Refused(fmt::format("No key is removed: {}.", removed.error().text));
  }
  return reply;
}

api::KeyReply KeyOperations::List(const api::KeyRequest::List& request) const {
  api::KeyReply reply;
  for (const StoredKey& key : store_->keys()) {
    if (request.label().empty() || key.label == request.label()) Describe(key, *reply.add_key());
  }
  return reply;
}

api::KeyReply KeyOperations::Certify(const api::KeyRequest::Certify& request) const {
  const StoredKey* stored = store_->Find(request.label());
  if (stored == nullptr) return NoSuchKey(request.label());
  CertifyOptions options;
  if (request.hash() > static_cast<uint32_t>(crypto::Hash::kSha512)) {
    return Refused("The signer does not know this hash.");
  }
  options.hash = static_cast<crypto::Hash>(request.hash());
  options.subject = request.subject();
  options.dns_names.assign(request.dns_name().begin(), request.dns_name().end());
  options.emails.assign(request.email().begin(), request.email().end());
  for (const std::string& bytes : request.address()) {
    const auto address = net::Address::FromBytes(BytesOf(bytes));
    if (!address) return Refused("An address of a certificate has 4 or 16 bytes.");
    options.addresses.push_back(*address);
  }
  options.challenge_password = BytesOf(request.challenge_password());
  options.self_signed = request.self_signed();
  constexpr uint64_t kEndOfTime = 253'402'300'799;  // 9999-12-31, the last that X.509 can say
  if (request.now_unix_seconds() > kEndOfTime - uint64_t{kMaxValidDays} * 86'400) {
    return Refused("The time of the certificate is out of range.");
  }
  options.now_s = static_cast<int64_t>(request.now_unix_seconds());
  options.valid_days = request.valid_days();
  const auto der = pki::Certify(stored->key, options, rng_);
  if (!der) {
    return Refused(
        fmt::format("Nothing is signed with the key {}: {}.", stored->label, der.error().text));
  }
  api::KeyReply reply;
  Describe(*stored, *reply.add_key());
  reply.set_data(der->data(), der->size());
  return reply;
}

api::KeyReply KeyOperations::Export(const api::KeyRequest::Export& request) const {
  const StoredKey* stored = store_->Find(request.label());
  if (stored == nullptr) return NoSuchKey(request.label());
  if (!stored->exportable) {
    return Refused(
        fmt::format("The key {} was made so that it cannot be exported.", stored->label));
  }
  const auto refused = [&](const Error& error) {
    return Refused(fmt::format("The key {} is not exported: {}.", stored->label, error.text));
  };
  std::vector<Certificate> certificates;
  for (const std::string& der : request.certificate()) {
    auto one = Certificate::FromDer(BytesOf(der));
    if (!one) return refused(one.error());
    certificates.push_back(std::move(*one));
  }
  const Bytes passphrase = BytesOf(request.passphrase());
  const auto made = request.pkcs12()
                        ? MakePkcs12(stored->key, certificates, stored->label, passphrase)
                        : MakePem(stored->key, certificates, passphrase);
  if (!made) return refused(made.error());
  api::KeyReply reply;
  Describe(*stored, *reply.add_key());
  reply.set_data(made->data(), made->size());
  return reply;
}

// ---- IKE's questions

api::SignReply KeyOperations::Sign(const api::SignRequest& request) const {
  api::SignReply reply;
  if (!store_) {
    reply.set_error(problem_);
    return reply;
  }
  const StoredKey* stored = store_->Find(request.key());
  if (stored == nullptr) {
    reply.set_error(fmt::format("There is no key with the label {}.", Printable(request.key())));
    return reply;
  }
  if (request.kind() > static_cast<uint32_t>(crypto::SignatureKind::kEdDsa) ||
      request.hash() > static_cast<uint32_t>(crypto::Hash::kSha512) ||
      request.octets().size() > kMaxSignedOctets) {
    reply.set_error("The signer does not sign so.");
    return reply;
  }
  const auto signature = stored->key.Sign({static_cast<crypto::SignatureKind>(request.kind()),
                                           static_cast<crypto::Hash>(request.hash())},
                                          BytesOf(request.octets()));
  if (!signature) {
    reply.set_error(
        fmt::format("The key {} does not sign: {}.", stored->label, signature.error().text));
    return reply;
  }
  reply.set_signature(signature->data(), signature->size());
  return reply;
}

}  // namespace vam::pki
