#include "tests/rtl/top/host.h"

#include <algorithm>

namespace vam::toptest {
namespace {

std::array<uint8_t, 16> Address(uint32_t v4) {
  std::array<uint8_t, 16> out{};
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(v4 >> (24 - 8 * i));
  return out;
}

map::SaCtx MakeContext(const esptest::Sa& sa) {
  map::SaCtx ctx{};
  ctx.version = 1;
  ctx.inbound = sa.inbound ? 1 : 0;
  ctx.mode = sa.mode;
  ctx.suite = 1;
  ctx.key_size = sa.key_size;
  ctx.icv_len = 16;
  ctx.flags =
      static_cast<uint16_t>((sa.esn ? map::kSaCtxEsn : 0) | sa.df_mode << map::kSaCtxDfModeShift |
                            (sa.dscp_fixed ? map::kSaCtxDscpFixed : 0) |
                            (sa.check_selectors ? map::kSaCtxCheckSelectors : 0));
  ctx.spi = sa.spi;
  ctx.vrf_tag = sa.vrf_tag;
  ctx.ttl = sa.ttl;
  ctx.tos = sa.tos;
  ctx.outer_src = Address(sa.outer_src);
  ctx.outer_dst = Address(sa.outer_dst);
  ctx.window = static_cast<uint16_t>(sa.inbound ? sa.window : 0);
  ctx.proto = 50;
  ctx.sa_id = 0x1000 + sa.index;
  ctx.key = sa.key;
  ctx.salt = sa.salt;
  ctx.sel_src = Address(sa.sel_src);
  ctx.sel_dst = Address(sa.sel_dst);
  ctx.sel_src_bits = sa.sel_src_bits;
  ctx.sel_dst_bits = sa.sel_dst_bits;
  ctx.sel_proto = sa.sel_proto;
  ctx.sel_sport_lo = sa.sel_sport_lo;
  ctx.sel_sport_hi = sa.sel_sport_hi;
  ctx.sel_dport_lo = sa.sel_dport_lo;
  ctx.sel_dport_hi = sa.sel_dport_hi;
  ctx.initial_seq = sa.seq;
  ctx.hard_bytes = sa.hard_bytes;
  ctx.hard_packets = sa.hard_packets;
  return ctx;
}

}  // namespace

Reason Host::AddSa(esptest::Sa& sa) {
  const map::SaCtx ctx = MakeContext(sa);
  std::memcpy(&memory_[kScratch], &ctx, sizeof(ctx));
  const map::Cqe done =
      Do(0, Operation(map::SqeOp::kSaAdd, kScratch, sizeof(ctx), 0, 0, sa.index, 0x5a));
  sa.generation = done.sa_handle >> 20;
  return static_cast<Reason>(done.reason);
}

map::SaStats Host::Query(uint32_t handle) {
  map::SaStats stats{};
  const map::Cqe done =
      Do(0, Operation(map::SqeOp::kSaQuery, 0, 0, kScratch, sizeof(stats), handle, 0x5b));
  EXPECT_EQ(static_cast<Reason>(done.reason), Reason::kOk);
  EXPECT_EQ(done.out_len, sizeof(stats));
  std::memcpy(&stats, &memory_[kScratch], sizeof(stats));
  return stats;
}

}  // namespace vam::toptest
