// Transform sets, crypto maps and the global crypto statements.
#include <algorithm>
#include <array>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

std::string EntryName(const Editor& editor) {
  return "crypto map " + editor.object + " " + std::to_string(editor.sequence);
}
// Where the entry of this number is, or belongs.
auto PlaceOf(CryptoMap& map, uint32_t sequence) {
  return std::lower_bound(
      map.entries.begin(), map.entries.end(), sequence,
      [](const CryptoMapEntry& entry, uint32_t number) { return entry.sequence < number; });
}
bool HasEntry(CryptoMap* map, uint32_t sequence) {
  if (map == nullptr) return false;
  const auto at = PlaceOf(*map, sequence);
  return at != map->entries.end() && at->sequence == sequence;
}
CryptoMapEntry& Current(Editor& editor) {
  CryptoMap& map = FindOrAdd(editor.running.crypto_maps, editor.object);
  auto at = PlaceOf(map, editor.sequence);
  if (at == map.entries.end() || at->sequence != editor.sequence) {
    at = map.entries.insert(at, CryptoMapEntry());
    at->sequence = editor.sequence;
  }
  editor.Note(EntryName(editor));
  return *at;
}

// @window: one of a few numbers, the last word of its statements.
uint16_t WindowOf(const Match& match) {
  return static_cast<uint16_t>(NumberOf(match.tokens.back()));
}

std::optional<Fault> ReplayWindow(Editor& editor, const Match& match) {
  editor.running.replay_window = match.negated() ? Running().replay_window : WindowOf(match);
  return {};
}
std::optional<Fault> SetDfBit(Editor& editor, const Match& match) {
  editor.running.df_bit = match.negated()      ? Running().df_bit
                          : match.Has("set")   ? DfBit::kSet
                          : match.Has("clear") ? DfBit::kClear
                                               : DfBit::kCopy;
  return {};
}
std::optional<Fault> ManualCounterMode(Editor& editor, const Match& match) {
  editor.running.manual_counter_mode = !match.negated();
  return {};
}

std::optional<Fault> EnterTransformSet(Editor& editor, const Match& match) {
  TransformSet set;
  set.name = match.Argument("name").text;
  for (const uint16_t bits : std::array<uint16_t, 3>{128, 192, 256}) {
    if (match.Has(std::to_string(bits))) set.key_bits = bits;
  }
  FindOrAdd(editor.running.transform_sets, set.name) = set;
  editor.Enter(Mode::kTransformSet, set.name);
  return {};
}
std::optional<Fault> NoTransformSet(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.transform_sets, name.text)) {
    return Fault{&name, "no such transform set"};
  }
  return {};
}
std::optional<Fault> RefuseBesideGcm(Editor&, const Match& match) {
  // SY-15: GCM and GMAC stand alone in a set.
  return Fault{&match.tokens.back(), "esp-gcm authenticates by itself and stands alone"};
}
std::optional<Fault> RefuseTransform(Editor&, const Match& match) {
  // The first transform: what follows the name.
  const Token* transform = &match.Argument("name") + 1;
  return Fault{transform, "not in this release: the engines have AES-GCM only", {"esp-gcm"}};
}
std::optional<Fault> ModeTunnel(Editor& editor, const Match&) {
  FindOrAdd(editor.running.transform_sets, editor.object).mode = IpsecMode::kTunnel;
  return {};
}
std::optional<Fault> RefuseTransport(Editor&, const Match& match) {
  return Fault{
      &match.tokens.back(), "not in this release: the engines have tunnel mode only", {"tunnel"}};
}

std::optional<Fault> EnterCryptoMap(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  const Token& number = match.Argument("number");
  const uint32_t sequence = NumberOf(number);
  const bool exists = HasEntry(editor.running.crypto_maps.Find(name), sequence);
  if (!exists && !match.Has("ipsec-manual")) {
    return Fault{&number, "a new entry needs its kind", {"ipsec-manual"}};
  }
  editor.Enter(Mode::kCryptoMap, name, sequence);
  Current(editor);
  return {};
}
std::optional<Fault> RefuseIsakmp(Editor&, const Match& match) {
  return Fault{match.FindKeyword("ipsec-isakmp"),
               "not in this release: SAs are not negotiated yet",
               {"ipsec-manual"}};
}
std::optional<Fault> NoCryptoMap(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  auto& maps = editor.running.crypto_maps;
  const Token* number = match.Find("number");
  if (number == nullptr) {
    if (!EraseNamed(maps, name.text)) return Fault{&name, "no such crypto map"};
    return {};
  }
  CryptoMap* map = maps.Find(name.text);
  if (!HasEntry(map, NumberOf(*number))) return Fault{number, "no such entry"};
  map->entries.erase(PlaceOf(*map, NumberOf(*number)));
  if (map->entries.empty() && map->local_address_interface.empty()) maps.Erase(name.text);
  return {};
}
std::optional<Fault> LocalAddress(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  FindOrAdd(editor.running.crypto_maps, name).local_address_interface =
      match.Argument("interface").text;
  editor.Note("crypto map " + name);
  return {};
}
std::optional<Fault> NoLocalAddress(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  CryptoMap* map = editor.running.crypto_maps.Find(name.text);
  if (map == nullptr) return Fault{&name, "no such crypto map"};
  map->local_address_interface.clear();
  if (map->entries.empty()) editor.running.crypto_maps.Erase(name.text);  // nothing is left to say
  return {};
}

