// Which peer has which address of the pools. An address is free again when the last IKE SA that
// holds its lease lets go of it, however that ends.
#ifndef VAM_SW_IKE_V2_SA_ADDRESS_LEASES_H_
#define VAM_SW_IKE_V2_SA_ADDRESS_LEASES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sw/base/result.h"
#include "sw/ike/identity.h"
#include "sw/ike/v2/policy/address_pool.h"
#include "sw/net/address.h"

namespace vam::ike::v2 {

class AddressLeases;

// Shared by the IKE SAs of one peer that follow each other.
class AddressLease {
 public:
  AddressLease(AddressLeases& leases, const net::Address& address)
      : leases_(leases), address_(address) {}
  ~AddressLease();
  AddressLease(const AddressLease&) = delete;
  AddressLease& operator=(const AddressLease&) = delete;

  const net::Address& address() const { return address_; }

 private:
  AddressLeases& leases_;
  net::Address address_;
};

// Of an IKE SA: nulls where it has none of that family.
struct Assigned {
  std::shared_ptr<const AddressLease> v4, v6;
  bool empty() const { return v4 == nullptr && v6 == nullptr; }
};

// An address that was given once keeps some 320 bytes and twice the identity of who had it last (no
// longer than kLongestIdentity): it gets the same again while that is free. Addresses that nobody
// had yet take no memory. Outlives every lease.
class AddressLeases {
 public:
  static constexpr size_t kLongestIdentity = 256;  // of longer ones nothing is kept

  // A new configuration. Leases of what is in no pool any more go on.
  void SetPools(const std::vector<AddressPool>& pools);

  struct Holder {
    Identity identity;  // that was proved
    net::Address remote;
  };
  // In this order: the address that it wishes for (none: none), if it is of the pool and free, or
  // this holder's at the same remote address, who then shares it; the one that it had last; one
  // that nobody had; the one that is free for the longest time. kNotFound: there is no such pool.
  // kExhausted: all of it is in use.
  Result<std::shared_ptr<const AddressLease>> Assign(std::string_view pool, bool ipv6,
                                                     Holder holder, const net::Address& wish);
  // Whether the address is of that pool.
  bool Has(std::string_view pool, bool ipv6, const net::Address& address) const;

  // By family and name. Looks at every lease once.
  struct Use {
    AddressPool pool;
    std::vector<uint32_t> in_use;  // of each of its ranges
  };
  std::vector<Use> pools() const;
  // Who has what of a pool, in the order of the addresses; at most so many. The same.
  std::vector<std::pair<net::Address, Identity>> Held(std::string_view pool, bool ipv6,
                                                      size_t most) const;
  uint64_t in_use() const { return in_use_; }
  uint64_t given() const { return given_; }  // ever

 private:
  friend class AddressLease;

  struct State {
    AddressPool pool;
    uint32_t fresh = 0;                      // places before it were given, or are known
    std::map<uint64_t, net::Address> freed;  // the longest time first
  };
  struct Known {
    Holder holder;
    std::weak_ptr<const AddressLease> lease;
    uint64_t freed = 0;  // its place among them; 0: in use
    State* state = nullptr;
  };
  using PoolKey = std::pair<bool, std::string>;

  State* Find(std::string_view pool, bool ipv6);
  State* StateOf(const net::Address& address);
  std::shared_ptr<const AddressLease> TakeWish(State& state, const Holder& holder,
                                               const net::Address& wish);
  net::Address FreeOf(State& state, const Identity& identity);
  std::shared_ptr<const AddressLease> Take(State& state, const net::Address& address,
                                           Holder holder);
  void Return(const net::Address& address);
  void ForgetHolder(const net::Address& address, const Known& known);

  std::map<PoolKey, State> states_;
  std::map<net::Address, State*> by_first_;  // of each range
  std::unordered_map<net::Address, Known, net::AddressHash> known_;
  std::multimap<Identity, net::Address> by_holder_;
  uint64_t order_ = 0;
  uint64_t in_use_ = 0;
  uint64_t given_ = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_ADDRESS_LEASES_H_
