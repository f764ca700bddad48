// What the forwarder says of interfaces, routes, neighbours and of how packets ended.
#include <algorithm>
#include <optional>

#include "sw/fwd/show_parts.h"

namespace vam::fwd {

namespace {

std::string InterfaceName(const ShowSources& s, uint16_t interface) {
  return interface == kNullInterface ? "Null0" : s.snapshot->interfaces[interface].name;
}

}  // namespace

void ShowInterfaces(const ShowSources& s, const api::ShowRequest& request, api::Interfaces* out) {
  for (size_t i = 0; i < s.snapshot->interfaces.size(); ++i) {
    const InterfaceConfig& interface = s.snapshot->interfaces[i];
    if (!Wanted(request.interface(), interface.name)) continue;
    const InterfaceCounters& counters = s.forwarder->interface_counters(i);
    const config::Interface* configured = s.running->FindInterface(interface.name);
    api::InterfaceState* row = out->add_interface();
    row->set_name(interface.name);
    if (configured != nullptr) {
      row->set_description(configured->description);
      row->set_crypto_map(configured->crypto_map);
    }
    row->set_admin_up(!interface.shutdown);
    row->set_line_up(!interface.shutdown);
    row->set_device(s.devices[i]);
    row->set_mac(net::ToDottedString(s.macs[i]));
    if (interface.address != 0) {
      row->set_address(net::ToString(net::Address::V4(interface.address)) + "/" +
                       std::to_string(interface.prefix_length));
    }
    row->set_mtu(interface.mtu);
    row->set_packets_input(counters.rx_packets.value());
    row->set_bytes_input(counters.rx_bytes.value());
    row->set_packets_output(counters.tx_packets.value());
    row->set_bytes_output(counters.tx_bytes.value());
    row->set_input_errors(counters.rx_drops.value());
    row->set_output_errors(counters.tx_drops.value());
    row->set_tcp_mss(interface.tcp_mss);
    row->set_tcp_mss6(interface.tcp_mss6);
    row->set_mss_adjusted(counters.mss_adjusted.value());
    row->set_mss_malformed(counters.mss_malformed.value());
    AddReasons(counters.drops, row->mutable_drop());
  }
}

namespace {

void FillRoute(const ShowSources& s, const Route& route, api::RouteEntry* row) {
  row->set_code(route.connected ? "C" : "S");
  row->set_prefix(net::ToString(route.prefix));
  if (!route.next_hop.is_none()) row->set_next_hop(net::ToString(route.next_hop));
  row->set_interface(InterfaceName(s, route.interface));
  row->set_distance(route.connected ? 0 : route.distance);
  row->set_active(true);
}

}  // namespace

void ShowIpRoute(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply) {
  const auto& vrfs = s.snapshot->vrfs;
  const auto vrf = std::find_if(vrfs.begin(), vrfs.end(),
                                [&](const Vrf& one) { return one.name == request.vrf(); });
  if (vrf == vrfs.end()) return reply.set_error("There is no VRF " + request.vrf() + ".");
  const bool v6 = request.kind() == api::SHOW_IPV6_ROUTE;
  const net::Family family = v6 ? net::Family::kV6 : net::Family::kV4;
  api::IpRoute* out = reply.mutable_ip_route();
  out->set_vrf(request.vrf());
  out->set_ipv6(v6);
  out->set_total(static_cast<uint32_t>(vrf->routes.size(family)));
  const Route* last_resort = vrf->routes.Find(*net::Prefix::Parse(v6 ? "::/0" : "0.0.0.0/0"));
  if (last_resort != nullptr && !last_resort->next_hop.is_none()) {
    out->set_gateway_of_last_resort(net::ToString(last_resort->next_hop));
  }
  std::optional<net::Prefix> after;
  if (request.has_cursor()) {
    const auto prefix = net::Prefix::Parse(request.cursor().prefix());
    if (!prefix) return reply.set_error("The forwarder does not know where to go on.");
    after = *prefix;
  }
  Budget budget(s.clock, request.limit());
  // One more than may be shown: then there is a next piece.
  for (const Route& route : vrf->routes.Behind(family, after, kMostRows + 1)) {
    if (budget.spent()) {
      reply.mutable_next()->set_prefix(net::ToString(*after));
      return;
    }
    budget.Look();
    budget.Row();
    FillRoute(s, route, out->add_route());
    after = route.prefix;
  }
}

namespace {

constexpr uint64_t kMinuteNs = 60 * kNsPerSecond;

std::string StateName(NdTable::State state) {
  switch (state) {
    case NdTable::State::kReachable:
    case NdTable::State::kStatic:
      return "REACH";
    case NdTable::State::kStale:
      return "STALE";
    case NdTable::State::kDelay:
      return "DELAY";
    case NdTable::State::kProbe:
      return "PROBE";
    case NdTable::State::kIncomplete:
      break;
  }
  return "INCMP";
}

}  // namespace

void ShowNeighbors(const ShowSources& s, const api::ShowRequest& request, api::Neighbors* out) {
  for (const NdTable::Listed& entry : s.forwarder->NdEntries()) {
    const std::string& interface = s.snapshot->interfaces[entry.key.interface].name;
    if (!Wanted(request.interface(), interface)) continue;
    api::NeighborState* row = out->add_entry();
    row->set_address(net::ToString(entry.key.address));
    row->set_mac(net::ToDottedString(entry.mac));
    row->set_interface(interface);
    row->set_state(StateName(entry.state));
    const bool is_static = entry.state == NdTable::State::kStatic;
    row->set_age_minutes(is_static ? -1 : static_cast<int64_t>(entry.age_ns / kMinuteNs));
  }
}

void ShowMatches(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply) {
  Budget budget(s.clock, request.limit());
  api::AccessLists* out = reply.mutable_access_lists();
  const std::vector<Snapshot::CountedList>& counted = s.snapshot->counted;
  const api::ShowCursor& from = request.cursor();
  auto at = std::ranges::lower_bound(counted, from.list(), {}, &Snapshot::CountedList::name);
  for (; at != counted.end(); ++at) {
    const std::string& name = at->name;
    const AclCounters& counters = *at->counters;
    const config::Acl* acl = s.running->FindAcl(name);
    if (!Wanted(request.list(), name) || acl == nullptr) continue;
    api::AccessList* shown = nullptr;
    const size_t lines = std::min(acl->entries.size(), counters.lines());
    for (size_t i = name == from.list() ? from.place() : 0; i < lines; ++i) {
      if (budget.spent()) {
        reply.mutable_next()->set_list(name);
        reply.mutable_next()->set_place(static_cast<uint32_t>(i));
        return;
      }
      budget.Look();
      const uint64_t matches = counters.Of(i);
      if (matches == 0) continue;
      budget.Row();
      if (shown == nullptr) {
        shown = out->add_list();
        shown->set_name(name);
      }
      api::AccessListLine* line = shown->add_line();
      line->set_sequence(acl->entries[i].sequence);
      line->set_matches(matches);
    }
  }
}

void ShowArp(const ShowSources& s, api::Arp* out) {
  for (const ArpTable::Listed& entry : s.forwarder->ArpEntries()) {
    api::ArpState* row = out->add_entry();
    row->set_address(net::ToString(net::Address::V4(entry.key.address)));
    row->set_mac(net::ToDottedString(entry.mac));
    row->set_interface(s.snapshot->interfaces[entry.key.interface].name);
    row->set_age_minutes(entry.is_static ? -1 : static_cast<int64_t>(entry.age_ns / kMinuteNs));
  }
}

void ShowReasons(const ShowSources& s, api::Reasons* out) {
  const ForwardCounters& counters = s.forwarder->counters();
  out->set_offered(counters.received.value() + counters.originated.value());
  out->set_in_flight(s.forwarder->InFlight());
  AddReasons(counters.reasons, out->mutable_reason());
}

}  // namespace vam::fwd
