#include "sw/mgmt/config_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace vam::mgmt {

Result<ConfigKeyFile> ConfigKeyFile::Open(const std::string& directory) {
  ConfigKeyFile file;
  const std::string path = directory + "/" + std::string(config::kKeyFileName);
  file.fd_ = api::OwnedFd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.fd_ || fchmod(file.fd_.get(), 0600) != 0) {
    return Err(ErrorCode::kIo, "the config-key file cannot be opened");
  }
  VAM_TRY(file.file_, config::ReadKeyFile(file.fd_.get()));
  const api::OwnedFd folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) {
    return Err(ErrorCode::kIo, "the state directory cannot be synced");
  }
  return file;
}

Status ConfigKeyFile::Write(Content content) {
  file_.content = std::move(content);
  // Twice: no copy keeps a passphrase that is no longer wanted.
  for (int copy = 0; copy < 2; ++copy) {
    ++file_.version;
    VAM_TRY_STATUS(config::WriteKeyFileCopy(fd_.get(), file_));
  }
  return Ok();
}

}  // namespace vam::mgmt
