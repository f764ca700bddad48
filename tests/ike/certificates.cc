#include "tests/ike/certificates.h"

#include <map>
#include <utility>

namespace vam::ike::test {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

const char* NameOf(KeyChoice key) {
  constexpr const char* kNames[] = {"Rsa2048", "Rsa3072", "P256", "P384",
                                    "P521",    "Ed25519", "Ed448"};
  return kNames[static_cast<size_t>(key)];
}

pki::Certificate CertificateOf(const Issued& from) {
  return *pki::Certificate::FromDer(from.certificate());
}

const Issued& Root() {
  static const Issued root = Issued::SelfSigned({.subject = "CN=root,O=Example", .ca = true});
  return root;
}

namespace {

const Issued& LeafOf(const std::string& name, const std::string& address, KeyChoice key) {
  static std::map<std::pair<std::string, KeyChoice>, Issued> made;
  const auto found = made.find({name, key});
  if (found != made.end()) return found->second;
  return made
      .emplace(std::pair(name, key), Root().Issue({.subject = "CN=" + name + ",O=Example",
                                                   .key = key,
                                                   .dns = {name + ".example.com"},
                                                   .emails = {name + "@example.com"},
                                                   .addresses = {address}}))
      .first->second;
}

}  // namespace

const Issued& LeafOfA(KeyChoice key) { return LeafOf("a", "192.0.2.1", key); }
const Issued& LeafOfB(KeyChoice key) { return LeafOf("b", "192.0.2.2", key); }

std::shared_ptr<const Credential> CredentialOf(const Issued& own,
                                               const std::vector<Issued>& intermediates,
                                               const std::vector<Issued>& authorities,
                                               const std::string& label) {
  Credential credential{"T", label, CertificateOf(own), {}, {}, {}};
  for (const Issued& one : intermediates) {
    credential.intermediates.push_back(CertificateOf(one));
    credential.authorities.push_back(credential.intermediates.back().key_hash());
  }
  for (const Issued& one : authorities) {
    credential.authorities.push_back(CertificateOf(one).key_hash());
  }
  return std::make_shared<const Credential>(std::move(credential));
}

std::shared_ptr<Profile> ProfileOf(const Tunnel& tunnel, const Proof& proof) {
  auto profile = ProfileOf(tunnel);
  profile->match = IdentityList(proof.match);
  profile->remote_auth = proof.remote;
  profile->local_identity = proof.identity;
  if (proof.own) {
    profile->credentials = {CredentialOf(*proof.own, proof.intermediates, proof.anchors)};
    profile->local_auth = AuthKindOf(profile->credentials[0]->leaf.key().type());
  }
  auto trustpoint = std::make_shared<pki::Trustpoint>();
  trustpoint->name = "T";
  for (const Issued& anchor : proof.anchors) trustpoint->anchors.push_back(CertificateOf(anchor));
  trustpoint->revocation = proof.revocation;
  trustpoint->crl_url = proof.crl_url;
  trustpoint->ocsp_url = proof.ocsp_url;
  profile->trustpoints = {trustpoint};
  for (const config::PkiMap& map : proof.maps) {
    profile->match_certificate.push_back(std::make_shared<const CertificateMap>(map));
  }
  return profile;
}

Policy::Parts PolicyOf(const Tunnel& tunnel, const Proof& proof) {
  Policy::Parts parts = PolicyWith(tunnel, ProfileOf(tunnel, proof));
  parts.settings.legacy = proof.legacy;
  return parts;
}

void Configure(Side& side, const Tunnel& tunnel, const Proof& proof) {
  side.SetPolicy(PolicyOf(tunnel, proof));
  if (proof.own) side.pki.AddKey(kLabel, proof.own->private_key());
}

CertificateNetwork::CertificateNetwork(uint64_t seed, KeyChoice of_a, KeyChoice of_b)
    : Network(seed) {
  ConfigureA({.own = LeafOfA(of_a)});
  ConfigureB({.own = LeafOfB(of_b)});
}

void CertificateNetwork::SetUp() {
  a.Acquire(1);
  Run();
}

std::string CertificateNetwork::WhyNotUp() {
  if (a.Up() == nullptr || b.Up() == nullptr) {
    return "not up: " + FailureOf(a) + " and " + FailureOf(b);
  }
  if (a.Children() != 1 || b.Children() != 1) return "not one child";
  return Mismatch();
}

std::string CertificateNetwork::FailureOf(const Side& side) {
  std::string out;
  for (const std::string& line : side.record.lines()) {
    if (line.starts_with("ike failed ") || line.starts_with("refused ")) {
      out += (out.empty() ? "" : ", ") + line;
    }
  }
  return out;
}

}  // namespace vam::ike::test
