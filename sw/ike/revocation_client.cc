#include "sw/ike/revocation_client.h"

#include <utility>

namespace vam::ike {

void RevocationClient::Fetch(std::span<const pki::FetchNeed> needs, Done done) {
  const auto waiter = std::make_shared<Waiter>(Waiter{needs.size(), std::move(done)});
  for (const pki::FetchNeed& need : needs) {
    std::vector<std::shared_ptr<Waiter>>& waiters = open_[need.key];
    waiters.push_back(waiter);
    if (waiters.size() > 1) continue;  // is on its way
    table_.Ask(need,
               [this, key = need.key](const Result<FetchAnswer>& answer) { Take(key, answer); });
  }
}

void RevocationClient::Take(const std::string& key, const Result<FetchAnswer>& answer) {
  const int64_t now_s = static_cast<int64_t>(clock_.WallNs() / kNsPerSecond);
  const bool there = answer.has_value() && answer->error.empty();
  const bool of_certificate = key.starts_with(pki::kCertificateKeyPrefix);
  // What is no CRL or OCSP answer, or not what was named, or too long, is as good as none.
  const bool taken = there && (of_certificate ? certificates_.Put(key, answer->data, now_s)
                                              : cache_.Put(key, answer->data))
                                  .has_value();
  if (!taken) {
    const bool away = !answer.has_value() && answer.error().code != ErrorCode::kTimedOut;
    const int64_t until_s = now_s + (away ? kAwaySeconds : kFailedSeconds);
    if (of_certificate) {
      certificates_.Fail(key, until_s);
    } else {
      cache_.Fail(key, until_s);
    }
  }
  const auto found = open_.find(key);
  const auto waiters = std::move(found->second);
  open_.erase(found);
  for (const auto& waiter : waiters) {
    if (--waiter->open == 0) waiter->done();
  }
}

}  // namespace vam::ike
