// Random IKEv2 objects for the round trip of sw/config.
#ifndef VAM_TESTS_UNIT_SW_CONFIG_RANDOM_IKE_H_
#define VAM_TESTS_UNIT_SW_CONFIG_RANDOM_IKE_H_

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sw/config/running.h"
#include "tests/unit/sw/config/random_net.h"

namespace vam::config {

// At most `most` different ones, in any order.
template <typename T>
std::vector<T> Some(std::vector<T> all, size_t most) {
  for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[Pick<size_t>(0, i - 1)]);
  all.resize(std::min(all.size(), Pick<size_t>(0, most)));
  return all;
}

// Any bytes, or a word; also words that say something in a pattern.
inline IkeKey RandomIkeKey() {
  std::string text = Word(20);
  switch (Pick(0, 4)) {
    case 0:
      text = *rc::gen::elementOf(std::vector<std::string>{"0", "6", "hex", "local", "<removed>",
                                                          " ", "required", "\xff\x01", "a b"});
      break;
    case 1:
      for (char& c : text) c = static_cast<char>(Pick(0, 127));
      break;
    default:
      break;
  }
  auto key = std::make_shared<Secret<kLongestSealed>>();
  std::copy(text.begin(), text.end(), key->Resize(text.size()).begin());
  return key;
}

inline std::string RandomDomain() { return "h" + std::to_string(Pick(0, 99)) + ".Example.com"; }
inline net::Prefix RandomRange() {
  return Flip() ? *net::Prefix::Create(Host(), Pick<uint8_t>(0, 32))
                : *net::Prefix::Create(HostV6(), Pick<uint8_t>(0, 128));
}
// `number` keeps them apart.
inline IkeIdentity RandomIdentity(int number) {
  const std::string tail = std::to_string(number) + "." + RandomDomain();
  switch (Pick(0, 5)) {
    case 0:
      return {IkeIdKind::kAddress,
              net::Prefix::Host(net::Address::V4(0x0B000000 + static_cast<uint32_t>(number))), ""};
    case 1:
      return {IkeIdKind::kFqdn, {}, "f" + tail};
    case 2:
      return {IkeIdKind::kFqdnDomain, {}, "d" + tail};
    case 3:
      return {IkeIdKind::kEmail, {}, "a@e" + tail};
    case 4:
      return {IkeIdKind::kEmailDomain, {}, "m" + tail};
    default:
      return {IkeIdKind::kKeyId, {}, "k/" + tail};
  }
}
inline IkeDpd RandomDpd() { return {Pick<uint16_t>(10, 3600), Pick<uint16_t>(2, 60), Flip()}; }

inline Ikev2Peer RandomIkePeer(int number) {
  Ikev2Peer peer;
  peer.name = "p" + std::to_string(number);
  if (Flip()) peer.description = Text();
  if (Flip()) {
    peer.address =
        *net::Prefix::Create(net::Address::V4(0x0A000000U + (static_cast<uint32_t>(number) << 16)),
                             Pick<uint8_t>(16, 32));
  }
  if (Flip()) peer.hostname = "n" + std::to_string(number) + "." + RandomDomain();
  if (Flip()) peer.identity = RandomIdentity(number);
  if (Flip()) peer.local_key = RandomIkeKey();
  if (Flip()) peer.remote_key = Flip() ? peer.local_key : RandomIkeKey();
  if (Flip()) peer.ppk = IkePpk{"id" + Word(4), RandomIkeKey(), Flip()};
  return peer;
}

