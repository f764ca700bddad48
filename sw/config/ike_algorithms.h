// The algorithms of an IKE SA by their keywords: one table for statements, show commands and the
// ike role.
#ifndef VAM_SW_CONFIG_IKE_ALGORITHMS_H_
#define VAM_SW_CONFIG_IKE_ALGORITHMS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace vam::config {

// In the order of the table.
enum class IkeCipher : uint8_t {
  kDes,
  k3Des,
  kAesCbc128,
  kAesCbc192,
  kAesCbc256,
  kAesGcm128,
  kAesGcm192,
  kAesGcm256,
  kAesGcm128Icv8,
  kAesGcm192Icv8,
  kAesGcm256Icv8,
  kAesGcm128Icv12,
  kAesGcm192Icv12,
  kAesGcm256Icv12,
  kChaCha20Poly1305,
};
struct IkeCipherInfo {
  IkeCipher id;
  std::string_view keyword;
  std::string_view shown;  // as show commands name it: "AES-CBC-256"
  bool aead = false;       // authenticates by itself: no integrity beside it (RFC 5282)
  bool legacy = false;     // only behind `crypto legacy-algorithms enable`
};
std::span<const IkeCipherInfo> IkeCiphers();
const IkeCipherInfo& InfoOf(IkeCipher cipher);
// nullptr when there is none.
const IkeCipherInfo* FindIkeCipher(std::string_view keyword);

// What one word names as integrity and as PRF: HMAC with a hash, as integrity cut as IKEv2 cuts it;
// or AES as XCBC and CMAC make a MAC of it (RFC 3566 and 4434; RFC 4494 and 4615).
enum class IkeHash : uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512, kAesXcbc, kAesCmac };
struct IkeHashInfo {
  IkeHash id;
  std::string_view keyword;
  std::string_view integrity;  // as show commands name it: "SHA96"
  std::string_view prf;        // "SHA1"
  bool legacy = false;
};
std::span<const IkeHashInfo> IkeHashes();
const IkeHashInfo& InfoOf(IkeHash hash);
// "sha" is sha1. nullptr when there is none.
const IkeHashInfo* FindIkeHash(std::string_view keyword);

// Key exchange methods by their numbers (IANA, transform type 4).
struct IkeGroupInfo {
  uint16_t number;
  std::string_view shown;  // "DH_GROUP_2048_MODP/Group 14"
  bool legacy = false;
  std::string_view keyword = {};  // of ML-KEM: "mlkem768"; only as an additional one
};
std::span<const IkeGroupInfo> IkeGroups();
// nullptr when there is none.
const IkeGroupInfo* FindIkeGroup(uint16_t number);
// By its number or its keyword; nullptr when there is none.
const IkeGroupInfo* FindIkeGroup(std::string_view word);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_IKE_ALGORITHMS_H_
