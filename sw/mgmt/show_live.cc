#include "sw/mgmt/show_live.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace vam::mgmt {
namespace {

using Sas = google::protobuf::RepeatedPtrField<api::SaEntry>;

bool IsUp(const api::IpsecFlow& flow) {
  const auto active = [](const api::SaEntry& sa) { return sa.status() == "ACTIVE"; };
  const std::array<const Sas*, 3> lists{&flow.outbound_esp(), &flow.outbound_ah(),
                                        &flow.outbound_pcp()};
  return std::ranges::any_of(lists,
                             [&](const Sas* sas) { return std::ranges::any_of(*sas, active); });
}

std::string RangeText(const api::Ident& ident) {
  const bool v6 = ident.address().find(':') != std::string::npos;
  const bool any = v6 ? ident.mask() == "0" : ident.mask() == "0.0.0.0";
  const bool host = v6 ? ident.mask() == "128" : ident.mask() == "255.255.255.255";
  std::string text = any    ? "any"
                     : host ? "host " + ident.address()
                     : v6   ? ident.address() + "/" + ident.mask()
                            : ident.address() + " " + ident.mask();
  if (ident.port() != 0) text += fmt::format(" port = {}", ident.port());
  return text;
}

// As the guides print the list of an entry that a dynamic map has made.
std::string LineText(const api::IpsecFlow& flow) {
  const uint32_t protocol = flow.local_ident().protocol();
  return fmt::format("access-list permit {} {} {}", protocol == 0 ? "ip" : std::to_string(protocol),
                     RangeText(flow.local_ident()), RangeText(flow.remote_ident()));
}

// Without the key size that is the default, which the statements leave out.
std::multiset<std::string> Words(const std::string& text) {
  std::multiset<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    if (word != "128") words.insert(word);
  }
  return words;
}

// The transforms of the newest SAs, and their mode.
api::TransformSet Negotiated(const api::IpsecFlow& flow) {
  api::TransformSet set;
  std::string transforms;
  for (const Sas* sas : {&flow.outbound_ah(), &flow.outbound_esp(), &flow.outbound_pcp()}) {
    if (sas->empty()) continue;
    const api::SaEntry& newest = sas->Get(sas->size() - 1);
    transforms += (transforms.empty() ? "" : " ") + newest.transform();
    if (newest.setting_size() != 0)
      set.set_mode(newest.setting(0).substr(0, newest.setting(0).find(' ')));
  }
  set.set_transforms(transforms);
  return set;
}

// The one of the template's sets that was agreed on, for its name; else without one.
api::TransformSet NamedSet(const api::IpsecFlow& flow, const api::CryptoMapEntry* of) {
  api::TransformSet set = Negotiated(flow);
  set.set_name("(negotiated)");
  if (of == nullptr) return set;
  for (const api::TransformSet& one : of->transform_set()) {
    if (Words(one.transforms()) == Words(set.transforms())) return one;
  }
  return set;
}

}  // namespace

void LiveCrypto::AddTemporary(const std::string& map, const api::IpsecFlow& flow) {
  const api::CryptoMapEntry* of = nullptr;
  for (const api::CryptoMapEntry& one : templates_.entry()) {
    if (one.map() == flow.dynamic_map() && one.sequence() == flow.dynamic_sequence()) of = &one;
  }
  const uint32_t sequence = std::max(kTemporarySequence, flow.sequence());
  const TemporaryKey key{map, sequence, flow.dynamic_map(), flow.dynamic_sequence(),
                         flow.current_peer()};
  const auto [at, fresh] = temporary_.try_emplace(key);
  api::CryptoMapEntry& entry = at->second;
  if (fresh) {
    entry.set_map(map);
    entry.set_sequence(sequence);
    entry.set_kind("ipsec-isakmp");
    entry.set_temporary(true);
    entry.set_dynamic_map(flow.dynamic_map());
    entry.set_dynamic_sequence(flow.dynamic_sequence());
    entry.set_peer(flow.current_peer());
    entry.add_configured_peer(flow.current_peer());
    entry.set_ipv6(flow.current_peer().find(':') != std::string::npos);
    if (of != nullptr) *entry.mutable_lifetime() = of->lifetime();
    if (of != nullptr) entry.set_pfs_group(of->pfs_group());
    *entry.add_transform_set() = NamedSet(flow, of);
  }
  entry.add_acl_line(LineText(flow));
  entry.set_active_flows(entry.active_flows() + (IsUp(flow) ? 1 : 0));
}

void LiveCrypto::Add(const std::string& map, const api::IpsecFlow& flow) {
  const std::string name = fmt::format(
      "{} {} {} {} {} {} {}", map, flow.sequence(), flow.dynamic_map(), flow.dynamic_sequence(),
      flow.current_peer(), flow.current_outbound_spi(), LineText(flow));
  if (!seen_.insert(name).second) return;
  const bool dynamic = flow.keying() == "dynamic";
  if (dynamic) AddTemporary(map, flow);
  if (!IsUp(flow)) return;
  const std::pair<std::string, uint32_t> key =
      dynamic ? std::pair(flow.dynamic_map(), flow.dynamic_sequence())
              : std::pair(map, flow.sequence());
  Live& live = (dynamic ? of_templates_ : entries_)[key];
  live.peer = flow.current_peer();
  ++live.flows;
}

void LiveCrypto::Piece(const api::IpsecSa& show) {
  for (const api::IpsecInterface& interface : show.interface()) {
    for (const api::IpsecFlow& flow : interface.flow()) Add(interface.crypto_map_tag(), flow);
  }
}

void LiveCrypto::Complete(api::CryptoMap& show) const {
  api::CryptoMap whole;
  for (int i = 0; i < show.entry_size(); ++i) {
    api::CryptoMapEntry& entry = *whole.add_entry();
    entry = show.entry(i);
    const bool is_template = entry.kind() == "dynamic-map";
    const auto& lives = is_template ? of_templates_ : entries_;
    const auto live = lives.find({entry.map(), entry.sequence()});
    if (live != lives.end()) {
      entry.set_active_flows(live->second.flows);
      if (!is_template) entry.set_peer(live->second.peer);
    }
    const bool last = i + 1 == show.entry_size() || show.entry(i + 1).map() != entry.map();
    if (is_template || !last) continue;
    const std::string map = entry.map();
    const auto interfaces = entry.interface();
    for (const auto& [key, temporary] : temporary_) {
      if (std::get<0>(key) != map) continue;
      api::CryptoMapEntry& added = *whole.add_entry();
      added = temporary;
      *added.mutable_interface() = interfaces;
    }
  }
  show = std::move(whole);
}

void AddMatches(const api::AccessLists& counted, api::AccessLists& show) {
  for (const api::AccessList& list : counted.list()) {
    const auto shown = std::ranges::find(*show.mutable_list(), list.name(), &api::AccessList::name);
    if (shown == show.mutable_list()->end()) continue;
    // Both are in the order of the list.
    auto at = shown->mutable_line()->begin();
    for (const api::AccessListLine& line : list.line()) {
      while (at != shown->mutable_line()->end() && at->sequence() < line.sequence()) ++at;
      if (at == shown->mutable_line()->end()) break;
      if (at->sequence() == line.sequence()) at->set_matches(line.matches());
    }
  }
}

}  // namespace vam::mgmt
