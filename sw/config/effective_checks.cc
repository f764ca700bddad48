// What is wrong between statements, and what the operator should know.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "sw/config/effective.h"
#include "sw/config/effective_address.h"
#include "sw/config/effective_ike.h"
#include "sw/config/effective_net.h"
#include "sw/config/effective_parts.h"

namespace vam::config {
namespace {

using K = TransformKind;

// An operator reads no more of them, and ten thousand entries may each have several.
constexpr size_t kMostWarnings = 100;

// `any`: a line has the addresses of its list's version only.
bool AnySource(const AclEntry& line) {
  return line.source == AddressMatch() && line.source_v6 == net::Prefix();
}
bool AnyDestination(const AclEntry& line) {
  return line.destination == AddressMatch() && line.destination_v6 == net::Prefix();
}

std::string EntryName(const CryptoMap& map, const CryptoMapEntry& entry) {
  return fmt::format("crypto map {} {}", map.name, entry.sequence);
}

// One key of one direction of an entry beside the transform that uses it.
std::string WrongKey(std::string_view direction, std::string_view what, const Key& key,
                     const TransformUse* use) {
  if (key == nullptr) return "";
  if (use == nullptr) {
    return fmt::format("an {} {} key is set, but the transform set has no use for it", direction,
                       what);
  }
  const size_t needed = KeyBytes(*use);
  if (key->size() == needed) return "";
  const std::string name = RenderTransformUse(*use);
  if (needed == 0)
    return fmt::format("{} has no key, but an {} {} key is set", name, direction, what);
  return fmt::format("the {} {} key has {} bytes; {} needs {}", direction, what, key->size(), name,
                     KeyBytesText(*use));
}

void CheckKeyLengths(const std::string& name, const CryptoMapEntry& entry, const TransformSet& set,
                     std::vector<Finding>& findings) {
  for (const auto& [direction, keys] :
       {std::pair("inbound", &entry.inbound), std::pair("outbound", &entry.outbound)}) {
    const Key none;
    const TransformUse* cipher = set.Find(K::kEspEncryption);
    for (const std::string& wrong :
         {WrongKey(direction, "ah", keys->ah ? keys->ah->key : none, set.Find(K::kAh)),
          WrongKey(direction, "cipher", keys->esp ? keys->esp->cipher : none, cipher),
          cipher != nullptr && InfoOf(cipher->transform).combined && keys->esp &&
                  keys->esp->authenticator != nullptr
              ? fmt::format("{} authenticates by itself: no {} authenticator key",
                            InfoOf(cipher->transform).keyword, direction)
              : WrongKey(direction, "authenticator", keys->esp ? keys->esp->authenticator : none,
                         set.Find(K::kEspAuthentication))}) {
      if (!wrong.empty()) findings.push_back({name, fmt::format("{}: {}", name, wrong)});
    }
  }
}

bool PermitsAny(const Acl* acl) {
  return acl != nullptr && std::any_of(acl->entries.begin(), acl->entries.end(), [](const auto& l) {
           return l.permit && (AnySource(l) || AnyDestination(l));
         });
}

void CheckEntry(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry,
                const std::set<net::Address>& own, std::vector<Finding>& findings) {
  const std::string name = EntryName(map, entry);
  if (entry.kind == EntryKind::kManual && entry.transform_sets.size() == 1) {
    if (const TransformSet* set = running.FindTransformSet(entry.transform_sets[0])) {
      CheckKeyLengths(name, entry, *set, findings);
    }
  }
  for (const Peer& peer : entry.peers) {
    if (!own.contains(peer.address)) continue;
    findings.push_back({name, name + ": the peer is this system's own address"});
  }
  if (entry.reverse_route && PermitsAny(ListOf(running, map, entry))) {
    findings.push_back({name, fmt::format("{}: reverse-route is not possible with 'any' in access "
                                          "list {}",
                                          name, entry.acl)});
  }
}

void CheckMap(const Running& running, const CryptoMap& map, const std::set<net::Address>& own,
              std::vector<Finding>& findings) {
  const std::vector<std::string> carriers = CarriersOf(running, map);
  const std::string& local = map.local_address_interface;
  const std::string subject = "crypto map " + map.name;
  if (!local.empty() && running.FindInterface(local) == nullptr) {
    findings.push_back(
        {subject, fmt::format("{}: local-address interface {} does not exist", subject, local)});
  }
  // DP-79: the SAs are shared, and the bit is a part of them.
  const auto other_df = [&](const std::string& name) {
    return running.FindInterface(name)->df_bit != running.FindInterface(carriers[0])->df_bit;
  };
  if (!local.empty() && std::any_of(carriers.begin(), carriers.end(), other_df)) {
    findings.push_back({subject, fmt::format("{}: interfaces that share it by local-address need "
                                             "the same 'crypto ipsec df-bit'",
                                             subject)});
  }
  for (const CryptoMapEntry& entry : map.entries) {
    if ((!entry.inbound.empty() || !entry.outbound.empty()) && carriers.size() > 1 &&
        local.empty()) {
      const std::string name = EntryName(map, entry);
      findings.push_back(
          {name, fmt::format("{}: a manual key belongs to one SA, but the map is on {} interfaces; "
                             "use 'crypto map {} local-address'",
                             name, carriers.size(), map.name)});
    }
    CheckEntry(running, map, entry, own, findings);
  }
}

// One SA of one direction of a manual entry.
struct KeyUse {
  const CryptoMap* map;
  const CryptoMapEntry* entry;
  bool inbound;
  bool ah;
  uint32_t spi;
  Bytes key;     // of a cipher, or of AH by GMAC, without its salt; else empty
  bool counter;  // its nonces must not come twice, or nobody knows yet
  std::optional<net::Address> destination;  // of the packets

