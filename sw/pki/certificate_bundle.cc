#include "sw/pki/certificate_bundle.h"

#include "sw/pki/der.h"
#include "sw/pki/verify.h"

namespace vam::pki {
namespace {

constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kCertificate = 0xa0;  // [0] EXPLICIT
constexpr uint8_t kRevocationList = 0xa1;

}  // namespace

Result<std::vector<Bytes>> ReadBundle(Bytes der) {
  VAM_TRY_STATUS(CheckDer(der));
  VAM_TRY(const DerElement bundle, ReadDerElement(der));
  if (bundle.tag != kSequence) return Err(ErrorCode::kMalformed, "no bundle of certificates");
  std::vector<Bytes> out;
  for (Bytes rest = bundle.content; !rest.empty();) {
    VAM_TRY(const DerElement each, ReadDerElement(rest));
    rest = rest.subspan(each.whole.size());
    if (each.tag == kRevocationList) continue;
    if (each.tag != kCertificate) return Err(ErrorCode::kMalformed, "no bundle of certificates");
    if (out.size() == kMaxPeerCertificates) {
      return Err(ErrorCode::kExhausted, "too many certificates in a bundle");
    }
    out.push_back(each.content);
  }
  return out;
}

}  // namespace vam::pki
