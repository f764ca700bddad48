// Crypto maps, dynamic maps and IPsec profiles: which there are, and their entries.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

using Entries = std::vector<CryptoMapEntry>;

// MG-125.
constexpr std::string_view kNewEntryNote =
    "NOTE: This new crypto map will remain disabled until a peer\n"
    "        and a valid access list have been configured.";

// Where the entry of this number is, or belongs.
Entries::iterator PlaceOf(Entries& entries, uint32_t sequence) {
  return std::lower_bound(
      entries.begin(), entries.end(), sequence,
      [](const CryptoMapEntry& entry, uint32_t number) { return entry.sequence < number; });
}
CryptoMapEntry* FindEntry(Entries& entries, uint32_t sequence) {
  const auto at = PlaceOf(entries, sequence);
  return at != entries.end() && at->sequence == sequence ? &*at : nullptr;
}
CryptoMapEntry& EntryAt(Entries& entries, uint32_t sequence) {
  auto at = PlaceOf(entries, sequence);
  if (at == entries.end() || at->sequence != sequence) {
    at = entries.insert(at, CryptoMapEntry());
    at->sequence = sequence;
  }
  return *at;
}

std::optional<EntryKind> KindOf(const Match& match) {
  if (match.Has("ipsec-manual")) return EntryKind::kManual;
  if (!match.Has("ipsec-isakmp")) return std::nullopt;
  return match.Has("dynamic") ? EntryKind::kDynamic : EntryKind::kIsakmp;
}
std::string_view NameOf(EntryKind kind) {
  return kind == EntryKind::kManual   ? "ipsec-manual"
         : kind == EntryKind::kIsakmp ? "ipsec-isakmp"
                                      : "ipsec-isakmp dynamic";
}

// A map is IPv4 or IPv6 as a whole, and each line says so.
std::optional<Fault> CheckFamily(const CryptoMap* map, const Match& match) {
  if (map == nullptr || map->ipv6 == match.Has("ipv6")) return {};
  return Fault{&match.Argument("name"),
               map->ipv6 ? "an IPv6 crypto map: write 'crypto map ipv6'" : "an IPv4 crypto map"};
}
std::optional<Fault> CheckKind(const CryptoMapEntry* entry, const Match& match) {
  const auto kind = KindOf(match);
  if (entry == nullptr) {
    if (kind) return {};
    return Fault{
        &match.Argument("number"), "a new entry needs its kind", {"ipsec-manual", "ipsec-isakmp"}};
  }
  if (!kind || *kind == entry->kind) return {};
  const Token* word = match.FindKeyword("dynamic");
  if (word == nullptr) word = &match.Argument("number") + 1;
  return Fault{word, fmt::format("the entry is {}; remove it first", NameOf(entry->kind))};
}

std::optional<Fault> EnterCryptoMap(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  const uint32_t sequence = NumberOf(match.Argument("number"));
  CryptoMap* map = editor.running.crypto_maps.Find(name);
  if (auto fault = CheckFamily(map, match)) return fault;
  const CryptoMapEntry* old = map == nullptr ? nullptr : FindEntry(map->entries, sequence);
  if (auto fault = CheckKind(old, match)) return fault;
  const bool is_new = old == nullptr;
  CryptoMap& target = FindOrAdd(editor.running.crypto_maps, name);
  target.ipv6 = match.Has("ipv6");
  CryptoMapEntry& entry = EntryAt(target.entries, sequence);
  if (const auto kind = KindOf(match)) entry.kind = *kind;
  if (entry.kind == EntryKind::kDynamic) {
    if (match.Has("dynamic")) {
      entry.dynamic_map = match.Argument("name", 1).text;
      entry.discover = match.Has("discover");
    }
    editor.Note(fmt::format("crypto map {} {}", name, sequence));
    return {};  // nothing to say under it: the dynamic map has the statements
  }
  if (is_new && editor.interactive) editor.notices.emplace_back(kNewEntryNote);
  editor.Enter(Mode::kCryptoMap, name, sequence);
  CurrentEntry(editor);
  return {};
}
// SY-21.
std::optional<Fault> RefuseIpv6Dynamic(Editor&, const Match& match) {
  return Fault{match.FindKeyword("dynamic"), "not possible in an IPv6 crypto map"};
}
// SY-86.
std::optional<Fault> RefuseCisco(Editor&, const Match& match) {
  return Fault{&match.tokens.back(),
               "Cisco encryption technology (before IPsec) is not supported",
               {"ipsec-manual", "ipsec-isakmp"}};
}
void EraseIfEmpty(Editor& editor, const CryptoMap& map) {
  if (!map.entries.empty() || !map.local_address_interface.empty()) return;
  const std::string name = map.name;
  editor.running.crypto_maps.Erase(name);
}
std::optional<Fault> NoCryptoMap(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  CryptoMap* map = editor.running.crypto_maps.Find(name.text);
  if (map == nullptr) return Fault{&name, "no such crypto map"};
  if (auto fault = CheckFamily(map, match)) return fault;
  const Token* number = match.Find("number");
  if (number == nullptr) {
    editor.running.crypto_maps.Erase(name.text);
    return {};
  }
  if (FindEntry(map->entries, NumberOf(*number)) == nullptr) return Fault{number, "no such entry"};
  map->entries.erase(PlaceOf(map->entries, NumberOf(*number)));
  EraseIfEmpty(editor, *map);
  return {};
}
std::optional<Fault> LocalAddress(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  if (auto fault = CheckFamily(editor.running.crypto_maps.Find(name), match)) return fault;
  CryptoMap& map = FindOrAdd(editor.running.crypto_maps, name);
  map.ipv6 = match.Has("ipv6");
  map.local_address_interface = match.Argument("interface").text;
  editor.Note("crypto map " + name);
  return {};
}
std::optional<Fault> NoLocalAddress(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  CryptoMap* map = editor.running.crypto_maps.Find(name.text);
  if (map == nullptr) return Fault{&name, "no such crypto map"};
  if (auto fault = CheckFamily(map, match)) return fault;
  map->local_address_interface.clear();
  EraseIfEmpty(editor, *map);
  return {};
}

