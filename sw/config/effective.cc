#include "sw/config/effective.h"

#include <fmt/core.h>

#include <algorithm>

namespace vam::config {
namespace {

std::vector<std::string> Carriers(const Running& running, const CryptoMap& map) {
  std::vector<std::string> names;
  for (const Interface& interface : running.interfaces) {
    if (interface.crypto_map == map.name) names.push_back(interface.name);
  }
  return names;
}

// The address that the SAs of `map` use, as far as the configuration decides it.
std::optional<net::Address> LocalOf(const Running& running, const CryptoMap& map,
                                    const std::vector<std::string>& carriers) {
  std::string name = map.local_address_interface;
  if (name.empty() && carriers.size() == 1) name = carriers[0];
  const Interface* interface = running.FindInterface(name);
  return interface == nullptr ? std::nullopt : interface->address;
}

size_t ExpectedKeySize(const TransformSet& set) { return set.key_bits / 8U + 4; }

std::string WrongKeySize(std::string_view direction, const SessionKey& key,
                         const TransformSet& set) {
  return fmt::format(
      "the {} cipher key has {} bytes; esp-gcm {} needs {}: {} of key, then 4 of salt (RFC 4106)",
      direction, key.key->size(), set.key_bits, ExpectedKeySize(set), set.key_bits / 8);
}

std::string WhyIncomplete(const Running& running, const ManualSa& sa) {
  const CryptoMapEntry& entry = *sa.entry;
  if (!entry.peer) return "no peer is set";
  if (entry.transform_set.empty()) return "no transform set is set";
  if (sa.transform_set == nullptr) {
    return fmt::format("transform set {} is not defined", entry.transform_set);
  }
  if (entry.acl.empty()) return "no access list is matched";
  if (sa.acl == nullptr) return fmt::format("access list {} is not defined", entry.acl);
  if (sa.permit == nullptr) return fmt::format("access list {} permits nothing", entry.acl);
  if (!entry.inbound) return "no inbound session key is set";
  if (!entry.outbound) return "no outbound session key is set";
  if (!sa.local) return "the interface has no IP address";
  if (!running.manual_counter_mode) {
    return "manual keys with AES-GCM need 'crypto ipsec manual-counter-mode enable'";
  }
  return "";
}

ManualSa Resolve(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry) {
  ManualSa sa;
  sa.map = map.name;
  sa.sequence = entry.sequence;
  sa.interfaces = Carriers(running, map);
  sa.local = LocalOf(running, map, sa.interfaces);
  sa.entry = &entry;
  sa.transform_set = running.FindTransformSet(entry.transform_set);
  sa.acl = running.FindAcl(entry.acl);
  if (sa.acl != nullptr) {
    for (const AclEntry& line : sa.acl->entries) {
      if (line.permit) {
        sa.permit = &line;
        break;
      }
    }
  }
  sa.incomplete = WhyIncomplete(running, sa);
  return sa;
}

std::string EntryName(const CryptoMap& map, const CryptoMapEntry& entry) {
  return fmt::format("crypto map {} {}", map.name, entry.sequence);
}

void CheckInterfaces(const Running& running, std::vector<Finding>& findings) {
  for (size_t i = 0; i < running.interfaces.size(); ++i) {
    const Interface& a = running.interfaces[i];
    const std::string subject = "interface " + a.name;
    if (!a.crypto_map.empty() && running.FindCryptoMap(a.crypto_map) == nullptr) {
      findings.push_back(
          {subject + " crypto map",
           fmt::format("interface {}: crypto map {} is not defined", a.name, a.crypto_map)});
    }
    for (size_t j = 0; j < i; ++j) {
      const Interface& b = running.interfaces[j];
      if (a.device && b.device && *a.device == *b.device) {
        findings.push_back(
            {subject, fmt::format("interface {}: its device is also that of {}", a.name, b.name)});
      }
      if (!a.address || !b.address) continue;
      const auto net_a = *net::Prefix::Create(*a.address, a.prefix_length);
      const auto net_b = *net::Prefix::Create(*b.address, b.prefix_length);
      if (net_a.Contains(net_b) || net_b.Contains(net_a)) {
        findings.push_back(
            {subject, fmt::format("interface {}: network {} overlaps {} of {}", a.name,
                                  net::ToString(net_a), net::ToString(net_b), b.name)});
      }
    }
  }
  for (const Route& route : running.routes) {
    if (route.interface.empty() || running.FindInterface(route.interface) != nullptr) continue;
    const std::string subject = "ip route " + net::ToString(route.destination);
    findings.push_back(
        {subject, fmt::format("{}: interface {} does not exist", subject, route.interface)});
  }
}

void CheckMap(const Running& running, const CryptoMap& map, std::vector<Finding>& findings) {
  const std::vector<std::string> carriers = Carriers(running, map);
  const std::string& local = map.local_address_interface;
  if (!local.empty() && running.FindInterface(local) == nullptr) {
    findings.push_back(
        {"crypto map " + map.name,
         fmt::format("crypto map {}: local-address interface {} does not exist", map.name, local)});
  }
  for (const CryptoMapEntry& entry : map.entries) {
    const std::string name = EntryName(map, entry);
    if ((entry.inbound || entry.outbound) && carriers.size() > 1 && local.empty()) {
      findings.push_back(
          {name, fmt::format("{}: a manual key belongs to one SA, but the map is on {} interfaces; "
                             "use 'crypto map {} local-address'",
                             name, carriers.size(), map.name)});
    }
    const TransformSet* set = running.FindTransformSet(entry.transform_set);
    for (const auto& [direction, key] :
         {std::pair("inbound", &entry.inbound), std::pair("outbound", &entry.outbound)}) {
      if (set == nullptr || !*key || (*key)->key->size() == ExpectedKeySize(*set)) continue;
      findings.push_back({name, name + ": " + WrongKeySize(direction, **key, *set)});
    }
    const auto own = [&](const Interface& i) { return entry.peer && i.address == entry.peer; };
    if (std::any_of(running.interfaces.begin(), running.interfaces.end(), own)) {
      findings.push_back({name, name + ": the peer is this system's own address"});
    }
  }
}

// One direction of one entry.
struct KeyUse {
  std::string name;  // of the entry
  bool inbound;
  const SessionKey* key;
  std::optional<net::Address> destination;  // of the packets
};

// The cipher key without its salt: nonces repeat under one key whatever the salts are made of.
Bytes CipherKey(const SessionKey& key) { return key.key->bytes().first(key.key->size() - 4); }

void CheckKeys(const Running& running, std::vector<Finding>& findings) {
  std::vector<KeyUse> uses;
  for (const CryptoMap& map : running.crypto_maps) {
    const auto local = LocalOf(running, map, Carriers(running, map));
    for (const CryptoMapEntry& entry : map.entries) {
      const std::string name = EntryName(map, entry);
      if (entry.inbound) uses.push_back({name, true, &*entry.inbound, local});
      if (entry.outbound) uses.push_back({name, false, &*entry.outbound, entry.peer});
    }
  }
  for (size_t i = 0; i < uses.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const KeyUse& a = uses[i];
      const KeyUse& b = uses[j];
      const Bytes key_a = CipherKey(*a.key);
      const Bytes key_b = CipherKey(*b.key);
      const std::string where_b = fmt::format("{} {}", b.name, b.inbound ? "inbound" : "outbound");
      if (key_a.size() == key_b.size() &&
          CRYPTO_memcmp(key_a.data(), key_b.data(), key_a.size()) == 0) {
        findings.push_back(
            {a.name, fmt::format("{} {}: the cipher key is also that of {}; every SA "
                                 "and direction needs its own",
                                 a.name, a.inbound ? "inbound" : "outbound", where_b)});
      }
      const bool same_place = !a.destination || !b.destination || a.destination == b.destination;
      if (a.inbound == b.inbound && a.key->spi == b.key->spi && same_place) {
        findings.push_back(
            {a.name, fmt::format("{} {}: SPI {} is also that of {}", a.name,
                                 a.inbound ? "inbound" : "outbound", a.key->spi, where_b)});
      }
    }
  }
}

void WarnAboutEntry(const Running& running, const CryptoMap& map, const CryptoMapEntry& entry,
                    std::vector<std::string>& warnings) {
  const std::string name = EntryName(map, entry);
  const ManualSa sa = Resolve(running, map, entry);
  if (!sa.incomplete.empty() && !sa.interfaces.empty()) {
    warnings.push_back(
        fmt::format("{} is incomplete, its traffic is dropped: {}", name, sa.incomplete));
  }
  if (sa.permit == nullptr) return;
  const auto permits = std::count_if(sa.acl->entries.begin(), sa.acl->entries.end(),
                                     [](const AclEntry& line) { return line.permit; });
  if (permits > 1) {
    warnings.push_back(fmt::format(
        "{}: only the first permit of access list {} counts in a manual entry", name, entry.acl));
  }
  if (sa.permit->protocol == 0 && sa.permit->source == AddressMatch() &&
      sa.permit->destination == AddressMatch()) {
    warnings.push_back(fmt::format(
        "{}: 'permit ip any any' drops all unprotected inbound traffic, ping included", name));
  }
}

}  // namespace

