#include "sw/config/effective.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "sw/config/effective_ike.h"
#include "sw/config/effective_parts.h"
#include "sw/config/engine_support.h"

namespace vam::config {
namespace {

using K = TransformKind;

TransformSet DefaultSet(std::string name, std::vector<TransformUse> uses, IpsecMode mode) {
  return {std::move(name), std::move(uses), mode};
}

const AclEntry* FirstPermit(const Acl* acl) {
  if (acl == nullptr) return nullptr;
  const auto at = std::find_if(acl->entries.begin(), acl->entries.end(),
                               [](const AclEntry& line) { return line.permit; });
  return at == acl->entries.end() ? nullptr : &*at;
}

std::string MissingKeys(std::string_view direction, const ManualKeys& keys,
                        const TransformSet& set) {
  if (set.Find(K::kAh) != nullptr && !keys.ah) {
    return fmt::format("no {} session key for AH is set", direction);
  }
  const TransformUse* encryption = set.Find(K::kEspEncryption);
  const TransformUse* authentication = set.Find(K::kEspAuthentication);
  if (encryption == nullptr && authentication == nullptr) return "";
  if (!keys.esp) return fmt::format("no {} session key is set", direction);
  if (encryption != nullptr && KeyBytes(*encryption) != 0 && !keys.esp->cipher) {
    return fmt::format("the {} session key has no cipher key", direction);
  }
  if (authentication != nullptr && !keys.esp->authenticator) {
    return fmt::format("the {} session key has no authenticator key", direction);
  }
  return "";
}

bool UsesCounterMode(const TransformSet& set) {
  return std::any_of(set.transforms.begin(), set.transforms.end(),
                     [](const TransformUse& use) { return InfoOf(use.transform).counter; });
}

std::string WhyIncompleteManual(const Running& running, const EffectiveEntry& effective) {
  const TransformSet& set = *effective.transform_sets[0];
  const CryptoMapEntry& entry = *effective.entry;
  for (const auto& [direction, keys] :
       {std::pair("inbound", &entry.inbound), std::pair("outbound", &entry.outbound)}) {
    std::string missing = MissingKeys(direction, *keys, set);
    if (!missing.empty()) return missing;
  }
  if (UsesCounterMode(set) && !running.crypto.manual_counter_mode) {
    return "manual keys with AES-GCM and other counter modes need 'crypto ipsec "
           "manual-counter-mode enable'";
  }
  return "";
}

std::string WhyNoSet(const Running& running, const CryptoMapEntry& entry) {
  if (!entry.transform_sets.empty()) {
    return fmt::format("transform set {} is not defined", entry.transform_sets[0]);
  }
  if (entry.kind == EntryKind::kManual) return "no transform set is set";
  return running.crypto.default_transform_sets
             ? "no transform set is set"
             : "no transform set is set, and the default sets are switched off";
}

std::string WhyIncomplete(const Running& running, const EffectiveEntry& effective) {
  const CryptoMapEntry& entry = *effective.entry;
  const bool dynamic = effective.kind == EntryKind::kDynamic;
  if (!dynamic && entry.peers.empty()) return "no peer is set";
  if (effective.transform_sets.empty()) return WhyNoSet(running, entry);
  if (entry.acl.empty() && !dynamic) return "no access list is matched";
  if (!entry.acl.empty() && effective.acl == nullptr) {
    return fmt::format("{}access list {} is not defined", effective.ipv6 ? "IPv6 " : "", entry.acl);
  }
  if (!entry.acl.empty() && effective.permit == nullptr) {
    return fmt::format("access list {} permits nothing", entry.acl);
  }
  if (effective.kind == EntryKind::kManual) {
    std::string missing = WhyIncompleteManual(running, effective);
    if (!missing.empty()) return missing;
  } else if (std::string missing = WhyNoIkev2(running, entry); !missing.empty()) {
    return missing;
  }
  const bool shared = effective.interfaces.size() > 1;
  if (!effective.local && (!shared || effective.kind == EntryKind::kManual)) {
    return fmt::format("the interface has no {} address", effective.ipv6 ? "IPv6" : "IP");
  }
  return "";
}

std::vector<SaSpec> Bundle(const TransformSet& set, const ManualKeys& keys) {
  std::vector<SaSpec> bundle;
  if (const TransformUse* use = set.Find(K::kCompression)) {
    bundle.push_back({SaProtocol::kCompression,
                      *use,
                      {},
                      use->transform == Transform::kCompLzs ? kLzsCpi : kDeflateCpi,
                      {},
                      {}});
  }
  const TransformUse* encryption = set.Find(K::kEspEncryption);
  const TransformUse* authentication = set.Find(K::kEspAuthentication);
  if (encryption != nullptr || authentication != nullptr) {
    SaSpec esp;
    esp.first = encryption != nullptr ? *encryption : DefaultUse(Transform::kEspNull);
    if (authentication != nullptr) esp.second = *authentication;
    esp.spi = keys.esp->spi;
    esp.cipher_key = keys.esp->cipher;
    esp.auth_key = keys.esp->authenticator;
    bundle.push_back(std::move(esp));
  }
  if (const TransformUse* use = set.Find(K::kAh)) {
    bundle.push_back({SaProtocol::kAh, *use, {}, keys.ah->spi, {}, keys.ah->key});
  }
  return bundle;
}

// What the entries of one map share.
struct MapContext {
  const CryptoMap& map;
  std::vector<std::string> carriers;
  std::optional<net::Address> local;
};
MapContext ContextOf(const Running& running, const CryptoMap& map) {
  MapContext context{map, CarriersOf(running, map), {}};
  context.local = LocalOf(running, map, context.carriers);
  return context;
}

EffectiveEntry Resolve(const Running& running, const MapContext& context, uint32_t sequence,
                       const CryptoMapEntry& entry, EntryKind kind) {
  EffectiveEntry effective;
  effective.kind = kind;
  effective.map = context.map.name;
  effective.sequence = sequence;
  effective.ipv6 = context.map.ipv6;
  effective.interfaces = context.carriers;
  effective.local = context.local;
  effective.entry = &entry;
  const bool manual = kind == EntryKind::kManual;
  effective.transform_sets = EffectiveTransformSets(running, entry, manual);
  effective.acl = ListOf(running, context.map, entry);
  effective.permit = FirstPermit(effective.acl);
  effective.incomplete = WhyIncomplete(running, effective);
  if (manual && effective.incomplete.empty()) {
    effective.outbound = Bundle(*effective.transform_sets[0], entry.outbound);
    effective.inbound = Bundle(*effective.transform_sets[0], entry.inbound);
  }
  return effective;
}

void AppendEntries(const Running& running, const CryptoMap& map, std::vector<EffectiveEntry>& all) {
  const MapContext context = ContextOf(running, map);
  for (const CryptoMapEntry& entry : map.entries) {
    if (entry.kind != EntryKind::kDynamic) {
      all.push_back(Resolve(running, context, entry.sequence, entry, entry.kind));
      continue;
    }
    const DynamicMap* dynamic = running.FindDynamicMap(entry.dynamic_map);
    if (dynamic == nullptr) continue;
    for (const CryptoMapEntry& part : dynamic->entries) {
      all.push_back(Resolve(running, context, entry.sequence, part, EntryKind::kDynamic));
      all.back().dynamic_map = dynamic->name;
      all.back().dynamic_sequence = part.sequence;
    }
  }
}

}  // namespace

std::optional<net::Address> FirstIpv6(const Interface& interface) {
  for (const Ipv6Address& own : interface.ipv6.addresses) {
    if (own.kind == Ipv6AddressKind::kGiven) return own.address;
  }
  return std::nullopt;
}

std::vector<std::string> CarriersOf(const Running& running, const CryptoMap& map) {
  std::vector<std::string> names;
  for (const Interface& interface : running.interfaces) {
    const std::string& carried = map.ipv6 ? interface.ipv6.crypto_map : interface.crypto_map;
    if (carried == map.name) names.push_back(interface.name);
  }
  return names;
}

std::optional<net::Address> LocalOf(const Running& running, const CryptoMap& map,
                                    const std::vector<std::string>& carriers) {
  std::string name = map.local_address_interface;
  if (name.empty() && carriers.size() == 1) name = carriers[0];
  const Interface* interface = running.FindInterface(name);
  if (interface == nullptr) return std::nullopt;
  return map.ipv6 ? FirstIpv6(*interface) : interface->address;
}

const Acl* ListOf(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry) {
  const Acl* acl = running.FindAcl(entry.acl);
  // A list of the other version is refused by CrossCheck; until then it is none.
  return acl != nullptr && (acl->kind == AclKind::kIpv6) == map.ipv6 ? acl : nullptr;
}

std::vector<const TransformSet*> DefaultTransformSets(const CryptoGlobals& crypto) {
  if (!crypto.default_transform_sets) return {};
  if (crypto.legacy_algorithms) {
    static const TransformSet kAes =
        DefaultSet("#!default_transform_set_1",
                   {DefaultUse(Transform::kEspAes), DefaultUse(Transform::kEspShaHmac)},
                   IpsecMode::kTransport);
    static const TransformSet k3Des =
        DefaultSet("#!default_transform_set_0",
                   {DefaultUse(Transform::kEsp3Des), DefaultUse(Transform::kEspShaHmac)},
                   IpsecMode::kTransport);
    return Carried({&kAes, &k3Des});
  }
  static const TransformSet kGcm = DefaultSet(
      "#!default_transform_set_2", {{Transform::kEspGcm, 256, 16}}, IpsecMode::kTransport);
  return Carried({&kGcm});
}

std::vector<const TransformSet*> EffectiveTransformSets(const Running& running,
                                                        const SaPolicy& policy, bool manual) {
  if (policy.transform_sets.empty() && !manual) return DefaultTransformSets(running.crypto);
  std::vector<const TransformSet*> sets;
  for (const std::string& name : policy.transform_sets) {
    if (const TransformSet* set = running.FindTransformSet(name)) sets.push_back(set);
  }
  return sets;
}

EffectiveLifetime LifetimeOf(const CryptoGlobals& crypto, const SaPolicy& policy) {
  EffectiveLifetime lifetime;
  for (const SaLifetime* said : {&crypto.lifetime, &policy.lifetime}) {
    if (said->seconds) lifetime.seconds = *said->seconds;
    if (said->kilobytes) lifetime.kilobytes = said->kilobytes;
    if (said->kilobytes_disabled) lifetime.kilobytes.reset();
  }
  lifetime.idle_seconds = policy.idle_seconds ? policy.idle_seconds : crypto.idle_seconds;
  return lifetime;
}

uint16_t ReplayWindowOf(const CryptoGlobals& crypto, const SaPolicy& policy, bool manual) {
  return policy.replay_window.value_or(manual ? uint16_t{0} : crypto.replay_window);
}

DfBit DfBitOf(const CryptoGlobals& crypto, const Interface& interface, const SaPolicy& policy) {
  if (policy.df_bit) return *policy.df_bit;
  return interface.df_bit.value_or(crypto.df_bit);
}

Fragmentation FragmentationOf(const CryptoGlobals& crypto, const Interface& interface) {
  return interface.fragmentation.value_or(crypto.fragmentation);
}

Bytes NumberedKey(const EffectiveEntry& entry, bool inbound, SaProtocol protocol) {
  for (const SaSpec& sa : inbound ? entry.inbound : entry.outbound) {
    if (sa.protocol != protocol) continue;
    const bool cipher = sa.cipher_key != nullptr;
    const Key& key = cipher ? sa.cipher_key : sa.auth_key;
    if (key == nullptr) return {};
    const TransformUse& use = cipher || !sa.second ? sa.first : *sa.second;
    return key->bytes().first(key->size() - InfoOf(use.transform).salt_bytes);
  }
  return {};
}

std::vector<EffectiveEntry> EffectiveEntries(const Running& running) {
  std::vector<EffectiveEntry> all;
  std::unordered_set<std::string_view> done;
  for (const Interface& interface : running.interfaces) {
    for (const std::string* name : {&interface.crypto_map, &interface.ipv6.crypto_map}) {
      const CryptoMap* map = running.FindCryptoMap(*name);
      if (map != nullptr && done.insert(map->name).second) AppendEntries(running, *map, all);
    }
  }
  return all;
}

std::optional<EffectiveEntry> FindEffectiveEntry(const Running& running, std::string_view map_name,
                                                 uint32_t sequence) {
  const CryptoMap* map = running.FindCryptoMap(map_name);
  if (map == nullptr) return std::nullopt;
  const auto at = std::lower_bound(
      map->entries.begin(), map->entries.end(), sequence,
      [](const CryptoMapEntry& entry, uint32_t number) { return entry.sequence < number; });
  if (at == map->entries.end() || at->sequence != sequence || at->kind == EntryKind::kDynamic) {
    return std::nullopt;
  }
  const MapContext context = ContextOf(running, *map);
  if (context.carriers.empty()) return std::nullopt;
  return Resolve(running, context, sequence, *at, at->kind);
}

}  // namespace vam::config
