#include "sw/pki/certificate_cache.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace vam::pki {

std::string CertificateKey(const CertificateHash& hash) {
  return std::string(kCertificateKeyPrefix) + FormatHex(hash);
}

void CertificateCache::Erase(std::map<std::string, Entry, std::less<>>::iterator at) {
  if (at->second.data != nullptr) bytes_ -= at->second.data->size();
  order_.erase(at->second.number);
  entries_.erase(at);
}

void CertificateCache::MakeRoom(size_t entries, size_t bytes) {
  while (!order_.empty() &&
         (order_.size() + entries > kept_ + kMostShort || bytes_ + bytes > kMaxAllBytes)) {
    Erase(entries_.find(order_.begin()->second));
  }
}

void CertificateCache::SetKept(size_t kept) {
  kept_ = kept;
  MakeRoom(0, 0);
}

void CertificateCache::Insert(std::string_view key, Entry entry) {
  if (const auto at = entries_.find(key); at != entries_.end()) Erase(at);
  const size_t bytes = entry.data == nullptr ? 0 : entry.data->size();
  MakeRoom(1, bytes);
  bytes_ += bytes;
  entry.number = next_number_++;
  order_.emplace(entry.number, key);
  entries_.emplace(key, std::move(entry));
}

Status CertificateCache::Put(std::string_view key, Bytes data, int64_t now_s) {
  if (data.size() > kMaxBytes) return Err(ErrorCode::kExhausted, "a certificate that is too long");
  CertificateHash hash{};
  if (EVP_Digest(data.data(), data.size(), hash.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    return Err(ErrorCode::kInternal, "SHA-1 failed");
  }
  if (CertificateKey(hash) != key) {
    return Err(ErrorCode::kInvalidArgument, "what was fetched is not what the hash names");
  }
  Insert(key,
         {std::make_shared<const std::vector<uint8_t>>(data.begin(), data.end()), now_s + kShortS});
  return {};
}

void CertificateCache::Fail(std::string_view key, int64_t until_s) {
  Insert(key, {nullptr, until_s});
}

std::shared_ptr<const std::vector<uint8_t>> CertificateCache::Find(std::string_view key,
                                                                   int64_t now_s) const {
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.data == nullptr) return nullptr;
  return kept_ == 0 && at->second.until_s < now_s ? nullptr : at->second.data;
}

bool CertificateCache::Failed(std::string_view key, int64_t now_s) const {
  const auto at = entries_.find(key);
  return at != entries_.end() && at->second.data == nullptr && now_s < at->second.until_s;
}

}  // namespace vam::pki