std::optional<Fault> EnterDynamicMap(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  const uint32_t sequence = NumberOf(match.Argument("number"));
  editor.Enter(Mode::kDynamicMap, name, sequence);
  CurrentEntry(editor);
  return {};
}
std::optional<Fault> NoDynamicMap(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  auto& maps = editor.running.dynamic_maps;
  DynamicMap* map = maps.Find(name.text);
  if (map == nullptr) return Fault{&name, "no such dynamic crypto map"};
  const Token* number = match.Find("number");
  if (number != nullptr) {
    if (FindEntry(map->entries, NumberOf(*number)) == nullptr) {
      return Fault{number, "no such entry"};
    }
    map->entries.erase(PlaceOf(map->entries, NumberOf(*number)));
  }
  if (number == nullptr || map->entries.empty()) maps.Erase(name.text);
  return {};
}

std::optional<Fault> EnterProfile(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  FindOrAdd(editor.running.ipsec_profiles, name);
  editor.Note("crypto ipsec profile " + name);
  editor.Enter(Mode::kIpsecProfile, name);
  return {};
}
std::optional<Fault> NoProfile(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.ipsec_profiles, name.text)) {
    return Fault{&name, "no such profile"};
  }
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig,
      "crypto map [ ipv6 ] <name> <number:1-65535> [ { ipsec-manual | ipsec-isakmp } ]",
      "Edit an entry; a new one needs its kind"},
     EnterCryptoMap},
    {{Mode::kConfig, "crypto map <name> <number:1-65535> ipsec-isakmp dynamic <name> [ discover ]",
      "The entries of a dynamic map stand here; it should be the last of the map"},
     EnterCryptoMap},
    {{Mode::kConfig,
      "crypto map ipv6 <name> <number:1-65535> ipsec-isakmp dynamic <name> [ discover ]",
      "Refused: dynamic maps are IPv4 only"},
     RefuseIpv6Dynamic},
    {{Mode::kConfig, "crypto map [ ipv6 ] <name> <number:1-65535> cisco", "Refused: before IPsec"},
     RefuseCisco},
    {{Mode::kConfig,
      "no crypto map [ ipv6 ] <name> [ <number:1-65535> [ { ipsec-manual | ipsec-isakmp [ dynamic "
      "<name> [ discover ] ] } ] ]",
      "Remove an entry or a map"},
     NoCryptoMap},
    {{Mode::kConfig, "crypto map [ ipv6 ] <name> local-address <interface>",
      "One address and one set of SAs for all interfaces with this map"},
     LocalAddress},
    {{Mode::kConfig, "no crypto map [ ipv6 ] <name> local-address [ <interface> ]",
      "Each interface's own address"},
     NoLocalAddress},
    {{Mode::kConfig, "crypto dynamic-map <name> <number:1-65535>",
      "Edit an entry of a dynamic map; makes it when it is new"},
     EnterDynamicMap},
    {{Mode::kConfig, "no crypto dynamic-map <name> [ <number:1-65535> ]",
      "Remove an entry or a dynamic map"},
     NoDynamicMap},
    {{Mode::kConfig, "crypto ipsec profile <name>",
      "Edit the profile of tunnel interfaces; makes it when it is new"},
     EnterProfile},
    {{Mode::kConfig, "no crypto ipsec profile <name>", "Remove a profile"}, NoProfile},
};

}  // namespace

CryptoMapEntry& CurrentEntry(Editor& editor) {
  editor.Note(CurrentSubject(editor));
  if (editor.mode == Mode::kDynamicMap) {
    return EntryAt(FindOrAdd(editor.running.dynamic_maps, editor.object).entries, editor.sequence);
  }
  return EntryAt(FindOrAdd(editor.running.crypto_maps, editor.object).entries, editor.sequence);
}

std::string CurrentSubject(const Editor& editor) {
  if (editor.mode == Mode::kIpsecProfile) return "crypto ipsec profile " + editor.object;
  return fmt::format("crypto {} {} {}", editor.mode == Mode::kDynamicMap ? "dynamic-map" : "map",
                     editor.object, editor.sequence);
}

std::span<const ConfigStatement> CryptoMapStatements() { return kStatements; }

}  // namespace vam::config
