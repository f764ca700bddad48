#include "sw/config/effective_ike.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sw/config/effective_address.h"
#include "sw/config/effective_pki.h"
#include "sw/config/render_ike.h"

namespace vam::config {
namespace {

constexpr uint16_t kFragmentMtuV4 = 576;   // ASA-77
constexpr uint16_t kFragmentMtuV6 = 1280;  // RFC 8200, 5
constexpr size_t kShortPpk = 32;           // bytes: 256 bits of entropy (RFC 8784, 6)

bool IsAead(IkeCipher cipher) { return InfoOf(cipher).aead; }

bool IsLegacy(const Ikev2Proposal& proposal) {
  const auto legacy = [](auto id) { return InfoOf(id).legacy; };
  return std::ranges::any_of(proposal.encryption, legacy) ||
         std::ranges::any_of(proposal.integrity, legacy) ||
         std::ranges::any_of(proposal.prf, legacy) ||
         std::ranges::any_of(proposal.groups, [](uint16_t group) {
           const IkeGroupInfo* info = FindIkeGroup(group);
           return info != nullptr && info->legacy;
         });
}

bool UsesPreShare(const Ikev2Profile& profile) {
  const bool local = profile.local_auth == IkeAuth::kPreShare && profile.local_key == nullptr;
  const bool remote = std::ranges::count(profile.remote_auth, IkeAuth::kPreShare) != 0 &&
                      profile.remote_key == nullptr;
  return local || remote;
}
std::string MissingVrf(const Running& running, std::string_view name) {
  if (name.empty() || name == kAnyVrf || running.FindVrf(name) != nullptr) return "";
  return fmt::format("VRF {} is not defined", name);
}

}  // namespace

Ikev2Proposal DefaultIkev2Proposal(const Running& running) {
  Ikev2Proposal proposal;
  if (const Ikev2Proposal* said = running.ike.proposals.Find(kIkev2Default)) proposal = *said;
  proposal.name = kIkev2Default;
  const bool legacy = running.crypto.legacy_algorithms;
  const auto fill = [](auto& list, auto own) {
    if (list.empty()) list = std::move(own);
  };
  using C = IkeCipher;
  using H = IkeHash;
  fill(proposal.encryption,
       legacy ? std::vector{C::kAesCbc128, C::k3Des} : std::vector{C::kAesCbc256, C::kAesCbc128});
  fill(proposal.integrity,
       legacy ? std::vector{H::kSha1, H::kMd5} : std::vector{H::kSha512, H::kSha384, H::kSha256});
  fill(proposal.groups, legacy ? std::vector<uint16_t>{5, 2} : std::vector<uint16_t>{19, 14, 21});
  fill(proposal.prf, proposal.integrity);
  return proposal;
}

std::optional<Ikev2Proposal> FindIkev2Proposal(const Running& running, std::string_view name) {
  if (name == kIkev2Default) {
    if (!running.ike.globals.default_proposal) return std::nullopt;
    return DefaultIkev2Proposal(running);
  }
  const Ikev2Proposal* found = running.ike.proposals.Find(name);
  if (found == nullptr) return std::nullopt;
  Ikev2Proposal proposal = *found;
  if (proposal.prf.empty()) proposal.prf = proposal.integrity;
  return proposal;
}

std::optional<Ikev2Policy> FindIkev2Policy(const Running& running, std::string_view name) {
  const Ikev2Policy* found = running.ike.policies.Find(name);
  if (name != kIkev2Default) {
    return found == nullptr ? std::nullopt : std::optional<Ikev2Policy>(*found);
  }
  if (!running.ike.globals.default_policy) return std::nullopt;
  Ikev2Policy policy;
  if (found != nullptr) policy = *found;
  policy.name = kIkev2Default;
  if (policy.proposals.empty()) policy.proposals.emplace_back(kIkev2Default);
  if (!policy.fvrf) policy.fvrf = kAnyVrf;
  return policy;
}

std::vector<Ikev2Policy> EffectiveIkev2Policies(const Running& running) {
  std::vector<Ikev2Policy> policies;
  for (const Ikev2Policy& policy : running.ike.policies) {
    if (policy.name != kIkev2Default) policies.push_back(policy);
  }
  if (auto last = FindIkev2Policy(running, kIkev2Default)) policies.push_back(std::move(*last));
  return policies;
}

std::vector<EffectiveIkev2Proposal> EffectiveIkev2Proposals(const Running& running,
                                                            const Ikev2Policy& policy) {
  std::vector<EffectiveIkev2Proposal> all;
  for (const std::string& name : policy.proposals) {
    const auto proposal = FindIkev2Proposal(running, name);
    if (!proposal || !WhyIncomplete(*proposal).empty()) continue;
    const bool first_sort = IsAead(proposal->encryption[0]);
    for (const bool aead : {first_sort, !first_sort}) {
      EffectiveIkev2Proposal one{
          name, {}, {}, proposal->prf, proposal->groups, proposal->additional_groups};
      std::ranges::copy_if(proposal->encryption, std::back_inserter(one.encryption),
                           [aead](IkeCipher cipher) { return IsAead(cipher) == aead; });
      if (!aead) one.integrity = proposal->integrity;
      if (!one.encryption.empty()) all.push_back(std::move(one));
    }
  }
  return all;
}

bool VrfFits(std::string_view said, std::string_view fvrf) {
  return said == kAnyVrf || said == fvrf;
}

std::optional<Ikev2Policy> Ikev2PolicyFor(const Running& running, std::string_view fvrf,
                                          const net::Address& local) {
  for (Ikev2Policy& policy : EffectiveIkev2Policies(running)) {
    const bool here = policy.local.empty() || std::ranges::count(policy.local, local) != 0;
    if (!here || !VrfFits(policy.fvrf.value_or(""), fvrf)) continue;
    if (WhyIncomplete(running, policy).empty()) return std::move(policy);
  }
  return std::nullopt;
}

std::string WhyIncomplete(const Ikev2Proposal& proposal) {
  if (proposal.encryption.empty()) return "no encryption is set";
  const bool aead = std::ranges::all_of(proposal.encryption, IsAead);
  if (!aead && proposal.integrity.empty()) return "no integrity is set";
  if (proposal.prf.empty() && proposal.integrity.empty()) {
    return fmt::format("{} needs a prf", InfoOf(proposal.encryption[0]).keyword);
  }
  return proposal.groups.empty() ? "no group is set" : "";
}

std::string WhyIncomplete(const Running& running, const Ikev2Policy& policy) {
  if (policy.proposals.empty()) return "no proposal is set";
  std::string why;
  for (const std::string& name : policy.proposals) {
    const auto proposal = FindIkev2Proposal(running, name);
    std::string missing = proposal ? WhyIncomplete(*proposal) : "it is not defined";
    if (missing.empty()) return MissingVrf(running, policy.fvrf.value_or(""));
    if (why.empty()) {
      why = fmt::format("IKEv2 proposal {} is not used: {}", name, std::move(missing));
    }
  }
  return why;
}

std::string WhyIncomplete(const Running& running, const Ikev2Profile& profile) {
  if (profile.remote.empty() && profile.certificate_maps.empty()) {
    return "no peer is matched ('match identity remote' or 'match certificate')";
  }
  if (!profile.local_auth) return "no local authentication method is set";
  if (profile.remote_auth.empty()) return "no remote authentication method is set";
  if (UsesPreShare(profile)) {
    if (profile.keyring.empty()) return "pre-share needs a keyring or a key";
    if (running.ike.keyrings.Find(profile.keyring) == nullptr) {
      return fmt::format("IKEv2 keyring {} is not defined", profile.keyring);
    }
  }
  if (std::string why = WhyNoCertificates(running.pki, profile); !why.empty()) return why;
  for (const auto* said : {&profile.psk_authorization, &profile.cert_authorization}) {
    if (std::string why = WhyNotAuthorized(running, *said); !why.empty()) return why;
  }
  for (const std::string* vrf : {&profile.fvrf, &profile.ivrf}) {
    if (std::string missing = MissingVrf(running, *vrf); !missing.empty()) return missing;
  }
  const auto there = [&](const IkeLocalMatch& local) {
    return local.interface.empty() || running.FindInterface(local.interface) != nullptr;
  };
  if (!profile.local.empty() && std::ranges::none_of(profile.local, there)) {
    return fmt::format("interface {} does not exist", profile.local[0].interface);
  }
  return "";
}

std::string WhyNoIkev2(const Running& running, const SaPolicy& policy) {
  // No version is tried in place of the other.
  if (policy.ikev2_profile.empty()) {
    return "IKEv1 is not built ('set ikev2-profile' makes it IKEv2's)";
  }
  const Ikev2Profile* profile = running.ike.profiles.Find(policy.ikev2_profile);
  if (profile == nullptr) {
    return fmt::format("IKEv2 profile {} is not defined", policy.ikev2_profile);
  }
  const std::string why = WhyIncomplete(running, *profile);
  if (why.empty()) return "";
  return fmt::format("IKEv2 profile {} is incomplete: {}", profile->name, why);
}

std::optional<IkeDpd> DpdOf(const Ike& ike, const Ikev2Profile& profile) {
  return profile.dpd ? profile.dpd : ike.globals.dpd;
}
std::optional<uint32_t> NatKeepaliveOf(const Ike& ike, const Ikev2Profile& profile) {
  return profile.nat_keepalive ? profile.nat_keepalive : ike.globals.nat_keepalive;
}
std::optional<uint16_t> FragmentMtuOf(const IkeGlobals& ike, bool ipv6) {
  if (!ike.fragmentation.on) return std::nullopt;
  return ike.fragmentation.mtu.value_or(ipv6 ? kFragmentMtuV6 : kFragmentMtuV4);
}

// A keyring that answers one question in two ways decides by chance.
void CheckIke(const Running& running, std::vector<Finding>& findings) {
  for (const Ikev2Keyring& keyring : running.ike.keyrings) {
    std::map<std::string, const Ikev2Peer*> known;
    const std::string begin = "crypto ikev2 keyring " + keyring.name + " peer ";
    for (const Ikev2Peer& peer : keyring.peers) {
      std::vector<std::string> said;
      if (peer.address) said.push_back("address " + RenderIkeRange(*peer.address));
      if (!peer.hostname.empty()) said.push_back("hostname " + peer.hostname);
      if (peer.identity) said.push_back("identity " + RenderIkeIdentity(*peer.identity));
      for (std::string& line : said) {
        const auto [at, added] = known.try_emplace(line, &peer);
        if (added) continue;
        findings.push_back(
            {begin + peer.name, fmt::format("{}{}: {} is also that of peer {}", begin, peer.name,
                                            line, at->second->name)});
      }
    }
  }
}

namespace {

void WarnAboutProfiles(const Running& running, std::vector<std::string>& warnings) {
  std::map<std::string, const Ikev2Profile*> known;
  for (const Ikev2Profile& profile : running.ike.profiles) {
    if (const std::string why = WhyIncomplete(running, profile); !why.empty()) {
      warnings.push_back(
          fmt::format("crypto ikev2 profile {} is incomplete and not used: {}", profile.name, why));
    }
    for (const IkeIdentity& identity : profile.remote) {
      if (!profile.local.empty()) continue;
      const std::string match = RenderIkeIdentity(identity) + " fvrf " + profile.fvrf;
      const auto [at, added] = known.try_emplace(match, &profile);
      if (added) continue;
      warnings.push_back(fmt::format(
          "crypto ikev2 profile {}: identity {} is also matched by profile {}, which counts",
          profile.name, RenderIkeIdentity(identity), at->second->name));
    }
  }
}
void WarnAboutKeys(const Running& running, std::vector<std::string>& warnings) {
  for (const Ikev2Keyring& keyring : running.ike.keyrings) {
    for (const Ikev2Peer& peer : keyring.peers) {
      if (!peer.ppk || peer.ppk->key->size() >= kShortPpk) continue;
      warnings.push_back(fmt::format(
          "crypto ikev2 keyring {} peer {}: a PPK of less than 32 bytes does not withstand a "
          "quantum computer (RFC 8784, 6)",
          keyring.name, peer.name));
    }
  }
}

}  // namespace

void WarnAboutIke(const Running& running, std::vector<std::string>& warnings) {
  for (const Ikev2Proposal& proposal : running.ike.proposals) {
    const auto whole = FindIkev2Proposal(running, proposal.name);
    const std::string why = whole ? WhyIncomplete(*whole) : "";
    if (why.empty()) continue;
    warnings.push_back(
        fmt::format("crypto ikev2 proposal {} is incomplete and not used: {}", proposal.name, why));
  }
  for (const Ikev2Policy& policy : EffectiveIkev2Policies(running)) {
    const std::string why = WhyIncomplete(running, policy);
    const bool silent = policy.name == kIkev2Default && running.ike.policies.empty();
    if (why.empty() || silent) continue;
    warnings.push_back(
        fmt::format("crypto ikev2 policy {} is incomplete and not used: {}", policy.name, why));
  }
  WarnAboutProfiles(running, warnings);
  WarnAboutKeys(running, warnings);
  if (running.ike.globals.fragmentation.prefer_cisco) {
    warnings.emplace_back(
        "Cisco's own IKE fragmentation is not built: the method of RFC 7383 is used");
  }
  for (const IpsecProfile& profile : running.ipsec_profiles) {
    if (const std::string why = WhyNoIkev2(running, profile); !why.empty()) {
      warnings.push_back(fmt::format("crypto ipsec profile {}: {}", profile.name, why));
    }
  }
}

std::string LegacyIkeUser(const Running& running) {
  for (const Ikev2Proposal& proposal : running.ike.proposals) {
    if (IsLegacy(proposal)) return "IKEv2 proposal " + proposal.name;
  }
  for (const PkiTrustpoint& trustpoint : running.pki.trustpoints) {
    if (trustpoint.hash == PkiHash::kSha1) return "crypto pki trustpoint " + trustpoint.name;
  }
  return "";
}

}  // namespace vam::config
