// A private key with its certificates, as others give and take them: PKCS#12 (RFC 7292), and PEM
// with PKCS#8 (RFC 5958, RFC 7468).
#ifndef VAM_SW_PKI_CONTAINER_H_
#define VAM_SW_PKI_CONTAINER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/crypto/signature.h"
#include "sw/pki/certificate.h"

namespace vam::pki {

inline constexpr size_t kMaxContainerBytes = 256 * 1024;
inline constexpr size_t kMaxContainerCertificates = 16;
inline constexpr size_t kMaxPassphraseBytes = 128;
// Of the functions that make keys of passphrases, all of one container together: seconds of work.
inline constexpr int64_t kMaxIterations = 5'000'000;

struct KeyContainer {
  crypto::PrivateKey key;
  std::vector<Certificate> certificates;  // the key's own first
};

// One key, in PKCS#12 that has a MAC, or in PEM, where it may be encrypted (PBES2 or the PBE of
// PKCS#12) or plain. Takes up to seconds. kMalformed; kAuthFailed: the passphrase does not fit;
// kUnsupported: an algorithm or a key that is not taken; kExhausted: over a limit.
Result<KeyContainer> OpenContainer(Bytes data, Bytes passphrase);

// Under PBES2 with AES-256-CBC and 100,000 rounds of HMAC-SHA-256. `certificates`: the key's own
// first, or none. `passphrase`: 1 to kMaxPassphraseBytes bytes without NUL. kInvalidArgument.
Result<std::vector<uint8_t>> MakePkcs12(const crypto::PrivateKey& key,
                                        std::span<const Certificate> certificates,
                                        const std::string& label, Bytes passphrase);
// Encrypted PKCS#8, then the certificates.
Result<std::vector<uint8_t>> MakePem(const crypto::PrivateKey& key,
                                     std::span<const Certificate> certificates, Bytes passphrase);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CONTAINER_H_