inline Ikev2Profile RandomIkeProfile(std::string name) {
  Ikev2Profile profile;
  profile.name = std::move(name);
  if (Flip()) profile.description = Text();
  for (int i = Pick(0, 3); i > 0; --i) {
    profile.remote.push_back(i == 1 && Flip() ? IkeIdentity{IkeIdKind::kAddress, RandomRange(), ""}
                                              : RandomIdentity(i));
  }
  if (Flip()) profile.remote.push_back({});
  if (Flip()) profile.certificate_maps = {"cmap", "other"};
  if (Flip()) profile.fvrf = Flip() ? "any" : "red";
  if (Flip()) profile.local.push_back({Flip() ? Host() : HostV6(), ""});
  if (Flip()) profile.local.push_back({{}, "lan9"});
  if (Flip()) {
    profile.identity = RandomIdentity(1);
    const bool range = profile.identity->kind == IkeIdKind::kFqdnDomain ||
                       profile.identity->kind == IkeIdKind::kEmailDomain;
    if (range) profile.identity = IkeIdentity{IkeIdKind::kDn, {}, ""};
  }
  const std::vector<IkeAuth> methods{IkeAuth::kPreShare, IkeAuth::kRsaSig, IkeAuth::kEcdsaSig,
                                     IkeAuth::kEddsaSig};
  if (Flip()) profile.local_auth = *rc::gen::elementOf(methods);
  if (profile.local_auth == IkeAuth::kPreShare && Flip()) profile.local_key = RandomIkeKey();
  profile.remote_auth = Some(methods, 4);
  const bool pre_share =
      std::count(profile.remote_auth.begin(), profile.remote_auth.end(), IkeAuth::kPreShare) != 0;
  if (pre_share && Flip()) profile.remote_key = RandomIkeKey();
  if (Flip()) profile.keyring = "ring";
  for (int i = Pick(0, 2); i > 0; --i) {
    const bool sign = Flip();
    profile.trustpoints.push_back({"tp" + std::to_string(i), sign, !sign || Flip()});
  }
  if (Flip()) profile.dpd = RandomDpd();
  if (Flip()) profile.lifetime = Pick<uint32_t>(120, 86400);
  if (Flip()) profile.nat_keepalive = Pick<uint32_t>(5, 3600);
  if (Flip()) profile.reauth = Pick<uint32_t>(120, 86400);
  profile.childless = static_cast<IkeChildless>(Pick<int>(0, 3));
  profile.initial_contact_force = Flip();
  if (Flip()) profile.resumption = Pick<uint32_t>(60, 86400);
  profile.mobike = Flip();
  profile.mobike_unchecked = profile.mobike && Flip();
  if (Flip()) profile.psk_authorization = IkeGroupAuthorization{"default", "auth"};
  if (Flip()) profile.cert_authorization = IkeGroupAuthorization{"other", "gone"};
  profile.config_exchange.request = Flip();
  profile.config_exchange.address = profile.config_exchange.request && Flip();
  profile.config_exchange.accept = Flip();
  profile.config_exchange.send = Flip();
  if (Flip()) profile.ivrf = "red";
  return profile;
}