std::optional<Fault> SetPeer(Editor& editor, const Match& match) {
  const Token& token = match.Argument("address");
  const net::Address peer = AddressOf(token);
  if (peer.IsUnspecified() || peer.IsMulticast() || peer.IsLimitedBroadcast() ||
      peer.IsLoopback()) {
    return Fault{&token, "not the address of a peer"};
  }
  CryptoMapEntry& entry = Current(editor);
  if (entry.peer && *entry.peer != peer) {
    return Fault{&token, "a manual entry has one peer; remove the other with 'no set peer' first"};
  }
  entry.peer = peer;
  return {};
}
std::optional<Fault> NoSetPeer(Editor& editor, const Match&) {
  Current(editor).peer.reset();
  return {};
}
std::optional<Fault> SetTransformSet(Editor& editor, const Match& match) {
  Current(editor).transform_set = match.negated() ? "" : match.Argument("name").text;
  return {};
}
std::optional<Fault> MatchAddress(Editor& editor, const Match& match) {
  Current(editor).acl = match.negated() ? "" : match.Argument("acl").text;
  return {};
}
std::optional<Fault> EntryDescription(Editor& editor, const Match& match) {
  return SetDescription(Current(editor).description, match);
}

std::optional<SessionKey>& KeyOf(CryptoMapEntry& entry, const Match& match) {
  return match.Has("inbound") ? entry.inbound : entry.outbound;
}
std::optional<Fault> SetSessionKey(Editor& editor, const Match& match) {
  auto read = SecretOf(editor, match);
  if (auto* fault = std::get_if<Fault>(&read)) return *fault;
  const auto& bytes = std::get<Secret<kLongestSealed>>(read);
  const size_t size = bytes.size();
  if (size != 20 && size != 28 && size != 36) {
    return Fault{&match.tokens.back(),
                 "the cipher key has " + std::to_string(size) + " bytes",
                 {"20 bytes (esp-gcm 128)", "28 bytes (esp-gcm 192)",
                  "36 bytes (esp-gcm 256): the key, then 4 bytes of salt (RFC 4106)"}};
  }
  auto secret = std::make_shared<Secret<36>>();
  std::copy(bytes.bytes().begin(), bytes.bytes().end(), secret->Resize(size).begin());
  KeyOf(Current(editor), match) = SessionKey{NumberOf(match.Argument("spi")), std::move(secret)};
  return {};
}
std::optional<Fault> NoSessionKey(Editor& editor, const Match& match) {
  auto& key = KeyOf(Current(editor), match);
  if (!key) {
    return Fault{match.FindKeyword(match.Has("inbound") ? "inbound" : "outbound"),
                 "no key is set in this direction"};
  }
  key.reset();
  return {};
}
std::optional<Fault> RefuseAuthenticator(Editor&, const Match& match) {
  return Fault{match.FindKeyword("authenticator"),
               "esp-gcm authenticates by itself: no separate key"};
}
std::optional<Fault> RefuseAh(Editor&, const Match& match) {
  return Fault{match.FindKeyword("ah"), "not in this release: the engines have ESP only", {"esp"}};
}
std::optional<Fault> SetEsn(Editor& editor, const Match& match) {
  Current(editor).esn = !match.negated();
  return {};
}
std::optional<Fault> EntryWindow(Editor& editor, const Match& match) {
  Current(editor).replay_window = match.negated() ? uint16_t{0} : WindowOf(match);
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ipsec security-association replay window-size @window",
      "Anti-replay window of negotiated SAs (default 64)"},
     ReplayWindow},
    {{Mode::kConfig, "no crypto ipsec security-association replay window-size [ @window ]",
      "Back to 64"},
     ReplayWindow},
    {{Mode::kConfig, "crypto ipsec df-bit { copy | set | clear }",
      "Don't-fragment bit of the outer header (default copy)"},
     SetDfBit},
    {{Mode::kConfig, "no crypto ipsec df-bit [ { copy | set | clear } ]", "Back to copy"},
     SetDfBit},
    {{Mode::kConfig, "crypto ipsec manual-counter-mode enable",
      "Allow manual keys with AES-GCM (OpenVAM's own): safe only while the state directory lives"},
     ManualCounterMode},
    {{Mode::kConfig, "no crypto ipsec manual-counter-mode [ enable ]",
      "Manual keys with AES-GCM are not used (default)"},
     ManualCounterMode},
    {{Mode::kConfig, "crypto ipsec transform-set <name> esp-gcm [ { 128 | 192 | 256 } ]",
      "Transform set with AES-GCM, 16-byte ICV (default 128)"},
     EnterTransformSet},
    {{Mode::kConfig,
      "crypto ipsec transform-set <name> esp-gcm [ { 128 | 192 | 256 } ] @other-transform",
      "Refused: esp-gcm stands alone"},
     RefuseBesideGcm},
    {{Mode::kConfig, "crypto ipsec transform-set <name> @other-transform [ <line> ]",
      "Not in this release"},
     RefuseTransform},
    {{Mode::kConfig, "no crypto ipsec transform-set <name>", "Remove a transform set"},
     NoTransformSet},
    {{Mode::kTransformSet, "mode tunnel", "Tunnel mode (default)"}, ModeTunnel},
    {{Mode::kTransformSet, "no mode [ tunnel ]", "Back to tunnel mode"}, ModeTunnel},
    {{Mode::kTransformSet, "mode transport", "Not in this release"}, RefuseTransport},
    {{Mode::kConfig, "crypto map <name> <number:1-65535> [ ipsec-manual ]",
      "Edit an entry; a new one needs its kind"},
     EnterCryptoMap},
    {{Mode::kConfig, "crypto map <name> <number:1-65535> ipsec-isakmp [ <line> ]",
      "Not in this release"},
     RefuseIsakmp},
    {{Mode::kConfig, "no crypto map <name> [ <number:1-65535> ]", "Remove an entry or a map"},
     NoCryptoMap},
    {{Mode::kConfig, "crypto map <name> local-address <interface>",
      "One address and one set of SAs for all interfaces with this map"},
     LocalAddress},
    {{Mode::kConfig, "no crypto map <name> local-address [ <interface> ]",
      "Each interface's own address"},
     NoLocalAddress},
    {{Mode::kCryptoMap, "set peer <address>", "The other gateway"}, SetPeer},
    {{Mode::kCryptoMap, "no set peer [ <address> ]", "Remove the peer"}, NoSetPeer},
    {{Mode::kCryptoMap, "set transform-set <name>", "How to protect"}, SetTransformSet},
    {{Mode::kCryptoMap, "no set transform-set [ <name> ]", "Remove the transform set"},
     SetTransformSet},
    {{Mode::kCryptoMap, "match address <acl>", "What to protect: permit lines of this list"},
     MatchAddress},
    {{Mode::kCryptoMap, "no match address [ <acl> ]", "Remove the access list"}, MatchAddress},
    {{Mode::kCryptoMap, "description <line>", "Text shown with the entry"}, EntryDescription},
    {{Mode::kCryptoMap, "no description", "Remove the text"}, EntryDescription},
    {{Mode::kCryptoMap,
      "set session-key { inbound | outbound } esp <spi:256-4294967295> cipher @secret",
      "Manual key: SPI, then cipher key followed by 4 bytes of salt (RFC 4106)"},
     SetSessionKey},
    {{Mode::kCryptoMap,
      "set session-key { inbound | outbound } esp <spi:256-4294967295> cipher @secret "
      "authenticator "
      "@secret",
      "Refused: esp-gcm has no separate authenticator"},
     RefuseAuthenticator},
    {{Mode::kCryptoMap, "set session-key { inbound | outbound } ah <spi:256-4294967295> @secret",
      "Not in this release"},
     RefuseAh},
    {{Mode::kCryptoMap, "no set session-key { inbound | outbound } esp [ <line> ]",
      "Remove the key of a direction"},
     NoSessionKey},
    {{Mode::kCryptoMap, "set security-association esn",
      "64-bit sequence numbers (OpenVAM's own for manual entries; default off)"},
     SetEsn},
    {{Mode::kCryptoMap, "no set security-association esn", "32-bit sequence numbers"}, SetEsn},
    {{Mode::kCryptoMap, "set security-association replay window-size @window",
      "Anti-replay window (OpenVAM's own for manual entries; default off, SY-105)"},
     EntryWindow},
    {{Mode::kCryptoMap, "no set security-association replay window-size [ @window ]",
      "No anti-replay"},
     EntryWindow},
};

}  // namespace

std::span<const ConfigStatement> CryptoStatements() { return kStatements; }

}  // namespace vam::config
