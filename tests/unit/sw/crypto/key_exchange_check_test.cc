// What a peer may send as its public value (RFC 6989), and MODP against a second opinion.
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sw/crypto/key_exchange.h"
#include "tests/support/seed.h"
#include "tests/unit/sw/crypto/scripted_rng.h"

namespace vam::crypto {
namespace {

using Buffer = std::vector<uint8_t>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Scratch = std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)>;

Number New() { return {BN_new(), BN_free}; }
Number Read(const Buffer& bytes) {
  return {BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), BN_free};
}
Buffer Write(const BIGNUM* number, size_t bytes) {
  Buffer out(bytes);
  EXPECT_EQ(BN_bn2binpad(number, out.data(), static_cast<int>(bytes)), static_cast<int>(bytes));
  return out;
}

// bits of arctan(1 / x) * factor, floor of each term: exact but for the last few.
Number Arctan(BN_ULONG x, BN_ULONG factor, int bits) {
  Number sum = New();
  Number power = New();
  Number term = New();
  BN_set_word(power.get(), factor);
  BN_lshift(power.get(), power.get(), bits);
  BN_div_word(power.get(), x);
  BN_copy(sum.get(), power.get());
  for (BN_ULONG n = 3; !BN_is_zero(power.get()); n += 2) {
    BN_div_word(power.get(), x * x);
    BN_copy(term.get(), power.get());
    BN_div_word(term.get(), n);
    if (n % 4 == 3) {
      BN_sub(sum.get(), sum.get(), term.get());
    } else {
      BN_add(sum.get(), sum.get(), term.get());
    }
  }
  return sum;
}

// The formula of RFC 2409, 6 and RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + c), with
// pi by Machin's formula.
Number PrimeByFormula(int n, BN_ULONG c) {
  constexpr int kGuard = 64;
  Number middle = Arctan(5, 16, n - 130 + kGuard);
  const Number small = Arctan(239, 4, n - 130 + kGuard);
  BN_sub(middle.get(), middle.get(), small.get());
  BN_rshift(middle.get(), middle.get(), kGuard);
  BN_add_word(middle.get(), c);
  BN_lshift(middle.get(), middle.get(), 64);
  Number prime = New();
  Number part = New();
  BN_set_bit(prime.get(), n);
  BN_set_bit(part.get(), n - 64);
  BN_sub(prime.get(), prime.get(), part.get());
  BN_sub_word(prime.get(), 1);
  BN_add(prime.get(), prime.get(), middle.get());
  return prime;
}

struct Modp {
  Group group;
  int bits;
  BN_ULONG c;
};
constexpr Modp kModps[] = {
    {Group::kModp768, 768, 149'686},     {Group::kModp1024, 1024, 129'093},
    {Group::kModp1536, 1536, 741'804},   {Group::kModp2048, 2048, 124'476},
    {Group::kModp3072, 3072, 1'690'314}, {Group::kModp4096, 4096, 240'904},
    {Group::kModp6144, 6144, 929'484},   {Group::kModp8192, 8192, 4'743'158}};

// RFC 2409, 6.1 and 6.2, RFC 3526, 2 to 7. The prime shows in powers of 2 that exceed it; how long
// exponents are shows in what is drawn.
TEST(KeyExchangeCheckTest, ModpPrimesByTheFormulaOfTheRfc) {
  const Scratch scratch(BN_CTX_new(), BN_CTX_free);
  const Number two = New();
  BN_set_word(two.get(), 2);
  for (const Modp& modp : kModps) {
    SCOPED_TRACE(modp.bits);
    const Number prime = PrimeByFormula(modp.bits, modp.c);
    const Number expected = New();
    // Twice the strength: SP 800-56A rev. 3, appendix D and RFC 3526, 8.
    const size_t strength = modp.bits <= 1536   ? 90
                            : modp.bits == 2048 ? 112
                            : modp.bits == 3072 ? 130
                            : modp.bits == 4096 ? 152
                            : modp.bits == 6144 ? 176
                                                : 200;
    SeededRng chance(test::TestSeed());
    Buffer drawn((2 * strength + 63) / 64 * 8);
    chance.Fill(drawn);
    test::ScriptedRng rng(drawn);
    const auto made = KeyExchange::Start(modp.group, rng);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(rng.left(), 0u);
    BN_mod_exp(expected.get(), two.get(), Read(drawn).get(), prime.get(), scratch.get());
    EXPECT_EQ(Buffer(made->public_data().begin(), made->public_data().end()),
              Write(expected.get(), static_cast<size_t>(modp.bits / 8)));
  }
}

using EvpKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using EvpContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

// A Diffie-Hellman key of libcrypto's own: parameters, or with a public value.
EvpKey DhKey(const BIGNUM* prime, const BIGNUM* public_value) {
  const Number two = New();
  BN_set_word(two.get(), 2);
  OSSL_PARAM_BLD* build = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, prime);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, two.get());
  if (public_value != nullptr) OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PUB_KEY, public_value);
  OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(build);
  const EvpContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(
                context.get(), &key,
                public_value == nullptr ? EVP_PKEY_KEY_PARAMETERS : EVP_PKEY_PUBLIC_KEY, params),
            1);
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(build);
  return {key, EVP_PKEY_free};
}

