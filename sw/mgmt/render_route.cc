#include "sw/mgmt/render_route.h"

#include <fmt/core.h>

#include <utility>

#include "sw/net/prefix.h"

namespace vam::mgmt {
namespace {

// The classful network above a prefix.
std::string MajorNetwork(uint32_t address) {
  const uint8_t length = address >> 31 == 0 ? 8 : address >> 30 == 2 ? 16 : 24;
  return net::ToString(*net::Prefix::Create(net::Address::V4(address), length));
}

std::string LineV4(const api::RouteEntry& route, bool is_default) {
  std::string text =
      fmt::format("{}{}    {} ", route.code(), is_default ? "*" : " ", route.prefix());
  if (route.next_hop().empty()) {
    text += fmt::format("is directly connected, {}", route.interface());
  } else {
    text += fmt::format("[{}/{}] via {}", route.distance(), route.metric(), route.next_hop());
    if (!route.interface().empty()) text += ", " + route.interface();
  }
  return text + (route.active() ? "\n" : " (inactive)\n");
}

std::string LineV6(const api::RouteEntry& route) {
  std::string text = fmt::format("{}   {} [{}/{}]\n", route.code(), route.prefix(),
                                 route.distance(), route.metric());
  if (route.next_hop().empty()) {
    return text + fmt::format("     via {}, directly connected\n", route.interface());
  }
  return text + fmt::format("     via {}, {}\n", route.next_hop(), route.interface());
}

}  // namespace

std::string RouteText::Head(const api::IpRoute& show) const {
  if (show.ipv6()) {
    return fmt::format("IPv6 Routing Table - {} - {} entries\nCodes: C - Connected, S - Static\n",
                       show.vrf().empty() ? "default" : show.vrf(), show.total());
  }
  std::string text = show.vrf().empty() ? "" : fmt::format("Routing Table: {}\n", show.vrf());
  text +=
      "Codes: C - connected, S - static, * - candidate default\n\n"
      "Gateway of last resort is ";
  return text + (show.gateway_of_last_resort().empty() ? std::string("not set\n\n")
                                                       : show.gateway_of_last_resort() + "\n\n");
}

std::string RouteText::Piece(const api::IpRoute& show) {
  std::string text = std::exchange(begun_, true) ? "" : Head(show);
  for (const api::RouteEntry& route : show.route()) {
    text += show.ipv6() ? LineV6(route) : Add(route);
  }
  return text;
}

std::string RouteText::Add(const api::RouteEntry& route) {
  const auto prefix = net::Prefix::Parse(route.prefix());
  if (!prefix || !prefix->base().is_v4()) return "";
  if (prefix->length() == 0) return Finish() + LineV4(route, true);
  std::string major = MajorNetwork(prefix->base().v4());
  std::string text = major == major_ ? "" : Finish();
  major_ = std::move(major);
  lines_ += LineV4(route, false);
  ++count_;
  lengths_.insert(prefix->length());
  return text;
}

std::string RouteText::Finish() {
  if (count_ == 0) return "";
  std::string text = lengths_.size() == 1
                         ? fmt::format("     {} is subnetted, {} subnets\n", major_, count_)
                         : fmt::format("     {} is variably subnetted, {} subnets, {} masks\n",
                                       major_, count_, lengths_.size());
  text += std::exchange(lines_, {});
  major_.clear();
  count_ = 0;
  lengths_.clear();
  return text;
}

}  // namespace vam::mgmt
