#include "sw/ike/v2/sa/half_open_table.h"

namespace vam::ike::v2 {

namespace {

// Of an address of packets, which has a family.
net::Prefix Around(const net::Address& address, uint8_t length) {
  const auto prefix = net::Prefix::Create(address, length);
  return prefix ? *prefix : net::Prefix();
}

net::Prefix CustomerOf(const net::Address& address) {
  return Around(address, address.is_v6() ? 64 : 32);
}

net::Prefix NeighboursOf(const net::Address& address) {
  return Around(address, address.is_v6() ? 48 : 24);
}

}  // namespace

uint64_t HalfOpenTable::Find(const Ends& ends, uint64_t peer_spi) const {
  const auto found = by_key_.find(KeyOf(ends, peer_spi));
  return found == by_key_.end() ? 0 : found->second;
}

void HalfOpenTable::Add(const Ends& ends, uint64_t peer_spi, uint64_t spi) {
  const Key key = KeyOf(ends, peer_spi);
  by_key_[key] = spi;
  keys_[spi] = key;
  ++by_prefix_[CustomerOf(key.remote)];
  ++by_prefix_[NeighboursOf(key.remote)];
}

void HalfOpenTable::Remove(uint64_t spi) {
  const auto found = keys_.find(spi);
  if (found == keys_.end()) return;
  const net::Address& remote = found->second.remote;
  for (const net::Prefix& prefix : {CustomerOf(remote), NeighboursOf(remote)}) {
    const auto counted = by_prefix_.find(prefix);
    if (--counted->second == 0) by_prefix_.erase(counted);
  }
  by_key_.erase(found->second);
  keys_.erase(found);
}

size_t HalfOpenTable::CountOf(const net::Prefix& prefix) const {
  const auto found = by_prefix_.find(prefix);
  return found == by_prefix_.end() ? 0 : found->second;
}

size_t HalfOpenTable::of(const net::Address& address) const { return CountOf(CustomerOf(address)); }

size_t HalfOpenTable::around(const net::Address& address) const {
  return CountOf(NeighboursOf(address));
}

}  // namespace vam::ike::v2
