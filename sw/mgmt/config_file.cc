#include "sw/mgmt/config_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vam::mgmt {
namespace {

std::string Directory(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<ConfigFile> ConfigFile::Open(const std::string& path) {
  ConfigFile file;
  file.path_ = path;
  file.current_ = api::OwnedFd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  const bool writable = static_cast<bool>(file.current_);
  if (!writable) file.current_ = api::OwnedFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.current_) {
    return errno == ENOENT ? Err(ErrorCode::kNotFound, "the configuration file does not exist")
                           : Err(ErrorCode::kIo, "the configuration file cannot be read");
  }
  struct stat status {};
  if (fstat(file.current_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Err(ErrorCode::kIo, "the configuration is not a regular file");
  }
  if (writable) {
    const std::string spare = path + ".new";
    file.spare_ = api::OwnedFd(open(spare.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    file.directory_ =
        api::OwnedFd(open(Directory(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  return file;
}

Result<std::string> ConfigFile::Read() const {
  std::string text;
  char buffer[16384];
  if (lseek(current_.get(), 0, SEEK_SET) < 0) return Err(ErrorCode::kIo, "lseek failed");
  for (;;) {
    const ssize_t got = read(current_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Err(ErrorCode::kIo, "the configuration file cannot be read");
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kLongestConfiguration) {
      return Err(ErrorCode::kExhausted, "configuration above 8 MiB");
    }
  }
}

Status ConfigFile::WriteSpare(std::string_view text) {
  const int fd = spare_.get();
  // The spare may be the file that someone else made, readable for all.
  if (Stopped(Step::kTruncate) || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0 ||
      lseek(fd, 0, SEEK_SET) < 0 || Stopped(Step::kWrite)) {
    return Err(ErrorCode::kIo, "the new configuration file cannot be written");
  }
  for (size_t done = 0; done < text.size();) {
    const ssize_t put = write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Err(ErrorCode::kIo, "the new configuration file cannot be written");
    done += static_cast<size_t>(put);
  }
  if (Stopped(Step::kSync) || fsync(fd) != 0) {
    return Err(ErrorCode::kIo, "the new configuration file cannot be synced");
  }
  return Ok();
}

Status ConfigFile::Save(std::string_view text) {
  if (!spare_ || !directory_) {
    return Err(ErrorCode::kUnavailable, "the configuration file was opened for reading only");
  }
  VAM_TRY_STATUS(WriteSpare(text));
  const std::string spare = path_ + ".new";
  if (Stopped(Step::kExchange) || syscall(SYS_renameat2, AT_FDCWD, spare.c_str(), AT_FDCWD,
                                          path_.c_str(), RENAME_EXCHANGE) != 0) {
    return Err(ErrorCode::kIo, "the configuration files cannot be exchanged");
  }
  std::swap(current_, spare_);
  if (Stopped(Step::kSyncDirectory) || fsync(directory_.get()) != 0) {
    return Err(ErrorCode::kIo, "the directory cannot be synced");
  }
  return Ok();
}

}  // namespace vam::mgmt
