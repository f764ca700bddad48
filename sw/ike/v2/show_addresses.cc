// show ip local pool; what is assigned and pushed in show crypto ikev2 sa detailed.
#include <algorithm>
#include <string>

#include "sw/ike/v2/show.h"

namespace vam::ike::v2 {
namespace {

template <typename Items, typename Add>
void FillTexts(const Items& items, Add add) {
  for (const auto& item : items) add(net::ToString(item));
}

}  // namespace

void FillConfiguration(const IkeSa& sa, api::IkeSa& out) {
  for (const auto& lease : {sa.assigned.v4, sa.assigned.v6}) {
    if (lease != nullptr) out.add_assigned_address(net::ToString(lease->address()));
  }
  if (sa.pushed == nullptr) return;
  const PushedConfiguration& pushed = *sa.pushed;
  api::PushedConfiguration& show = *out.mutable_pushed();
  FillTexts(pushed.addresses, [&show](std::string text) { show.add_address(std::move(text)); });
  FillTexts(pushed.dns, [&show](std::string text) { show.add_dns(std::move(text)); });
  FillTexts(pushed.wins, [&show](std::string text) { show.add_wins(std::move(text)); });
  FillTexts(pushed.subnets, [&show](std::string text) { show.add_subnet(std::move(text)); });
  if (!pushed.netmask.is_none()) show.set_netmask(net::ToString(pushed.netmask));
  show.set_domain(pushed.domain);
  for (const std::string& domain : pushed.domains) show.add_split_dns(domain);
  show.set_version(pushed.version);
}

void FillAddressPools(const Core& core, const api::ShowRequest& request, api::ShowReply& reply) {
  api::AddressPools& show = *reply.mutable_address_pools();
  show.set_ipv6(request.ipv6());
  for (const AddressLeases::Use& use : core.leases().pools()) {
    const bool named = use.pool.name == request.map();
    if (use.pool.ipv6 != request.ipv6() || !(named || request.map().empty())) continue;
    for (size_t i = 0; i < use.pool.ranges.size(); ++i) {
      const AddressRange& range = use.pool.ranges[i];
      api::AddressPool& row = *show.add_pool();
      row.set_name(use.pool.name);
      row.set_first(net::ToString(range.first));
      row.set_last(net::ToString(range.At(range.count - 1)));
      if (use.pool.ipv6) row.set_prefix(net::ToString(use.pool.prefix));
      row.set_in_use(use.in_use[i]);
      row.set_free(range.count - use.in_use[i]);
    }
    if (!named) continue;
    const auto held = core.leases().Held(use.pool.name, use.pool.ipv6, kShowRows);
    for (const auto& [address, identity] : held) {
      api::AddressLease& row = *show.add_lease();
      row.set_address(net::ToString(address));
      row.set_identity(ToString(identity));
    }
  }
  if (show.pool_size() == 0 && !request.map().empty()) {
    reply.Clear();
    reply.set_error("There is no pool of this name.");
  }
}

}  // namespace vam::ike::v2
