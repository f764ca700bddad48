// The operator's config-key passphrase on disk: the one file that holds it (docs/adr/0006).
#ifndef VAM_SW_MGMT_CONFIG_KEY_H_
#define VAM_SW_MGMT_CONFIG_KEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "sw/api/channel.h"
#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/rng.h"
#include "sw/config/seal.h"

namespace vam::mgmt {

// DIR/config-key, mode 0600, opened before the process is confined. Single-threaded.
//
// Two copies, written in turn and synced; the newer whole one counts. Each, big-endian:
// "VAMCKEY1", version (8), salt (16), length of the passphrase (1), passphrase (127), length of the
// one before it (1), that one (127), SHA-256 of all before. A length of 0: none.
class ConfigKeyFile {
 public:
  // What the file says.
  struct Content {
    config::SealSalt salt{};
    config::Passphrase current;  // empty: no config-key
    config::Passphrase older;    // not empty: text sealed under it may still be about
  };

  // Makes the file when it is missing. kIo: the directory or the file cannot be used.
  // kMalformed: neither copy is whole.
  static Result<ConfigKeyFile> Open(const std::string& directory);

  const Content& content() const { return content_; }
  // Durable when it returns. kIo: the file says what it said before, or the new.
  Status Write(Content content);

 private:
  ConfigKeyFile() = default;
  Status Load();
  Status WriteCopy();

  api::OwnedFd fd_;
  uint64_t version_ = 0;
  Content content_;
};

// A sealer with what the file holds. Derives even without a passphrase, so that libcrypto opens
// nothing later, in a confined process.
Result<config::Sealer> SealerOf(const ConfigKeyFile::Content& content);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_CONFIG_KEY_H_
