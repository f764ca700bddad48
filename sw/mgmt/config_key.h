// The operator's config-key passphrase on disk: the one file that holds it (docs/adr/0006).
#ifndef VAM_SW_MGMT_CONFIG_KEY_H_
#define VAM_SW_MGMT_CONFIG_KEY_H_

#include <string>

#include "sw/api/channel.h"
#include "sw/base/result.h"
#include "sw/config/key_file.h"

namespace vam::mgmt {

// DIR/config-key, mode 0600, opened before the process is confined; its form is in
// sw/config/key_file.h. Single-threaded.
class ConfigKeyFile {
 public:
  using Content = config::KeyFileContent;

  // Makes the file when it is missing. kIo: the directory or the file cannot be used.
  // kMalformed: neither copy is whole.
  static Result<ConfigKeyFile> Open(const std::string& directory);

  const Content& content() const { return file_.content; }
  // Durable when it returns. kIo: the file says what it said before, or the new.
  Status Write(Content content);

 private:
  ConfigKeyFile() = default;

  api::OwnedFd fd_;
  config::KeyFile file_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_CONFIG_KEY_H_
