#include "sw/ike/v2/policy/compile.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sw/config/effective_address.h"
#include "sw/config/effective_ike.h"
#include "sw/ike/v2/policy/certificate_identity.h"
#include "sw/ike/v2/policy/compile_marks.h"
#include "sw/ike/v2/policy/compile_parts.h"
#include "sw/ike/v2/policy/compile_pki.h"

namespace vam::ike::v2 {

namespace {

using config::IkeCipher;
using config::IkeHash;

constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kNonEspMarker = 4;
constexpr uint32_t kIpv4Header = 20;
constexpr uint32_t kIpv6Header = 40;

// In the order of config::IkeCipher.
constexpr std::array kCiphers{
    Cipher{EncryptionId::kDes, 0},
    Cipher{EncryptionId::kTripleDes, 0},
    Cipher{EncryptionId::kAesCbc, 128},
    Cipher{EncryptionId::kAesCbc, 192},
    Cipher{EncryptionId::kAesCbc, 256},
    Cipher{EncryptionId::kAesGcm16, 128},
    Cipher{EncryptionId::kAesGcm16, 192},
    Cipher{EncryptionId::kAesGcm16, 256},
    Cipher{EncryptionId::kAesGcm8, 128},
    Cipher{EncryptionId::kAesGcm8, 192},
    Cipher{EncryptionId::kAesGcm8, 256},
    Cipher{EncryptionId::kAesGcm12, 128},
    Cipher{EncryptionId::kAesGcm12, 192},
    Cipher{EncryptionId::kAesGcm12, 256},
    Cipher{EncryptionId::kChaCha20Poly1305, 0},
};
static_assert(kCiphers.size() == static_cast<size_t>(IkeCipher::kChaCha20Poly1305) + 1);

// In the order of config::IkeHash.
struct Hash {
  IntegrityId integrity;
  PrfId prf;
};
constexpr std::array kHashes{
    Hash{IntegrityId::kHmacMd5_96, PrfId::kHmacMd5},
    Hash{IntegrityId::kHmacSha1_96, PrfId::kHmacSha1},
    Hash{IntegrityId::kHmacSha256_128, PrfId::kHmacSha256},
    Hash{IntegrityId::kHmacSha384_192, PrfId::kHmacSha384},
    Hash{IntegrityId::kHmacSha512_256, PrfId::kHmacSha512},
    Hash{IntegrityId::kAesXcbc96, PrfId::kAesXcbc},
    Hash{IntegrityId::kAesCmac96, PrfId::kAesCmac},
};
static_assert(kHashes.size() == static_cast<size_t>(IkeHash::kAesCmac) + 1);

// ---- settings

// The smaller of two limits of which 0 is none.
uint32_t Lower(std::optional<uint32_t> a, std::optional<uint32_t> b, uint32_t otherwise) {
  if (a && b) return std::min(*a, *b);
  return a ? *a : b.value_or(otherwise);
}

// Of the whole packet, which is encapsulated when a NAT is found.
uint32_t FragmentBytes(const config::IkeGlobals& globals, bool ipv6) {
  const auto mtu = config::FragmentMtuOf(globals, ipv6);
  if (!mtu) return 0;
  return *mtu - (ipv6 ? kIpv6Header : kIpv4Header) - kUdpHeader - kNonEspMarker;
}

RetryPolicy RetryOf(const config::IkeRetransmit& said) {
  RetryPolicy retry;
  retry.limit_ns = said.limit_s.value_or(0) * kNsPerSecond;
  retry.first_ns = said.timeout_ms * kNsPerMs;
  if (said.limit_s) retry.first_ns = std::min(retry.first_ns, retry.limit_ns);
  retry.factor_percent = said.base_percent;
  retry.tries = said.tries;
  return retry;
}

Settings SettingsOf(const config::IkeGlobals& globals) {
  Settings settings;
  if (globals.cookie_challenge) settings.cookie_above = *globals.cookie_challenge;
  settings.max_half_open =
      Lower(globals.incoming_negotiations, globals.admission_negotiations, settings.max_half_open);
  settings.max_calls =
      Lower(globals.outgoing_negotiations, globals.admission_negotiations, settings.max_calls);
  settings.max_ike_sas = Lower(globals.max_sa, globals.admission_sa, settings.max_ike_sas);
  settings.max_redirects = globals.redirects.value_or(0);
  settings.redirect_init = globals.redirect_init;
  settings.redirect_auth = globals.redirect_auth;
  settings.window = globals.window;
  settings.retry = RetryOf(globals.retransmit);
  settings.recover_spis = globals.invalid_spi_recovery;
  settings.notify_selectors = globals.notify_invalid_selectors;
  settings.http_url_cert = globals.http_url_cert;
  settings.certificate_cache = globals.certificate_cache.value_or(0);
  settings.fragment_bytes = FragmentBytes(globals, /*ipv6=*/false);
  settings.fragment_bytes_v6 = FragmentBytes(globals, /*ipv6=*/true);
  return settings;
}

// ---- policies

// Nothing: any.
std::optional<uint16_t> FrontVrfOf(const CompileContext& context, std::string_view said) {
  if (said == config::kAnyVrf) return std::nullopt;
  // Objects with a VRF that is not defined are incomplete.
  return context.vrfs.Find(said).value_or(0);
}

IkeOffer OfferOf(const config::EffectiveIkev2Proposal& proposal) {
  IkeOffer offer;
  for (const IkeCipher cipher : proposal.encryption) {
    offer.ciphers.push_back(kCiphers.at(static_cast<size_t>(cipher)));
  }
  for (const IkeHash hash : proposal.integrity) {
    offer.integrities.push_back(kHashes.at(static_cast<size_t>(hash)).integrity);
  }
  for (const IkeHash hash : proposal.prf) {
    offer.prfs.push_back(kHashes.at(static_cast<size_t>(hash)).prf);
  }
  offer.groups = proposal.groups;
  for (size_t i = 0; i < proposal.additional_groups.size(); ++i) {
    if (proposal.additional_groups.at(i).empty()) continue;
    offer.additional_groups.resize(i + 1);
    offer.additional_groups.back() = proposal.additional_groups.at(i);
  }
  return offer;
}

std::vector<IkePolicy> CompilePolicies(const CompileContext& context) {
  std::vector<IkePolicy> policies;
  for (const config::Ikev2Policy& said : config::EffectiveIkev2Policies(context.running)) {
    if (!config::WhyIncomplete(context.running, said).empty()) continue;
    IkePolicy policy;
    policy.match_local = said.local;
    policy.match_front_vrf = FrontVrfOf(context, said.fvrf.value_or(""));
    for (const auto& proposal : config::EffectiveIkev2Proposals(context.running, said)) {
      policy.offers.push_back(OfferOf(proposal));
    }
    policies.push_back(std::move(policy));
  }
  return policies;
}

// ---- keyrings

// The configuration's own limit is that of SharedKey.
SharedKey KeyOf(const config::IkeKey& key) {
  if (key == nullptr) return {};
  auto copy = SharedKey::From(key->bytes());
  return copy ? std::move(*copy) : SharedKey();
}

std::unique_ptr<const Ppk> PpkOf(const std::optional<config::IkePpk>& said) {
  if (!said) return nullptr;
  return std::make_unique<const Ppk>(Ppk{said->id, KeyOf(said->key), said->required});
}

std::shared_ptr<const Keyring> CompileKeyring(const config::Ikev2Keyring& said, bool marked) {
  std::vector<KeyringPeer> peers;
  peers.reserve(said.peers.size());
  for (const config::Ikev2Peer& from : said.peers) {
    KeyringPeer peer;
    peer.name = from.name;
    peer.description = from.description;
    peer.hostname = from.hostname;
    if (from.address) peer.addresses.push_back(*from.address);
    if (from.identity) peer.identities.push_back(*from.identity);
    peer.local = KeyOf(from.local_key);
    peer.remote = KeyOf(from.remote_key);
    peer.ppk = PpkOf(from.ppk);
    if (marked) peer.mark = MarkOf(from);
    peers.push_back(std::move(peer));
  }
  return std::make_shared<const Keyring>(said.name, std::move(peers));
}

// ---- addresses

std::vector<AddressPool> CompilePools(const config::Ike& ike) {
  std::vector<AddressPool> pools;
  for (const config::LocalPool& said : ike.pools) {
    AddressPool pool{said.name, /*ipv6=*/false, {}, {}};
    for (const config::PoolRange& range : said.ranges) {
      pool.ranges.push_back({range.first, range.last.v4() - range.first.v4() + 1});
    }
    pools.push_back(std::move(pool));
  }
  for (const config::LocalPoolV6& said : ike.ipv6_pools) {
    // Not the first address, which is the routers' (RFC 4291, 2.6.1).
    const unsigned bits = 128U - said.prefix.length();
    const uint32_t count = bits >= 17 ? config::kMaxPoolAddresses
                                      : std::min((1U << bits) - 1, config::kMaxPoolAddresses);
    const AddressRange whole{said.prefix.base(), count + 1};
    pools.push_back({said.name, /*ipv6=*/true, {{whole.At(1), count}}, said.prefix});
  }
  return pools;
}

// Null: the profile does not say so.
std::shared_ptr<const Authorization> AuthorizationOf(
    const config::Running& running, const std::optional<config::IkeGroupAuthorization>& said) {
  if (!said) return nullptr;
  const config::Ikev2Authorization& policy = *running.ike.authorizations.Find(said->policy);
  auto out = std::make_shared<Authorization>();
  out->name = policy.name;
  out->pool = policy.pool;
  out->ipv6_pool = policy.ipv6_pool;
  out->dns = policy.dns;
  out->dns.insert(out->dns.end(), policy.ipv6_dns.begin(), policy.ipv6_dns.end());
  out->wins = policy.wins;
  if (policy.netmask) out->netmask = net::Address::V4(net::MaskFromLength(*policy.netmask));
  out->domain = policy.def_domain;
  out->split_dns = policy.split_dns;
  out->routes = config::RoutesOf(running, policy);
  return out;
}

// ---- profiles

// SY-47: of an interface its primary address alone.
std::vector<net::Address> LocalsOf(const config::Running& running,
                                   const config::Ikev2Profile& said) {
  std::vector<net::Address> locals;
  for (const config::IkeLocalMatch& match : said.local) {
    if (match.interface.empty()) {
      locals.push_back(match.address);
      continue;
    }
    const config::Interface* interface = running.FindInterface(match.interface);
    if (interface == nullptr) continue;
    if (interface->address) locals.push_back(*interface->address);
    if (const auto v6 = config::FirstIpv6(*interface)) locals.push_back(*v6);
  }
  return locals;
}

// Why the exchanges cannot use a profile that is complete; "" when they can.
std::string WhyUnusable(const config::Ikev2Profile& said, const std::vector<net::Address>& locals) {
  const bool named = said.identity && said.identity->kind == config::IkeIdKind::kDn;
  if (named && said.local_auth == config::IkeAuth::kPreShare) {
    return "identity local dn needs a signature as authentication";
  }
  if (!said.local.empty() && locals.empty()) return "'match address local' is no address of ours";
  return "";
}

Dpd LivenessOf(const config::Ike& ike, const config::Ikev2Profile& said) {
  Dpd dpd;
  const auto effective = config::DpdOf(ike, said);
  if (!effective) return dpd;
  dpd.interval_s = effective->seconds;
  dpd.retry_s = effective->retry;
  dpd.on_demand = !effective->periodic;
  return dpd;
}

std::shared_ptr<Profile> CompileProfile(const CompileContext& context,
                                        const config::Ikev2Profile& said,
                                        std::vector<net::Address> locals,
                                        std::shared_ptr<const Keyring> keyring) {
  const config::Ike& ike = context.running.ike;
  auto profile = std::make_shared<Profile>();
  profile->name = said.name;
  profile->match = IdentityList(said.remote);
  profile->match_local = std::move(locals);
  profile->match_front_vrf = FrontVrfOf(context, said.fvrf);
  if (said.identity) profile->local_identity = FromConfig(*said.identity);
  profile->keyring = std::move(keyring);
  profile->local_key = KeyOf(said.local_key);
  profile->remote_key = KeyOf(said.remote_key);
  profile->dpd = LivenessOf(ike, said);
  profile->lifetime_s = said.lifetime;
  profile->reauth_s = said.reauth.value_or(0);
  profile->nat_keepalive_s = config::NatKeepaliveOf(ike, said).value_or(0);
  profile->initial_contact = said.initial_contact_force;
  profile->childless = said.childless;
  profile->resumption_s = said.resumption.value_or(0);
  profile->mobike = said.mobike;
  profile->mobike_unchecked = said.mobike_unchecked;
  profile->psk_authorization = AuthorizationOf(context.running, said.psk_authorization);
  profile->cert_authorization = AuthorizationOf(context.running, said.cert_authorization);
  profile->config_exchange = said.config_exchange;
  return profile;
}

// What peers that check it will not take.
void NoteIdentity(const Profile& profile, Notes& notes) {
  const Identity& shown = profile.local_identity;
  if (shown.empty() || shown.type == IdentityType::kKeyId) return;
  for (const auto& credential : profile.credentials) {
    if (SpeaksFor(credential->leaf, shown)) continue;
    notes.Add(fmt::format(
        "crypto ikev2 profile {}: identity {} does not stand in the certificate of trustpoint {}, "
        "so peers may refuse it",
        profile.name, ToString(shown), credential->trustpoint));
  }
}

// In the order of the configuration, which decides between equals.
std::vector<std::shared_ptr<const Profile>> CompileProfiles(CompileContext& context) {
  std::unordered_map<std::string_view, std::shared_ptr<const Keyring>> keyrings;
  const bool marked = NeedsMarks(context.running);
  for (const config::Ikev2Keyring& keyring : context.running.ike.keyrings) {
    keyrings[keyring.name] = CompileKeyring(keyring, marked);
  }
  const CompiledPki pki = CompilePki(context.running.pki, context.notes);
  std::vector<std::shared_ptr<const Profile>> profiles;
  for (const config::Ikev2Profile& said : context.running.ike.profiles) {
    if (!config::WhyIncomplete(context.running, said).empty()) continue;
    std::vector<net::Address> locals = LocalsOf(context.running, said);
    std::string why = WhyUnusable(said, locals);
    const auto keyring = keyrings.find(said.keyring);
    auto profile = CompileProfile(context, said, std::move(locals),
                                  keyring == keyrings.end() ? nullptr : keyring->second);
    if (why.empty()) why = CompileAuthentication(said, pki, *profile);
    if (!why.empty()) {
      context.notes.Add(fmt::format("crypto ikev2 profile {} is not used: {}", said.name, why));
      continue;
    }
    if (said.resumption) profile->mark = MarkOf(context.running, said);
    NoteIdentity(*profile, context.notes);
    profiles.push_back(std::move(profile));
    context.profiles.emplace(said.name, profiles.back());
  }
  return profiles;
}

}  // namespace

void Notes::Add(std::string sentence) {
  if (notes_.size() < kMostNotes) {
    notes_.push_back(std::move(sentence));
  } else {
    ++more_;
  }
}

std::vector<std::string> Notes::Take() && {
  if (more_ != 0) notes_.push_back(fmt::format("and {} more of that kind", more_));
  return std::move(notes_);
}

CompiledPolicy Compile(const config::Running& running, const config::VrfNumbers& vrfs) {
  Notes notes;
  CompileContext context{running, vrfs, notes, {}};
  Policy::Parts parts;
  parts.settings = SettingsOf(running.ike.globals);
  parts.settings.legacy = running.crypto.legacy_algorithms;
  parts.ike = CompilePolicies(context);
  parts.profiles = CompileProfiles(context);
  parts.children = CompileChildren(context);
  parts.pools = CompilePools(running.ike);
  parts.notes = PeerNotes(running.ike.peers, vrfs);
  return {std::make_shared<const Policy>(std::move(parts)), std::move(notes).Take()};
}

}  // namespace vam::ike::v2
