#include "sw/pki/container.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sw/base/text.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

constexpr int kMaxParts = 32;  // of a PKCS#12 or PEM

using Pbe2Pointer = std::unique_ptr<PBE2PARAM, FreeWith<PBE2PARAM_free>>;
using Pbkdf2Pointer = std::unique_ptr<PBKDF2PARAM, FreeWith<PBKDF2PARAM_free>>;
using PbePointer = std::unique_ptr<PBEPARAM, FreeWith<PBEPARAM_free>>;
struct FreeSafes {
  void operator()(STACK_OF(PKCS7) * stack) const { sk_PKCS7_pop_free(stack, PKCS7_free); }
};
struct FreeBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * stack) const {
    sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free);
  }
};
using SafesPointer = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
using BagsPointer = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }
Error TooMuchWork() {
  return Err(ErrorCode::kExhausted, "it asks for over 5,000,000 rounds to derive its keys");
}

// The iterations of a scheme, or what it is that is not taken.
Result<int64_t> IterationsOf(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return Malformed("its encryption has no parameters");
  const auto* sequence = static_cast<const ASN1_STRING*>(value);
  const ASN1_INTEGER* count = nullptr;
  Pbe2Pointer pbe2;
  Pbkdf2Pointer pbkdf2;
  PbePointer pbe;
  if (OBJ_obj2nid(object) == NID_pbes2) {
    pbe2.reset(static_cast<PBE2PARAM*>(ASN1_item_unpack(sequence, ASN1_ITEM_rptr(PBE2PARAM))));
    if (pbe2 == nullptr) return Malformed("its encryption has strange parameters");
    X509_ALGOR_get0(&object, &type, &value, pbe2->keyfunc);
    if (OBJ_obj2nid(object) != NID_id_pbkdf2 || type != V_ASN1_SEQUENCE) {
      return Err(ErrorCode::kUnsupported, "its key is not derived by PBKDF2");
    }
    pbkdf2.reset(static_cast<PBKDF2PARAM*>(
        ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), ASN1_ITEM_rptr(PBKDF2PARAM))));
    if (pbkdf2 != nullptr) count = pbkdf2->iter;
  } else {
    pbe.reset(static_cast<PBEPARAM*>(ASN1_item_unpack(sequence, ASN1_ITEM_rptr(PBEPARAM))));
    if (pbe != nullptr) count = pbe->iter;
  }
  int64_t iterations = 0;
  if (count == nullptr || ASN1_INTEGER_get_int64(&iterations, count) != 1 || iterations < 1) {
    return Malformed("its encryption has strange parameters");
  }
  return iterations;
}

// One container on its way in.
class Opener {
 public:
  explicit Opener(Bytes passphrase) : passphrase_(passphrase) {}

  Status OpenPem(Bytes data);
  Status OpenPkcs12(Bytes data);
  Result<KeyContainer> Finish() &&;

 private:
  const char* pass() const {
    return no_passphrase_ ? nullptr : reinterpret_cast<const char*>(passphrase_.data());
  }
  int pass_bytes() const { return static_cast<int>(passphrase_.size()); }

  Status Spend(int64_t iterations) {
    // By subtraction: their sum might overflow.
    if (iterations > budget_) return TooMuchWork();
    budget_ -= iterations;
    return Ok();
  }
  Status SpendOn(const X509_ALGOR* algorithm) {
    VAM_TRY(const int64_t iterations, IterationsOf(algorithm));
    return Spend(iterations);
  }
  Status CheckMac(PKCS12* p12);
  Status TakeSafe(PKCS7* safe);
  Status TakeBag(const PKCS12_SAFEBAG* bag);
  Status TakeKey(const PKCS8_PRIV_KEY_INFO* info);
  Status TakeEncrypted(const X509_SIG* sig);
  Status TakeCertificate(Bytes der);
  Status TakeBlock(std::string_view name, std::string_view header, Bytes der);

  Bytes passphrase_;
  bool no_passphrase_ = false;  // PKCS#12 has two forms of an empty one
  int64_t budget_ = kMaxIterations;
  std::optional<crypto::PrivateKey> key_;
  std::vector<Certificate> certificates_;
};

