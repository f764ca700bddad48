// crypto ikev2 statements without a name, and limits of all IKE.
#include "sw/config/statements_ike.h"

#include <algorithm>

#include "sw/config/arguments.h"

namespace vam::config {
namespace {

IkeGlobals& GlobalsOf(Editor& editor) { return editor.running.ike.globals; }

std::optional<uint32_t> ValueOf(const Match& match) {
  if (match.negated()) return std::nullopt;
  return NumberOf(match.Argument("number"));
}

std::optional<Fault> Dpd(Editor& editor, const Match& match) {
  GlobalsOf(editor).dpd.reset();
  if (!match.negated()) GlobalsOf(editor).dpd = IkeDpdOf(match);
  return {};
}
std::optional<Fault> Cookies(Editor& editor, const Match& match) {
  GlobalsOf(editor).cookie_challenge.reset();
  if (const auto value = ValueOf(match)) {
    GlobalsOf(editor).cookie_challenge = static_cast<uint16_t>(*value);
  }
  return {};
}
std::optional<Fault> Limit(Editor& editor, const Match& match) {
  IkeGlobals& ike = GlobalsOf(editor);
  const auto value = ValueOf(match);
  if (match.Has("max-sa")) {
    ike.max_sa = value;
    return {};
  }
  if (!match.Has("outgoing")) ike.incoming_negotiations = value;
  if (!match.Has("incoming")) ike.outgoing_negotiations = value;
  return {};
}
std::optional<Fault> Admission(Editor& editor, const Match& match) {
  IkeGlobals& ike = GlobalsOf(editor);
  (match.Has("sa") ? ike.admission_sa : ike.admission_negotiations) = ValueOf(match);
  return {};
}
std::optional<Fault> NatKeepalive(Editor& editor, const Match& match) {
  GlobalsOf(editor).nat_keepalive = ValueOf(match);
  return {};
}
std::optional<Fault> Window(Editor& editor, const Match& match) {
  GlobalsOf(editor).window = static_cast<uint8_t>(ValueOf(match).value_or(kDefaultIkev2Window));
  return {};
}
std::optional<Fault> Retransmit(Editor& editor, const Match& match) {
  IkeRetransmit said;
  if (!match.negated()) {
    said.timeout_ms = NumberOf(match.Argument("number"));
    said.base_percent = static_cast<uint16_t>(NumberOf(match.Argument("number", 1)));
    said.tries = static_cast<uint8_t>(NumberOf(match.Argument("number", 2)));
    if (const Token* limit = match.Find("number", 3)) {
      said.limit_s = static_cast<uint16_t>(NumberOf(*limit));
    }
    if (RetransmitMs(said) > kMostRetransmitMs) {
      return Fault{
          match.FindKeyword("tries"),
          "a peer would be given up after more than 3600 seconds: fewer tries, or a limit"};
    }
  }
  GlobalsOf(editor).retransmit = said;
  return {};
}

// ASA-77, EX-15: without a word it is on with its defaults; `no` with a word takes that back.
std::optional<Fault> Fragments(Editor& editor, const Match& match) {
  IkeFragmentation& fragments = GlobalsOf(editor).fragmentation;
  const bool mtu = match.Has("mtu");
  const bool method = match.Has("preferred-method");
  if (!mtu && !method) {
    fragments = IkeFragmentation();
    fragments.on = match.tokens[0].text != "no";
    return {};
  }
  if (mtu) fragments.mtu.reset();
  if (method) fragments.prefer_cisco = !match.negated() && match.Has("cisco");
  if (match.negated()) return {};
  fragments.on = true;
  if (mtu) fragments.mtu = static_cast<uint16_t>(NumberOf(match.Argument("number")));
  return {};
}
std::optional<Fault> HttpUrl(Editor& editor, const Match& match) {
  GlobalsOf(editor).http_url_cert = !match.negated();
  return {};
}
std::optional<Fault> Cache(Editor& editor, const Match& match) {
  GlobalsOf(editor).certificate_cache.reset();
  if (const auto value = ValueOf(match)) {
    GlobalsOf(editor).certificate_cache = static_cast<uint16_t>(*value);
  }
  return {};
}
std::optional<Fault> Diagnose(Editor& editor, const Match& match) {
  const Token* number = match.Find("number");
  uint16_t& kept = GlobalsOf(editor).diagnose_errors;
  kept = kDefaultDiagnoseErrors;
  if (match.tokens[0].text == "no") {
    kept = 0;
  } else if (!match.negated() && number != nullptr) {
    kept = static_cast<uint16_t>(NumberOf(*number));
  }
  return {};
}
std::optional<Fault> Log(Editor& editor, const Match& match) {
  GlobalsOf(editor).log = !match.negated();
  return {};
}
std::optional<Fault> RecoverSpis(Editor& editor, const Match& match) {
  GlobalsOf(editor).invalid_spi_recovery = !match.negated();
  return {};
}
std::optional<Fault> NotifySelectors(Editor& editor, const Match& match) {
  GlobalsOf(editor).notify_invalid_selectors = !match.negated();
  return {};
}
std::optional<Fault> Redirect(Editor& editor, const Match& match) {
  constexpr uint8_t kDefaultRedirects = 5;
  const Token* number = match.Find("number");
  auto& most = GlobalsOf(editor).redirects;
  most.reset();
  if (match.negated()) return {};
  most = number == nullptr ? kDefaultRedirects : static_cast<uint8_t>(NumberOf(*number));
  return {};
}
std::optional<Fault> RedirectGateway(Editor& editor, const Match& match) {
  IkeGlobals& ike = GlobalsOf(editor);
  IkeRedirectTargets& targets = match.Has("init") ? ike.redirect_init : ike.redirect_auth;
  const bool named = match.Find("address") != nullptr || match.Find("address6") != nullptr;
  if (!named) {
    targets = {};
    return {};
  }
  const net::Address address = IkeAddressOf(match);
  net::Address& target = address.is_v6() ? targets.v6 : targets.v4;
  target = {};
  if (match.negated()) return {};
  if (!address.IsRoutableUnicast() || address.IsLinkLocal() || address.IsV4Mapped()) {
    return Fault{&match.tokens.back(), "not the address of another gateway"};
  }
  target = address;
  return {};
}
std::optional<Fault> RefuseCluster(Editor&, const Match& match) {
  return Fault{&match.tokens.back(),
               "'crypto ikev2 cluster' is not supported: name the gateway that clients are sent to "
               "by its address"};
}
std::optional<Fault> RefuseRemoteAccess(Editor&, const Match& match) {
  return Fault{&match.tokens[2], "remote access by IKEv2 (FlexVPN) is not supported"};
}

// 0.0.0.0 alone is every address, as IOS takes it.
net::Prefix IkeRange(const net::Address& address, uint8_t length) {
  const bool all = address.is_v4() && address.v4() == 0 && length == 32;
  return *net::Prefix::Create(address, all ? uint8_t{0} : length);
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ikev2 dpd @ike-dpd",
      "Check that peers live: seconds, seconds between retries; periodic, or when there is "
      "something to send (default off)"},
     Dpd},
    {{Mode::kConfig, "no crypto ikev2 dpd [ <line> ]", "No checks (default)"}, Dpd},
    {{Mode::kConfig, "crypto ikev2 cookie-challenge <number:1-1000>",
      "Half-open IKE SAs from which on cookies are asked for"},
     Cookies},
    {{Mode::kConfig, "no crypto ikev2 cookie-challenge [ <number:1-1000> ]",
      "As the ike role sees fit (default)"},
     Cookies},
    {{Mode::kConfig,
      "crypto ikev2 limit { max-sa <number:1-99999> | "
      "max-in-negotiation-sa <number:1-99999> [ { incoming | outgoing } ] }",
      "Most IKEv2 SAs, and negotiations under way"},
     Limit},
    {{Mode::kConfig,
      "no crypto ikev2 limit { max-sa [ <number:1-99999> ] | "
      "max-in-negotiation-sa [ <number:1-99999> ] [ { incoming | outgoing } ] }",
      "As the ike role sees fit (default)"},
     Limit},
    {{Mode::kConfig, "crypto call admission limit ike { sa | in-negotiation-sa } <number:0-99999>",
      "Most IKE SAs of both versions, and negotiations under way"},
     Admission},
    {{Mode::kConfig,
      "no crypto call admission limit ike { sa | in-negotiation-sa } [ <number:0-99999> ]",
      "As the ike role sees fit (default)"},
     Admission},
    {{Mode::kConfig, "crypto ikev2 nat keepalive <number:5-3600>",
      "Seconds between NAT keepalives (DP-71; default none)"},
     NatKeepalive},
    {{Mode::kConfig, "no crypto ikev2 nat keepalive [ <number:5-3600> ]", "None (default)"},
     NatKeepalive},
    {{Mode::kConfig, "crypto ikev2 window <number:1-20>", "Requests under way at once (default 5)"},
     Window},
    {{Mode::kConfig, "no crypto ikev2 window [ <number:1-20> ]", "Back to 5"}, Window},
    {{Mode::kConfig,
      "crypto ikev2 retransmit timeout <number:100-60000> base <number:100-400> "
      "tries <number:2-20> [ limit <number:1-600> ]",
      "When a request is sent again: milliseconds to the first time, percent of each wait against "
      "the one before, messages in all, seconds of the longest wait (default 1000 180 6, no "
      "limit)"},
     Retransmit},
    {{Mode::kConfig, "no crypto ikev2 retransmit [ <line> ]", "Back to the default"}, Retransmit},
    {{Mode::kConfig,
      "crypto ikev2 fragmentation [ mtu <number:68-1500> ] [ preferred-method { ietf | cisco } ]",
      "Cut long IKE messages (default on, packets of 576 bytes, over IPv6 1280; ASA-77)"},
     Fragments},
    {{Mode::kConfig,
      "no crypto ikev2 fragmentation [ mtu [ <number:68-1500> ] ] "
      "[ preferred-method [ { ietf | cisco } ] ]",
      "Leave it to IP; with a word: back to its default"},
     Fragments},
    {{Mode::kConfig, "crypto ikev2 http-url cert",
      "Take certificates by hash and URL (default off: the URL is the peer's choice)"},
     HttpUrl},
    {{Mode::kConfig, "no crypto ikev2 http-url [ cert ]",
      "Certificates come in messages (default)"},
     HttpUrl},
    {{Mode::kConfig, "crypto ikev2 certificate-cache <number:1-2000>",
      "Keep so many certificates of peers (default none)"},
     Cache},
    {{Mode::kConfig, "no crypto ikev2 certificate-cache [ <number:1-2000> ]", "None (default)"},
     Cache},
    {{Mode::kConfig, "crypto ikev2 diagnose error [ <number:1-1000> ]",
      "Keep so many exit paths of failures (default 50)"},
     Diagnose},
    {{Mode::kConfig, "no crypto ikev2 diagnose error [ <number:1-1000> ]", "Keep none"}, Diagnose},
    {{Mode::kConfig, "crypto logging ikev2", "Log IKEv2 events (default off)"}, Log},
    {{Mode::kConfig, "no crypto logging ikev2", "Do not log them (default)"}, Log},
    {{Mode::kConfig, "crypto isakmp invalid-spi-recovery",
      "Open an IKE SA with a peer to tell it of an unknown SPI (DP-26; default off)"},
     RecoverSpis},
    {{Mode::kConfig, "no crypto isakmp invalid-spi-recovery",
      "Tell it by an IKE SA that is there, or not at all (default)"},
     RecoverSpis},
    {{Mode::kConfig, "crypto ikev2 notify invalid-selectors",
      "Tell a peer of packets that their SA is not for (ASA-24; default off)"},
     NotifySelectors},
    {{Mode::kConfig, "no crypto ikev2 notify invalid-selectors", "Do not tell (default)"},
     NotifySelectors},
    {{Mode::kConfig, "crypto ikev2 redirect client [ max-redirects <number:1-255> ]",
      "Follow redirects of gateways (RFC 5685; default off, then at most 5 in a row)"},
     Redirect},
    {{Mode::kConfig, "no crypto ikev2 redirect client [ max-redirects [ <number:1-255> ] ]",
      "Do not follow them (default)"},
     Redirect},
    {{Mode::kConfig, "crypto ikev2 redirect gateway { init | auth } { <address> | <address6> }",
      "Send callers of this IP version to another gateway (RFC 5685), by the answer to IKE_SA_INIT "
      "or to IKE_AUTH (default off); the address is an extension"},
     RedirectGateway},
    {{Mode::kConfig,
      "no crypto ikev2 redirect gateway { init | auth } [ { <address> | <address6> } ]",
      "Serve them here (default); with an address: those of its IP version"},
     RedirectGateway},
    {{Mode::kConfig, "crypto ikev2 redirect gateway { init | auth }",
      "Refused: clusters are not supported, an address is wanted"},
     RefuseCluster},
    {{Mode::kConfig, "crypto ikev2 { cluster | name-mangler | client } <line>",
      "Refused: remote access"},
     RefuseRemoteAccess},
};

}  // namespace

