#include "sw/ipsec/ah.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sw/ipsec/ip_packet.h"
#include "sw/net/ipv4.h"
#include "sw/net/ipv6.h"

namespace vam::ipsec {
namespace {

constexpr size_t kIpv4DestinationAt = 16;
constexpr size_t kIpv6DestinationAt = 24;
constexpr size_t kIpv6AddressBytes = 16;
constexpr size_t kMaxAhBytes = 64;

// Options that stay as they are (RFC 4302, appendix A1).
bool IsImmutableIpv4Option(uint8_t type) {
  switch (type) {
    case 130:  // security
    case 133:  // extended security
    case 134:  // commercial security
    case 148:  // router alert
    case 149:  // sender directed multi-destination delivery
      return true;
    default:
      return false;
  }
}

bool MaskIpv4Options(MutableBytes header) {
  constexpr uint8_t kEnd = 0, kNoOperation = 1, kLooseRoute = 131, kStrictRoute = 137;
  MutableBytes options = header.subspan(net::kIpv4HeaderBytes);
  while (!options.empty() && options[0] != kEnd) {
    if (options[0] == kNoOperation) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return false;
    const MutableBytes option = options.first(options[1]);
    const bool route = option[0] == kLooseRoute || option[0] == kStrictRoute;
    // A pointer inside the option: the destination is the next stop, the last one stands here.
    if (route && option.size() >= 7 && option[2] < option.size()) {
      std::copy_n(option.end() - 4, 4,
                  header.begin() + static_cast<std::ptrdiff_t>(kIpv4DestinationAt));
    }
    if (!IsImmutableIpv4Option(option[0])) std::fill(option.begin(), option.end(), uint8_t{0});
    options = options.subspan(option.size());
  }
  return true;
}

// Hop-by-hop and destination options: bit 5 of the type says that the data changes on the way.
bool MaskIpv6Options(MutableBytes header) {
  constexpr uint8_t kPad1 = 0, kChanges = 0x20;
  MutableBytes options = header.subspan(2);
  while (!options.empty()) {
    if (options[0] == kPad1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || size_t{options[1]} + 2 > options.size()) return false;
    const MutableBytes data = options.subspan(2, options[1]);
    if ((options[0] & kChanges) != 0) std::fill(data.begin(), data.end(), uint8_t{0});
    options = options.subspan(2 + data.size());
  }
  return true;
}

// Types 0 and 2 list addresses: each stop swaps the destination with the next of them. `headers`
// are all of them, `route` the routing header inside.
bool ArriveByRoute(MutableBytes headers, MutableBytes route) {
  const uint8_t type = route[2];
  const size_t left = route[3];
  if (left == 0 || (type != 0 && type != 2)) return true;
  const MutableBytes list = route.subspan(8);
  const size_t count = list.size() / kIpv6AddressBytes;
  if (left > count) return false;
  const auto destination = headers.begin() + static_cast<std::ptrdiff_t>(kIpv6DestinationAt);
  for (size_t i = count - left; i < count; ++i) {
    std::swap_ranges(destination, destination + kIpv6AddressBytes,
                     list.begin() + static_cast<std::ptrdiff_t>(i * kIpv6AddressBytes));
  }
  route[3] = 0;
  return true;
}

bool MaskIpv6Chain(MutableBytes headers) {
  uint8_t type = headers[6];
  size_t offset = net::kIpv6HeaderBytes;
  while (offset < headers.size()) {
    if (headers.size() - offset < 8) return false;
    const size_t bytes = (size_t{headers[offset + 1]} + 1) * 8;
    if (bytes > headers.size() - offset) return false;
    const MutableBytes header = headers.subspan(offset, bytes);
    const uint8_t next = header[0];
    if (type == net::kNextRouting) {
      if (!ArriveByRoute(headers, header)) return false;
    } else if (!MaskIpv6Options(header)) {
      return false;
    }
    type = next;
    offset += bytes;
  }
  return true;
}

}  // namespace

AhHeader ParseAh(Bytes payload) {
  AhHeader ah;
  if (payload.size() < kAhFixedBytes) return ah;
  ah.bytes = (size_t{payload[1]} + 2) * 4;  // RFC 4302, 2.2
  if (ah.bytes < kAhFixedBytes || ah.bytes > payload.size()) return ah;
  ah.reason = Reason::kOk;
  ah.next_header = payload[0];
  ah.spi = Spi{LoadBe32(payload.data() + 4)};
  ah.sequence = LoadBe32(payload.data() + 8);
  return ah;
}

bool AhLengthOk(size_t ah_bytes, Integrity integrity, bool v6) {
  return ah_bytes == AhBytes(integrity, true) || (!v6 && ah_bytes == AhBytes(integrity, false));
}

bool MaskHeaders(Bytes headers, bool v6, MutableBytes out) {
  const MutableBytes copy = out.first(headers.size());
  std::copy(headers.begin(), headers.end(), copy.begin());
  if (v6) {
    StoreBe32(copy.data(), 0x60000000);
    copy[7] = 0;
    return MaskIpv6Chain(copy);
  }
  copy[net::kIpv4TosOffset] = 0;
  StoreBe16(copy.data() + 6, 0);
  copy[net::kIpv4TtlOffset] = 0;
  StoreBe16(copy.data() + net::kIpv4ChecksumOffset, 0);
  return MaskIpv4Options(copy);
}

Result<AhMac> AhMac::Create(const SaSettings& sa, const SaKeys& keys) {
  const IntegrityInfo& info = InfoOf(sa.suite.integrity);
  const Bytes key = keys.auth_key.bytes();
  VAM_TRY(std::unique_ptr<crypto::Mac> mac,
          crypto::Mac::Create(info.mac, key.first(info.key_bytes)));
  VAM_TRY(Secret<kMaxSaltBytes> salt, Secret<kMaxSaltBytes>::From(key.last(info.salt_bytes)));
  return AhMac(sa, std::move(mac), std::move(salt));
}

bool AhMac::Compute(uint64_t sequence, Bytes packet, size_t offset, size_t ah_bytes, bool v6,
                    Bytes iv, MutableBytes scratch, MutableBytes icv) {
  if (!MaskHeaders(packet.first(offset), v6, scratch)) return false;
  // The ICV counts as zero, GMAC's IV in it too; padding behind it counts as it is.
  std::array<uint8_t, kMaxAhBytes> ah;
  std::memcpy(ah.data(), &packet[offset], ah_bytes);
  std::memset(ah.data() + kAhFixedBytes, 0, info_.iv_bytes + info_.icv_bytes);
  std::array<uint8_t, 4> high;
  StoreBe32(high.data(), static_cast<uint32_t>(sequence >> 32));
  const std::array<Bytes, 4> parts = {Bytes(scratch).first(offset), Bytes(ah).first(ah_bytes),
                                      packet.subspan(offset + ah_bytes),
                                      esn_ ? Bytes(high) : Bytes()};
  std::array<uint8_t, 12> nonce;
  std::copy(salt_.bytes().begin(), salt_.bytes().end(), nonce.begin());
  std::copy(iv.begin(), iv.end(), nonce.begin() + static_cast<std::ptrdiff_t>(salt_.size()));
  return mac_->Compute(Bytes(nonce).first(salt_.size() + iv.size()), parts, icv);
}

bool AhMac::Sign(uint64_t sequence, MutableBytes packet, size_t offset, size_t ah_bytes, bool v6,
                 MutableBytes scratch) {
  const MutableBytes iv = packet.subspan(offset + kAhFixedBytes, info_.iv_bytes);
  if (!iv.empty()) StoreBe64(iv.data(), sequence);
  return Compute(sequence, packet, offset, ah_bytes, v6, iv, scratch,
                 packet.subspan(offset + kAhFixedBytes + iv.size(), info_.icv_bytes));
}

bool AhMac::Verify(uint64_t sequence, Bytes packet, size_t offset, size_t ah_bytes, bool v6,
                   MutableBytes scratch) {
  const Bytes iv = packet.subspan(offset + kAhFixedBytes, info_.iv_bytes);
  const Bytes icv = packet.subspan(offset + kAhFixedBytes + iv.size(), info_.icv_bytes);
  std::array<uint8_t, crypto::kMaxMacBytes> expected;
  return Compute(sequence, packet, offset, ah_bytes, v6, iv, scratch,
                 MutableBytes(expected).first(icv.size())) &&
         ConstantTimeEqual(Bytes(expected).first(icv.size()), icv);
}

}  // namespace vam::ipsec
