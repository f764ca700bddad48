// Show replies about the crypto statements as text. Labels and their order are those of the guides'
// samples; what they do not have follows and is left out where it is not set.
#include <fmt/core.h>

#include <algorithm>

#include "sw/mgmt/render.h"
#include "sw/mgmt/show_config_crypto.h"

namespace vam::mgmt {
namespace {

std::string SetText(const api::TransformSet& set) {
  if (set.transforms().empty()) return fmt::format("    {}: (not defined) ,\n", set.name());
  return fmt::format("    {}: {{ {} }} ,\n", set.name(), set.transforms());
}

std::string SpiText(uint32_t spi) { return spi == 0 ? "not set" : fmt::format("spi {}", spi); }

std::string KeysText(const api::CryptoMapEntry& entry) {
  std::string text = fmt::format("  Session key, inbound esp: {}, outbound esp: {}\n",
                                 SpiText(entry.inbound_spi()), SpiText(entry.outbound_spi()));
  if (entry.inbound_ah_spi() != 0 || entry.outbound_ah_spi() != 0) {
    text += fmt::format("  Session key, inbound ah: {}, outbound ah: {}\n",
                        SpiText(entry.inbound_ah_spi()), SpiText(entry.outbound_ah_spi()));
  }
  return text + fmt::format("  ESN (Y/N): {}, replay window size: {}\n", entry.esn() ? "Y" : "N",
                            entry.replay_window());
}

std::string ListText(const api::CryptoMapEntry& entry) {
  if (entry.temporary()) {
    std::string text = fmt::format("  {} access list\n", entry.ipv6() ? "IPv6" : "Extended IP");
    for (const std::string& line : entry.acl_line()) text += fmt::format("    {}\n", line);
    return text + fmt::format("    dynamic (created from dynamic map {}/{})\n", entry.dynamic_map(),
                              entry.dynamic_sequence());
  }
  if (entry.acl().empty()) return "  No matching address list set.\n";
  std::string text =
      fmt::format("  {} access list {}\n", entry.ipv6() ? "IPv6" : "Extended IP", entry.acl());
  for (const std::string& line : entry.acl_line()) text += fmt::format("    {}\n", line);
  return text;
}

std::string NegotiatedText(const api::CryptoMapEntry& entry) {
  std::string text = "  " + RenderLifetime(entry.lifetime());
  if (entry.lifetime().idle_seconds() != 0) {
    text += fmt::format("  Security association idletime: {} seconds\n",
                        entry.lifetime().idle_seconds());
  }
  if (entry.per_host()) text += "  Security association level: per-host\n";
  if (entry.esn()) text += "  ESN (Y/N): Y\n";
  if (entry.pfs_group() == 0) return text + "  PFS (Y/N): N\n";
  return text + fmt::format("  PFS (Y/N): Y\n  DH group:  group{}\n", entry.pfs_group());
}

std::string OwnText(const api::CryptoMapEntry& entry) {
  std::string text;
  if (!entry.isakmp_profile().empty()) {
    text += fmt::format("  ISAKMP Profile: {}\n", entry.isakmp_profile());
  }
  if (!entry.ikev2_profile().empty()) {
    text += fmt::format("  IKEv2 Profile: {}\n", entry.ikev2_profile());
  }
  if (!entry.df_bit().empty()) text += fmt::format("  DF bit: {}\n", entry.df_bit());
  if (entry.reverse_route()) text += "  Reverse Route Injection Enabled\n";
  return text;
}

std::string EntryText(const api::CryptoMapEntry& entry) {
  std::string text;
  if (!entry.description().empty()) {
    text += fmt::format("  Description: {}\n", entry.description());
  }
  for (const std::string& peer : entry.configured_peer()) {
    const auto name = std::ranges::find(entry.peer_name(), peer, &api::HostName::name);
    text += fmt::format("  Peer = {}{}{}\n", peer,
                        name == entry.peer_name().end() ? "" : AddressesText(*name),
                        peer == entry.default_peer() ? " (default)" : "");
  }
  text += ListText(entry);
  if (!entry.peer().empty()) text += fmt::format("  Current peer: {}\n", entry.peer());
  if (entry.active_flows() != 0) {
    text += fmt::format("  Flows with SAs: {}\n", entry.active_flows());
  }
  text += entry.kind() == "ipsec-manual" ? KeysText(entry) : NegotiatedText(entry);
  text += "  Transform sets={\n";
  for (const api::TransformSet& set : entry.transform_set()) text += SetText(set);
  return text + "  }\n" + OwnText(entry);
}

// The interfaces of a map stand behind its last entry.
bool IsLastOfMap(const api::CryptoMap& show, int i) {
  return i + 1 == show.entry_size() || show.entry(i + 1).map() != show.entry(i).map();
}

std::string HeadOf(const api::CryptoMapEntry& entry) {
  if (entry.kind() == "dynamic-map") {
    return fmt::format("Crypto Map Template\"{}\" {}\n", entry.map(), entry.sequence());
  }
  return fmt::format("Crypto Map {}\"{}\" {} {}\n", entry.ipv6() ? "IPv6 " : "", entry.map(),
                     entry.sequence(), entry.kind());
}

}  // namespace

std::string RenderLifetime(const api::CryptoLifetime& show) {
  const std::string volume =
      show.kilobytes() == 0 ? "kilobytes disabled" : fmt::format("{} kilobytes", show.kilobytes());
  return fmt::format("Security association lifetime: {}/{} seconds\n", volume, show.seconds());
}

std::string RenderTransformSets(const api::TransformSets& show) {
  std::string text;
  for (const api::TransformSet& set : show.set()) {
    if (!text.empty()) text += "\n";
    text += fmt::format("Transform set {}: {{ {} }}\n    will negotiate = {{ {}, }},\n", set.name(),
                        set.transforms(), set.mode());
  }
  return text;
}

std::string RenderCryptoMap(const api::CryptoMap& show) {
  std::string text;
  std::string map;
  for (int i = 0; i < show.entry_size(); ++i) {
    const api::CryptoMapEntry& entry = show.entry(i);
    if (!entry.local_interface().empty() && map != entry.map()) {
      text += fmt::format("Crypto Map: \"{}\" idb: {} local address: {}\n", entry.map(),
                          entry.local_interface(),
                          entry.local_address().empty() ? "none" : entry.local_address());
    }
    map = entry.map();
    text += HeadOf(entry);
    if (!entry.dynamic_map().empty() && !entry.temporary()) {
      text += fmt::format("  Dynamic map template tag: {}{}\n", entry.dynamic_map(),
                          entry.discover() ? " Discover enabled" : "");
    } else {
      text += EntryText(entry);
    }
    if (!entry.incomplete().empty()) {
      text += fmt::format("  Incomplete, traffic is dropped: {}\n", entry.incomplete());
    }
    if (entry.kind() == "dynamic-map" || !IsLastOfMap(show, i)) continue;
    text += fmt::format("  Interfaces using crypto map {}:\n", entry.map());
    for (const std::string& name : entry.interface()) text += fmt::format("    {}\n", name);
  }
  return text.empty() ? "No crypto maps found.\n" : text;
}

}  // namespace vam::mgmt
