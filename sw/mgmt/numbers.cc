#include "sw/mgmt/numbers.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace vam::mgmt {
namespace {

// Two copies, written one after the other. A copy, big-endian:
//   0  "VAMNUMB1"   8  version   16  records   24  secret (32)   56  records of 32 bytes   then
//   SHA-256 of all before
// A record: key id (16), next (8), inbound (1), zero (7).
constexpr std::string_view kMagic = "VAMNUMB1";
constexpr size_t kHeader = 56;
constexpr size_t kRecord = 32;
constexpr size_t kDigest = 32;
constexpr size_t kCopy = 136 * 1024;  // from the start of one copy to that of the other
static_assert(kHeader + kRecord * NumberStore::kMaxKeys + kDigest <= kCopy);
constexpr uint64_t kInboundBlockNs = 4 * kNsPerSecond;  // of traffic at the present rate
constexpr uint64_t kMostGrowth = 8;                     // from one block to the next
constexpr uint64_t kMostShrinking = 4;

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

bool Digest(Bytes in, uint8_t* out) {
  unsigned length = 0;
  return EVP_Digest(in.data(), in.size(), out, &length, EVP_sha256(), nullptr) == 1;
}

std::string PathOf(const std::string& directory) { return directory + "/numbers"; }

bool SyncDirectory(const std::string& directory) {
  const api::OwnedFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && fsync(fd.get()) == 0;
}

}  // namespace

struct NumberStore::Copy {
  uint64_t version = 0;
  Secret<32> secret;
  std::map<KeyId, Record> records;
};

Status NumberStore::Initialise(const std::string& directory, Rng& rng) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Err(ErrorCode::kIo, "the state directory cannot be made");
  }
  NumberStore store;
  const std::string path = PathOf(directory);
  store.fd_ = api::OwnedFd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!store.fd_) {
    return errno == EEXIST ? Err(ErrorCode::kExists, "the number file exists already")
                           : Err(ErrorCode::kIo, "the number file cannot be made");
  }
  rng.Fill(store.secret_.Resize(32));
  VAM_TRY_STATUS(store.Write());
  if (!SyncDirectory(directory)) return Err(ErrorCode::kIo, "the state directory cannot be synced");
  return Ok();
}

Result<NumberStore> NumberStore::Open(const std::string& directory) {
  NumberStore store;
  store.fd_ = api::OwnedFd(open(PathOf(directory).c_str(), O_RDWR | O_CLOEXEC));
  if (!store.fd_) {
    return errno == ENOENT ? Err(ErrorCode::kNotFound, "the number file is missing")
                           : Err(ErrorCode::kIo, "the number file cannot be opened");
  }
  if (flock(store.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Err(ErrorCode::kUnavailable, "the number file is in use by another process");
  }
  VAM_TRY_STATUS(store.Load());
  return store;
}

std::optional<NumberStore::Copy> NumberStore::LoadCopy(uint64_t which) const {
  std::vector<uint8_t> header(kHeader);
  const off_t offset = static_cast<off_t>(which * kCopy);
  if (!ReadAt(fd_.get(), header, offset)) return std::nullopt;
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) return std::nullopt;
  const uint64_t count = LoadBe64(header.data() + 16);
  if (count > kMaxKeys) return std::nullopt;
  std::vector<uint8_t> whole(kHeader + count * kRecord + kDigest);
  if (!ReadAt(fd_.get(), whole, offset)) return std::nullopt;
  uint8_t digest[kDigest];
  const Bytes covered = Bytes(whole).first(whole.size() - kDigest);
  if (!Digest(covered, digest)) return std::nullopt;
  if (std::memcmp(digest, whole.data() + covered.size(), kDigest) != 0) return std::nullopt;
  Copy copy;
  copy.version = LoadBe64(whole.data() + 8);
  const MutableBytes secret = copy.secret.Resize(32);
  std::memcpy(secret.data(), whole.data() + 24, 32);
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t* at = whole.data() + kHeader + i * kRecord;
    KeyId id;
    std::memcpy(id.data(), at, id.size());
    copy.records[id] = Record{LoadBe64(at + 16), at[24] != 0};
  }
  return copy;
}

