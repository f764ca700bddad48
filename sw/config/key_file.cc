#include "sw/config/key_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/base/secret.h"

namespace vam::config {
namespace {

constexpr std::string_view kMagic = "VAMCKEY1";
constexpr size_t kWords = 1 + kLongestPassphrase;
constexpr size_t kSaltAt = 16;
constexpr size_t kCurrentAt = kSaltAt + kSealSaltBytes;
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

void Put(MutableBytes copy, size_t at, const Passphrase& words) {
  copy[at] = static_cast<uint8_t>(words.size());
  std::copy(words.bytes().begin(), words.bytes().end(),
            copy.begin() + static_cast<ptrdiff_t>(at) + 1);
}
std::optional<Passphrase> Get(Bytes copy, size_t at) {
  auto words = Passphrase::From(copy.subspan(at + 1, std::min<size_t>(copy[at], kWords - 1)));
  if (!words || copy[at] > kLongestPassphrase) return std::nullopt;
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

Result<KeyFile> ReadKeyFile(int fd) {
  KeyFile file;
  struct stat status {};
  if (fstat(fd, &status) != 0) return Err(ErrorCode::kIo, "fstat failed");
  bool any = false;
  for (uint64_t which : {0U, 1U}) {
    Copy copy;
    const MutableBytes bytes = copy.Resize(kCopy);
    if (!ReadCopy(fd, which, bytes)) continue;
    const uint64_t version = LoadBe64(bytes.data() + kMagic.size());
    if (any && version < file.version) continue;
    auto current = Get(bytes, kCurrentAt);
    auto older = Get(bytes, kOlderAt);
    if (!current || !older) continue;
    any = true;
    file.version = version;
    std::copy_n(bytes.begin() + kSaltAt, kSealSaltBytes, file.content.salt.begin());
    file.content.current = std::move(*current);
    file.content.older = std::move(*older);
  }
  if (!any && status.st_size != 0) {
    return Err(ErrorCode::kMalformed, "the config-key file is damaged");
  }
  return file;
}

Status WriteKeyFileCopy(int fd, const KeyFile& file) {
  Copy copy;
  const MutableBytes bytes = copy.Resize(kCopy);
  std::fill(bytes.begin(), bytes.end(), uint8_t{0});
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  StoreBe64(bytes.data() + kMagic.size(), file.version);
  std::copy(file.content.salt.begin(), file.content.salt.end(), bytes.begin() + kSaltAt);
  Put(bytes, kCurrentAt, file.content.current);
  Put(bytes, kOlderAt, file.content.older);
  if (!Digest(Bytes(bytes).first(kCovered), bytes.data() + kCovered)) {
    return Err(ErrorCode::kInternal, "SHA-256 failed");
  }
  const auto at = static_cast<off_t>(file.version % 2) * kStride;
  if (pwrite(fd, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()) ||
      fdatasync(fd) != 0) {
    return Err(ErrorCode::kIo, "the config-key file cannot be written");
  }
  return Ok();
}

Result<Sealer> SealerOf(const KeyFileContent& content) {
  Sealer sealer;
  const auto words = [](const Passphrase& p) {
    return std::string_view(reinterpret_cast<const char*>(p.bytes().data()), p.size());
  };
  if (content.current.empty()) {
    VAM_TRY_STATUS(sealer.Add("warm it up", content.salt));
    SeededRng rng(1);
    VAM_TRY(const auto opened, sealer.Open(sealer.Seal(content.salt, rng)));
    return opened.empty() ? Result<Sealer>(Err(ErrorCode::kInternal, "sealing fails"))
                          : Result<Sealer>(Sealer());
  }
  if (!content.older.empty()) VAM_TRY_STATUS(sealer.Add(words(content.older), content.salt));
  VAM_TRY_STATUS(sealer.Add(words(content.current), content.salt));
  return sealer;
}

Result<Sealer> SealerOfState(const std::string& directory) {
  const std::string path = directory + "/" + std::string(kKeyFileName);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return errno == ENOENT ? Err(ErrorCode::kNotFound, "there is no config-key file")
                           : Err(ErrorCode::kIo, "the config-key file cannot be opened");
  }
  const Result<KeyFile> file = ReadKeyFile(fd);
  close(fd);
  if (!file) return file.error();
  if (file->content.current.empty()) {
    return Err(ErrorCode::kUnavailable, "the config-key file holds no config-key");
  }
  return SealerOf(file->content);
}

}  // namespace vam::config
