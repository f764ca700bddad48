// What entries of crypto maps, entries of dynamic maps and profiles say.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

SaPolicy& PolicyOf(Editor& editor) {
  if (editor.mode != Mode::kIpsecProfile) return CurrentEntry(editor);
  editor.Note(CurrentSubject(editor));
  return FindOrAdd(editor.running.ipsec_profiles, editor.object);
}
bool IsManual(Editor& editor) {
  return editor.mode == Mode::kCryptoMap && CurrentEntry(editor).kind == EntryKind::kManual;
}
// Negated forms are harmless: there is nothing to take back.
std::optional<Fault> RefuseManual(Editor& editor, const Match& match) {
  if (match.negated() || !IsManual(editor)) return {};
  return Fault{&match.tokens[1 < match.tokens.size() ? 1 : 0],
               "nothing is negotiated for an ipsec-manual entry: its SAs stay as they are"};
}

net::Address PeerAddressOf(const Token& token) {
  // "2001:db8::1/64", as some guides write it, is the host.
  return *net::Address::Parse(std::string_view(token.text).substr(0, token.text.find('/')));
}
bool IsHostname(const Token& token) {
  return token.text.find(':') == std::string::npos &&
         token.text.find_first_not_of("0123456789.") != std::string::npos;
}
struct ReadPeer {
  Peer peer;
  std::optional<Fault> fault;
};
ReadPeer Read(const Editor& editor, const Match& match) {
  const Token& token = match.Argument("peer");
  ReadPeer read;
  read.peer.dynamic = match.Has("dynamic");
  read.peer.is_default = match.Has("default") && !match.negated();
  if (IsHostname(token)) {
    read.peer.hostname = token.text;
    return read;
  }
  read.peer.address = PeerAddressOf(token);
  const CryptoMap* map =
      editor.mode == Mode::kCryptoMap ? editor.running.FindCryptoMap(editor.object) : nullptr;
  if (!read.peer.address.IsRoutableUnicast()) {
    read.fault = Fault{&token, "not the address of a peer"};
  } else if (read.peer.address.is_v6() != (map != nullptr && map->ipv6)) {
    read.fault = Fault{&token, read.peer.address.is_v6()
                                   ? "an IPv6 peer needs an IPv6 map ('crypto map ipv6')"
                                   : "an IPv6 crypto map has IPv6 peers"};
  } else if (read.peer.dynamic) {
    read.fault = Fault{match.FindKeyword("dynamic"), "only a host name is resolved again"};
  }
  return read;
}
size_t MostPeers(const CryptoMapEntry& entry) {
  return entry.ikev2_profile.empty() ? kMaxPeers : kMaxIkev2Peers;
}
std::string TooManyPeers(const CryptoMapEntry& entry) {
  return fmt::format("more than {} peers{}", MostPeers(entry),
                     entry.ikev2_profile.empty() ? "" : " of an entry with an IKEv2 profile");
}
bool SameHost(const Peer& a, const Peer& b) {
  return a.address == b.address && a.hostname == b.hostname;
}
std::optional<Fault> SetPeer(Editor& editor, const Match& match) {
  const Token& token = match.Argument("peer");
  ReadPeer read = Read(editor, match);
  if (read.fault) return read.fault;
  CryptoMapEntry& entry = CurrentEntry(editor);
  const auto at = std::find_if(entry.peers.begin(), entry.peers.end(),
                               [&](const Peer& p) { return SameHost(p, read.peer); });
  if (entry.kind == EntryKind::kManual) {
    if (!read.peer.hostname.empty()) return Fault{&token, "a manual entry needs an address"};
    if (read.peer.is_default) {
      return Fault{match.FindKeyword("default"), "a manual entry has one peer"};
    }
    if (at == entry.peers.end() && !entry.peers.empty()) {
      return Fault{&token,
                   "a manual entry has one peer; remove the other with 'no set peer' first"};
    }
  }
  if (at == entry.peers.end() && entry.peers.size() >= MostPeers(entry)) {
    return Fault{&token, TooManyPeers(entry)};
  }
  if (read.peer.is_default) {
    for (Peer& other : entry.peers) other.is_default = false;
  }
  if (at == entry.peers.end()) {
    entry.peers.push_back(std::move(read.peer));
  } else {
    *at = std::move(read.peer);
  }
  return {};
}
std::optional<Fault> NoSetPeer(Editor& editor, const Match& match) {
  CryptoMapEntry& entry = CurrentEntry(editor);
  const Token* token = match.Find("peer");
  if (token == nullptr) {
    entry.peers.clear();
    return {};
  }
  Peer wanted;
  if (IsHostname(*token)) {
    wanted.hostname = token->text;
  } else {
    wanted.address = PeerAddressOf(*token);
  }
  const size_t erased =
      std::erase_if(entry.peers, [&](const Peer& p) { return SameHost(p, wanted); });
  if (erased == 0) return Fault{token, "not a peer of this entry"};
  return {};
}