// libcrypto's Diffie-Hellman, with its own exponents and checks, is the other side.
TEST(KeyExchangeCheckTest, ModpAgreesWithLibcryptosDiffieHellman) {
  for (const Modp& modp : kModps) {
    SCOPED_TRACE(modp.bits);
    const auto bytes = static_cast<size_t>(modp.bits / 8);
    const Number prime = PrimeByFormula(modp.bits, modp.c);
    const EvpKey parameters = DhKey(prime.get(), nullptr);
    const EvpContext maker(EVP_PKEY_CTX_new(parameters.get(), nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    ASSERT_EQ(EVP_PKEY_keygen_init(maker.get()), 1);
    ASSERT_EQ(EVP_PKEY_keygen(maker.get(), &made), 1);
    const EvpKey theirs(made, EVP_PKEY_free);
    BIGNUM* value = nullptr;
    ASSERT_EQ(EVP_PKEY_get_bn_param(made, OSSL_PKEY_PARAM_PUB_KEY, &value), 1);
    const Number their_value(value, BN_free);

    SeededRng rng(test::TestSeed());
    const auto ours = KeyExchange::Respond(modp.group, Write(value, bytes), rng);
    ASSERT_TRUE(ours.has_value());
    const Bytes data = ours->own.public_data();
    const EvpKey peer = DhKey(prime.get(), Read({data.begin(), data.end()}).get());
    const EvpContext deriver(EVP_PKEY_CTX_new(made, nullptr), EVP_PKEY_CTX_free);
    Buffer shared(bytes);
    size_t size = shared.size();
    ASSERT_EQ(EVP_PKEY_derive_init(deriver.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_dh_pad(deriver.get(), 1), 1);
    ASSERT_EQ(EVP_PKEY_derive_set_peer(deriver.get(), peer.get()), 1);
    ASSERT_EQ(EVP_PKEY_derive(deriver.get(), shared.data(), &size), 1);
    EXPECT_EQ(Buffer(ours->shared.bytes().begin(), ours->shared.bytes().end()), shared);
  }
}

// RFC 7296, 3.4 and 2.14: a secret whose first bytes are zero keeps them.
TEST(KeyExchangeCheckTest, LeadingZerosStay) {
  const Scratch scratch(BN_CTX_new(), BN_CTX_free);
  const Number prime = PrimeByFormula(768, 149'686);
  const Number expected = New();
  Buffer exponent(24, 0);
  exponent.back() = 3;
  test::ScriptedRng rng(exponent);
  const auto ours = KeyExchange::Start(Group::kModp768, rng);
  ASSERT_TRUE(ours.has_value());
  EXPECT_EQ(ours->public_data()[0], 0);
  EXPECT_EQ(ours->public_data()[95], 8);  // 2^3
  Buffer peer(96, 0);
  peer.back() = 5;
  const auto shared = ours->Finish(peer);
  ASSERT_TRUE(shared.has_value());
  Buffer cube(96, 0);
  cube.back() = 125;
  EXPECT_EQ(Buffer(shared->bytes().begin(), shared->bytes().end()), cube);
}

// Both ways a peer's value comes in.
void ExpectRefused(Group group, const Buffer& data) {
  SeededRng rng(test::TestSeed());
  const auto own = KeyExchange::Start(group, rng);
  ASSERT_TRUE(own.has_value());
  const auto finished = own->Finish(data);
  ASSERT_FALSE(finished.has_value());
  EXPECT_EQ(finished.error().code, ErrorCode::kMalformed);
  const auto answer = KeyExchange::Respond(group, data, rng);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kMalformed);
}

void ExpectTaken(Group group, const Buffer& data) {
  SeededRng rng(test::TestSeed());
  EXPECT_TRUE(KeyExchange::Respond(group, data, rng).has_value());
}

TEST(KeyExchangeCheckTest, ModpValuesOutOfRange) {
  for (const Modp& modp : kModps) {
    SCOPED_TRACE(modp.bits);
    const auto bytes = static_cast<size_t>(modp.bits / 8);
    Number value = PrimeByFormula(modp.bits, modp.c);
    ExpectRefused(modp.group, Write(value.get(), bytes));  // p
    BN_add_word(value.get(), 1);
    ExpectRefused(modp.group, Write(value.get(), bytes));  // p + 1, which is 1
    BN_sub_word(value.get(), 2);
    ExpectRefused(modp.group, Write(value.get(), bytes));  // p - 1
    BN_sub_word(value.get(), 1);
    ExpectTaken(modp.group, Write(value.get(), bytes));  // p - 2
    ExpectRefused(modp.group, Buffer(bytes, 0xff));
    Buffer small(bytes, 0);
    small.back() = 1;
    ExpectRefused(modp.group, small);
    small.back() = 2;
    ExpectTaken(modp.group, small);
  }
}

// The peer would know the secret: g^x = 0 gives 0.
TEST(KeyExchangeCheckTest, Cve2015_3240_ZeroPublicValue) {
  for (const GroupInfo& info : Groups()) {
    if (info.kem) continue;  // zeros are a key like others
    SCOPED_TRACE(info.name);
    ExpectRefused(info.group, Buffer(info.initiator_bytes, 0));
  }
}

// A longer value must not reach a buffer of the group's length, a shorter one is no value; leading
// zeros make neither right.
TEST(KeyExchangeCheckTest, Cve2023_41913_OverlongPublicValue) {
  for (const GroupInfo& info : Groups()) {
    SCOPED_TRACE(info.name);
    SeededRng rng(test::TestSeed() + 1);
    const auto good = KeyExchange::Start(info.group, rng);
    ASSERT_TRUE(good.has_value());
    const Bytes data = good->public_data();
    Buffer value(data.begin(), data.end());
    ExpectTaken(info.group, value);
    ExpectRefused(info.group, {});
    ExpectRefused(info.group, Buffer(value.begin() + 1, value.end()));
    ExpectRefused(info.group, Buffer(value.begin(), value.end() - 1));
    value.push_back(0);
    ExpectRefused(info.group, value);
    value.pop_back();
    value.insert(value.begin(), 0);
    ExpectRefused(info.group, value);
    value.front() = 4;  // the encoding of SEC 1, which RFC 5903 does not have
    ExpectRefused(info.group, value);
    value.resize(65'536, 0x5a);
    ExpectRefused(info.group, value);
  }
}

TEST(KeyExchangeCheckTest, EcpValuesOffTheCurve) {
  for (const Group group : {Group::kEcp256, Group::kEcp384, Group::kEcp521}) {
    const GroupInfo& info = *FindGroup(static_cast<uint16_t>(group));
    SCOPED_TRACE(info.name);
    SeededRng rng(test::TestSeed() + 2);
    const auto good = KeyExchange::Start(group, rng);
    ASSERT_TRUE(good.has_value());
    const Buffer value(good->public_data().begin(), good->public_data().end());
    const size_t half = value.size() / 2;
    // Every single changed bit of x or y leaves the curve: of y there is only the negative.
    for (size_t bit = 0; bit < value.size() * 8; bit += 29) {
      Buffer changed = value;
      changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      if (bit / 8 < half) continue;
      ExpectRefused(group, changed);
    }
    Buffer swapped(value.begin() + static_cast<std::ptrdiff_t>(half), value.end());
    swapped.insert(swapped.end(), value.begin(), value.begin() + static_cast<std::ptrdiff_t>(half));
    ExpectRefused(group, swapped);
    Buffer no_y = value;
    std::fill(no_y.begin() + static_cast<std::ptrdiff_t>(half), no_y.end(), uint8_t{0});
    ExpectRefused(group, no_y);
  }
}

// A coordinate of p or more is not reduced, though the point would be on the curve: RFC 6989, 2.3.
// P-521 has room for x + p.
TEST(KeyExchangeCheckTest, EcpCoordinatesAreNotReduced) {
  SeededRng rng(test::TestSeed() + 3);
  const auto good = KeyExchange::Start(Group::kEcp521, rng);
  ASSERT_TRUE(good.has_value());
  const Buffer value(good->public_data().begin(), good->public_data().end());
  const Number prime = New();
  BN_set_bit(prime.get(), 521);
  BN_sub_word(prime.get(), 1);
  for (const std::ptrdiff_t at : {std::ptrdiff_t{0}, std::ptrdiff_t{66}}) {
    const Number coordinate = Read(Buffer(value.begin() + at, value.begin() + at + 66));
    BN_add(coordinate.get(), coordinate.get(), prime.get());
    Buffer changed = value;
    const Buffer larger = Write(coordinate.get(), 66);
    std::copy(larger.begin(), larger.end(), changed.begin() + at);
    ExpectRefused(Group::kEcp521, changed);
  }
}

// The u of small order on Curve25519, its twist and Curve448: they give zeros whatever our key is.
TEST(KeyExchangeCheckTest, MontgomeryValuesOfSmallOrder) {
  for (const char* u : {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    SCOPED_TRACE(u);
    Buffer value = *ParseHex(u);
    ExpectRefused(Group::kX25519, value);
    value.back() |= 0x80;  // a bit that is not looked at
    ExpectRefused(Group::kX25519, value);
  }
  // 0, 1, p - 1, p and p + 1 with p = 2^448 - 2^224 - 1.
  Buffer value(56, 0);
  ExpectRefused(Group::kX448, value);
  value[0] = 1;
  ExpectRefused(Group::kX448, value);
  std::fill(value.begin(), value.end(), uint8_t{0xff});
  value[28] = 0xfe;
  ExpectRefused(Group::kX448, value);
  value[0] = 0xfe;
  ExpectRefused(Group::kX448, value);
  std::fill(value.begin(), value.begin() + 28, uint8_t{0});
  value[28] = 0xff;
  ExpectRefused(Group::kX448, value);
}

}  // namespace
}  // namespace vam::crypto
