#include "sw/pki/revocation_check.h"

#include <fmt/core.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "sw/pki/ocsp.h"
#include "sw/pki/openssl_pointers.h"
#include "sw/pki/strength.h"

namespace vam::pki {
namespace {

std::string KeyOf(std::string_view prefix, const std::vector<std::string>& urls, Bytes asked) {
  std::vector<uint8_t> text;
  for (const std::string& url : urls) {
    text.insert(text.end(), url.begin(), url.end());
    text.push_back('\n');
  }
  text.insert(text.end(), asked.begin(), asked.end());
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(text.data(), text.size(), digest.data());
  return fmt::format("{}{}", prefix, FormatHex(digest));
}

// What a CRL must be before libcrypto is asked about it. Null: good.
const char* CrlFault(const X509_CRL* crl) {
  if (X509_CRL_get0_nextUpdate(crl) == nullptr) return "the CRL does not say until when it holds";
  if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0) return "it is a delta CRL";
  if (WeaknessOf(crl) != nullptr) return "the CRL has a weak signature";
  return nullptr;
}

// One path under one trustpoint.
class Checker {
 public:
  Checker(const PathQuestion& question, const Path& path, const RevocationCache& cache)
      : question_(question), path_(path), cache_(cache), methods_(question.trustpoint.revocation) {
    if (methods_.empty()) methods_.push_back(RevocationCheck::kCrl);
  }

  RevocationResult Check() {
    if (std::find(methods_.begin(), methods_.end(), RevocationCheck::kCrl) != methods_.end()) {
      ReadCrls();
    }
    RevocationResult result;
    for (size_t depth = 0; depth + 1 < path_.certificates.size(); ++depth) {
      if (!CheckOne(depth, result)) return result;
    }
    result.verdict = result.needs.empty() ? Verdict::kTrusted : Verdict::kNeedsRevocation;
    return result;
  }

 private:
  // What one method says: a finding, or that it must be asked for.
  struct Answer {
    Finding finding;
    bool ask = false;
    FetchNeed need = {};
  };

  const Certificate& Subject(size_t depth) const { return path_.certificates[depth]; }

  // All CRLs of the path in one run of libcrypto.
  void ReadCrls() {
    std::vector<X509_CRL*> crls;
    for (size_t depth = 0; depth + 1 < path_.certificates.size(); ++depth) {
      crl_needs_.push_back(CrlNeed(question_.trustpoint, Subject(depth)));
      const RevocationCache::Entry* entry = cache_.Find(crl_needs_.back().key);
      if (entry == nullptr || entry->crl == nullptr || CrlFault(entry->crl.get()) != nullptr) {
        continue;
      }
      if (std::find(crls.begin(), crls.end(), entry->crl.get()) == crls.end()) {
        crls.push_back(entry->crl.get());
      }
    }
    findings_ = CheckCrls(question_, path_, crls);
  }

  Finding Judge(const RevocationCache::Entry& entry, RevocationCheck method, size_t depth) const {
    if (method == RevocationCheck::kOcsp) {
      if (entry.ocsp == nullptr) return Nothing("no OCSP answer is there");
      return ReadOcspAnswer(entry.ocsp.get(), Subject(depth), Subject(depth + 1), question_.now_s);
    }
    if (entry.crl == nullptr) return Nothing("no CRL is there");
    const char* fault = CrlFault(entry.crl.get());
    return fault != nullptr ? Nothing(fault) : findings_[depth];
  }

