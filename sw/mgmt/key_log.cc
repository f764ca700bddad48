#include "sw/mgmt/key_log.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sw/api/key_log.h"

namespace vam::mgmt {
namespace {

constexpr std::array kNames{"ikev2_decryption_table", "esp_sa"};

// One line of text: nothing else may get into a file that another program reads.
bool Printable(Bytes line) {
  return std::ranges::all_of(line, [](uint8_t c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Result<KeyLog> KeyLog::Open(const std::string& directory) {
  KeyLog log;
  log.directory_ = directory;
  for (size_t i = 0; i < kNames.size(); ++i) {
    const std::string path = directory + "/" + kNames[i];
    File& file = log.files_[i];
    // O_APPEND: whoever empties the file while it is written leaves no hole.
    file.fd = api::OwnedFd(
        open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.fd) return Err(ErrorCode::kIo, "the files of the key log cannot be opened");
    struct stat status {};
    if (fstat(file.fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        fchmod(file.fd.get(), 0600) != 0) {
      return Err(ErrorCode::kIo, "the files of the key log cannot be used");
    }
    file.bytes = static_cast<size_t>(status.st_size);
  }
  return log;
}

Status KeyLog::Begin() {
  for (File& file : files_) {
    if (ftruncate(file.fd.get(), 0) != 0) {
      return Err(ErrorCode::kIo, "the files of the key log cannot be emptied");
    }
    file.bytes = 0;
  }
  return Ok();
}

Status KeyLog::Write(Bytes payload) {
  if (payload.size() < 2 || payload.size() > api::kLongestKeyLine + 1 || payload[0] == 0 ||
      payload[0] > kNames.size() || !Printable(payload.subspan(1))) {
    return Err(ErrorCode::kMalformed, "no line of a key log");
  }
  File& file = files_[payload[0] - 1U];
  if (file.bytes + payload.size() > kMostBytes) {
    return Err(ErrorCode::kExhausted, "the file of the key log is full");
  }
  std::vector<uint8_t> line(payload.begin() + 1, payload.end());
  line.push_back('\n');
  const ssize_t written = write(file.fd.get(), line.data(), line.size());
  OPENSSL_cleanse(line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    return Err(ErrorCode::kIo, "the file of the key log cannot be written");
  }
  file.bytes += line.size();
  return Ok();
}

}  // namespace vam::mgmt
