#include "sw/pki/path.h"

#include <fmt/core.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sw/pki/openssl_pointers.h"
#include "sw/pki/strength.h"

namespace vam::pki {
namespace {

using StorePointer = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using ContextPointer = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

// One complaint of libcrypto about a CRL, or about there being none.
struct Complaint {
  int depth;
  int code;
  const X509_CRL* crl;
};

// Not the CRL's fault: it still revokes.
bool IsHarmless(int code) {
  return code == X509_V_ERR_CERT_REVOKED || code == X509_V_ERR_CRL_HAS_EXPIRED ||
         code == X509_V_ERR_UNABLE_TO_GET_CRL;
}

bool IsOfCrl(int code) {
  switch (code) {
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_INVALID_EXTENSION:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
      return true;
    default:
      return false;
  }
}

// The path of another certificate that signed a CRL: libcrypto asks in a context of its own.
int JudgeCrlSigner(int ok, X509_STORE_CTX* context) {
  const int anchor = sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
  const int depth = X509_STORE_CTX_get_error_depth(context);
  if (ok == 1) {
    X509* current = X509_STORE_CTX_get_current_cert(context);
    return current == nullptr || depth >= anchor || WeaknessOf(current) == nullptr ? 1 : 0;
  }
  // The anchor is trusted as it is.
  const bool of_anchor =
      depth == anchor && IsOfCrl(X509_STORE_CTX_get_error(context)) && anchor > 0;
  return of_anchor ? 1 : 0;
}

// Collects complaints about CRLs and goes on; stops at all others.
int Judge(int ok, X509_STORE_CTX* context) {
  if (X509_STORE_CTX_get0_parent_ctx(context) != nullptr) return JudgeCrlSigner(ok, context);
  if (ok == 1) return 1;
  auto* complaints = static_cast<std::vector<Complaint>*>(X509_STORE_CTX_get_app_data(context));
  const int code = X509_STORE_CTX_get_error(context);
  if (complaints == nullptr || !IsOfCrl(code)) return 0;
  complaints->push_back(
      {X509_STORE_CTX_get_error_depth(context), code, X509_STORE_CTX_get0_current_crl(context)});
  return 1;
}

// One run of libcrypto's engine. The certificates of the question outlive it.
class Engine {
 public:
  Status Prepare(const PathQuestion& question) {
    store_.reset(X509_STORE_new());
    untrusted_.reset(sk_X509_new_null());
    context_.reset(X509_STORE_CTX_new());
    bool good = store_ != nullptr && untrusted_ != nullptr && context_ != nullptr;
    for (const Certificate& anchor : question.trustpoint.anchors) {
      good = good && X509_STORE_add_cert(store_.get(), anchor.x509()) == 1;
    }
    // What the configuration has goes before what the peer brought.
    for (const Certificate& one : question.trustpoint.intermediates) {
      good = good && sk_X509_push(untrusted_.get(), one.x509()) > 0;
    }
    for (const Certificate& one : question.others) {
      good = good && sk_X509_push(untrusted_.get(), one.x509()) > 0;
    }
    good = good && X509_STORE_CTX_init(context_.get(), store_.get(), question.leaf.x509(),
                                       untrusted_.get()) == 1;
    if (!good) return Err(ErrorCode::kInternal, "libcrypto could not begin to verify");
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context_.get());
    X509_VERIFY_PARAM_set_time(parameters, question.now_s);
    // Without X509_V_FLAG_X509_STRICT: it would refuse CAs without key usage or key identifiers
    // too, which RFC 5280, 6.1.4 does not, and which many have.
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_POLICY_CHECK);
    // RFC 5280, 6.1.1 (c): any policy. libcrypto takes an empty set for none.
    if (X509_VERIFY_PARAM_add0_policy(parameters, OBJ_nid2obj(NID_any_policy)) != 1) {
      return Err(ErrorCode::kInternal, "libcrypto could not begin to verify");
    }
    // Without the leaf and the anchor.
    X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kMaxPathLength) - 2);
    X509_STORE_CTX_set_verify_cb(context_.get(), Judge);
    return Ok();
  }

  bool UseCrls(std::span<X509_CRL* const> crls, std::vector<Complaint>* complaints) {
    crls_.reset(sk_X509_CRL_new_null());
    for (X509_CRL* crl : crls) {
      if (crls_ == nullptr || sk_X509_CRL_push(crls_.get(), crl) <= 0) return false;
    }
    X509_STORE_CTX_set0_crls(context_.get(), crls_.get());
    X509_VERIFY_PARAM_set_flags(
        X509_STORE_CTX_get0_param(context_.get()),
        X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT);
    return X509_STORE_CTX_set_app_data(context_.get(), complaints) == 1;
  }

  bool Run() { return X509_verify_cert(context_.get()) == 1; }
  int error() const { return X509_STORE_CTX_get_error(context_.get()); }
  const X509* culprit() const { return X509_STORE_CTX_get_current_cert(context_.get()); }
  std::vector<const X509*> chain() const {
    std::vector<const X509*> out;
    const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context_.get());
    for (int i = 0; i < sk_X509_num(chain); ++i) out.push_back(sk_X509_value(chain, i));
    return out;
  }

 private:
  // The context is freed first: it refers to the others.
  StorePointer store_;
  CertificateStack untrusted_;
  CrlStack crls_;
  ContextPointer context_;
};

