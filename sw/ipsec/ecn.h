// Explicit congestion notification across the tunnel (RFC 6040).
#ifndef VAM_SW_IPSEC_ECN_H_
#define VAM_SW_IPSEC_ECN_H_

#include <cstdint>
#include <optional>

namespace vam::ipsec {

inline constexpr uint8_t kEcnMask = 0x03;
inline constexpr uint8_t kEcnNotEct = 0;
inline constexpr uint8_t kEcnEct1 = 1;
inline constexpr uint8_t kEcnEct0 = 2;
inline constexpr uint8_t kEcnCe = 3;

// The inner field after decapsulation (figure 4), from the two fields that arrived, each 0 to 3.
// Nothing when the packet must be dropped: congestion was marked on a packet whose sender cannot
// react.
constexpr std::optional<uint8_t> EcnAfterDecapsulation(uint8_t inner, uint8_t outer) {
  if (outer == kEcnCe) {
    if (inner == kEcnNotEct) return std::nullopt;
    return kEcnCe;
  }
  if (outer == kEcnEct1 && inner == kEcnEct0) return kEcnEct1;
  return inner;
}

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ECN_H_
