// What is special to IPComp in the software engine's packet path (soft_path.cc).
#include <algorithm>
#include <cstring>

#include "sw/ipsec/soft_engine.h"

namespace vam::ipsec {
namespace {

constexpr size_t kIpv4ProtocolAt = 9;
constexpr size_t kIpv6NextAt = 6;

}  // namespace

size_t SoftEngine::BuildIpComp(SoftSa& sa, const IpPacket& inner, const Plan& plan,
                               uint64_t sequence, MutableBytes out) {
  const bool tunnel = sa.settings.mode == Mode::kTunnel;
  const auto packed = sa.ipcomp->Pack(*codecs_, plan.next_header, plan.payload,
                                      tunnel || !inner.fragment, scratch_);
  const Bytes body = packed.has_value() ? Bytes(scratch_).first(*packed) : plan.payload;
  // The payload may be in its place already (Job); then only headers are written before it.
  const MutableBytes packet = out.first(plan.header_bytes + body.size());
  std::memmove(packet.data() + plan.header_bytes, body.data(), body.size());
  const uint8_t protocol =
      packed.has_value() ? static_cast<uint8_t>(Protocol::kIpComp) : plan.next_header;
  bool v6 = inner.v6;
  size_t named_at = inner.insert.named_at;
  if (tunnel) {
    if (!WriteOuter(sa.settings, inner, sequence, packet)) return 0;
    v6 = sa.settings.local.is_v6();
    named_at = v6 ? kIpv6NextAt : kIpv4ProtocolAt;
  } else {
    std::memmove(packet.data(), inner.packet.data(), plan.header_bytes);
  }
  packet[named_at] = protocol;
  FixLengths(packet, v6);
  return packet.size();
}

Sad::Found SoftEngine::FindIpComp(const Job& job, const IpPacket& outer, SaRef& ref) {
  const bool packed = outer.upper.protocol == static_cast<uint8_t>(Protocol::kIpComp);
  ref = job.sa;
  if (ref == SaRef::None()) {
    const auto header = ParseIpComp(outer.payload());
    ref = sad_.FindInbound(job.vrf_tag, outer.destination(), Protocol::kIpComp, Spi{header->cpi});
    return sad_.Get(ref);
  }
  const Sad::Found found = sad_.Get(ref);
  if (found.sa == nullptr) return found;
  const SaSettings& settings = found.sa->settings;
  if (settings.protocol != Protocol::kIpComp || settings.direction != Direction::kIn) {
    return {found.sa, Reason::kSaDirection};
  }
  const bool fits = settings.vrf_tag == job.vrf_tag && settings.local == outer.destination() &&
                    (!packed || ParseIpComp(outer.payload())->cpi == found.sa->ipcomp->cpi());
  return {found.sa, fits ? Reason::kOk : Reason::kNoSa};
}

Done SoftEngine::ProcessIpCompIn(const Job& job) {
  const OuterPacket outer = ParseOuter(job.src, Protocol::kIpComp);
  const bool plain = outer.reason == Reason::kNotEsp && job.sa != SaRef::None();
  if (!plain && outer.reason != Reason::kOk) return {job.cookie, outer.reason, SaRef::None(), 0};
  if (!plain && !ParseIpComp(outer.ip->payload()).has_value()) {
    return {job.cookie, Reason::kEspShort, SaRef::None(), 0};
  }
  Done done{job.cookie, Reason::kOk, SaRef::None(), 0};
  SaRef ref;
  const Sad::Found found = FindIpComp(job, *outer.ip, ref);
  done.reason = found.reason;
  if (found.sa == nullptr) return done;
  done.sa = ref;
  if (done.reason == Reason::kOk) {
    done.reason = Decompress(job, ref, *found.sa, *outer.ip, done);
  }
  if (done.reason != Reason::kOk) ++found.sa->errors;
  return done;
}

SoftEngine::Opened SoftEngine::OpenIpComp(SoftSa& sa, const IpPacket& outer) {
  Opened opened;
  opened.reason = Reason::kOk;
  if (outer.upper.protocol != static_cast<uint8_t>(Protocol::kIpComp)) {
    sa.ipcomp->CountPlain();
    opened.content = outer.payload();
    opened.next_header = outer.upper.protocol;
  } else {
    // In transport mode the header stands before it: no packet is longer than kMaxIpBytes.
    const size_t head = sa.settings.mode == Mode::kTransport ? outer.upper.offset : 0;
    const MutableBytes room = MutableBytes(scratch_).subspan(head);
    const Decompressed plain =
        sa.ipcomp->Unpack(*codecs_, outer.payload().subspan(kIpCompHeaderBytes), room);
    opened.reason = plain.reason;
    opened.content = room.first(plain.bytes);
    opened.next_header = ParseIpComp(outer.payload())->next_header;
    // One compression is enough, and unpacking again would multiply what a peer makes us do.
    if (opened.next_header == static_cast<uint8_t>(Protocol::kIpComp) &&
        opened.reason == Reason::kOk) {
      opened.reason = Reason::kBadNextHeader;
    }
  }
  opened.counted_bytes = opened.content.size();
  return opened;
}

Reason SoftEngine::Decompress(const Job& job, SaRef ref, SoftSa& sa, const IpPacket& outer,
                              Done& done) {
  const Opened opened = OpenIpComp(sa, outer);
  if (opened.reason != Reason::kOk) return opened.reason;
  const Reason hard = CheckHardLifetimes(ref, sa, opened.counted_bytes);
  if (hard != Reason::kOk) return hard;
  Account(ref, sa, opened.counted_bytes);
  return sa.settings.mode == Mode::kTunnel ? FinishTunnel(job, sa, outer, opened, done)
                                           : FinishTransport(job, sa, outer, opened, done);
}

}  // namespace vam::ipsec
