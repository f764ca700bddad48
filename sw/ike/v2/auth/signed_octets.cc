#include "sw/ike/v2/auth/signed_octets.h"

#include <array>
#include <string_view>

#include "sw/base/text.h"
#include "sw/crypto/prf.h"

namespace vam::ike::v2 {

namespace {

constexpr std::string_view kKeyPad = "Key Pad for IKEv2";

Result<std::vector<uint8_t>> PrfOf(const PrfInfo& info, Bytes key, Bytes octets) {
  VAM_TRY(crypto::Prf keyed, crypto::Prf::Create(info.prf, key));
  std::vector<uint8_t> out(info.bytes);
  const std::array<Bytes, 1> parts = {octets};
  VAM_TRY_STATUS(keyed.Compute(parts, out));
  return out;
}

}  // namespace

Result<std::vector<uint8_t>> SignedOctets(PrfId prf, Bytes sk_p, const AuthInput& input) {
  const PrfInfo& info = InfoOf(prf);
  VAM_TRY(crypto::Prf keyed, crypto::Prf::Create(info.prf, sk_p));
  std::vector<uint8_t> out;
  out.reserve(input.init_message.size() + input.peer_nonce.size() + info.bytes +
              input.intermediate.size());
  out.insert(out.end(), input.init_message.begin(), input.init_message.end());
  out.insert(out.end(), input.peer_nonce.begin(), input.peer_nonce.end());
  const size_t at = out.size();
  out.resize(at + info.bytes);
  const std::array<Bytes, 1> parts = {input.rest_of_id};
  VAM_TRY_STATUS(keyed.Compute(parts, MutableBytes(out).subspan(at)));
  out.insert(out.end(), input.intermediate.begin(), input.intermediate.end());
  return out;
}

Result<std::vector<uint8_t>> SharedKeyAuth(PrfId prf, Bytes key, Bytes octets) {
  const PrfInfo& info = InfoOf(prf);
  VAM_TRY(crypto::Prf keyed, crypto::Prf::Create(info.prf, key));
  Key padded;
  const std::array<Bytes, 1> parts = {BytesOf(kKeyPad)};
  VAM_TRY_STATUS(keyed.Compute(parts, padded.Resize(info.bytes)));
  return PrfOf(info, padded.bytes(), octets);
}

Result<std::vector<uint8_t>> ResumedAuth(PrfId prf, Bytes sk_p, Bytes octets) {
  return PrfOf(InfoOf(prf), sk_p, octets);
}

}  // namespace vam::ike::v2
