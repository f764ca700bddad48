#include "sw/mgmt/config_key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace vam::mgmt {
namespace {

constexpr std::string_view kMagic = "VAMCKEY1";
constexpr size_t kWords = 1 + config::kLongestPassphrase;
constexpr size_t kSaltAt = 16;
constexpr size_t kCurrentAt = kSaltAt + config::kSealSaltBytes;
constexpr size_t kOlderAt = kCurrentAt + kWords;
constexpr size_t kCovered = kOlderAt + kWords;
constexpr size_t kDigest = 32;
constexpr size_t kCopy = kCovered + kDigest;
constexpr off_t kStride = 4096;

// A copy in memory, wiped.
using Copy = Secret<kCopy>;

bool Digest(Bytes in, uint8_t* out) {
  return EVP_Digest(in.data(), in.size(), out, nullptr, EVP_sha256(), nullptr) == 1;
}

void Put(MutableBytes copy, size_t at, const config::Passphrase& words) {
  copy[at] = static_cast<uint8_t>(words.size());
  std::copy(words.bytes().begin(), words.bytes().end(),
            copy.begin() + static_cast<ptrdiff_t>(at) + 1);
}
std::optional<config::Passphrase> Get(Bytes copy, size_t at) {
  auto words =
      config::Passphrase::From(copy.subspan(at + 1, std::min<size_t>(copy[at], kWords - 1)));
  if (!words || copy[at] > config::kLongestPassphrase) return std::nullopt;
  return std::move(*words);
}

bool ReadCopy(int fd, uint64_t which, MutableBytes out) {
  const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(which) * kStride);
  uint8_t digest[kDigest];
  return got == static_cast<ssize_t>(out.size()) &&
         std::memcmp(out.data(), kMagic.data(), kMagic.size()) == 0 &&
         Digest(Bytes(out).first(kCovered), digest) &&
         std::memcmp(digest, out.data() + kCovered, kDigest) == 0 &&
         LoadBe64(out.data() + kMagic.size()) % 2 == which;
}

}  // namespace

Result<ConfigKeyFile> ConfigKeyFile::Open(const std::string& directory) {
  ConfigKeyFile file;
  const std::string path = directory + "/config-key";
  file.fd_ = api::OwnedFd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.fd_ || fchmod(file.fd_.get(), 0600) != 0) {
    return Err(ErrorCode::kIo, "the config-key file cannot be opened");
  }
  VAM_TRY_STATUS(file.Load());
  const api::OwnedFd folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) {
    return Err(ErrorCode::kIo, "the state directory cannot be synced");
  }
  return file;
}

Status ConfigKeyFile::Load() {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) return Err(ErrorCode::kIo, "fstat failed");
  bool any = false;
  for (uint64_t which : {0U, 1U}) {
    Copy copy;
    const MutableBytes bytes = copy.Resize(kCopy);
    if (!ReadCopy(fd_.get(), which, bytes)) continue;
    const uint64_t version = LoadBe64(bytes.data() + kMagic.size());
    if (any && version < version_) continue;
    auto current = Get(bytes, kCurrentAt);
    auto older = Get(bytes, kOlderAt);
    if (!current || !older) continue;
    any = true;
    version_ = version;
    std::copy_n(bytes.begin() + kSaltAt, config::kSealSaltBytes, content_.salt.begin());
    content_.current = std::move(*current);
    content_.older = std::move(*older);
  }
  if (!any && status.st_size != 0) {
    return Err(ErrorCode::kMalformed, "the config-key file is damaged");
  }
  return Ok();
}

Status ConfigKeyFile::WriteCopy() {
  Copy copy;
  const MutableBytes bytes = copy.Resize(kCopy);
  std::fill(bytes.begin(), bytes.end(), uint8_t{0});
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  StoreBe64(bytes.data() + kMagic.size(), ++version_);
  std::copy(content_.salt.begin(), content_.salt.end(), bytes.begin() + kSaltAt);
  Put(bytes, kCurrentAt, content_.current);
  Put(bytes, kOlderAt, content_.older);
  if (!Digest(Bytes(bytes).first(kCovered), bytes.data() + kCovered)) {
    return Err(ErrorCode::kInternal, "SHA-256 failed");
  }
  const auto at = static_cast<off_t>(version_ % 2) * kStride;
  if (pwrite(fd_.get(), bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()) ||
      fdatasync(fd_.get()) != 0) {
    return Err(ErrorCode::kIo, "the config-key file cannot be written");
  }
  return Ok();
}

Status ConfigKeyFile::Write(Content content) {
  content_ = std::move(content);
  VAM_TRY_STATUS(WriteCopy());
  return WriteCopy();  // no copy keeps a passphrase that is no longer wanted
}

Result<config::Sealer> SealerOf(const ConfigKeyFile::Content& content) {
  config::Sealer sealer;
  const auto words = [](const config::Passphrase& p) {
    return std::string_view(reinterpret_cast<const char*>(p.bytes().data()), p.size());
  };
  if (content.current.empty()) {
    VAM_TRY_STATUS(sealer.Add("warm it up", content.salt));
    SeededRng rng(1);
    VAM_TRY(const auto opened, sealer.Open(sealer.Seal(content.salt, rng)));
    return opened.empty() ? Result<config::Sealer>(Err(ErrorCode::kInternal, "sealing fails"))
                          : Result<config::Sealer>(config::Sealer());
  }
  if (!content.older.empty()) VAM_TRY_STATUS(sealer.Add(words(content.older), content.salt));
  VAM_TRY_STATUS(sealer.Add(words(content.current), content.salt));
  return sealer;
}

}  // namespace vam::mgmt
