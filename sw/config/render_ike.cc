#include "sw/config/render_ike.h"

#include <fmt/core.h>

#include <algorithm>

#include "sw/config/arguments.h"
#include "sw/config/line_writer.h"

namespace vam::config {
namespace {

// The words of a list behind `head`; nothing for none.
template <typename T, typename Name>
std::string ListLine(std::string_view head, const std::vector<T>& list, Name name) {
  if (list.empty()) return "";
  std::string line(head);
  for (const T& item : list) line += fmt::format(" {}", name(item));
  return line;
}

class IkeRenderer : private LineWriter {
 public:
  explicit IkeRenderer(const WriteSecret& write_key) : write_key_(write_key) {}

  std::string Render(const Ike& ike) {
    Section([&] {
      if (!ike.globals.default_proposal) Line("no crypto ikev2 proposal default");
      if (!ike.globals.default_policy) Line("no crypto ikev2 policy default");
    });
    for (const Ikev2Proposal& proposal : ike.proposals) Proposal(proposal);
    for (const Ikev2Policy& policy : ike.policies) Policy(policy);
    for (const Ikev2Keyring& keyring : ike.keyrings) Keyring(keyring);
    for (const Ikev2Authorization& policy : ike.authorizations) Text(RenderAuthorization(policy));
    for (const Ikev2Profile& profile : ike.profiles) Profile(profile);
    for (const IsakmpPeer& peer : ike.peers) Peer(peer);
    Section([&] { Globals(ike.globals); });
    return Take();
  }

 private:
  void LineIf(const std::string& line) {
    if (!line.empty()) Line(line);
  }
  template <typename T>
  void Value(std::string_view head, const std::optional<T>& value) {
    if (value) Line(fmt::format("{} {}", head, *value));
  }

