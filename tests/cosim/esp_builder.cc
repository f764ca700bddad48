#include "tests/cosim/esp_builder.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

#include "sw/base/bytes.h"

namespace vam::test {
namespace {

constexpr size_t kIpBytes = 20;

void Require(bool ok) {
  if (!ok) std::abort();
}

void Append(ByteVector& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <typename T>
void AppendBe(ByteVector& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

map::SaCtx CommonCtx(const Tunnel& t) {
  map::SaCtx ctx{};
  ctx.version = 1;
  ctx.suite = 1;
  ctx.key_size = static_cast<uint8_t>((t.key.size() - 16) / 8);
  ctx.icv_len = 16;
  ctx.flags =
      static_cast<uint16_t>((t.esn ? map::kSaCtxEsn : 0) | t.df_mode << map::kSaCtxDfModeShift |
                            (t.fixed_tos ? map::kSaCtxDscpFixed : 0));
  ctx.spi = t.spi;
  ctx.vrf_tag = t.vrf_tag;
  ctx.ttl = t.ttl;
  ctx.tos = t.fixed_tos.value_or(0);
  StoreBe32(ctx.outer_src.data(), t.src);
  StoreBe32(ctx.outer_dst.data(), t.dst);
  ctx.proto = 50;
  ctx.sa_id = t.sa_id;
  std::memcpy(ctx.key.data(), t.key.data(), t.key.size());
  std::memcpy(&ctx.salt, t.salt.data(), 4);
  ctx.sel_sport_hi = 0xffff;
  ctx.sel_dport_hi = 0xffff;
  ctx.initial_seq = t.initial_seq;
  return ctx;
}

}  // namespace

ByteVector RandomBytes(Rng& rng, size_t size) {
  ByteVector bytes(size);
  rng.Fill(bytes);
  return bytes;
}

Tunnel Tunnel::Random(Rng& rng) {
  Tunnel t;
  t.spi = 256 + static_cast<uint32_t>(rng.Below(0xffffffff - 256));
  t.key = RandomBytes(rng, 16 + 8 * rng.Below(3));
  t.salt = RandomBytes(rng, 4);
  t.src = rng.U32();
  t.dst = rng.U32();
  t.vrf_tag = static_cast<uint16_t>(rng.U32());
  t.esn = rng.Below(2) == 1;
  t.ttl = static_cast<uint8_t>(1 + rng.Below(255));
  t.df_mode = static_cast<unsigned>(rng.Below(3));
  if (rng.Below(2) == 1) t.fixed_tos = static_cast<uint8_t>(rng.U32());
  t.window = static_cast<uint16_t>(64 << rng.Below(5));
  t.initial_seq = t.esn ? rng.U64() >> (rng.Below(40) + 1) : rng.U32() >> 2;
  t.sa_id = rng.U64();
  return t;
}

map::SaCtx Tunnel::OutboundCtx() const { return CommonCtx(*this); }

map::SaCtx Tunnel::InboundCtx() const {
  map::SaCtx ctx = CommonCtx(*this);
  ctx.inbound = 1;
  ctx.window = window;
  return ctx;
}

map::SaCtx Tunnel::RawCtx() const {
  map::SaCtx ctx = CommonCtx(*this);
  ctx.mode = 2;
  return ctx;
}

void FixChecksum(std::span<uint8_t> packet) {
  StoreBe16(&packet[10], 0);
  uint32_t sum = 0;
  for (size_t i = 0; i < size_t{4} * (packet[0] & 15); i += 2) sum += LoadBe16(&packet[i]);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  StoreBe16(&packet[10], static_cast<uint16_t>(~sum));
}

ByteVector MakeInner(const InnerSpec& spec, Rng& rng) {
  ByteVector p = RandomBytes(rng, spec.size);
  const size_t header = kIpBytes + 4 * spec.option_words;
  Require(spec.size >= header);
  p[0] = static_cast<uint8_t>(0x45 + spec.option_words);
  p[1] = spec.tos;
  StoreBe16(&p[2], static_cast<uint16_t>(spec.size));
  StoreBe16(&p[6], static_cast<uint16_t>(spec.fragment | (spec.dont_fragment ? 0x4000 : 0)));
  p[9] = spec.protocol;
  StoreBe32(&p[12], spec.src);
  StoreBe32(&p[16], spec.dst);
  if (spec.size >= header + 4) {
    StoreBe16(&p[header], spec.src_port);
    StoreBe16(&p[header + 2], spec.dst_port);
  }
  FixChecksum(p);
  return p;
}

ByteVector Seal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                std::span<const uint8_t> aad, std::span<const uint8_t> text) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr,
                                        key.size() == 16   ? "AES-128-GCM"
                                        : key.size() == 24 ? "AES-192-GCM"
                                                           : "AES-256-GCM",
                                        nullptr);
  EVP_CIPHER_CTX* ctx = EVP_CIPHER_CTX_new();
  Require(cipher != nullptr && ctx != nullptr && nonce.size() == 12);
  ByteVector out(text.size() + 16);
  int n = 0;
  Require(EVP_EncryptInit_ex2(ctx, cipher, key.data(), nonce.data(), nullptr) == 1);
  if (!aad.empty()) {
    Require(EVP_EncryptUpdate(ctx, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1);
  }
  if (!text.empty()) {
    Require(EVP_EncryptUpdate(ctx, out.data(), &n, text.data(), static_cast<int>(text.size())) ==
            1);
  }
  Require(EVP_EncryptFinal_ex(ctx, out.data() + text.size(), &n) == 1);
  Require(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + text.size()) == 1);
  EVP_CIPHER_CTX_free(ctx);
  EVP_CIPHER_free(cipher);
  return out;
}

