#include "sw/fwd/show_ruleset.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/config/render.h"
#include "sw/fwd/show_parts.h"

namespace vam::fwd {

namespace {

constexpr const char* kDiscard = "Discard";
constexpr const char* kEncrypt = "Encrypt";
constexpr const char* kForward = "Forward";
constexpr const char* kNextEntry = "Next entry";

// Where an answer goes on: behind the rule that was shown last. `id` of ShowCursor, which is 0 at
// the head of an interface, else an entry's and 1, and says whether it was a temporary one; `line`
// is its sequence number then.
constexpr uint64_t kTemporaryBit = uint64_t{1} << 32;
// The last rule of an interface: what no entry takes.
constexpr uint64_t kRestBit = uint64_t{1} << 33;

// What of a line stands behind "permit".
std::string MatchText(const config::AclEntry& line, bool v6) {
  std::string text =
      config::RenderAclEntry(line, v6 ? config::AclKind::kIpv6 : config::AclKind::kExtended);
  text.erase(0, text.find(' ') + 1);
  return text;
}

// What was agreed for a temporary entry, as a line of a list.
config::AclEntry ToAclEntry(const ipsec::Selectors& selectors) {
  config::AclEntry line;
  line.permit = true;
  line.protocol = selectors.protocol;
  line.source_port = {selectors.local_ports.low, selectors.local_ports.high};
  line.destination_port = {selectors.remote_ports.low, selectors.remote_ports.high};
  if (selectors.local.family() == net::Family::kV6) {
    line.source_v6 = selectors.local;
    line.destination_v6 = selectors.remote;
    return line;
  }
  const auto match = [](const net::Prefix& prefix) {
    return config::AddressMatch{prefix.base().v4(), ~net::MaskFromLength(prefix.length())};
  };
  line.source = match(selectors.local);
  line.destination = match(selectors.remote);
  return line;
}

// The rules of one crypto map on one interface, from a cursor on, as long as the piece lasts.
class Rules {
 public:
  Rules(const ShowSources& s, const config::Interface& on, bool v6, Budget& budget,
        api::ShowReply& reply)
      : s_(s), v6_(v6), budget_(budget), reply_(reply) {
    place_.set_interface(on.name);
    place_.set_vrf(on.vrf);
    place_.set_crypto_map(v6 ? on.ipv6.crypto_map : on.crypto_map);
    at_.set_interface(on.name);
    at_.set_ipv6(v6);
  }

  // False: the piece is full.
  bool Walk(const ipsec::Policy& policy, const api::ShowCursor& from) {
    const auto& entries = policy.entries();
    size_t i = 0;
    api::ShowCursor inside = from;
    if (from.id() != 0) {
      i = Resume(policy, from);
      const bool same = i < entries.size() && entries[i].id == EntryOf(from);
      if (!same) inside = {};
    }
    for (; i < entries.size(); ++i, inside = {}) {
      if (!Entry(entries[i].id, inside)) return false;
    }
    return (from.id() & kRestBit) != 0 ||
           Add(kRestBit, 0, 0, v6_ ? "ipv6 any any" : "ip any any", kForward, kForward, "");
  }

 private:
  static uint32_t EntryOf(const api::ShowCursor& from) {
    return static_cast<uint32_t>(from.id() & 0xffffffff) - 1;
  }
  static size_t Resume(const ipsec::Policy& policy, const api::ShowCursor& from) {
    const auto& entries = policy.entries();
    if ((from.id() & kRestBit) != 0) return entries.size();
    const auto found = std::ranges::find(entries, EntryOf(from), &ipsec::Policy::Entry::id);
    const auto behind =
        std::ranges::upper_bound(entries, from.sequence(), {}, &ipsec::Policy::Entry::sequence);
    return static_cast<size_t>((found != entries.end() ? found : behind) - entries.begin());
  }

  // One rule. False: there is no room, and the answer goes on behind the one before.
  bool Add(uint64_t id, uint32_t line, uint32_t sequence, std::string match, const char* inbound,
           const char* outbound, std::string reason) {
    if (budget_.spent()) return false;
    budget_.Look();
    budget_.Row();
    api::RulesetRule& rule = *reply_.mutable_crypto_ruleset()->add_rule();
    rule = place_;
    rule.set_sequence(sequence);
    rule.set_line((id & kTemporaryBit) != 0 ? 0 : line);
    rule.set_match(std::move(match));
    rule.set_inbound(inbound);
    rule.set_outbound(outbound);
    rule.set_reason(std::move(reason));
    at_.set_id(id);
    at_.set_line(line);
    at_.set_sequence(sequence_);
    *reply_.mutable_next() = at_;
    return true;
  }

  bool Entry(uint32_t id, const api::ShowCursor& from) {
    const auto pair = s_.sas->pairs().find(id);
    const CompiledEntry* entry =
        pair != s_.sas->pairs().end() ? pair->second.entry.get() : s_.ike->entry(id);
    if (entry == nullptr) return true;
    sequence_ = entry->sequence;
    const bool behind_temporaries = from.id() != 0 && (from.id() & kTemporaryBit) == 0;
    if (entry->rules.kind == EntryKind::kDynamic && !behind_temporaries &&
        !Temporaries(*entry, from.id() == 0 ? 0 : from.line())) {
      return false;
    }
    return Lines(*entry, behind_temporaries ? from.line() : 0, behind_temporaries);
  }

