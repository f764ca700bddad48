// CRLs and OCSP answers for whoever verifies certificates, and certificates that peers name by hash
// and URL: what is there, and what mgmt fetches.
#ifndef VAM_SW_IKE_REVOCATION_CLIENT_H_
#define VAM_SW_IKE_REVOCATION_CLIENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sw/ike/answer_table.h"
#include "sw/ike/fetch_budget.h"
#include "sw/pki/certificate_cache.h"
#include "sw/pki/revocation.h"
#include "sw/pki/verify.h"

namespace vam::ike {

struct FetchAnswer {
  std::vector<uint8_t> data;
  std::string error;  // not empty: a sentence, and there is no data
};

// One thread, one for all IKE SAs: the same is fetched once, whoever waits for it. What could not
// be had is not asked for again for a while, so that neither peers nor a dead server keep mgmt
// busy.
class RevocationClient {
 public:
  using Send = std::function<bool(uint32_t request, const pki::FetchNeed&)>;
  using Done = std::function<void()>;

  static constexpr AnswerLimits kLimits{15 * kNsPerSecond, 256};
  // For so long a failure counts; a short time where mgmt itself was away.
  static constexpr int64_t kFailedSeconds = 60;
  static constexpr int64_t kAwaySeconds = 5;

  RevocationClient(const Clock& clock, Send send)
      : clock_(clock), table_(clock, std::move(send), kLimits) {}

  const pki::RevocationCache& cache() const { return cache_; }
  pki::CertificateCache& certificates() { return certificates_; }
  const pki::CertificateCache& certificates() const { return certificates_; }
  // How often strangers may have certificates fetched.
  FetchBudget& budget() { return budget_; }

  // `done` is called when each of `needs` is in the cache (by its key: in that of certificates) or
  // has failed, in a later call of Receive or Poll. Requires: some.
  void Fetch(std::span<const pki::FetchNeed> needs, Done done);

  // mgmt's answer. False: nobody waits for it.
  bool Receive(uint32_t request, const Result<FetchAnswer>& answer) {
    return table_.Receive(request, answer);
  }
  void Meet() { table_.Meet(); }
  void Poll() { table_.Poll(); }
  uint64_t next_ns() const { return table_.next_ns(); }
  size_t pending() const { return table_.pending(); }

 private:
  struct Waiter {
    size_t open;
    Done done;
  };

  void Take(const std::string& key, const Result<FetchAnswer>& answer);

  const Clock& clock_;
  pki::RevocationCache cache_;
  pki::CertificateCache certificates_;
  FetchBudget budget_;
  AnswerTable<pki::FetchNeed, FetchAnswer> table_;
  std::map<std::string, std::vector<std::shared_ptr<Waiter>>, std::less<>> open_;  // by key
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_REVOCATION_CLIENT_H_
