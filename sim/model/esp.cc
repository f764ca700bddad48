#include "sim/model/esp.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "sim/model/gcm.h"
#include "sim/model/ipv4.h"
#include "sim/model/sa_rules.h"
#include "sw/base/bytes.h"

namespace vam::sim {
namespace {

using ByteVector = std::vector<uint8_t>;

constexpr size_t kOuterBytes = 20;
constexpr size_t kEspHeaderBytes = 16;  // SPI, sequence number, IV
constexpr size_t kTrailerBytes = 2;     // pad length, next header
constexpr size_t kIcvBytes = 16;

void Append32(ByteVector& out, uint32_t value) {
  out.resize(out.size() + 4);
  StoreBe32(&out[out.size() - 4], value);
}

void Append(ByteVector& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// RFC 4106, 5: SPI and sequence number, the latter whole with ESN.
ByteVector Aad(const Sa& sa, uint64_t seq) {
  ByteVector aad;
  Append32(aad, sa.ctx.spi);
  if (sa.esn()) Append32(aad, static_cast<uint32_t>(seq >> 32));
  Append32(aad, static_cast<uint32_t>(seq));
  return aad;
}

// RFC 4106, 4: salt and IV.
ByteVector Nonce(const Sa& sa, std::span<const uint8_t> iv) {
  ByteVector nonce(4);
  std::memcpy(nonce.data(), &sa.ctx.salt, 4);
  Append(nonce, iv);
  return nonce;
}

// RFC 4303, 2.4: padding to a multiple of 4, its length, and what is inside.
ByteVector WithTrailer(std::span<const uint8_t> inner) {
  ByteVector text(inner.begin(), inner.end());
  uint8_t pad = 0;
  while ((text.size() + kTrailerBytes) % 4 != 0) text.push_back(++pad);
  text.push_back(pad);
  text.push_back(kProtocolIpv4);
  return text;
}

// RFC 4301, 5.1.2.1, and RFC 6040, 4.1 (normal mode).
ByteVector OuterHeader(const Sa& sa, const Ipv4& inner, size_t total_bytes) {
  const map::SaCtx& ctx = sa.ctx;
  const bool fixed = (ctx.flags & map::kSaCtxDscpFixed) != 0;
  const unsigned dscp = (fixed ? ctx.tos : inner.tos) & 0xfcu;
  const unsigned df_mode = (ctx.flags & map::kSaCtxDfMode) >> map::kSaCtxDfModeShift;
  const bool df = df_mode == 0 ? inner.dont_fragment : df_mode == 1;

  ByteVector header(kOuterBytes);
  header[0] = 0x45;
  header[1] = static_cast<uint8_t>(dscp | (inner.tos & 3u));
  StoreBe16(&header[2], static_cast<uint16_t>(total_bytes));
  StoreBe16(&header[4], static_cast<uint16_t>(sa.seq));
  StoreBe16(&header[6], df ? 0x4000 : 0);
  header[8] = ctx.ttl;
  header[9] = kProtocolEsp;
  std::copy_n(ctx.outer_src.begin(), 4, &header[12]);
  std::copy_n(ctx.outer_dst.begin(), 4, &header[16]);
  StoreBe16(&header[10], static_cast<uint16_t>(~OnesSum(header)));
  return header;
}

bool InPrefix(uint32_t address, const std::array<uint8_t, 16>& prefix, unsigned bits) {
  if (bits == 0) return true;
  const uint32_t mask = ~uint32_t{0} << (32 - bits);
  return (address & mask) == (LoadBe32(prefix.data()) & mask);
}

// RFC 4301, 5.2, step 4.
bool SelectorsMatch(const map::SaCtx& ctx, const Ipv4& inner, std::span<const uint8_t> packet) {
  if (!InPrefix(inner.src, ctx.sel_src, ctx.sel_src_bits) ||
      !InPrefix(inner.dst, ctx.sel_dst, ctx.sel_dst_bits)) {
    return false;
  }
  if (ctx.sel_proto != 0 && ctx.sel_proto != inner.protocol) return false;
  const bool any_port = ctx.sel_sport_lo == 0 && ctx.sel_sport_hi == 0xffff &&
                        ctx.sel_dport_lo == 0 && ctx.sel_dport_hi == 0xffff;
  if (any_port) return true;
  const bool has_ports = (inner.protocol == kProtocolTcp || inner.protocol == kProtocolUdp) &&
                         inner.fragment_offset == 0 && inner.header_bytes + 4 <= inner.total_bytes;
  if (!has_ports) return false;
  const uint16_t src_port = LoadBe16(&packet[inner.header_bytes]);
  const uint16_t dst_port = LoadBe16(&packet[inner.header_bytes + 2]);
  return src_port >= ctx.sel_sport_lo && src_port <= ctx.sel_sport_hi &&
         dst_port >= ctx.sel_dport_lo && dst_port <= ctx.sel_dport_hi;
}

// RFC 6040, figure 4. Nothing: drop.
std::optional<uint8_t> EcnAfterTunnel(uint8_t inner, uint8_t outer) {
  constexpr uint8_t kNotEct = 0;
  constexpr uint8_t kEct1 = 1;
  constexpr uint8_t kEct0 = 2;
  constexpr uint8_t kCe = 3;
  if (outer == kCe) {
    if (inner == kNotEct) return std::nullopt;
    return kCe;
  }
  if (inner == kEct0 && outer == kEct1) return kEct1;
  return inner;
}

// What has been authenticated and counted: trailer, inner header, selectors, ECN.
Reason TakeInner(const Sa& sa, uint8_t outer_tos, size_t dst_capacity, ByteVector& text) {
  const size_t pad = text[text.size() - 2];
  const uint8_t next_header = text[text.size() - 1];
  text.resize(text.size() - kTrailerBytes);
  if (pad > text.size()) return Reason::kBadPadding;
  for (size_t i = 0; i < pad; ++i) {
    if (text[text.size() - pad + i] != i + 1) return Reason::kBadPadding;
  }
  text.resize(text.size() - pad);
  if (next_header == kProtocolNone) return Reason::kDummyPacket;
  if (next_header != kProtocolIpv4) return Reason::kBadNextHeader;

  const auto inner = ParseIpv4(text);
  if (!inner) return Reason::kInnerMalformed;
  if ((sa.ctx.flags & map::kSaCtxCheckSelectors) != 0 && !SelectorsMatch(sa.ctx, *inner, text)) {
    return Reason::kSelectorMismatch;
  }
  const auto ecn = EcnAfterTunnel(inner->tos & 3, outer_tos & 3);
  if (!ecn) return Reason::kEcnDrop;
  if (inner->total_bytes > dst_capacity) return Reason::kDstTooSmall;
  text.resize(inner->total_bytes);  // the rest is TFC padding (RFC 4303, 2.7)
  if (*ecn != (inner->tos & 3)) {
    RewriteTos(text, static_cast<uint8_t>((inner->tos & 0xfc) | *ecn));
  }
  return Reason::kOk;
}

PacketResult Dropped(Reason reason, const Sa* sa) {
  return {.reason = reason, .sa_handle = sa == nullptr ? 0 : sa->handle, .bytes = {}};
}

size_t RoundUp16(size_t size) { return (size + 15) / 16 * 16; }

}  // namespace

PacketResult EspOut(Sad& sad, uint32_t handle, std::span<const uint8_t> packet,
                    size_t dst_capacity) {
  const auto inner = ParseIpv4(packet);
  if (!inner) return Dropped(Reason::kInnerMalformed, nullptr);
  const Sad::Found found = sad.FindByHandle(handle, Sad::Use::kOut);
  if (found.reason != Reason::kOk) return Dropped(found.reason, found.sa);
  Sa& sa = *found.sa;
  const ByteVector text = WithTrailer(packet.first(inner->total_bytes));
  const size_t total = kOuterBytes + kEspHeaderBytes + text.size() + kIcvBytes;
  if (total > dst_capacity) return Dropped(Reason::kDstTooSmall, &sa);
  const Reason reason = Sad::Allocate(sa, static_cast<uint32_t>(text.size()));
  if (reason != Reason::kOk) return Dropped(reason, &sa);

  std::array<uint8_t, 8> iv;
  StoreBe64(iv.data(), sa.seq);
  ByteVector out = OuterHeader(sa, *inner, total);
  Append32(out, sa.ctx.spi);
  Append32(out, static_cast<uint32_t>(sa.seq));
  Append(out, iv);
  Append(out, GcmSeal(sa.key(), Nonce(sa, iv), Aad(sa, sa.seq), text));
  return {.reason = Reason::kOk, .sa_handle = sa.handle, .bytes = std::move(out)};
}

PacketResult EspIn(Sad& sad, uint16_t vrf_tag, std::span<const uint8_t> packet,
                   size_t dst_capacity) {
  const auto outer = ParseIpv4(packet);
  if (!outer) return Dropped(Reason::kOuterMalformed, nullptr);
  if (OnesSum(packet.first(outer->header_bytes)) != 0xffff) {
    return Dropped(Reason::kOuterChecksum, nullptr);
  }
  if (outer->more_fragments || outer->fragment_offset != 0) {
    return Dropped(Reason::kOuterFragment, nullptr);
  }
  if (outer->protocol != kProtocolEsp) return Dropped(Reason::kNotEsp, nullptr);
  const auto esp = packet.subspan(outer->header_bytes, outer->total_bytes - outer->header_bytes);
  if (esp.size() < kEspHeaderBytes + kTrailerBytes + kIcvBytes) {
    return Dropped(Reason::kEspShort, nullptr);
  }
  const size_t text_bytes = esp.size() - kEspHeaderBytes - kIcvBytes;
  if (text_bytes % 4 != 0) return Dropped(Reason::kEspAlignment, nullptr);

  SaKey key{.vrf_tag = vrf_tag, .dst = {}, .proto = kProtocolEsp, .spi = LoadBe32(&esp[0])};
  StoreBe32(key.dst.data(), outer->dst);
  const Sad::Found found = sad.FindByKey(key);
  if (found.reason != Reason::kOk) return Dropped(found.reason, found.sa);
  Sa& sa = *found.sa;
  const uint32_t seq_low = LoadBe32(&esp[4]);
  const uint64_t seq = Sad::InferSeq(sa, seq_low);
  const Reason early = Sad::CheckReplay(sa, seq, seq_low);
  if (early != Reason::kOk) return Dropped(early, &sa);

  auto text = GcmOpen(sa.key(), Nonce(sa, esp.subspan(8, 8)), Aad(sa, seq),
                      esp.subspan(kEspHeaderBytes, text_bytes), esp.last(kIcvBytes));
  if (!text) return Dropped(Reason::kIcvFailed, &sa);
  const Reason commit = Sad::Commit(sa, seq, seq_low, static_cast<uint32_t>(text_bytes));
  if (commit != Reason::kOk) return Dropped(commit, &sa);
  const Reason reason = TakeInner(sa, outer->tos, dst_capacity, *text);
  if (reason != Reason::kOk) return Dropped(reason, &sa);
  return {.reason = Reason::kOk, .sa_handle = sa.handle, .bytes = std::move(*text)};
}

namespace {

struct RawParts {
  Reason reason = Reason::kOk;
  Sa* sa = nullptr;
  std::span<const uint8_t> aad;
  std::span<const uint8_t> text;
  std::span<const uint8_t> tag;
};

RawParts SplitRaw(Sad& sad, uint32_t handle, const RawParams& params,
                  std::span<const uint8_t> source, bool tag_in_source) {
  RawParts parts;
  const size_t aad_room = RoundUp16(params.aad_bytes);
  const size_t tag_room = tag_in_source ? params.tag_bytes : 0;
  if (params.tag_bytes < 4 || params.tag_bytes > 16) {
    parts.reason = Reason::kBadDescriptor;
  } else if (aad_room + tag_room > source.size()) {
    parts.reason = Reason::kBadLength;
  } else {
    const Sad::Found found = sad.FindByHandle(handle, Sad::Use::kRaw);
    parts.reason = found.reason;
    parts.sa = found.sa;
    parts.aad = source.first(params.aad_bytes);
    parts.text = source.subspan(aad_room, source.size() - aad_room - tag_room);
    parts.tag = source.last(tag_room);
  }
  return parts;
}

}  // namespace

PacketResult RawSeal(Sad& sad, uint32_t handle, const RawParams& params,
                     std::span<const uint8_t> source, size_t dst_capacity) {
  const RawParts parts = SplitRaw(sad, handle, params, source, false);
  if (parts.reason != Reason::kOk) return Dropped(parts.reason, parts.sa);
  if (parts.text.size() + params.tag_bytes > dst_capacity) {
    return Dropped(Reason::kDstTooSmall, parts.sa);
  }
  ByteVector out = GcmSeal(parts.sa->key(), params.iv, parts.aad, parts.text);
  out.resize(parts.text.size() + params.tag_bytes);
  return {.reason = Reason::kOk, .sa_handle = parts.sa->handle, .bytes = std::move(out)};
}

PacketResult RawOpen(Sad& sad, uint32_t handle, const RawParams& params,
                     std::span<const uint8_t> source, size_t dst_capacity) {
  const RawParts parts = SplitRaw(sad, handle, params, source, true);
  if (parts.reason != Reason::kOk) return Dropped(parts.reason, parts.sa);
  if (parts.text.size() > dst_capacity) return Dropped(Reason::kDstTooSmall, parts.sa);
  auto text = GcmOpen(parts.sa->key(), params.iv, parts.aad, parts.text, parts.tag);
  if (!text) return Dropped(Reason::kIcvFailed, parts.sa);
  return {.reason = Reason::kOk, .sa_handle = parts.sa->handle, .bytes = std::move(*text)};
}

}  // namespace vam::sim
