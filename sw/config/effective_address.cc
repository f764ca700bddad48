#include "sw/config/effective_address.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace vam::config {

namespace {

// The line of `aaa authorization network LIST`, which is kept and asks nobody.
const PendingLine* AaaList(const Running& running, const std::string& list) {
  for (const PendingLines& lines : running.pending.global) {
    if (const PendingLine* line = lines.Find("aaa authorization network " + list)) return line;
  }
  return nullptr;
}

std::string WhyNoPool(const Running& running, const Ikev2Authorization& policy) {
  if (!policy.pool.empty() && running.ike.pools.Find(policy.pool) == nullptr) {
    return fmt::format("local pool {} is not defined", policy.pool);
  }
  if (!policy.ipv6_pool.empty() && running.ike.ipv6_pools.Find(policy.ipv6_pool) == nullptr) {
    return fmt::format("IPv6 local pool {} is not defined", policy.ipv6_pool);
  }
  return "";
}

}  // namespace

std::string WhyNotAuthorized(const Running& running,
                             const std::optional<IkeGroupAuthorization>& said) {
  if (!said) return "";
  const PendingLine* list = AaaList(running, said->list);
  if (list != nullptr && list->text != list->name + " local") {
    return fmt::format("AAA list {} asks others than this system, which is not built", said->list);
  }
  const Ikev2Authorization* policy = running.ike.authorizations.Find(said->policy);
  if (policy == nullptr) {
    return fmt::format("IKEv2 authorization policy {} is not defined", said->policy);
  }
  const std::string why = WhyNoPool(running, *policy);
  return why.empty() ? "" : fmt::format("IKEv2 authorization policy {}: {}", policy->name, why);
}

namespace {

// The network that a line permits; nothing for wildcard bits with holes.
std::optional<net::Prefix> NetworkOf(const AclEntry& line, bool ipv6) {
  if (ipv6) {
    const bool any = line.source_v6.family() == net::Family::kNone;
    return any ? net::Prefix::Any(net::Family::kV6) : line.source_v6;
  }
  const uint32_t mask = ~line.source.wildcard;
  if (std::countl_one(mask) + std::countr_zero(mask) < 32) return std::nullopt;
  const auto prefix = net::Prefix::Create(net::Address::V4(line.source.address & mask),
                                          static_cast<uint8_t>(std::popcount(mask)));
  return prefix ? std::optional(*prefix) : std::nullopt;
}

class RouteCollector {
 public:
  explicit RouteCollector(std::vector<std::string>* left_out) : left_out_(left_out) {}

  void Add(const net::Prefix& route) {
    if (std::ranges::find(routes_, route) != routes_.end()) return;
    if (routes_.size() < kMaxPushedRoutes) {
      routes_.push_back(route);
    } else if (!full_) {
      full_ = true;
      Say(fmt::format("of more than {} routes the first are told", kMaxPushedRoutes));
    }
  }
  void AddList(const Running& running, const std::string& name, bool ipv6) {
    if (name.empty()) return;
    const Acl* acl = running.FindAcl(name);
    if (acl == nullptr || acl->kind != (ipv6 ? AclKind::kIpv6 : AclKind::kStandard)) {
      return Say(fmt::format("there is no {} access list {}", ipv6 ? "IPv6" : "standard", name));
    }
    for (const AclEntry& line : acl->entries) {
      if (!line.permit) continue;
      if (const auto network = NetworkOf(line, ipv6)) {
        Add(*network);
      } else {
        Say(fmt::format("line {} of access list {} is no network, and not told", line.sequence,
                        name));
      }
    }
  }
  std::vector<net::Prefix> Take() && { return std::move(routes_); }

 private:
  void Say(std::string sentence) {
    if (left_out_ != nullptr) left_out_->push_back(std::move(sentence));
  }

  std::vector<net::Prefix> routes_;
  std::vector<std::string>* left_out_;
  bool full_ = false;
};

}  // namespace

std::vector<net::Prefix> RoutesOf(const Running& running, const Ikev2Authorization& policy,
                                  std::vector<std::string>* left_out) {
  RouteCollector routes(left_out);
  for (const net::Prefix& route : policy.routes) routes.Add(route);
  routes.AddList(running, policy.route_acl, /*ipv6=*/false);
  routes.AddList(running, policy.route_acl6, /*ipv6=*/true);
  return std::move(routes).Take();
}

namespace {

// A range of a pool, and whose it is.
struct Held {
  net::Address first;
  net::Address last;
  std::string subject;
};

std::vector<Held> RangesOf(const Running& running) {
  std::vector<Held> held;
  for (const LocalPool& pool : running.ike.pools) {
    for (const PoolRange& range : pool.ranges) {
      held.push_back({range.first, range.last, "ip local pool " + pool.name});
    }
  }
  for (const LocalPoolV6& pool : running.ike.ipv6_pools) {
    held.push_back({pool.prefix.base(), pool.prefix.Last(), "ipv6 local pool " + pool.name});
  }
  std::ranges::stable_sort(held, {}, &Held::first);
  return held;
}

}  // namespace

void CheckPools(const Running& running, std::vector<Finding>& findings) {
  const std::vector<Held> held = RangesOf(running);
  const Held* reaches = nullptr;  // of those before the one that ends last
  for (const Held& one : held) {
    const bool apart = reaches == nullptr || reaches->first.family() != one.first.family() ||
                       reaches->last < one.first;
    if (!apart) {
      findings.push_back({one.subject, fmt::format("{}: {} is also in {}", one.subject,
                                                   net::ToString(one.first), reaches->subject)});
    }
    if (apart || reaches->last < one.last) reaches = &one;
  }
  const auto check = [&](const net::Address& own, const std::string& interface) {
    for (const Held& one : held) {
      if (own.family() != one.first.family() || own < one.first || one.last < own) continue;
      findings.push_back({one.subject, fmt::format("{}: {} is the address of interface {}",
                                                   one.subject, net::ToString(own), interface)});
    }
  };
  for (const Interface& interface : running.interfaces) {
    if (held.empty()) break;
    if (interface.address) check(*interface.address, interface.name);
    for (const InterfaceAddress& more : interface.secondary) check(more.address, interface.name);
    for (const Ipv6Address& six : interface.ipv6.addresses) check(six.address, interface.name);
  }
}

void WarnAboutAuthorizations(const Running& running, std::vector<std::string>& warnings) {
  for (const Ikev2Authorization& policy : running.ike.authorizations) {
    const std::string subject = "crypto ikev2 authorization policy " + policy.name;
    if (const std::string why = WhyNoPool(running, policy); !why.empty()) {
      warnings.push_back(fmt::format("{}: {}", subject, why));
    }
    std::vector<std::string> left_out;
    RoutesOf(running, policy, &left_out);
    for (const std::string& sentence : left_out) {
      warnings.push_back(fmt::format("{}: {}", subject, sentence));
    }
    if (!policy.split_dns.empty() && policy.dns.empty() && policy.ipv6_dns.empty()) {
      warnings.push_back(fmt::format("{}: split-dns is not told without name servers", subject));
    }
  }
}

}  // namespace vam::config
