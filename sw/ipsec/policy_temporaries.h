// Temporary entries of dynamic crypto maps, beside the policies whose templates they come from
// (SY-66, IOS-48).
#ifndef VAM_SW_IPSEC_POLICY_TEMPORARIES_H_
#define VAM_SW_IPSEC_POLICY_TEMPORARIES_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sw/base/result.h"
#include "sw/ipsec/policy.h"
#include "sw/ipsec/policy_cache.h"

namespace vam::ipsec {

// Ids of temporary entries begin here; those of the configuration are below.
inline constexpr uint32_t kFirstTemporary = 0x80000000;
constexpr bool IsTemporary(uint32_t entry) {
  return entry >= kFirstTemporary && entry != kNoPolicyEntry;
}

// What one peer may have under a template: a permit for its selectors.
struct TemporaryEntry {
  uint32_t id = kFirstTemporary;
  uint32_t template_id = 0;  // PolicyEntry::id
  uint32_t order = 0;   // the lower one is met first; unlike that of every other of the template
  Selectors selectors;  // prefixes of one family
};

// Belongs to the worker. A packet that comes to a template meets its temporary entries by their
// order, then the template's own list. An entry has what its selectors name and the template's list
// permits: what the list denies goes on as it would without the entry (SY-85). A template without a
// list permits all.
//
// They are not in Policy: that is immutable and one array, so each of ten thousand road warriors
// would copy all of it and forget all cached results. Here a set-up costs one insertion, and the
// cached result of the configured lines stays right, for the two are asked one after the other. A
// lookup is one exact match for each pair of prefix lengths that occurs (tuple space search), which
// is one or a few where peers are hosts or networks of one size, and bounded where they are not.
class TemporaryPolicy {
 public:
  static constexpr size_t kMaxEntries = 16'384;
  static constexpr size_t kMaxShapes = 64;  // pairs of prefix lengths under one template
  static constexpr size_t kMaxAlike = 64;   // entries of a template with the same two prefixes

  // `key`: by chance, and secret: peers choose their selectors.
  explicit TemporaryPolicy(const SipHashKey& key) : by_key_(0, Hash{key}) {}

  // kExhausted: at one of the limits. kExists: the id. kInvalidArgument: prefixes of two families
  // or of none, an id of the configuration.
  Status Add(const TemporaryEntry& entry);
  void Remove(uint32_t id);  // nothing when there is none
  // nullptr: there is none.
  const TemporaryEntry* Get(uint32_t id) const;
  size_t size() const { return entries_.size(); }

  // What `policy` and the temporary entries say together; `configured` is policy.Find(flow). Line 0
  // of a temporary entry is its only one. Allocates nothing.
  PolicyMatch Find(const Policy& policy, const Flow& flow, const PolicyMatch& configured) const;

  // As Policy::Admits, of the entry `id` whose template stands at `position`.
  bool Admits(const Policy& policy, uint32_t position, uint32_t id, const Flow& flow) const;

 private:
  // Addresses under their masks, template, prefix lengths and family.
  using Key = Policy::Words;
  struct Hash {
    SipHashKey key;
    size_t operator()(const Key& words) const { return SipHash(key, words); }
  };
  struct Shape {
    net::Family family;
    uint8_t local_bits, remote_bits;
    size_t entries;
    std::array<uint64_t, 4> mask;  // beside the first words of the key
  };
  struct Item {
    uint32_t id, order;
    LineRest rest;
  };

  static Key KeyOf(uint32_t template_id, const Shape& shape, const net::Address& local,
                   const net::Address& remote);
  const Item* Best(uint32_t template_id, const Flow& flow) const;
  std::vector<Shape>::iterator FindShape(const TemporaryEntry& entry);

  std::unordered_map<uint32_t, TemporaryEntry> entries_;     // by id
  std::unordered_map<Key, std::vector<Item>, Hash> by_key_;  // items by order
  std::vector<std::vector<Shape>> shapes_;                   // by template id
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_POLICY_TEMPORARIES_H_