const Certificate* Find(const PathQuestion& question, const X509* x509) {
  if (question.leaf.x509() == x509) return &question.leaf;
  for (const std::span<const Certificate> some :
       {std::span<const Certificate>(question.trustpoint.anchors),
        std::span<const Certificate>(question.trustpoint.intermediates), question.others}) {
    for (const Certificate& one : some) {
      if (one.x509() == x509) return &one;
    }
  }
  // An anchor that came with the peer is the store's own object; it is the same certificate.
  for (const Certificate& one : question.trustpoint.anchors) {
    if (X509_cmp(one.x509(), x509) == 0) return &one;
  }
  return nullptr;
}

Path Refused(const PathQuestion& question, std::string_view text, std::string_view culprit) {
  const std::string subject = question.leaf.subject();
  const std::string of =
      culprit.empty() || culprit == subject ? std::string() : fmt::format(" of \"{}\"", culprit);
  Path path;
  path.why = fmt::format("The certificate of \"{}\" is refused by trustpoint {}: {}{}.", subject,
                         question.trustpoint.name, text, of);
  return path;
}

bool IsStranger(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
         error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
         error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

Path RefusedByEngine(const PathQuestion& question, const Engine& engine) {
  const Certificate* culprit =
      engine.culprit() == nullptr ? nullptr : Find(question, engine.culprit());
  if (IsStranger(engine.error())) {
    Path path = Refused(question, "no path leads to an anchor", "");
    path.stranger = true;
    return path;
  }
  return Refused(question, X509_verify_cert_error_string(engine.error()),
                 culprit == nullptr ? "" : culprit->subject());
}

// RFC 4945, 5.1.3.2.
bool MaySign(const Certificate& leaf) {
  const uint32_t usage = X509_get_key_usage(leaf.x509());  // all bits when there is none
  return (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

// RFC 4945, 5.1.3.12: without the extension any purpose. Beside what the RFC has, those before it
// (RFC 4945 deprecates them), the one that macOS asks for, and what certificates of servers and
// clients have: many gateways use such ones, and it is the identity in them that counts.
bool IsForIke(const ASN1_OBJECT* purpose) {
  constexpr std::array kKnown{NID_anyExtendedKeyUsage, NID_ipsec_IKE, NID_ipsecEndSystem,
                              NID_ipsecTunnel,         NID_ipsecUser, NID_server_auth,
                              NID_client_auth};
  if (std::ranges::find(kKnown, OBJ_obj2nid(purpose)) != kKnown.end()) return true;
  constexpr std::array<uint8_t, 8> kIkeIntermediate{0x2b, 0x06, 0x01, 0x05, 0x05, 0x08, 0x02, 0x02};
  return std::ranges::equal(kIkeIntermediate, Bytes(OBJ_get0_data(purpose), OBJ_length(purpose)));
}
bool MayProveIke(const Certificate& leaf) {
  int critical = 0;
  const PurposesPointer purposes(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(leaf.x509(), NID_ext_key_usage, &critical, nullptr)));
  if (purposes == nullptr) return critical == -1;  // else it is there and does not parse
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i) {
    if (IsForIke(sk_ASN1_OBJECT_value(purposes.get(), i))) return true;
  }
  return false;
}

// By one CRL, or by there being none, at one depth.
Finding FindingOf(const std::vector<Complaint>& complaints, int depth) {
  Finding finding{RevocationWord::kGood, ""};
  for (const Complaint& complaint : complaints) {
    if (complaint.depth != depth) continue;
    // libcrypto forgets which CRL it is at once it has complained of its time.
    const auto spoils = [&](const Complaint& other) {
      return other.depth == depth && (complaint.crl == nullptr || other.crl == complaint.crl) &&
             !IsHarmless(other.code);
    };
    if (complaint.code == X509_V_ERR_CERT_REVOKED &&
        std::none_of(complaints.begin(), complaints.end(), spoils)) {
      return {RevocationWord::kRevoked, ""};
    }
    if (finding.word == RevocationWord::kGood) {
      finding = Nothing(X509_verify_cert_error_string(complaint.code));
    }
  }
  return finding;
}

}  // namespace

