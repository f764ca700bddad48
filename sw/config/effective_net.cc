#include "sw/config/effective_net.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "sw/config/render.h"

namespace vam::config {
namespace {

void Add(std::vector<Finding>& findings, const std::string& subject, std::string message) {
  findings.push_back({subject, subject + ": " + std::move(message)});
}

// A network of an interface; `order` is its place in the configuration.
struct Network {
  std::string_view vrf;
  net::Prefix prefix;
  net::Address own;
  const Interface* interface;
  size_t order;
};

std::vector<Network> NetworksOf(const Running& running) {
  std::vector<Network> networks;
  const auto add = [&](const Interface& interface, const net::Address& own, uint8_t length) {
    networks.push_back(
        {interface.vrf, *net::Prefix::Create(own, length), own, &interface, networks.size()});
  };
  for (const Interface& interface : running.interfaces) {
    if (interface.address) add(interface, *interface.address, interface.prefix_length);
    for (const InterfaceAddress& more : interface.secondary) {
      add(interface, more.address, more.prefix_length);
    }
    for (const Ipv6Address& address : interface.ipv6.addresses) {
      if (address.kind == Ipv6AddressKind::kLinkLocal) continue;
      add(interface, address.address, address.prefix_length);
    }
  }
  return networks;
}

// Networks of one table do not overlap, but an interface may have several addresses in one.
void CheckNetworks(const Running& running, std::vector<Finding>& findings) {
  std::vector<Network> networks = NetworksOf(running);
  const auto place = [](const Network& n) {
    return std::tuple(n.vrf, n.prefix.base(), n.prefix.length(), n.order);
  };
  std::sort(networks.begin(), networks.end(),
            [&](const Network& a, const Network& b) { return place(a) < place(b); });
  // Those that hold the network at hand, outermost first.
  std::vector<const Network*> around;
  for (const Network& network : networks) {
    while (!around.empty() &&
           !(around.back()->vrf == network.vrf && around.back()->prefix.Contains(network.prefix))) {
      around.pop_back();
    }
    if (!around.empty()) {
      const Network& other = *around.back();
      const bool same = other.interface == network.interface && other.prefix == network.prefix;
      const Network& late = other.order < network.order ? network : other;
      const Network& early = other.order < network.order ? other : network;
      if (!same) {
        Add(findings, "interface " + late.interface->name,
            fmt::format("network {} overlaps {} of {}", net::ToString(late.prefix),
                        net::ToString(early.prefix), early.interface->name));
      } else if (other.own == network.own) {
        Add(findings, "interface " + late.interface->name,
            fmt::format("address {} is given twice", net::ToString(network.own)));
      }
    }
    around.push_back(&network);
  }
}

void CheckDevices(const Running& running, std::vector<Finding>& findings) {
  std::unordered_map<std::string, const Interface*> first;
  for (const Interface& interface : running.interfaces) {
    if (!interface.device) continue;
    const auto [at, added] = first.try_emplace(RenderDevice(*interface.device), &interface);
    if (!added) {
      Add(findings, "interface " + interface.name,
          "its device is also that of " + at->second->name);
    }
  }
}

void CheckMaps(const Running& running, const Interface& interface, std::vector<Finding>& findings) {
  const auto check = [&](const std::string& name, bool v6) {
    const CryptoMap* map = running.FindCryptoMap(name);
    if (name.empty() || (map != nullptr && map->ipv6 == v6)) return;
    findings.push_back({fmt::format("interface {} crypto map", interface.name),
                        fmt::format("interface {}: crypto map {} is {}", interface.name, name,
                                    map == nullptr ? "not defined"
                                    : v6           ? "not an IPv6 map"
                                                   : "an IPv6 map")});
  };
  check(interface.crypto_map, false);
  check(interface.ipv6.crypto_map, true);
}

void CheckFilters(const Running& running, const Interface& interface,
                  std::vector<Finding>& findings) {
  const auto check = [&](const std::string& name, bool v6) {
    const Acl* acl = running.FindAcl(name);
    if (acl == nullptr || (acl->kind == AclKind::kIpv6) == v6) return;
    Add(findings, "interface " + interface.name,
        fmt::format("access list {} is {}one of IPv6", name, v6 ? "not " : ""));
  };
  check(interface.access_in, false);
  check(interface.access_out, false);
  check(interface.ipv6.filter_in, true);
  check(interface.ipv6.filter_out, true);
}

void CheckInterface(const Running& running, const Interface& interface,
                    std::vector<Finding>& findings) {
  const std::string subject = "interface " + interface.name;
  CheckMaps(running, interface, findings);
  CheckFilters(running, interface, findings);
  if (interface.ip_mtu > interface.mtu) {
    Add(findings, subject,
        fmt::format("ip mtu {} is above its mtu {}", interface.ip_mtu, interface.mtu));
  }
  // RFC 8200, 5.
  if (interface.ipv6.mtu > interface.mtu || (interface.ipv6.on() && interface.mtu < 1280)) {
    Add(findings, subject,
        interface.mtu < 1280
            ? fmt::format("IPv6 needs an mtu of 1280 at least, not {}", interface.mtu)
            : fmt::format("ipv6 mtu {} is above its mtu {}", interface.ipv6.mtu, interface.mtu));
  }
  if (interface.unnumbered.empty()) return;
  const Interface* other = running.FindInterface(interface.unnumbered);
  if (other == nullptr) {
    Add(findings, subject,
        fmt::format("unnumbered interface {} does not exist", interface.unnumbered));
  } else if (!other->unnumbered.empty()) {
    Add(findings, subject, fmt::format("interface {} is unnumbered itself", other->name));
  } else if (other->vrf != interface.vrf) {
    Add(findings, subject, fmt::format("interface {} is in another VRF", other->name));
  }
}

void CheckRoutes(const Running& running, std::vector<Finding>& findings) {
  for (const Route& route : running.routes) {
    if (route.interface.empty() || route.interface == kNullInterface) continue;
    const Interface* interface = running.FindInterface(route.interface);
    if (interface != nullptr && interface->vrf == route.vrf) continue;
    const std::string destination = net::ToString(route.destination);
    const bool v4 = route.destination.family() == net::Family::kV4;
    findings.push_back(
        {"route " + destination,
         fmt::format("{} route {}: interface {} {}", v4 ? "ip" : "ipv6", destination,
                     route.interface,
                     interface == nullptr ? "does not exist" : "is in another VRF")});
  }
  for (const Neighbor& neighbor : running.neighbors) {
    if (running.FindInterface(neighbor.interface) != nullptr) continue;
    Add(findings, "ipv6 neighbor " + net::ToString(neighbor.address),
        fmt::format("interface {} does not exist", neighbor.interface));
  }
}

// What a list must be so that a crypto map can select traffic by it.
void CheckCryptoLists(const Running& running, std::vector<Finding>& findings) {
  // Many entries may name one long list: each is read once.
  std::unordered_map<const Acl*, const AclEntry*> first_beyond;
  const auto beyond = [&](const Acl& acl) {
    const auto [at, added] = first_beyond.try_emplace(&acl, nullptr);
    if (!added) return at->second;
    for (const AclEntry& line : acl.entries) {
      if (line.BeyondSelectors().empty()) continue;
      at->second = &line;
      break;
    }
    return at->second;
  };
  for (const CryptoMap& map : running.crypto_maps) {
    for (const CryptoMapEntry& entry : map.entries) {
      const Acl* acl = running.FindAcl(entry.acl);
      if (acl == nullptr) continue;
      const std::string subject = fmt::format("crypto map {} {}", map.name, entry.sequence);
      if (acl->kind == AclKind::kStandard) {
        Add(findings, subject,
            fmt::format("access list {} is a standard one; a crypto map needs an extended one",
                        acl->name));
        continue;
      }
      if ((acl->kind == AclKind::kIpv6) != map.ipv6) {
        Add(findings, subject,
            fmt::format("access list {} is {}one of IPv6", acl->name, map.ipv6 ? "not " : ""));
        continue;
      }
      const AclEntry* line = beyond(*acl);
      if (line == nullptr) continue;
      Add(findings, subject,
          fmt::format("line {} of access list {} tests '{}': a crypto map cannot select traffic "
                      "by that",
                      line->sequence, acl->name, line->BeyondSelectors()));
    }
  }
}

}  // namespace

void CheckNet(const Running& running, std::vector<Finding>& findings) {
  const std::string& source = running.logging.source_interface;
  if (!source.empty() && running.FindInterface(source) == nullptr) {
    Add(findings, "logging source-interface", fmt::format("interface {} does not exist", source));
  }
  for (const Interface& interface : running.interfaces) {
    CheckInterface(running, interface, findings);
  }
  CheckDevices(running, findings);
  CheckNetworks(running, findings);
  CheckRoutes(running, findings);
  CheckCryptoLists(running, findings);
}

void WarnAboutNet(const Running& running, std::vector<std::string>& warnings) {
  for (const Interface& interface : running.interfaces) {
    for (const std::string& name : {interface.access_in, interface.access_out,
                                    interface.ipv6.filter_in, interface.ipv6.filter_out}) {
      if (name.empty()) continue;
      const Acl* acl = running.FindAcl(name);
      if (acl != nullptr && !acl->entries.empty()) continue;
      warnings.push_back(fmt::format("interface {}: access list {} {}, so it filters nothing",
                                     interface.name, name,
                                     acl == nullptr ? "is not defined" : "has no lines"));
    }
    if (interface.ipv6.on() && !running.ipv6_routing) {
      warnings.push_back(
          fmt::format("interface {} has IPv6, but no IPv6 packet is forwarded "
                      "without 'ipv6 unicast-routing'",
                      interface.name));
    }
  }
}

}  // namespace vam::config
