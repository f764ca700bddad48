// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#ifndef VAM_SW_NET_CHECKSUM_H_
#define VAM_SW_NET_CHECKSUM_H_

#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/net/address.h"

namespace vam::net {

// Adds 16-bit big-endian words; only the last part added may have an odd length.
class ChecksumBuilder {
 public:
  void Add(Bytes bytes);
  void AddU16(uint16_t value) { sum_ += value; }
  void AddU32(uint32_t value) { sum_ += (value >> 16) + (value & 0xffff); }
  // The ones' complement of the folded sum, in host order: store it big-endian.
  uint16_t Finish() const;

 private:
  uint64_t sum_ = 0;
};

// Over `bytes` alone. Over data that holds its own right checksum the result is 0.
uint16_t Checksum(Bytes bytes);

// What a transport header's checksum field should hold: over the pseudo header of RFC 8200, 8.1 or,
// which sums to the same, RFC 768, and `segment`, whose own checksum field is 0. Over a segment
// that holds its right checksum the result is 0. Requires: both addresses of one family.
uint16_t UpperChecksum(const Address& source, const Address& destination, uint8_t protocol,
                       Bytes segment);

// The same of a UDP datagram. 0 stands for "none was sent" there, so a sum of 0 is its complement
// (RFC 768).
uint16_t UdpChecksum(const Address& source, const Address& destination, Bytes segment);

// The checksum after one 16-bit word of the data changed (RFC 1624, equation 3). All values in host
// order.
uint16_t UpdateChecksum(uint16_t checksum, uint16_t old_word, uint16_t new_word);

}  // namespace vam::net

#endif  // VAM_SW_NET_CHECKSUM_H_