  // Of one template, behind the one with the number `after`.
  bool Temporaries(const CompiledEntry& of, uint32_t after) {
    const TemporaryEntries& all = s_.ike->temporaries();
    const auto& ids = all.OfMap(of.map);
    for (auto at = ids.upper_bound(after); at != ids.end(); ++at) {
      const TemporaryEntries::Temporary& one = *all.Get(at->second);
      if (one.template_id != of.id) continue;
      if (!Add(kTemporaryBit | (of.id + uint64_t{1}), one.entry.sequence, one.entry.sequence,
               MatchText(ToAclEntry(one.proposal.selectors), v6_), kDiscard, kEncrypt,
               fmt::format("Of dynamic map {} {}, peer {}.", of.dynamic_map, of.dynamic_sequence,
                           net::ToString(one.proposal.peer)))) {
        return false;
      }
    }
    return true;
  }

  const config::Acl* ListOf(const CompiledEntry& entry) const {
    const config::Acl* acl = entry.acl.empty() ? nullptr : s_.running->FindAcl(entry.acl);
    return acl != nullptr && (acl->kind == config::AclKind::kIpv6) == v6_ ? acl : nullptr;
  }

  // The lines of an entry's own list behind the one with the number `after`, or from the first.
  bool Lines(const CompiledEntry& entry, uint32_t after, bool resumed) {
    const uint64_t id = entry.id + uint64_t{1};
    const config::Acl* acl = ListOf(entry);
    if (acl == nullptr || acl->entries.empty()) {
      if (resumed) return true;
      const char* all = v6_ ? "ipv6 any any" : "ip any any";
      if (entry.rules.kind == EntryKind::kDynamic && entry.acl.empty()) {
        return Add(id, 0, sequence_, all, kNextEntry, kNextEntry,
                   "The dynamic map has no access list: only its temporary entries count.");
      }
      return Add(id, 0, sequence_, all, kDiscard, kDiscard, "Its access list is missing or empty.");
    }
    auto line = resumed
                    ? std::ranges::upper_bound(acl->entries, after, {}, &config::AclEntry::sequence)
                    : acl->entries.begin();
    const auto permits = [](const config::AclEntry& each) { return each.permit; };
    bool permitted = std::any_of(acl->entries.begin(), line, permits);
    for (; line != acl->entries.end(); ++line) {
      if (!Line(entry, id, *line, permitted)) return false;
      permitted = permitted || line->permit;
    }
    return true;
  }

  bool Line(const CompiledEntry& entry, uint64_t id, const config::AclEntry& line, bool permitted) {
    std::string match = MatchText(line, v6_);
    if (!line.permit) {
      return Add(id, line.sequence, sequence_, std::move(match), kNextEntry, kNextEntry, "");
    }
    if (permitted && entry.rules.kind == EntryKind::kManual) {
      return Add(id, line.sequence, sequence_, std::move(match), kNextEntry, kNextEntry,
                 "Only the first permit of a manual entry counts.");
    }
    std::string reason = entry.problem;
    if (reason.empty() && entry.rules.kind == EntryKind::kDynamic) {
      reason = "A dynamic map asks nobody: only what a peer has set up is encrypted.";
    }
    const char* outbound = reason.empty() ? kEncrypt : kDiscard;
    return Add(id, line.sequence, sequence_, std::move(match), kDiscard, outbound,
               std::move(reason));
  }

  const ShowSources& s_;
  bool v6_;
  Budget& budget_;
  api::ShowReply& reply_;
  api::RulesetRule place_;
  api::ShowCursor at_;
  uint32_t sequence_ = 0;  // of the entry
};

}  // namespace

void ShowRuleset(const ShowSources& s, const api::ShowRequest& request, api::ShowReply& reply) {
  static_cast<void>(reply.mutable_crypto_ruleset());
  const api::ShowCursor& from = request.cursor();
  Budget budget(s.clock, request.limit());
  const auto& interfaces = s.snapshot->interfaces;
  const auto here = std::ranges::find(interfaces, from.interface(), &InterfaceConfig::name);
  size_t i = 0;
  if (request.has_cursor()) {
    i = here != interfaces.end() ? static_cast<size_t>(here - interfaces.begin())
                                 : from.interface_index();
  }
  for (; i < interfaces.size(); ++i) {
    const config::Interface* configured = s.running->FindInterface(interfaces[i].name);
    if (configured == nullptr) continue;
    const bool resumed = request.has_cursor() && from.interface() == interfaces[i].name;
    for (const bool v6 : {false, true}) {
      const ipsec::Policy* policy = interfaces[i].PolicyFor(v6);
      if (policy == nullptr || (resumed && from.ipv6() && !v6)) continue;
      Rules rules(s, *configured, v6, budget, reply);
      const bool inside = resumed && from.ipv6() == v6;
      const bool done = rules.Walk(*policy, inside ? from : api::ShowCursor());
      if (reply.has_next()) reply.mutable_next()->set_interface_index(static_cast<uint32_t>(i));
      if (!done) return;
    }
  }
  reply.clear_next();
}

}  // namespace vam::fwd
