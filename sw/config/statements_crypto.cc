// Transform sets, crypto maps and the global crypto statements.
#include <algorithm>
#include <array>

#include "sw/base/bytes.h"
#include "sw/config/arguments.h"
#include "sw/config/statements.h"

namespace vam::config {
namespace {

std::string EntryName(const Editor& editor) {
  return "crypto map " + editor.object + " " + std::to_string(editor.sequence);
}
CryptoMapEntry& Current(Editor& editor) {
  CryptoMap& map = FindOrAdd(editor.running.crypto_maps, editor.object);
  auto at = std::find_if(map.entries.begin(), map.entries.end(),
                         [&](const CryptoMapEntry& e) { return e.sequence >= editor.sequence; });
  if (at == map.entries.end() || at->sequence != editor.sequence) {
    at = map.entries.insert(at, CryptoMapEntry());
    at->sequence = editor.sequence;
  }
  editor.Note(EntryName(editor));
  return *at;
}

std::optional<Fault> ReplayWindow(Editor& editor, const Match& match) {
  editor.running.replay_window = static_cast<uint16_t>(*ParseNumber(match.tokens.back().text));
  return {};
}
std::optional<Fault> NoReplayWindow(Editor& editor, const Match&) {
  editor.running.replay_window = Running().replay_window;
  return {};
}
std::optional<Fault> SetDfBit(Editor& editor, const Match& match) {
  const std::string& word = match.tokens[3].text;
  editor.running.df_bit = word == "set"     ? DfBit::kSet
                          : word == "clear" ? DfBit::kClear
                                            : DfBit::kCopy;
  return {};
}
std::optional<Fault> NoDfBit(Editor& editor, const Match&) {
  editor.running.df_bit = DfBit::kCopy;
  return {};
}
std::optional<Fault> ManualCounterMode(Editor& editor, const Match& match) {
  editor.running.manual_counter_mode = match.tokens[0].text != "no";
  return {};
}

std::optional<Fault> EnterTransformSet(Editor& editor, const Match& match) {
  TransformSet set;
  set.name = match.tokens[3].text;
  if (match.tokens.size() > 5) {
    set.key_bits = static_cast<uint16_t>(*ParseNumber(match.tokens[5].text));
  }
  FindOrAdd(editor.running.transform_sets, set.name) = set;
  editor.Enter(Mode::kTransformSet, set.name);
  return {};
}
std::optional<Fault> NoTransformSet(Editor& editor, const Match& match) {
  if (!EraseNamed(editor.running.transform_sets, match.tokens[4].text)) {
    return Fault{4, "no such transform set"};
  }
  return {};
}
std::optional<Fault> RefuseTransform(Editor&, const Match& match) {
  // SY-15: GCM and GMAC stand alone in a set.
  if (match.tokens[4].text == "esp-gcm") {
    return Fault{match.tokens.size() - 1, "esp-gcm authenticates by itself and stands alone", {}};
  }
  return Fault{4, "not in this release: the engines have AES-GCM only", {"esp-gcm"}};
}
std::optional<Fault> ModeTunnel(Editor& editor, const Match&) {
  FindOrAdd(editor.running.transform_sets, editor.object).mode = IpsecMode::kTunnel;
  return {};
}
std::optional<Fault> RefuseTransport(Editor&, const Match&) {
  return Fault{1, "not in this release: the engines have tunnel mode only", {"tunnel"}};
}

std::optional<Fault> EnterCryptoMap(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[2].text;
  const uint32_t sequence = *ParseNumber(match.tokens[3].text);
  const CryptoMap* map = editor.running.FindCryptoMap(name);
  const bool exists = map != nullptr &&
                      std::any_of(map->entries.begin(), map->entries.end(),
                                  [&](const CryptoMapEntry& e) { return e.sequence == sequence; });
  if (match.tokens.size() == 4 && !exists) {
    return Fault{3, "a new entry needs its kind", {"ipsec-manual"}};
  }
  editor.Enter(Mode::kCryptoMap, name, sequence);
  Current(editor);
  return {};
}
std::optional<Fault> RefuseIsakmp(Editor&, const Match&) {
  return Fault{4, "not in this release: SAs are not negotiated yet", {"ipsec-manual"}};
}
std::optional<Fault> NoCryptoMap(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[3].text;
  if (match.tokens.size() == 4) {
    if (!EraseNamed(editor.running.crypto_maps, name)) return Fault{3, "no such crypto map"};
    return {};
  }
  const uint32_t sequence = *ParseNumber(match.tokens[4].text);
  for (CryptoMap& map : editor.running.crypto_maps) {
    if (map.name != name) continue;
    if (std::erase_if(map.entries,
                      [&](const CryptoMapEntry& e) { return e.sequence == sequence; }) != 0) {
      if (map.entries.empty() && map.local_address_interface.empty()) {
        EraseNamed(editor.running.crypto_maps, name);
      }
      return {};
    }
  }
  return Fault{4, "no such entry"};
}
std::optional<Fault> LocalAddress(Editor& editor, const Match& match) {
  FindOrAdd(editor.running.crypto_maps, match.tokens[2].text).local_address_interface =
      match.tokens[4].text;
  editor.Note("crypto map " + match.tokens[2].text);
  return {};
}
std::optional<Fault> NoLocalAddress(Editor& editor, const Match& match) {
  const std::string& name = match.tokens[3].text;
  if (editor.running.FindCryptoMap(name) == nullptr) return Fault{3, "no such crypto map"};
  FindOrAdd(editor.running.crypto_maps, name).local_address_interface.clear();
  return {};
}

std::optional<Fault> SetPeer(Editor& editor, const Match& match) {
  const net::Address peer = *net::Address::Parse(match.tokens[2].text);
  if (peer.IsUnspecified() || peer.IsMulticast() || peer.IsLimitedBroadcast() ||
      peer.IsLoopback()) {
    return Fault{2, "not the address of a peer"};
  }
  CryptoMapEntry& entry = Current(editor);
  if (entry.peer && *entry.peer != peer) {
    return Fault{2, "a manual entry has one peer; remove the other with 'no set peer' first"};
  }
  entry.peer = peer;
  return {};
}
std::optional<Fault> NoSetPeer(Editor& editor, const Match&) {
  Current(editor).peer.reset();
  return {};
}
std::optional<Fault> SetTransformSet(Editor& editor, const Match& match) {
  Current(editor).transform_set = match.tokens[2].text;
  return {};
}
std::optional<Fault> NoSetTransformSet(Editor& editor, const Match&) {
  Current(editor).transform_set.clear();
  return {};
}
std::optional<Fault> MatchAddress(Editor& editor, const Match& match) {
  Current(editor).acl = match.tokens[2].text;
  return {};
}
std::optional<Fault> NoMatchAddress(Editor& editor, const Match&) {
  Current(editor).acl.clear();
  return {};
}
std::optional<Fault> EntryDescription(Editor& editor, const Match& match) {
  if (match.tokens[1].text.size() > 200) {
    return Fault{1, "description longer than 200 characters"};
  }
  Current(editor).description = match.tokens[1].text;
  return {};
}
std::optional<Fault> NoEntryDescription(Editor& editor, const Match&) {
  Current(editor).description.clear();
  return {};
}

std::optional<Fault> SetSessionKey(Editor& editor, const Match& match) {
  const std::string& digits = match.tokens[6].text;
  const size_t size = digits.size() / 2;
  if (size != 20 && size != 28 && size != 36) {
    return Fault{6,
                 "the cipher key has " + std::to_string(size) + " bytes",
                 {"20 bytes (esp-gcm 128)", "28 bytes (esp-gcm 192)",
                  "36 bytes (esp-gcm 256): the key, then 4 bytes of salt (RFC 4106)"}};
  }
  auto secret = std::make_shared<Secret<36>>();
  if (!ParseHexInto(digits, secret->Resize(size))) return Fault{6, "not hexadecimal"};
  CryptoMapEntry& entry = Current(editor);
  SessionKey key{*ParseNumber(match.tokens[4].text), std::move(secret)};
  (match.tokens[2].text == "inbound" ? entry.inbound : entry.outbound) = std::move(key);
  return {};
}
std::optional<Fault> NoSessionKey(Editor& editor, const Match& match) {
  CryptoMapEntry& entry = Current(editor);
  auto& key = match.tokens[3].text == "inbound" ? entry.inbound : entry.outbound;
  if (!key) return Fault{3, "no key is set in this direction"};
  key.reset();
  return {};
}
std::optional<Fault> RefuseAuthenticator(Editor&, const Match& match) {
  return Fault{match.tokens.size() - 2, "esp-gcm authenticates by itself: no separate key", {}};
}
std::optional<Fault> RefuseAh(Editor&, const Match&) {
  return Fault{3, "not in this release: the engines have ESP only", {"esp"}};
}
std::optional<Fault> SetEsn(Editor& editor, const Match& match) {
  Current(editor).esn = match.tokens[0].text != "no";
  return {};
}
std::optional<Fault> SetEntryWindow(Editor& editor, const Match& match) {
  Current(editor).replay_window = static_cast<uint16_t>(*ParseNumber(match.tokens.back().text));
  return {};
}
std::optional<Fault> NoEntryWindow(Editor& editor, const Match&) {
  Current(editor).replay_window = 0;
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ipsec security-association replay window-size @window",
      "Anti-replay window of negotiated SAs (default 64)"},
     ReplayWindow},
    {{Mode::kConfig, "no crypto ipsec security-association replay window-size [ @window ]",
      "Back to 64"},
     NoReplayWindow},
    {{Mode::kConfig, "crypto ipsec df-bit { copy | set | clear }",
      "Don't-fragment bit of the outer header (default copy)"},
     SetDfBit},
    {{Mode::kConfig, "no crypto ipsec df-bit [ { copy | set | clear } ]", "Back to copy"}, NoDfBit},
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
     RefuseTransform},
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
     NoSetTransformSet},
    {{Mode::kCryptoMap, "match address <acl>", "What to protect: permit lines of this list"},
     MatchAddress},
    {{Mode::kCryptoMap, "no match address [ <acl> ]", "Remove the access list"}, NoMatchAddress},
    {{Mode::kCryptoMap, "description <line>", "Text shown with the entry"}, EntryDescription},
    {{Mode::kCryptoMap, "no description", "Remove the text"}, NoEntryDescription},
    {{Mode::kCryptoMap,
      "set session-key { inbound | outbound } esp <spi:256-4294967295> cipher <key>",
      "Manual key: SPI, then cipher key followed by 4 bytes of salt (RFC 4106)"},
     SetSessionKey},
    {{Mode::kCryptoMap,
      "set session-key { inbound | outbound } esp <spi:256-4294967295> cipher <key> authenticator "
      "<key>",
      "Refused: esp-gcm has no separate authenticator"},
     RefuseAuthenticator},
    {{Mode::kCryptoMap, "set session-key { inbound | outbound } ah <spi:256-4294967295> <key>",
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
     SetEntryWindow},
    {{Mode::kCryptoMap, "no set security-association replay window-size [ @window ]",
      "No anti-replay"},
     NoEntryWindow},
};

}  // namespace

std::span<const ConfigStatement> CryptoStatements() { return kStatements; }

}  // namespace vam::config
