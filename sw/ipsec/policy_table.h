// How Policy keeps its lines: the ordered list of one address family, flattened over all entries.
#ifndef VAM_SW_IPSEC_POLICY_TABLE_H_
#define VAM_SW_IPSEC_POLICY_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sw/ipsec/flow.h"
#include "sw/ipsec/sa.h"
#include "sw/net/address.h"

namespace vam::ipsec {

// The addresses of a line: values under their masks, in words loaded from wire order, for only
// equality is asked. Mask bits are those that are compared.
template <typename Word, size_t kWords>
struct AddressGate {
  using Value = std::array<Word, kWords>;
  struct Key {
    Value source, destination;
  };
  Value source, source_mask, destination, destination_mask;

  static Value Load(const std::array<uint8_t, 16>& wire_order) {
    Value value;
    std::memcpy(value.data(), wire_order.data(), sizeof(value));
    return value;
  }
  static Key KeyOf(const Flow& flow) {
    return {Load(flow.source.raw()), Load(flow.destination.raw())};
  }
  // One comparison at the end: over a long list only that branch is to be predicted.
  bool Admits(const Key& key) const {
    Word difference = 0;
    for (size_t i = 0; i < kWords; ++i) {
      difference |= (key.source[i] & source_mask[i]) ^ source[i];
      difference |= (key.destination[i] & destination_mask[i]) ^ destination[i];
    }
    return difference == 0;
  }
};
using GateV4 = AddressGate<uint32_t, 1>;
using GateV6 = AddressGate<uint64_t, 2>;

// The other fields of a line, and where it stands.
struct LineRest {
  static constexpr uint8_t kPermit = 1, kPorts = 2, kIcmpType = 4, kIcmpCode = 8, kFragments = 16;

  uint32_t entry;       // position among the entries
  uint32_t line;        // index in the entry's own list
  uint32_t next_entry;  // in this table: where the lines of the next entry begin
  PortRange source_ports, destination_ports;
  uint8_t protocol;
  uint8_t icmp_type, icmp_code;
  uint8_t flags;

  bool permit() const { return (flags & kPermit) != 0; }
  bool whole() const { return (flags & (kPorts | kIcmpType)) != 0; }
  // All but the addresses. What the packet hides matches a permit and no deny.
  bool Matches(const Flow& flow) const {
    const bool if_hidden = permit();
    if (protocol != 0 && (flow.protocol_hidden ? !if_hidden : flow.protocol != protocol)) {
      return false;
    }
    if ((flags & kFragments) != 0 && !flow.later_fragment) return false;
    if ((flags & kPorts) != 0) {
      if (flow.ports == Field::kAbsent) return false;
      const bool in_range = source_ports.Contains(flow.source_port) &&
                            destination_ports.Contains(flow.destination_port);
      if (!(flow.ports == Field::kHidden ? if_hidden : in_range)) return false;
    }
    if ((flags & kIcmpType) != 0) {
      if (flow.icmp == Field::kAbsent) return false;
      const bool equal =
          flow.icmp_type == icmp_type && ((flags & kIcmpCode) == 0 || flow.icmp_code == icmp_code);
      if (!(flow.icmp == Field::kHidden ? if_hidden : equal)) return false;
    }
    return true;
  }
};

template <typename Gate>
struct PolicyTable {
  std::vector<Gate> gates;
  std::vector<LineRest> rests;   // beside gates
  std::vector<uint32_t> begins;  // of each entry's lines, and the end of the last one's

  // The permit line that decides, or nullptr. `on_deny` is told of each deny line that sent the
  // packet on to the next entry.
  template <typename OnDeny>
  const LineRest* Find(const Flow& flow, OnDeny on_deny) const {
    const typename Gate::Key key = Gate::KeyOf(flow);
    const size_t end = gates.size();
    for (size_t i = 0; i < end;) {
      if (!gates[i].Admits(key) || !rests[i].Matches(flow)) {
        ++i;
        continue;
      }
      if (rests[i].permit()) return &rests[i];
      on_deny(rests[i]);
      i = rests[i].next_entry;
    }
    return nullptr;
  }

  // Whether a line of the entry that `wanted` accepts is a matching permit, with no matching deny
  // above it.
  template <typename Wanted>
  bool Admits(uint32_t entry, const Flow& flow, Wanted wanted) const {
    const typename Gate::Key key = Gate::KeyOf(flow);
    for (size_t i = begins[entry]; i < begins[entry + 1]; ++i) {
      if (!gates[i].Admits(key) || !rests[i].Matches(flow)) continue;
      if (!rests[i].permit()) return false;
      if (wanted(rests[i].line)) return true;
    }
    return false;
  }
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_POLICY_TABLE_H_
