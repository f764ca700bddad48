// crypto ikev2 authorization policy: what peers are assigned and told (RFC 7296, 2.19).
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/render_ike.h"
#include "sw/config/statements_ike.h"

namespace vam::config {
namespace {

std::optional<Fault> EnterPolicy(Editor& editor, const Match& match) {
  const std::string& name = match.Argument("name").text;
  FindOrAdd(editor.running.ike.authorizations, name);
  editor.Note("crypto ikev2 authorization policy " + name);
  editor.Enter(Mode::kIkev2Authorization, name);
  return {};
}
std::optional<Fault> NoPolicy(Editor& editor, const Match& match) {
  const Token& name = match.Argument("name");
  if (!EraseNamed(editor.running.ike.authorizations, name.text)) {
    return Fault{&name, "no such IKEv2 authorization policy"};
  }
  return {};
}

Ikev2Authorization& Current(Editor& editor) {
  editor.Note("crypto ikev2 authorization policy " + editor.object);
  return FindOrAdd(editor.running.ike.authorizations, editor.object);
}

std::optional<Fault> Pool(Editor& editor, const Match& match) {
  Ikev2Authorization& policy = Current(editor);
  std::string& pool = match.Has("ipv6") ? policy.ipv6_pool : policy.pool;
  pool = match.negated() ? "" : match.Argument("name").text;
  return {};
}

// One or two servers: they take the place of those before.
std::optional<Fault> Servers(std::vector<net::Address>& servers, std::string_view type,
                             const Match& match) {
  std::vector<net::Address> wanted;
  for (size_t n = 0; const Token* token = match.Find(type, n); ++n) {
    const net::Address address = AddressOf(*token);
    if (!address.IsRoutableUnicast()) return Fault{token, "not the address of a server"};
    if (std::ranges::find(wanted, address) == wanted.end()) wanted.push_back(address);
  }
  if (match.negated()) {
    if (wanted.empty()) servers.clear();
    std::erase_if(servers, [&](const net::Address& one) {
      return std::ranges::find(wanted, one) != wanted.end();
    });
    return {};
  }
  servers = std::move(wanted);
  return {};
}
std::optional<Fault> Dns(Editor& editor, const Match& match) {
  if (match.Has("ipv6")) return Servers(Current(editor).ipv6_dns, "address6", match);
  return Servers(Current(editor).dns, "address", match);
}
std::optional<Fault> Wins(Editor& editor, const Match& match) {
  return Servers(Current(editor).wins, "address", match);
}
std::optional<Fault> Netmask(Editor& editor, const Match& match) {
  Current(editor).netmask.reset();
  if (!match.negated()) {
    Current(editor).netmask = *net::LengthFromMask(AddressOf(match.Argument("mask")).v4());
  }
  return {};
}
std::optional<Fault> DefDomain(Editor& editor, const Match& match) {
  Current(editor).def_domain = match.negated() ? "" : match.Argument("domain-name").text;
  return {};
}
std::optional<Fault> SplitDns(Editor& editor, const Match& match) {
  std::vector<std::string>& domains = Current(editor).split_dns;
  const Token* domain = match.Find("domain-name");
  if (domain == nullptr) {
    domains.clear();
    return {};
  }
  const bool known = std::ranges::find(domains, domain->text) != domains.end();
  if (match.negated()) {
    if (!known) return Fault{domain, "not a domain of this policy"};
    std::erase(domains, domain->text);
  } else if (!known) {
    if (domains.size() == kMaxPushedDomains) {
      return Fault{domain, fmt::format("more than {} domains", kMaxPushedDomains)};
    }
    domains.push_back(domain->text);
  }
  return {};
}

std::optional<Fault> RouteAcl(Editor& editor, const Match& match) {
  Ikev2Authorization& policy = Current(editor);
  std::string& list = match.Has("ipv6") ? policy.route_acl6 : policy.route_acl;
  const Token* name = match.Find(match.Has("ipv6") ? "acl6" : "acl-standard");
  list = match.negated() || name == nullptr ? "" : name->text;
  return {};
}
std::optional<Fault> Route(Editor& editor, const Match& match) {
  const Token* six = match.Find("prefix6");
  const Token& word = six != nullptr ? *six : match.Argument("address");
  const net::Address base = six != nullptr ? PrefixOf(*six).address : AddressOf(word);
  const uint8_t length = six != nullptr
                             ? PrefixOf(*six).prefix_length
                             : *net::LengthFromMask(AddressOf(match.Argument("mask")).v4());
  const net::Prefix route = *net::Prefix::Create(base, length);
  if (route.base() != base) return Fault{&word, "host bits are set"};
  std::vector<net::Prefix>& routes = Current(editor).routes;
  const bool known = std::ranges::find(routes, route) != routes.end();
  if (match.negated()) {
    if (!known) return Fault{&word, "not a route of this policy"};
    std::erase(routes, route);
  } else if (!known) {
    if (routes.size() == kMaxPushedRoutes) {
      return Fault{&word, fmt::format("more than {} routes", kMaxPushedRoutes)};
    }
    routes.push_back(route);
  }
  return {};
}
std::optional<Fault> Leave(Editor& editor, const Match&) {
  editor.Enter(Mode::kConfig, "");
  return {};
}

constexpr Mode kPolicy = Mode::kIkev2Authorization;
constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "crypto ikev2 authorization policy <name>",
      "What peers are assigned and told; makes it when it is new"},
     EnterPolicy},
    {{Mode::kConfig, "no crypto ikev2 authorization policy <name>", "Remove it"}, NoPolicy},
    {{kPolicy, "pool <name>", "Peers must ask for an address and get it from here"}, Pool},
    {{kPolicy, "no pool [ <name> ]", "No IPv4 address"}, Pool},
    {{kPolicy, "ipv6 pool <name>", "The same for IPv6"}, Pool},
    {{kPolicy, "no ipv6 pool [ <name> ]", "No IPv6 address"}, Pool},
    {{kPolicy, "dns <address> [ <address> ]", "Name servers"}, Dns},
    {{kPolicy, "no dns [ <address> [ <address> ] ]", "Not these, or none"}, Dns},
    {{kPolicy, "ipv6 dns <address6> [ <address6> ]", "Name servers with IPv6 addresses"}, Dns},
    {{kPolicy, "no ipv6 dns [ <address6> [ <address6> ] ]", "Not these, or none"}, Dns},
    {{kPolicy, "wins <address> [ <address> ]", "WINS servers"}, Wins},
    {{kPolicy, "no wins [ <address> [ <address> ] ]", "Not these, or none"}, Wins},
    {{kPolicy, "netmask <mask>", "Told beside an IPv4 address"}, Netmask},
    {{kPolicy, "no netmask [ <mask> ]", "None"}, Netmask},
    {{kPolicy, "def-domain <domain-name>", "Domain of the peers; told to those that ask"},
     DefDomain},
    {{kPolicy, "no def-domain [ <domain-name> ]", "None"}, DefDomain},
    {{kPolicy, "split-dns <domain-name>",
      "A domain that the name servers are for (RFC 8598); told to peers that ask"},
     SplitDns},
    {{kPolicy, "no split-dns [ <domain-name> ]", "Not this one, or none"}, SplitDns},
    {{kPolicy, "route set access-list { <acl-standard> | ipv6 <acl6> }",
      "Networks behind this system: what the list permits, of an IPv6 list the sources"},
     RouteAcl},
    {{kPolicy, "no route set access-list [ { <acl-standard> | ipv6 [ <acl6> ] } ]", "None"},
     RouteAcl},
    {{kPolicy, "route set remote { ipv4 <address> <mask> | ipv6 <prefix6> }",
      "A network behind this system"},
     Route},
    {{kPolicy, "no route set remote { ipv4 <address> <mask> | ipv6 <prefix6> }", "Not this one"},
     Route},
    {{kPolicy, "exit", "Back to global configuration"}, Leave},
};

}  // namespace

