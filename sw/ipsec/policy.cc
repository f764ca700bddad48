#include "sw/ipsec/policy.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vam::ipsec {
namespace {

// Words 4 and 5 of Policy::Words.
constexpr unsigned kSourcePortShift = 32, kDestinationPortShift = 48;
constexpr unsigned kProtocolShift = 0, kProtocolHiddenShift = 8, kIcmpTypeShift = 16,
                   kIcmpCodeShift = 24, kPortsFieldShift = 32, kIcmpFieldShift = 40,
                   kLaterFragmentShift = 48, kFamilyShift = 56;
constexpr uint64_t kByte = 0xff, kPort = 0xffff, kNumber = 0xffffffff;

bool Fits(const AddressMatch& match, net::Family family) {
  return match.address.is_none() || match.address.family() == family;
}

// The bits of an address that `match` compares, in wire order; an IPv4 address has the first four.
std::array<uint8_t, 16> Mask(const AddressMatch& match) {
  std::array<uint8_t, 16> mask{};
  const size_t bytes = match.address.bytes().size();
  for (size_t i = 0; i < bytes; ++i) mask[i] = static_cast<uint8_t>(~match.wildcard[i]);
  return mask;
}

// The part of the address under the mask.
std::array<uint8_t, 16> Value(const AddressMatch& match) {
  std::array<uint8_t, 16> value = Mask(match);
  for (size_t i = 0; i < value.size(); ++i) value[i] &= match.address.raw()[i];
  return value;
}

bool HasPorts(const PolicyLine& line) {
  return !line.source_ports.IsAny() || !line.destination_ports.IsAny();
}

uint8_t Flags(const PolicyLine& line) {
  uint8_t flags = line.permit ? LineRest::kPermit : 0;
  if (HasPorts(line)) flags |= LineRest::kPorts;
  if (line.icmp_type) flags |= LineRest::kIcmpType;
  if (line.icmp_type && line.icmp_code) flags |= LineRest::kIcmpCode;
  if (line.fragments) flags |= LineRest::kFragments;
  return flags;
}

LineRest ToRest(const PolicyLine& line, uint32_t entry, uint32_t index) {
  LineRest rest{};
  rest.entry = entry;
  rest.line = index;
  rest.source_ports = line.source_ports;
  rest.destination_ports = line.destination_ports;
  rest.protocol = line.protocol;
  rest.icmp_type = line.icmp_type.value_or(0);
  rest.icmp_code = line.icmp_code.value_or(0);
  rest.flags = Flags(line);
  return rest;
}

template <typename Gate>
Gate ToGate(const PolicyLine& line) {
  return {Gate::Load(Value(line.source)), Gate::Load(Mask(line.source)),
          Gate::Load(Value(line.destination)), Gate::Load(Mask(line.destination))};
}

// What LineRest::Matches and the gates read for this line.
Policy::Words LooksAt(const PolicyLine& line) {
  Policy::Words words{};
  const std::array<uint8_t, 16> source = Mask(line.source), destination = Mask(line.destination);
  std::memcpy(&words[0], source.data(), source.size());
  std::memcpy(&words[2], destination.data(), destination.size());
  if (!line.source_ports.IsAny()) words[4] |= kPort << kSourcePortShift;
  if (!line.destination_ports.IsAny()) words[4] |= kPort << kDestinationPortShift;
  if (HasPorts(line)) words[5] |= kByte << kPortsFieldShift;
  if (line.protocol != 0) words[5] |= kByte << kProtocolShift | kByte << kProtocolHiddenShift;
  if (line.icmp_type) words[5] |= kByte << kIcmpTypeShift | kByte << kIcmpFieldShift;
  if (line.icmp_type && line.icmp_code) words[5] |= kByte << kIcmpCodeShift;
  if (line.fragments) words[5] |= kByte << kLaterFragmentShift;
  return words;
}

}  // namespace

AddressMatch AddressMatch::V4(uint32_t address, uint32_t wildcard) {
  AddressMatch match;
  match.address = net::Address::V4(address);
  match.wildcard = net::Address::V4(wildcard).raw();
  return match;
}