  Answer Ask(RevocationCheck method, size_t depth) const {
    Answer answer;
    answer.need = method == RevocationCheck::kCrl
                      ? crl_needs_[depth]
                      : OcspNeed(question_.trustpoint, Subject(depth), Subject(depth + 1));
    if (answer.need.urls.empty()) {
      answer.finding = Nothing(method == RevocationCheck::kCrl
                                   ? "it names no place of a CRL, and neither does the trustpoint"
                                   : "it names no OCSP responder, and neither does the trustpoint");
      return answer;
    }
    const RevocationCache::Entry* entry = cache_.Find(answer.need.key);
    if (entry == nullptr) {
      answer.ask = true;
      return answer;
    }
    const bool failed = question_.now_s < entry->failed_until_s;
    answer.finding = Nothing("it could not be fetched");
    if (entry->has_data()) {
      if (entry->seen_s == 0) entry->seen_s = question_.now_s;
      answer.finding = Judge(*entry, method, depth);
    }
    const bool fresh = entry->has_data() && question_.now_s - entry->seen_s < kAskAgainS;
    answer.ask = answer.finding.word == RevocationWord::kNothing && !failed && !fresh;
    return answer;
  }

  // False: the path is refused, as `result` says.
  bool CheckOne(size_t depth, RevocationResult& result) const {
    const char* why = "nothing is asked";
    for (const RevocationCheck method : methods_) {
      if (method == RevocationCheck::kNone) return true;
      Answer answer = Ask(method, depth);
      if (answer.ask) {
        AddNeed(std::move(answer.need), result.needs);
        return true;
      }
      if (answer.finding.word == RevocationWord::kGood) return true;
      if (answer.finding.word == RevocationWord::kRevoked) {
        Refuse(depth, "is revoked", result);
        result.revoked = true;
        return false;
      }
      why = answer.finding.why;
    }
    Refuse(depth, fmt::format("may be revoked: {}", why), result);
    return false;
  }

  void Refuse(size_t depth, std::string_view text, RevocationResult& result) const {
    const std::string leaf = question_.leaf.subject();
    const std::string of = depth == 0
                               ? "it"
                               : fmt::format("the certificate of \"{}\", number {},",
                                             Subject(depth).subject(), Subject(depth).serial());
    result.verdict = Verdict::kRefused;
    result.needs.clear();
    result.why = fmt::format("The certificate of \"{}\" is refused by trustpoint {}: {} {}.", leaf,
                             question_.trustpoint.name, of, text);
  }

  static void AddNeed(FetchNeed need, std::vector<FetchNeed>& needs) {
    const auto same = [&](const FetchNeed& other) { return other.key == need.key; };
    if (std::none_of(needs.begin(), needs.end(), same)) needs.push_back(std::move(need));
  }

  const PathQuestion& question_;
  const Path& path_;
  const RevocationCache& cache_;
  std::vector<RevocationCheck> methods_;
  // Of CRLs, for each certificate but the anchor; empty when they are not asked for.
  std::vector<FetchNeed> crl_needs_;
  std::vector<Finding> findings_;
};

}  // namespace

FetchNeed CrlNeed(const Trustpoint& trustpoint, const Certificate& subject) {
  FetchNeed need;
  need.kind = RevocationCheck::kCrl;
  need.trustpoint = trustpoint.name;
  need.urls = trustpoint.crl_url.empty() ? subject.crl_urls()
                                         : std::vector<std::string>{trustpoint.crl_url};
  need.key = KeyOf(kCrlKeyPrefix, need.urls, subject.issuer_der());
  return need;
}

FetchNeed OcspNeed(const Trustpoint& trustpoint, const Certificate& subject,
                   const Certificate& issuer) {
  FetchNeed need;
  need.kind = RevocationCheck::kOcsp;
  need.trustpoint = trustpoint.name;
  need.urls = trustpoint.ocsp_url.empty() ? subject.ocsp_urls()
                                          : std::vector<std::string>{trustpoint.ocsp_url};
  need.ocsp_request = OcspRequest(subject, issuer);
  need.key = KeyOf(kOcspKeyPrefix, need.urls, need.ocsp_request);
  return need;
}

RevocationResult CheckRevocation(const PathQuestion& question, const Path& path,
                                 const RevocationCache& cache) {
  return Checker(question, path, cache).Check();
}

}  // namespace vam::pki