inline void AddIkeGlobals(IkeGlobals& ike) {
  if (Flip()) ike.dpd = RandomDpd();
  if (Flip()) ike.cookie_challenge = Pick<uint16_t>(1, 1000);
  if (Flip()) ike.incoming_negotiations = Pick<uint32_t>(1, 99999);
  if (Flip()) ike.outgoing_negotiations = Flip() ? ike.incoming_negotiations : Pick<uint32_t>(1, 9);
  if (Flip()) ike.max_sa = Pick<uint32_t>(1, 99999);
  if (Flip()) ike.admission_sa = Pick<uint32_t>(0, 99999);
  if (Flip()) ike.admission_negotiations = Pick<uint32_t>(0, 99999);
  if (Flip()) ike.nat_keepalive = Pick<uint32_t>(5, 3600);
  ike.window = Pick<uint8_t>(1, 20);
  ike.retransmit = {Pick<uint32_t>(100, 9'000), Pick<uint16_t>(100, 120), Pick<uint8_t>(2, 20), {}};
  if (Flip()) ike.retransmit.limit_s = Pick<uint16_t>(1, 180);
  ike.fragmentation.on = Flip();
  if (ike.fragmentation.on && Flip()) ike.fragmentation.mtu = Pick<uint16_t>(68, 1500);
  if (ike.fragmentation.on) ike.fragmentation.prefer_cisco = Flip();
  ike.http_url_cert = Flip();
  if (Flip()) ike.certificate_cache = Pick<uint16_t>(1, 2000);
  ike.diagnose_errors = Pick<uint16_t>(0, 1000);
  ike.log = Flip();
  if (Flip()) ike.redirects = Pick<uint8_t>(1, 254);
  for (IkeRedirectTargets* targets : {&ike.redirect_init, &ike.redirect_auth}) {
    if (Flip()) targets->v4 = Host();
    if (Flip()) targets->v6 = HostV6();
  }
}

inline PkiTrustpoint RandomTrustpoint(std::string name) {
  PkiTrustpoint point;
  point.name = std::move(name);
  point.enrollment = static_cast<PkiEnrollment>(Pick(0, 3));
  if (Flip()) point.subject = "CN=gw,O=Some thing";
  if (Flip()) point.fqdn = Flip() ? "" : "gw.example.com";
  if (Flip()) point.address = Flip() ? Host() : HostV6();
  if (Flip()) {
    point.rsa_key = "label";
    if (Flip()) point.rsa_bits = Pick<uint32_t>(2048, 4096);
  } else if (Flip()) {
    point.ec_key = "short";
  }
  point.hash = static_cast<PkiHash>(Pick(0, 3));
  using R = PkiRevocation;
  point.revocation = *rc::gen::elementOf(std::vector<std::vector<R>>{
      {R::kNone}, {R::kCrl}, {R::kOcsp, R::kCrl}, {R::kCrl, R::kOcsp, R::kNone}});
  if (Flip()) point.ocsp_url = "http://a/b?c=d";
  if (Flip()) point.crl_url = "http://[2001:db8::1]:80/x.crl";
  if (Flip()) point.certificate_url = "http://pki.example.com/gw.der";
  return point;
}
// A certificate as far as sw/config looks into it, with chance behind that.
inline PkiCertificate RandomCertificate(bool ca, uint8_t number) {
  PkiCertificate one{ca, number == 0 ? "CA" : "0" + std::to_string(number), {}};
  const auto rest = Pick<uint8_t>(0, 100);
  one.der = {0x30, static_cast<uint8_t>(rest + 5), 0x30, 3, 2, 1};
  one.der.push_back(number == 0 ? 0xCA : number);
  if (number == 0) one.der = {0x30, static_cast<uint8_t>(rest + 6), 0x30, 4, 2, 2, 0, 0xCA};
  for (int i = 0; i < rest; ++i) one.der.push_back(Pick<uint8_t>(0, 254));
  return one;
}
inline PkiMapRule RandomRule() {
  PkiMapRule rule;
  rule.field = static_cast<PkiField>(Pick(0, 7));
  if (rule.field < PkiField::kValidStart) {
    rule.op = static_cast<PkiOperator>(Pick(0, 3));
    rule.text = "o=some thing";
    return rule;
  }
  rule.op = *rc::gen::elementOf(std::vector<PkiOperator>{
      PkiOperator::kLess, PkiOperator::kGreaterOrEqual, PkiOperator::kEqual});
  rule.text = "Jan 1 1970 00:00:59";
  rule.time_s = 59;
  return rule;
}
inline void AddPki(Running& running) {
  for (const char* name : {"tp0", "tp1"}) {
    if (Flip()) continue;
    running.pki.trustpoints.push_back(RandomTrustpoint(name));
    if (Flip()) continue;
    PkiChain& chain = running.pki.chains.FindOrAdd(name);
    if (Flip()) chain.certificates.push_back(RandomCertificate(false, 0));
    for (uint8_t i = 0; i < Pick<uint8_t>(0, 3); ++i) {
      chain.certificates.push_back(RandomCertificate(true, i));
    }
  }
  if (Flip()) return;
  PkiMap& map = running.pki.maps.FindOrAdd("cmap");
  map.entries.push_back({7, {RandomRule()}});
  map.entries.push_back({65535, {}});
}

inline Ikev2Authorization RandomAuthorization(const std::string& name) {
  Ikev2Authorization policy;
  policy.name = name;
  if (Flip()) policy.pool = "pool";
  if (Flip()) policy.ipv6_pool = "pool";
  if (Flip()) policy.dns = {Host()};
  if (Flip()) policy.ipv6_dns = {HostV6()};
  if (Flip()) policy.wins = {Host()};
  if (Flip()) policy.netmask = Pick<uint8_t>(0, 32);
  if (Flip()) policy.def_domain = "example.com";
  policy.split_dns = Some<std::string>({"a.example", "b.example", "c.example"}, 3);
  if (Flip()) policy.route_acl = "7";
  if (Flip()) policy.route_acl6 = "six";
  if (Flip()) policy.routes.push_back(*net::Prefix::Parse("10.7.0.0/16"));
  if (Flip()) policy.routes.push_back(*net::Prefix::Parse("2001:db8:7::/48"));
  return policy;
}
// Far from the addresses of interfaces.
inline void AddPools(Ike& ike) {
  if (Flip()) {
    LocalPool& pool = ike.pools.FindOrAdd("pool");
    for (uint32_t i = 1 + Pick<uint32_t>(0, 3); i > 0; --i) {
      const uint32_t first = 0xcb007100 + 16 * i;  // 203.0.113.0
      pool.ranges.push_back(
          {net::Address::V4(first), net::Address::V4(first + Pick<uint32_t>(0, 9))});
    }
  }
  if (Flip()) ike.ipv6_pools.FindOrAdd("pool").prefix = *net::Prefix::Parse("2001:db8:fff0::/112");
}

inline void AddIke(Running& running) {
  Ike& ike = running.ike;
  AddIkeGlobals(ike.globals);
  std::vector<IkeCipher> ciphers;
  std::vector<IkeHash> hashes;
  std::vector<uint16_t> groups;
  for (const auto& info : IkeCiphers()) ciphers.push_back(info.id);
  for (const auto& info : IkeHashes()) hashes.push_back(info.id);
  for (const auto& info : IkeGroups()) {
    if (info.keyword.empty()) groups.push_back(info.number);  // others only as additional ones
  }
  for (const char* name : {"default", "a", "B"}) {
    if (!Flip()) continue;
    Ikev2Proposal& proposal = ike.proposals.FindOrAdd(name);
    proposal.encryption = Some(ciphers, 9);
    proposal.integrity = Some(hashes, 5);
    proposal.prf = Some(hashes, 3);
    proposal.groups = Some(groups, 13);
    if (Flip()) {
      proposal.additional_groups.at(Pick<size_t>(0, 6)) =
          Some<uint16_t>({20, 35, 36, 37, kNoIkeGroup}, 4);
    }
  }
  for (const char* name : {"x", "default", "70000"}) {
    if (!Flip()) continue;
    Ikev2Policy& policy = ike.policies.FindOrAdd(name);
    policy.proposals = Some<std::string>({"default", "a", "gone"}, 3);
    if (Flip()) policy.fvrf = Flip() ? "any" : "red";
    if (Flip()) policy.local = {Host(), HostV6()};
  }
  ike.globals.default_proposal = ike.proposals.Find("default") != nullptr || Flip();
  ike.globals.default_policy = ike.policies.Find("default") != nullptr || Flip();
  for (const char* name : {"ring", "other"}) {
    if (!Flip()) continue;
    Ikev2Keyring& keyring = ike.keyrings.FindOrAdd(name);
    for (int i = Pick(0, 4); i > 0; --i) keyring.peers.push_back(RandomIkePeer(i));
  }
  for (const char* name : {"auth", "other"}) {
    if (Flip()) ike.authorizations.push_back(RandomAuthorization(name));
  }
  AddPools(ike);
  for (const char* name : {"ike", "q"}) {
    if (Flip()) ike.profiles.push_back(RandomIkeProfile(name));
  }
  for (int i = Pick(0, 2); i > 0; --i) {
    IsakmpPeer& peer = ike.peers.FindOrAdd(
        fmt::format("address ipv6 2001:db8:{}::/48{}", i, i == 1 ? " vrf red" : ""));
    peer.address = *net::Prefix::Parse(fmt::format("2001:db8:{}::/48", i));
    if (i == 1) peer.vrf = "red";
    if (Flip()) peer.description = Word(20);
  }
}

}  // namespace vam::config

#endif  // VAM_TESTS_UNIT_SW_CONFIG_RANDOM_IKE_H_