std::span<const ConfigStatement> Ikev2AuthorizationStatements() { return kStatements; }

namespace {

void AddServers(std::string_view head, const std::vector<net::Address>& servers,
                std::string& text) {
  if (servers.empty()) return;
  text += head;
  for (const net::Address& server : servers) text += " " + net::ToString(server);
  text += '\n';
}

}  // namespace

std::string RenderAuthorization(const Ikev2Authorization& policy) {
  std::string text = "crypto ikev2 authorization policy " + policy.name + "\n";
  const auto word = [&text](std::string_view head, const std::string& value) {
    if (!value.empty()) text += fmt::format(" {} {}\n", head, value);
  };
  word("pool", policy.pool);
  word("ipv6 pool", policy.ipv6_pool);
  AddServers(" dns", policy.dns, text);
  AddServers(" ipv6 dns", policy.ipv6_dns, text);
  AddServers(" wins", policy.wins, text);
  if (policy.netmask) {
    word("netmask", net::ToString(net::Address::V4(net::MaskFromLength(*policy.netmask))));
  }
  word("def-domain", policy.def_domain);
  for (const std::string& domain : policy.split_dns) word("split-dns", domain);
  word("route set access-list", policy.route_acl);
  word("route set access-list ipv6", policy.route_acl6);
  for (const net::Prefix& route : policy.routes) {
    word("route set remote",
         route.base().is_v6()
             ? "ipv6 " + net::ToString(route)
             : fmt::format("ipv4 {} {}", net::ToString(route.base()),
                           net::ToString(net::Address::V4(net::MaskFromLength(route.length())))));
  }
  return text + "!\n";
}

}  // namespace vam::config
