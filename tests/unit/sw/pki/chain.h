// A root, a CA below it and a gateway below that, for tests of verifying.
#ifndef VAM_TESTS_UNIT_SW_PKI_CHAIN_H_
#define VAM_TESTS_UNIT_SW_PKI_CHAIN_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sw/pki/verify.h"
#include "tests/support/identity.h"

namespace vam::pki {

inline constexpr int64_t kNow = 1'800'000'000;

inline Certificate Read(const test::Identity& identity) {
  auto read = Certificate::FromDer(identity.certificate());
  EXPECT_TRUE(read) << read.error().text;
  return *read;
}

struct Chain {
  test::Identity root = test::Identity::SelfSigned({.subject = "CN=root", .ca = true});
  test::Identity ca = root.Issue({.subject = "CN=ca",
                                  .ca = true,
                                  .crl_urls = {"http://root/crl"},
                                  .ocsp_urls = {"http://root/ocsp"}});
  test::Identity leaf = ca.Issue(LeafOptions());

  static test::CertificateOptions LeafOptions() {
    return {.subject = "CN=gw",
            .dns = {"gw.example.com"},
            .key_usage = "critical,digitalSignature",
            .crl_urls = {"http://ca/crl"},
            .ocsp_urls = {"http://ca/ocsp"}};
  }
};

using Trustpoints = std::vector<std::shared_ptr<const Trustpoint>>;

inline Trustpoint TrustOf(const test::Identity& anchor,
                          std::vector<RevocationCheck> revocation = {RevocationCheck::kNone}) {
  Trustpoint trustpoint;
  trustpoint.name = "CA1";
  trustpoint.anchors = {Read(anchor)};
  trustpoint.revocation = std::move(revocation);
  return trustpoint;
}

inline Trustpoints ListOf(Trustpoint trustpoint) {
  return {std::make_shared<const Trustpoint>(std::move(trustpoint))};
}

}  // namespace vam::pki

#endif  // VAM_TESTS_UNIT_SW_PKI_CHAIN_H_