std::variant<IkeKey, Fault> IkeKeyOf(Editor& editor, const Match& match) {
  const auto token = std::find_if(match.tokens.begin(), match.tokens.end(), [](const Token& t) {
    return t.type != nullptr && t.type->secret;
  });
  auto key = std::make_shared<Secret<kLongestSealed>>();
  if (token->type->name == "sealed") {
    auto opened = SecretOf(editor, match);
    if (auto* fault = std::get_if<Fault>(&opened)) return *fault;
    *key = std::move(std::get<Secret<kLongestSealed>>(opened));
    return IkeKey(std::move(key));
  }
  std::string_view text = token->text;
  if (token->type->name != "hex-key") {
    std::copy(text.begin(), text.end(), key->Resize(text.size()).begin());
    return IkeKey(std::move(key));
  }
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (!ParseHexInto(text, key->Resize(text.size() / 2))) return Fault{&*token, "not hexadecimal"};
  return IkeKey(std::move(key));
}

net::Prefix IkeRangeOf(const Match& match) {
  if (const Token* token = match.Find("ike-prefix")) {
    const size_t slash = token->text.find('/');
    const auto address = *net::Address::Parse(std::string_view(token->text).substr(0, slash));
    const uint8_t whole = address.is_v4() ? 32 : 128;
    const uint8_t length = slash == std::string::npos
                               ? whole
                               : static_cast<uint8_t>(*ParseNumber(token->text.substr(slash + 1)));
    return IkeRange(address, length);
  }
  const net::Address address = AddressOf(match.Argument("address"));
  uint8_t length = 32;
  if (const Token* mask = match.Find("mask")) {
    length = *net::LengthFromMask(AddressOf(*mask).v4());
  }
  return IkeRange(address, length);
}

