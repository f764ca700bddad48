// MODP groups: the safe primes of RFC 2409, 6 and RFC 3526, generator 2.
#include <openssl/bn.h>
#include <openssl/crypto.h>

#include <array>
#include <utility>

#include "sw/crypto/key_pair.h"
#include "sw/crypto/openssl_pointers.h"

namespace vam::crypto {
namespace {

// Exponents have at least twice the bits of the group's strength: the larger of NIST SP 800-56A
// rev. 3, appendix D (112, 128, 152, 176, 200 bits for 2048 to 8192) and the first estimate of RFC
// 3526, 8 (90 for 1536, 110, 130, 150, 170, 190), in whole words of 64 bits.
struct Spec {
  Group group;
  BIGNUM* (*prime)(BIGNUM*);
  size_t exponent_bytes;
};
constexpr size_t kMaxExponentBytes = 56;
constexpr std::array<Spec, 8> kSpecs = {{
    {Group::kModp768, BN_get_rfc2409_prime_768, 24},
    {Group::kModp1024, BN_get_rfc2409_prime_1024, 24},
    {Group::kModp1536, BN_get_rfc3526_prime_1536, 24},
    {Group::kModp2048, BN_get_rfc3526_prime_2048, 32},
    {Group::kModp3072, BN_get_rfc3526_prime_3072, 40},
    {Group::kModp4096, BN_get_rfc3526_prime_4096, 40},
    {Group::kModp6144, BN_get_rfc3526_prime_6144, 48},
    {Group::kModp8192, BN_get_rfc3526_prime_8192, kMaxExponentBytes},
}};

// A prime with what is computed from it, once.
struct Field {
  size_t exponent_bytes = 0;
  size_t bytes = 0;
  BigNumber prime;
  BigNumber last;  // prime - 1
  BigNumber two;
  Montgomery montgomery;
};

// False when libcrypto refuses.
bool Build(const Spec& spec, Field& field) {
  field.exponent_bytes = spec.exponent_bytes;
  field.prime.reset(spec.prime(nullptr));
  field.two.reset(BN_new());
  field.montgomery.reset(BN_MONT_CTX_new());
  const BigContext context(BN_CTX_new());
  if (field.prime == nullptr || field.two == nullptr || field.montgomery == nullptr ||
      context == nullptr) {
    return false;
  }
  field.bytes = static_cast<size_t>(BN_num_bytes(field.prime.get()));
  field.last.reset(BN_dup(field.prime.get()));
  return field.last != nullptr && BN_sub_word(field.last.get(), 1) == 1 &&
         BN_set_word(field.two.get(), 2) == 1 &&
         BN_MONT_CTX_set(field.montgomery.get(), field.prime.get(), context.get()) == 1;
}

using Fields = std::array<Field, kSpecs.size()>;

// Null when libcrypto refuses.
const Field* FieldOf(Group group) {
  static const Fields fields = [] {
    Fields built;
    for (size_t i = 0; i < kSpecs.size(); ++i) {
      if (!Build(kSpecs[i], built[i])) built[i] = Field();
    }
    return built;
  }();
  for (size_t i = 0; i < kSpecs.size(); ++i) {
    if (kSpecs[i].group == group) return fields[i].bytes == 0 ? nullptr : &fields[i];
  }
  return nullptr;
}

// base ^ exponent, big-endian, as long as `out`, in a time that does not depend on the exponent.
bool Power(const Field& field, const BIGNUM* base, const BIGNUM* exponent, MutableBytes out) {
  const BigContext context(BN_CTX_new());
  const BigNumber result(BN_new());
  return context != nullptr && result != nullptr &&
         BN_mod_exp_mont_consttime(result.get(), base, exponent, field.prime.get(), context.get(),
                                   field.montgomery.get()) == 1 &&
         BN_bn2binpad(result.get(), out.data(), static_cast<int>(out.size())) ==
             static_cast<int>(out.size());
}

class ModpPair final : public KeyPair {
 public:
  ModpPair(const Field& field, BigNumber exponent, std::vector<uint8_t> public_data)
      : KeyPair(std::move(public_data)), field_(field), exponent_(std::move(exponent)) {}

  Result<SharedSecret> Derive(Bytes peer) const override {
    const ErrorsCleared cleared;
    const BigNumber value(BN_bin2bn(peer.data(), static_cast<int>(peer.size()), nullptr));
    if (value == nullptr) return KeyExchangeFailed();
    // RFC 6989, 2.1: 1 < value < p - 1. More need not be checked of a safe prime.
    if (BN_is_zero(value.get()) || BN_is_one(value.get()) ||
        BN_cmp(value.get(), field_.last.get()) >= 0) {
      return NoPublicValue();
    }
    SharedSecret shared;
    if (!Power(field_, value.get(), exponent_.get(), shared.Resize(field_.bytes))) {
      return KeyExchangeFailed();
    }
    return shared;
  }

 private:
  const Field& field_;
  BigNumber exponent_;
};

// Uniform in [1, 2^(8 * bytes)).
Result<BigNumber> DrawExponent(size_t bytes, Rng& rng) {
  std::array<uint8_t, kMaxExponentBytes> drawn;
  const MutableBytes used = MutableBytes(drawn).first(bytes);
  for (int i = 0; i < kMaxDraws; ++i) {
    rng.Fill(used);
    BigNumber exponent(BN_bin2bn(used.data(), static_cast<int>(used.size()), nullptr));
    OPENSSL_cleanse(drawn.data(), drawn.size());
    if (exponent == nullptr) return KeyExchangeFailed();
    if (BN_is_zero(exponent.get())) continue;
    BN_set_flags(exponent.get(), BN_FLG_CONSTTIME);
    return exponent;
  }
  return NoChance();
}

}  // namespace

KeyPairResult MakeModpPair(Group group, Rng& rng) {
  const ErrorsCleared cleared;
  const Field* field = FieldOf(group);
  if (field == nullptr) return KeyExchangeFailed();
  VAM_TRY(BigNumber exponent, DrawExponent(field->exponent_bytes, rng));
  std::vector<uint8_t> public_data(field->bytes);
  if (!Power(*field, field->two.get(), exponent.get(), public_data)) return KeyExchangeFailed();
  return std::unique_ptr<KeyPair>(
      new ModpPair(*field, std::move(exponent), std::move(public_data)));
}

}  // namespace vam::crypto
