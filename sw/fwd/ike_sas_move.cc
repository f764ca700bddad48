// Negotiated SAs that go on between other ends (RFC 4555).
#include "sw/fwd/ike_sas.h"
#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

Status CheckEnds(const ipsec::SaSettings& sa, const IkeSas::Ends& ends) {
  if (sa.mode != ipsec::Mode::kTunnel || sa.protocol != ipsec::Protocol::kEsp) {
    return Err(ErrorCode::kUnsupported, "only ESP in tunnel mode goes on between other ends");
  }
  if (ends.local.is_none() || ends.local.family() != ends.remote.family()) {
    return Err(ErrorCode::kInvalidArgument, "ends of no family, or of two");
  }
  if (ends.local.family() != sa.local.family()) {
    return Err(ErrorCode::kUnsupported, "an SA stays in its family");
  }
  if (ends.vrf_tag != sa.vrf_tag) return Err(ErrorCode::kInvalidArgument, "another front VRF");
  const bool plain = ends.udp_local == 0 && ends.udp_remote == 0;
  if (!plain && (ends.udp_local != net::kNattPort || ends.udp_remote == 0)) {
    return Err(ErrorCode::kInvalidArgument, "ESP in UDP goes from port 4500 to a port above 0");
  }
  return Ok();
}

}  // namespace

IkeSas::SpiKey IkeSas::InstalledKeyOf(const Sa& sa) const {
  if (sa.settings != nullptr || !PathOf(sa).has_moved()) return KeyOf(SettingsOf(sa));
  ipsec::SaSettings settings = SettingsOf(sa);
  settings.local = PathOf(sa).installed_local;
  return KeyOf(settings);
}

Status IkeSas::Move(uint64_t sa_id, const Ends& ends) {
  const auto found = sas_.find(sa_id);
  if (found == sas_.end()) return Err(ErrorCode::kNotFound, "no SA has this id");
  Sa& sa = found->second;
  if (sa.state != State::kLive && sa.state != State::kDraining) {
    return Err(ErrorCode::kUnavailable, "the SA carries no packets");
  }
  if (sa.bundle_size != 1) return Err(ErrorCode::kUnsupported, "one SA of a bundle of several");
  const ipsec::SaSettings& now = SettingsOf(sa);
  VAM_TRY_STATUS(CheckEnds(now, ends));
  const bool inbound = now.direction == ipsec::Direction::kIn;
  const SpiKey before = KeyOf(now);
  ipsec::SaSettings next = now;
  next.local = ends.local;
  next.remote = ends.remote;
  next.udp_local = ends.udp_local;
  next.udp_remote = ends.udp_remote;
  const SpiKey installed = InstalledKeyOf(sa);
  // Larval ones, and those that are scrubbed, are known by their SPIs alone.
  const bool other = inbound && KeyOf(next) != before && KeyOf(next) != installed;
  if (other && (spis_.contains(KeyOf(next)) ||
                parts_.manual.UsesSpi(next.local, next.protocol, next.spi.value))) {
    return Err(ErrorCode::kExists, "an inbound SA has this address, protocol and SPI");
  }
  VAM_TRY_STATUS(
      parts_.sets.Move(sa.bundle, next.local, next.remote, next.udp_local, next.udp_remote));
  if (inbound && before != installed) spis_.erase(before);
  if (inbound) spis_.insert(KeyOf(next));
  sa.in_udp = next.udp_local != 0;
  return Ok();
}

}  // namespace vam::fwd