std::optional<Fault> SetTransformSets(Editor& editor, const Match& match) {
  const size_t most = IsManual(editor) ? 1 : kMaxTransformSetsPerEntry;
  std::vector<std::string> names;
  for (size_t n = 0; const Token* name = match.Find("name", n); ++n) {
    if (n >= most) {
      return Fault{name, most == 1 ? "a manual entry has one transform set"
                                   : "an entry has at most six transform sets"};
    }
    if (std::find(names.begin(), names.end(), name->text) != names.end()) {
      return Fault{name, "named twice"};
    }
    names.push_back(name->text);
  }
  PolicyOf(editor).transform_sets = std::move(names);
  return {};
}
std::optional<Fault> NoTransformSets(Editor& editor, const Match& match) {
  auto& names = PolicyOf(editor).transform_sets;
  if (match.Find("name") == nullptr) names.clear();
  for (size_t n = 0; const Token* name = match.Find("name", n); ++n) {
    const auto at = std::find(names.begin(), names.end(), name->text);
    if (at == names.end()) return Fault{name, "not a transform set of this entry"};
    names.erase(at);
  }
  return {};
}
std::optional<Fault> MatchAddress(Editor& editor, const Match& match) {
  CurrentEntry(editor).acl = match.negated() ? "" : match.Argument("acl").text;
  return {};
}
std::optional<Fault> Description(Editor& editor, const Match& match) {
  if (editor.mode == Mode::kIpsecProfile) {
    return SetDescription(FindOrAdd(editor.running.ipsec_profiles, editor.object).description,
                          match);
  }
  return SetDescription(CurrentEntry(editor).description, match);
}
std::optional<Fault> EntryLifetime(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  SetLifetime(PolicyOf(editor).lifetime, match);
  return {};
}
std::optional<Fault> EntryIdleTime(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  SaPolicy& policy = PolicyOf(editor);
  policy.idle_seconds.reset();
  policy.idle_to_default_peer = false;
  if (match.negated()) return {};
  policy.idle_seconds = NumberOf(match.Argument("number"));
  policy.idle_to_default_peer = match.Has("default");
  return {};
}
std::optional<Fault> EntryReplay(Editor& editor, const Match& match) {
  PolicyOf(editor).replay_window = ReplayWindowOf(match);
  return {};
}
std::optional<Fault> Esn(Editor& editor, const Match& match) {
  PolicyOf(editor).esn = !match.negated();
  return {};
}
std::optional<Fault> PerHost(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  PolicyOf(editor).per_host = !match.negated();
  return {};
}
std::optional<Fault> Pfs(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  if (match.negated()) {
    PolicyOf(editor).pfs_group.reset();
    return {};
  }
  const Token& word = match.tokens.back();
  const auto group = static_cast<uint8_t>(
      word.text == "pfs" ? 1 : NumberOf({word.text.substr(5), 0, false, nullptr}));  // SY-37
  if (IsLegacyGroup(group) && !editor.running.crypto.legacy_algorithms) {
    return NeedsLegacy(word, fmt::format("Diffie-Hellman group {}", group));
  }
  PolicyOf(editor).pfs_group = group;
  return {};
}
std::optional<Fault> EntryDfBit(Editor& editor, const Match& match) {
  PolicyOf(editor).df_bit = DfBitOf(match);
  return {};
}
std::optional<Fault> Profile(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  SaPolicy& policy = PolicyOf(editor);
  std::string& profile = match.Has("isakmp-profile") ? policy.isakmp_profile : policy.ikev2_profile;
  profile = match.negated() ? "" : match.Argument("name").text;
  if (editor.mode == Mode::kIpsecProfile) return {};
  const CryptoMapEntry& entry = CurrentEntry(editor);
  if (entry.peers.size() <= MostPeers(entry)) return {};
  profile.clear();
  return Fault{&match.Argument("name"),
               fmt::format("more than {} peers stand in this entry", kMaxIkev2Peers)};
}

