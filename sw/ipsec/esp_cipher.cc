#include "sw/ipsec/esp_cipher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sw/ipsec/esp_codec.h"

namespace vam::ipsec {
namespace {

// RFC 4106, 4: salt, then the IV.
std::array<uint8_t, crypto::AesGcm::kNonceBytes> GcmNonce(Bytes salt, Bytes iv) {
  std::array<uint8_t, crypto::AesGcm::kNonceBytes> nonce;
  std::copy_n(salt.begin(), kGcmSaltBytes, nonce.begin());
  std::copy_n(iv.begin(), kGcmIvBytes, nonce.begin() + kGcmSaltBytes);
  return nonce;
}

}  // namespace

Result<EspCipher> EspCipher::Create(const SaParams& params) {
  const SuiteInfo& suite = InfoOf(params.suite);
  const Bytes material = params.key_material.bytes();
  VAM_TRY(crypto::AesGcm aead,
          crypto::AesGcm::Create(material.first(suite.key_bytes),
                                 params.direction == Direction::kIn ? crypto::AeadPurpose::kOpen
                                                                    : crypto::AeadPurpose::kSeal));
  VAM_TRY(Secret<kGcmSaltBytes> salt, Secret<kGcmSaltBytes>::From(material.last(suite.salt_bytes)));
  return EspCipher(std::move(aead), std::move(salt), params.spi, params.esn);
}

bool EspCipher::Seal(uint64_t sequence, MutableBytes iv, MutableBytes text, MutableBytes icv) {
  StoreBe64(iv.data(), sequence);
  const EspAad aad = MakeAad(spi_, sequence, esn_);
  if (aead_.Seal(GcmNonce(salt_.bytes(), iv), aad.bytes(), text, text, icv)) return true;
  std::memset(text.data(), 0, text.size());
  return false;
}

bool EspCipher::Open(uint64_t sequence, Bytes iv, Bytes text, Bytes icv, MutableBytes out) {
  const EspAad aad = MakeAad(spi_, sequence, esn_);
  return aead_.Open(GcmNonce(salt_.bytes(), iv), aad.bytes(), text, icv, out);
}

}  // namespace vam::ipsec
