#include "sw/pki/key_store.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "sw/base/bytes.h"
#include "sw/base/text.h"

namespace vam::pki {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {'V', 'A', 'M', 'K', 'E', 'Y', 'S', '1'};
constexpr size_t kDigestAt = 20;
constexpr size_t kContentAt = kDigestAt + SHA256_DIGEST_LENGTH;
constexpr uint8_t kExportableFlag = 1;

// Bytes of a slot, wiped at the end.
class Image {
 public:
  Image() : bytes_(KeyStore::kSlotBytes) {}
  ~Image() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

std::array<uint8_t, SHA256_DIGEST_LENGTH> DigestOf(Bytes slot, size_t content) {
  std::vector<uint8_t> text(slot.begin(), slot.begin() + kDigestAt);
  text.insert(text.end(), slot.begin() + kContentAt,
              slot.begin() + static_cast<ptrdiff_t>(kContentAt + content));
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(text.data(), text.size(), digest.data());
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

struct Whole {
  uint64_t version = 0;
  Bytes content;
};
std::optional<Whole> ReadSlot(Bytes slot) {
  if (!std::equal(kMagic.begin(), kMagic.end(), slot.begin())) return std::nullopt;
  const uint64_t version = LoadBe64(slot.data() + 8);
  const size_t size = LoadBe32(slot.data() + 16);
  if (size > slot.size() - kContentAt) return std::nullopt;
  const auto digest = DigestOf(slot, size);
  if (!std::equal(digest.begin(), digest.end(), slot.begin() + kDigestAt)) return std::nullopt;
  return Whole{version, slot.subspan(kContentAt, size)};
}

bool IsZero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

Status AppendKey(ByteWriter& out, const StoredKey& stored) {
  VAM_TRY(std::vector<uint8_t> der, stored.key.ToDer());
  Status status = out.U8(static_cast<uint8_t>(stored.label.size()));
  const Bytes label = BytesOf(stored.label);
  if (status) status = out.Append(label);
  if (status) status = out.U8(stored.exportable ? kExportableFlag : 0);
  if (status) status = out.U64(stored.made_s);
  if (status) status = out.U32(static_cast<uint32_t>(der.size()));
  if (status) status = out.Append(der);
  OPENSSL_cleanse(der.data(), der.size());
  return status;
}

Result<StoredKey> TakeKey(ByteReader& in) {
  VAM_TRY(const uint8_t label_bytes, in.U8());
  VAM_TRY(const Bytes label, in.Take(label_bytes));
  VAM_TRY(const uint8_t flags, in.U8());
  VAM_TRY(const uint64_t made_s, in.U64());
  VAM_TRY(const uint32_t key_bytes, in.U32());
  VAM_TRY(const Bytes der, in.Take(key_bytes));
  VAM_TRY(crypto::PrivateKey key, crypto::PrivateKey::FromDer(der));
  return StoredKey{std::string(label.begin(), label.end()), std::move(key),
                   (flags & kExportableFlag) != 0, made_s};
}

Result<std::vector<StoredKey>> TakeKeys(Bytes content) {
  std::vector<StoredKey> keys;
  ByteReader in(content);
  while (in.remaining() != 0) {
    auto key = TakeKey(in);
    if (!key || !IsLabel(key->label) || keys.size() == kMaxKeys) {
      return Err(ErrorCode::kMalformed, "the key file holds what is no key");
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

Status FillSlot(std::vector<uint8_t>& slot, uint64_t version, const std::vector<StoredKey>& keys) {
  ByteWriter content(MutableBytes(slot).subspan(kContentAt));
  for (const StoredKey& key : keys) {
    if (!AppendKey(content, key)) {
      return Err(ErrorCode::kExhausted, "the keys are longer than the key file's 512 KB");
    }
  }
  std::copy(kMagic.begin(), kMagic.end(), slot.begin());
  StoreBe64(slot.data() + 8, version);
  StoreBe32(slot.data() + 16, static_cast<uint32_t>(content.size()));
  const auto digest = DigestOf(slot, content.size());
  std::copy(digest.begin(), digest.end(), slot.begin() + kDigestAt);
  return Ok();
}

}  // namespace

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         std::all_of(label.begin(), label.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<KeyStore> KeyStore::Open(const std::string& directory) {
  const std::string path = directory + "/keys";
  api::OwnedFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || fchmod(fd.get(), 0600) != 0) {
    return Err(ErrorCode::kIo, "the key file cannot be opened");
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Err(ErrorCode::kUnavailable, "another process has the key file");
  }
  const api::OwnedFd folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) {
    return Err(ErrorCode::kIo, "the state directory cannot be synced");
  }
  KeyStore store(std::move(fd));
  VAM_TRY_STATUS(store.Load());
  return store;
}

Status KeyStore::Load() {
  std::array<Image, 2> slots;
  std::array<std::optional<Whole>, 2> whole;
  for (size_t i = 0; i < slots.size(); ++i) {
    std::vector<uint8_t>& bytes = slots[i].bytes();
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t got = pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(i * kSlotBytes + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Err(ErrorCode::kIo, "the key file cannot be read");
      if (got == 0) break;  // what was never written is zeros
      done += static_cast<size_t>(got);
    }
    whole[i] = ReadSlot(bytes);
  }
  if (!whole[0] && !whole[1]) {
    // The first write of all goes to the first slot, before there is any key.
    if (!IsZero(slots[1].bytes())) {
      return Err(ErrorCode::kMalformed, "the key file is damaged: neither of its halves is whole");
    }
    return Save({});
  }
  const size_t newer = !whole[0] || (whole[1] && whole[1]->version > whole[0]->version) ? 1 : 0;
  VAM_TRY(keys_, TakeKeys(whole[newer]->content));
  version_ = whole[newer]->version;
  older_ = 1 - newer;
  // A crash between the two writes, or one half of the file has rotted.
  if (!whole[older_] || whole[older_]->version != version_) {
    VAM_TRY_STATUS(WriteSlot(older_, slots[newer].bytes()));
  }
  return Ok();
}

const StoredKey* KeyStore::Find(std::string_view label) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const StoredKey& key) { return key.label == label; });
  return found == keys_.end() ? nullptr : &*found;
}

Status KeyStore::Put(StoredKey key, bool replace) {
  if (!IsLabel(key.label)) return Err(ErrorCode::kInvalidArgument, "not a label of a key");
  if (key.key.public_key().type() == crypto::KeyType::kRsa &&
      key.key.public_key().bits() > kMaxStoredRsaBits) {
    return Err(ErrorCode::kUnsupported, "RSA keys above 8192 bits are not kept");
  }
  std::vector<StoredKey> next = keys_;
  const auto old = std::find_if(next.begin(), next.end(),
                                [&](const StoredKey& other) { return other.label == key.label; });
  if (old != next.end()) {
    if (!replace) return Err(ErrorCode::kExists, "there is a key with this label");
    *old = std::move(key);
  } else {
    if (next.size() == kMaxKeys) return Err(ErrorCode::kExhausted, "there are 64 keys already");
    next.push_back(std::move(key));
  }
  VAM_TRY_STATUS(Save(next));
  keys_ = std::move(next);
  return Ok();
}

Result<size_t> KeyStore::Remove(const std::function<bool(const StoredKey&)>& wanted) {
  std::vector<StoredKey> next = keys_;
  const size_t removed = std::erase_if(next, wanted);
  if (removed == 0) return size_t{0};
  VAM_TRY_STATUS(Save(next));
  keys_ = std::move(next);
  return removed;
}

// Both slots: neither keeps a key that is no longer wanted.
Status KeyStore::Save(const std::vector<StoredKey>& keys) {
  if (broken_) return Err(ErrorCode::kUnavailable, "the key file could not be written before");
  Image image;
  VAM_TRY_STATUS(FillSlot(image.bytes(), version_ + 1, keys));
  broken_ = true;
  VAM_TRY_STATUS(WriteSlot(older_, image.bytes()));
  VAM_TRY_STATUS(WriteSlot(1 - older_, image.bytes()));
  broken_ = false;
  ++version_;
  older_ = 0;
  return Ok();
}

Status KeyStore::WriteSlot(size_t slot, const std::vector<uint8_t>& image) {
  size_t size = image.size();
  const bool fails = fails_ && fail_after_writes_ == 0;
  if (fails) size = std::min(size, fail_at_byte_);
  if (fails_ && fail_after_writes_ > 0) --fail_after_writes_;
  for (size_t done = 0; done < size;) {
    const ssize_t put = pwrite(fd_.get(), image.data() + done, size - done,
                               static_cast<off_t>(slot * kSlotBytes + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Err(ErrorCode::kIo, "the key file cannot be written");
    done += static_cast<size_t>(put);
  }
  if (fails || fdatasync(fd_.get()) != 0) {
    return Err(ErrorCode::kIo, "the key file cannot be synced");
  }
  return Ok();
}

}  // namespace vam::pki
