#include "sw/mgmt/show_config_crypto.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sw/config/effective.h"
#include "sw/config/render.h"

namespace vam::mgmt {
namespace {

void FillAcl(const config::Acl& acl, api::CryptoMapEntry& out) {
  for (const config::AclEntry& line : acl.entries) {
    out.add_acl_line(
        fmt::format("access-list {} {}", acl.name, config::RenderAclEntry(line, acl.kind)));
  }
}

void FillSet(const config::TransformSet& set, api::TransformSet& out) {
  out.set_name(set.name);
  out.set_transforms(config::RenderTransform(set));
  out.set_mode(set.mode == config::IpsecMode::kTunnel ? "Tunnel" : "Transport");
}

// What the entry names, in its order, whether it is defined or not; the defaults for none.
void FillSets(const config::Running& running, const config::CryptoMapEntry& entry,
              api::CryptoMapEntry& out) {
  for (const std::string& name : entry.transform_sets) {
    api::TransformSet& set = *out.add_transform_set();
    set.set_name(name);
    if (const auto* found = running.FindTransformSet(name)) FillSet(*found, set);
  }
  if (!entry.transform_sets.empty() || entry.kind == config::EntryKind::kManual) return;
  for (const config::TransformSet* set : config::DefaultTransformSets(running.crypto)) {
    FillSet(*set, *out.add_transform_set());
  }
}

void FillLifetime(const config::EffectiveLifetime& lifetime, api::CryptoLifetime& out) {
  out.set_kilobytes(lifetime.kilobytes.value_or(0));
  out.set_seconds(lifetime.seconds);
  out.set_idle_seconds(lifetime.idle_seconds.value_or(0));
}

std::string PeerText(const config::Peer& peer) {
  return peer.hostname.empty() ? net::ToString(peer.address) : peer.hostname;
}

void FillPeers(const config::CryptoMapEntry& entry, api::CryptoMapEntry& out) {
  for (const config::Peer& peer : entry.peers) {
    out.add_configured_peer(PeerText(peer));
    if (peer.is_default) out.set_default_peer(PeerText(peer));
  }
  if (!out.default_peer().empty()) {
    out.set_peer(out.default_peer());
  } else if (!entry.peers.empty()) {
    out.set_peer(PeerText(entry.peers[0]));
  }
}

void FillKeys(const config::CryptoMapEntry& entry, api::CryptoMapEntry& out) {
  if (entry.inbound.esp) out.set_inbound_spi(entry.inbound.esp->spi);
  if (entry.outbound.esp) out.set_outbound_spi(entry.outbound.esp->spi);
  if (entry.inbound.ah) out.set_inbound_ah_spi(entry.inbound.ah->spi);
  if (entry.outbound.ah) out.set_outbound_ah_spi(entry.outbound.ah->spi);
}

// What an entry of a map and one of a dynamic map have in common.
void FillEntry(const config::Running& running, const config::CryptoMapEntry& entry,
               api::CryptoMapEntry& out) {
  const bool manual = entry.kind == config::EntryKind::kManual;
  out.set_sequence(entry.sequence);
  out.set_description(entry.description);
  FillPeers(entry, out);
  out.set_acl(entry.acl);
  if (const config::Acl* acl = running.FindAcl(entry.acl)) FillAcl(*acl, out);
  FillSets(running, entry, out);
  if (manual) {
    FillKeys(entry, out);
  } else {
    FillLifetime(config::LifetimeOf(running.crypto, entry), *out.mutable_lifetime());
  }
  out.set_esn(entry.esn);
  out.set_replay_window(config::ReplayWindowOf(running.crypto, entry, manual));
  out.set_pfs_group(entry.pfs_group.value_or(0));
  out.set_per_host(entry.per_host);
  if (entry.df_bit) out.set_df_bit(std::string(config::DfBitName(*entry.df_bit)));
  out.set_reverse_route(entry.reverse_route.has_value());
  out.set_isakmp_profile(entry.isakmp_profile);
  out.set_ikev2_profile(entry.ikev2_profile);
}

// Why the traffic of an entry is dropped. An entry of a map that no interface carries has no SA to
// resolve.
using Incomplete = std::map<std::pair<std::string, uint32_t>, std::string>;
Incomplete IncompleteEntries(const config::Running& running) {
  Incomplete incomplete;
  for (config::EffectiveEntry& entry : config::EffectiveEntries(running)) {
    std::string& why = incomplete[{entry.map, entry.sequence}];
    if (why.empty()) why = std::move(entry.incomplete);
  }
  return incomplete;
}

std::vector<std::string> CarriersOf(const config::Running& running, const config::CryptoMap& map) {
  std::vector<std::string> carriers;
  for (const config::Interface& interface : running.interfaces) {
    const std::string& carried = map.ipv6 ? interface.ipv6.crypto_map : interface.crypto_map;
    if (carried == map.name) carriers.push_back(interface.name);
  }
  return carriers;
}

void FillMap(const config::Running& running, const config::CryptoMap& map,
             const std::vector<std::string>& carriers, const Incomplete& incomplete,
             api::CryptoMap& show) {
  const config::Interface* local = running.FindInterface(map.local_address_interface);
  for (const config::CryptoMapEntry& entry : map.entries) {
    api::CryptoMapEntry& out = *show.add_entry();
    out.set_map(map.name);
    out.set_kind(entry.kind == config::EntryKind::kManual ? "ipsec-manual" : "ipsec-isakmp");
    out.set_ipv6(map.ipv6);
    if (entry.kind == config::EntryKind::kDynamic) {
      out.set_sequence(entry.sequence);
      out.set_dynamic_map(entry.dynamic_map);
      out.set_discover(entry.discover);
    } else {
      FillEntry(running, entry, out);
    }
    out.set_local_interface(map.local_address_interface);
    if (local != nullptr && local->address) out.set_local_address(net::ToString(*local->address));
    for (const std::string& name : carriers) out.add_interface(name);
    const auto found = incomplete.find({map.name, entry.sequence});
    if (found != incomplete.end()) out.set_incomplete(found->second);
  }
}

}  // namespace

api::CryptoMap ShowCryptoMap(const config::Running& running, const api::ShowRequest& request) {
  api::CryptoMap show;
  const Incomplete incomplete = IncompleteEntries(running);
  for (const config::CryptoMap& map : running.crypto_maps) {
    if (!request.map().empty() && map.name != request.map()) continue;
    const std::vector<std::string> carriers = CarriersOf(running, map);
    const bool carried =
        std::find(carriers.begin(), carriers.end(), request.interface()) != carriers.end();
    if (request.interface().empty() || carried) FillMap(running, map, carriers, incomplete, show);
  }
  return show;
}

api::CryptoMap ShowDynamicMap(const config::Running& running, const api::ShowRequest& request) {
  api::CryptoMap show;
  for (const config::DynamicMap& map : running.dynamic_maps) {
    if (!request.map().empty() && map.name != request.map()) continue;
    for (const config::CryptoMapEntry& entry : map.entries) {
      api::CryptoMapEntry& out = *show.add_entry();
      out.set_map(map.name);
      out.set_kind("dynamic-map");
      FillEntry(running, entry, out);
    }
  }
  return show;
}

api::TransformSets ShowTransformSets(const config::Running& running,
                                     const api::ShowRequest& request) {
  api::TransformSets show;
  for (const config::TransformSet& set : running.transform_sets) {
    if (request.map().empty() || set.name == request.map()) FillSet(set, *show.add_set());
  }
  if (request.map().empty()) show.MergeFrom(ShowDefaultTransformSets(running));
  return show;
}

api::TransformSets ShowDefaultTransformSets(const config::Running& running) {
  api::TransformSets show;
  for (const config::TransformSet* set : config::DefaultTransformSets(running.crypto)) {
    FillSet(*set, *show.add_set());
  }
  return show;
}

api::CryptoLifetime ShowLifetime(const config::Running& running) {
  api::CryptoLifetime show;
  FillLifetime(config::LifetimeOf(running.crypto, {}), show);
  return show;
}

}  // namespace vam::mgmt
