// Published AES-GCM test vectors. A missing or malformed file fails the running test.
#ifndef VAM_TESTS_SUPPORT_VECTORS_H_
#define VAM_TESTS_SUPPORT_VECTORS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace vam::test {

struct GcmVector {
  std::vector<uint8_t> key;  // 16, 24 or 32 bytes
  std::vector<uint8_t> iv;   // any length; OpenVAM's engines take 12 bytes
  std::vector<uint8_t> aad;
  std::vector<uint8_t> pt;  // empty if !valid
  std::vector<uint8_t> ct;
  std::vector<uint8_t> tag;  // the first 4 to 16 bytes of the full tag
  bool valid = true;         // false: a receiver must refuse {iv, aad, ct, tag} under this key
  bool decrypt = false;      // from a file of decrypt cases
  std::string source;        // file, line and test number: names the record in a failure
};

// The NIST CAVP GCM files (gcmEncryptExtIV and gcmDecrypt, 128, 192 and 256 bits) of the Debian
// package python3-cryptography-vectors: 47,250 records, 15,750 of them with a 96-bit IV.
std::vector<GcmVector> LoadCavpGcm();

// Wycheproof's aes_gcm_test, from tests/vectors: 316 records.
std::vector<GcmVector> LoadWycheproofGcm();

// Any file of "Name = hex" records that start with "Count = number"; a line FAIL marks a record
// that must be refused. `decrypt` is copied into the records.
std::vector<GcmVector> LoadGcmFile(const std::string& path, bool decrypt);

// The records whose IV has 12 bytes.
std::vector<GcmVector> Only96BitIv(std::vector<GcmVector> vectors);

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_VECTORS_H_
