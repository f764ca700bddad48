#include "sw/config/ike_algorithms.h"

#include <algorithm>
#include <array>

namespace vam::config {
namespace {

constexpr std::array kCiphers{
    IkeCipherInfo{IkeCipher::kDes, "des", "DES", false, true},
    IkeCipherInfo{IkeCipher::k3Des, "3des", "3DES", false, true},
    IkeCipherInfo{IkeCipher::kAesCbc128, "aes-cbc-128", "AES-CBC-128"},
    IkeCipherInfo{IkeCipher::kAesCbc192, "aes-cbc-192", "AES-CBC-192"},
    IkeCipherInfo{IkeCipher::kAesCbc256, "aes-cbc-256", "AES-CBC-256"},
    IkeCipherInfo{IkeCipher::kAesGcm128, "aes-gcm-128", "AES-GCM-128", true},
    IkeCipherInfo{IkeCipher::kAesGcm192, "aes-gcm-192", "AES-GCM-192", true},
    IkeCipherInfo{IkeCipher::kAesGcm256, "aes-gcm-256", "AES-GCM-256", true},
    IkeCipherInfo{IkeCipher::kAesGcm128Icv8, "aes-gcm-128-icv-8", "AES-GCM-128-ICV-8", true},
    IkeCipherInfo{IkeCipher::kAesGcm192Icv8, "aes-gcm-192-icv-8", "AES-GCM-192-ICV-8", true},
    IkeCipherInfo{IkeCipher::kAesGcm256Icv8, "aes-gcm-256-icv-8", "AES-GCM-256-ICV-8", true},
    IkeCipherInfo{IkeCipher::kAesGcm128Icv12, "aes-gcm-128-icv-12", "AES-GCM-128-ICV-12", true},
    IkeCipherInfo{IkeCipher::kAesGcm192Icv12, "aes-gcm-192-icv-12", "AES-GCM-192-ICV-12", true},
    IkeCipherInfo{IkeCipher::kAesGcm256Icv12, "aes-gcm-256-icv-12", "AES-GCM-256-ICV-12", true},
    IkeCipherInfo{IkeCipher::kChaCha20Poly1305, "chacha20-poly1305", "CHACHA20-POLY1305", true},
};
constexpr std::array kHashes{
    IkeHashInfo{IkeHash::kMd5, "md5", "MD596", "MD5", true},
    IkeHashInfo{IkeHash::kSha1, "sha1", "SHA96", "SHA1", true},
    IkeHashInfo{IkeHash::kSha256, "sha256", "SHA256", "SHA256"},
    IkeHashInfo{IkeHash::kSha384, "sha384", "SHA384", "SHA384"},
    IkeHashInfo{IkeHash::kSha512, "sha512", "SHA512", "SHA512"},
    IkeHashInfo{IkeHash::kAesXcbc, "aes-xcbc", "AES-XCBC96", "AES-XCBC"},
    IkeHashInfo{IkeHash::kAesCmac, "aes-cmac", "AES-CMAC96", "AES-CMAC"},
};
constexpr std::array kGroups{
    IkeGroupInfo{1, "DH_GROUP_768_MODP/Group 1", true},
    IkeGroupInfo{2, "DH_GROUP_1024_MODP/Group 2", true},
    IkeGroupInfo{5, "DH_GROUP_1536_MODP/Group 5", true},
    IkeGroupInfo{14, "DH_GROUP_2048_MODP/Group 14"},
    IkeGroupInfo{15, "DH_GROUP_3072_MODP/Group 15"},
    IkeGroupInfo{16, "DH_GROUP_4096_MODP/Group 16"},
    IkeGroupInfo{17, "DH_GROUP_6144_MODP/Group 17"},
    IkeGroupInfo{18, "DH_GROUP_8192_MODP/Group 18"},
    IkeGroupInfo{19, "DH_GROUP_256_ECP/Group 19"},
    IkeGroupInfo{20, "DH_GROUP_384_ECP/Group 20"},
    IkeGroupInfo{21, "DH_GROUP_521_ECP/Group 21"},
    IkeGroupInfo{31, "DH_GROUP_CURVE25519/Group 31"},
    IkeGroupInfo{32, "DH_GROUP_CURVE448/Group 32"},
    IkeGroupInfo{35, "ML-KEM-512/Group 35", false, "mlkem512"},
    IkeGroupInfo{36, "ML-KEM-768/Group 36", false, "mlkem768"},
    IkeGroupInfo{37, "ML-KEM-1024/Group 37", false, "mlkem1024"},
};

}  // namespace

std::span<const IkeCipherInfo> IkeCiphers() { return kCiphers; }
const IkeCipherInfo& InfoOf(IkeCipher cipher) { return kCiphers[static_cast<size_t>(cipher)]; }
const IkeCipherInfo* FindIkeCipher(std::string_view keyword) {
  const auto* at = std::ranges::find(kCiphers, keyword, &IkeCipherInfo::keyword);
  return at == kCiphers.end() ? nullptr : at;
}

std::span<const IkeHashInfo> IkeHashes() { return kHashes; }
const IkeHashInfo& InfoOf(IkeHash hash) { return kHashes[static_cast<size_t>(hash)]; }
const IkeHashInfo* FindIkeHash(std::string_view keyword) {
  if (keyword == "sha") keyword = "sha1";
  const auto* at = std::ranges::find(kHashes, keyword, &IkeHashInfo::keyword);
  return at == kHashes.end() ? nullptr : at;
}

std::span<const IkeGroupInfo> IkeGroups() { return kGroups; }
const IkeGroupInfo* FindIkeGroup(uint16_t number) {
  const auto* at = std::ranges::find(kGroups, number, &IkeGroupInfo::number);
  return at == kGroups.end() ? nullptr : at;
}

const IkeGroupInfo* FindIkeGroup(std::string_view word) {
  const auto* at = std::ranges::find_if(kGroups, [word](const IkeGroupInfo& info) {
    const std::string_view number = info.shown.substr(info.shown.rfind(' ') + 1);
    return word == number || (!info.keyword.empty() && word == info.keyword);
  });
  return at == kGroups.end() ? nullptr : at;
}

}  // namespace vam::config
