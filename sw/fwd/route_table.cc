#include "sw/fwd/route_table.h"

#include <algorithm>

namespace vam::fwd {

void RouteTable::Add(const Route& route) {
  by_length_[route.prefix.length()].insert_or_assign(route.prefix.base().v4(), route);
}

const Route* RouteTable::Lookup(uint32_t destination) const {
  for (const auto& [length, routes] : by_length_) {
    const auto found = routes.find(destination & net::MaskFromLength(length));
    if (found != routes.end()) return &found->second;
  }
  return nullptr;
}

std::vector<Route> RouteTable::All() const {
  std::vector<Route> all;
  for (const auto& [length, routes] : by_length_) {
    for (const auto& [base, route] : routes) all.push_back(route);
  }
  std::sort(all.begin(), all.end(),
            [](const Route& a, const Route& b) { return a.prefix < b.prefix; });
  return all;
}

}  // namespace vam::fwd