Status Opener::TakeKey(const PKCS8_PRIV_KEY_INFO* info) {
  if (key_) return Malformed("it holds more than one key");
  std::vector<uint8_t> der = EncodeDer(info, i2d_PKCS8_PRIV_KEY_INFO);
  if (der.empty()) return Malformed("it holds a key that cannot be read");
  auto key = crypto::PrivateKey::FromDer(der);
  OPENSSL_cleanse(der.data(), der.size());
  if (!key) return key.error();
  key_ = std::move(*key);
  return Ok();
}

Status Opener::TakeEncrypted(const X509_SIG* sig) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(sig, &algorithm, nullptr);
  VAM_TRY_STATUS(SpendOn(algorithm));
  const Pkcs8Pointer info(PKCS8_decrypt(sig, pass(), pass_bytes()));
  if (info == nullptr) {
    return Err(ErrorCode::kAuthFailed,
               "the passphrase does not fit, or the encryption is not known here");
  }
  return TakeKey(info.get());
}

Status Opener::TakeCertificate(Bytes der) {
  if (certificates_.size() == kMaxContainerCertificates) {
    return Err(ErrorCode::kExhausted, "it holds over 16 certificates");
  }
  VAM_TRY(Certificate one, Certificate::FromDer(der));
  certificates_.push_back(std::move(one));
  return Ok();
}

Status Opener::TakeBag(const PKCS12_SAFEBAG* bag) {
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
      return TakeKey(PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag:
      return TakeEncrypted(PKCS12_SAFEBAG_get0_pkcs8(bag));
    case NID_certBag: {
      if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return Ok();
      const X509Pointer x509(PKCS12_SAFEBAG_get1_cert(bag));
      const std::vector<uint8_t> der = EncodeDer(x509.get(), i2d_X509);
      if (der.empty()) return Malformed("it holds a certificate that cannot be read");
      return TakeCertificate(der);
    }
    default:
      return Ok();  // CRLs and secrets of others
  }
}

Status Opener::TakeSafe(PKCS7* safe) {
  BagsPointer bags;
  if (PKCS7_type_is_data(safe)) {
    bags.reset(PKCS12_unpack_p7data(safe));
  } else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted != nullptr &&
             safe->d.encrypted->enc_data != nullptr) {
    VAM_TRY_STATUS(SpendOn(safe->d.encrypted->enc_data->algorithm));
    bags.reset(PKCS12_unpack_p7encdata(safe, pass(), pass_bytes()));
    if (bags == nullptr) {
      return Err(ErrorCode::kUnsupported, "its encryption is not known here");
    }
  }
  if (bags == nullptr) return Malformed("a part of the PKCS#12 is of an unknown kind");
  if (sk_PKCS12_SAFEBAG_num(bags.get()) > kMaxParts) {
    return Err(ErrorCode::kExhausted, "it has over 32 parts");
  }
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags.get()); ++i) {
    VAM_TRY_STATUS(TakeBag(sk_PKCS12_SAFEBAG_value(bags.get(), i)));
  }
  return Ok();
}

Status Opener::CheckMac(PKCS12* p12) {
  const ASN1_INTEGER* count = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &count, p12);
  int64_t iterations = 1;  // what is meant when nothing is said
  if (count != nullptr && ASN1_INTEGER_get_int64(&iterations, count) != 1) return TooMuchWork();
  if (iterations < 1) return Malformed("its MAC has strange parameters");
  VAM_TRY_STATUS(Spend(iterations));
  if (PKCS12_verify_mac(p12, pass(), pass_bytes()) == 1) return Ok();
  if (passphrase_.empty()) {
    VAM_TRY_STATUS(Spend(iterations));
    no_passphrase_ = true;
    if (PKCS12_verify_mac(p12, pass(), pass_bytes()) == 1) return Ok();
  }
  return Err(ErrorCode::kAuthFailed, "the passphrase does not fit");
}