std::vector<ManualSa> ManualSas(const Running& running) {
  std::vector<ManualSa> sas;
  std::vector<std::string_view> done;
  for (const Interface& interface : running.interfaces) {
    const CryptoMap* map = running.FindCryptoMap(interface.crypto_map);
    if (map == nullptr || std::find(done.begin(), done.end(), map->name) != done.end()) continue;
    done.push_back(map->name);
    for (const CryptoMapEntry& entry : map->entries) sas.push_back(Resolve(running, *map, entry));
  }
  return sas;
}

std::vector<Finding> CrossCheck(const Running& running) {
  std::vector<Finding> findings;
  CheckInterfaces(running, findings);
  for (const CryptoMap& map : running.crypto_maps) CheckMap(running, map, findings);
  CheckKeys(running, findings);
  return findings;
}

std::vector<std::string> Warnings(const Running& running) {
  std::vector<std::string> warnings;
  if (running.manual_counter_mode) {
    warnings.emplace_back(
        "manual AES-GCM keys are on: a lost or restored state directory may repeat a nonce and "
        "break their secrecy; change the keys then");
  }
  for (const CryptoMap& map : running.crypto_maps) {
    std::vector<std::string_view> lists;
    for (const CryptoMapEntry& entry : map.entries) {
      WarnAboutEntry(running, map, entry, warnings);
      if (entry.acl.empty()) continue;
      if (std::find(lists.begin(), lists.end(), entry.acl) != lists.end()) {
        warnings.push_back(fmt::format("{}: access list {} is used by another entry of this map",
                                       EntryName(map, entry), entry.acl));
      }
      lists.push_back(entry.acl);
    }
  }
  return warnings;
}

}  // namespace vam::config
