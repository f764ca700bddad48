#include "tests/ike/fake_pki.h"

namespace vam::ike::test {

FakePki::FakePki(const Clock& clock)
    : signer(
          clock,
          [this](uint32_t request, const SignQuestion& question) {
            if (!signer_there_) return false;
            to_sign_.emplace_back(request, question);
            signed_by_.push_back(question.key);
            return true;
          },
          kSignerLimits),
      revocation(clock, [this](uint32_t request, const pki::FetchNeed& need) {
        if (!mgmt_there_) return false;
        to_fetch_.emplace_back(request, need);
        std::string urls;
        for (const std::string& url : need.urls) urls += (urls.empty() ? "" : " ") + url;
        fetched_.push_back(std::move(urls));
        return true;
      }) {}

void FakePki::AddKey(const std::string& label, const std::vector<uint8_t>& pkcs8) {
  keys_.insert_or_assign(label, *crypto::PrivateKey::FromDer(pkcs8));
}

void FakePki::SetSigner(bool there, bool answers) {
  // What was in its hands ends with it.
  if (!there || !signer_there_) to_sign_.clear();
  const bool is_new = there && !signer_there_;
  signer_there_ = there;
  signer_answers_ = answers;
  if (is_new) signer.Meet();
}

void FakePki::SetMgmt(bool there, bool answers) {
  if (!there || !mgmt_there_) to_fetch_.clear();
  const bool is_new = there && !mgmt_there_;
  mgmt_there_ = there;
  mgmt_answers_ = answers;
  if (is_new) revocation.Meet();
}

SignAnswer FakePki::Sign(const SignQuestion& question) const {
  const auto key = keys_.find(question.key);
  if (key == keys_.end()) return {{}, "There is no key " + question.key + "."};
  auto signature = key->second.Sign(question.scheme, question.octets);
  if (!signature) return {{}, "The key does not sign so."};
  return {std::move(*signature), ""};
}

FetchAnswer FakePki::Fetch(const pki::FetchNeed& need) const {
  for (const std::string& url : need.urls) {
    const auto found = served_.find(url);
    if (found != served_.end()) return {found->second, ""};
  }
  return {{}, "Nothing could be fetched."};
}

bool FakePki::Answer() {
  bool any = false;
  if (signer_answers_) {
    for (const auto& [request, question] : std::exchange(to_sign_, {})) {
      signer.Receive(request, Sign(question));
      any = true;
    }
  }
  if (mgmt_answers_) {
    for (const auto& [request, need] : std::exchange(to_fetch_, {})) {
      revocation.Receive(request, Fetch(need));
      any = true;
    }
  }
  return any;
}

}  // namespace vam::ike::test
