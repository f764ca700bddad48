// What a datagram on UDP port 4500 is (RFC 3948, 2).
#ifndef VAM_SW_NET_NATT_H_
#define VAM_SW_NET_NATT_H_

#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"

namespace vam::net {

inline constexpr size_t kNonEspMarkerBytes = 4;
inline constexpr uint8_t kNatKeepalive = 0xff;

enum class NattContent : uint8_t {
  kKeepalive,  // the byte 0xff
  kIke,        // an IKE message behind four zero bytes
  kEsp,        // at least SPI and sequence number
  kShort,      // too little for any of them
};

// By the UDP payload alone.
NattContent NattContentOf(Bytes payload);

}  // namespace vam::net

#endif  // VAM_SW_NET_NATT_H_
