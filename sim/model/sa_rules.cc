#include "sim/model/sa_rules.h"

#include <algorithm>
#include <span>

namespace vam::sim {
namespace {

constexpr uint16_t kKnownFlags = map::kSaCtxEsn | map::kSaCtxDfMode | map::kSaCtxDscpFixed |
                                 map::kSaCtxOuterV6 | map::kSaCtxNatT | map::kSaCtxCheckSelectors;

bool AllZero(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t b) { return b == 0; });
}

// An IPv4 address in a field of 16 bytes takes the first 4.
bool IsIpv4(const std::array<uint8_t, 16>& address) {
  return AllZero(std::span(address).subspan(4));
}

bool ReservedIsZero(const map::SaCtx& c) {
  return (c.flags & ~kKnownFlags) == 0 && c.rsvd1 == 0 && c.rsvd2 == 0 && c.rsvd3 == 0 &&
         c.rsvd6 == 0 && AllZero(c.rsvd4) && AllZero(c.mac_key) &&
         (c.flags_1 & ~map::kSaCtxSelV6) == 0;
}

bool InRange(const map::SaCtx& c) {
  const bool sel_v6 = (c.flags_1 & map::kSaCtxSelV6) != 0;
  const uint8_t max_bits = sel_v6 ? 128 : 32;
  const unsigned df_mode = (c.flags & map::kSaCtxDfMode) >> map::kSaCtxDfModeShift;
  const bool selectors = c.sel_src_bits <= max_bits && c.sel_dst_bits <= max_bits &&
                         c.sel_sport_lo <= c.sel_sport_hi && c.sel_dport_lo <= c.sel_dport_hi &&
                         (sel_v6 || (IsIpv4(c.sel_src) && IsIpv4(c.sel_dst)));
  const bool outer =
      ((c.flags & map::kSaCtxOuterV6) != 0 || (IsIpv4(c.outer_src) && IsIpv4(c.outer_dst))) &&
      ((c.flags & map::kSaCtxNatT) != 0 || (c.udp_src == 0 && c.udp_dst == 0));
  const bool window = c.window == 0 || (c.window >= 64 && c.window <= 1024);
  const bool seq = (c.flags & map::kSaCtxEsn) != 0 || c.initial_seq >> 32 == 0;
  return c.version == 1 && c.inbound <= 1 && c.mode <= kModeRaw && c.suite == 1 &&
         c.key_size <= 2 && c.icv_len == 16 && df_mode <= 2 &&
         (c.mode == kModeRaw || c.proto == 50) && window && seq && selectors && outer;
}

}  // namespace

Reason CheckContext(const map::SaCtx& ctx) {
  if (!ReservedIsZero(ctx) || !InRange(ctx)) return Reason::kBadContext;
  const bool missing = ctx.mode == kModeTransport ||
                       (ctx.flags & (map::kSaCtxOuterV6 | map::kSaCtxNatT)) != 0 ||
                       (ctx.flags_1 & map::kSaCtxSelV6) != 0;
  return missing ? Reason::kUnsupportedOp : Reason::kOk;
}

bool SameIdentity(const map::SaCtx& a, const map::SaCtx& b) {
  return a.sa_id == b.sa_id && a.vrf_tag == b.vrf_tag && a.window == b.window &&
         a.inbound == b.inbound && a.mode == b.mode && a.key_size == b.key_size &&
         (a.flags & map::kSaCtxEsn) == (b.flags & map::kSaCtxEsn) && a.spi == b.spi &&
         a.key == b.key && a.salt == b.salt && (!IsKeyed(a) || a.outer_dst == b.outer_dst);
}

}  // namespace vam::sim
