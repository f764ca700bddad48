#include "sw/config/enable_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sw/base/bytes.h"
#include "sw/base/text.h"

namespace vam::config {
namespace {

constexpr std::string_view kAlphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kSaltChars = 14;
constexpr size_t kHashBytes = 32;
constexpr size_t kHashChars = 43;
constexpr size_t kMd5HashChars = 22;
constexpr size_t kLongestMd5Salt = 8;
constexpr uint64_t kScryptN = 16384;
constexpr uint64_t kScryptMemory = 32 * 1024 * 1024;
constexpr int kPbkdf2Rounds = 20'000;
constexpr int kMd5Rounds = 1000;

using Digest = std::array<uint8_t, 16>;

bool OfAlphabet(std::string_view text) {
  return text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

// Six bits to a character, the first bits first.
std::string Encode(Bytes bytes) {
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

struct Parts {
  std::string_view salt, hash;
};
// Of "$X$SALT$HASH".
std::optional<Parts> PartsOf(std::string_view text, std::string_view begin) {
  if (!text.starts_with(begin)) return std::nullopt;
  text.remove_prefix(begin.size());
  const size_t dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  return Parts{text.substr(0, dollar), text.substr(dollar + 1)};
}

std::optional<std::string> Scrypt(std::string_view password, std::string_view salt) {
  std::array<uint8_t, kHashBytes> hash;
  const int good = EVP_PBE_scrypt(password.data(), password.size(),
                                  reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                  kScryptN, 1, 1, kScryptMemory, hash.data(), hash.size());
  if (good != 1) return std::nullopt;
  return Encode(hash);
}

std::optional<std::string> Pbkdf2(std::string_view password, std::string_view salt) {
  std::array<uint8_t, kHashBytes> hash;
  const int good = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                     reinterpret_cast<const unsigned char*>(salt.data()),
                                     static_cast<int>(salt.size()), kPbkdf2Rounds, EVP_sha256(),
                                     static_cast<int>(hash.size()), hash.data());
  if (good != 1) return std::nullopt;
  return Encode(hash);
}

// MD5 over parts, one after the other.
class Md5 {
 public:
  Md5() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    good_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr) == 1;
  }
  Md5& Add(Bytes bytes) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
    return *this;
  }
  Md5& Add(std::string_view text) { return Add(BytesOf(text)); }
  // False: libcrypto does not give MD5.
  bool Finish(Digest& digest) {
    return good_ && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  bool good_ = false;
};

// The least bits of three bytes first; the order of the bytes is that of crypt(3).
std::string EncodeMd5(const Digest& d) {
  std::string text;
  const auto put = [&text](uint32_t bits, int chars) {
    for (; chars > 0; --chars, bits >>= 6) text += kAlphabet[bits & 63];
  };
  for (size_t i = 0; i < 5; ++i) {
    const size_t last = i == 4 ? 5 : i + 12;
    put(static_cast<uint32_t>(d[i]) << 16 | static_cast<uint32_t>(d[i + 6]) << 8 | d[last], 4);
  }
  put(d[11], 2);
  return text;
}

// crypt(3), "$1$" (Poul-Henning Kamp, FreeBSD 2.0, libcrypt).
std::optional<std::string> Md5Crypt(std::string_view password, std::string_view salt) {
  Digest digest;
  if (!Md5().Add(password).Add(salt).Add(password).Finish(digest)) return std::nullopt;
  Md5 first;
  first.Add(password).Add("$1$").Add(salt);
  for (size_t left = password.size(); left > 0; left -= std::min<size_t>(left, digest.size())) {
    first.Add(Bytes(digest).first(std::min<size_t>(left, digest.size())));
  }
  for (size_t bits = password.size(); bits > 0; bits >>= 1) {
    first.Add((bits & 1) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
  }
  if (!first.Finish(digest)) return std::nullopt;
  for (int round = 0; round < kMd5Rounds; ++round) {
    Md5 next;
    const bool odd = (round & 1) != 0;
    odd ? next.Add(password) : next.Add(Bytes(digest));
    if (round % 3 != 0) next.Add(salt);
    if (round % 7 != 0) next.Add(password);
    odd ? next.Add(Bytes(digest)) : next.Add(password);
    if (!next.Finish(digest)) return std::nullopt;
  }
  return EncodeMd5(digest);
}

bool HasForm(std::string_view hash, std::string_view begin, size_t least_salt, size_t most_salt,
             size_t chars) {
  const auto parts = PartsOf(hash, begin);
  return parts && parts->salt.size() >= least_salt && parts->salt.size() <= most_salt &&
         parts->hash.size() == chars && OfAlphabet(parts->salt) && OfAlphabet(parts->hash);
}

}  // namespace

Result<std::string> HashEnableSecret(std::string_view password, Rng& rng) {
  std::array<uint8_t, kSaltChars> random;
  rng.Fill(random);
  std::string salt;
  for (const uint8_t byte : random) salt += kAlphabet[byte & 63];
  const auto hash = Scrypt(password, salt);
  if (!hash) return Err(ErrorCode::kUnavailable, "libcrypto gives no scrypt");
  return "$9$" + salt + "$" + *hash;
}

bool IsEnableHash(std::string_view hash, int type) {
  if (type == 9) return HasForm(hash, "$9$", kSaltChars, kSaltChars, kHashChars);
  if (type == 8) return HasForm(hash, "$8$", kSaltChars, kSaltChars, kHashChars);
  return type == 5 && HasForm(hash, "$1$", 0, kLongestMd5Salt, kMd5HashChars);
}

int EnableHashType(std::string_view hash) {
  for (const int type : {9, 8, 5}) {
    if (IsEnableHash(hash, type)) return type;
  }
  return 0;
}

bool EnableSecretMatches(std::string_view password, std::string_view hash) {
  const int type = EnableHashType(hash);
  if (type == 0 || password.size() > kLongestEnableSecret) return false;
  const auto parts = PartsOf(hash, type == 5 ? "$1$" : hash.substr(0, 3));
  const auto tried = type == 9   ? Scrypt(password, parts->salt)
                     : type == 8 ? Pbkdf2(password, parts->salt)
                                 : Md5Crypt(password, parts->salt);
  return tried && tried->size() == parts->hash.size() &&
         CRYPTO_memcmp(tried->data(), parts->hash.data(), tried->size()) == 0;
}

}  // namespace vam::config
