#include "sw/ike/v2/keys/key_schedule.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace vam::ike::v2 {

namespace {

using crypto::Prf;

// Room for all keys of the longest suite: three PRF keys, two ciphers', two integrity algorithms'.
constexpr size_t kMaxKeyMaterial = 7 * crypto::kMaxPrfBytes;

std::array<uint8_t, 16> SpiBytes(const Exchanged& exchanged) {
  std::array<uint8_t, 16> out;
  StoreBe64(out.data(), exchanged.spi_i);
  StoreBe64(out.data() + 8, exchanged.spi_r);
  return out;
}

// Cuts key material into its keys, front to back.
class Cutter {
 public:
  explicit Cutter(Bytes material) : rest_(material) {}
  Key Next(size_t size) {
    Key key;
    std::ranges::copy(rest_.first(size), key.Resize(size).begin());
    rest_ = rest_.subspan(size);
    return key;
  }

 private:
  Bytes rest_;
};

Result<Key> Compute(PrfId prf, Bytes key, std::initializer_list<Bytes> parts) {
  const PrfInfo& info = InfoOf(prf);
  VAM_TRY(Prf keyed, Prf::Create(info.prf, key));
  Key out;
  VAM_TRY_STATUS(keyed.Compute(std::span(parts.begin(), parts.size()), out.Resize(info.bytes)));
  return out;
}

// {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
Result<IkeKeys> ExpandSeed(const IkeSuite& suite, const Key& seed, const Exchanged& exchanged) {
  const PrfInfo& prf = InfoOf(suite.prf);
  const CipherInfo& cipher = InfoOf(suite.cipher);
  const size_t key_bytes = cipher.key_bytes + cipher.salt_bytes;
  const size_t integrity_bytes = cipher.combined() ? 0 : InfoOf(suite.integrity).key_bytes;

  Secret<kMaxKeyMaterial> material;
  const std::array<uint8_t, 16> spis = SpiBytes(exchanged);
  const std::array<Bytes, 3> parts = {exchanged.nonce_i, exchanged.nonce_r, spis};
  VAM_TRY(Prf keyed, Prf::Create(prf.prf, seed.bytes()));
  VAM_TRY_STATUS(
      keyed.Expand(parts, material.Resize(3 * prf.bytes + 2 * (key_bytes + integrity_bytes))));

  Cutter cut(material.bytes());
  IkeKeys keys;
  keys.d = cut.Next(prf.bytes);
  keys.ai = cut.Next(integrity_bytes);
  keys.ar = cut.Next(integrity_bytes);
  keys.ei = cut.Next(key_bytes);
  keys.er = cut.Next(key_bytes);
  keys.pi = cut.Next(prf.bytes);
  keys.pr = cut.Next(prf.bytes);
  return keys;
}

}  // namespace

IkeKeys IkeKeys::Clone() const {
  IkeKeys out;
  out.d = d.Clone();
  out.ai = ai.Clone();
  out.ar = ar.Clone();
  out.ei = ei.Clone();
  out.er = er.Clone();
  out.pi = pi.Clone();
  out.pr = pr.Clone();
  return out;
}

Result<IkeKeys> DeriveKeys(const IkeSuite& suite, const Exchanged& exchanged, Bytes shared) {
  // PRFs whose key has a fixed length take the first half of it from each nonce (2.14).
  const bool fixed = suite.prf == PrfId::kAesXcbc || suite.prf == PrfId::kAesCmac;
  const size_t half = InfoOf(suite.prf).bytes / 2;
  const auto part = [&](Bytes nonce) { return fixed ? nonce.first(half) : nonce; };
  if (exchanged.nonce_i.size() < kMinNonceBytes || exchanged.nonce_r.size() < kMinNonceBytes ||
      exchanged.nonce_i.size() > kMaxNonceBytes || exchanged.nonce_r.size() > kMaxNonceBytes) {
    return Err(ErrorCode::kInvalidArgument, "a nonce has 16 to 256 bytes");
  }
  std::array<uint8_t, 2 * kMaxNonceBytes> buffer;
  ByteWriter key(buffer);
  VAM_TRY_STATUS(key.Append(part(exchanged.nonce_i)));
  VAM_TRY_STATUS(key.Append(part(exchanged.nonce_r)));
  VAM_TRY(const Key seed, Compute(suite.prf, key.written(), {shared}));
  return ExpandSeed(suite, seed, exchanged);
}

Result<IkeKeys> DeriveRekeyed(const IkeSuite& suite, PrfId old_prf, const Key& old_d,
                              const Exchanged& exchanged, Bytes shared, Bytes additional) {
  VAM_TRY(const Key seed, Compute(old_prf, old_d.bytes(),
                                  {shared, exchanged.nonce_i, exchanged.nonce_r, additional}));
  return ExpandSeed(suite, seed, exchanged);
}

Result<IkeKeys> DeriveAdditional(const IkeSuite& suite, const Key& d, const Exchanged& exchanged,
                                 Bytes shared) {
  return DeriveRekeyed(suite, suite.prf, d, exchanged, shared);
}

Result<IkeKeys> DeriveResumed(const IkeSuite& suite, const Key& old_d, const Exchanged& exchanged) {
  constexpr std::array<uint8_t, 10> kLabel = {'R', 'e', 's', 'u', 'm', 'p', 't', 'i', 'o', 'n'};
  VAM_TRY(const Key seed,
          Compute(suite.prf, old_d.bytes(), {kLabel, exchanged.nonce_i, exchanged.nonce_r}));
  return ExpandSeed(suite, seed, exchanged);
}

Status MixPpk(const IkeSuite& suite, Bytes ppk, IkeKeys& keys) {
  const PrfInfo& info = InfoOf(suite.prf);
  VAM_TRY(Prf keyed, Prf::Create(info.prf, ppk));
  std::array<Key, 3> mixed;
  const std::array<Key*, 3> targets = {&keys.d, &keys.pi, &keys.pr};
  for (size_t i = 0; i < targets.size(); ++i) {
    const std::array<Bytes, 1> seed = {targets[i]->bytes()};
    VAM_TRY_STATUS(keyed.Expand(seed, mixed[i].Resize(info.bytes)));
  }
  for (size_t i = 0; i < targets.size(); ++i) *targets[i] = std::move(mixed[i]);
  return Ok();
}

Result<ChildKeys> DeriveChild(const ChildSuite& suite, PrfId prf, const Key& d, Bytes nonce_i,
                              Bytes nonce_r, Bytes shared, Bytes additional) {
  const size_t encryption = suite.encryption_key_bytes();
  const size_t integrity = suite.integrity_key_bytes();
  Secret<kMaxKeyMaterial> material;
  const std::array<Bytes, 4> parts = {shared, nonce_i, nonce_r, additional};
  VAM_TRY(Prf keyed, Prf::Create(InfoOf(prf).prf, d.bytes()));
  VAM_TRY_STATUS(keyed.Expand(parts, material.Resize(2 * (encryption + integrity))));

  Cutter cut(material.bytes());
  ChildKeys keys;
  keys.encryption_i = cut.Next(encryption);
  keys.integrity_i = cut.Next(integrity);
  keys.encryption_r = cut.Next(encryption);
  keys.integrity_r = cut.Next(integrity);
  return keys;
}

}  // namespace vam::ike::v2
