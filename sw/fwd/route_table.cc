#include "sw/fwd/route_table.h"

#include <algorithm>
#include <array>

namespace vam::fwd {

namespace {

// The address without the bits behind `length`.
net::Address Masked(const net::Address& address, uint8_t length) {
  std::array<uint8_t, 16> bytes = address.raw();
  const size_t whole = length / 8u;
  if (whole < bytes.size()) {
    bytes[whole] &= static_cast<uint8_t>(0xff00 >> (length % 8u));
    std::fill(bytes.begin() + static_cast<ptrdiff_t>(whole) + 1, bytes.end(), uint8_t{0});
  }
  return net::Address::V6(bytes);
}

}  // namespace

void RouteTable::Add(const Route& route) {
  const uint8_t length = route.prefix.length();
  if (route.prefix.family() == net::Family::kV4) {
    const uint32_t mask = net::MaskFromLength(length);
    auto at = std::find_if(v4_.begin(), v4_.end(), [&](const auto& l) { return l.mask <= mask; });
    if (at == v4_.end() || at->mask != mask) at = v4_.insert(at, {mask, {}});
    at->routes.insert_or_assign(route.prefix.base().v4(), route);
    return;
  }
  auto at = std::find_if(v6_.begin(), v6_.end(), [&](const auto& l) { return l.length <= length; });
  if (at == v6_.end() || at->length != length) at = v6_.insert(at, {length, {}});
  at->routes.insert_or_assign(route.prefix.base(), route);
}

template <bool kConnectedOnly>
const Route* RouteTable::Find(const net::Address& destination) const {
  if (destination.is_v4()) {
    const uint32_t address = destination.v4();
    for (const LevelV4& level : v4_) {
      const auto found = level.routes.find(address & level.mask);
      if (found == level.routes.end()) continue;
      if (!kConnectedOnly || found->second.connected) return &found->second;
    }
    return nullptr;
  }
  for (const LevelV6& level : v6_) {
    const auto found = level.routes.find(Masked(destination, level.length));
    if (found == level.routes.end()) continue;
    if (!kConnectedOnly || found->second.connected) return &found->second;
  }
  return nullptr;
}

template const Route* RouteTable::Find<false>(const net::Address& destination) const;
template const Route* RouteTable::Find<true>(const net::Address& destination) const;

const Route* RouteTable::Find(const net::Prefix& prefix) const {
  if (prefix.family() == net::Family::kV4) {
    for (const LevelV4& level : v4_) {
      if (level.mask != net::MaskFromLength(prefix.length())) continue;
      const auto found = level.routes.find(prefix.base().v4());
      return found == level.routes.end() ? nullptr : &found->second;
    }
    return nullptr;
  }
  for (const LevelV6& level : v6_) {
    if (level.length != prefix.length()) continue;
    const auto found = level.routes.find(prefix.base());
    return found == level.routes.end() ? nullptr : &found->second;
  }
  return nullptr;
}

void RouteTable::Seal() {
  order_.clear();
  for (const LevelV4& level : v4_) {
    for (const auto& [base, route] : level.routes) order_.push_back(route.prefix);
  }
  for (const LevelV6& level : v6_) {
    for (const auto& [base, route] : level.routes) order_.push_back(route.prefix);
  }
  std::sort(order_.begin(), order_.end());
}

std::vector<Route> RouteTable::Behind(net::Family family, const std::optional<net::Prefix>& after,
                                      size_t most) const {
  std::vector<Route> routes;
  auto at = after ? std::upper_bound(order_.begin(), order_.end(), *after) : order_.begin();
  for (; at != order_.end() && routes.size() < most; ++at) {
    if (at->family() != family) {
      if (family == net::Family::kV4) break;
      // IPv6 stands behind all of IPv4.
      at = std::partition_point(at, order_.end(), [](const net::Prefix& prefix) {
        return prefix.family() == net::Family::kV4;
      });
      if (at == order_.end()) break;
    }
    routes.push_back(*Find(*at));
  }
  return routes;
}

size_t RouteTable::size(net::Family family) const {
  size_t count = 0;
  if (family == net::Family::kV4) {
    for (const LevelV4& level : v4_) count += level.routes.size();
  } else {
    for (const LevelV6& level : v6_) count += level.routes.size();
  }
  return count;
}

}  // namespace vam::fwd
