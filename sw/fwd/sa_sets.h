// The SA sets of the data plane: which SAs protect the traffic of one policy line, in each
// direction, and whose an inbound packet is.
#ifndef VAM_SW_FWD_SA_SETS_H_
#define VAM_SW_FWD_SA_SETS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/base/result.h"
#include "sw/fwd/counters.h"
#include "sw/fwd/inbound_numbers.h"
#include "sw/ipsec/policy_temporaries.h"
#include "sw/ipsec/sa.h"
#include "sw/net/address.h"
#include "sw/offload/broker.h"

namespace vam::fwd {

inline constexpr size_t kMaxBundle = 4;  // SAs of one direction, one inside the other
inline constexpr uint32_t kNoSet = 0xffffffff;
inline constexpr uint16_t kAnyInterface = 0xffff;

enum class EntryKind : uint8_t { kManual, kIsakmp, kDynamic };

// What a crypto map entry says about its SA sets.
struct EntryRules {
  EntryKind kind = EntryKind::kManual;
  bool per_host = false;       // a set per pair of hosts (SY-60), not per line
  bool per_interface = false;  // each interface has its own part of the SAD (SY-95)
  bool operator==(const EntryRules&) const = default;
};

// What passed through one SA set. Names as `show crypto ipsec sa` has them.
struct FlowCounters {
  Counter encaps, encrypted;
  Counter decaps, decrypted;
  Counter send_errors, recv_errors;
  FewReasons drops;

  void Clear();
};

// Names an SA set: one per permit line (SY-59), or per pair of hosts.
struct SaSetKey {
  uint32_t entry = 0;
  uint32_t line = ipsec::kAnyLine;     // kAnyLine: the set serves every line
  uint16_t interface = kAnyInterface;  // kAnyInterface: all that carry the map share the set
  net::Address source, destination;    // of packets going out, with a set per host pair; else none
  bool per_host() const { return !source.is_none(); }
  auto operator<=>(const SaSetKey&) const = default;
};

// One SA of a bundle, as packets need it.
struct PathSa {
  ipsec::SaSettings settings;
  // Inbound, manual: null, every number may be delivered.
  std::unique_ptr<InboundNumbers> numbers;
  // Where it runs, as the broker said in this epoch of its.
  uint64_t epoch = UINT64_MAX;
  offload::Broker::State state = offload::Broker::State::kInstalling;
  ipsec::Engine* engine = nullptr;
  ipsec::SaRef ref;
  // Inbound, in UDP: where verified packets come from that is not where the SA says.
  struct Seen {
    net::Address address;
    uint16_t port = 0;
    uint32_t number = 0;  // of the packet that showed it
    uint64_t told_ns = 0;
  };
  std::unique_ptr<Seen> seen;  // null: nowhere else
  // Our end as its engine knows it, of an SA that has others since it was installed (RFC 4555);
  // none: that of `settings`.
  net::Address installed_local;
  bool has_moved() const { return !installed_local.is_none(); }
};

// A bundle that may be gone: another one may have its place.
struct BundleRef {
  uint32_t index = 0xffffffff;
  uint32_t generation = 0;
  bool operator==(const BundleRef&) const = default;
};

// The SAs that a packet passes one after the other in one direction: sas[0] is the innermost.
struct Bundle {
  BundleRef ref;
  uint32_t set = kNoSet;  // kNoSet: this place is free
  ipsec::Direction direction = ipsec::Direction::kOut;
  std::vector<PathSa> sas;
  uint64_t packets = 0;  // that passed all of it
};

// The other end of negotiated SAs, as people are told of it (MG-14).
struct SessionPeer {
  std::string identity;     // as whom it proved itself; empty: by its address
  std::string description;  // what the configuration calls it; may be empty
  uint16_t port = 0;        // of its IKE; 0: not known
};

struct SaSet {
  uint64_t id = 0;  // never reused
  SaSetKey key;
  // Indexes of bundles, oldest first. Going out the newest that is up is used, coming in all are.
  std::vector<uint32_t> outbound, inbound;
  uint64_t acquire_ns = 0;  // when IKE was asked last; 0: never
  uint64_t touched_ns = 0;  // when a packet waited for it or a peer proposed it
  // The role that negotiated its SAs has gone: they carry packets, and the next packet has the new
  // role asked for others.
  bool orphaned = false;
  std::shared_ptr<const SessionPeer> peer;  // of the newest outbound SAs; null: of manual ones
  FlowCounters counters;
};

// Belongs to the worker. Finding something allocates nothing and takes the same time whatever the
// number of sets; only control calls change anything.
class SaSets {
 public:
  static constexpr size_t kMaxSets = 65'536;
  static constexpr size_t kMaxHostSets = 4096;  // of them, per pair of hosts

  // The rules of an entry for packets from now on. Without rules no packet finds a set of the entry
  // on its way out, whatever sets it has.
  void SetRules(uint32_t entry, const EntryRules& rules);
  void ForgetRules(uint32_t entry);
  // nullptr: the entry is not known.
  const EntryRules* rules(uint32_t entry) const;
  // All sets of an entry.
  std::vector<uint32_t> OfEntry(uint32_t entry) const;

