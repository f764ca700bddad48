#include "sw/fwd/compile.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

#include "sw/config/effective.h"

namespace vam::fwd {

namespace {

std::optional<uint16_t> PortIndex(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<uint16_t>(found - names.begin());
}

ipsec::PortRange ToPorts(const config::PortRange& range) { return {range.first, range.last}; }

ipsec::AddressMatch ToMatch(const config::AddressMatch& match) {
  return ipsec::AddressMatch::V4(match.address, match.wildcard);
}

ipsec::PolicyLine ToLine(const config::AclEntry& entry) {
  ipsec::PolicyLine line;
  line.permit = entry.permit;
  line.protocol = entry.protocol;
  line.source = ToMatch(entry.source);
  line.destination = ToMatch(entry.destination);
  line.source_ports = ToPorts(entry.source_port);
  line.destination_ports = ToPorts(entry.destination_port);
  line.icmp_type = entry.icmp_type;
  line.icmp_code = entry.icmp_code;
  return line;
}

// Only the first permit of a manual entry counts (SY-104); the deny lines above it exempt. A list
// that is named but missing or empty drops every packet that comes so far (SY-110): the entry,
// which is incomplete, then takes all.
std::vector<ipsec::PolicyLine> Lines(const config::ManualSa& sa) {
  const bool named = !sa.entry->acl.empty();
  if (named && (sa.acl == nullptr || sa.acl->entries.empty())) return {ipsec::PolicyLine{}};
  std::vector<ipsec::PolicyLine> lines;
  if (!named) return lines;
  for (const config::AclEntry& entry : sa.acl->entries) {
    lines.push_back(ToLine(entry));
    if (entry.permit) break;
  }
  return lines;
}

// The prefix of a wildcard whose ones are contiguous from the right; otherwise every address, and
// the policy's own rule check remains the narrower one.
net::Prefix ToPrefix(const config::AddressMatch& match) {
  if ((match.wildcard & (match.wildcard + 1)) != 0 || match.wildcard == 0xffffffff) return {};
  const auto length = static_cast<uint8_t>(std::countl_zero(match.wildcard));
  return net::Prefix::Create(net::Address::V4(match.address), length).value_or(net::Prefix{});
}

ipsec::Selectors ToSelectors(const config::AclEntry& line) {
  ipsec::Selectors selectors;
  selectors.local = ToPrefix(line.source);
  selectors.remote = ToPrefix(line.destination);
  selectors.protocol = line.protocol;
  selectors.local_ports = ToPorts(line.source_port);
  selectors.remote_ports = ToPorts(line.destination_port);
  return selectors;
}

ipsec::Suite ToSuite(uint16_t key_bits) {
  if (key_bits == 192) return {.encryption = ipsec::Encryption::kAesGcm192Icv16};
  return {.encryption = key_bits == 256 ? ipsec::Encryption::kAesGcm256Icv16
                                        : ipsec::Encryption::kAesGcm128Icv16};
}

ipsec::DfMode ToDf(config::DfBit bit) {
  if (bit == config::DfBit::kSet) return ipsec::DfMode::kSet;
  return bit == config::DfBit::kClear ? ipsec::DfMode::kClear : ipsec::DfMode::kCopy;
}

ipsec::SaParams ToParams(const config::Running& running, const config::ManualSa& sa, bool inbound) {
  const config::SessionKey& key = inbound ? *sa.entry->inbound : *sa.entry->outbound;
  ipsec::SaParams params;
  params.direction = inbound ? ipsec::Direction::kIn : ipsec::Direction::kOut;
  params.suite = ToSuite(sa.transform_set->key_bits);
  params.spi = {key.spi};
  params.local = *sa.local;
  params.remote = *sa.entry->peer;
  params.key_material = key.key->Clone();
  params.esn = sa.entry->esn;
  params.replay_window = inbound ? sa.entry->replay_window : 0;
  params.df_mode = ToDf(running.df_bit);
  params.selectors = ToSelectors(*sa.permit);
  return params;
}

void CompileInterfaces(const config::Running& running, const std::vector<std::string>& port_names,
                       Snapshot& snapshot) {
  snapshot.interfaces.resize(port_names.size());
  for (uint16_t i = 0; i < port_names.size(); ++i) {
    InterfaceConfig& out = snapshot.interfaces[i];
    out.name = port_names[i];
    const config::Interface* in = running.FindInterface(port_names[i]);
    out.shutdown = in == nullptr || in->shutdown;
    if (in == nullptr) continue;
    out.mtu = in->mtu;
    if (!in->address) continue;
    out.address = in->address->v4();
    out.prefix_length = in->prefix_length;
    if (out.shutdown) continue;
    const auto prefix = net::Prefix::Create(*in->address, in->prefix_length);
    if (prefix) snapshot.routes.Add({*prefix, i, 0, true});
  }
}

// A route whose next hop is on no connected network is inactive, as in IOS.
void CompileRoutes(const config::Running& running, const std::vector<std::string>& port_names,
                   Snapshot& snapshot) {
  // A worse distance first, so that the better one replaces it; a connected network is never
  // replaced.
  std::vector<const config::Route*> ordered;
  for (const config::Route& route : running.routes) ordered.push_back(&route);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto* a, const auto* b) { return a->distance > b->distance; });
  const RouteTable connected = snapshot.routes;
  for (const config::Route* route : ordered) {
    ::vam::fwd::Route out;
    out.prefix = route->destination;
    if (route->destination.family() != net::Family::kV4) continue;
    out.next_hop = route->next_hop ? route->next_hop->v4() : 0;
    std::optional<uint16_t> interface;
    if (!route->interface.empty()) {
      interface = PortIndex(port_names, route->interface);
    } else if (const ::vam::fwd::Route* via = connected.Lookup(out.next_hop)) {
      interface = via->interface;
    }
    if (!interface || snapshot.interfaces[*interface].shutdown) continue;
    const ::vam::fwd::Route* existing = connected.Lookup(out.prefix.base().v4());
    if (existing != nullptr && existing->prefix == out.prefix) continue;
    out.interface = *interface;
    snapshot.routes.Add(out);
  }
}

