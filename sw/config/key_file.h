// The file that keeps the operator's config-key passphrase: DIR/config-key (docs/adr/0006). mgmt
// alone writes it; other programs read it to open sealed secrets.
#ifndef VAM_SW_CONFIG_KEY_FILE_H_
#define VAM_SW_CONFIG_KEY_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "sw/base/result.h"
#include "sw/config/seal.h"

namespace vam::config {

inline constexpr std::string_view kKeyFileName = "config-key";

struct KeyFileContent {
  SealSalt salt{};
  Passphrase current;  // empty: no config-key
  Passphrase older;    // not empty: text sealed under it may still be about
};
struct KeyFile {
  uint64_t version = 0;
  KeyFileContent content;
};

// Two copies, written in turn and synced; the newer whole one counts. Each, big-endian:
// "VAMCKEY1", version (8), salt (16), length of the passphrase (1), passphrase (127), length of the
// one before it (1), that one (127), SHA-256 of all before. A length of 0: none.
//
// An empty file: version 0, no passphrase. kIo; kMalformed: neither copy is whole.
Result<KeyFile> ReadKeyFile(int fd);
// Writes the copy whose turn it is at `file.version`. Durable when it returns. kIo.
Status WriteKeyFileCopy(int fd, const KeyFile& file);

// A sealer with what the file holds. Derives even without a passphrase, so that libcrypto opens
// nothing later, in a confined process.
Result<Sealer> SealerOf(const KeyFileContent& content);
// The same for the file of a state directory, which is only read. kNotFound: there is no such file.
// kUnavailable: it holds no passphrase. kIo, kMalformed as above.
Result<Sealer> SealerOfState(const std::string& directory);

// Whether a configuration may have sealed secrets: only then a key file is worth asking for.
inline bool MayHoldSealed(std::string_view text) { return text.find(" 6 ") != text.npos; }

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_KEY_FILE_H_
