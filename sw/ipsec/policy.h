// The security policy database: which packets are protected, and by which line of which crypto map
// entry (RFC 4301, 4.4.1; SY-71..105).
#ifndef VAM_SW_IPSEC_POLICY_H_
#define VAM_SW_IPSEC_POLICY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sw/ipsec/flow.h"
#include "sw/ipsec/policy_table.h"
#include "sw/ipsec/sa.h"
#include "sw/net/address.h"

namespace vam::ipsec {

// Addresses that agree with `address` in every bit that is 0 in `wildcard`; the ones of a wildcard
// need not be contiguous. No family: every address of both families.
struct AddressMatch {
  net::Address address;
  std::array<uint8_t, 16> wildcard{};  // wire order, beside Address::raw()

  static AddressMatch V4(uint32_t address, uint32_t wildcard);  // host order
  static AddressMatch V6(const net::Address& address, const std::array<uint8_t, 16>& wildcard);
  bool operator==(const AddressMatch&) const = default;
};

// One line of an access list, as it reads for outbound packets. A line whose two addresses are of
// different families matches nothing.
struct PolicyLine {
  bool permit = true;
  uint8_t protocol = 0;  // 0: any
  AddressMatch source, destination;
  PortRange source_ports, destination_ports;  // other than "any": packets with ports only
  std::optional<uint8_t> icmp_type;           // packets of ICMP only
  std::optional<uint8_t> icmp_code;           // looked at beside a type only
  bool fragments = false;                     // later fragments only
  bool operator==(const PolicyLine&) const = default;
};

// One crypto map entry.
struct PolicyEntry {
  uint32_t id = 0;        // the caller's name for it; SA sets and counters are kept under it
  uint32_t sequence = 0;  // its number in the map
  std::vector<PolicyLine> lines;
  bool complete = true;  // false: what it permits has no SA and cannot get one
  bool dynamic = false;  // a template: its temporary entries stand before its own lines
};

inline constexpr uint32_t kNoPosition = 0xffffffff;
inline constexpr uint32_t kNoPolicyEntry = 0xffffffff;
inline constexpr uint32_t kAnyLine = 0xffffffff;
// PolicyMatch.denies: there are some, and only another walk tells which.
inline constexpr uint32_t kWalkForDenies = 0x7fffffff;

// What policy says about a packet. {entry, line} names the SA set: one per permit line (IOS-30).
struct PolicyMatch {
  uint32_t entry = kNoPolicyEntry;  // id; kNoPolicyEntry: the packet is not protected
  uint32_t line = 0;                // index in the entry's list
  bool complete = true;             // as in the entry
  // Where the entry stands in its policy, a temporary one where its template does; kNoPosition: the
  // packet is not protected.
  uint32_t position = kNoPosition;
  // The line looks at ports or ICMP types, which later fragments hide: an SA for it takes whole
  // packets only (RFC 4301, 7).
  bool whole = false;
  // The deny lines that the packet met on its way: PolicyCache::ForEachDeny. 0: none.
  uint32_t denies = 0;

  bool protect() const { return entry != kNoPolicyEntry; }
  // The rest follows from these.
  bool operator==(const PolicyMatch& other) const {
    return entry == other.entry && line == other.line && complete == other.complete;
  }
};

// The crypto map of an interface. Immutable: any number of threads may ask it.
//
// A packet is looked up in the entries by ascending sequence. Within an entry the first matching
// line decides: a permit protects, a deny goes on with the next entry, as does no match (SY-74).
// A field that a packet hides (Field::kHidden) matches a permit and no deny, so that no fragment
// slips past a permit with ports.
//
// The structure is the ordered list itself, flattened: addresses and masks of all lines lie in one
// array per family, which a lookup reads from front to back; the rest of a line is read only when
// its addresses match.
class Policy {
 public:
  struct Entry {
    uint32_t id;
    uint32_t sequence;
    bool complete;
    bool has_list;  // at least one line
  };
  // An entry that has temporary entries (policy_temporaries.h).
  struct Template {
    uint32_t position;
    uint32_t id;
    bool has_list;
  };

  // `number`: distinguishes the policies that share a PolicyCache. Entries of one sequence keep
  // their order.
  explicit Policy(std::vector<PolicyEntry> entries = {}, uint32_t number = 0);

  // For an outbound packet. An inbound packet that came in clear is looked up as flow.Reversed():
  // what would be protected on its way out must not come in so (SY-75, SY-77).
  PolicyMatch Find(const Flow& flow) const;
  // Calls `on_deny(position, line)` for each deny line that sends the packet on to the next entry.
  template <typename OnDeny>
  PolicyMatch FindWithDenies(const Flow& flow, OnDeny on_deny) const {
    const auto tell = [&on_deny](const LineRest& rest) { on_deny(rest.entry, rest.line); };
    const LineRest* line = flow.source.is_v6() ? v6_.Find(flow, tell) : v4_.Find(flow, tell);
    return line == nullptr ? PolicyMatch{} : MatchOf(line->entry, line->line, line->whole());
  }
  // What Find says when this line decides. Requires: it is one of this policy; or kNoPosition.
  PolicyMatch MatchOf(uint32_t position, uint32_t line, bool whole, uint32_t denies = 0) const {
    PolicyMatch match;
    match.denies = denies;
    if (position == kNoPosition) return match;
    const Entry& entry = entries_[position];
    return {entry.id, line, entry.complete, position, whole, denies};
  }

  // After decapsulation: whether the SA set of {entry at `position`, line} is for this packet (RFC
  // 4301, 5.2 step 4): the line matches, and no deny above it does. `flow` is that of the other
  // direction, flow.Reversed() of the inner packet. kAnyLine: any permit of the entry.
  // Requires: position < entries().size().
  bool Admits(uint32_t position, uint32_t line, const Flow& flow) const;

  const std::vector<Entry>& entries() const { return entries_; }         // in the order of lookup
  const std::vector<Template>& templates() const { return templates_; }  // in the same order
  bool HasList(uint32_t position) const { return entries_[position].has_list; }
  uint32_t number() const { return number_; }
  // How long the list of a family is.
  size_t lines(bool v6) const { return v6 ? v6_.gates.size() : v4_.gates.size(); }

  // A packet as six words with everything that any line might look at, and the bits of them that
  // some line of this policy does look at. Equal words under the mask, equal result.
  using Words = std::array<uint64_t, 6>;
  static Words WordsOf(const Flow& flow, uint32_t number);
  const Words& mask(bool v6) const { return v6 ? mask_v6_ : mask_v4_; }

 private:
  // Appends the lines of the next entry that are of `family`.
  template <typename Gate>
  void AddLines(PolicyTable<Gate>& table, Words& mask, const std::vector<PolicyLine>& lines,
                net::Family family);

  uint32_t number_;
  std::vector<Entry> entries_;
  std::vector<Template> templates_;
  PolicyTable<GateV4> v4_;
  PolicyTable<GateV6> v6_;
  Words mask_v4_, mask_v6_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_POLICY_H_
