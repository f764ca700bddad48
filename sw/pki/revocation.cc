#include "sw/pki/revocation.h"

#include <openssl/ocsp.h>

#include "sw/pki/der.h"
#include "sw/pki/openssl_pointers.h"

namespace vam::pki {
namespace {

Error NotOne() { return Err(ErrorCode::kMalformed, "not a CRL or OCSP answer"); }

// Whole DER within the limit, read by libcrypto's `read`, freed by its `release`.
template <typename T, typename Read, typename Release>
Result<std::shared_ptr<T>> ReadAll(Bytes der, size_t limit, Read read, Release release) {
  const ErrorsCleared cleared;
  if (der.size() > limit) {
    return Err(ErrorCode::kExhausted, "a CRL of over 8 MB, or an OCSP answer of over 64 KB");
  }
  VAM_TRY_STATUS(CheckDer(der));
  const uint8_t* end = der.data();
  std::shared_ptr<T> object(read(nullptr, &end, static_cast<long>(der.size())), release);
  if (object == nullptr || end != der.data() + der.size()) return NotOne();
  return object;
}

}  // namespace

Status RevocationCache::Put(std::string_view key, Bytes der) {
  std::shared_ptr<X509_CRL> crl;
  std::shared_ptr<OCSP_RESPONSE> ocsp;
  if (key.starts_with(kCrlKeyPrefix)) {
    VAM_TRY(crl, ReadAll<X509_CRL>(der, kMaxCrlBytes, d2i_X509_CRL, X509_CRL_free));
  } else if (key.starts_with(kOcspKeyPrefix)) {
    VAM_TRY(ocsp,
            ReadAll<OCSP_RESPONSE>(der, kMaxOcspBytes, d2i_OCSP_RESPONSE, OCSP_RESPONSE_free));
  } else {
    return Err(ErrorCode::kInvalidArgument, "not the key of a FetchNeed");
  }
  if (const auto old = entries_.find(key); old != entries_.end()) Erase(old);
  MakeRoom(der.size());
  Entry& entry = Make(key);
  entry.crl = std::move(crl);
  entry.ocsp = std::move(ocsp);
  entry.bytes = der.size();
  bytes_ += der.size();
  return Ok();
}

void RevocationCache::Fail(std::string_view key, int64_t until_s) {
  const auto old = entries_.find(key);
  if (old != entries_.end()) {
    // What is there may still say that a certificate is revoked.
    old->second.failed_until_s = until_s;
    return;
  }
  MakeRoom(0);
  Make(key).failed_until_s = until_s;
}

void RevocationCache::Clear() {
  entries_.clear();
  order_.clear();
  bytes_ = 0;
}

const RevocationCache::Entry* RevocationCache::Find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

RevocationCache::Entry& RevocationCache::Make(std::string_view key) {
  Entry& entry = entries_[std::string(key)];
  entry.number = next_number_++;
  order_[entry.number] = key;
  return entry;
}

void RevocationCache::MakeRoom(size_t bytes) {
  while (!order_.empty() &&
         (bytes_ + bytes > kMaxCacheBytes || entries_.size() >= kMaxCacheEntries)) {
    Erase(entries_.find(order_.begin()->second));
  }
}

void RevocationCache::Erase(std::map<std::string, Entry, std::less<>>::iterator entry) {
  bytes_ -= entry->second.bytes;
  order_.erase(entry->second.number);
  entries_.erase(entry);
}

}  // namespace vam::pki
