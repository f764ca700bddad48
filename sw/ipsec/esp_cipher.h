// What the cipher suite of an SA does to the text of a packet. The only place where suites differ
// in more than the numbers of SuiteInfo.
#ifndef VAM_SW_IPSEC_ESP_CIPHER_H_
#define VAM_SW_IPSEC_ESP_CIPHER_H_

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/crypto/aes_gcm.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

// One SA, one direction, one thread. All that depends on the key is prepared; no call allocates.
// Now AES-GCM (RFC 4106) with the sequence number as IV.
class EspCipher {
 public:
  // The key stays in the cipher's context alone. Requires: parameters that Validate accepts.
  static Result<EspCipher> Create(const SaParams& params);

  // Encrypts `text` in place and writes IV and ICV, each as long as SuiteInfo says. The caller
  // gives each `sequence` once. False when libcrypto fails: `text` is then zeroed.
  bool Seal(uint64_t sequence, MutableBytes iv, MutableBytes text, MutableBytes icv);

  // Decrypts `text` to the start of `out`, which has room for it. False when the ICV is wrong:
  // `out` then holds zeros there, never unverified text.
  bool Open(uint64_t sequence, Bytes iv, Bytes text, Bytes icv, MutableBytes out);

 private:
  EspCipher(crypto::AesGcm aead, Secret<kGcmSaltBytes> salt, Spi spi, bool esn)
      : aead_(std::move(aead)), salt_(std::move(salt)), spi_(spi), esn_(esn) {}

  crypto::AesGcm aead_;
  Secret<kGcmSaltBytes> salt_;
  Spi spi_;
  bool esn_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ESP_CIPHER_H_
