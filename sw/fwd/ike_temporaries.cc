// Temporary entries and their SA sets. ike_sas.cc has the SAs, temporary_entries.h what a template
// takes.
#include <algorithm>

#include "sw/fwd/ike_sas.h"

namespace vam::fwd {

namespace {

using api::EventKind;

// Nothing that decides about proposals, or that their sets depend on, has changed.
bool SameTemplate(const CompiledEntry& a, const CompiledEntry& b) {
  return a.problem == b.problem && a.ipv6 == b.ipv6 && a.names_peers == b.names_peers &&
         a.peers == b.peers && a.peer_names == b.peer_names && a.lines == b.lines &&
         a.local == b.local && a.interfaces == b.interfaces && a.df_mode == b.df_mode &&
         a.own_df == b.own_df && a.df_modes == b.df_modes;
}

}  // namespace

Result<IkeSas::Opened> IkeSas::OpenTemporary(const Proposal& proposal,
                                             const std::vector<uint32_t>& templates) {
  if (proposal.line != 0) {
    return Err(ErrorCode::kInvalidArgument, "no line of a dynamic map is named");
  }
  if (!proposal.selectors) {
    return Err(ErrorCode::kUnsupported, "selector addresses are no prefix");
  }
  // What a peer has just let go of may be another's: an address out of a pool.
  EndTemporaries();
  Status why = Err(ErrorCode::kNotFound, "no such entry of the dynamic map");
  for (const uint32_t id : templates) {
    const CompiledEntry& from = *entries_.at(id);
    const bool named = proposal.dynamic_sequence == from.dynamic_sequence;
    if (proposal.dynamic_sequence != 0 && !named) continue;
    const auto accepted = Accept(from, {proposal.peer, *proposal.selectors}, parts_.names);
    if (!accepted) {
      why = accepted.error();
      continue;
    }
    VAM_TRY(const uint32_t set, MakeTemporary(from, *accepted, proposal.interface));
    return Opened{parts_.sets.at(set).id, from.dynamic_sequence};
  }
  return why.error();
}

// The entry is there before its SAs: what matches it waits for them, or is dropped, and clear text
// that it would protect does not come in.
Result<uint32_t> IkeSas::MakeTemporary(const CompiledEntry& from, const DynamicProposal& accepted,
                                       uint16_t interface) {
  const uint64_t now_ns = parts_.clock.MonotonicNs();
  const size_t before = temporaries_.all().size();
  VAM_TRY(const uint32_t id, temporaries_.Open(from, accepted, now_ns));
  const bool is_new = temporaries_.all().size() != before;
  TemporaryEntries::Temporary& temporary = *temporaries_.Get(id);
  const EntryRules& rules = temporary.entry.rules;
  if (is_new) parts_.sets.SetRules(id, rules);
  if (is_new || (temporary.had_sas && !TemporaryHasSas(id))) {
    temporary.had_sas = false;
    unused_.emplace_back(now_ns + kTemporaryIdleNs, id);
  }
  SaSetKey key;
  key.entry = id;
  key.line = 0;
  if (rules.per_interface) key.interface = interface;
  const Result<uint32_t> set = parts_.sets.Open(key);
  if (!set) {
    if (is_new) CloseTemporary(id, EventKind::kPolicyGone);
    return set.error();
  }
  SaSet& opened = parts_.sets.at(*set);
  opened.touched_ns = now_ns;
  // The peer is setting up SAs, so packets that come meanwhile do not ask for others.
  if (opened.acquire_ns == 0) opened.acquire_ns = now_ns;
  return *set;
}

void IkeSas::CloseTemporary(uint32_t id, EventKind why) {
  for (const uint32_t set : parts_.sets.OfEntry(id)) CloseSet(set, why);
  parts_.sets.ForgetRules(id);
  temporaries_.Close(id);
}

// A template that decides as before keeps its entries without a look: a commit elsewhere costs ten
// thousand peers nothing.
void IkeSas::KeepTemporaries(const CompiledEntry& old, const CompiledEntry* next) {
  if (old.rules.kind != EntryKind::kDynamic) return;
  const bool stands = next != nullptr && next->rules.kind == EntryKind::kDynamic &&
                      next->rules.per_interface == old.rules.per_interface;
  if (stands && SameTemplate(old, *next)) return;
  reviews_.push_back({old.id, !stands, 0});
}

// Returns how many it looked at. Entries that peers are let in to meanwhile are taken by the
// template as it is now; a second look does no harm.
size_t IkeSas::ReviewTemporaries(size_t most) {
  size_t looked = 0;
  while (!reviews_.empty() && looked < most) {
    Review& review = reviews_.front();
    const std::optional<uint32_t> id = temporaries_.NextOf(review.template_id, review.from);
    if (!id) {
      reviews_.pop_front();
      continue;
    }
    ++looked;
    review.from = *id + 1;
    const auto from = entries_.find(review.template_id);
    const bool stays =
        !review.all_go && from != entries_.end() &&
        Accept(*from->second, temporaries_.Get(*id)->proposal, parts_.names).has_value();
    if (stays) {
      temporaries_.Refresh(*id, *from->second);
    } else {
      CloseTemporary(*id, EventKind::kPolicyGone);
    }
  }
  return looked;
}

bool IkeSas::HasSas(uint64_t policy) const {
  const auto at = by_policy_.lower_bound({policy, 0});
  return at != by_policy_.end() && at->first == policy;
}

bool IkeSas::TemporaryHasSas(uint32_t id) const {
  return std::ranges::any_of(parts_.sets.OfEntry(id),
                             [this](uint32_t set) { return HasSas(parts_.sets.at(set).id); });
}

// Those whose last SA has gone, and those that have waited for their first one for too long.
void IkeSas::EndTemporaries() {
  const auto end_if_empty = [this](uint32_t id) {
    if (!TemporaryHasSas(id)) CloseTemporary(id, EventKind::kPolicyGone);
  };
  for (const uint64_t policy : std::exchange(emptied_, {})) {
    const uint32_t set = parts_.sets.FindId(policy);
    if (set == kNoSet) continue;
    const uint32_t id = parts_.sets.at(set).key.entry;
    const TemporaryEntries::Temporary* temporary = temporaries_.Get(id);
    if (temporary != nullptr && temporary->had_sas) end_if_empty(id);
  }
  const uint64_t now_ns = unused_.empty() ? 0 : parts_.clock.MonotonicNs();
  while (!unused_.empty() && unused_.front().first <= now_ns) {
    const uint32_t id = unused_.front().second;
    unused_.pop_front();
    const TemporaryEntries::Temporary* temporary = temporaries_.Get(id);
    if (temporary == nullptr || temporary->had_sas) continue;
    const bool proposed_again = now_ns - temporary->touched_ns < kTemporaryIdleNs;
    if (proposed_again || TemporaryHasSas(id)) {
      unused_.emplace_back(now_ns + kTemporaryIdleNs, id);
    } else {
      end_if_empty(id);
    }
  }
}

}  // namespace vam::fwd
