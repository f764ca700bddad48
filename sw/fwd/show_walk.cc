#include "sw/fwd/show_walk.h"

#include <algorithm>

#include "sw/config/effective.h"
#include "sw/fwd/entry_peers.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

constexpr uint32_t kWhole = 0xffffffff;  // ShowCursor.place: nothing of the entry is left

const CompiledEntry* EntryOf(const ShowSources& s, uint32_t id) {
  const auto pair = s.sas->pairs().find(id);
  return pair != s.sas->pairs().end() ? pair->second.entry.get() : s.ike->entry(id);
}

const config::Acl* AclOf(const ShowSources& s, const CompiledEntry& entry) {
  return entry.acl.empty() ? nullptr : s.running->FindAcl(entry.acl);
}

net::Address ToAddress(const std::string& text) {
  return net::Address::Parse(text).value_or(net::Address{});
}

std::string VrfName(const ShowSources& s, uint16_t vrf) {
  return vrf < s.snapshot->vrfs.size() ? s.snapshot->vrfs[vrf].name : "";
}

bool FlowWanted(const ShowSources& s, const FlowPlace& place, const api::ShowRequest& request) {
  if (!Wanted(request.vrf(), InsideVrf(s, place))) return false;
  const bool any_end = request.peer().empty() && request.local().empty() && !request.ipv6() &&
                       request.peer_port() == 0 && request.local_port() == 0;
  if (any_end) return true;
  const FlowEnds ends = EndsOf(s, place);
  if (!Wanted(request.peer(), net::ToString(ends.peer))) return false;
  if (!Wanted(request.local(), net::ToString(ends.local))) return false;
  if (request.peer_port() != 0 && request.peer_port() != ends.peer_port) return false;
  if (request.local_port() != 0 && request.local_port() != ends.local_port) return false;
  return !request.ipv6() || ends.peer.is_v6();
}

bool CarriedWanted(const ShowSources& s, const Carried& carried, const api::ShowRequest& request) {
  if (carried.policy() == nullptr || (request.ipv6() && !carried.v6)) return false;
  return Wanted(request.interface(), carried.interface.name) &&
         Wanted(request.map(), carried.map()) &&
         Wanted(request.front_vrf(), VrfName(s, carried.interface.vrf));
}

SaSetKey KeyAt(uint32_t entry, uint32_t line, uint16_t interface) {
  SaSetKey key;
  key.entry = entry;
  key.line = line;
  key.interface = interface;
  return key;
}

class Walk {
 public:
  Walk(const ShowSources& s, const api::ShowRequest& request, Budget budget,
       const FlowVisitor& visitor)
      : s_(s), request_(request), budget_(budget), visitor_(visitor) {}

  std::optional<api::ShowCursor> Run() {
    const api::ShowCursor& from = request_.cursor();
    last_ = from;
    for (size_t i = FirstInterface(); i < s_.snapshot->interfaces.size(); ++i) {
      const InterfaceConfig& interface = s_.snapshot->interfaces[i];
      const config::Interface* configured = s_.running->FindInterface(interface.name);
      if (configured == nullptr) continue;
      const bool here = request_.has_cursor() && from.interface() == interface.name;
      for (const bool v6 : {false, true}) {
        const Carried carried{interface, *configured, static_cast<uint16_t>(i), v6};
        if (!CarriedWanted(s_, carried, request_) || (here && from.ipv6() && !v6)) continue;
        if (!Map(carried, here && from.ipv6() == v6)) return last_;
      }
    }
    return std::nullopt;
  }

 private:
  // The interface where the answer goes on, by name, or by place when it is gone.
  size_t FirstInterface() const {
    const auto& interfaces = s_.snapshot->interfaces;
    if (!request_.has_cursor()) return 0;
    for (size_t i = 0; i < interfaces.size(); ++i) {
      if (interfaces[i].name == request_.cursor().interface()) return i;
    }
    return request_.cursor().interface_index();
  }

