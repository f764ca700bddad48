#include "sw/pki/certificate.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "sw/pki/certificate_fields.h"
#include "sw/pki/der.h"
#include "sw/pki/name.h"

namespace vam::pki {
namespace {

Error Malformed(const char* text) { return Err(ErrorCode::kMalformed, text); }

std::vector<uint8_t> NameDer(const X509_NAME* name) {
  const uint8_t* der = nullptr;
  size_t size = 0;
  if (X509_NAME_get0_der(name, &der, &size) != 1) return {};
  return {der, der + size};
}

Result<std::vector<uint8_t>> KeyDer(const X509* x509) {
  std::vector<uint8_t> der = EncodeDer(X509_get_X509_PUBKEY(x509), i2d_X509_PUBKEY);
  if (der.empty()) return Malformed("a certificate without a key");
  return der;
}

// Of the number's bytes in two's complement: a CA that numbers below zero breaks RFC 5280, 4.1.2.2,
// but has certificates in use.
Result<std::string> SerialText(const X509* x509) {
  const std::vector<uint8_t> der = EncodeDer(X509_get0_serialNumber(x509), i2d_ASN1_INTEGER);
  if (der.size() < 3) return Malformed("a certificate without a number");
  // Short lengths only: RFC 5280 has 20 bytes at most.
  if (der[1] > kMaxSerialBytes) return Err(ErrorCode::kExhausted, "a number of over 40 bytes");
  Bytes content = Bytes(der).subspan(2);
  if (content.size() > 1 && content[0] == 0) content = content.subspan(1);
  std::string text = FormatHex(content);
  for (char& c : text) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// Reads what libcrypto keeps of the extensions, so that later readers in other threads find it.
Status CheckParts(X509* x509) {
  const long version = X509_get_version(x509);
  if (version < X509_VERSION_1 || version > X509_VERSION_3 ||
      (version != X509_VERSION_3 && X509_get_ext_count(x509) != 0)) {
    return Malformed("a version that is unknown, or extensions in one that has none");
  }
  VAM_TRY_STATUS(CheckExtensions(x509));
  // -1: no purpose, only read.
  X509_check_purpose(x509, -1, 0);
  if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0) {
    return Malformed("the extensions of a certificate are not well-formed");
  }
  return Ok();
}

Result<X509Pointer> Parse(Bytes der) {
  if (der.size() > kMaxCertificateBytes) {
    return Err(ErrorCode::kExhausted, "a certificate of over 16384 bytes");
  }
  VAM_TRY_STATUS(CheckDer(der));
  const uint8_t* end = der.data();
  X509Pointer x509(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  if (x509 == nullptr || end != der.data() + der.size()) return Malformed("not a certificate");
  return x509;
}

}  // namespace

Result<Certificate> Certificate::FromDer(Bytes der) {
  const ErrorsCleared cleared;
  VAM_TRY(X509Pointer x509, Parse(der));
  VAM_TRY_STATUS(CheckParts(x509.get()));
  VAM_TRY(const std::vector<uint8_t> key_der, KeyDer(x509.get()));
  auto key = crypto::PublicKey::FromDer(key_der);
  if (!key) return Err(ErrorCode::kUnsupported, key.error().text);
  auto fields = std::make_shared<Fields>(std::move(*key));
  fields->der.assign(der.begin(), der.end());
  SHA1(key_der.data(), key_der.size(), fields->key_hash.data());
  fields->subject_der = NameDer(X509_get_subject_name(x509.get()));
  fields->issuer_der = NameDer(X509_get_issuer_name(x509.get()));
  VAM_TRY(fields->subject, NameToText(fields->subject_der));
  VAM_TRY(fields->issuer, NameToText(fields->issuer_der));
  VAM_TRY(fields->serial, SerialText(x509.get()));
  VAM_TRY(fields->not_before_s, SecondsOf(X509_get0_notBefore(x509.get())));
  VAM_TRY(fields->not_after_s, SecondsOf(X509_get0_notAfter(x509.get())));
  VAM_TRY(fields->alt_names, ReadAltNames(x509.get()));
  VAM_TRY(fields->crl_urls, ReadCrlUrls(x509.get()));
  VAM_TRY(fields->ocsp_urls, ReadOcspUrls(x509.get()));
  fields->self_issued = (X509_get_extension_flags(x509.get()) & EXFLAG_SI) != 0;
  // 3: of version 1, which had no extensions, and signed by itself.
  const int ca = X509_check_ca(x509.get());
  fields->is_ca = ca == 1 || ca == 3;
  fields->x509 = std::move(x509);
  return Certificate(std::move(fields));
}

Bytes Certificate::der() const { return fields_->der; }
const crypto::PublicKey& Certificate::key() const { return fields_->key; }
Bytes Certificate::subject_der() const { return fields_->subject_der; }
Bytes Certificate::issuer_der() const { return fields_->issuer_der; }
std::string Certificate::subject() const { return fields_->subject; }
std::string Certificate::issuer() const { return fields_->issuer; }
std::string Certificate::serial() const { return fields_->serial; }
int64_t Certificate::not_before_s() const { return fields_->not_before_s; }
int64_t Certificate::not_after_s() const { return fields_->not_after_s; }
bool Certificate::is_ca() const { return fields_->is_ca; }
bool Certificate::self_issued() const { return fields_->self_issued; }
const AltNames& Certificate::alt_names() const { return fields_->alt_names; }
const std::array<uint8_t, 20>& Certificate::key_hash() const { return fields_->key_hash; }
const std::vector<std::string>& Certificate::crl_urls() const { return fields_->crl_urls; }
const std::vector<std::string>& Certificate::ocsp_urls() const { return fields_->ocsp_urls; }
x509_st* Certificate::x509() const { return fields_->x509.get(); }

std::array<uint8_t, 32> Certificate::Sha256() const {
  std::array<uint8_t, 32> digest{};
  SHA256(fields_->der.data(), fields_->der.size(), digest.data());
  return digest;
}

bool Certificate::operator==(const Certificate& other) const {
  return std::equal(fields_->der.begin(), fields_->der.end(), other.fields_->der.begin(),
                    other.fields_->der.end());
}

}  // namespace vam::pki
