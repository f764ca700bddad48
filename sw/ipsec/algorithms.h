// The one table of what is done to packets: lengths, names and sources of every algorithm that ESP,
// AH and IPComp can use. A new algorithm is a row here and a primitive in sw/crypto.
#ifndef VAM_SW_IPSEC_ALGORITHMS_H_
#define VAM_SW_IPSEC_ALGORITHMS_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sw/crypto/aead.h"
#include "sw/crypto/block_cipher.h"
#include "sw/crypto/mac.h"

namespace vam::ipsec {

// Encryption in ESP. Names carry the key length in bits and the ICV length in bytes. kNone: AH.
enum class Encryption : uint8_t {
  kNone,
  kNull,
  kDesCbc,
  kTripleDesCbc,
  kAesCbc128,
  kAesCbc192,
  kAesCbc256,
  kAesCtr128,
  kAesCtr192,
  kAesCtr256,
  kAesGcm128Icv8,
  kAesGcm128Icv12,
  kAesGcm128Icv16,
  kAesGcm192Icv8,
  kAesGcm192Icv12,
  kAesGcm192Icv16,
  kAesGcm256Icv8,
  kAesGcm256Icv12,
  kAesGcm256Icv16,
  kAesCcm128Icv8,
  kAesCcm128Icv12,
  kAesCcm128Icv16,
  kAesCcm192Icv8,
  kAesCcm192Icv12,
  kAesCcm192Icv16,
  kAesCcm256Icv8,
  kAesCcm256Icv12,
  kAesCcm256Icv16,
  kChaCha20Poly1305,
  kAesGmac128,  // protects without hiding
  kAesGmac192,
  kAesGmac256,
};
inline constexpr size_t kEncryptions = 32;

// Integrity of AH, or of ESP beside an encryption that has none of its own. GMAC: AH only.
enum class Integrity : uint8_t {
  kNone,
  kHmacMd5_96,
  kHmacSha1_96,
  kHmacSha256_128,
  kHmacSha384_192,
  kHmacSha512_256,
  kAesXcbc96,
  kAesCmac96,
  kAesGmac128,
  kAesGmac192,
  kAesGmac256,
};
inline constexpr size_t kIntegrities = 11;

// Compression in IPComp.
enum class Compression : uint8_t {
  kNone,
  kDeflate,
  kLzs,
};
inline constexpr size_t kCompressions = 3;

// What an SA applies: encryption and integrity in ESP, integrity in AH, compression in IPComp.
struct Suite {
  Encryption encryption = Encryption::kAesGcm128Icv16;
  Integrity integrity = Integrity::kNone;
  Compression compression = Compression::kNone;
  bool operator==(const Suite&) const = default;
};

// How the IV is made and what protects the text.
enum class CipherKind : uint8_t {
  kNone,
  kNull,
  kCbc,   // IV unpredictable (RFC 3602, 3)
  kCtr,   // IV unique: the sequence number
  kAead,  // IV unique: the sequence number
  kGmac,  // IV unique: the sequence number; the text stays readable
};

struct EncryptionInfo {
  Encryption id = Encryption::kNone;
  std::string_view name;  // also the name of the capability
  CipherKind kind = CipherKind::kNone;
  size_t key_bytes = 0;
  size_t salt_bytes = 0;   // behind the key in the key material
  size_t iv_bytes = 0;     // on the wire
  size_t block_bytes = 4;  // the text is padded to it: at least 4 (RFC 4303, 2.4)
  size_t icv_bytes = 0;    // 0: the integrity algorithm's
  uint16_t rfc = 0;
  bool legacy = false;                                                // too weak for new use
  crypto::AeadAlgorithm aead = crypto::AeadAlgorithm::kAesGcm;        // kAead
  crypto::CipherAlgorithm cipher = crypto::CipherAlgorithm::kAesCbc;  // kCbc and kCtr

  // Brings its own integrity: no other algorithm may stand beside it.
  bool combined() const { return kind == CipherKind::kAead || kind == CipherKind::kGmac; }
};

struct IntegrityInfo {
  Integrity id = Integrity::kNone;
  std::string_view name;
  size_t key_bytes = 0;
  size_t salt_bytes = 0;
  size_t iv_bytes = 0;   // before the code, in AH's ICV field (RFC 4543, 3.4)
  size_t icv_bytes = 0;  // the code
  uint16_t rfc = 0;
  bool legacy = false;
  crypto::MacAlgorithm mac = crypto::MacAlgorithm::kHmacSha256;
};

struct CompressionInfo {
  Compression id = Compression::kNone;
  std::string_view name;
  uint16_t cpi = 0;  // well known (RFC 3173, 3.3; RFC 2407, 4.4.5)
  uint16_t rfc = 0;
};

// The row of an algorithm. Requires: a value of the enum.
const EncryptionInfo& InfoOf(Encryption encryption);
const IntegrityInfo& InfoOf(Integrity integrity);
const CompressionInfo& InfoOf(Compression compression);
// All rows but kNone's.
std::span<const EncryptionInfo> Encryptions();
std::span<const IntegrityInfo> Integrities();
std::span<const CompressionInfo> Compressions();

// Key bytes of the encryption, without salt.
inline size_t KeyBytes(const Suite& suite) { return InfoOf(suite.encryption).key_bytes; }

// Sets of algorithms, one bit each, by the number of the enum.
using EncryptionSet = std::bitset<kEncryptions>;
using IntegritySet = std::bitset<kIntegrities>;
using CompressionSet = std::bitset<kCompressions>;
constexpr size_t BitOf(Encryption encryption) { return static_cast<size_t>(encryption); }
constexpr size_t BitOf(Integrity integrity) { return static_cast<size_t>(integrity); }
constexpr size_t BitOf(Compression compression) { return static_cast<size_t>(compression); }

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ALGORITHMS_H_
