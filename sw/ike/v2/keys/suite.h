// What the transforms of IKEv2 mean: which algorithm of sw/crypto, how long its keys are, and what
// it is called. One table per transform type; a new algorithm is a row here.
#ifndef VAM_SW_IKE_V2_KEYS_SUITE_H_
#define VAM_SW_IKE_V2_KEYS_SUITE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sw/api/fast.h"
#include "sw/crypto/aead.h"
#include "sw/crypto/block_cipher.h"
#include "sw/crypto/mac.h"
#include "sw/crypto/prf.h"
#include "sw/ike/v2/wire/numbers.h"

namespace vam::ike::v2 {

// An encryption transform: the same number with another Key Length is another cipher.
struct Cipher {
  EncryptionId id = EncryptionId::kAesGcm16;
  uint16_t key_bits =
      256;  // the Key Length attribute; 0: the cipher has one length and no attribute
  bool operator==(const Cipher&) const = default;
};

struct CipherInfo {
  Cipher cipher;
  std::string_view name;  // as the configuration has it: "aes-gcm-256"
  size_t key_bytes = 0;   // without the salt
  size_t salt_bytes = 0;  // behind the key in the key material
  size_t iv_bytes = 0;    // on the wire
  size_t icv_bytes = 0;   // 0: the integrity algorithm's
  size_t block_bytes = 1;
  bool in_ike = false;  // built for the SK payload too (RFC 5282), not for ESP alone
  crypto::AeadAlgorithm aead = crypto::AeadAlgorithm::kAesGcm;       // with icv_bytes
  crypto::CipherAlgorithm block = crypto::CipherAlgorithm::kAesCbc;  // without, in_ike
  api::FastEncryption fast = api::FastEncryption::kNone;

  // Brings its own integrity: no integrity transform may stand beside it (RFC 5282, 8).
  bool combined() const { return icv_bytes != 0; }
};

struct IntegrityInfo {
  IntegrityId id = IntegrityId::kNone;
  std::string_view name;
  size_t key_bytes = 0;
  size_t icv_bytes = 0;
  bool in_ike = false;
  crypto::MacAlgorithm mac = crypto::MacAlgorithm::kHmacSha256;
  api::FastIntegrity fast = api::FastIntegrity::kNone;
};

struct PrfInfo {
  PrfId id = PrfId::kHmacSha256;
  std::string_view name;
  crypto::PrfAlgorithm prf = crypto::PrfAlgorithm::kHmacSha256;
  size_t bytes = 0;  // of output and of SK_d, SK_pi, SK_pr
};

// Null for what is not built. Every number of the wire may be asked for.
const CipherInfo* FindCipher(uint16_t id, uint16_t key_bits);
const IntegrityInfo* FindIntegrity(uint16_t id);
const PrfInfo* FindPrf(uint16_t id);
std::span<const CipherInfo> Ciphers();
std::span<const IntegrityInfo> Integrities();
std::span<const PrfInfo> Prfs();

// The row of something that was found before. Requires: it is in the table.
const CipherInfo& InfoOf(Cipher cipher);
const IntegrityInfo& InfoOf(IntegrityId id);
const PrfInfo& InfoOf(PrfId id);

// What an IKE SA agreed on.
struct IkeSuite {
  Cipher cipher;
  IntegrityId integrity = IntegrityId::kNone;  // kNone with combined ciphers
  PrfId prf = PrfId::kHmacSha256;
  uint16_t group = 0;  // transform type 4
  std::vector<uint16_t>
      additional_groups;  // RFC 9370, types 6 to 12 in order; 0: none for that one
  bool operator==(const IkeSuite&) const = default;
};

// What a child SA agreed on.
struct ChildSuite {
  Protocol protocol = Protocol::kEsp;
  Cipher cipher;  // ESP only
  IntegrityId integrity = IntegrityId::kNone;
  uint16_t group = 0;  // 0: no key exchange of its own
  bool esn = false;
  std::vector<uint16_t> additional_groups = {};  // as above
  bool operator==(const ChildSuite&) const = default;

  size_t encryption_key_bytes() const;  // with salt; AH: 0
  size_t integrity_key_bytes() const;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEYS_SUITE_H_
