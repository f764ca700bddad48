#include "sw/mgmt/number_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "sw/base/bytes.h"
#include "sw/base/check.h"

namespace vam::mgmt {
namespace {

constexpr std::string_view kMagic = "VAMNUMB2";
constexpr std::string_view kEarlierMagic = "VAMNUMB1";
constexpr size_t kSecretBytes = 32;
constexpr size_t kDigestBytes = 32;
constexpr size_t kHeaderCovered = 40;
constexpr size_t kRecordCovered = 32;
constexpr std::array<off_t, 2> kCopies = {0, static_cast<off_t>(NumberFile::kCopyBytes)};

using Digest = std::array<uint8_t, kDigestBytes>;
using RecordBytes = std::array<uint8_t, NumberFile::kRecordBytes>;

bool ReadAt(int fd, MutableBytes out, off_t offset) {
  while (!out.empty()) {
    const ssize_t got = pread(fd, out.data(), out.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<size_t>(got));
    offset += got;
  }
  return true;
}

bool WriteAt(int fd, Bytes in, off_t offset) {
  while (!in.empty()) {
    const ssize_t put = pwrite(fd, in.data(), in.size(), offset);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    in = in.subspan(static_cast<size_t>(put));
    offset += put;
  }
  return true;
}

Digest DigestOf(Bytes in) {
  Digest out;
  unsigned length = 0;
  VAM_CHECK(EVP_Digest(in.data(), in.size(), out.data(), &length, EVP_sha256(), nullptr) == 1);
  return out;
}

bool IsZero(Bytes bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

off_t OffsetOf(uint32_t place) {
  return static_cast<off_t>(NumberFile::kHeaderBytes + place * NumberFile::kRecordBytes);
}

// What stands for a record at `place`: a record that got elsewhere is not whole there.
Digest DigestOf(uint32_t place, Bytes covered) {
  std::array<uint8_t, 8 + kRecordCovered> bytes;
  StoreBe64(bytes.data(), place);
  std::ranges::copy(covered, bytes.begin() + 8);
  return DigestOf(bytes);
}

RecordBytes Encode(const NumberFile::Placed& placed) {
  RecordBytes out{};
  std::ranges::copy(placed.record.key, out.begin());
  StoreBe64(out.data() + 16, placed.record.next);
  out[24] = placed.record.inbound ? 1 : 0;
  std::ranges::copy(DigestOf(placed.place, Bytes(out).first(kRecordCovered)),
                    out.begin() + kRecordCovered);
  return out;
}

// nullopt: not whole.
std::optional<NumberFile::Record> Decode(uint32_t place, Bytes in) {
  const Digest digest = DigestOf(place, in.first(kRecordCovered));
  if (!std::ranges::equal(digest, in.subspan(kRecordCovered))) return std::nullopt;
  NumberFile::Record record;
  std::ranges::copy(in.first(record.key.size()), record.key.begin());
  record.next = LoadBe64(in.data() + 16);
  record.inbound = in[24] != 0;
  return record;
}

std::string PathOf(const std::string& directory) { return directory + "/numbers"; }

bool SyncDirectory(const std::string& directory) {
  const api::OwnedFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && fsync(fd.get()) == 0;
}

// The two copies of one place, as read.
struct Place {
  std::optional<NumberFile::Record> record;  // none: free
  bool repair = false;                       // the copies differ
};

// A place that was never given away can be zeros in one copy and not whole in the other: a crash
// cut its first write short, before its numbers left.
Result<Place> Merge(uint32_t place, Bytes first, Bytes second) {
  const bool empty_first = IsZero(first), empty_second = IsZero(second);
  if (empty_first && empty_second) return Place{};
  const auto a = empty_first ? std::nullopt : Decode(place, first);
  const auto b = empty_second ? std::nullopt : Decode(place, second);
  if (!a && !b && !empty_first && !empty_second) {
    return Err(ErrorCode::kMalformed, "the number file is corrupt");
  }
  if (a && b && a->key != b->key) return Err(ErrorCode::kMalformed, "the number file is corrupt");
  Place merged;
  merged.record = !b || (a && a->next >= b->next) ? a : b;
  merged.repair = !std::ranges::equal(first, second);
  return merged;
}

// The secret of the header; nullopt: not whole.
std::optional<Secret<kSecretBytes>> ReadHeader(Bytes header) {
  const Digest digest = DigestOf(header.first(kHeaderCovered));
  if (!std::ranges::equal(kMagic, header.first(kMagic.size())) ||
      !std::ranges::equal(digest, header.subspan(kHeaderCovered, kDigestBytes))) {
    return std::nullopt;
  }
  Secret<kSecretBytes> secret;
  std::ranges::copy(header.subspan(kMagic.size(), kSecretBytes),
                    secret.Resize(kSecretBytes).begin());
  return secret;
}

Error NotWhole(int fd) {
  std::array<uint8_t, kEarlierMagic.size()> magic{};
  const bool earlier = ReadAt(fd, magic, 0) && std::ranges::equal(kEarlierMagic, magic);
  return Err(ErrorCode::kMalformed,
             earlier ? "the number file is of an earlier version" : "the number file is corrupt");
}

}  // namespace

Status NumberFile::Initialise(const std::string& directory, Rng& rng) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Err(ErrorCode::kIo, "the state directory cannot be made");
  }
  NumberFile file;
  const std::string path = PathOf(directory);
  file.fd_ = api::OwnedFd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.fd_) {
    return errno == EEXIST ? Err(ErrorCode::kExists, "the number file exists already")
                           : Err(ErrorCode::kIo, "the number file cannot be made");
  }
  // Its blocks are taken now: a disk that fills up later must not stop SAs.
  const int reserved = posix_fallocate(file.fd_.get(), 0, kCopies.size() * kCopyBytes);
  if (reserved != 0) return Err(ErrorCode::kIo, "there is no room for the number file");
  Secret<kSecretBytes> secret;
  rng.Fill(secret.Resize(kSecretBytes));
  VAM_TRY_STATUS(file.WriteHeader(secret.bytes()));
  if (fsync(file.fd_.get()) != 0 || !SyncDirectory(directory)) {
    return Err(ErrorCode::kIo, "the state directory cannot be synced");
  }
  return Ok();
}

