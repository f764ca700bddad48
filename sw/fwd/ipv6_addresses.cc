#include "sw/fwd/ipv6_addresses.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sw/net/nd.h"

namespace vam::fwd {

namespace {

constexpr uint8_t kLinkLocalBits = 64;
constexpr uint16_t kLoopback = 0xffff;  // no port has this number

unsigned CommonBits(const net::Address& a, const net::Address& b) {
  for (unsigned i = 0; i < 16; ++i) {
    const auto difference = static_cast<uint8_t>(a.raw()[i] ^ b.raw()[i]);
    if (difference != 0) return i * 8 + static_cast<unsigned>(std::countl_zero(difference));
  }
  return 128;
}

}  // namespace

void Ipv6Addresses::Configure(const Snapshot& snapshot, const std::vector<net::MacAddress>& macs) {
  const std::vector<Own> before = std::exchange(own_, {});
  next_ns_ = UINT64_MAX;
  for (uint16_t i = 0; i < snapshot.interfaces.size(); ++i) {
    const InterfaceConfig& interface = snapshot.interfaces[i];
    if (interface.shutdown || !interface.ipv6) continue;
    bool link_local = false;
    for (const Ipv6Address& a : interface.addresses6) {
      link_local |= a.address.IsLinkLocal();
      Own own{.address = a.eui64 ? net::WithInterfaceId(a.address, macs[i]) : a.address,
              .interface = i,
              .vrf = interface.vrf,
              .prefix_length = a.prefix_length};
      Want(own, interface.dad_probes);
    }
    if (link_local) continue;
    Own own{.address = net::LinkLocalOf(macs[i]), .interface = i, .vrf = interface.vrf};
    own.prefix_length = kLinkLocalBits;
    Want(own, interface.dad_probes);
  }
  for (const LoopbackAddress& l : snapshot.loopbacks) {
    if (!l.address.is_v6()) continue;
    Want({.address = l.address, .interface = kLoopback, .vrf = l.vrf, .prefix_length = 128}, 0);
  }
  for (Own& own : own_) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const Own& b) {
      return b.address == own.address && b.interface == own.interface && b.vrf == own.vrf;
    });
    if (same == before.end()) continue;
    own.state = same->state;
    own.probes_left = same->probes_left;
    own.timer_ns = same->timer_ns;
  }
  std::sort(own_.begin(), own_.end(),
            [](const Own& a, const Own& b) { return a.address < b.address; });
  for (const Own& own : own_) {
    if (own.state == State::kTentative) next_ns_ = std::min(next_ns_, own.timer_ns);
  }
}

void Ipv6Addresses::Want(Own own, uint8_t probes) {
  own.state = probes == 0 ? State::kPreferred : State::kTentative;
  own.probes_left = probes;
  own.timer_ns = clock_.MonotonicNs();
  own_.push_back(own);
}

const Ipv6Addresses::Own* Ipv6Addresses::Find(uint16_t vrf, uint16_t interface,
                                              const net::Address& address) const {
  auto at = std::lower_bound(own_.begin(), own_.end(), address,
                             [](const Own& own, const net::Address& a) { return own.address < a; });
  const bool one_link = address.IsLinkLocal();
  for (; at != own_.end() && at->address == address; ++at) {
    if (one_link ? at->interface == interface : at->vrf == vrf) return &*at;
  }
  return nullptr;
}

bool Ipv6Addresses::Listens(uint16_t interface, const net::Address& group) const {
  for (const Own& own : own_) {
    if (own.interface != interface) continue;
    if (group == net::AllNodes() || group == net::SolicitedNode(own.address)) return true;
  }
  return false;
}

net::Address Ipv6Addresses::SourceFor(uint16_t interface, const net::Address& destination) const {
  const bool link_local = destination.IsLinkLocal() || destination.IsMulticast();
  net::Address best;
  unsigned best_bits = 0;
  for (const Own& own : own_) {
    if (own.interface != interface || own.state != State::kPreferred) continue;
    const unsigned bits =
        own.address.IsLinkLocal() == link_local ? 1 + CommonBits(own.address, destination) : 0;
    // The other scope is better than none: errors reach the link at least.
    if (best.is_none() || bits > best_bits) {
      best = own.address;
      best_bits = bits;
    }
  }
  return best;
}

bool Ipv6Addresses::Conflict(uint16_t interface, const net::Address& address) {
  for (Own& own : own_) {
    if (own.interface != interface || own.address != address) continue;
    if (own.state != State::kTentative) return false;
    own.state = State::kDuplicate;
    return true;
  }
  return false;
}

std::vector<Ipv6Addresses::Own> Ipv6Addresses::Tick() {
  std::vector<Own> probe;
  const uint64_t now = clock_.MonotonicNs();
  if (now < next_ns_) return probe;
  next_ns_ = UINT64_MAX;
  for (Own& own : own_) {
    if (own.state != State::kTentative) continue;
    if (now >= own.timer_ns) {
      if (own.probes_left == 0) {
        own.state = State::kPreferred;
        continue;
      }
      --own.probes_left;
      own.timer_ns = now + kRetransmitNs;
      probe.push_back(own);
    }
    next_ns_ = std::min(next_ns_, own.timer_ns);
  }
  return probe;
}

}  // namespace vam::fwd
