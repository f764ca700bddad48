// A second opinion on sw/ipsec/policy.h, slow and obvious: bit by bit, entry by entry, written from
// the text of SY-72..79 and RFC 4301 apart from the code. Also policies and flows drawn from small
// sets of values, so that matches are common.
#ifndef VAM_TESTS_UNIT_SW_IPSEC_POLICY_ORACLE_H_
#define VAM_TESTS_UNIT_SW_IPSEC_POLICY_ORACLE_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sw/ipsec/policy.h"

namespace vam::ipsec::test {

enum class Answer { kNo, kUnknown, kYes };

inline bool BitOf(const std::array<uint8_t, 16>& bytes, size_t bit) {
  return (bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

inline Answer AddressAnswer(const AddressMatch& match, const net::Address& address) {
  if (match.address.is_none()) return Answer::kYes;
  if (match.address.family() != address.family()) return Answer::kNo;
  const size_t bits = address.is_v4() ? 32 : 128;
  for (size_t bit = 0; bit < bits; ++bit) {
    if (BitOf(match.wildcard, bit)) continue;
    if (BitOf(match.address.raw(), bit) != BitOf(address.raw(), bit)) return Answer::kNo;
  }
  return Answer::kYes;
}

inline Answer ProtocolAnswer(const PolicyLine& line, const Flow& flow) {
  if (line.protocol == 0) return Answer::kYes;
  if (flow.protocol_hidden) return Answer::kUnknown;
  return line.protocol == flow.protocol ? Answer::kYes : Answer::kNo;
}

inline Answer PortsAnswer(const PolicyLine& line, const Flow& flow) {
  const auto all = [](const PortRange& r) { return r.low == 0 && r.high == 65535; };
  if (all(line.source_ports) && all(line.destination_ports)) return Answer::kYes;
  if (flow.ports == Field::kAbsent) return Answer::kNo;
  if (flow.ports == Field::kHidden) return Answer::kUnknown;
  const bool source =
      flow.source_port >= line.source_ports.low && flow.source_port <= line.source_ports.high;
  const bool destination = flow.destination_port >= line.destination_ports.low &&
                           flow.destination_port <= line.destination_ports.high;
  return source && destination ? Answer::kYes : Answer::kNo;
}

inline Answer IcmpAnswer(const PolicyLine& line, const Flow& flow) {
  if (!line.icmp_type.has_value()) return Answer::kYes;
  if (flow.icmp == Field::kAbsent) return Answer::kNo;
  if (flow.icmp == Field::kHidden) return Answer::kUnknown;
  if (*line.icmp_type != flow.icmp_type) return Answer::kNo;
  if (line.icmp_code.has_value() && *line.icmp_code != flow.icmp_code) return Answer::kNo;
  return Answer::kYes;
}

inline bool OracleMatches(const PolicyLine& line, const Flow& flow) {
  const std::vector<Answer> answers = {
      AddressAnswer(line.source, flow.source),
      AddressAnswer(line.destination, flow.destination),
      ProtocolAnswer(line, flow),
      PortsAnswer(line, flow),
      IcmpAnswer(line, flow),
      line.fragments && !flow.later_fragment ? Answer::kNo : Answer::kYes};
  const auto has = [&](Answer a) {
    return std::find(answers.begin(), answers.end(), a) != answers.end();
  };
  if (has(Answer::kNo)) return false;
  // Unknown protects: a permit takes it, a deny does not.
  return has(Answer::kUnknown) ? line.permit : true;
}

inline PolicyMatch OracleFind(const std::vector<PolicyEntry>& entries, const Flow& flow) {
  // Ascending sequence, and the given order among equals.
  std::vector<bool> seen(entries.size(), false);
  for (size_t turn = 0; turn < entries.size(); ++turn) {
    std::optional<size_t> next;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!seen[i] && (!next || entries[i].sequence < entries[*next].sequence)) next = i;
    }
    seen[*next] = true;
    const PolicyEntry& entry = entries[*next];
    for (uint32_t i = 0; i < entry.lines.size(); ++i) {
      if (!OracleMatches(entry.lines[i], flow)) continue;
      if (entry.lines[i].permit) return {entry.id, i, entry.complete};
      break;
    }
  }
  return {};
}

// The deny lines that a packet meets before what OracleFind names: {entry id, line}.
inline std::vector<std::pair<uint32_t, uint32_t>> OracleDenies(
    const std::vector<PolicyEntry>& entries, const Flow& flow) {
  std::vector<PolicyEntry> ordered = entries;
  std::stable_sort(ordered.begin(), ordered.end(), [](const PolicyEntry& a, const PolicyEntry& b) {
    return a.sequence < b.sequence;
  });
  std::vector<std::pair<uint32_t, uint32_t>> denies;
  for (const PolicyEntry& entry : ordered) {
    for (uint32_t i = 0; i < entry.lines.size(); ++i) {
      if (!OracleMatches(entry.lines[i], flow)) continue;
      if (entry.lines[i].permit) return denies;
      denies.emplace_back(entry.id, i);
      break;
    }
  }
  return denies;
}

inline bool OracleAdmits(const PolicyEntry& entry, uint32_t line, const Flow& flow) {
  for (uint32_t i = 0; i < entry.lines.size(); ++i) {
    const bool matches = OracleMatches(entry.lines[i], flow);
    if (matches && !entry.lines[i].permit) return false;
    if (matches && (line == kAnyLine || line == i)) return true;
  }
  return false;
}

// `pick(n)` gives a number in [0, n): where chance (or a fuzzer) comes in.
template <typename Pick>
net::Address DrawAddress(Pick& pick, bool v6) {
  const uint32_t low = pick(4), high = pick(2);
  if (!v6) return net::Address::V4(0x0a000000 | high << 16 | low);
  std::array<uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[6] = static_cast<uint8_t>(high);
  bytes[15] = static_cast<uint8_t>(low);
  return net::Address::V6(bytes);
}

template <typename Pick>
AddressMatch DrawMatch(Pick& pick, bool v6) {
  const uint32_t kind = pick(9);
  if (kind >= 7) return {};  // any, of both families
  // Hosts, prefixes, and wildcards with holes, over the bits that DrawAddress varies.
  constexpr uint32_t kWildcards[] = {0, 1, 3, 2, 0x00010000, 0x00010001, 0xffffffff};
  const uint32_t wildcard = kWildcards[kind];
  const net::Address address = DrawAddress(pick, v6);
  if (!v6) return AddressMatch::V4(address.v4(), wildcard);
  std::array<uint8_t, 16> bytes{};
  if (wildcard == 0xffffffff) bytes.fill(0xff);
  bytes[6] |= static_cast<uint8_t>(wildcard >> 16 & 1);
  bytes[15] |= static_cast<uint8_t>(wildcard & 3);
  return AddressMatch::V6(address, bytes);
}

template <typename Pick>
PortRange DrawPorts(Pick& pick) {
  constexpr PortRange kRanges[] = {{1, 1}, {1, 2}, {0, 0}, {2, 65535}, {3, 1}};
  return pick(3) == 0 ? kRanges[pick(5)] : PortRange{};
}

constexpr uint8_t kProtocols[] = {0, 1, 6, 17, 58, 47};

template <typename Pick>
PolicyLine DrawLine(Pick& pick) {
  PolicyLine line;
  const bool v6 = pick(3) == 0;
  line.permit = pick(3) != 0;
  if (pick(2) == 0) line.protocol = kProtocols[pick(6)];
  line.source = DrawMatch(pick, v6);
  line.destination = DrawMatch(pick, pick(16) == 0 ? !v6 : v6);
  line.source_ports = DrawPorts(pick);
  line.destination_ports = DrawPorts(pick);
  if (pick(8) == 0) line.icmp_type = static_cast<uint8_t>(pick(2) * 8);
  if (pick(2) == 0) line.icmp_code = static_cast<uint8_t>(pick(2));
  line.fragments = pick(8) == 0;
  return line;
}

// Ids are distinct; sequences need not be.
template <typename Pick>
std::vector<PolicyEntry> DrawEntries(Pick& pick) {
  std::vector<PolicyEntry> entries(pick(5));
  for (uint32_t i = 0; i < entries.size(); ++i) {
    entries[i].id = 100 + i * 7;
    entries[i].sequence = pick(4) * 10;
    entries[i].complete = pick(4) != 0;
    entries[i].lines.resize(pick(6));
    for (PolicyLine& line : entries[i].lines) line = DrawLine(pick);
  }
  return entries;
}

template <typename Pick>
Flow DrawFlow(Pick& pick) {
  Flow flow;
  const bool v6 = pick(3) == 0;
  flow.source = DrawAddress(pick, v6);
  flow.destination = DrawAddress(pick, v6);
  flow.protocol = kProtocols[1 + pick(5)];
  flow.protocol_hidden = pick(8) == 0;
  flow.later_fragment = pick(4) == 0;
  flow.ports = static_cast<Field>(pick(3));
  flow.icmp = static_cast<Field>(pick(3));
  if (flow.ports == Field::kShown) {
    flow.source_port = static_cast<uint16_t>(pick(4));
    flow.destination_port = static_cast<uint16_t>(pick(4));
  }
  if (flow.icmp == Field::kShown) {
    flow.icmp_type = static_cast<uint8_t>(pick(2) * 8);
    flow.icmp_code = static_cast<uint8_t>(pick(2));
  }
  return flow;
}

// `flow` with one field drawn anew.
template <typename Pick>
Flow DrawNear(Pick& pick, Flow flow) {
  const Flow other = DrawFlow(pick);
  const bool same_family = other.source.family() == flow.source.family();
  switch (pick(9)) {
    case 0:
      if (same_family) flow.source = other.source;
      break;
    case 1:
      if (same_family) flow.destination = other.destination;
      break;
    case 2:
      flow.protocol = other.protocol;
      break;
    case 3:
      flow.protocol_hidden = other.protocol_hidden;
      break;
    case 4:
      flow.later_fragment = other.later_fragment;
      break;
    case 5:
      flow.ports = other.ports;
      break;
    case 6:
      flow.icmp = other.icmp;
      break;
    case 7:
      flow.source_port = other.source_port;
      flow.icmp_type = other.icmp_type;
      break;
    default:
      flow.destination_port = other.destination_port;
      flow.icmp_code = other.icmp_code;
  }
  return flow;
}

}  // namespace vam::ipsec::test

#endif  // VAM_TESTS_UNIT_SW_IPSEC_POLICY_ORACLE_H_