  std::string Name() const {
    return fmt::format("{} {}", EntryName(*map, *entry), inbound ? "inbound" : "outbound");
  }
};

// The key without its salt: nonces repeat under one key whatever the salts are made of. As long as
// the transform set is not known, the length says whether there is a salt.
Bytes WithoutSalt(const Key& key, const TransformUse* use) {
  const size_t size = key->size();
  const size_t tail = size % 8 == 4 || size % 8 == 3 ? size % 8 : 0;
  const size_t salt = use == nullptr ? tail : InfoOf(use->transform).salt_bytes;
  return key->bytes().first(size - std::min(size, salt));
}

void AddUses(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry,
             const std::optional<net::Address>& local, std::vector<KeyUse>& uses) {
  const TransformSet* set =
      entry.transform_sets.empty() ? nullptr : running.FindTransformSet(entry.transform_sets[0]);
  const TransformUse* cipher = set == nullptr ? nullptr : set->Find(K::kEspEncryption);
  const TransformUse* ah = set == nullptr ? nullptr : set->Find(K::kAh);
  const auto counter = [](const TransformUse* use) {
    return use == nullptr || InfoOf(use->transform).counter;
  };
  for (const bool inbound : {true, false}) {
    const ManualKeys& keys = inbound ? entry.inbound : entry.outbound;
    const auto destination = inbound ? local : entry.PeerAddress();
    if (keys.esp) {
      const Bytes key = keys.esp->cipher ? WithoutSalt(keys.esp->cipher, cipher) : Bytes();
      uses.push_back(
          {&map, &entry, inbound, false, keys.esp->spi, key, counter(cipher), destination});
    }
    if (keys.ah) {
      const bool gmac = ah != nullptr && counter(ah);
      uses.push_back({&map, &entry, inbound, true, keys.ah->spi,
                      gmac ? WithoutSalt(keys.ah->key, ah) : Bytes(), gmac, destination});
    }
  }
}

int Compare(Bytes a, Bytes b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

// Sorted by key, so that equal ones are neighbours: n log n, and no copy of a key is made.
void CheckSameKeys(const std::vector<KeyUse>& uses, std::vector<Finding>& findings) {
  std::vector<const KeyUse*> by_key;
  for (const KeyUse& use : uses) {
    if (!use.key.empty()) by_key.push_back(&use);
  }
  std::sort(by_key.begin(), by_key.end(), [](const KeyUse* a, const KeyUse* b) {
    const int order = Compare(a->key, b->key);
    return order != 0 ? order < 0 : a < b;
  });
  for (size_t begin = 0, end = 0; begin < by_key.size(); begin = end) {
    bool counter = false;
    for (end = begin; end < by_key.size() && Compare(by_key[begin]->key, by_key[end]->key) == 0;
         ++end) {
      counter |= by_key[end]->counter;
    }
    for (size_t i = begin + 1; counter && i < end; ++i) {
      findings.push_back({EntryName(*by_key[i]->map, *by_key[i]->entry),
                          fmt::format("{}: the cipher key is also that of {}; every SA and "
                                      "direction needs its own",
                                      by_key[i]->Name(), by_key[begin]->Name())});
    }
  }
}

// An SPI is one SA's per protocol and destination; where the destination is not known yet, it is
// taken to be the same.
void CheckSameSpis(const std::vector<KeyUse>& uses, std::vector<Finding>& findings) {
  std::vector<const KeyUse*> by_spi;
  for (const KeyUse& use : uses) by_spi.push_back(&use);
  const auto place = [](const KeyUse* u) { return std::tuple(u->inbound, u->ah, u->spi); };
  std::sort(by_spi.begin(), by_spi.end(), [&](const KeyUse* a, const KeyUse* b) {
    return std::tuple(place(a), a->destination, a) < std::tuple(place(b), b->destination, b);
  });
  for (size_t i = 1, begin = 0; i < by_spi.size(); ++i) {
    if (place(by_spi[i]) != place(by_spi[begin])) begin = i;
    if (i == begin) continue;
    const KeyUse* other = by_spi[i - 1];
    if (!by_spi[begin]->destination) {
      other = by_spi[begin];
    } else if (other->destination != by_spi[i]->destination) {
      continue;
    }
    const auto [first, later] = std::minmax(other, by_spi[i]);
    findings.push_back(
        {EntryName(*later->map, *later->entry),
         fmt::format("{}: SPI {} is also that of {}", later->Name(), later->spi, first->Name())});
  }
}

void CheckKeys(const Running& running, std::vector<Finding>& findings) {
  std::vector<KeyUse> uses;
  for (const CryptoMap& map : running.crypto_maps) {
    const auto local = LocalOf(running, map, CarriersOf(running, map));
    for (const CryptoMapEntry& entry : map.entries) AddUses(running, map, entry, local, uses);
  }
  CheckSameKeys(uses, findings);
  CheckSameSpis(uses, findings);
}

void WarnAboutEntry(const EffectiveEntry& effective, std::vector<std::string>& warnings) {
  const std::string name = fmt::format("crypto map {} {}", effective.map, effective.sequence);
  if (!effective.incomplete.empty()) {
    warnings.push_back(
        fmt::format("{} is incomplete, its traffic is dropped: {}", name, effective.incomplete));
  }
  if (effective.kind == EntryKind::kDynamic && effective.entry->acl.empty()) {
    warnings.push_back(fmt::format(
        "{}: dynamic map {} {} has no access list: a peer may ask for any flow, and packets that "
        "should be protected are not told from others",
        name, effective.dynamic_map, effective.dynamic_sequence));
  }
}

void WarnAboutList(const std::string& name, const CryptoMapEntry& entry, const Acl& acl,
                   std::vector<std::string>& warnings) {
  size_t permits = 0;
  for (const AclEntry& line : acl.entries) {
    permits += line.permit ? 1 : 0;
    const bool counts = line.permit && (permits == 1 || entry.kind != EntryKind::kManual);
    if (counts && line.protocol == 0 && AnySource(line) && AnyDestination(line)) {
      warnings.push_back(fmt::format(
          "{}: 'permit ip any any' drops all unprotected inbound traffic, ping included", name));
    }
  }
  if (permits > 1 && entry.kind == EntryKind::kManual) {
    warnings.push_back(fmt::format(
        "{}: only the first permit of access list {} counts in a manual entry", name, entry.acl));
  }
}

// The two networks of a line, for comparison between lists.
using Networks = std::tuple<uint8_t, uint32_t, uint32_t, uint32_t, uint32_t, net::Address, uint8_t,
                            net::Address, uint8_t>;
Networks NetworksOf(const AclEntry& line) {
  return {line.protocol,
          line.source.address,
          line.source.wildcard,
          line.destination.address,
          line.destination.wildcard,
          line.source_v6.base(),
          line.source_v6.length(),
          line.destination_v6.base(),
          line.destination_v6.length()};
}

// SY-79: what one entry denies and another one permits. The deny falls through to the other entry
// here, but peers that read it otherwise drop the traffic.
void WarnAboutSplits(const Running& running, const CryptoMap& map,
                     std::vector<std::string>& warnings) {
  std::map<Networks, const CryptoMapEntry*> denied;
  std::set<std::string_view> read;
  const auto each_line = [&](auto act) {
    read.clear();
    for (const CryptoMapEntry& entry : map.entries) {
      const Acl* acl = ListOf(running, map, entry);
      if (acl == nullptr || !read.insert(acl->name).second) continue;
      for (const AclEntry& line : acl->entries) act(entry, line);
    }
  };
  each_line([&](const CryptoMapEntry& entry, const AclEntry& line) {
    if (!line.permit) denied.emplace(NetworksOf(line), &entry);
  });
  if (denied.empty()) return;
  each_line([&](const CryptoMapEntry& entry, const AclEntry& line) {
    const auto at = line.permit ? denied.find(NetworksOf(line)) : denied.end();
    if (at == denied.end() || at->second == &entry) return;
    warnings.push_back(fmt::format(
        "{}: access list {} line {} permits what access list {} of entry {} denies; such a split "
        "is not supported by all peers",
        EntryName(map, entry), entry.acl, line.sequence, at->second->acl, at->second->sequence));
  });
}

void WarnAboutMap(const Running& running, const CryptoMap& map,
                  std::vector<std::string>& warnings) {
  std::set<std::string_view> lists;
  const CryptoMapEntry* dynamic = nullptr;
  for (const CryptoMapEntry& entry : map.entries) {
    const std::string name = EntryName(map, entry);
    if (const Acl* acl = ListOf(running, map, entry)) WarnAboutList(name, entry, *acl, warnings);
    if (!entry.acl.empty() && !lists.insert(entry.acl).second) {
      warnings.push_back(
          fmt::format("{}: access list {} is used by another entry of this map", name, entry.acl));
    }
    if (entry.kind != EntryKind::kDynamic) {
      if (dynamic != nullptr) {
        warnings.push_back(
            fmt::format("{} stands behind the dynamic entry {}, which should be the "
                        "last of the map",
                        name, dynamic->sequence));
        dynamic = nullptr;  // once is enough
      }
      continue;
    }
    dynamic = &entry;
    if (running.FindDynamicMap(entry.dynamic_map) == nullptr) {
      warnings.push_back(fmt::format("{}: dynamic map {} is not defined", name, entry.dynamic_map));
    }
    if (entry.discover) {
      warnings.push_back(
          fmt::format("{}: tunnel endpoint discovery is not built, no probe is sent", name));
    }
  }
  WarnAboutSplits(running, map, warnings);
}

}  // namespace

std::vector<Finding> CrossCheck(const Running& running) {
  std::vector<Finding> findings;
  CheckNet(running, findings);
  std::set<net::Address> own;
  for (const Interface& interface : running.interfaces) {
    if (interface.address) own.insert(*interface.address);
    for (const InterfaceAddress& more : interface.secondary) own.insert(more.address);
    for (const Ipv6Address& six : interface.ipv6.addresses) {
      if (six.kind == Ipv6AddressKind::kGiven) own.insert(six.address);
    }
  }
  for (const CryptoMap& map : running.crypto_maps) CheckMap(running, map, own, findings);
  CheckKeys(running, findings);
  CheckIke(running, findings);
  CheckPools(running, findings);
  return findings;
}

std::vector<std::string> Warnings(const Running& running) {
  std::vector<std::string> warnings;
  if (running.crypto.manual_counter_mode) {
    warnings.emplace_back(
        "manual AES-GCM keys are on: a lost or restored state directory may repeat a nonce and "
        "break their secrecy; change the keys then");
  }
  for (const EffectiveEntry& entry : EffectiveEntries(running)) WarnAboutEntry(entry, warnings);
  for (const CryptoMap& map : running.crypto_maps) WarnAboutMap(running, map, warnings);
  WarnAboutIke(running, warnings);
  WarnAboutAuthorizations(running, warnings);
  WarnAboutNet(running, warnings);
  if (warnings.size() > kMostWarnings) {
    const size_t more = warnings.size() - kMostWarnings;
    warnings.resize(kMostWarnings);
    warnings.push_back(fmt::format("{} more warnings of this kind", more));
  }
  return warnings;
}

}  // namespace vam::config