std::optional<Fault> SetReverseRoute(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  auto& route = PolicyOf(editor).reverse_route;
  if (match.negated()) {
    route.reset();
    return {};
  }
  ReverseRoute wanted;
  if (route) {  // `set reverse-route` may stand before
    wanted.distance = route->distance;
    wanted.tag = route->tag;
  }
  wanted.is_static = match.Has("static");
  wanted.gateway = match.Has("gateway");
  if (const Token* token = match.Find("address")) {
    wanted.remote_peer = AddressOf(*token);
    if (!wanted.remote_peer->IsRoutableUnicast()) return Fault{token, "not the address of a peer"};
  }
  route = wanted;
  return {};
}
std::optional<Fault> ReverseRouteValue(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  auto& route = PolicyOf(editor).reverse_route;
  if (!route && match.negated()) return {};
  if (!route) route.emplace();
  const ReverseRoute plain;
  const Token* number = match.Find("number");
  if (match.Has("distance")) {
    route->distance = match.negated() ? plain.distance : static_cast<uint8_t>(NumberOf(*number));
  } else {
    route->tag = match.negated() ? plain.tag : NumberOf(*number);
  }
  return {};
}
std::optional<Fault> PolicyLimit(Editor& editor, const Match& match) {
  if (auto fault = RefuseManual(editor, match)) return fault;
  auto& limit = PolicyOf(editor).policy_limit;
  limit.reset();
  if (!match.negated()) limit = NumberOf(match.Argument("number"));
  return {};
}
std::optional<Fault> ResponderOnly(Editor& editor, const Match& match) {
  FindOrAdd(editor.running.ipsec_profiles, editor.object).responder_only = !match.negated();
  return {};
}

// The mode is the table's that the row is put into.
constexpr Mode kAny = Mode::kConfig;

