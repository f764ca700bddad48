// The way out of sw/pki/container.h.
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sw/pki/container.h"
#include "sw/pki/evp_key.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

constexpr int kIterations = 100'000;

Error Failed() { return Err(ErrorCode::kInternal, "libcrypto made no container"); }

// With a NUL behind it, which libcrypto wants; wiped.
class Passphrase {
 public:
  explicit Passphrase(Bytes bytes) : text_(bytes.begin(), bytes.end()) {}
  ~Passphrase() { OPENSSL_cleanse(text_.data(), text_.size()); }
  Passphrase(const Passphrase&) = delete;
  Passphrase& operator=(const Passphrase&) = delete;
  const char* text() const { return text_.c_str(); }
  int size() const { return static_cast<int>(text_.size()); }

 private:
  std::string text_;
};

Status Check(const crypto::PrivateKey& key, std::span<const Certificate> certificates,
             Bytes passphrase) {
  if (passphrase.empty() || passphrase.size() > kMaxPassphraseBytes ||
      std::find(passphrase.begin(), passphrase.end(), 0) != passphrase.end()) {
    return Err(ErrorCode::kInvalidArgument, "a passphrase has 1 to 128 bytes, none of them NUL");
  }
  if (certificates.size() > kMaxContainerCertificates) {
    return Err(ErrorCode::kExhausted, "over 16 certificates");
  }
  if (certificates.empty()) return Ok();
  VAM_TRY(const std::vector<uint8_t> own, key.public_key().ToDer());
  VAM_TRY(const std::vector<uint8_t> first, certificates[0].key().ToDer());
  if (own != first) {
    return Err(ErrorCode::kInvalidArgument, "the first certificate is not of this key");
  }
  return Ok();
}

}  // namespace

Result<std::vector<uint8_t>> MakePkcs12(const crypto::PrivateKey& key,
                                        std::span<const Certificate> certificates,
                                        const std::string& label, Bytes passphrase) {
  const ErrorsCleared cleared;
  VAM_TRY_STATUS(Check(key, certificates, passphrase));
  VAM_TRY(const crypto::Key evp, EvpKeyOf(key));
  const CertificateStack others(sk_X509_new_null());
  if (others == nullptr) return Failed();
  for (size_t i = 1; i < certificates.size(); ++i) {
    if (sk_X509_push(others.get(), certificates[i].x509()) <= 0) return Failed();
  }
  const Passphrase pass(passphrase);
  const Pkcs12Pointer p12(PKCS12_create(pass.text(), label.c_str(), evp.get(),
                                        certificates.empty() ? nullptr : certificates[0].x509(),
                                        others.get(), 0, 0, kIterations, kIterations, 0));
  std::vector<uint8_t> der = EncodeDer(p12.get(), i2d_PKCS12);
  if (der.empty()) return Failed();
  return der;
}

Result<std::vector<uint8_t>> MakePem(const crypto::PrivateKey& key,
                                     std::span<const Certificate> certificates, Bytes passphrase) {
  const ErrorsCleared cleared;
  VAM_TRY_STATUS(Check(key, certificates, passphrase));
  VAM_TRY(const crypto::Key evp, EvpKeyOf(key));
  const Pkcs8Pointer info(EVP_PKEY2PKCS8(evp.get()));
  if (info == nullptr) return Failed();
  const Passphrase pass(passphrase);
  const SigPointer sig(PKCS8_encrypt(-1, EVP_aes_256_cbc(), pass.text(), pass.size(), nullptr, 0,
                                     kIterations, info.get()));
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (sig == nullptr || out == nullptr || PEM_write_bio_PKCS8(out.get(), sig.get()) != 1) {
    return Failed();
  }
  for (const Certificate& one : certificates) {
    if (PEM_write_bio_X509(out.get(), one.x509()) != 1) return Failed();
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  if (size <= 0) return Failed();
  return std::vector<uint8_t>(text, text + size);
}

}  // namespace vam::pki