Status NumberStore::Load() {
  std::optional<Copy> newest = LoadCopy(0);
  std::optional<Copy> other = LoadCopy(1);
  if (other && (!newest || other->version > newest->version)) newest = std::move(other);
  if (!newest) return Err(ErrorCode::kMalformed, "the number file is corrupt");
  version_ = newest->version;
  secret_ = std::move(newest->secret);
  records_ = std::move(newest->records);
  return Ok();
}

Status NumberStore::Write() {
  std::vector<uint8_t> whole(kHeader + records_.size() * kRecord + kDigest);
  std::memcpy(whole.data(), kMagic.data(), kMagic.size());
  StoreBe64(whole.data() + 8, version_ + 1);
  StoreBe64(whole.data() + 16, records_.size());
  std::memcpy(whole.data() + 24, secret_.bytes().data(), 32);
  uint8_t* at = whole.data() + kHeader;
  for (const auto& [id, record] : records_) {
    std::memcpy(at, id.data(), id.size());
    StoreBe64(at + 16, record.next);
    at[24] = record.inbound ? 1 : 0;
    at += kRecord;
  }
  const Bytes covered = Bytes(whole).first(whole.size() - kDigest);
  // The second copy only when the first is durable: at any time one of them is whole, and knows
  // every block that has left.
  bool good = Digest(covered, whole.data() + covered.size());
  for (const off_t offset : {off_t{0}, static_cast<off_t>(kCopy)}) {
    good = good && WriteAt(fd_.get(), whole, offset) && fdatasync(fd_.get()) == 0;
  }
  OPENSSL_cleanse(whole.data(), whole.size());
  if (!good) {
    closed_ = true;
    return Err(ErrorCode::kIo, "the number file cannot be written");
  }
  ++version_;
  return Ok();
}

NumberStore::KeyId NumberStore::IdOf(Bytes key) const {
  uint8_t mac[EVP_MAX_MD_SIZE] = {};
  unsigned length = 0;
  const Bytes secret = secret_.bytes();
  VAM_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), key.data(),
                 key.size(), mac, &length) != nullptr);
  KeyId id;
  std::memcpy(id.data(), mac, id.size());
  return id;
}

uint64_t NumberStore::InboundSize(const KeyId& id, uint64_t now_ns) {
  Pace& pace = paces_[id];
  if (pace.last_ns != 0) {
    // About one block was used since the last question.
    const uint64_t gap = std::max(now_ns - pace.last_ns, kNsPerMs);
    const uint64_t wanted = pace.size * kInboundBlockNs / gap;
    const uint64_t size = std::clamp(wanted, pace.size / kMostShrinking, pace.size * kMostGrowth);
    pace.size = std::clamp(size, kSmallestInboundBlock, kLargestInboundBlock);
  }
  pace.last_ns = now_ns;
  return pace.size;
}

Result<Block> NumberStore::Reserve(Bytes key, const Demand& demand, uint64_t now_ns) {
  if (closed_) return Err(ErrorCode::kUnavailable, "the number file could not be written before");
  const KeyId id = IdOf(key);
  const auto found = records_.find(id);
  if (found == records_.end() && records_.size() >= kMaxKeys) {
    return Err(ErrorCode::kExhausted, "the number file is full of keys");
  }
  const Record record = found == records_.end() ? Record{1, demand.inbound} : found->second;
  if (record.inbound != demand.inbound) {
    return Err(ErrorCode::kInvalidArgument, "this key was used in the other direction");
  }
  if (record.next >= demand.limit)
    return Err(ErrorCode::kExhausted, "the key's numbers are used up");
  const uint64_t size = demand.inbound ? InboundSize(id, now_ns) : kOutboundBlock;
  // What the block must hold before `size` numbers more.
  const uint64_t from = std::min(std::max(record.next, demand.beyond), demand.limit);
  const Block block{record.next, from + std::min(size, demand.limit - from)};
  records_[id] = Record{block.end, demand.inbound};
  VAM_TRY_STATUS(Write());
  return block;
}

}  // namespace vam::mgmt
