#include "sw/ike/v2/keys/sk_cipher.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace vam::ike::v2 {

namespace {

constexpr size_t kMaxIcvBytes = 32;
constexpr size_t kMaxIvBytes = 16;
constexpr size_t kNonceBytes = 12;  // of a combined cipher with a salt of 4; CCM has 11

using IcvBuffer = std::array<uint8_t, kMaxIcvBytes>;

size_t IcvBytes(const SkKeys& keys) {
  const CipherInfo& cipher = InfoOf(keys.cipher);
  return cipher.combined() ? cipher.icv_bytes : InfoOf(keys.integrity).icv_bytes;
}

// Text, padding and its length byte: whole blocks (3.14).
size_t PaddedBytes(const CipherInfo& cipher, size_t text_bytes) {
  const size_t block = cipher.block_bytes;
  return (text_bytes + 1 + block - 1) / block * block;
}

// Bytes of a message around its text, with `fixed` bytes of SKF header.
size_t Overhead(const SkKeys& keys, size_t fixed) {
  return kHeaderBytes + kPayloadHeaderBytes + fixed + InfoOf(keys.cipher).iv_bytes + IcvBytes(keys);
}

struct Nonce {
  std::array<uint8_t, kNonceBytes> bytes{};
  size_t size = 0;
  operator Bytes() const { return {bytes.data(), size}; }  // NOLINT(google-explicit-constructor)
};

// Salt, then IV.
Nonce NonceOf(const CipherInfo& cipher, const SkKeys& keys, Bytes iv) {
  Nonce nonce;
  nonce.size = cipher.salt_bytes + iv.size();
  std::ranges::copy(keys.encryption.last(cipher.salt_bytes), nonce.bytes.begin());
  std::ranges::copy(iv, nonce.bytes.begin() + static_cast<ptrdiff_t>(cipher.salt_bytes));
  return nonce;
}

Result<crypto::Aead> MakeAead(const CipherInfo& cipher, const SkKeys& keys,
                              crypto::AeadPurpose purpose) {
  return crypto::Aead::Create(cipher.aead, keys.encryption.first(cipher.key_bytes), purpose,
                              cipher.salt_bytes + cipher.iv_bytes, cipher.icv_bytes);
}

// Of everything before the ICV (3.14).
Status ComputeIcv(const SkKeys& keys, Bytes covered, MutableBytes out) {
  VAM_TRY(const std::unique_ptr<crypto::Mac> mac,
          crypto::Mac::Create(InfoOf(keys.integrity).mac, keys.integrity_key));
  const std::array<Bytes, 1> parts = {covered};
  if (!mac->Compute({}, parts, out)) return Err(ErrorCode::kInternal, "libcrypto: MAC");
  return Ok();
}

// Ciphers the text in place. `message` is whole but for the text's cipher and the ICV; the text
// begins at `text`, its IV lies before it.
Status Protect(const SkKeys& keys, MutableBytes message, size_t text) {
  const CipherInfo& cipher = InfoOf(keys.cipher);
  const size_t icv_bytes = IcvBytes(keys);
  const MutableBytes body = message.subspan(text, message.size() - text - icv_bytes);
  const MutableBytes icv = message.last(icv_bytes);
  const Bytes iv = message.subspan(text - cipher.iv_bytes, cipher.iv_bytes);
  if (cipher.combined()) {
    VAM_TRY(crypto::Aead aead, MakeAead(cipher, keys, crypto::AeadPurpose::kSeal));
    // RFC 5282, 5.1: all that comes before the IV is authenticated.
    const Bytes aad = message.first(text - cipher.iv_bytes);
    if (!aead.Seal(NonceOf(cipher, keys, iv), aad, body, body, icv)) {
      return Err(ErrorCode::kInternal, "libcrypto: seal");
    }
    return Ok();
  }
  VAM_TRY(crypto::BlockCipher block, crypto::BlockCipher::Create(cipher.block, keys.encryption,
                                                                 crypto::CipherPurpose::kEncrypt));
  if (!block.Run(iv, body, body)) return Err(ErrorCode::kInternal, "libcrypto: encrypt");
  return ComputeIcv(keys, message.first(message.size() - icv_bytes), icv);
}

// Unique under the key where the cipher asks for that, else not to be foreseen (3.14).
Status MakeIv(const CipherInfo& cipher, SkCounter& counter, Rng& rng, MutableBytes iv) {
  if (!cipher.combined()) {
    rng.Fill(iv);
    return Ok();
  }
  if (counter.next == UINT64_MAX) return Err(ErrorCode::kExhausted, "the key made all its IVs");
  StoreBe64(iv.data(), counter.next++);
  return Ok();
}

// One message: SK without `fragment`, SKF with it.
Result<std::vector<uint8_t>> SealOne(const SkKeys& keys, SkCounter& counter, Rng& rng,
                                     Header header, PayloadType first, Bytes text,
                                     const std::optional<FragmentHeader>& fragment) {
  const CipherInfo& cipher = InfoOf(keys.cipher);
  const size_t fixed = fragment ? kFragmentHeaderBytes : 0;
  const size_t padded = PaddedBytes(cipher, text.size());
  const size_t total = Overhead(keys, fixed) + padded;
  if (total > kMaxMessageBytes) return Err(ErrorCode::kExhausted, "message too long for UDP");

  std::vector<uint8_t> message(total);
  header.next_payload = fragment ? PayloadType::kEncryptedFragment : PayloadType::kEncrypted;
  header.length = static_cast<uint32_t>(total);
  BuildHeader(header, MutableBytes(message).first<kHeaderBytes>());
  uint8_t* at = message.data() + kHeaderBytes;
  at[0] = static_cast<uint8_t>(first);
  StoreBe16(at + 2, static_cast<uint16_t>(total - kHeaderBytes));
  at += kPayloadHeaderBytes;
  if (fragment) {
    StoreBe16(at, fragment->number);
    StoreBe16(at + 2, fragment->total);
    at += kFragmentHeaderBytes;
  }
  VAM_TRY_STATUS(MakeIv(cipher, counter, rng, MutableBytes(at, cipher.iv_bytes)));
  at += cipher.iv_bytes;
  std::ranges::copy(text, at);
  at[padded - 1] = static_cast<uint8_t>(padded - text.size() - 1);
  VAM_TRY_STATUS(Protect(keys, message, static_cast<size_t>(at - message.data())));
  return message;
}

// Without its padding, which may be any bytes.
Status Strip(std::vector<uint8_t>& text) {
  const size_t padding = text.back();
  if (padding + 1 > text.size()) return Err(ErrorCode::kMalformed, "more padding than text");
  text.resize(text.size() - padding - 1);
  return Ok();
}

}  // namespace

