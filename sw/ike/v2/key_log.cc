#include "sw/ike/v2/key_log.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sw/api/fast_address.h"

namespace vam::ike::v2 {

namespace {

// What Wireshark (4.0) calls the algorithms of an IKE SA: packet-isakmp.c, of SA payloads that it
// decrypts. Empty: it cannot.
std::string_view WiresharkName(Cipher cipher) {
  struct Row {
    EncryptionId id;
    uint16_t bits;
    std::string_view name;
  };
  constexpr std::array kRows = {
      Row{EncryptionId::kTripleDes, 0, "3DES [RFC2451]"},
      Row{EncryptionId::kAesCbc, 128, "AES-CBC-128 [RFC3602]"},
      Row{EncryptionId::kAesCbc, 192, "AES-CBC-192 [RFC3602]"},
      Row{EncryptionId::kAesCbc, 256, "AES-CBC-256 [RFC3602]"},
      Row{EncryptionId::kAesGcm8, 128, "AES-GCM-128 with 8 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm8, 192, "AES-GCM-192 with 8 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm8, 256, "AES-GCM-256 with 8 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm12, 128, "AES-GCM-128 with 12 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm12, 192, "AES-GCM-192 with 12 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm12, 256, "AES-GCM-256 with 12 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm16, 128, "AES-GCM-128 with 16 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm16, 192, "AES-GCM-192 with 16 octet ICV [RFC5282]"},
      Row{EncryptionId::kAesGcm16, 256, "AES-GCM-256 with 16 octet ICV [RFC5282]"},
  };
  for (const Row& row : kRows) {
    if (row.id == cipher.id && row.bits == cipher.key_bits) return row.name;
  }
  return "";
}

std::string_view WiresharkName(IntegrityId id) {
  switch (id) {
    case IntegrityId::kNone:
      return "NONE [RFC4306]";
    case IntegrityId::kHmacMd5_96:
      return "HMAC_MD5_96 [RFC2403]";
    case IntegrityId::kHmacSha1_96:
      return "HMAC_SHA1_96 [RFC2404]";
    case IntegrityId::kHmacSha256_128:
      return "HMAC_SHA2_256_128 [RFC4868]";
    case IntegrityId::kHmacSha384_192:
      return "HMAC_SHA2_384_192 [RFC4868]";
    case IntegrityId::kHmacSha512_256:
      return "HMAC_SHA2_512_256 [RFC4868]";
    default:
      return "ANY 96-bits of Authentication [No Checking]";  // XCBC and CMAC
  }
}

// The same of packet-ipsec.c.
std::string_view WiresharkName(api::FastEncryption encryption) {
  using Fast = api::FastEncryption;
  switch (encryption) {
    case Fast::kNone:
    case Fast::kNull:
      return "NULL";
    case Fast::kDesCbc:
      return "DES-CBC [RFC2405]";
    case Fast::kTripleDesCbc:
      return "TripleDES-CBC [RFC2451]";
    case Fast::kAesCbc128:
    case Fast::kAesCbc192:
    case Fast::kAesCbc256:
      return "AES-CBC [RFC3602]";
    case Fast::kAesCtr128:
    case Fast::kAesCtr192:
    case Fast::kAesCtr256:
      return "AES-CTR [RFC3686]";
    case Fast::kAesGcm128Icv8:
    case Fast::kAesGcm192Icv8:
    case Fast::kAesGcm256Icv8:
      return "AES-GCM with 8 octet ICV [RFC4106]";
    case Fast::kAesGcm128Icv12:
    case Fast::kAesGcm192Icv12:
    case Fast::kAesGcm256Icv12:
      return "AES-GCM with 12 octet ICV [RFC4106]";
    case Fast::kAesGcm128Icv16:
    case Fast::kAesGcm192Icv16:
    case Fast::kAesGcm256Icv16:
      return "AES-GCM with 16 octet ICV [RFC4106]";
    default:
      return "";
  }
}

std::string_view WiresharkName(api::FastIntegrity integrity) {
  using Fast = api::FastIntegrity;
  switch (integrity) {
    case Fast::kNone:
      return "NULL";
    case Fast::kHmacMd5_96:
      return "HMAC-MD5-96 [RFC2403]";
    case Fast::kHmacSha1_96:
      return "HMAC-SHA-1-96 [RFC2404]";
    case Fast::kHmacSha256_128:
      return "HMAC-SHA-256-128 [RFC4868]";
    case Fast::kHmacSha384_192:
      return "HMAC-SHA-384-192 [RFC4868]";
    case Fast::kHmacSha512_256:
      return "HMAC-SHA-512-256 [RFC4868]";
    default:
      return "ANY 96 bit authentication [no checking]";
  }
}

}  // namespace

WipedLine& WipedLine::operator=(WipedLine&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  bytes_ = std::move(other.bytes_);
  return *this;
}

void WipedLine::Wipe() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

void WipedLine::Add(std::string_view text) {
  if (bytes_.size() + text.size() > bytes_.capacity()) return;
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void WipedLine::AddHex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (bytes_.size() + 2 * bytes.size() > bytes_.capacity()) return;
  for (const uint8_t byte : bytes) {
    bytes_.push_back(static_cast<uint8_t>(kDigits[byte >> 4]));
    bytes_.push_back(static_cast<uint8_t>(kDigits[byte & 15]));
  }
}

void WipedLine::AddHex64(uint64_t value) {
  std::array<uint8_t, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
  AddHex(bytes);
}

void KeyLog::Set(bool on, const Core& core) {
  if (on == on_) return;
  on_ = on;
  lines_.clear();
  if (!on) return;
  for (const auto& [spi, sa] : core.sas()) {
    if (!sa->keys.d().empty()) AddIke(*sa);
  }
}

std::vector<WipedLine> KeyLog::Take() { return std::exchange(lines_, {}); }

WipedLine* KeyLog::Next(api::KeyLogFile file) {
  if (!on_ || lines_.size() >= kMostQueued) return nullptr;
  WipedLine& line = lines_.emplace_back();
  line.bytes_.reserve(api::kLongestKeyLine + 1);
  line.bytes_.push_back(static_cast<uint8_t>(file));
  return &line;
}

// Keys come with IKE_SA_INIT, and by rekeying; `next` is the first state after that.
void KeyLog::StateChange(const IkeSa& sa, IkeSa::State next) {
  if (!on_) return;
  const bool rekeyed = sa.session != sa.number && next == IkeSa::State::kUp;
  const bool made = next == (sa.initiator ? IkeSa::State::kAuth : IkeSa::State::kHalfOpen);
  if (rekeyed || made) AddIke(sa);
}

// SPIs, SK_ei, SK_er, cipher, SK_ai, SK_ar, integrity.
void KeyLog::AddIke(const IkeSa& sa) {
  WipedLine* line = Next(api::KeyLogFile::kIke);
  if (line == nullptr) return;
  const std::string_view cipher = WiresharkName(sa.suite.cipher);
  if (cipher.empty()) {
    line->Add("# Wireshark cannot decrypt the IKE SA ");
    line->AddHex64(sa.spi_i());
    line->Add(": ");
    return line->Add(InfoOf(sa.suite.cipher).name);
  }
  line->AddHex64(sa.spi_i());
  line->Add(",");
  line->AddHex64(sa.spi_r());
  line->Add(",");
  line->AddHex(sa.keys.ei());
  line->Add(",");
  line->AddHex(sa.keys.er());
  line->Add(",\"");
  line->Add(cipher);
  line->Add("\",");
  line->AddHex(sa.keys.ai());
  line->Add(",");
  line->AddHex(sa.keys.ar());
  line->Add(",\"");
  line->Add(WiresharkName(sa.suite.integrity));
  line->Add("\"");
}

// Version, source, destination, SPI, cipher and its key (salt behind), integrity and its key.
void KeyLog::Installing(const api::SaInstall& install) {
  constexpr uint8_t kEsp = 50;
  WipedLine* line = install.protocol == kEsp ? Next(api::KeyLogFile::kEsp) : nullptr;
  if (line == nullptr) return;
  const bool out = install.direction == api::FastDirection::kOut;
  const auto text = [](const api::FastAddress& address) {
    const auto known = FromFast(address);
    return known ? net::ToString(*known) : std::string();
  };
  const std::string local = text(install.endpoints.local);
  const std::string remote = text(install.endpoints.remote);
  std::array<uint8_t, 4> spi{};
  for (size_t i = 0; i < spi.size(); ++i)
    spi[i] = static_cast<uint8_t>(install.spi >> (24 - 8 * i));
  const std::string_view cipher = WiresharkName(install.encryption);
  if (cipher.empty()) {
    line->Add("# Wireshark cannot decrypt the ESP SA 0x");
    return line->AddHex(spi);
  }
  const Bytes key(install.key.data(), std::min<size_t>(install.key_length, install.key.size()));
  const Bytes auth(install.auth.data(), std::min<size_t>(install.auth_length, install.auth.size()));
  line->Add(install.endpoints.local.family == 6 ? "\"IPv6\",\"" : "\"IPv4\",\"");
  line->Add(out ? local : remote);
  line->Add("\",\"");
  line->Add(out ? remote : local);
  line->Add("\",\"0x");
  line->AddHex(spi);
  line->Add("\",\"");
  line->Add(cipher);
  line->Add(key.empty() ? "\",\"" : "\",\"0x");
  line->AddHex(key);
  line->Add("\",\"");
  line->Add(WiresharkName(install.integrity));
  line->Add(auth.empty() ? "\",\"" : "\",\"0x");
  line->AddHex(auth);
  line->Add("\"");
}

}  // namespace vam::ike::v2
