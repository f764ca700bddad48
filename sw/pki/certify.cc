#include "sw/pki/certify.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "sw/base/text.h"
#include "sw/pki/evp_key.h"
#include "sw/pki/name.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

using RequestPointer = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using TimePointer = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;
using BitsPointer = std::unique_ptr<ASN1_BIT_STRING, FreeWith<ASN1_BIT_STRING_free>>;
using OctetsPointer = std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>>;
struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * stack) const {
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
  }
};
using ExtensionsPointer = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

constexpr int64_t kSecondsPerDay = 86'400;

Error Failed() { return Err(ErrorCode::kInternal, "libcrypto made no certificate or request"); }

Result<const EVP_MD*> HashOf(const crypto::PrivateKey& key, crypto::Hash hash) {
  if (key.type() == crypto::KeyType::kEd25519 || key.type() == crypto::KeyType::kEd448) {
    return nullptr;
  }
  switch (hash) {
    case crypto::Hash::kSha1:
      return EVP_sha1();
    case crypto::Hash::kSha256:
      return EVP_sha256();
    case crypto::Hash::kSha384:
      return EVP_sha384();
    case crypto::Hash::kSha512:
      return EVP_sha512();
    case crypto::Hash::kIdentity:
      break;
  }
  return Err(ErrorCode::kInvalidArgument, "this key needs a hash to sign");
}

bool AddName(GENERAL_NAMES* names, int type, int string_type, Bytes bytes) {
  std::unique_ptr<GENERAL_NAME, FreeWith<GENERAL_NAME_free>> name(GENERAL_NAME_new());
  std::unique_ptr<ASN1_STRING, FreeWith<ASN1_STRING_free>> string(
      ASN1_STRING_type_new(string_type));
  if (name == nullptr || string == nullptr ||
      ASN1_STRING_set(string.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return false;
  }
  GENERAL_NAME_set0_value(name.get(), type, string.release());
  if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return false;
  static_cast<void>(name.release());
  return true;
}

Status AddTexts(GENERAL_NAMES* names, int type, const std::vector<std::string>& texts) {
  if (texts.size() > kMaxCertifyNames) {
    return Err(ErrorCode::kExhausted, "over 16 alternative names of one kind");
  }
  for (const std::string& text : texts) {
    const bool good =
        !text.empty() && text.size() <= kMaxCertifyNameBytes &&
        std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!good) {
      return Err(ErrorCode::kInvalidArgument,
                 "an alternative name has 1 to 255 printable characters");
    }
    const Bytes bytes = BytesOf(text);
    if (!AddName(names, type, V_ASN1_IA5STRING, bytes)) return Failed();
  }
  return Ok();
}

Result<GeneralNamesPointer> NamesOf(const CertifyOptions& options) {
  GeneralNamesPointer names(sk_GENERAL_NAME_new_null());
  if (names == nullptr) return Failed();
  VAM_TRY_STATUS(AddTexts(names.get(), GEN_DNS, options.dns_names));
  VAM_TRY_STATUS(AddTexts(names.get(), GEN_EMAIL, options.emails));
  if (options.addresses.size() > kMaxCertifyNames) {
    return Err(ErrorCode::kExhausted, "over 16 alternative names of one kind");
  }
  for (const net::Address& address : options.addresses) {
    if (!AddName(names.get(), GEN_IPADD, V_ASN1_OCTET_STRING, address.bytes())) return Failed();
  }
  return names;
}

bool AddExtension(STACK_OF(X509_EXTENSION) * to, int nid, bool critical, void* value) {
  STACK_OF(X509_EXTENSION)* stack = to;
  return X509V3_add1_i2d(&stack, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) == 1;
}

// RFC 4945, 5.1.3.2 and 5.1.3.6.
Result<ExtensionsPointer> ExtensionsOf(const CertifyOptions& options, bool has_subject) {
  ExtensionsPointer out(sk_X509_EXTENSION_new_null());
  const BitsPointer usage(ASN1_BIT_STRING_new());
  if (out == nullptr || usage == nullptr || ASN1_BIT_STRING_set_bit(usage.get(), 0, 1) != 1 ||
      !AddExtension(out.get(), NID_key_usage, true, usage.get())) {
    return Failed();
  }
  VAM_TRY(const GeneralNamesPointer names, NamesOf(options));
  if (sk_GENERAL_NAME_num(names.get()) == 0) {
    if (!has_subject) {
      return Err(ErrorCode::kInvalidArgument, "without a subject there must be another name");
    }
    return out;
  }
  if (!AddExtension(out.get(), NID_subject_alt_name, !has_subject, names.get())) return Failed();
  return out;
}