// Of maps, dynamic maps and profiles.
constexpr ConfigStatement kCommon[] = {
    {{kAny, "set transform-set <name> ...",
      "How to protect: best first, at most six (manual: one)"},
     SetTransformSets},
    {{kAny, "no set transform-set [ <name> ... ]", "Remove these transform sets, or all"},
     NoTransformSets},
    {{kAny, "description <line>", "Text shown with it"}, Description},
    {{kAny, "no description", "Remove the text"}, Description},
    {{kAny,
      "set security-association lifetime { seconds @seconds | kilobytes { @kilobytes | "
      "disable } }",
      "Lifetime of these SAs (default: the global one)"},
     EntryLifetime},
    {{kAny,
      "no set security-association lifetime { seconds [ @seconds ] | kilobytes [ { "
      "@kilobytes | disable } ] }",
      "Back to the global one"},
     EntryLifetime},
    {{kAny, "set security-association idle-time <number:60-86400> [ default ]",
      "Delete SAs that carry nothing for so many seconds; default: then turn to the default peer"},
     EntryIdleTime},
    {{kAny, "no set security-association idle-time [ <number:60-86400> ] [ default ]",
      "Back to the global one"},
     EntryIdleTime},
    {{kAny, "set security-association replay { window-size [ @window ] | disable }",
      "Anti-replay window (default: the global one; of manual entries: off, SY-105)"},
     EntryReplay},
    {{kAny, "no set security-association replay { window-size [ @window ] | disable }",
      "Back to the default"},
     EntryReplay},
    {{kAny, "set security-association esn", "64-bit sequence numbers (default off)"}, Esn},
    {{kAny, "no set security-association esn", "32-bit sequence numbers"}, Esn},
    {{kAny, "set pfs [ @group ]",
      "Ask for perfect forward secrecy, and demand it of the peer (default group1)"},
     Pfs},
    {{kAny, "no set pfs [ @group ]", "Do not ask for it (default)"}, Pfs},
    {{kAny, "set df-bit { copy | set | clear }",
      "Don't-fragment bit of the outer header (default: as the interface)"},
     EntryDfBit},
    {{kAny, "no set df-bit [ { copy | set | clear } ]", "As the interface"}, EntryDfBit},
    {{kAny, "set isakmp-profile <name>", "ISAKMP profile"}, Profile},
    {{kAny, "no set isakmp-profile [ <name> ]", "No ISAKMP profile"}, Profile},
    {{kAny, "set ikev2-profile <name>", "IKEv2 profile"}, Profile},
    {{kAny, "no set ikev2-profile [ <name> ]", "No IKEv2 profile"}, Profile},
    {{kAny, "reverse-route [ static ]", "Routes to what the SAs reach"}, SetReverseRoute},
    {{kAny, "reverse-route remote-peer <address> [ gateway ] [ static ]",
      "The same, by way of this address"},
     SetReverseRoute},
    {{kAny, "no reverse-route [ <line> ]", "No such routes (default)"}, SetReverseRoute},
    {{kAny, "set reverse-route { distance <number:1-255> | tag <number:1-4294967295> }",
      "Administrative distance and tag of these routes"},
     ReverseRouteValue},
    {{kAny, "no set reverse-route { distance [ <number:1-255> ] | tag [ <number:1-4294967295> ] }",
      "Back to distance 1, no tag"},
     ReverseRouteValue},
    {{kAny, "set security-policy limit <number:0-50000>", "At most so many flows of a peer"},
     PolicyLimit},
    {{kAny, "no set security-policy limit [ <number:0-50000> ]", "Any number (default)"},
     PolicyLimit},
};
// Of maps and dynamic maps.
constexpr ConfigStatement kEntries[] = {
    {{kAny, "set peer [ address ] <peer> [ dynamic ] [ default ]",
      "The other gateway; several are tried in turn"},
     SetPeer},
    {{kAny, "no set peer [ [ address ] <peer> [ dynamic ] [ default ] ]", "Remove a peer, or all"},
     NoSetPeer},
    {{kAny, "match address <acl>", "What to protect: permit lines of this list"}, MatchAddress},
    {{kAny, "no match address [ <acl> ]", "Remove the access list"}, MatchAddress},
    {{kAny, "set security-association level per-host",
      "A pair of SAs for each pair of hosts (default: for each permit line)"},
     PerHost},
    {{kAny, "no set security-association level per-host", "For each permit line"}, PerHost},
};
constexpr ConfigStatement kProfiles[] = {
    {{kAny, "responder-only", "Never begin a negotiation"}, ResponderOnly},
    {{kAny, "no responder-only", "Begin when there is traffic (default)"}, ResponderOnly},
};

std::vector<ConfigStatement> Build() {
  std::vector<ConfigStatement> all;
  const auto add = [&all](std::span<const ConfigStatement> rows, Mode mode) {
    for (ConfigStatement row : rows) {
      row.statement.mode = mode;
      all.push_back(row);
    }
  };
  for (const Mode mode : {Mode::kCryptoMap, Mode::kDynamicMap}) {
    add(kEntries, mode);
    add(kCommon, mode);
  }
  add(kCommon, Mode::kIpsecProfile);
  add(kProfiles, Mode::kIpsecProfile);
  return all;
}

}  // namespace

std::span<const ConfigStatement> CryptoEntryStatements() {
  static const std::vector<ConfigStatement> built = Build();
  return built;
}

}  // namespace vam::config