  void Proposal(const Ikev2Proposal& proposal) {
    const auto keyword = [](auto id) { return InfoOf(id).keyword; };
    Line("crypto ikev2 proposal " + proposal.name);
    LineIf(ListLine(" encryption", proposal.encryption, keyword));
    LineIf(ListLine(" integrity", proposal.integrity, keyword));
    LineIf(ListLine(" prf", proposal.prf, keyword));
    LineIf(ListLine(" group", proposal.groups, [](uint16_t group) { return group; }));
    for (size_t i = 0; i < proposal.additional_groups.size(); ++i) {
      LineIf(ListLine(
          fmt::format(" additional-key-exchange {}", i + 1), proposal.additional_groups[i],
          [](uint16_t group) { return group == kNoIkeGroup ? "none" : std::to_string(group); }));
    }
    Break();
  }
  void Policy(const Ikev2Policy& policy) {
    Line("crypto ikev2 policy " + policy.name);
    Value(" match fvrf", policy.fvrf);
    for (const net::Address& local : policy.local) {
      Line(" match address local " + net::ToString(local));
    }
    for (const std::string& name : policy.proposals) Line(" proposal " + name);
    Break();
  }
  void Keyring(const Ikev2Keyring& keyring) {
    Line("crypto ikev2 keyring " + keyring.name);
    for (const Ikev2Peer& peer : keyring.peers) Peer(peer);
    Break();
  }
  void Peer(const Ikev2Peer& peer) {
    Line(" peer " + peer.name);
    if (!peer.description.empty()) Line("  description " + peer.description);
    if (peer.address) Line("  address " + RenderIkeRange(*peer.address));
    if (!peer.hostname.empty()) Line("  hostname " + peer.hostname);
    if (peer.identity) Line("  identity " + RenderIkeIdentity(*peer.identity));
    if (peer.local_key != nullptr && SameIkeKey(peer.local_key, peer.remote_key)) {
      Line("  pre-shared-key " + Key(peer.local_key));
    } else {
      if (peer.local_key) Line("  pre-shared-key local " + Key(peer.local_key));
      if (peer.remote_key) Line("  pre-shared-key remote " + Key(peer.remote_key));
    }
    if (peer.ppk) {
      Line(fmt::format("  ppk manual id {} key {}{}", peer.ppk->id, Key(peer.ppk->key),
                       peer.ppk->required ? " required" : ""));
    }
  }
  void Peer(const IsakmpPeer& peer) {
    Line("crypto isakmp peer " + peer.name);
    if (!peer.description.empty()) Line(" description " + peer.description);
    Break();
  }
  void Matches(const Ikev2Profile& profile) {
    if (!profile.fvrf.empty()) Line(" match fvrf " + profile.fvrf);
    for (const IkeLocalMatch& local : profile.local) {
      Line(" match address local " + (local.interface.empty() ? net::ToString(local.address)
                                                              : "interface " + local.interface));
    }
    for (const IkeIdentity& identity : profile.remote) {
      Line(" match identity remote " + RenderIkeIdentity(identity));
    }
    for (const std::string& map : profile.certificate_maps) Line(" match certificate " + map);
  }
  void Authentication(std::string_view side, IkeAuth method, const IkeKey& key) {
    const bool keyed = method == IkeAuth::kPreShare && key != nullptr;
    Line(fmt::format(" authentication {} {}{}", side, IkeAuthName(method),
                     keyed ? " key " + Key(key) : ""));
  }
  static std::string TicketLifetime(uint32_t seconds) {
    return seconds == kDefaultTicketLifetime ? "" : fmt::format(" lifetime {}", seconds);
  }
  void Profile(const Ikev2Profile& profile) {
    Line("crypto ikev2 profile " + profile.name);
    if (!profile.description.empty()) Line(" description " + profile.description);
    Matches(profile);
    if (profile.identity) Line(" identity local " + RenderIkeIdentity(*profile.identity));
    for (const IkeAuth method : profile.remote_auth) {
      Authentication("remote", method, profile.remote_key);
    }
    if (profile.local_auth) Authentication("local", *profile.local_auth, profile.local_key);
    if (!profile.keyring.empty()) Line(" keyring local " + profile.keyring);
    for (const IkeTrustpoint& point : profile.trustpoints) {
      Line(fmt::format(" pki trustpoint {}{}", point.name,
                       point.sign && point.verify ? "" : (point.sign ? " sign" : " verify")));
    }
    if (profile.lifetime != kDefaultIkev2Lifetime) {
      Line(fmt::format(" lifetime {}", profile.lifetime));
    }
    if (profile.dpd) Line(" dpd " + RenderIkeDpd(*profile.dpd));
    Value(" nat keepalive", profile.nat_keepalive);
    Value(" reauth", profile.reauth);
    if (profile.initial_contact_force) Line(" initial-contact force");
    if (profile.childless != IkeChildless::kAllow) {
      Line(fmt::format(" childless {}", IkeChildlessName(profile.childless)));
    }
    if (profile.resumption) Line(" session-resumption" + TicketLifetime(*profile.resumption));
    if (!profile.mobike) Line(" no mobike");
    if (profile.mobike_unchecked) Line(" mobike unchecked");
    Authorization("psk", profile.psk_authorization);
    Authorization("cert", profile.cert_authorization);
    Exchange(profile.config_exchange);
    if (!profile.ivrf.empty()) Line(" ivrf " + profile.ivrf);
    Break();
  }

  void Authorization(std::string_view kind, const std::optional<IkeGroupAuthorization>& said) {
    if (!said) return;
    Line(fmt::format(" aaa authorization group {} list {} {}", kind, said->list, said->policy));
  }
  void Exchange(const IkeConfigExchange& exchange) {
    if (exchange.request) {
      Line(fmt::format(" config-exchange request{}", exchange.address ? " address" : ""));
    }
    if (exchange.accept) Line(" config-exchange set accept");
    if (exchange.send) Line(" config-exchange set send");
  }

