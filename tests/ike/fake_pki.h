// The signer, and mgmt as it fetches, in memory.
#ifndef VAM_TESTS_IKE_FAKE_PKI_H_
#define VAM_TESTS_IKE_FAKE_PKI_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sw/crypto/signature.h"
#include "sw/ike/revocation_client.h"
#include "sw/ike/signer_client.h"

namespace vam::ike::test {

class FakePki {
 public:
  explicit FakePki(const Clock& clock);

  // A key of the signer. `pkcs8` in DER.
  void AddKey(const std::string& label, const std::vector<uint8_t>& pkcs8);
  // What is behind a URL; of others there is an error.
  void Serve(const std::string& url, std::vector<uint8_t> data) { served_[url] = std::move(data); }

  // Whether the roles are there, and whether they answer. One that comes back is met.
  void SetSigner(bool there, bool answers = true);
  void SetMgmt(bool there, bool answers = true);

  // Answers what was asked so far. False: there was nothing.
  bool Answer();

  // What was asked for, in order: labels, and the URLs of each fetch.
  const std::vector<std::string>& signed_by() const { return signed_by_; }
  const std::vector<std::string>& fetched() const { return fetched_; }

  SignerClient signer;
  RevocationClient revocation;

 private:
  SignAnswer Sign(const SignQuestion& question) const;
  FetchAnswer Fetch(const pki::FetchNeed& need) const;

  std::map<std::string, crypto::PrivateKey> keys_;
  std::map<std::string, std::vector<uint8_t>> served_;
  bool signer_there_ = true, signer_answers_ = true;
  bool mgmt_there_ = true, mgmt_answers_ = true;
  std::vector<std::pair<uint32_t, SignQuestion>> to_sign_;
  std::vector<std::pair<uint32_t, pki::FetchNeed>> to_fetch_;
  std::vector<std::string> signed_by_, fetched_;
};

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_FAKE_PKI_H_