AddressMatch AddressMatch::V6(const net::Address& address,
                              const std::array<uint8_t, 16>& wildcard) {
  return {address, wildcard};
}

Policy::Policy(std::vector<PolicyEntry> entries, uint32_t number) : number_(number) {
  std::stable_sort(entries.begin(), entries.end(), [](const PolicyEntry& a, const PolicyEntry& b) {
    return a.sequence < b.sequence;
  });
  for (Words* mask : {&mask_v4_, &mask_v6_}) {
    *mask = {};
    (*mask)[4] = kNumber;
    (*mask)[5] = kByte << kFamilyShift;
  }
  for (const PolicyEntry& entry : entries) {
    AddLines(v4_, mask_v4_, entry.lines, net::Family::kV4);
    AddLines(v6_, mask_v6_, entry.lines, net::Family::kV6);
    const auto position = static_cast<uint32_t>(entries_.size());
    const bool has_list = !entry.lines.empty();
    if (entry.dynamic) templates_.push_back({position, entry.id, has_list});
    entries_.push_back({entry.id, entry.sequence, entry.complete, has_list});
  }
  v4_.begins.push_back(static_cast<uint32_t>(v4_.gates.size()));
  v6_.begins.push_back(static_cast<uint32_t>(v6_.gates.size()));
}

template <typename Gate>
void Policy::AddLines(PolicyTable<Gate>& table, Words& mask, const std::vector<PolicyLine>& lines,
                      net::Family family) {
  const size_t begin = table.gates.size();
  table.begins.push_back(static_cast<uint32_t>(begin));
  const auto entry = static_cast<uint32_t>(entries_.size());
  for (uint32_t i = 0; i < lines.size(); ++i) {
    if (!Fits(lines[i].source, family) || !Fits(lines[i].destination, family)) continue;
    table.gates.push_back(ToGate<Gate>(lines[i]));
    table.rests.push_back(ToRest(lines[i], entry, i));
    const Words looks_at = LooksAt(lines[i]);
    for (size_t word = 0; word < mask.size(); ++word) mask[word] |= looks_at[word];
  }
  const auto end = static_cast<uint32_t>(table.gates.size());
  for (size_t i = begin; i < end; ++i) table.rests[i].next_entry = end;
}

PolicyMatch Policy::Find(const Flow& flow) const {
  bool denied = false;
  PolicyMatch match = FindWithDenies(flow, [&denied](uint32_t, uint32_t) { denied = true; });
  if (denied) match.denies = kWalkForDenies;
  return match;
}

bool Policy::Admits(uint32_t position, uint32_t line, const Flow& flow) const {
  const auto wanted = [line](uint32_t index) { return line == kAnyLine || index == line; };
  return flow.source.is_v6() ? v6_.Admits(position, flow, wanted)
                             : v4_.Admits(position, flow, wanted);
}

Policy::Words Policy::WordsOf(const Flow& flow, uint32_t number) {
  Words words;
  std::memcpy(&words[0], flow.source.raw().data(), 16);
  std::memcpy(&words[2], flow.destination.raw().data(), 16);
  words[4] = number | static_cast<uint64_t>(flow.source_port) << kSourcePortShift |
             static_cast<uint64_t>(flow.destination_port) << kDestinationPortShift;
  words[5] = static_cast<uint64_t>(flow.protocol) << kProtocolShift |
             static_cast<uint64_t>(flow.protocol_hidden) << kProtocolHiddenShift |
             static_cast<uint64_t>(flow.icmp_type) << kIcmpTypeShift |
             static_cast<uint64_t>(flow.icmp_code) << kIcmpCodeShift |
             static_cast<uint64_t>(flow.ports) << kPortsFieldShift |
             static_cast<uint64_t>(flow.icmp) << kIcmpFieldShift |
             static_cast<uint64_t>(flow.later_fragment) << kLaterFragmentShift |
             static_cast<uint64_t>(flow.source.is_v6()) << kFamilyShift;
  return words;
}

}  // namespace vam::ipsec
