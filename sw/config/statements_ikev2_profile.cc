// crypto ikev2 profile: which peers belong to it, and how both sides prove who they are.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements_ike.h"

namespace vam::config {
namespace {

// What IOS says at a new one.
constexpr std::string_view kNewProfileNote =
    "IKEv2 profile MUST have:\n"
    "   1. A local and a remote authentication method.\n"
    "   2. A match identity or a match certificate or match any statement.";
constexpr size_t kMostMatches = 1000;  // of one kind
constexpr size_t kMostTrustpoints = 64;

std::optional<Fault> EnterProfile(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  auto& profiles = editor.running.ike.profiles;
  if (profiles.Find(name) == nullptr && editor.interactive) {
    editor.notices.emplace_back(kNewProfileNote);
  }
  FindOrAdd(profiles, name);
  editor.Note("crypto ikev2 profile " + name);
  editor.Enter(Mode::kIkev2Profile, name);
  return {};
}
// As long as an entry names it, that entry is incomplete and its traffic dropped.
std::optional<Fault> NoProfile(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.ike.profiles, name.text)) {
    return Fault{&name, "no such IKEv2 profile"};
  }
  return {};
}

Ikev2Profile& Current(Editor& editor) {
  editor.Note("crypto ikev2 profile " + editor.object);
  return FindOrAdd(editor.running.ike.profiles, editor.object);
}

// One of several alternatives; again is no fault, to take back what is not there is one.
template <typename T>
std::optional<Fault> Edit(std::vector<T>& list, const T& item, const Match& match,
                          std::string_view what) {
  const bool known = std::find(list.begin(), list.end(), item) != list.end();
  const Token& last = match.tokens.back();
  if (match.negated()) {
    if (!known) return Fault{&last, fmt::format("not a {} of this profile", what)};
    std::erase(list, item);
  } else if (!known) {
    if (list.size() >= kMostMatches) {
      return Fault{&last, fmt::format("more than {} of this kind", kMostMatches)};
    }
    list.push_back(item);
  }
  return {};
}

std::optional<Fault> Description(Editor& editor, const Match& match) {
  return SetDescription(Current(editor).description, match);
}
std::optional<Fault> MatchRemote(Editor& editor, const Match& match) {
  return Edit(Current(editor).remote, IkeIdentityOf(match), match, "remote identity");
}
std::optional<Fault> MatchCertificate(Editor& editor, const Match& match) {
  return Edit(Current(editor).certificate_maps, match.Argument("name").text, match,
              "certificate map");
}
std::optional<Fault> MatchVrf(Editor& editor, const Match& match) {
  const Token* name = match.Find("vrf");
  Current(editor).fvrf = match.negated() ? "" : name == nullptr ? std::string(kAnyVrf) : name->text;
  return {};
}
std::optional<Fault> MatchLocal(Editor& editor, const Match& match) {
  IkeLocalMatch local;
  if (const Token* interface = match.Find("interface")) {
    local.interface = interface->text;
  } else {
    local.address = IkeAddressOf(match);
    if (!match.negated() && !local.address.IsRoutableUnicast()) {
      return Fault{&match.tokens.back(), "not an address of this system"};
    }
  }
  return Edit(Current(editor).local, local, match, "local address");
}
std::optional<Fault> Identity(Editor& editor, const Match& match) {
  if (match.negated()) {
    Current(editor).identity.reset();
    return {};
  }
  IkeIdentity identity = IkeIdentityOf(match);
  if (identity.kind == IkeIdKind::kAddress) {  // the single address, also 0.0.0.0
    identity.prefix = net::Prefix::Host(IkeAddressOf(match));
    if (!identity.prefix.base().IsRoutableUnicast()) {
      return Fault{&match.tokens.back(), "not an address of this system"};
    }
  }
  Current(editor).identity = std::move(identity);
  return {};
}

