#include "tests/rtl/esp/packet_builder.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace vam::esptest {
namespace {

void Put16(Bytes& out, uint64_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void Put32(Bytes& out, uint64_t value) {
  Put16(out, value >> 16 & 0xffff);
  Put16(out, value & 0xffff);
}

void Append(Bytes& out, std::span<const uint8_t> more) {
  out.insert(out.end(), more.begin(), more.end());
}

void Require(bool ok) {
  if (!ok) std::abort();  // OpenSSL refused a call that this file makes with constants
}

}  // namespace

Sa RandomSa(Rng& rng, uint32_t index, bool inbound) {
  Sa sa;
  sa.index = index;
  sa.generation = static_cast<uint32_t>(1 + rng() % 4000);
  sa.inbound = inbound;
  sa.key_size = static_cast<uint8_t>(rng() % 3);
  sa.esn = (rng() & 1) != 0;
  sa.spi = static_cast<uint32_t>(rng() | 0x100);
  sa.vrf_tag = static_cast<uint16_t>(rng());
  sa.ttl = static_cast<uint8_t>(1 + rng() % 255);
  sa.outer_src = static_cast<uint32_t>(rng());
  sa.outer_dst = static_cast<uint32_t>(rng());
  for (size_t i = 0; i < sa.key_bytes(); ++i) sa.key[i] = static_cast<uint8_t>(rng());
  for (auto& b : sa.salt) b = static_cast<uint8_t>(rng());
  return sa;
}

uint16_t HeaderChecksum(std::span<const uint8_t> header) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < header.size(); i += 2) {
    sum += static_cast<uint32_t>(header[i] << 8 | header[i + 1]);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void FixChecksum(Bytes& packet) {
  packet[10] = packet[11] = 0;
  const size_t header = 4u * (packet[0] & 15u);
  const uint16_t sum = HeaderChecksum(std::span(packet).first(header));
  packet[10] = static_cast<uint8_t>(sum >> 8);
  packet[11] = static_cast<uint8_t>(sum);
}

Bytes MakeInner(Rng& rng, size_t length, const InnerOptions& options) {
  Bytes p;
  p.reserve(length);
  p.push_back(static_cast<uint8_t>(0x40 | options.ihl));
  p.push_back(options.tos);
  Put16(p, length);
  Put16(p, rng() & 0xffff);
  Put16(p, (options.dont_fragment ? 0x4000u : 0u) | options.fragment);
  p.push_back(static_cast<uint8_t>(1 + rng() % 255));
  p.push_back(options.proto);
  Put16(p, 0);
  Put32(p, options.src);
  Put32(p, options.dst);
  while (p.size() < 4u * options.ihl) p.push_back(static_cast<uint8_t>(rng()));
  if (length >= p.size() + 4) {
    Put16(p, options.sport);
    Put16(p, options.dport);
  }
  while (p.size() < length) p.push_back(static_cast<uint8_t>(rng()));
  FixChecksum(p);
  return p;
}

Bytes GcmSeal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
              std::span<const uint8_t> aad, std::span<const uint8_t> text) {
  const EVP_CIPHER* cipher = key.size() == 16   ? EVP_aes_128_gcm()
                             : key.size() == 24 ? EVP_aes_192_gcm()
                                                : EVP_aes_256_gcm();
  EVP_CIPHER_CTX* ctx = EVP_CIPHER_CTX_new();
  Require(ctx != nullptr);
  Require(EVP_EncryptInit_ex(ctx, cipher, nullptr, key.data(), nonce.data()) == 1);
  int n = 0;
  if (!aad.empty()) {
    Require(EVP_EncryptUpdate(ctx, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1);
  }
  Bytes out(text.size() + 16);
  if (!text.empty()) {
    Require(EVP_EncryptUpdate(ctx, out.data(), &n, text.data(), static_cast<int>(text.size())) ==
            1);
  }
  Require(EVP_EncryptFinal_ex(ctx, out.data() + text.size(), &n) == 1);
  Require(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out.data() + text.size()) == 1);
  EVP_CIPHER_CTX_free(ctx);
  return out;
}

namespace {

struct OuterFields {
  uint8_t ihl = 5;
  uint8_t tos = 0;
  uint16_t id = 0;
  uint16_t flags = 0;
};

Bytes Assemble(const Sa& sa, const OuterFields& outer, const Bytes& text, uint64_t seq) {
  Bytes aad;
  Put32(aad, sa.spi);
  if (sa.esn) Put32(aad, seq >> 32);
  Put32(aad, seq & 0xffffffff);
  Bytes iv;
  Put32(iv, seq >> 32);
  Put32(iv, seq & 0xffffffff);
  Bytes nonce(sa.salt.begin(), sa.salt.end());
  Append(nonce, iv);
  const Bytes sealed = GcmSeal(std::span(sa.key).first(sa.key_bytes()), nonce, aad, text);

  Bytes p;
  p.push_back(static_cast<uint8_t>(0x40 | outer.ihl));
  p.push_back(outer.tos);
  Put16(p, 4u * outer.ihl + 16 + sealed.size());
  Put16(p, outer.id);
  Put16(p, outer.flags);
  p.push_back(sa.ttl);
  p.push_back(50);
  Put16(p, 0);
  Put32(p, sa.outer_src);
  Put32(p, sa.outer_dst);
  while (p.size() < 4u * outer.ihl) p.push_back(1);  // NOP options
  FixChecksum(p);
  Put32(p, sa.spi);
  Put32(p, seq & 0xffffffff);
  Append(p, iv);
  Append(p, sealed);
  return p;
}

}  // namespace

Bytes Encapsulate(const Sa& sa, std::span<const uint8_t> inner, uint64_t seq,
                  const EncapOptions& options) {
  Bytes text(inner.begin(), inner.end());
  for (size_t i = 0; i < options.tfc_bytes; ++i) text.push_back(static_cast<uint8_t>(0xa5 + i));
  const size_t least = (4 - (text.size() + 2) % 4) % 4;
  const size_t pad = options.pad_len < 0 ? least : static_cast<size_t>(options.pad_len);
  for (size_t i = 1; i <= pad; ++i) {
    const bool bad = options.bad_pad_at == static_cast<int>(i - 1);
    text.push_back(static_cast<uint8_t>(bad ? i ^ 0x10 : i));
  }
  text.push_back(
      static_cast<uint8_t>(options.claimed_pad < 0 ? static_cast<int>(pad) : options.claimed_pad));
  text.push_back(options.next_header);
  OuterFields outer;
  outer.ihl = options.outer_ihl;
  outer.tos = options.outer_tos;
  outer.id = 0x1234;
  return Assemble(sa, outer, text, seq);
}

Bytes ExpectedOutbound(const Sa& sa, std::span<const uint8_t> inner, uint64_t seq) {
  Bytes text(inner.begin(), inner.end());
  const size_t pad = (4 - (text.size() + 2) % 4) % 4;
  for (size_t i = 1; i <= pad; ++i) text.push_back(static_cast<uint8_t>(i));
  text.push_back(static_cast<uint8_t>(pad));
  text.push_back(4);
  OuterFields outer;
  outer.tos = sa.dscp_fixed ? static_cast<uint8_t>((sa.tos & 0xfc) | (inner[1] & 3)) : inner[1];
  outer.id = static_cast<uint16_t>(seq);
  const bool inner_df = (inner[6] & 0x40) != 0;
  const bool df = sa.df_mode == 0 ? inner_df : sa.df_mode == 1;
  outer.flags = df ? 0x4000 : 0;
  return Assemble(sa, outer, text, seq);
}

}  // namespace vam::esptest
