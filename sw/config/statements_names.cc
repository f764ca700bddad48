// Host names: `ip host`, `ip name-server`, `ip domain lookup`.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"
#include "sw/net/name_table.h"

namespace vam::config {
namespace {

struct ReadAddresses {
  std::vector<net::Address> addresses;
  std::optional<Fault> fault;
};

// The arguments from number `from` on. A name server may be on the host itself: it is the host that
// asks it.
ReadAddresses Read(const Match& match, size_t from, size_t most, std::string_view what,
                   bool loopback) {
  ReadAddresses read;
  for (size_t n = from; const Token* token = match.Find("peer", n); ++n) {
    const auto address = net::Address::Parse(token->text);
    const bool good =
        address && (address->IsRoutableUnicast() || (loopback && address->IsLoopback()));
    if (!good) {
      read.fault = Fault{token, fmt::format("not the address of a {}", what)};
      return read;
    }
    if (std::ranges::find(read.addresses, *address) != read.addresses.end()) continue;
    if (read.addresses.size() == most) {
      read.fault = Fault{token, fmt::format("more than {} addresses", most)};
      return read;
    }
    read.addresses.push_back(*address);
  }
  return read;
}

std::optional<Fault> Host(Editor& editor, const Match& match) {
  const Token& token = match.Argument("peer");
  if (net::Address::Parse(token.text)) return Fault{&token, "an address, not a host name"};
  const std::string name = net::FoldName(token.text);
  NamedList<HostName>& hosts = editor.running.names.hosts;
  if (match.negated()) {
    if (!hosts.Erase(name)) return Fault{&token, "no such host"};
    return {};
  }
  ReadAddresses read = Read(match, 1, kMaxHostAddresses, "host", false);
  if (read.fault) return read.fault;
  hosts.FindOrAdd(name).addresses = std::move(read.addresses);
  return {};
}

// Each line adds, as in IOS.
std::optional<Fault> NameServer(Editor& editor, const Match& match) {
  ReadAddresses read = Read(match, 0, kMaxNameServers, "name server", true);
  if (read.fault) return read.fault;
  std::vector<net::Address>& servers = editor.running.names.servers;
  if (match.negated()) {
    if (read.addresses.empty()) servers.clear();
    std::erase_if(servers, [&](const net::Address& server) {
      return std::ranges::find(read.addresses, server) != read.addresses.end();
    });
    return {};
  }
  std::vector<net::Address> all = servers;
  for (const net::Address& server : read.addresses) {
    if (std::ranges::find(all, server) == all.end()) all.push_back(server);
  }
  if (all.size() > kMaxNameServers) {
    return Fault{&match.Argument("peer"),
                 fmt::format("more than {} name servers", kMaxNameServers)};
  }
  servers = std::move(all);
  return {};
}

std::optional<Fault> Lookup(Editor& editor, const Match& match) {
  editor.running.names.lookup = !match.negated() || match.tokens[0].text == "default";
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "ip host <peer> <peer> *[ <peer> ]", "Addresses of a name, in their order"},
     Host},
    {{Mode::kConfig, "no ip host <peer> *[ <peer> ]", "The name is looked up again"}, Host},
    {{Mode::kConfig, "ip name-server <peer> *[ <peer> ]",
      "Who resolves names (default: the resolver of the host)"},
     NameServer},
    {{Mode::kConfig, "no ip name-server *[ <peer> ]", "Not these, or none"}, NameServer},
    {{Mode::kConfig, "ip domain lookup", "Ask name servers (default)"}, Lookup},
    {{Mode::kConfig, "no ip domain lookup", "Only what 'ip host' says"}, Lookup},
    {{Mode::kConfig, "ip domain-lookup", "Ask name servers (default)"}, Lookup},
    {{Mode::kConfig, "no ip domain-lookup", "Only what 'ip host' says"}, Lookup},
};

}  // namespace

std::span<const ConfigStatement> NameStatements() { return kStatements; }

}  // namespace vam::config
