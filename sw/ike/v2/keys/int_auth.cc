#include "sw/ike/v2/keys/int_auth.h"

#include <algorithm>
#include <array>

namespace vam::ike::v2 {

namespace {

constexpr size_t kNextPayloadAt = 16;  // in the IKE header
constexpr size_t kLengthAt = 24;
constexpr size_t kCovered = kHeaderBytes + kPayloadHeaderBytes;

// Header and lengths around `inner`; what is between is the caller's.
std::vector<uint8_t> Around(Bytes header, PayloadType first, uint8_t flags, Bytes inner) {
  std::vector<uint8_t> out(kCovered + inner.size());
  std::ranges::copy(header.first(kHeaderBytes), out.begin());
  out[kNextPayloadAt] = static_cast<uint8_t>(PayloadType::kEncrypted);
  StoreBe32(out.data() + kLengthAt, static_cast<uint32_t>(out.size()));
  out[kHeaderBytes] = static_cast<uint8_t>(first);
  out[kHeaderBytes + 1] = flags;
  StoreBe16(out.data() + kHeaderBytes + 2,
            static_cast<uint16_t>(kPayloadHeaderBytes + inner.size()));
  std::ranges::copy(inner, out.begin() + kCovered);
  return out;
}

}  // namespace

std::vector<uint8_t> CoveredByIntAuth(const Header& header, PayloadType first, Bytes inner) {
  std::array<uint8_t, kHeaderBytes> bytes;
  BuildHeader(header, bytes);
  return Around(bytes, first, 0, inner);
}

std::vector<uint8_t> CoveredByIntAuth(Bytes message, const EncryptedPart& part, PayloadType first,
                                      Bytes inner) {
  // Fragments have flags of their own; the payload that they make has none.
  const bool whole = part.payload.type == PayloadType::kEncrypted;
  return Around(message, first, whole ? message[part.offset + 1] : uint8_t{0}, inner);
}

Result<std::vector<uint8_t>> NextIntAuth(PrfId prf, Bytes sk_p, Bytes before, Bytes covered) {
  const PrfInfo& info = InfoOf(prf);
  VAM_TRY(crypto::Prf keyed, crypto::Prf::Create(info.prf, sk_p));
  std::vector<uint8_t> out(info.bytes);
  const std::array<Bytes, 2> parts = {before, covered};
  VAM_TRY_STATUS(keyed.Compute(parts, out));
  return out;
}

}  // namespace vam::ike::v2