  // False: the budget is spent, and last_ says where.
  bool Map(const Carried& carried, bool resumed) {
    visitor_.on_interface(carried, resumed);
    if (!resumed) {
      last_.Clear();
      last_.set_interface(carried.interface.name);
      last_.set_interface_index(carried.index);
      last_.set_ipv6(carried.v6);
    }
    const auto& entries = carried.policy()->entries();
    const api::ShowCursor from = last_;
    const auto before = [](const auto& e, uint32_t sequence) { return e.sequence < sequence; };
    auto at = std::lower_bound(entries.begin(), entries.end(), from.sequence(), before);
    for (; at != entries.end(); ++at) {
      if (!EntryFrom(carried, at->id, from)) return false;
    }
    // Temporary entries have the numbers behind all others.
    const auto& temporaries = s_.ike->temporaries().OfMap(carried.map());
    for (auto t = temporaries.lower_bound(from.sequence()); t != temporaries.end(); ++t) {
      if (!EntryFrom(carried, t->second, from)) return false;
    }
    return true;
  }

  // What is left of an entry for a piece that begins behind `from`. False: the budget is spent.
  bool EntryFrom(const Carried& carried, uint32_t id, const api::ShowCursor& from) {
    if (budget_.spent()) return false;
    const CompiledEntry* entry = EntryOf(s_, id);
    if (entry == nullptr) return true;
    // A cursor that has only begun the map names no entry: none has the number 0.
    bool within = false;
    if (entry->sequence == from.sequence()) {
      if (entry->dynamic_sequence < from.dynamic_sequence()) return true;
      within = entry->dynamic_sequence == from.dynamic_sequence();
      if (within && from.place() == kWhole) return true;
    }
    if (!Entry(carried, *entry, within ? &from : nullptr)) return false;
    Leave(carried, *entry);
    return true;
  }

  // Notes that the row of `key` has been looked at.
  void Pass(const CompiledEntry& entry, const SaSetKey& key) {
    last_.set_sequence(entry.sequence);
    last_.set_dynamic_sequence(entry.dynamic_sequence);
    last_.set_line(AclNumber(s_, entry, key.line));
    last_.set_place(key.line);
    last_.set_source(key.per_host() ? net::ToString(key.source) : "");
    last_.set_destination(key.per_host() ? net::ToString(key.destination) : "");
  }
  void Leave(const Carried& carried, const CompiledEntry& entry) {
    budget_.Look();
    Pass(entry, KeyAt(entry.id, kWhole, carried.index));
  }
  bool Row(const FlowPlace& place) {
    if (budget_.spent()) return false;
    budget_.Look();
    if (FlowWanted(s_, place, request_)) {
      budget_.Row();
      visitor_.on_flow(place);
    }
    Pass(place.entry, place.key);
    return true;
  }

  bool Entry(const Carried& carried, const CompiledEntry& entry, const api::ShowCursor* from) {
    const auto pair = s_.sas->pairs().find(entry.id);
    if (pair == s_.sas->pairs().end()) return Negotiated(carried, entry, from);
    if (from != nullptr) return true;  // it has one row
    FlowPlace place{carried, entry, &pair->second, pair->second.set, {}};
    place.key.entry = entry.id;
    return Row(place);
  }

  // Where to go on in an entry: the first set, and the first line that is shown even without one.
  struct Start {
    std::map<SaSetKey, uint32_t>::const_iterator set;
    uint32_t line = 0;
  };
  Start StartOf(const Carried& carried, const CompiledEntry& entry,
                const api::ShowCursor* from) const {
    const auto& ordered = s_.sets->ordered();
    SaSetKey key = KeyAt(entry.id, 0, 0);
    if (from == nullptr) return {ordered.lower_bound(key), 0};
    key.line = from->place();
    if (const config::Acl* acl = AclOf(s_, entry); acl != nullptr && from->line() != 0) {
      const auto number = [](const config::AclEntry& e, uint32_t n) { return e.sequence < n; };
      const auto& lines = acl->entries;
      const auto line = std::lower_bound(lines.begin(), lines.end(), from->line(), number);
      key.line = static_cast<uint32_t>(line - lines.begin());
      // The line itself is gone: all of the next one is new.
      const bool gone = line == lines.end() || line->sequence != from->line();
      if (gone) return {ordered.lower_bound(key), key.line};
    }
    key.interface = entry.rules.per_interface ? carried.index : kAnyInterface;
    key.source = ToAddress(from->source());
    key.destination = ToAddress(from->destination());
    return {ordered.upper_bound(key), key.line + 1};
  }