IkeAuth MethodOf(const Match& match) {
  if (match.Has("rsa-sig")) return IkeAuth::kRsaSig;
  if (match.Has("ecdsa-sig")) return IkeAuth::kEcdsaSig;
  return match.Has("eddsa-sig") ? IkeAuth::kEddsaSig : IkeAuth::kPreShare;
}
struct ReadKey {
  IkeKey key;  // nullptr: none is given
  std::optional<Fault> fault;
};
ReadKey KeyOf(Editor& editor, const Match& match) {
  if (!match.Has("key") || match.negated()) return {};
  auto read = IkeKeyOf(editor, match);
  if (auto* fault = std::get_if<Fault>(&read)) return {nullptr, *fault};
  return {std::move(std::get<IkeKey>(read)), {}};
}
std::optional<Fault> LocalAuth(Editor& editor, const Match& match) {
  ReadKey read = KeyOf(editor, match);
  if (read.fault) return read.fault;
  Ikev2Profile& profile = Current(editor);
  profile.local_auth.reset();
  profile.local_key = std::move(read.key);
  if (!match.negated()) profile.local_auth = MethodOf(match);
  return {};
}
// Several methods are alternatives.
std::optional<Fault> RemoteAuth(Editor& editor, const Match& match) {
  ReadKey read = KeyOf(editor, match);
  if (read.fault) return read.fault;
  Ikev2Profile& profile = Current(editor);
  const bool all = match.tokens.back().text == "remote";
  if (all && match.negated()) {
    profile.remote_auth.clear();
    profile.remote_key.reset();
    return {};
  }
  const IkeAuth method = MethodOf(match);
  if (auto fault = Edit(profile.remote_auth, method, match, "remote authentication method")) {
    fault->token = &match.tokens[3];
    return fault;
  }
  if (method == IkeAuth::kPreShare) profile.remote_key = std::move(read.key);
  return {};
}

std::optional<Fault> Keyring(Editor& editor, const Match& match) {
  Current(editor).keyring = match.negated() ? "" : match.Argument("name").text;
  return {};
}
std::optional<Fault> Trustpoint(Editor& editor, const Match& match) {
  auto& list = Current(editor).trustpoints;
  const Token& name = match.Argument("name");
  const auto at = std::ranges::find(list, name.text, &IkeTrustpoint::name);
  if (match.negated()) {
    if (at == list.end()) return Fault{&name, "not a trustpoint of this profile"};
    list.erase(at);
    return {};
  }
  const IkeTrustpoint wanted{name.text, !match.Has("verify"), !match.Has("sign")};
  if (at != list.end()) {
    *at = wanted;
  } else if (list.size() >= kMostTrustpoints) {
    return Fault{&name, fmt::format("more than {} trustpoints", kMostTrustpoints)};
  } else {
    list.push_back(wanted);
  }
  return {};
}