  // The key of the set for a packet on its way out by `interface`.
  SaSetKey KeyOf(const ipsec::PolicyMatch& match, uint16_t interface,
                 const ipsec::Flow& flow) const;
  // The set for it; kNoSet when there is none.
  uint32_t Find(const ipsec::PolicyMatch& match, uint16_t interface, const ipsec::Flow& flow) const;
  uint32_t Find(const SaSetKey& key) const;
  uint32_t FindId(uint64_t id) const;
  // Finds or makes it; kExhausted at one of the limits.
  Result<uint32_t> Open(const SaSetKey& key);
  // With all its bundles. Requires: a set.
  void Close(uint32_t set);
  // Takes the set from its entry: no key finds it, what comes in by its SAs is for no entry, and
  // all that is left is to close it. Its id stays. Requires: a set.
  void Detach(uint32_t set);
  // Gives sets other keys: the lines they are for have moved. Requires: keys of no other set.
  void Rekey(const std::vector<std::pair<uint32_t, SaSetKey>>& moved);

  bool Has(uint32_t set) const { return set < sets_.size() && sets_[set] != nullptr; }
  // Requires: Has(set).
  SaSet& at(uint32_t set) { return *sets_[set]; }
  const SaSet& at(uint32_t set) const { return *sets_[set]; }
  std::vector<uint32_t> All() const;
  // The same by entry, line, interface and hosts: for what goes over them a piece at a time.
  const std::map<SaSetKey, uint32_t>& ordered() const { return ordered_; }
  size_t host_sets() const { return host_sets_; }
  // Grows whenever a bundle comes or goes.
  uint64_t changes() const { return changes_; }

  // Adds the newest bundle of its direction. kInvalidArgument: not 1 to kMaxBundle SAs. kExists: an
  // inbound SA has the address, protocol and SPI of another one.
  Result<BundleRef> Add(uint32_t set, ipsec::Direction direction, std::vector<PathSa> sas);
  void Remove(BundleRef bundle);  // nothing when it is gone
  // The one SA of a bundle gets other ends: what goes out carries them, and what comes in is found
  // by either local address, the one that it was installed with and this one. UDP ports of 0:
  // plain. kExists: an inbound SA has the address, protocol and SPI. Requires: a bundle of one SA,
  // ends of its family.
  Status Move(BundleRef bundle, const net::Address& local, const net::Address& remote,
              uint16_t udp_local, uint16_t udp_remote);
  // nullptr: gone.
  Bundle* Get(BundleRef bundle);
  Bundle& bundle(uint32_t index) { return *bundles_[index]; }
  const Bundle& bundle(uint32_t index) const { return *bundles_[index]; }

  // Front VRF, our address, protocol and SPI of an inbound packet: never the outer source (RFC
  // 4301, 4.1).
  struct InboundKey {
    net::Address local;
    uint32_t spi = 0;
    uint16_t vrf_tag = 0;
    ipsec::Protocol protocol = ipsec::Protocol::kEsp;
    bool operator==(const InboundKey&) const = default;
  };
  static InboundKey KeyOf(const ipsec::SaSettings& sa) {
    return {sa.local, sa.spi.value, sa.vrf_tag, sa.protocol};
  }
  struct InboundPlace {
    uint32_t bundle;
    uint32_t position;  // in the bundle
  };
  struct InboundHash {
    size_t operator()(const InboundKey& key) const;
  };
  // nullptr: no such SA.
  const InboundPlace* FindInbound(const InboundKey& key) const;

 private:
  struct SetHash {
    size_t operator()(const SaSetKey& key) const;
  };
  struct Entry {
    EntryRules rules;
    bool known = false;
    uint32_t only_set = kNoSet;  // the one that serves every line
  };

  static bool IsFound(const ipsec::SaSettings& sa);
  static InboundKey InstalledKeyOf(const PathSa& sa);
  uint32_t TakeSetPlace();
  uint32_t TakeBundlePlace();
  void Forget(const SaSetKey& key);
  void Note(const SaSetKey& key, uint32_t set);
  const Entry* EntryOf(uint32_t entry) const;
  Entry& MakeEntry(uint32_t entry);

  std::vector<Entry> entries_;                       // by entry id
  std::unordered_map<uint32_t, Entry> temporaries_;  // the same of temporary entries
  std::vector<std::unique_ptr<SaSet>> sets_;
  std::vector<uint32_t> free_sets_;
  std::unordered_map<SaSetKey, uint32_t, SetHash> by_key_;
  std::map<SaSetKey, uint32_t> ordered_;  // as by_key_
  std::unordered_map<uint64_t, uint32_t> by_id_;
  std::vector<std::unique_ptr<Bundle>> bundles_;
  std::vector<uint32_t> free_bundles_;
  std::unordered_map<InboundKey, InboundPlace, InboundHash> inbound_;
  uint64_t next_id_ = 1;
  size_t host_sets_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SA_SETS_H_