Result<NumberFile::Opened> NumberFile::Open(const std::string& directory) {
  Opened opened;
  NumberFile& file = opened.file;
  file.fd_ = api::OwnedFd(open(PathOf(directory).c_str(), O_RDWR | O_CLOEXEC));
  if (!file.fd_) {
    return errno == ENOENT ? Err(ErrorCode::kNotFound, "the number file is missing")
                           : Err(ErrorCode::kIo, "the number file cannot be opened");
  }
  if (flock(file.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Err(ErrorCode::kUnavailable, "the number file is in use by another process");
  }
  std::array<std::vector<uint8_t>, 2> copies;
  for (size_t i = 0; i < copies.size(); ++i) {
    copies[i].resize(kCopyBytes);
    if (!ReadAt(file.fd_.get(), copies[i], kCopies[i])) return NotWhole(file.fd_.get());
  }
  auto first = ReadHeader(copies[0]);
  auto second = ReadHeader(copies[1]);
  if (!first && !second) return NotWhole(file.fd_.get());
  opened.secret = first ? std::move(*first) : std::move(*second);
  if (!first || !second) VAM_TRY_STATUS(file.WriteHeader(opened.secret.bytes()));

  std::vector<Placed> repair;
  for (uint32_t place = 0; place < kPlaces; ++place) {
    const auto at = static_cast<size_t>(OffsetOf(place));
    VAM_TRY(const Place merged, Merge(place, Bytes(copies[0]).subspan(at, kRecordBytes),
                                      Bytes(copies[1]).subspan(at, kRecordBytes)));
    if (!merged.record) continue;
    opened.records.push_back({place, *merged.record});
    if (merged.repair) repair.push_back(opened.records.back());
  }
  for (std::vector<uint8_t>& copy : copies) OPENSSL_cleanse(copy.data(), kHeaderBytes);
  VAM_TRY_STATUS(file.Write(repair));
  return opened;
}

Status NumberFile::WriteHeader(Bytes secret) {
  std::vector<uint8_t> header(kHeaderBytes);
  std::ranges::copy(kMagic, header.begin());
  std::ranges::copy(secret, header.begin() + static_cast<std::ptrdiff_t>(kMagic.size()));
  std::ranges::copy(DigestOf(Bytes(header).first(kHeaderCovered)), header.begin() + kHeaderCovered);
  bool good = true;
  for (const off_t copy : kCopies) {
    good = good && WriteAt(fd_.get(), header, copy) && fdatasync(fd_.get()) == 0;
  }
  OPENSSL_cleanse(header.data(), header.size());
  return good ? Ok() : Err(ErrorCode::kIo, "the number file cannot be written");
}

Status NumberFile::Write(std::span<const Placed> records) {
  if (records.empty()) return Ok();
  for (const off_t copy : kCopies) {
    for (const Placed& placed : records) {
      VAM_CHECK(placed.place < kPlaces);
      if (!WriteAt(fd_.get(), Encode(placed), copy + OffsetOf(placed.place))) {
        return Err(ErrorCode::kIo, "the number file cannot be written");
      }
    }
    if (fdatasync(fd_.get()) != 0) {
      return Err(ErrorCode::kIo, "the number file cannot be written");
    }
  }
  return Ok();
}

}  // namespace vam::mgmt
