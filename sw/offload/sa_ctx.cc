#include <algorithm>
#include <cstring>
#include <optional>

#include "sw/offload/card_engine.h"

namespace vam::offload {

namespace {

constexpr uint8_t kProtocolEsp = 50;

// The card's number of an AES key length; nothing for a suite that its map does not have.
std::optional<uint8_t> KeySizeCode(const ipsec::Suite& suite) {
  if (suite.integrity != ipsec::Integrity::kNone) return std::nullopt;
  switch (suite.encryption) {
    case ipsec::Encryption::kAesGcm128Icv16:
      return 0;
    case ipsec::Encryption::kAesGcm192Icv16:
      return 1;
    case ipsec::Encryption::kAesGcm256Icv16:
      return 2;
    default:
      return std::nullopt;
  }
}

void SetSelectors(const ipsec::Selectors& selectors, map::SaCtx& ctx) {
  // The card checks inbound packets: their source is the remote side.
  if (!selectors.remote.base().is_none()) {
    ctx.sel_src = selectors.remote.base().raw();
    ctx.sel_src_bits = selectors.remote.length();
  }
  if (!selectors.local.base().is_none()) {
    ctx.sel_dst = selectors.local.base().raw();
    ctx.sel_dst_bits = selectors.local.length();
  }
  ctx.sel_proto = selectors.protocol;
  ctx.sel_sport_lo = selectors.remote_ports.low;
  ctx.sel_sport_hi = selectors.remote_ports.high;
  ctx.sel_dport_lo = selectors.local_ports.low;
  ctx.sel_dport_hi = selectors.local_ports.high;
}

}  // namespace

Result<map::SaCtx> ToSaCtx(const ipsec::SaParams& params) {
  if (params.mode != ipsec::Mode::kTunnel) return Err(ErrorCode::kUnsupported, "transport mode");
  if (!params.local.is_v4() || !params.remote.is_v4()) {
    return Err(ErrorCode::kUnsupported, "an outer header that is not IPv4");
  }
  const std::optional<uint8_t> key_size = KeySizeCode(params.suite);
  if (params.protocol != ipsec::Protocol::kEsp || !key_size) {
    return Err(ErrorCode::kUnsupported, "a suite other than AES-GCM with a 16-byte ICV");
  }
  const bool inbound = params.direction == ipsec::Direction::kIn;
  map::SaCtx ctx{};
  ctx.version = 1;
  ctx.inbound = inbound ? 1 : 0;
  ctx.suite = 1;
  ctx.key_size = *key_size;
  ctx.icv_len = static_cast<uint8_t>(ipsec::LayoutOf(params.suite).icv_bytes);
  if (params.esn) ctx.flags |= map::kSaCtxEsn;
  ctx.flags = static_cast<uint16_t>(
      ctx.flags | (static_cast<unsigned>(params.df_mode) << map::kSaCtxDfModeShift));
  if (params.dscp_fixed) ctx.flags |= map::kSaCtxDscpFixed;
  if (inbound) ctx.flags |= map::kSaCtxCheckSelectors;
  ctx.spi = params.spi.value;
  ctx.vrf_tag = params.vrf_tag;
  ctx.ttl = params.ttl;
  ctx.tos = static_cast<uint8_t>(params.dscp << 2);
  ctx.outer_src = inbound ? params.remote.raw() : params.local.raw();
  ctx.outer_dst = inbound ? params.local.raw() : params.remote.raw();
  ctx.window = static_cast<uint16_t>(params.replay_window);
  ctx.proto = kProtocolEsp;
  ctx.sa_id = params.id;
  const size_t key_bytes = ipsec::KeyBytes(params.suite);
  const Bytes material = params.key_material.bytes();
  std::copy_n(material.begin(), key_bytes, ctx.key.begin());
  std::copy_n(material.begin() + static_cast<ptrdiff_t>(key_bytes), ctx.salt.size(),
              ctx.salt.begin());
  SetSelectors(params.selectors, ctx);
  ctx.initial_seq = params.initial_seq;
  ctx.soft_bytes = params.lifetimes.soft_bytes;
  ctx.hard_bytes = params.lifetimes.hard_bytes;
  ctx.soft_packets = params.lifetimes.soft_packets;
  ctx.hard_packets = params.lifetimes.hard_packets;
  ctx.seq_watermark = params.seq_watermark;
  return ctx;
}

}  // namespace vam::offload