size_t TextBytes(size_t inner_bytes) { return (inner_bytes + 2 + 3) / 4 * 4; }

ByteVector Encapsulate(const Tunnel& t, std::span<const uint8_t> inner, uint64_t seq,
                       const EspOptions& options) {
  ByteVector text(inner.begin(), inner.end());
  text.insert(text.end(), options.tfc_bytes, 0);
  ByteVector padding;
  while ((text.size() + padding.size() + 2) % 4 != 0) {
    padding.push_back(static_cast<uint8_t>(padding.size() + 1));
  }
  if (options.padding) padding = *options.padding;
  Append(text, padding);
  text.push_back(options.pad_length.value_or(static_cast<uint8_t>(padding.size())));
  text.push_back(options.next_header);

  ByteVector iv;
  AppendBe<uint64_t>(iv, options.iv.value_or(seq));
  ByteVector nonce = t.salt;
  Append(nonce, iv);
  ByteVector aad;
  AppendBe<uint32_t>(aad, t.spi);
  if (t.esn) AppendBe<uint32_t>(aad, static_cast<uint32_t>(seq >> 32));
  AppendBe<uint32_t>(aad, static_cast<uint32_t>(seq));

  const size_t header = kIpBytes + 4 * options.option_words;
  ByteVector out(header);
  const uint8_t inner_tos = inner.size() > 1 ? inner[1] : 0;
  const unsigned dscp = (t.fixed_tos ? *t.fixed_tos : inner_tos) & 0xfcu;
  const bool inner_df = inner.size() > 6 && (inner[6] & 0x40) != 0;
  out[0] = static_cast<uint8_t>(0x45 + options.option_words);
  out[1] = options.outer_tos.value_or(static_cast<uint8_t>(dscp | (inner_tos & 3u)));
  StoreBe16(&out[4], static_cast<uint16_t>(seq));
  const bool df = t.df_mode == 1 || (t.df_mode == 0 && inner_df);
  out[6] = df ? 0x40 : 0;
  out[8] = t.ttl;
  out[9] = 50;
  StoreBe32(&out[12], t.src);
  StoreBe32(&out[16], t.dst);
  AppendBe<uint32_t>(out, t.spi);
  AppendBe<uint32_t>(out, static_cast<uint32_t>(seq));
  Append(out, iv);
  Append(out, Seal(t.key, nonce, aad, text));
  StoreBe16(&out[2], static_cast<uint16_t>(out.size()));
  FixChecksum(out);
  return out;
}

}  // namespace vam::test
