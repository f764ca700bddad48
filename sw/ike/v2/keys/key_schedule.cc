#include "sw/ike/v2/keys/key_schedule.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace vam::ike::v2 {

namespace {

using crypto::Prf;

// Room for all keys of the longest suite: two ciphers', two integrity algorithms'.
constexpr size_t kMaxChildMaterial = 4 * crypto::kMaxPrfBytes;

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
  const std::array<uint8_t, 16> spis = SpiBytes(exchanged);
  const std::array<Bytes, 3> parts = {exchanged.nonce_i, exchanged.nonce_r, spis};
  VAM_TRY(Prf keyed, Prf::Create(InfoOf(suite.prf).prf, seed.bytes()));
  IkeKeys keys(suite);
  VAM_TRY_STATUS(keyed.Expand(parts, keys.material()));
  return keys;
}

}  // namespace

IkeKeys::IkeKeys(const IkeSuite& suite) {
  const CipherInfo& cipher = InfoOf(suite.cipher);
  prf_bytes_ = static_cast<uint8_t>(InfoOf(suite.prf).bytes);
  cipher_bytes_ = static_cast<uint8_t>(cipher.key_bytes + cipher.salt_bytes);
  if (!cipher.combined()) {
    integrity_bytes_ = static_cast<uint8_t>(InfoOf(suite.integrity).key_bytes);
  }
  block_ = SecretBlock(proofs_at() + 2 * size_t{prf_bytes_});
}

void IkeKeys::DropProofs() { block_ = block_.CloneFirst(proofs_at()); }

IkeKeys IkeKeys::Clone() const {
  IkeKeys out;
  out.block_ = block_.Clone();
  out.prf_bytes_ = prf_bytes_;
  out.integrity_bytes_ = integrity_bytes_;
  out.cipher_bytes_ = cipher_bytes_;
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

Result<IkeKeys> DeriveRekeyed(const IkeSuite& suite, PrfId old_prf, Bytes old_d,
                              const Exchanged& exchanged, Bytes shared, Bytes additional) {
  VAM_TRY(const Key seed,
          Compute(old_prf, old_d, {shared, exchanged.nonce_i, exchanged.nonce_r, additional}));
  return ExpandSeed(suite, seed, exchanged);
}

Result<IkeKeys> DeriveAdditional(const IkeSuite& suite, Bytes d, const Exchanged& exchanged,
                                 Bytes shared) {
  return DeriveRekeyed(suite, suite.prf, d, exchanged, shared);
}

Result<IkeKeys> DeriveResumed(const IkeSuite& suite, Bytes old_d, const Exchanged& exchanged) {
  constexpr std::array<uint8_t, 10> kLabel = {'R', 'e', 's', 'u', 'm', 'p', 't', 'i', 'o', 'n'};
  VAM_TRY(const Key seed,
          Compute(suite.prf, old_d, {kLabel, exchanged.nonce_i, exchanged.nonce_r}));
  return ExpandSeed(suite, seed, exchanged);
}

Status MixPpk(const IkeSuite& suite, Bytes ppk, IkeKeys& keys) {
  const PrfInfo& info = InfoOf(suite.prf);
  VAM_TRY(Prf keyed, Prf::Create(info.prf, ppk));
  IkeKeys mixed = keys.Clone();
  const std::span<uint8_t> all = mixed.material();
  const std::array<std::span<uint8_t>, 3> targets = {
      all.first(info.bytes), all.last(2 * info.bytes).first(info.bytes), all.last(info.bytes)};
  for (const std::span<uint8_t> target : targets) {
    Key part;
    const std::array<Bytes, 1> seed = {target};
    VAM_TRY_STATUS(keyed.Expand(seed, part.Resize(info.bytes)));
    std::ranges::copy(part.bytes(), target.begin());
  }
  keys = std::move(mixed);
  return Ok();
}

Result<ChildKeys> DeriveChild(const ChildSuite& suite, PrfId prf, Bytes d, Bytes nonce_i,
                              Bytes nonce_r, Bytes shared, Bytes additional) {
  const size_t encryption = suite.encryption_key_bytes();
  const size_t integrity = suite.integrity_key_bytes();
  Secret<kMaxChildMaterial> material;
  const std::array<Bytes, 4> parts = {shared, nonce_i, nonce_r, additional};
  VAM_TRY(Prf keyed, Prf::Create(InfoOf(prf).prf, d));
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
