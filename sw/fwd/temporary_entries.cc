#include "sw/fwd/temporary_entries.h"

#include <fmt/core.h>

#include <algorithm>

#include "sw/fwd/entry_peers.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

bool Covers(const ipsec::PortRange& outer, const ipsec::PortRange& inner) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

// Every address of the prefix is one of the match.
bool Covers(const ipsec::AddressMatch& match, const net::Prefix& prefix) {
  if (match.address.is_none()) return true;
  if (match.address.family() != prefix.family()) return false;
  const size_t bits = prefix.base().bytes().size() * 8;
  for (size_t bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
    if ((match.wildcard[bit / 8] & mask) != 0) continue;
    if (bit >= prefix.length()) return false;
    if (((match.address.raw()[bit / 8] ^ prefix.base().raw()[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

// Every packet that the selectors name matches the line.
bool Covers(const ipsec::PolicyLine& line, const ipsec::Selectors& selectors) {
  if (line.protocol != 0 && line.protocol != selectors.protocol) return false;
  if (line.icmp_type || line.fragments) return false;
  return Covers(line.source, selectors.local) && Covers(line.destination, selectors.remote) &&
         Covers(line.source_ports, selectors.local_ports) &&
         Covers(line.destination_ports, selectors.remote_ports);
}

ipsec::AddressMatch ToMatch(const net::Prefix& prefix) {
  return {prefix.base(), prefix.HostBits()};
}

ipsec::PolicyLine ToLine(const ipsec::Selectors& selectors) {
  ipsec::PolicyLine line;
  line.protocol = selectors.protocol;
  line.source = ToMatch(selectors.local);
  line.destination = ToMatch(selectors.remote);
  line.source_ports = selectors.local_ports;
  line.destination_ports = selectors.remote_ports;
  return line;
}

// What comes from the template.
void Inherit(const CompiledEntry& from, CompiledEntry& entry) {
  entry.interfaces = from.interfaces;
  entry.local = from.local;
  entry.df_mode = from.df_mode;
  entry.own_df = from.own_df;
  entry.df_modes = from.df_modes;
  entry.ipv6 = from.ipv6;
  entry.rules.kind = EntryKind::kIsakmp;
  entry.rules.per_interface = from.rules.per_interface;
}

}  // namespace

Result<DynamicProposal> Accept(const CompiledEntry& from, const DynamicProposal& proposal,
                               const net::NameTable& names) {
  if (!from.problem.empty()) return Err(ErrorCode::kUnavailable, "the dynamic map is incomplete");
  DynamicProposal accepted = proposal;
  ipsec::Selectors& selectors = accepted.selectors;
  const net::Family family = from.ipv6 ? net::Family::kV6 : net::Family::kV4;
  for (net::Prefix* prefix : {&selectors.local, &selectors.remote}) {
    if (prefix->family() == net::Family::kNone) *prefix = net::Prefix::Any(family);
    if (prefix->family() != family) {
      return Err(ErrorCode::kInvalidArgument,
                 "selectors of another IP version than the crypto map");
    }
  }
  const bool icmp =
      selectors.protocol == net::kProtocolIcmp || selectors.protocol == net::kProtocolIcmpV6;
  if (selectors.HasPorts() && icmp) {
    return Err(ErrorCode::kUnsupported, "selectors with ICMP types");
  }
  if (selectors.HasPorts() && !net::ProtocolHasPorts(selectors.protocol)) {
    return Err(ErrorCode::kInvalidArgument, "selectors with ports of a protocol that has none");
  }
  if (!proposal.peer.IsRoutableUnicast()) {
    return Err(ErrorCode::kInvalidArgument, "the peer has no address");
  }
  if (proposal.peer.family() != family) {
    return Err(ErrorCode::kInvalidArgument, "a peer of another IP version than the crypto map");
  }
  if (from.names_peers && !HasPeer(from, proposal.peer, names)) {
    return Err(ErrorCode::kNotFound, "the peer is not one of the dynamic map's");
  }
  // The first line that names all of it decides; what only some of it matches is no answer.
  const auto line = std::ranges::find_if(
      from.lines, [&](const ipsec::PolicyLine& each) { return Covers(each, selectors); });
  if (!from.lines.empty() && (line == from.lines.end() || !line->permit)) {
    return Err(ErrorCode::kNotFound, "no permit of the dynamic map's access list covers the flow");
  }
  return accepted;
}

TemporaryEntries::Name TemporaryEntries::NameOf(uint32_t template_id, const ipsec::Selectors& s) {
  return {template_id, fmt::format("{} {} {} {}-{} {}-{}", net::ToString(s.local),
                                   net::ToString(s.remote), s.protocol, s.local_ports.low,
                                   s.local_ports.high, s.remote_ports.low, s.remote_ports.high)};
}

// Not that of another one until two billions more were made: packets under way name them.
uint32_t TemporaryEntries::NextId() {
  while (!ipsec::IsTemporary(next_id_) || entries_.contains(next_id_)) {
    next_id_ = ipsec::IsTemporary(next_id_) ? next_id_ + 1 : ipsec::kFirstTemporary;
  }
  return next_id_++;
}

Result<uint32_t> TemporaryEntries::Open(const CompiledEntry& from, const DynamicProposal& accepted,
                                        uint64_t now_ns) {
  const Name name = NameOf(from.id, accepted.selectors);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    Temporary& there = entries_.at(found->second);
    if (there.proposal.peer != accepted.peer) {
      return Err(ErrorCode::kExists, "another peer has these selectors");
    }
    there.touched_ns = now_ns;
    return found->second;
  }
  const auto of_peer = of_peer_.find(accepted.peer);
  if (of_peer != of_peer_.end() && of_peer->second >= kMaxOfPeer) {
    return Err(ErrorCode::kExhausted, "too many temporary entries of one peer");
  }
  std::map<uint32_t, uint32_t>& sequences = sequences_[from.map];
  const uint32_t sequence = sequences.empty() ? kFirstSequence : sequences.rbegin()->first + 1;
  const uint32_t id = NextId();
  const Status added = policy_.Add({id, from.id, sequence, accepted.selectors});
  if (!added) return added.error();
  Temporary& made = entries_[id];
  made.template_id = from.id;
  made.proposal = accepted;
  made.touched_ns = now_ns;
  CompiledEntry& entry = made.entry;
  entry.id = id;
  entry.map = from.map;
  entry.sequence = sequence;
  entry.dynamic_map = from.dynamic_map;
  entry.dynamic_sequence = from.dynamic_sequence;
  entry.peer = accepted.peer;
  entry.lines = {ToLine(accepted.selectors)};
  entry.selectors = accepted.selectors;
  Inherit(from, entry);
  by_name_[name] = id;
  by_template_.emplace(from.id, id);
  sequences[sequence] = id;
  ++of_peer_[accepted.peer];
  return id;
}

void TemporaryEntries::Close(uint32_t id) {
  const auto node = entries_.extract(id);
  if (node.empty()) return;
  const Temporary& closed = node.mapped();
  policy_.Remove(id);
  by_name_.erase(NameOf(closed.template_id, closed.proposal.selectors));
  by_template_.erase({closed.template_id, id});
  const auto sequences = sequences_.find(closed.entry.map);
  sequences->second.erase(closed.entry.sequence);
  if (sequences->second.empty()) sequences_.erase(sequences);
  const auto of_peer = of_peer_.find(closed.proposal.peer);
  if (--of_peer->second == 0) of_peer_.erase(of_peer);
}

void TemporaryEntries::Refresh(uint32_t id, const CompiledEntry& from) {
  if (Temporary* there = Get(id)) Inherit(from, there->entry);
}

TemporaryEntries::Temporary* TemporaryEntries::Get(uint32_t id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const TemporaryEntries::Temporary* TemporaryEntries::Get(uint32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<uint32_t> TemporaryEntries::NextOf(uint32_t template_id, uint32_t from) const {
  const auto found = by_template_.lower_bound({template_id, from});
  if (found == by_template_.end() || found->first != template_id) return std::nullopt;
  return found->second;
}

const std::map<uint32_t, uint32_t>& TemporaryEntries::OfMap(const std::string& map) const {
  static const std::map<uint32_t, uint32_t> kNone;
  const auto found = sequences_.find(map);
  return found == sequences_.end() ? kNone : found->second;
}

}  // namespace vam::fwd
