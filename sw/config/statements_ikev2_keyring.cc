// crypto ikev2 keyring: pre-shared keys of peers.
#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/statements_ike.h"

namespace vam::config {
namespace {

std::optional<Fault> EnterKeyring(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  FindOrAdd(editor.running.ike.keyrings, name);
  editor.Note("crypto ikev2 keyring " + name);
  editor.Enter(Mode::kIkev2Keyring, name);
  return {};
}
std::optional<Fault> NoKeyring(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.ike.keyrings, name.text)) {
    return Fault{&name, "no such IKEv2 keyring"};
  }
  return {};
}

// Also from within another peer.
std::optional<Fault> EnterPeer(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  FindOrAdd(FindOrAdd(editor.running.ike.keyrings, editor.object).peers, name);
  editor.inner = name;
  editor.mode = Mode::kIkev2Peer;
  editor.Note("crypto ikev2 keyring " + editor.object + " peer " + name);
  return {};
}
std::optional<Fault> NoPeer(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!FindOrAdd(editor.running.ike.keyrings, editor.object).peers.Erase(name.text)) {
    return Fault{&name, "no such peer in this keyring"};
  }
  editor.mode = Mode::kIkev2Keyring;
  return {};
}

Ikev2Peer& Current(Editor& editor) {
  return FindOrAdd(editor.running.ike.keyrings, editor.object).peers.FindOrAdd(editor.inner);
}

std::optional<Fault> Description(Editor& editor, const Match& match) {
  return SetDescription(Current(editor).description, match, kLongestPeerDescription);
}
std::optional<Fault> PeerAddress(Editor& editor, const Match& match) {
  Current(editor).address.reset();
  if (!match.negated()) Current(editor).address = IkeRangeOf(match);
  return {};
}
std::optional<Fault> Hostname(Editor& editor, const Match& match) {
  if (match.negated()) {
    Current(editor).hostname.clear();
    return {};
  }
  // Not refused by the grammar: `hostname` is a global statement too, and would be taken for it.
  const Token& name = match.Argument("word");
  if (!IsDomainName(name.text)) return Fault{&name, "not a host name"};
  Current(editor).hostname = name.text;
  return {};
}
std::optional<Fault> Identity(Editor& editor, const Match& match) {
  Current(editor).identity.reset();
  if (!match.negated()) Current(editor).identity = IkeIdentityOf(match);
  return {};
}
std::optional<Fault> PreSharedKey(Editor& editor, const Match& match) {
  IkeKey key;
  if (!match.negated()) {
    auto read = IkeKeyOf(editor, match);
    if (auto* fault = std::get_if<Fault>(&read)) return *fault;
    key = std::move(std::get<IkeKey>(read));
  }
  Ikev2Peer& peer = Current(editor);
  if (!match.Has("remote")) peer.local_key = key;
  if (!match.Has("local")) peer.remote_key = key;
  return {};
}
std::optional<Fault> Ppk(Editor& editor, const Match& match) {
  Current(editor).ppk.reset();
  if (match.negated()) return {};
  auto read = IkeKeyOf(editor, match);
  if (auto* fault = std::get_if<Fault>(&read)) return *fault;
  Current(editor).ppk = IkePpk{match.Argument("key-id").text, std::move(std::get<IkeKey>(read)),
                               match.Has("required")};
  return {};
}
std::optional<Fault> RefuseDynamicPpk(Editor&, const Match& match) {
  return Fault{
      match.FindKeyword("dynamic"), "keys of a key service (SKS) are not supported", {"manual"}};
}

std::optional<Fault> LeaveKeyring(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}
std::optional<Fault> LeavePeer(Editor& editor, const Match&) {
  editor.mode = Mode::kIkev2Keyring;
  return {};
}

constexpr Mode kRing = Mode::kIkev2Keyring;
constexpr Mode kPeer = Mode::kIkev2Peer;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ikev2 keyring <name>", "Edit a keyring; makes it when it is new"},
     EnterKeyring},
    {{Mode::kConfig, "no crypto ikev2 keyring <name>", "Remove a keyring"}, NoKeyring},
    {{kRing, "peer <name>", "Edit a peer, or a block of peers; makes it when it is new"},
     EnterPeer},
    {{kRing, "no peer <name>", "Remove a peer"}, NoPeer},
    {{kRing, "exit", "Back to global configuration"}, LeaveKeyring},
    {{kPeer, "description <line>", "Text for people, up to 80 characters"}, Description},
    {{kPeer, "no description", "Remove the text"}, Description},
    {{kPeer, "address @ike-range",
      "Address or range: of ranges that fit the longest counts; 0.0.0.0 is every one"},
     PeerAddress},
    {{kPeer, "no address [ @ike-range ]", "None"}, PeerAddress},
    {{kPeer, "hostname <word>", "Name of the peer as 'set peer' gives it"}, Hostname},
    {{kPeer, "no hostname [ <word> ]", "None"}, Hostname},
    {{kPeer, "identity @ike-remote",
      "IKE identity of the peer: when it begins, this counts before the address"},
     Identity},
    {{kPeer, "no identity [ @ike-remote ]", "None"}, Identity},
    {{kPeer, "pre-shared-key [ { local | remote } ] @psk",
      "Key, both ways or one of each side: in clear, sealed, or in hexadecimal"},
     PreSharedKey},
    {{kPeer, "no pre-shared-key [ { local | remote } ] [ @psk ]", "Remove it"}, PreSharedKey},
    {{kPeer, "ppk manual id <key-id> key @psk [ required ]",
      "Post-quantum key (RFC 8784), mixed into the keys of SAs with this peer"},
     Ppk},
    {{kPeer, "ppk dynamic <line>", "Refused: key services are not supported"}, RefuseDynamicPpk},
    {{kPeer, "no ppk [ manual [ id <key-id> [ key @psk [ required ] ] ] ]", "None"}, Ppk},
    {{kPeer, "exit", "Back to the keyring"}, LeavePeer},
};

}  // namespace

std::span<const ConfigStatement> Ikev2KeyringStatements() { return kStatements; }

}  // namespace vam::config