  // The first set from `set` on that does not belong to another interface.
  std::map<SaSetKey, uint32_t>::const_iterator SkipOthers(
      std::map<SaSetKey, uint32_t>::const_iterator set, uint16_t interface) const {
    const auto& ordered = s_.sets->ordered();
    for (;;) {
      if (set == ordered.end()) return set;
      const SaSetKey& key = set->first;
      if (key.interface == kAnyInterface || key.interface == interface) return set;
      SaSetKey next = KeyAt(key.entry, key.line, interface);
      if (key.interface > interface) next.interface = kAnyInterface;
      set = ordered.lower_bound(next);
    }
  }

  // SA sets in the order of lines and hosts; a permit line of a static entry that has none stands
  // there too, for its traffic is protected or dropped.
  bool Negotiated(const Carried& carried, const CompiledEntry& entry, const api::ShowCursor* from) {
    const auto& ordered = s_.sets->ordered();
    const bool is_static = entry.rules.kind == EntryKind::kIsakmp;
    Start at = StartOf(carried, entry, from);
    for (;;) {
      at.set = SkipOthers(at.set, carried.index);
      const bool has_set = at.set != ordered.end() && at.set->first.entry == entry.id;
      const size_t end = is_static ? entry.lines.size() : 0;
      for (; at.line < end && (!has_set || at.line < at.set->first.line); ++at.line) {
        if (!entry.lines[at.line].permit) continue;
        FlowPlace place{carried, entry, nullptr, kNoSet, {}};
        place.key = KeyAt(entry.id, at.line, carried.index);
        if (!Row(place)) return false;
      }
      if (!has_set) return true;
      if (!Row({carried, entry, nullptr, at.set->second, at.set->first})) return false;
      at.line = std::max(at.line, at.set->first.line + 1);
      ++at.set;
    }
  }

  const ShowSources& s_;
  const api::ShowRequest& request_;
  Budget budget_;
  const FlowVisitor& visitor_;
  api::ShowCursor last_;  // what was looked at last
};

}  // namespace

std::string Carried::local_address() const {
  if (!v6) return net::ToString(net::Address::V4(interface.address));
  const auto own = config::FirstIpv6(configured);
  return own ? net::ToString(*own) : "";
}

const ipsec::SaSettings* NewestSa(const ShowSources& s, uint32_t set) {
  if (set == kNoSet || !s.sets->Has(set)) return nullptr;
  const SaSet& of = s.sets->at(set);
  const std::vector<uint32_t>& bundles = of.outbound.empty() ? of.inbound : of.outbound;
  return bundles.empty() ? nullptr : &s.sets->bundle(bundles.back()).sas.back().settings;
}

FlowEnds EndsOf(const ShowSources& s, const FlowPlace& place) {
  FlowEnds ends{place.entry.local, FirstPeer(place.entry, s.ike->names()), net::kIkePort,
                net::kIkePort};
  const ipsec::SaSettings* sa = place.pair != nullptr ? nullptr : NewestSa(s, place.set);
  if (sa == nullptr) return ends;
  ends.local = sa->local;
  ends.peer = sa->remote;
  if (sa->udp_local != 0) ends.local_port = sa->udp_local;
  if (sa->udp_remote != 0) ends.peer_port = sa->udp_remote;
  return ends;
}

std::string InsideVrf(const ShowSources& s, const FlowPlace& place) {
  const Snapshot::EntryPlace* at = s.snapshot->Place(place.entry.id);
  return VrfName(s, at == nullptr ? place.carried.interface.vrf : at->inside_vrf);
}

uint32_t AclNumber(const ShowSources& s, const CompiledEntry& entry, uint32_t line) {
  const config::Acl* acl = AclOf(s, entry);
  return acl == nullptr || line >= acl->entries.size() ? 0 : acl->entries[line].sequence;
}

std::optional<api::ShowCursor> WalkFlows(const ShowSources& s, const api::ShowRequest& request,
                                         Budget budget, const FlowVisitor& visitor) {
  return Walk(s, request, budget, visitor).Run();
}

}  // namespace vam::fwd
