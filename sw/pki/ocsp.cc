#include "sw/pki/ocsp.h"

#include <openssl/x509v3.h>

#include "sw/pki/certificate_fields.h"
#include "sw/pki/openssl_pointers.h"
#include "sw/pki/strength.h"

namespace vam::pki {
namespace {

using RequestPointer = std::unique_ptr<OCSP_REQUEST, FreeWith<OCSP_REQUEST_free>>;
using BasicPointer = std::unique_ptr<OCSP_BASICRESP, FreeWith<OCSP_BASICRESP_free>>;
using IdPointer = std::unique_ptr<OCSP_CERTID, FreeWith<OCSP_CERTID_free>>;

// Of an answer; each is looked at.
constexpr int kMaxCertificates = 8;
constexpr int kMaxSingles = 64;

IdPointer IdOf(const Certificate& subject, const Certificate& issuer) {
  return IdPointer(OCSP_cert_to_id(EVP_sha1(), subject.x509(), issuer.x509()));
}

// RFC 6960, 4.2.2.2: issued by the very key that issued the certificate, for this purpose.
const char* DelegateFault(X509* delegate, const Certificate& issuer, int64_t now_s) {
  if (X509_check_issued(issuer.x509(), delegate) != X509_V_OK ||
      X509_verify(delegate, X509_get0_pubkey(issuer.x509())) != 1) {
    return "the OCSP answer is not signed by the issuer nor by its delegate";
  }
  // Without the extended key usage there is no permission; without the other there is.
  const uint32_t flags = X509_get_extension_flags(delegate);
  if ((flags & EXFLAG_XKUSAGE) == 0 ||
      (X509_get_extended_key_usage(delegate) & XKU_OCSP_SIGN) == 0 ||
      (X509_get_key_usage(delegate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) {
    return "the certificate behind the OCSP answer is not for signing OCSP answers";
  }
  if ((flags & (EXFLAG_CRITICAL | EXFLAG_INVALID)) != 0 || WeaknessOf(delegate) != nullptr) {
    return "the certificate behind the OCSP answer is not believed";
  }
  const auto from = SecondsOf(X509_get0_notBefore(delegate));
  const auto until = SecondsOf(X509_get0_notAfter(delegate));
  if (!from || !until || now_s < *from || now_s > *until) {
    return "the certificate behind the OCSP answer is not valid now";
  }
  return nullptr;
}

// Null when the signature is good, and the key's owner may answer for the issuer.
const char* SignatureFault(OCSP_BASICRESP* basic, const Certificate& issuer, int64_t now_s) {
  if (sk_X509_num(OCSP_resp_get0_certs(basic)) > kMaxCertificates) {
    return "the OCSP answer has over 8 certificates";
  }
  const X509_ALGOR* algorithm = OCSP_resp_get0_tbs_sigalg(basic);
  if (WeaknessOf(algorithm) != nullptr) return "the OCSP answer has a weak signature";
  const CertificateStack known(sk_X509_new_null());
  X509* signer = nullptr;
  if (known == nullptr || sk_X509_push(known.get(), issuer.x509()) <= 0 ||
      OCSP_resp_get0_signer(basic, &signer, known.get()) != 1) {
    return "nobody knows who signed the OCSP answer";
  }
  if (X509_cmp(signer, issuer.x509()) != 0) {
    // Only a key that could sign a certificate here: short ones are refused.
    const char* fault = DelegateFault(signer, issuer, now_s);
    if (fault != nullptr) return fault;
    const std::vector<uint8_t> key = EncodeDer(X509_get_X509_PUBKEY(signer), i2d_X509_PUBKEY);
    if (!crypto::PublicKey::FromDer(key)) {
      return "the certificate behind the OCSP answer is not believed";
    }
  }
  if (ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), algorithm, OCSP_resp_get0_signature(basic),
                       OCSP_resp_get0_respdata(basic), X509_get0_pubkey(signer)) != 1) {
    return "the signature of the OCSP answer is wrong";
  }
  return nullptr;
}

// RFC 6960, 4.4: none that may be critical is known here.
bool HasCritical(OCSP_BASICRESP* basic, OCSP_SINGLERESP* single) {
  return OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0 ||
         OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0;
}

Finding JudgeSingle(OCSP_SINGLERESP* single, int64_t now_s) {
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  const int status = OCSP_single_get0_status(single, nullptr, nullptr, &this_update, &next_update);
  const auto from = SecondsOf(this_update);
  if (!from || *from > now_s + kOcspSkewS) return Nothing("the OCSP answer is of the future");
  Result<int64_t> until = *from + kOcspAgeS;
  if (next_update != nullptr) until = SecondsOf(next_update);
  if (!until || *until < *from) return Nothing("the OCSP answer has impossible times");
  if (status == V_OCSP_CERTSTATUS_REVOKED) return {RevocationWord::kRevoked, ""};
  if (now_s > *until + kOcspSkewS) return Nothing("the OCSP answer is too old");
  if (status == V_OCSP_CERTSTATUS_GOOD) return {RevocationWord::kGood, ""};
  return Nothing("the OCSP responder does not know the certificate");
}

}  // namespace

std::vector<uint8_t> OcspRequest(const Certificate& subject, const Certificate& issuer) {
  const ErrorsCleared cleared;
  const RequestPointer request(OCSP_REQUEST_new());
  IdPointer id = IdOf(subject, issuer);
  if (request == nullptr || id == nullptr ||
      OCSP_request_add0_id(request.get(), id.get()) == nullptr) {
    return {};
  }
  static_cast<void>(id.release());  // it is the request's now
  return EncodeDer(request.get(), i2d_OCSP_REQUEST);
}

Finding ReadOcspAnswer(OCSP_RESPONSE* answer, const Certificate& subject, const Certificate& issuer,
                       int64_t now_s) {
  const ErrorsCleared cleared;
  if (OCSP_response_status(answer) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return Nothing("the OCSP responder answered with an error");
  }
  const BasicPointer basic(OCSP_response_get1_basic(answer));
  const IdPointer id = IdOf(subject, issuer);
  if (basic == nullptr || id == nullptr) return Nothing("the OCSP answer is of an unknown kind");
  if (OCSP_resp_count(basic.get()) > kMaxSingles) {
    return Nothing("the OCSP answer is about over 64 certificates");
  }
  const char* fault = SignatureFault(basic.get(), issuer, now_s);
  if (fault != nullptr) return Nothing(fault);
  Finding best = Nothing("the OCSP answer is about other certificates");
  for (int at = OCSP_resp_find(basic.get(), id.get(), -1); at >= 0;
       at = OCSP_resp_find(basic.get(), id.get(), at)) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), at);
    if (HasCritical(basic.get(), single)) {
      return Nothing("the OCSP answer has an unknown critical extension");
    }
    const Finding finding = JudgeSingle(single, now_s);
    if (finding.word == RevocationWord::kRevoked) return finding;
    if (best.word != RevocationWord::kGood) best = finding;
  }
  return best;
}

}  // namespace vam::pki