Path FindPath(const PathQuestion& question) {
  const ErrorsCleared cleared;
  Engine engine;
  if (!engine.Prepare(question)) return Refused(question, "libcrypto is out of memory", "");
  if (!engine.Run()) return RefusedByEngine(question, engine);
  Path path;
  for (const X509* x509 : engine.chain()) {
    const Certificate* one = Find(question, x509);
    if (one == nullptr) return Refused(question, "a certificate that nobody gave", "");
    path.certificates.push_back(*one);
  }
  if (path.certificates.size() > kMaxPathLength) {
    return Refused(question, "the path is longer than 8 certificates", "");
  }
  const auto anchor = static_cast<int>(path.certificates.size()) - 1;
  for (int depth = 0; depth < anchor; ++depth) {
    const Certificate& one = path.certificates[static_cast<size_t>(depth)];
    const char* fault = WeaknessOf(one.x509());
    if (fault == nullptr) continue;
    return Refused(question, fmt::format("the certificate of \"{}\" {}", one.subject(), fault), "");
  }
  if (!MaySign(question.leaf)) return Refused(question, "its key usage does not allow signing", "");
  if (!MayProveIke(question.leaf)) {
    return Refused(question, "its extended key usage does not allow IKE", "");
  }
  return path;
}

std::vector<Finding> CheckCrls(const PathQuestion& question, const Path& path,
                               std::span<X509_CRL* const> crls) {
  const ErrorsCleared cleared;
  std::vector<Finding> findings(path.certificates.size() - 1);
  if (findings.empty() || crls.empty()) return findings;
  Engine engine;
  std::vector<Complaint> complaints;
  if (!engine.Prepare(question) || !engine.UseCrls(crls, &complaints) || !engine.Run()) {
    return findings;
  }
  const std::vector<const X509*> chain = engine.chain();
  const auto same = [](const Certificate& one, const X509* x509) { return one.x509() == x509; };
  if (!std::equal(path.certificates.begin(), path.certificates.end(), chain.begin(), chain.end(),
                  same)) {
    return findings;
  }
  for (size_t depth = 0; depth < findings.size(); ++depth) {
    findings[depth] = FindingOf(complaints, static_cast<int>(depth));
  }
  return findings;
}

}  // namespace vam::pki