Result<std::vector<uint8_t>> MakeRequest(EVP_PKEY* key, const EVP_MD* hash, X509_NAME* subject,
                                         STACK_OF(X509_EXTENSION) * extensions, Bytes challenge) {
  if (challenge.size() > kMaxChallengeBytes) {
    return Err(ErrorCode::kInvalidArgument, "a challenge password has at most 255 bytes");
  }
  const RequestPointer request(X509_REQ_new());
  bool good = request != nullptr && X509_REQ_set_version(request.get(), 0) == 1 &&
              X509_REQ_set_subject_name(request.get(), subject) == 1 &&
              X509_REQ_set_pubkey(request.get(), key) == 1 &&
              X509_REQ_add_extensions(request.get(), extensions) == 1;
  if (!good) return Failed();
  if (!challenge.empty() &&
      X509_REQ_add1_attr_by_NID(request.get(), NID_pkcs9_challengePassword, MBSTRING_UTF8,
                                challenge.data(), static_cast<int>(challenge.size())) != 1) {
    return Err(ErrorCode::kInvalidArgument, "a challenge password is text in UTF-8");
  }
  if (X509_REQ_sign(request.get(), key, hash) <= 0) return Failed();
  std::vector<uint8_t> der = EncodeDer(request.get(), i2d_X509_REQ);
  if (der.empty()) return Failed();
  return der;
}

// RFC 5280, 4.2.1.2 (1): SHA-1 of the key's bits.
OctetsPointer KeyIdOf(const X509* x509) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  OctetsPointer id(ASN1_OCTET_STRING_new());
  if (id == nullptr || X509_pubkey_digest(x509, EVP_sha1(), digest.data(), &size) != 1 ||
      ASN1_OCTET_STRING_set(id.get(), digest.data(), static_cast<int>(size)) != 1) {
    return nullptr;
  }
  return id;
}

Result<std::vector<uint8_t>> MakeCertificate(EVP_PKEY* key, const EVP_MD* hash, X509_NAME* subject,
                                             const STACK_OF(X509_EXTENSION) * extensions,
                                             const CertifyOptions& options, Rng& rng) {
  if (options.valid_days == 0 || options.valid_days > kMaxValidDays) {
    return Err(ErrorCode::kInvalidArgument, "a certificate is valid for 1 to 36500 days");
  }
  std::array<uint8_t, 8> number{};
  rng.Fill(number);
  // Positive, and never zero (RFC 5280, 4.1.2.2).
  const uint64_t serial = (LoadBe64(number.data()) >> 1) | 1;
  const TimePointer from(ASN1_TIME_adj(nullptr, options.now_s, 0, 0));
  const TimePointer until(
      ASN1_TIME_adj(nullptr, options.now_s + kSecondsPerDay * options.valid_days, 0, 0));
  const X509Pointer x509(X509_new());
  if (x509 == nullptr || from == nullptr || until == nullptr ||
      X509_set_version(x509.get(), X509_VERSION_3) != 1 ||
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), serial) != 1 ||
      X509_set_subject_name(x509.get(), subject) != 1 ||
      X509_set_issuer_name(x509.get(), subject) != 1 ||
      X509_set1_notBefore(x509.get(), from.get()) != 1 ||
      X509_set1_notAfter(x509.get(), until.get()) != 1 || X509_set_pubkey(x509.get(), key) != 1) {
    return Failed();
  }
  const OctetsPointer id = KeyIdOf(x509.get());
  if (id == nullptr || X509_add1_ext_i2d(x509.get(), NID_subject_key_identifier, id.get(), 0,
                                         X509V3_ADD_APPEND) != 1) {
    return Failed();
  }
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    if (X509_add_ext(x509.get(), sk_X509_EXTENSION_value(extensions, i), -1) != 1) return Failed();
  }
  if (X509_sign(x509.get(), key, hash) <= 0) return Failed();
  std::vector<uint8_t> der = EncodeDer(x509.get(), i2d_X509);
  if (der.empty()) return Failed();
  return der;
}

}  // namespace

Result<std::vector<uint8_t>> Certify(const crypto::PrivateKey& key, const CertifyOptions& options,
                                     Rng& rng) {
  const ErrorsCleared cleared;
  VAM_TRY(const EVP_MD* hash, HashOf(key, options.hash));
  VAM_TRY(const std::vector<uint8_t> name_der, NameFromText(options.subject));
  const uint8_t* end = name_der.data();
  const NamePointer subject(d2i_X509_NAME(nullptr, &end, static_cast<long>(name_der.size())));
  if (subject == nullptr) return Failed();
  VAM_TRY(const ExtensionsPointer extensions,
          ExtensionsOf(options, X509_NAME_entry_count(subject.get()) != 0));
  VAM_TRY(const crypto::Key evp, EvpKeyOf(key));
  if (!options.self_signed) {
    return MakeRequest(evp.get(), hash, subject.get(), extensions.get(),
                       options.challenge_password);
  }
  return MakeCertificate(evp.get(), hash, subject.get(), extensions.get(), options, rng);
}

}  // namespace vam::pki
