// Published ESP packets through rtl/esp: neither our builder nor OpenSSL made them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "tests/rtl/esp/draft_mcgrew_vectors.h"
#include "tests/rtl/esp/esp_scenario.h"

namespace vam::esptest {
namespace {

using EspVectors = EspScenario;

Bytes FromHex(std::string_view hex) {
  auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Bytes out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return out;
}

uint64_t Number(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (uint8_t b : bytes) value = value << 8 | b;
  return value;
}

Sa SaOf(Sa sa, const EspVector& vector) {
  const Bytes key = FromHex(vector.key), salt = FromHex(vector.salt), esp = FromHex(vector.esp);
  sa.key_size = static_cast<uint8_t>((key.size() - 16) / 8);
  sa.key = {};
  std::copy(key.begin(), key.end(), sa.key.begin());
  std::copy(salt.begin(), salt.end(), sa.salt.begin());
  sa.spi = static_cast<uint32_t>(Number(std::span(esp).first(4)));
  return sa;
}

// As raw operations, both ways, byte for byte.
TEST_F(EspVectors, RawSealAndOpen) {
  for (const EspVector& vector : kDraftMcgrewVectors) {
    const size_t index = AddRawSa();
    sa(index) = SaOf(sa(index), vector);
    const Bytes esp = FromHex(vector.esp), text = FromHex(vector.text), seq = FromHex(vector.seq);
    const Bytes sealed(esp.begin() + 16, esp.end());
    Bytes aad(esp.begin(), esp.begin() + 4);
    aad.insert(aad.end(), seq.begin(), seq.end());
    for (Op op : {Op::kSeal, Op::kOpen}) {
      Job job;
      job.op = op;
      job.handle = sa(index).handle();
      job.aad_len = static_cast<uint16_t>(aad.size());
      std::copy(sa(index).salt.begin(), sa(index).salt.end(), job.iv.begin());
      std::copy(esp.begin() + 8, esp.begin() + 16, job.iv.begin() + 4);
      job.src = aad;
      job.src.resize(16);
      const Bytes& body = op == Op::kSeal ? text : sealed;
      job.src.insert(job.src.end(), body.begin(), body.end());
      job.want_out = op == Op::kSeal ? sealed : text;
      Push(std::move(job), "draft-mcgrew-gcm-test-01");
    }
  }
  RunAndCompare();
}

// As packets: authentic, rightly padded, and refused only because their next header, 1, is not what
// a tunnel carries; any flipped bit of ciphertext or ICV is refused before that.
TEST_F(EspVectors, Decapsulation) {
  for (const EspVector& vector : kDraftMcgrewVectors) {
    const size_t index = AddSa(true);
    sa(index) = SaOf(sa(index), vector);
    const Bytes seq = FromHex(vector.seq), esp = FromHex(vector.esp);
    sa(index).esn = seq.size() == 8;
    sa(index).seq = Number(seq) - 1;
    for (bool flipped : {true, false}) {
      Bytes outer = MakeInner(rng_, 20, {.proto = 50, .dst = sa(index).outer_dst});
      outer.insert(outer.end(), esp.begin(), esp.end());
      outer[2] = static_cast<uint8_t>(outer.size() >> 8);
      outer[3] = static_cast<uint8_t>(outer.size());
      FixChecksum(outer);
      if (flipped)
        outer[36 + rng_() % (outer.size() - 36)] ^= static_cast<uint8_t>(1u << rng_() % 8);
      InPacket(index, outer, {}, flipped ? Reason::kIcvFailed : Reason::kBadNextHeader);
    }
  }
  RunAndCompare();
}

}  // namespace
}  // namespace vam::esptest
