// What a commit makes of negotiated entries: their SA sets follow their lines. ike_sas.cc has the
// SAs, ike_temporaries.cc the temporary entries.
#include <algorithm>
#include <set>
#include <utility>

#include "sw/fwd/ike_sas.h"

namespace vam::fwd {

namespace {

using api::EventKind;

// The key of the set in the entry as it is now: the same place if the line is still there, else
// wherever it has gone. Nothing: nowhere.
std::optional<SaSetKey> Follows(const CompiledEntry& old, const CompiledEntry& next,
                                const SaSetKey& key) {
  const EntryRules& rules = next.rules;
  const bool same_kind = rules.kind == old.rules.kind && rules.per_host == key.per_host() &&
                         rules.per_interface == (key.interface != kAnyInterface);
  if (!same_kind || key.line >= old.lines.size()) return std::nullopt;
  const ipsec::PolicyLine& line = old.lines[key.line];
  if (key.line < next.lines.size() && next.lines[key.line] == line) return key;
  const auto found = std::ranges::find(next.lines, line);
  if (found == next.lines.end()) return std::nullopt;
  SaSetKey moved = key;
  moved.line = static_cast<uint32_t>(found - next.lines.begin());
  return moved;
}

}  // namespace

void IkeSas::MoveSets(const CompiledEntry& old, const CompiledEntry* next) {
  if (next != nullptr && next->rules == old.rules && next->lines == old.lines) return;
  std::vector<std::pair<uint32_t, SaSetKey>> moved;
  std::set<uint32_t> taken;
  for (const uint32_t number : parts_.sets.OfEntry(old.id)) {
    const SaSet& set = parts_.sets.at(number);
    if (set.key.line == ipsec::kAnyLine) continue;  // of a manual entry
    const auto key = next == nullptr ? std::nullopt : Follows(old, *next, set.key);
    // Of two lines that read the same the second is never reached.
    const bool stays = key && (key->per_host() || key->interface != kAnyInterface ||
                               taken.insert(key->line).second);
    if (!stays) {
      doomed_.push_back(set.id);
      parts_.sets.Detach(number);
    } else if (*key != set.key) {
      moved.emplace_back(number, *key);
    }
  }
  parts_.sets.Rekey(moved);
}

// Ids say nothing of the order in the dynamic map.
void IkeSas::SetName(const CompiledEntry& entry, bool stands) {
  const std::pair<std::string, uint32_t> name{entry.map, entry.sequence};
  std::vector<uint32_t>& ids = by_name_[name];
  std::erase(ids, entry.id);
  if (stands) {
    const auto behind = std::ranges::find_if(ids, [&](uint32_t other) {
      return entries_.at(other)->dynamic_sequence > entry.dynamic_sequence;
    });
    ids.insert(behind, entry.id);
  }
  if (ids.empty()) by_name_.erase(name);
}

EntryPtr IkeSas::Replace(uint32_t id, const EntryPtr& next) {
  const auto at = entries_.find(id);
  EntryPtr old = at == entries_.end() ? nullptr : std::move(at->second);
  if (old != nullptr) {
    MoveSets(*old, next.get());
    KeepTemporaries(*old, next.get());
    SetName(*old, false);
    entries_.erase(at);
  }
  const EntryRules* rules = parts_.sets.rules(id);
  if (next != nullptr) {
    entries_[id] = next;
    SetName(*next, true);
    parts_.sets.SetRules(id, next->rules);
  } else if (rules != nullptr && rules->kind != EntryKind::kManual) {
    parts_.sets.ForgetRules(id);
  }
  return old;
}

bool IkeSas::Continue(size_t most) {
  for (; most > 0 && !doomed_.empty(); --most) {
    const uint32_t set = parts_.sets.FindId(doomed_.front());
    doomed_.pop_front();
    if (set != kNoSet) CloseSet(set, EventKind::kPolicyGone);
  }
  ReviewTemporaries(most);
  return doomed_.empty() && reviews_.empty();
}

}  // namespace vam::fwd
