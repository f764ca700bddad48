#include "sw/fwd/compile.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <utility>

#include "sw/config/effective.h"
#include "sw/fwd/manual_sas.h"

namespace vam::fwd {

namespace {

// Only the first permit of a manual entry counts (SY-104); the deny lines above it exempt. A list
// that is named but missing or empty drops every packet that comes so far (SY-110): the entry,
// which is incomplete, then takes all. An entry of a dynamic map without list takes none (SY-109).
std::vector<ipsec::PolicyLine> Lines(const config::EffectiveEntry& effective) {
  const bool named = !effective.entry->acl.empty();
  if (named && (effective.acl == nullptr || effective.acl->entries.empty())) {
    return {ipsec::PolicyLine{}};
  }
  std::vector<ipsec::PolicyLine> lines;
  if (!named) return lines;
  for (const config::AclEntry& entry : effective.acl->entries) {
    lines.push_back(ToPolicyLine(entry, effective.ipv6));
    if (entry.permit && effective.kind == config::EntryKind::kManual) break;
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

ipsec::Selectors ToSelectors(const config::AclEntry& line, bool ipv6) {
  ipsec::Selectors selectors;
  selectors.local = ipv6 ? line.source_v6 : ToPrefix(line.source);
  selectors.remote = ipv6 ? line.destination_v6 : ToPrefix(line.destination);
  selectors.protocol = line.protocol;
  selectors.local_ports = ToPorts(line.source_port);
  selectors.remote_ports = ToPorts(line.destination_port);
  return selectors;
}

EntryRules ToRules(const config::EffectiveEntry& effective) {
  EntryRules rules;
  if (effective.kind == config::EntryKind::kIsakmp) rules.kind = EntryKind::kIsakmp;
  if (effective.kind == config::EntryKind::kDynamic) rules.kind = EntryKind::kDynamic;
  if (rules.kind == EntryKind::kManual) return rules;
  rules.per_host = effective.entry->per_host;
  rules.per_interface = !effective.local;
  return rules;
}

// All that share the SAs have the same bit (DP-79); others each their own (DP-77).
void SetDf(const config::Running& running, const config::EffectiveEntry& effective,
           const Snapshot& snapshot, CompiledEntry& entry) {
  const config::Interface& first = *running.FindInterface(effective.interfaces.at(0));
  entry.df_mode = ToDf(config::DfBitOf(running.crypto, first, *effective.entry));
  entry.own_df = effective.entry->df_bit.has_value();
  if (entry.own_df || !entry.rules.per_interface) return;
  for (uint16_t index = 0; index < snapshot.interfaces.size(); ++index) {
    const InterfaceConfig& interface = snapshot.interfaces[index];
    if (interface.df_mode == entry.df_mode) continue;
    if (std::ranges::find(effective.interfaces, interface.name) == effective.interfaces.end()) {
      continue;
    }
    entry.df_modes.emplace_back(index, interface.df_mode);
  }
}

CompiledEntry ToEntry(const config::Running& running, const config::EffectiveEntry& effective,
                      const Snapshot& snapshot, uint32_t id) {
  CompiledEntry entry;
  entry.id = id;
  entry.map = effective.map;
  entry.sequence = effective.sequence;
  entry.acl = effective.entry->acl;
  entry.problem = effective.incomplete;
  entry.rules = ToRules(effective);
  entry.interfaces = effective.interfaces;
  entry.lines = Lines(effective);
  SetDf(running, effective, snapshot, entry);
  entry.local = effective.local.value_or(net::Address{});
  entry.ipv6 = effective.ipv6;
  entry.dynamic_map = effective.dynamic_map;
  entry.dynamic_sequence = effective.dynamic_sequence;
  entry.names_peers = !effective.entry->peers.empty();
  for (const config::Peer& peer : effective.entry->peers) {
    if (!peer.address.is_none()) entry.peers.push_back(peer.address);
    if (!peer.hostname.empty()) entry.peer_names.push_back(peer.hostname);
  }
  if (!entry.peers.empty()) entry.peer = entry.peers.front();
  if (effective.permit != nullptr) entry.selectors = ToSelectors(*effective.permit, effective.ipv6);
  if (!entry.problem.empty() || entry.rules.kind != EntryKind::kManual) return entry;
  ManualBundles bundles = CompileManual(running, effective, entry.selectors, entry.df_mode);
  entry.problem = std::move(bundles.problem);
  entry.outbound = std::move(bundles.outbound);
  entry.inbound = std::move(bundles.inbound);
  return entry;
}

// The parts of an entry's name; a blank stands in no name of the configuration.
std::string NameOf(const config::EffectiveEntry& effective) {
  if (effective.dynamic_map.empty()) return effective.map;
  return effective.map + " " + effective.dynamic_map + " " +
         std::to_string(effective.dynamic_sequence);
}

// One policy per map, and where each entry stands in it.
void CompilePolicies(const config::Running& running,
                     std::map<std::string, std::vector<ipsec::PolicyEntry>> maps, EntryIds& ids,
                     Snapshot& snapshot) {
  std::map<std::string, std::shared_ptr<const ipsec::Policy>> policies;
  const auto bind = [&](const std::string& map, bool v6, InterfaceConfig& interface) {
    if (map.empty()) return;
    std::shared_ptr<const ipsec::Policy>& policy = policies[map];
    if (policy == nullptr) {
      policy = std::make_shared<ipsec::Policy>(std::move(maps[map]), ids.OfMap(map));
    }
    (v6 ? interface.policy6 : interface.policy) = policy;
    for (uint32_t position = 0; position < policy->entries().size(); ++position) {
      const uint32_t id = policy->entries()[position].id;
      if (id >= snapshot.entry_places.size()) snapshot.entry_places.resize(id + 1);
      Snapshot::EntryPlace& place = snapshot.entry_places[id];
      (v6 ? place.policy6 : place.policy) = policy;
      place.position = position;
      place.front_vrf = place.inside_vrf = interface.vrf;
    }
  };
  for (InterfaceConfig& interface : snapshot.interfaces) {
    const config::Interface* in = running.FindInterface(interface.name);
    if (in == nullptr) continue;
    bind(in->crypto_map, false, interface);
    bind(in->ipv6.crypto_map, true, interface);
  }
}

// What the places know of the SAs, and the SAs of the places.
void Join(const config::Running& running, EntryIds& ids, Snapshot& snapshot,
          std::vector<CompiledEntry>& entries) {
  for (CompiledEntry& entry : entries) {
    if (entry.id >= snapshot.entry_places.size()) continue;
    Snapshot::EntryPlace& place = snapshot.entry_places[entry.id];
    const config::Acl* acl = entry.acl.empty() ? nullptr : running.FindAcl(entry.acl);
    if (acl != nullptr && !acl->entries.empty()) place.matches = ids.net().CountersOf(*acl);
    for (auto* bundle : {&entry.outbound, &entry.inbound}) {
      for (ipsec::SaParams& sa : *bundle) sa.vrf_tag = place.front_vrf;
    }
    if (entry.own_df) place.df_mode = entry.df_mode;
    place.transport = !entry.outbound.empty() && entry.outbound[0].mode == ipsec::Mode::kTransport;
  }
}

}  // namespace

ipsec::DfMode CompiledEntry::DfOn(uint16_t interface) const {
  for (const auto& [index, mode] : df_modes) {
    if (index == interface) return mode;
  }
  return df_mode;
}

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
  CompileNet(running, port_names, ids.net(), snapshot);

  std::map<std::string, std::vector<ipsec::PolicyEntry>> maps;
  for (const config::EffectiveEntry& effective : config::EffectiveEntries(running)) {
    const uint32_t id = ids.Of(NameOf(effective), effective.sequence);
    CompiledEntry entry = ToEntry(running, effective, snapshot, id);
    maps[effective.map].push_back({id, effective.sequence, entry.lines, entry.problem.empty(),
                                   entry.rules.kind == EntryKind::kDynamic});
    compiled.entries.push_back(std::move(entry));
  }
  CompilePolicies(running, std::move(maps), ids, snapshot);
  Join(running, ids, snapshot, compiled.entries);
  ids.net().End();
  snapshot.counted = ids.net().CountedLists();
  return compiled;
}

}  // namespace vam::fwd
