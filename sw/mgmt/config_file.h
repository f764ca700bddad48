// The configuration file, opened before the process is confined, and replaced as a whole afterwards
// without opening anything.
#ifndef VAM_SW_MGMT_CONFIG_FILE_H_
#define VAM_SW_MGMT_CONFIG_FILE_H_

#include <string>
#include <string_view>

#include "sw/api/channel.h"
#include "sw/base/result.h"

namespace vam::mgmt {

// Single-threaded.
class ConfigFile {
 public:
  // Opens PATH, and PATH.new for later saves (without it Save is kUnavailable). kNotFound, kIo.
  static Result<ConfigFile> Open(const std::string& path);

  // At most 8 MiB; kExhausted above.
  Result<std::string> Read() const;
  // Writes PATH.new, syncs it and exchanges the two names: a reader sees the old text or the new
  // one. PATH.new then holds the old text. kIo: the old file is still in place.
  Status Save(std::string_view text);
  const std::string& path() const { return path_; }

 private:
  ConfigFile() = default;

  std::string path_;
  api::OwnedFd current_;
  api::OwnedFd spare_;
  api::OwnedFd directory_;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_CONFIG_FILE_H_