Status Opener::OpenPkcs12(Bytes data) {
  const uint8_t* end = data.data();
  const Pkcs12Pointer p12(d2i_PKCS12(nullptr, &end, static_cast<long>(data.size())));
  if (p12 == nullptr || end != data.data() + data.size()) {
    return Malformed("it is neither PKCS#12 nor PEM");
  }
  if (PKCS12_mac_present(p12.get()) != 1) return Malformed("the PKCS#12 has no MAC");
  VAM_TRY_STATUS(CheckMac(p12.get()));
  const SafesPointer safes(PKCS12_unpack_authsafes(p12.get()));
  if (safes == nullptr || sk_PKCS7_num(safes.get()) > kMaxParts) {
    return Malformed("the PKCS#12 has no parts, or over 32");
  }
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
    VAM_TRY_STATUS(TakeSafe(sk_PKCS7_value(safes.get(), i)));
  }
  return Ok();
}

Status Opener::TakeBlock(std::string_view name, std::string_view header, Bytes der) {
  if (!header.empty()) {
    return Err(ErrorCode::kUnsupported,
               "it is encrypted as before PKCS#8; 'openssl pkcs8' mends that");
  }
  const uint8_t* end = der.data();
  const auto size = static_cast<long>(der.size());
  if (name == PEM_STRING_X509) return TakeCertificate(der);
  if (name == PEM_STRING_PKCS8INF) {
    const Pkcs8Pointer info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, size));
    if (info == nullptr || end != der.data() + der.size())
      return Malformed("its key is not PKCS#8");
    return TakeKey(info.get());
  }
  if (name == PEM_STRING_PKCS8) {
    const SigPointer sig(d2i_X509_SIG(nullptr, &end, size));
    if (sig == nullptr || end != der.data() + der.size()) return Malformed("its key is not PKCS#8");
    return TakeEncrypted(sig.get());
  }
  if (name == PEM_STRING_RSA || name == PEM_STRING_ECPRIVATEKEY) {
    return Err(ErrorCode::kUnsupported,
               "its key is not in PKCS#8; 'openssl pkcs8 -topk8' mends that");
  }
  return Ok();
}

Status Opener::OpenPem(Bytes data) {
  const BioPointer in(BIO_new_mem_buf(data.data(), static_cast<int>(data.size())));
  for (int i = 0; in != nullptr; ++i) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &name, &header, &der, &size) != 1) return Ok();
    const Status taken = i == kMaxParts
                             ? Status(Err(ErrorCode::kExhausted, "it has over 32 parts"))
                             : TakeBlock(name, header, Bytes(der, static_cast<size_t>(size)));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, static_cast<size_t>(size));
    VAM_TRY_STATUS(taken);
  }
  return Err(ErrorCode::kInternal, "libcrypto is out of memory");
}

Result<KeyContainer> Opener::Finish() && {
  if (!key_) return Malformed("it holds no key");
  const auto own_key = key_->public_key().ToDer();
  const auto is_own = [&](const Certificate& one) {
    const auto der = one.key().ToDer();
    return own_key && der && *der == *own_key;
  };
  std::stable_partition(certificates_.begin(), certificates_.end(), is_own);
  return KeyContainer{std::move(*key_), std::move(certificates_)};
}

}  // namespace

Result<KeyContainer> OpenContainer(Bytes data, Bytes passphrase) {
  const ErrorsCleared cleared;
  if (data.size() > kMaxContainerBytes) {
    return Err(ErrorCode::kExhausted, "it is longer than 256 KB");
  }
  if (passphrase.size() > kMaxPassphraseBytes) {
    return Err(ErrorCode::kInvalidArgument, "a passphrase has at most 128 bytes");
  }
  // libcrypto takes a null pointer for no passphrase at all.
  constexpr uint8_t kNothing = 0;
  Opener opener(passphrase.empty() ? Bytes(&kNothing, size_t{0}) : passphrase);
  const std::string_view text = TextOf(data);
  const bool pem = text.find("-----BEGIN ") != std::string_view::npos && text[0] != 0x30;
  VAM_TRY_STATUS(pem ? opener.OpenPem(data) : opener.OpenPkcs12(data));
  return std::move(opener).Finish();
}

}  // namespace vam::pki
