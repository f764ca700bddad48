// Gateways that prove themselves by certificates: keys, authorities, and the policies with them.
#ifndef VAM_TESTS_IKE_CERTIFICATES_H_
#define VAM_TESTS_IKE_CERTIFICATES_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/config/running_pki.h"
#include "tests/ike/network.h"
#include "tests/support/identity.h"

namespace vam::ike::test {

using Issued = vam::test::Identity;
using vam::test::KeyChoice;

inline constexpr KeyChoice kEveryKey[] = {KeyChoice::kRsa2048, KeyChoice::kP256,
                                          KeyChoice::kP384,    KeyChoice::kP521,
                                          KeyChoice::kEd25519, KeyChoice::kEd448};
const char* NameOf(KeyChoice key);

pki::Certificate CertificateOf(const Issued& from);
// The authority that everybody trusts who says nothing else.
const Issued& Root();
// "CN=a" with the names a.example.com, a@example.com and 192.0.2.1; b likewise, 192.0.2.2. Of each
// key one, made once.
const Issued& LeafOfA(KeyChoice key = KeyChoice::kP256);
const Issued& LeafOfB(KeyChoice key = KeyChoice::kP256);

// How one gateway proves itself, and whom it takes.
struct Proof {
  std::optional<Issued> own = {};  // nothing: by the shared key
  std::vector<Issued> intermediates = {};
  std::vector<Issued> anchors{Root()};
  std::vector<v2::AuthKind> remote{v2::AuthKind::kRsa, v2::AuthKind::kEcdsa, v2::AuthKind::kEdDsa};
  std::vector<pki::RevocationCheck> revocation{pki::RevocationCheck::kNone};
  std::string crl_url = {};
  std::string ocsp_url = {};
  Identity identity = {};                      // empty: the name of the certificate
  std::vector<config::IkeIdentity> match{{}};  // any
  std::vector<config::PkiMap> maps = {};
  bool legacy = false;
};
// The label under which the signer has the key.
inline constexpr const char* kLabel = "key";

std::shared_ptr<const v2::Credential> CredentialOf(const Issued& own,
                                                   const std::vector<Issued>& intermediates,
                                                   const std::vector<Issued>& authorities,
                                                   const std::string& label = kLabel);
std::shared_ptr<v2::Profile> ProfileOf(const Tunnel& tunnel, const Proof& proof);
v2::Policy::Parts PolicyOf(const Tunnel& tunnel, const Proof& proof);
// The policy and the key.
void Configure(Side& side, const Tunnel& tunnel, const Proof& proof);

// Both gateways by certificates of Root().
class CertificateNetwork : public Network {
 public:
  explicit CertificateNetwork(uint64_t seed, KeyChoice of_a = KeyChoice::kP256,
                              KeyChoice of_b = KeyChoice::kP256);

  void ConfigureA(const Proof& proof) { Configure(a, TunnelOfA(), proof); }
  void ConfigureB(const Proof& proof) { Configure(b, TunnelOfB(), proof); }
  // a calls, until all is said.
  void SetUp();
  // It came up with one child, equal at both ends.
  std::string WhyNotUp();
  // What `diagnose error` would say of the last failure of a side, and only of one.
  static std::string FailureOf(const Side& side);
};

}  // namespace vam::ike::test

#endif  // VAM_TESTS_IKE_CERTIFICATES_H_
