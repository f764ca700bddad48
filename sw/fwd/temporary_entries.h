// The temporary crypto map entries that peers get under templates: which proposals a template
// accepts, what the entry is called, when it goes (SY-66, SY-106..110, IOS-48..50).
#ifndef VAM_SW_FWD_TEMPORARY_ENTRIES_H_
#define VAM_SW_FWD_TEMPORARY_ENTRIES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sw/base/result.h"
#include "sw/fwd/compile.h"
#include "sw/ipsec/policy_temporaries.h"
#include "sw/net/name_table.h"

namespace vam::fwd {

// What a peer proposed for a dynamic map, as packets go out. Prefixes without family: every address
// of the crypto map's version.
struct DynamicProposal {
  net::Address peer;
  ipsec::Selectors selectors;
};

// The proposal with its prefixes in full, if the template takes it. kInvalidArgument: what no
// template takes, of another version than the map. kNotFound: the peer is not one of the
// template's, by address or by `names`, or no permit line of its list covers the selectors.
// kUnsupported: ICMP types. kUnavailable: the template is incomplete.
Result<DynamicProposal> Accept(const CompiledEntry& from, const DynamicProposal& proposal,
                               const net::NameTable& names);

// Belongs to the worker.
class TemporaryEntries {
 public:
  // Temporary entries of a map count from here, above every number that can be configured (T-17).
  static constexpr uint32_t kFirstSequence = 65'536;
  // Of one peer, so that none takes the places of the others.
  static constexpr size_t kMaxOfPeer = 1024;

  // `policy` is what packets meet; it must outlive this.
  explicit TemporaryEntries(ipsec::TemporaryPolicy& policy) : policy_(policy) {}

  struct Temporary {
    // As a negotiated entry of the map: its one line is what was proposed, its peer is the peer.
    // `dynamic_map` and `dynamic_sequence` name the template.
    CompiledEntry entry;
    uint32_t template_id = 0;  // CompiledEntry::id
    DynamicProposal proposal;
    bool had_sas = false;     // its time is over when they have gone
    uint64_t touched_ns = 0;  // when it was proposed last
  };

  // The entry for a proposal that Accept(from, ...) gave: the one that is there, or a new one.
  // kExhausted: at a limit. kExists: another peer has the same selectors, and traffic can go to one
  // only; it is for IKE, which knows who they are, to end one.
  Result<uint32_t> Open(const CompiledEntry& from, const DynamicProposal& accepted,
                        uint64_t now_ns);
  // Packets meet it no more. Nothing when there is none.
  void Close(uint32_t id);
  // The template is another one now, and still takes the proposal.
  void Refresh(uint32_t id, const CompiledEntry& from);

  // nullptr: there is none.
  Temporary* Get(uint32_t id);
  const Temporary* Get(uint32_t id) const;
  const std::map<uint32_t, Temporary>& all() const { return entries_; }  // by id: oldest first
  // The first of a template whose id is at least `from`; nothing: there is none.
  std::optional<uint32_t> NextOf(uint32_t template_id, uint32_t from) const;
  // Those of one crypto map: sequence numbers and ids.
  const std::map<uint32_t, uint32_t>& OfMap(const std::string& map) const;

 private:
  // Selectors and template in a form that can be compared.
  using Name = std::pair<uint32_t, std::string>;
  static Name NameOf(uint32_t template_id, const ipsec::Selectors& selectors);
  uint32_t NextId();

  ipsec::TemporaryPolicy& policy_;
  std::map<uint32_t, Temporary> entries_;
  std::map<Name, uint32_t> by_name_;
  std::map<std::string, std::map<uint32_t, uint32_t>> sequences_;  // by map: number to id
  std::set<std::pair<uint32_t, uint32_t>> by_template_;            // {template, id}
  std::map<net::Address, size_t> of_peer_;
  uint32_t next_id_ = ipsec::kFirstTemporary;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_TEMPORARY_ENTRIES_H_
