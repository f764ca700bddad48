#include "sw/ike/v2/policy/selectors.h"

#include <algorithm>

namespace vam::ike::v2 {

namespace {

bool Opaque(const TrafficSelector& selector) { return selector.first_port > selector.last_port; }

bool OnePacket(const TrafficSelector& selector) { return selector.first == selector.last; }

bool SameFamily(const TrafficSelector& a, const TrafficSelector& b) {
  return a.first.family() == b.first.family();
}

// The first of `proposed` that has something in common with `wanted`; `specific` is the packet that
// began it all, where the peer says so.
struct Common {
  TrafficSelector selector;
  net::Address around;
};
std::optional<Common> CommonOf(const TrafficSelector& wanted,
                               std::span<const TrafficSelector> proposed) {
  if (proposed.empty()) return std::nullopt;
  const TrafficSelector& head = proposed.front();
  const bool specific = OnePacket(head) && proposed.size() > 1;
  if (specific && Intersect(wanted, head)) {
    for (const TrafficSelector& other : proposed.subspan(1)) {
      if (!Contains(other, head)) continue;
      if (const auto common = Intersect(wanted, other)) return Common{*common, head.first};
    }
  }
  for (const TrafficSelector& other : proposed) {
    if (const auto common = Intersect(wanted, other)) return Common{*common, common->first};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TrafficSelector> Intersect(const TrafficSelector& a, const TrafficSelector& b) {
  if (!SameFamily(a, b) || Opaque(a) || Opaque(b)) return std::nullopt;
  if (a.protocol != 0 && b.protocol != 0 && a.protocol != b.protocol) return std::nullopt;
  TrafficSelector out;
  out.protocol = a.protocol != 0 ? a.protocol : b.protocol;
  out.first = std::max(a.first, b.first);
  out.last = std::min(a.last, b.last);
  out.first_port = std::max(a.first_port, b.first_port);
  out.last_port = std::min(a.last_port, b.last_port);
  if (out.first > out.last || out.first_port > out.last_port) return std::nullopt;
  return out;
}

bool Contains(const TrafficSelector& outer, const TrafficSelector& inner) {
  const auto common = Intersect(outer, inner);
  return common && *common == inner;
}

net::Prefix PrefixAround(const TrafficSelector& selector, const net::Address& address) {
  for (uint8_t length = 0; length < 8 * address.bytes().size(); ++length) {
    const auto prefix = net::Prefix::Create(address, length);
    if (prefix && prefix->base() >= selector.first && prefix->Last() <= selector.last) {
      return *prefix;
    }
  }
  return net::Prefix::Host(address);
}

TrafficSelector WithPrefix(TrafficSelector selector, const net::Prefix& prefix) {
  selector.first = prefix.base();
  selector.last = prefix.Last();
  return selector;
}

std::optional<ChildLine> Narrow(const ChildLine& line, std::span<const TrafficSelector> local,
                                std::span<const TrafficSelector> remote) {
  const auto ours = CommonOf(line.local, local);
  const auto theirs = CommonOf(line.remote, remote);
  if (!ours || !theirs) return std::nullopt;
  ChildLine out{WithPrefix(ours->selector, PrefixAround(ours->selector, ours->around)),
                WithPrefix(theirs->selector, PrefixAround(theirs->selector, theirs->around))};
  // One protocol for both ends: an SA has one.
  if (out.local.protocol == 0) out.local.protocol = out.remote.protocol;
  if (out.remote.protocol == 0) out.remote.protocol = out.local.protocol;
  if (out.local.protocol != out.remote.protocol) return std::nullopt;
  return out;
}

ChildLine OfHosts(ChildLine line, const TrafficSelector& local, const TrafficSelector& remote) {
  const auto narrow = [](TrafficSelector& side, const net::Address& wanted) {
    const bool inside =
        wanted.family() == side.first.family() && wanted >= side.first && wanted <= side.last;
    side.first = side.last = inside ? wanted : side.first;
  };
  narrow(line.local, local.first);
  narrow(line.remote, remote.first);
  return line;
}

bool MayBeTransport(const ChildConfig& config, const ChildLine& agreed, const Ends& ends) {
  const auto is = [](const TrafficSelector& side, const net::Address& address) {
    return side.first == address && side.last == address;
  };
  return config.mode == api::FastMode::kTransport && is(agreed.local, ends.local) &&
         is(agreed.remote, ends.remote);
}

bool IsNarrowing(std::span<const TrafficSelector> proposed,
                 std::span<const TrafficSelector> answer) {
  return answer.size() == 1 && std::ranges::any_of(proposed, [&](const TrafficSelector& selector) {
           return Contains(selector, answer.front());
         });
}

api::FastSelector ToFast(const ChildLine& line) {
  api::FastSelector out{};
  out.local_first = ToFast(line.local.first);
  out.local_last = ToFast(line.local.last);
  out.remote_first = ToFast(line.remote.first);
  out.remote_last = ToFast(line.remote.last);
  out.local_port_first = line.local.first_port;
  out.local_port_last = line.local.last_port;
  out.remote_port_first = line.remote.first_port;
  out.remote_port_last = line.remote.last_port;
  out.protocol = line.local.protocol;
  return out;
}

Result<ChildLine> FromFast(const api::FastSelector& selector) {
  ChildLine line;
  VAM_TRY(line.local.first, FromFast(selector.local_first));
  VAM_TRY(line.local.last, FromFast(selector.local_last));
  VAM_TRY(line.remote.first, FromFast(selector.remote_first));
  VAM_TRY(line.remote.last, FromFast(selector.remote_last));
  const net::Family family = line.local.first.family();
  for (const net::Address& address : {line.local.last, line.remote.first, line.remote.last}) {
    if (address.family() != family || address.is_none()) {
      return Err(ErrorCode::kMalformed, "a selector of different families");
    }
  }
  line.local.first_port = selector.local_port_first;
  line.local.last_port = selector.local_port_last;
  line.remote.first_port = selector.remote_port_first;
  line.remote.last_port = selector.remote_port_last;
  line.local.protocol = line.remote.protocol = selector.protocol;
  return line;
}

}  // namespace vam::ike::v2