Result<std::vector<uint8_t>> Seal(const SkKeys& keys, SkCounter& counter, Rng& rng, Header header,
                                  PayloadType first, Bytes inner) {
  return SealOne(keys, counter, rng, header, first, inner, std::nullopt);
}

Result<std::vector<std::vector<uint8_t>>> SealFragments(const SkKeys& keys, SkCounter& counter,
                                                        Rng& rng, Header header, PayloadType first,
                                                        Bytes inner, size_t max_bytes) {
  const CipherInfo& cipher = InfoOf(keys.cipher);
  std::vector<std::vector<uint8_t>> out;
  if (Overhead(keys, 0) + PaddedBytes(cipher, inner.size()) <= max_bytes) {
    VAM_TRY(out.emplace_back(), SealOne(keys, counter, rng, header, first, inner, std::nullopt));
    return out;
  }
  const size_t overhead = Overhead(keys, kFragmentHeaderBytes);
  const size_t room =
      max_bytes < overhead ? 0 : (max_bytes - overhead) / cipher.block_bytes * cipher.block_bytes;
  if (room < 2) return Err(ErrorCode::kInvalidArgument, "no room for text in a fragment");
  const size_t piece = room - 1;
  const size_t total = (inner.size() + piece - 1) / piece;
  if (total > kMaxFragments) return Err(ErrorCode::kExhausted, "message of too many fragments");
  for (size_t i = 0; i < total; ++i) {
    const Bytes text = inner.subspan(i * piece, std::min(piece, inner.size() - i * piece));
    const FragmentHeader fragment{static_cast<uint16_t>(i + 1), static_cast<uint16_t>(total)};
    // Only the first one says what the text begins with (RFC 7383, 2.5).
    const PayloadType type = i == 0 ? first : PayloadType::kNone;
    VAM_TRY(out.emplace_back(), SealOne(keys, counter, rng, header, type, text, fragment));
  }
  return out;
}

Result<std::vector<uint8_t>> Open(const SkKeys& keys, Bytes message, const EncryptedPart& part) {
  const CipherInfo& cipher = InfoOf(keys.cipher);
  const size_t icv_bytes = IcvBytes(keys);
  const size_t fixed =
      part.payload.type == PayloadType::kEncryptedFragment ? kFragmentHeaderBytes : 0;
  const size_t body = part.offset + kPayloadHeaderBytes + fixed;
  if (message.size() < body + cipher.iv_bytes + cipher.block_bytes + icv_bytes) {
    return Err(ErrorCode::kMalformed, "encrypted payload too short");
  }
  const Bytes iv = message.subspan(body, cipher.iv_bytes);
  const size_t text_at = body + cipher.iv_bytes;
  const Bytes text = message.subspan(text_at, message.size() - text_at - icv_bytes);
  const Bytes icv = message.last(icv_bytes);
  if (text.size() % cipher.block_bytes != 0) {
    return Err(ErrorCode::kMalformed, "encrypted payload of no whole blocks");
  }

  std::vector<uint8_t> plain(text.size());
  if (cipher.combined()) {
    VAM_TRY(crypto::Aead aead, MakeAead(cipher, keys, crypto::AeadPurpose::kOpen));
    if (!aead.Open(NonceOf(cipher, keys, iv), message.first(body), text, icv, plain)) {
      return Err(ErrorCode::kAuthFailed, "wrong ICV");
    }
  } else {
    IcvBuffer computed;
    const MutableBytes expected(computed.data(), icv_bytes);
    VAM_TRY_STATUS(ComputeIcv(keys, message.first(message.size() - icv_bytes), expected));
    if (!ConstantTimeEqual(expected, icv)) return Err(ErrorCode::kAuthFailed, "wrong ICV");
    VAM_TRY(crypto::BlockCipher block,
            crypto::BlockCipher::Create(cipher.block, keys.encryption,
                                        crypto::CipherPurpose::kDecrypt));
    if (!block.Run(iv, text, plain)) return Err(ErrorCode::kInternal, "libcrypto: decrypt");
  }
  VAM_TRY_STATUS(Strip(plain));
  return plain;
}

}  // namespace vam::ike::v2