std::optional<Fault> Dpd(Editor& editor, const Match& match) {
  Current(editor).dpd.reset();
  if (!match.negated()) Current(editor).dpd = IkeDpdOf(match);
  return {};
}
std::optional<Fault> Lifetime(Editor& editor, const Match& match) {
  Current(editor).lifetime =
      match.negated() ? kDefaultIkev2Lifetime : NumberOf(match.Argument("number"));
  return {};
}
std::optional<Fault> NatKeepalive(Editor& editor, const Match& match) {
  Current(editor).nat_keepalive.reset();
  if (!match.negated()) Current(editor).nat_keepalive = NumberOf(match.Argument("number"));
  return {};
}
std::optional<Fault> Reauth(Editor& editor, const Match& match) {
  Current(editor).reauth.reset();
  if (!match.negated()) Current(editor).reauth = NumberOf(match.Argument("number"));
  return {};
}
std::optional<Fault> InitialContact(Editor& editor, const Match& match) {
  Current(editor).initial_contact_force = !match.negated();
  return {};
}
std::optional<Fault> Childless(Editor& editor, const Match& match) {
  IkeChildless& when = Current(editor).childless;
  when = IkeChildless::kAllow;
  if (match.negated()) return {};
  for (const auto one : {IkeChildless::kPrefer, IkeChildless::kForce, IkeChildless::kNever}) {
    if (match.Has(IkeChildlessName(one))) when = one;
  }
  return {};
}
std::optional<Fault> Mobike(Editor& editor, const Match& match) {
  Ikev2Profile& profile = Current(editor);
  // `no mobike unchecked` asks for the check alone.
  if (!match.negated() || !match.Has("unchecked")) profile.mobike = !match.negated();
  profile.mobike_unchecked = !match.negated() && match.Has("unchecked");
  return {};
}
std::optional<Fault> GroupAuthorization(Editor& editor, const Match& match) {
  Ikev2Profile& profile = Current(editor);
  auto& of = match.Has("psk") ? profile.psk_authorization : profile.cert_authorization;
  of.reset();
  if (match.negated()) return {};
  of = IkeGroupAuthorization{match.Argument("name").text, match.Argument("name", 1).text};
  return {};
}
std::optional<Fault> ConfigExchange(Editor& editor, const Match& match) {
  IkeConfigExchange& exchange = Current(editor).config_exchange;
  const bool on = !match.negated();
  if (match.Has("accept")) exchange.accept = on;
  if (match.Has("send")) exchange.send = on;
  if (!match.Has("request")) return {};
  // `no config-exchange request address` asks for the rest alone.
  if (on || !match.Has("address")) exchange.request = on;
  exchange.address = on && match.Has("address");
  return {};
}
std::optional<Fault> SessionResumption(Editor& editor, const Match& match) {
  std::optional<uint32_t>& seconds = Current(editor).resumption;
  seconds.reset();
  if (match.negated()) return {};
  seconds = match.Has("lifetime") ? NumberOf(match.Argument("number")) : kDefaultTicketLifetime;
  return {};
}
std::optional<Fault> InsideVrf(Editor& editor, const Match& match) {
  Current(editor).ivrf = match.negated() ? "" : match.Argument("vrf").text;
  return {};
}
std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr Mode kProfile = Mode::kIkev2Profile;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ikev2 profile <name>", "Edit a profile; makes it when it is new"},
     EnterProfile},
    {{Mode::kConfig, "no crypto ikev2 profile <name>", "Remove a profile"}, NoProfile},
    {{kProfile, "description <line>", "Text shown with it"}, Description},
    {{kProfile, "no description", "Remove the text"}, Description},
    {{kProfile, "match identity remote { @ike-remote | any }",
      "Peers of this identity or range; several are alternatives, of profiles the closest fits"},
     MatchRemote},
    {{kProfile, "no match identity remote { @ike-remote | any }", "Not these"}, MatchRemote},
    {{kProfile, "match certificate <name>",
      "Peers whose certificate fits this map; an alternative to the identities"},
     MatchCertificate},
    {{kProfile, "no match certificate <name>", "Not these"}, MatchCertificate},
    {{kProfile, "match fvrf { any | <vrf> }",
      "For outer packets of this VRF (default the global table)"},
     MatchVrf},
    {{kProfile, "no match fvrf [ { any | <vrf> } ]", "Back to the global table"}, MatchVrf},
    {{kProfile, "match address local { interface <interface> | <address> | <address6> }",
      "For this local address; several are alternatives (default any)"},
     MatchLocal},
    {{kProfile, "no match address local { interface <interface> | <address> | <address6> }",
      "Not for this one"},
     MatchLocal},
    {{kProfile, "identity local @ike-own",
      "As what this system names itself (default: its address; with a signature: the name of its "
      "certificate)"},
     Identity},
    {{kProfile, "no identity local [ @ike-own ]", "Back to the default"}, Identity},
    {{kProfile, "authentication local @ike-auth", "How this system proves who it is"}, LocalAuth},
    {{kProfile, "no authentication local [ @ike-auth ]", "Not set"}, LocalAuth},
    {{kProfile, "authentication remote @ike-auth",
      "How peers prove who they are; several are alternatives"},
     RemoteAuth},
    {{kProfile, "no authentication remote [ @ike-auth ]", "Not so, or not at all"}, RemoteAuth},
    {{kProfile, "keyring [ local ] <name>", "Keys of the peers"}, Keyring},
    {{kProfile, "no keyring [ [ local ] <name> ]", "None"}, Keyring},
    {{kProfile, "pki trustpoint <name> [ { sign | verify } ]",
      "Certificates that this system shows and trusts; several are tried in turn"},
     Trustpoint},
    {{kProfile, "no pki trustpoint <name> [ { sign | verify } ]", "Not this one"}, Trustpoint},
    {{kProfile, "dpd @ike-dpd",
      "Check that peers live: seconds, seconds between retries (default: the global one)"},
     Dpd},
    {{kProfile, "no dpd [ @ike-dpd ]", "The global one"}, Dpd},
    {{kProfile, "lifetime <number:120-86400>", "Seconds of an IKE SA (default 86400)"}, Lifetime},
    {{kProfile, "no lifetime [ <number:120-86400> ]", "Back to 86400"}, Lifetime},
    {{kProfile, "nat keepalive <number:5-3600>",
      "Seconds between NAT keepalives (default: the global one)"},
     NatKeepalive},
    {{kProfile, "no nat keepalive [ <number:5-3600> ]", "The global one"}, NatKeepalive},
    {{kProfile, "reauth <number:120-86400>",
      "Seconds after which the peer must prove itself again (RFC 4478; default never)"},
     Reauth},
    {{kProfile, "no reauth [ <number:120-86400> ]", "Never"}, Reauth},
    {{kProfile, "initial-contact force", "Take each new IKE SA as the first of its peer"},
     InitialContact},
    {{kProfile, "no initial-contact [ force ]", "Only when the peer says so (default)"},
     InitialContact},
    {{kProfile, "childless { allow | prefer | force | never }",
      "IKE SAs without a child at first (RFC 6023): where the peer begins so (default), here too "
      "where the peer can, always, never"},
     Childless},
    {{kProfile, "no childless [ { allow | prefer | force | never } ]", "Where the peer begins so"},
     Childless},
    {{kProfile, "session-resumption [ lifetime <number:60-86400> ]",
      "Peers come back by tickets without a key exchange (RFC 5723), which are good for so many "
      "seconds at most (default 3600)"},
     SessionResumption},
    {{kProfile, "no session-resumption [ lifetime [ <number:60-86400> ] ]",
      "Each IKE SA is made by a key exchange (default)"},
     SessionResumption},
    {{kProfile, "mobike [ unchecked ]",
      "SAs follow a peer that moves (RFC 4555; default); unchecked: before it has answered there"},
     Mobike},
    {{kProfile, "no mobike [ unchecked ]", "They do not; unchecked: only when it has answered"},
     Mobike},
    {{kProfile, "aaa authorization group { psk | cert } list <name> <name>",
      "What peers that prove themselves so are assigned: a list of this configuration, a policy"},
     GroupAuthorization},
    {{kProfile, "no aaa authorization group { psk | cert } [ list <name> <name> ]", "Nothing"},
     GroupAuthorization},
    {{kProfile, "config-exchange request [ address ]",
      "As initiator ask for the peer's networks and servers, or for an address too (RFC 7296, "
      "2.19; default no)"},
     ConfigExchange},
    {{kProfile, "no config-exchange request [ address ]", "Do not ask (default)"}, ConfigExchange},
    {{kProfile, "config-exchange set { accept | send }",
      "Take what a peer sets, or set the peer's (default no)"},
     ConfigExchange},
    {{kProfile, "no config-exchange set { accept | send }", "Do not (default)"}, ConfigExchange},
    {{kProfile, "ivrf <vrf>", "VRF of the protected networks"}, InsideVrf},
    {{kProfile, "no ivrf [ <vrf> ]", "That of the crypto map's interface"}, InsideVrf},
    {{kProfile, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> Ikev2ProfileStatements() { return kStatements; }

}  // namespace vam::config
