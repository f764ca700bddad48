// ECP groups of RFC 5903: the curves P-256, P-384 and P-521.
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <array>
#include <utility>

#include "sw/crypto/key_pair.h"
#include "sw/crypto/openssl_pointers.h"

namespace vam::crypto {
namespace {

constexpr size_t kMaxFieldBytes = 66;

// A curve with what is computed from it, once. EVP would build it anew for each key.
struct Curve {
  size_t bytes = 0;      // of a coordinate, and of a scalar
  uint8_t top_mask = 0;  // what of a scalar's first byte is used
  BigNumber field_prime;
  EcGroup group;
};

// False when libcrypto refuses.
bool Build(int nid, Curve& curve) {
  curve.group.reset(EC_GROUP_new_by_curve_name(nid));
  curve.field_prime.reset(BN_new());
  if (curve.group == nullptr || curve.field_prime == nullptr ||
      EC_GROUP_get_curve(curve.group.get(), curve.field_prime.get(), nullptr, nullptr, nullptr) !=
          1) {
    return false;
  }
  const auto order_bits = static_cast<unsigned>(EC_GROUP_order_bits(curve.group.get()));
  curve.bytes = (order_bits + 7) / 8;
  curve.top_mask = static_cast<uint8_t>(0xff >> (curve.bytes * 8 - order_bits));
  return true;
}

// Null when libcrypto refuses.
const Curve* CurveOf(Group group) {
  static const std::array<Curve, 3> curves = [] {
    constexpr std::array<int, 3> kNids = {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1};
    std::array<Curve, 3> built;
    for (size_t i = 0; i < built.size(); ++i) {
      if (!Build(kNids[i], built[i])) built[i] = Curve();
    }
    return built;
  }();
  const size_t index = static_cast<size_t>(group) - static_cast<size_t>(Group::kEcp256);
  return curves[index].bytes == 0 ? nullptr : &curves[index];
}

BigNumber Number(Bytes bytes) {
  return BigNumber(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

bool Write(const BIGNUM* number, MutableBytes out) {
  return BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) ==
         static_cast<int>(out.size());
}

// RFC 6989, 2.3: both coordinates below p, and on the curve. Infinity has no coordinates. The
// cofactor is 1: there is no small subgroup.
Result<EcPoint> ReadPoint(const Curve& curve, Bytes data, BN_CTX* context) {
  const BigNumber x = Number(data.first(curve.bytes));
  const BigNumber y = Number(data.subspan(curve.bytes));
  EcPoint point(EC_POINT_new(curve.group.get()));
  if (x == nullptr || y == nullptr || point == nullptr) return KeyExchangeFailed();
  // libcrypto would reduce them.
  if (BN_cmp(x.get(), curve.field_prime.get()) >= 0 ||
      BN_cmp(y.get(), curve.field_prime.get()) >= 0) {
    return NoPublicValue();
  }
  if (EC_POINT_set_affine_coordinates(curve.group.get(), point.get(), x.get(), y.get(), context) !=
          1 ||
      EC_POINT_is_on_curve(curve.group.get(), point.get(), context) != 1) {
    return NoPublicValue();
  }
  return point;
}

class EcpPair final : public KeyPair {
 public:
  EcpPair(const Curve& curve, BigNumber scalar, std::vector<uint8_t> public_data)
      : KeyPair(std::move(public_data)), curve_(curve), scalar_(std::move(scalar)) {}

  Result<SharedSecret> Derive(Bytes peer) const override {
    const ErrorsCleared cleared;
    const BigContext context(BN_CTX_new());
    const EcPoint product(EC_POINT_new(curve_.group.get()));
    const BigNumber x(BN_new());
    if (context == nullptr || product == nullptr || x == nullptr) return KeyExchangeFailed();
    VAM_TRY(const EcPoint point, ReadPoint(curve_, peer, context.get()));
    SharedSecret shared;
    // Infinity has no x: the last but one call refuses it. In constant time for one scalar.
    if (EC_POINT_mul(curve_.group.get(), product.get(), nullptr, point.get(), scalar_.get(),
                     context.get()) != 1 ||
        EC_POINT_get_affine_coordinates(curve_.group.get(), product.get(), x.get(), nullptr,
                                        context.get()) != 1 ||
        !Write(x.get(), shared.Resize(curve_.bytes))) {
      return KeyExchangeFailed();
    }
    return shared;
  }

 private:
  const Curve& curve_;
  BigNumber scalar_;
};

// Uniform in [1, n - 1], by rejection.
Result<BigNumber> DrawScalar(const Curve& curve, Rng& rng) {
  std::array<uint8_t, kMaxFieldBytes> drawn;
  const MutableBytes used = MutableBytes(drawn).first(curve.bytes);
  for (int i = 0; i < kMaxDraws; ++i) {
    rng.Fill(used);
    drawn[0] &= curve.top_mask;
    BigNumber scalar = Number(used);
    OPENSSL_cleanse(drawn.data(), drawn.size());
    if (scalar == nullptr) return KeyExchangeFailed();
    if (BN_is_zero(scalar.get()) ||
        BN_cmp(scalar.get(), EC_GROUP_get0_order(curve.group.get())) >= 0) {
      continue;
    }
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    return scalar;
  }
  return NoChance();
}

}  // namespace

KeyPairResult MakeEcpPair(Group group, Rng& rng) {
  const ErrorsCleared cleared;
  const Curve* curve = CurveOf(group);
  if (curve == nullptr) return KeyExchangeFailed();
  VAM_TRY(BigNumber scalar, DrawScalar(*curve, rng));
  const BigContext context(BN_CTX_new());
  const EcPoint point(EC_POINT_new(curve->group.get()));
  const BigNumber x(BN_new());
  const BigNumber y(BN_new());
  std::vector<uint8_t> public_data(2 * curve->bytes);
  const MutableBytes out(public_data);
  if (context == nullptr || point == nullptr || x == nullptr || y == nullptr ||
      EC_POINT_mul(curve->group.get(), point.get(), scalar.get(), nullptr, nullptr,
                   context.get()) != 1 ||
      EC_POINT_get_affine_coordinates(curve->group.get(), point.get(), x.get(), y.get(),
                                      context.get()) != 1 ||
      !Write(x.get(), out.first(curve->bytes)) || !Write(y.get(), out.subspan(curve->bytes))) {
    return KeyExchangeFailed();
  }
  return std::unique_ptr<KeyPair>(new EcpPair(*curve, std::move(scalar), std::move(public_data)));
}

}  // namespace vam::crypto