  void Globals(const IkeGlobals& ike) {
    Value("crypto ikev2 nat keepalive", ike.nat_keepalive);
    if (ike.dpd) Line("crypto ikev2 dpd " + RenderIkeDpd(*ike.dpd));
    Fragments(ike.fragmentation);
    Value("crypto ikev2 cookie-challenge", ike.cookie_challenge);
    Limits(ike);
    if (ike.window != kDefaultIkev2Window) Line(fmt::format("crypto ikev2 window {}", ike.window));
    Retransmit(ike.retransmit);
    if (ike.http_url_cert) Line("crypto ikev2 http-url cert");
    Value("crypto ikev2 certificate-cache", ike.certificate_cache);
    if (ike.diagnose_errors == 0) {
      Line("no crypto ikev2 diagnose error");
    } else if (ike.diagnose_errors != kDefaultDiagnoseErrors) {
      Line(fmt::format("crypto ikev2 diagnose error {}", ike.diagnose_errors));
    }
    Value("crypto ikev2 redirect client max-redirects", ike.redirects);
    Redirects("init", ike.redirect_init);
    Redirects("auth", ike.redirect_auth);
    if (ike.notify_invalid_selectors) Line("crypto ikev2 notify invalid-selectors");
    if (ike.invalid_spi_recovery) Line("crypto isakmp invalid-spi-recovery");
    if (ike.log) Line("crypto logging ikev2");
    Value("crypto call admission limit ike sa", ike.admission_sa);
    Value("crypto call admission limit ike in-negotiation-sa", ike.admission_negotiations);
  }
  void Redirects(std::string_view phase, const IkeRedirectTargets& targets) {
    for (const net::Address& target : {targets.v4, targets.v6}) {
      if (target.is_none()) continue;
      Line(fmt::format("crypto ikev2 redirect gateway {} {}", phase, net::ToString(target)));
    }
  }
  void Retransmit(const IkeRetransmit& said) {
    if (said == IkeRetransmit()) return;
    Line(fmt::format("crypto ikev2 retransmit timeout {} base {} tries {}{}", said.timeout_ms,
                     said.base_percent, said.tries,
                     said.limit_s ? fmt::format(" limit {}", *said.limit_s) : ""));
  }
  void Fragments(const IkeFragmentation& fragments) {
    if (!fragments.on) Line("no crypto ikev2 fragmentation");
    Value("crypto ikev2 fragmentation mtu", fragments.mtu);
    if (fragments.prefer_cisco) Line("crypto ikev2 fragmentation preferred-method cisco");
  }
  void Limits(const IkeGlobals& ike) {
    constexpr std::string_view kBegin = "crypto ikev2 limit max-in-negotiation-sa";
    if (ike.incoming_negotiations == ike.outgoing_negotiations) {
      Value(kBegin, ike.incoming_negotiations);
    } else {
      if (ike.incoming_negotiations) {
        Line(fmt::format("{} {} incoming", kBegin, *ike.incoming_negotiations));
      }
      if (ike.outgoing_negotiations) {
        Line(fmt::format("{} {} outgoing", kBegin, *ike.outgoing_negotiations));
      }
    }
    Value("crypto ikev2 limit max-sa", ike.max_sa);
  }
  std::string Key(const IkeKey& key) { return write_key_(key->bytes()); }

  const WriteSecret& write_key_;
};

}  // namespace

std::string RenderIke(const Ike& ike, const WriteSecret& write_key) {
  return IkeRenderer(write_key).Render(ike);
}

std::string ClearIkeKey(Bytes key) {
  const bool word = !key.empty() && std::all_of(key.begin(), key.end(),
                                                [](uint8_t c) { return c > 0x20 && c < 0x7F; });
  const std::string text(key.begin(), key.end());
  return word && text != kRemovedSecret ? "0 " + text : "hex " + FormatHex(key);
}

std::string RenderIkeRange(const net::Prefix& range) {
  const uint8_t length = range.length();
  if (range.base().is_v6()) {
    return length == 128 ? net::ToString(range.base()) : net::ToString(range);
  }
  if (length == 32) return net::ToString(range.base());
  return net::ToString(range.base()) + " " +
         net::ToString(net::Address::V4(net::MaskFromLength(length)));
}

std::string RenderIkeIdentity(const IkeIdentity& identity) {
  switch (identity.kind) {
    case IkeIdKind::kAddress:
      return "address " + RenderIkeRange(identity.prefix);
    case IkeIdKind::kFqdn:
      return "fqdn " + identity.text;
    case IkeIdKind::kFqdnDomain:
      return "fqdn domain " + identity.text;
    case IkeIdKind::kEmail:
      return "email " + identity.text;
    case IkeIdKind::kEmailDomain:
      return "email domain " + identity.text;
    case IkeIdKind::kKeyId:
      return "key-id " + identity.text;
    case IkeIdKind::kDn:
      return "dn";
    case IkeIdKind::kAny:
      break;
  }
  return "any";
}

std::string RenderIkeDpd(const IkeDpd& dpd) {
  return fmt::format("{} {} {}", dpd.seconds, dpd.retry, dpd.periodic ? "periodic" : "on-demand");
}

}  // namespace vam::config