net::Address IkeAddressOf(const Match& match) {
  const Token* v4 = match.Find("address");
  return AddressOf(v4 != nullptr ? *v4 : match.Argument("address6"));
}

IkeIdentity IkeIdentityOf(const Match& match) {
  using Kind = IkeIdKind;
  const bool domain = match.Has("domain");
  if (match.Has("fqdn")) {
    return {domain ? Kind::kFqdnDomain : Kind::kFqdn, {}, match.Argument("domain-name").text};
  }
  if (match.Has("email")) {
    return domain ? IkeIdentity{Kind::kEmailDomain, {}, match.Argument("domain-name").text}
                  : IkeIdentity{Kind::kEmail, {}, match.Argument("mailbox").text};
  }
  if (const Token* id = match.Find("key-id")) return {Kind::kKeyId, {}, id->text};
  if (match.Has("dn")) return {Kind::kDn, {}, ""};
  if (match.Has("any")) return {Kind::kAny, {}, ""};
  if (match.Find("address6") != nullptr) {
    return {Kind::kAddress, net::Prefix::Host(IkeAddressOf(match)), ""};
  }
  return {Kind::kAddress, IkeRangeOf(match), ""};
}

IkeDpd IkeDpdOf(const Match& match) {
  return {static_cast<uint16_t>(NumberOf(match.Argument("number"))),
          static_cast<uint16_t>(NumberOf(match.Argument("number", 1))), match.Has("periodic")};
}

std::span<const ConfigStatement> IkeGlobalStatements() { return kStatements; }

}  // namespace vam::config
