// Published test vectors. A missing or malformed file fails the running test.
#ifndef VAM_TESTS_SUPPORT_VECTORS_H_
#define VAM_TESTS_SUPPORT_VECTORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
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
// The same for aes_ccm_test (552 records) and chacha20_poly1305_test (325).
std::vector<GcmVector> LoadWycheproofCcm();
std::vector<GcmVector> LoadWycheproofChaCha20Poly1305();

// Any file of "Name = hex" records that start with "Count = number"; a line FAIL marks a record
// that must be refused. `decrypt` is copied into the records.
std::vector<GcmVector> LoadGcmFile(const std::string& path, bool decrypt);

// One record of any CAVP-like file, by name. Lengths and keys that stand before several records are
// in each of them.
struct VectorRecord {
  std::map<std::string, std::string> fields;
  std::string source;

  bool Has(const std::string& name) const { return fields.contains(name); }
  // The bytes of a hex field; empty when there is none. Fails the running test when it is not hex.
  std::vector<uint8_t> Hex(const std::string& name) const;
  size_t Number(const std::string& name) const;
};

// The records of a file below the folder of python3-cryptography-vectors, each of which starts with
// a line named `start`.
std::vector<VectorRecord> LoadDebianVectors(const std::string& file, std::string_view start);
// The same of a file of tests/vectors.
std::vector<VectorRecord> LoadVectors(const std::string& file, std::string_view start);

// A file below the folder of python3-cryptography-vectors as it is.
std::vector<uint8_t> LoadDebianFile(const std::string& file);
// The names of the files in a folder there, sorted.
std::vector<std::string> ListDebianFiles(const std::string& folder);

// The records whose IV has 12 bytes.
std::vector<GcmVector> Only96BitIv(std::vector<GcmVector> vectors);

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_VECTORS_H_
