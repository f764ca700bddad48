// What the suite of an SA does to an ESP packet: the only place where suites differ in more than
// the numbers of the algorithm table.
#ifndef VAM_SW_IPSEC_ESP_CIPHER_H_
#define VAM_SW_IPSEC_ESP_CIPHER_H_

#include <array>
#include <memory>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/crypto/aead.h"
#include "sw/crypto/block_cipher.h"
#include "sw/crypto/mac.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

// One SA, one direction, one thread. All that depends on the keys is prepared; no call allocates.
//
// IVs: the sequence number where an IV must only be unique (CTR, GCM, CCM, ChaCha20-Poly1305,
// GMAC). CBC needs one that nobody can foretell (RFC 3602, 3): the sequence number enciphered under
// a key of its own, which is derived from the SA's key (NIST SP 800-38A, appendix C).
class EspCipher {
 public:
  // Requires: ESP parameters that Validate accepts. Keeps no pointer to the keys.
  static Result<EspCipher> Create(const SaSettings& sa, const SaKeys& keys);

  const EspLayout& layout() const { return layout_; }

  // `esp` is the whole ESP packet: SPI, sequence number, room for the IV, text, room for the ICV.
  // Encrypts the text in place and writes IV and ICV. The caller gives each `sequence` once. False
  // when libcrypto fails: the text is then zeroed.
  bool Seal(uint64_t sequence, MutableBytes esp);

  // Decrypts the text of `esp` to the start of `out`, which has room for it. False when the ICV is
  // wrong: `out` then holds zeros there or what it held, never unverified text. A separate
  // integrity algorithm is asked before anything is deciphered.
  bool Open(uint64_t sequence, Bytes esp, MutableBytes out);

 private:
  static constexpr size_t kNonceRoom = 16;
  struct Nonce {
    std::array<uint8_t, kNonceRoom> buffer;
    size_t size;
    Bytes bytes() const { return Bytes(buffer).first(size); }
  };

  explicit EspCipher(const SaSettings& sa);

  void PrepareNonce(const SaSettings& sa, const SaKeys& keys);
  Status PrepareCipher(const SaSettings& sa, const SaKeys& keys);
  Status PrepareIntegrity(const SaSettings& sa, const SaKeys& keys);
  Status PrepareIvs(const SaSettings& sa, const SaKeys& keys);

  // Of a suite whose IV has 8 bytes.
  Nonce MakeNonce(Bytes iv) const;
  bool WriteIv(uint64_t sequence, MutableBytes iv);
  bool Encrypt(uint64_t sequence, MutableBytes esp, Bytes iv, MutableBytes text);
  // The code over everything before the ICV.
  bool ComputeIcv(uint64_t sequence, Bytes esp, MutableBytes icv);

  CipherKind kind_;
  EspLayout layout_;
  Spi spi_;
  bool esn_;
  bool in_;
  Secret<kNonceRoom> nonce_start_;
  size_t salt_bytes_ = 0;
  size_t nonce_bytes_ = 0;
  std::optional<crypto::Aead> aead_;              // kAead
  std::optional<crypto::BlockCipher> cipher_;     // kCbc, kCtr
  std::optional<crypto::BlockCipher> iv_cipher_;  // kCbc outbound
  std::unique_ptr<crypto::Mac> mac_;              // separate integrity, and kGmac
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ESP_CIPHER_H_
