// vrf definition, ip vrf, and the VRF of an interface.
#include <fmt/core.h>

#include <algorithm>

#include "sw/config/statements.h"

namespace vam::config {
namespace {

constexpr size_t kMostVrfs = 4096;
constexpr size_t kMostTargets = 1000;  // of one VRF and family

Vrf& Current(Editor& editor) { return editor.running.vrfs.FindOrAdd(editor.object); }

// As IOS: an address belongs to a table, so it does not follow its interface into another one.
void ClearAddresses(Editor& editor, Interface& interface, std::string_view why) {
  if (interface.address || !interface.unnumbered.empty()) {
    editor.notices.push_back(fmt::format(
        "Interface {} IPv4 disabled and address(es) removed due to {}", interface.name, why));
  }
  if (interface.ipv6.on()) {
    editor.notices.push_back(fmt::format(
        "Interface {} IPv6 disabled and address(es) removed due to {}", interface.name, why));
  }
  interface.address.reset();
  interface.prefix_length = 0;
  interface.secondary.clear();
  interface.unnumbered.clear();
  interface.ipv6.addresses.clear();
  interface.ipv6.enable = false;
}

std::optional<Fault> EnterVrf(Editor& editor, const Match& match, bool ip_vrf) {
  const Token& name = match.Argument("vrf");
  const Vrf* known = editor.running.FindVrf(name.text);
  if (known != nullptr && known->ip_vrf != ip_vrf) {
    return Fault{&name, ip_vrf ? "this VRF is a 'vrf definition'" : "this VRF is an 'ip vrf'"};
  }
  if (known == nullptr) {
    if (editor.running.vrfs.size() >= kMostVrfs) {
      return Fault{&name, fmt::format("more than {} VRFs", kMostVrfs)};
    }
    Vrf& vrf = editor.running.vrfs.FindOrAdd(name.text);
    vrf.ip_vrf = ip_vrf;
    vrf.ipv4.on = ip_vrf;
  }
  editor.Enter(ip_vrf ? Mode::kIpVrf : Mode::kVrf, name.text);
  return {};
}
std::optional<Fault> EnterDefinition(Editor& editor, const Match& match) {
  return EnterVrf(editor, match, false);
}
std::optional<Fault> EnterIpVrf(Editor& editor, const Match& match) {
  return EnterVrf(editor, match, true);
}

// Interfaces, routes and neighbours go with their table.
std::optional<Fault> NoVrf(Editor& editor, const Match& match) {
  const Token& token = match.Argument("vrf");
  const Vrf* vrf = editor.running.FindVrf(token.text);
  if (vrf == nullptr || vrf->ip_vrf != match.Has("ip")) return Fault{&token, "no such VRF"};
  const std::string name = token.text;
  for (Interface& interface : editor.running.interfaces) {
    if (interface.vrf != name) continue;
    ClearAddresses(editor, interface, "deletion of VRF " + name);
    interface.vrf.clear();
  }
  editor.Settle();
  const auto in_it = [&](const auto& item) { return item.vrf == name; };
  if (std::erase_if(editor.running.routes, in_it) != 0) {
    editor.notices.push_back("Static routes of VRF " + name + " have been removed");
  }
  if (std::erase_if(editor.running.arps, in_it) != 0) {
    editor.notices.push_back("Fixed neighbours of VRF " + name + " have been removed");
  }
  if (std::erase_if(editor.running.logging.hosts, in_it) != 0) {
    editor.notices.push_back("Logging hosts of VRF " + name + " have been removed");
  }
  EraseNamed(editor.running.vrfs, name);
  return {};
}

std::optional<Fault> Rd(Editor& editor, const Match& match) {
  Vrf& vrf = Current(editor);
  const Token* rd = match.Find("rd");
  if (match.negated()) {
    if (rd != nullptr && rd->text != vrf.rd) return Fault{rd, "not the one of this VRF"};
    vrf.rd.clear();
    return {};
  }
  const auto other =
      std::find_if(editor.running.vrfs.begin(), editor.running.vrfs.end(),
                   [&](const Vrf& v) { return v.name != vrf.name && v.rd == rd->text; });
  if (other != editor.running.vrfs.end()) return Fault{rd, "also that of VRF " + other->name};
  vrf.rd = rd->text;
  return {};
}

std::vector<RouteTarget>& TargetsOf(Editor& editor) {
  Vrf& vrf = Current(editor);
  if (editor.mode != Mode::kVrfFamily) return vrf.targets;
  return editor.sequence == 6 ? vrf.ipv6.targets : vrf.ipv4.targets;
}
std::optional<Fault> SetRouteTarget(Editor& editor, const Match& match) {
  const Token& value = match.Argument("rd");
  std::vector<RouteTarget>& targets = TargetsOf(editor);
  size_t erased = 0;
  for (const bool import : {false, true}) {
    if (match.Has(import ? "export" : "import")) continue;
    const RouteTarget target{import, value.text};
    if (match.negated()) {
      erased += std::erase(targets, target);
    } else if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
      if (targets.size() >= kMostTargets) {
        return Fault{&value, fmt::format("more than {} route targets", kMostTargets)};
      }
      targets.push_back(target);
    }
  }
  if (match.negated() && erased == 0) return Fault{&value, "no such route target"};
  return {};
}

std::optional<Fault> Description(Editor& editor, const Match& match) {
  return SetDescription(Current(editor).description, match);
}

std::optional<Fault> EnterFamily(Editor& editor, const Match& match) {
  const bool v6 = match.Has("ipv6");
  Vrf& vrf = Current(editor);
  (v6 ? vrf.ipv6 : vrf.ipv4).on = true;
  editor.Enter(Mode::kVrfFamily, vrf.name, v6 ? 6 : 4);
  return {};
}
std::optional<Fault> NoFamily(Editor& editor, const Match& match) {
  const bool v6 = match.Has("ipv6");
  Vrf& vrf = Current(editor);
  VrfFamily& family = v6 ? vrf.ipv6 : vrf.ipv4;
  if (!family.on) return Fault{&match.tokens.back(), "not an address family of this VRF"};
  for (Interface& interface : editor.running.interfaces) {
    if (interface.vrf != vrf.name) continue;
    const bool used = v6 ? interface.ipv6.on() : interface.address || !interface.unnumbered.empty();
    if (!used) continue;
    return Fault{&match.tokens.back(),
                 fmt::format("interface {} has addresses of it", interface.name)};
  }
  family = VrfFamily();
  return {};
}
std::optional<Fault> LeaveFamily(Editor& editor, const Match&) {
  editor.Enter(Mode::kVrf, std::string(editor.object));
  return {};
}

std::optional<Fault> Forwarding(Editor& editor, const Match& match) {
  Interface& interface = editor.running.interfaces.FindOrAdd(editor.object);
  const Token* name = match.Find("vrf");
  if (match.negated()) {
    if (name != nullptr && interface.vrf != name->text) {
      return Fault{name, "not the VRF of this interface"};
    }
    if (interface.vrf.empty()) return {};
    ClearAddresses(editor, interface, "disabling VRF " + interface.vrf);
    interface.vrf.clear();
    return {};
  }
  const Vrf* vrf = editor.running.FindVrf(name->text);
  if (vrf == nullptr) return Fault{name, "no such VRF"};
  if (vrf->ip_vrf != match.Has("ip")) {
    return Fault{name, vrf->ip_vrf ? "this VRF is an 'ip vrf': use 'ip vrf forwarding'"
                                   : "this VRF is a 'vrf definition': use 'vrf forwarding'"};
  }
  if (interface.vrf == vrf->name) return {};
  ClearAddresses(editor, interface, "enabling VRF " + vrf->name);
  interface.vrf = vrf->name;
  editor.Note("interface " + interface.name);
  return {};
}

constexpr ConfigStatement kStatements[] = {
    {{Mode::kConfig, "vrf definition <vrf>", "Configure a VRF for IPv4 and IPv6"}, EnterDefinition},
    {{Mode::kConfig, "no vrf definition <vrf>",
      "Remove a VRF, the addresses of its interfaces and its routes"},
     NoVrf},
    {{Mode::kConfig, "ip vrf <vrf>", "Configure a VRF for IPv4"}, EnterIpVrf},
    {{Mode::kConfig, "no ip vrf <vrf>",
      "Remove a VRF, the addresses of its interfaces and its routes"},
     NoVrf},
    {{Mode::kVrf, "description <line>", "Text shown with the VRF"}, Description},
    {{Mode::kVrf, "no description", "Remove the text"}, Description},
    {{Mode::kVrf, "rd <rd>", "Route distinguisher"}, Rd},
    {{Mode::kVrf, "no rd [ <rd> ]", "Remove the route distinguisher"}, Rd},
    {{Mode::kVrf, "route-target { import | export | both } <rd>", "Route target of both families"},
     SetRouteTarget},
    {{Mode::kVrf, "no route-target { import | export | both } <rd>", "Remove a route target"},
     SetRouteTarget},
    {{Mode::kVrf, "address-family { ipv4 | ipv6 }", "The VRF carries this IP version"},
     EnterFamily},
    {{Mode::kVrf, "no address-family { ipv4 | ipv6 }", "The VRF does not carry this IP version"},
     NoFamily},
    {{Mode::kVrfFamily, "route-target { import | export | both } <rd>", "Route target"},
     SetRouteTarget},
    {{Mode::kVrfFamily, "no route-target { import | export | both } <rd>", "Remove a route target"},
     SetRouteTarget},
    {{Mode::kVrfFamily, "address-family { ipv4 | ipv6 }", "The VRF carries this IP version"},
     EnterFamily},
    {{Mode::kVrfFamily, "exit-address-family", "Back to the VRF"}, LeaveFamily},
    {{Mode::kVrfFamily, "exit", "Back to the VRF"}, LeaveFamily},
    {{Mode::kIpVrf, "description <line>", "Text shown with the VRF"}, Description},
    {{Mode::kIpVrf, "no description", "Remove the text"}, Description},
    {{Mode::kIpVrf, "rd <rd>", "Route distinguisher"}, Rd},
    {{Mode::kIpVrf, "no rd [ <rd> ]", "Remove the route distinguisher"}, Rd},
    {{Mode::kIpVrf, "route-target { import | export | both } <rd>", "Route target"},
     SetRouteTarget},
    {{Mode::kIpVrf, "no route-target { import | export | both } <rd>", "Remove a route target"},
     SetRouteTarget},
    {{Mode::kInterface, "vrf forwarding <vrf>",
      "Put the interface into a VRF; its addresses are removed"},
     Forwarding},
    {{Mode::kInterface, "no vrf forwarding [ <vrf> ]",
      "Put the interface back; its addresses are removed"},
     Forwarding},
    {{Mode::kInterface, "ip vrf forwarding <vrf>",
      "Put the interface into an 'ip vrf'; its addresses are removed"},
     Forwarding},
    {{Mode::kInterface, "no ip vrf forwarding [ <vrf> ]",
      "Put the interface back; its addresses are removed"},
     Forwarding},
};

}  // namespace

std::span<const ConfigStatement> VrfStatements() { return kStatements; }

}  // namespace vam::config