CompiledEntry ToEntry(const config::Running& running, const config::ManualSa& sa, uint32_t id) {
  CompiledEntry entry;
  entry.id = id;
  entry.map = sa.map;
  entry.sequence = sa.sequence;
  entry.interfaces = sa.interfaces;
  entry.problem = sa.incomplete;
  entry.local = sa.local.value_or(net::Address{});
  entry.peer = sa.entry->peer.value_or(net::Address{});
  if (sa.permit != nullptr) entry.selectors = ToSelectors(*sa.permit);
  if (sa.incomplete.empty()) {
    entry.outbound = ToParams(running, sa, false);
    entry.inbound = ToParams(running, sa, true);
  }
  return entry;
}

// One policy per map, and where each entry stands in it.
void CompilePolicies(const config::Running& running,
                     std::map<std::string, std::vector<ipsec::PolicyEntry>> maps,
                     Snapshot& snapshot) {
  std::map<std::string, std::shared_ptr<const ipsec::Policy>> policies;
  for (InterfaceConfig& interface : snapshot.interfaces) {
    const config::Interface* in = running.FindInterface(interface.name);
    if (in == nullptr || in->crypto_map.empty()) continue;
    const auto number = static_cast<uint32_t>(policies.size());
    std::shared_ptr<const ipsec::Policy>& policy = policies[in->crypto_map];
    if (policy == nullptr) {
      policy = std::make_shared<ipsec::Policy>(std::move(maps[in->crypto_map]), number);
    }
    interface.policy = policy;
  }
  for (const auto& [name, policy] : policies) {
    for (uint32_t position = 0; position < policy->entries().size(); ++position) {
      const uint32_t id = policy->entries()[position].id;
      if (id >= snapshot.entry_places.size()) snapshot.entry_places.resize(id + 1);
      snapshot.entry_places[id] = {policy, position};
    }
  }
}

}  // namespace

offload::CardBackend ToBackend(config::CardKind kind) {
  switch (kind) {
    case config::CardKind::kRtl:
      return offload::CardBackend::kRtl;
    case config::CardKind::kModel:
      return offload::CardBackend::kModel;
    case config::CardKind::kNone:
      return offload::CardBackend::kNone;
  }
  return offload::CardBackend::kNone;
}

Compiled Compile(const config::Running& running, const std::vector<std::string>& port_names,
                 uint64_t generation, EntryIds& ids) {
  Compiled compiled;
  compiled.snapshot = std::make_shared<Snapshot>();
  Snapshot& snapshot = *compiled.snapshot;
  snapshot.generation = generation;
  CompileInterfaces(running, port_names, snapshot);
  CompileRoutes(running, port_names, snapshot);
  for (const config::ArpEntry& arp : running.arps) {
    snapshot.static_arp.emplace_back(arp.address.v4(), arp.mac);
  }

  std::map<std::string, std::vector<ipsec::PolicyEntry>> maps;
  for (const config::ManualSa& sa : config::ManualSas(running)) {
    const uint32_t id = ids.Of(sa.map, sa.sequence);
    maps[sa.map].push_back({id, sa.sequence, Lines(sa), sa.incomplete.empty()});
    compiled.entries.push_back(ToEntry(running, sa, id));
  }
  CompilePolicies(running, std::move(maps), snapshot);
  return compiled;
}

}  // namespace vam::fwd
