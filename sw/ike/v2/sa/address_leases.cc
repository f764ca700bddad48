#include "sw/ike/v2/sa/address_leases.h"

#include <algorithm>

namespace vam::ike::v2 {

AddressLease::~AddressLease() { leases_.Return(address_); }

void AddressLeases::SetPools(const std::vector<AddressPool>& pools) {
  const bool same =
      pools.size() == states_.size() && std::ranges::all_of(pools, [this](const AddressPool& pool) {
        const State* state = Find(pool.name, pool.ipv6);
        return state != nullptr && state->pool == pool;
      });
  if (same) return;
  states_.clear();
  by_first_.clear();
  for (const AddressPool& pool : pools) {
    State& state = states_[{pool.ipv6, pool.name}];
    state.pool = pool;
    for (const AddressRange& range : pool.ranges) by_first_[range.first] = &state;
  }
  for (auto at = known_.begin(); at != known_.end();) {
    Known& known = at->second;
    known.state = StateOf(at->first);
    if (known.state == nullptr && known.freed != 0) {
      ForgetHolder(at->first, known);
      at = known_.erase(at);
      continue;
    }
    if (known.freed != 0) known.state->freed.emplace(known.freed, at->first);
    ++at;
  }
}

AddressLeases::State* AddressLeases::Find(std::string_view pool, bool ipv6) {
  const auto found = states_.find({ipv6, std::string(pool)});
  return found == states_.end() ? nullptr : &found->second;
}

AddressLeases::State* AddressLeases::StateOf(const net::Address& address) {
  const auto above = by_first_.upper_bound(address);
  if (above == by_first_.begin()) return nullptr;
  State* const state = std::prev(above)->second;
  return state->pool.Has(address) ? state : nullptr;
}

bool AddressLeases::Has(std::string_view pool, bool ipv6, const net::Address& address) const {
  const auto found = states_.find({ipv6, std::string(pool)});
  return found != states_.end() && found->second.pool.Has(address);
}

Result<std::shared_ptr<const AddressLease>> AddressLeases::Assign(std::string_view pool, bool ipv6,
                                                                  Holder holder,
                                                                  const net::Address& wish) {
  State* const state = Find(pool, ipv6);
  if (state == nullptr) return Err(ErrorCode::kNotFound, "no such pool");
  holder.identity = Folded(std::move(holder.identity));
  if (holder.identity.data.size() > kLongestIdentity) holder.identity = {};
  if (auto lease = TakeWish(*state, holder, wish)) return lease;
  const net::Address address = FreeOf(*state, holder.identity);
  if (address.is_none()) return Err(ErrorCode::kExhausted, "the pool is empty");
  return Take(*state, address, std::move(holder));
}

std::shared_ptr<const AddressLease> AddressLeases::TakeWish(State& state, const Holder& holder,
                                                            const net::Address& wish) {
  if (wish.is_none() || StateOf(wish) != &state) return nullptr;
  const auto known = known_.find(wish);
  if (known == known_.end() || known->second.freed != 0) return Take(state, wish, holder);
  const Holder& there = known->second.holder;
  const bool own = !holder.identity.empty() && there.identity == holder.identity &&
                   there.remote == holder.remote;
  return own ? known->second.lease.lock() : nullptr;
}

// None: all are in use.
net::Address AddressLeases::FreeOf(State& state, const Identity& identity) {
  const auto [first, last] = by_holder_.equal_range(identity);
  for (auto at = first; at != last && !identity.empty(); ++at) {
    const Known& known = known_.at(at->second);
    if (known.state == &state && known.freed != 0) return at->second;
  }
  for (const uint32_t size = state.pool.size(); state.fresh < size; ++state.fresh) {
    const net::Address address = state.pool.At(state.fresh);
    if (!known_.contains(address)) return address;
  }
  return state.freed.empty() ? net::Address() : state.freed.begin()->second;
}

std::shared_ptr<const AddressLease> AddressLeases::Take(State& state, const net::Address& address,
                                                        Holder holder) {
  Known& known = known_[address];
  if (known.freed != 0) {
    state.freed.erase(known.freed);
    ForgetHolder(address, known);
  }
  known.freed = 0;
  known.state = &state;
  known.holder = std::move(holder);
  if (!known.holder.identity.empty()) by_holder_.emplace(known.holder.identity, address);
  ++in_use_;
  ++given_;
  auto lease = std::make_shared<const AddressLease>(*this, address);
  known.lease = lease;
  return lease;
}

void AddressLeases::Return(const net::Address& address) {
  const auto found = known_.find(address);
  Known& known = found->second;
  --in_use_;
  if (known.state == nullptr) {
    ForgetHolder(address, known);
    known_.erase(found);
    return;
  }
  known.freed = ++order_;
  known.state->freed.emplace(known.freed, address);
}

void AddressLeases::ForgetHolder(const net::Address& address, const Known& known) {
  const auto [first, last] = by_holder_.equal_range(known.holder.identity);
  const auto at =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == address; });
  if (at != last) by_holder_.erase(at);
}

std::vector<AddressLeases::Use> AddressLeases::pools() const {
  std::vector<Use> out;
  std::unordered_map<const State*, size_t> place;
  for (const auto& [key, state] : states_) {
    place[&state] = out.size();
    out.push_back({state.pool, std::vector<uint32_t>(state.pool.ranges.size())});
  }
  for (const auto& [address, known] : known_) {
    if (known.freed != 0 || known.state == nullptr) continue;
    Use& use = out[place.at(known.state)];
    for (size_t i = 0; i < use.in_use.size(); ++i) {
      use.in_use[i] += use.pool.ranges[i].PlaceOf(address) ? 1 : 0;
    }
  }
  return out;
}

std::vector<std::pair<net::Address, Identity>> AddressLeases::Held(std::string_view pool, bool ipv6,
                                                                   size_t most) const {
  const auto found = states_.find({ipv6, std::string(pool)});
  std::map<net::Address, const Identity*> held;
  for (const auto& [address, known] : known_) {
    const bool here = found != states_.end() && known.state == &found->second;
    if (here && known.freed == 0) held.emplace(address, &known.holder.identity);
    if (held.size() > most) held.erase(std::prev(held.end()));
  }
  std::vector<std::pair<net::Address, Identity>> out;
  for (const auto& [address, identity] : held) out.emplace_back(address, *identity);
  return out;
}

}  // namespace vam::ike::v2
