#include "sw/fwd/generation.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vam::fwd {

namespace {

bool SameParams(const ipsec::SaParams& a, const ipsec::SaParams& b) {
  return a.suite == b.suite && a.spi == b.spi && a.local == b.local && a.remote == b.remote &&
         a.protocol == b.protocol && a.mode == b.mode && a.key_material.Equals(b.key_material) &&
         a.auth_key.Equals(b.auth_key) && a.esn == b.esn && a.replay_window == b.replay_window &&
         a.df_mode == b.df_mode && a.vrf_tag == b.vrf_tag && a.selectors == b.selectors;
}

// Everything but the keys, which SameSas compares; a new member does not compile before it stands
// here.
auto PlainMembers(const CompiledEntry& entry) {
  const auto& [id, map, sequence, acl, interfaces, ipv6, local, peer, peers, peer_names,
               names_peers, dynamic_map, dynamic_sequence, problem, rules, lines, df_mode, own_df,
               df_modes, selectors, outbound, inbound] = entry;
  return std::tie(id, map, sequence, acl, interfaces, ipv6, local, peer, peers, peer_names,
                  names_peers, dynamic_map, dynamic_sequence, problem, rules, lines, df_mode,
                  own_df, df_modes, selectors);
}

bool SameEntry(const CompiledEntry& a, const CompiledEntry& b) {
  return PlainMembers(a) == PlainMembers(b) && SameSas(a, b);
}

bool Keeps(const CompiledEntry& before, const CompiledEntry& now) {
  if (before.rules != now.rules) return false;
  return now.rules.kind == EntryKind::kManual ? SameSas(before, now) : before.lines == now.lines;
}

}  // namespace

bool SameSas(const CompiledEntry& a, const CompiledEntry& b) {
  return a.problem == b.problem && std::ranges::equal(a.outbound, b.outbound, SameParams) &&
         std::ranges::equal(a.inbound, b.inbound, SameParams);
}

std::vector<EntryChange> GenerationBuilder::Changes(std::vector<CompiledEntry> next) {
  std::vector<EntryChange> interrupting, gone, keeping;
  std::map<uint32_t, EntryPtr> before = std::exchange(entries_, {});
  for (CompiledEntry& entry : next) {
    const uint32_t id = entry.id;
    const auto old = before.find(id);
    if (old != before.end() && SameEntry(*old->second, entry)) {
      entries_.insert(before.extract(old));
      continue;
    }
    const bool keeps = old != before.end() && Keeps(*old->second, entry);
    const EntryPtr made = std::make_shared<const CompiledEntry>(std::move(entry));
    entries_[id] = made;
    (keeps ? keeping : interrupting).push_back({id, made, keeps});
    if (old != before.end()) before.erase(old);
  }
  for (const auto& [id, entry] : before) gone.push_back({id, nullptr, false});
  std::ranges::move(gone, std::back_inserter(interrupting));
  std::ranges::move(keeping, std::back_inserter(interrupting));
  return interrupting;
}

Generation GenerationBuilder::Build(Compiled compiled, uint64_t number) {
  Generation made;
  made.number = number;
  made.snapshot = std::move(compiled.snapshot);
  made.changes = Changes(std::move(compiled.entries));
  return made;
}

Generation GenerationBuilder::Build(config::Running running, uint64_t number) {
  Generation made = Build(Compile(running, port_names_, number, ids_), number);
  running.crypto_maps = {};
  running.ike = {};
  made.running = std::make_shared<const config::Running>(std::move(running));
  return made;
}

}  // namespace vam::fwd
