#include "sw/ike/v2/sa_filter.h"

#include <algorithm>

namespace vam::ike::v2 {
namespace {

std::string ReadAddress(const char* what, const std::string& text,
                        std::optional<net::Address>& out) {
  if (text.empty()) return "";
  const auto address = net::Address::Parse(text);
  if (!address) return std::string("No such ") + what + " address: " + text + ".";
  out = *address;
  return "";
}

std::string ReadVrf(const Names& names, const std::string& name, std::optional<uint16_t>& out) {
  if (name.empty()) return "";
  out = names.FindVrf(name);
  return out ? "" : "There is no VRF " + name + ".";
}

// Both kinds of request name these parts alike.
template <typename Request>
std::variant<SaFilter, std::string> Read(const Request& request, const Names& names) {
  SaFilter filter;
  for (std::string error : {ReadAddress("local", request.local(), filter.local),
                            ReadAddress("peer", request.peer(), filter.remote),
                            ReadVrf(names, request.front_vrf(), filter.front_vrf),
                            ReadVrf(names, request.vrf(), filter.inside_vrf)}) {
    if (!error.empty()) return error;
  }
  filter.local_port = static_cast<uint16_t>(request.local_port());
  filter.remote_port = static_cast<uint16_t>(request.peer_port());
  return filter;
}

}  // namespace

bool SaFilter::MeansTicket(const HeldKey& key) const {
  return local.value_or(key.local) == key.local && remote.value_or(key.remote) == key.remote &&
         front_vrf.value_or(key.front_vrf) == key.front_vrf && local_port == 0 &&
         remote_port == 0 && !inside_vrf;
}

bool SaFilter::Means(const IkeSa& sa) const {
  const Ends& ends = sa.ends;
  const bool between = local.value_or(ends.local) == ends.local &&
                       remote.value_or(ends.remote) == ends.remote &&
                       front_vrf.value_or(ends.front_vrf) == ends.front_vrf &&
                       (local_port == 0 || local_port == ends.local_port) &&
                       (remote_port == 0 || remote_port == ends.remote_port);
  if (!between || !inside_vrf) return between;
  return std::ranges::any_of(sa.children, [this](const auto& child) {
    return child->config != nullptr && child->config->inside_vrf == *inside_vrf;
  });
}

std::variant<SaFilter, std::string> FilterOf(const api::ShowRequest& request, const Names& names) {
  return Read(request, names);
}
std::variant<SaFilter, std::string> FilterOf(const api::ClearRequest& request, const Names& names) {
  return Read(request, names);
}

uint16_t InsideVrf(const IkeSa& sa) {
  const bool known = !sa.children.empty() && sa.children.front()->config != nullptr;
  return known ? sa.children.front()->config->inside_vrf : uint16_t{0};
}

}  // namespace vam::ike::v2
