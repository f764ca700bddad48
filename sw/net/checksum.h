// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#ifndef VAM_SW_NET_CHECKSUM_H_
#define VAM_SW_NET_CHECKSUM_H_

#include <cstdint>

#include "sw/base/bytes.h"

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

// The checksum after one 16-bit word of the data changed (RFC 1624, equation 3). All values in host
// order.
uint16_t UpdateChecksum(uint16_t checksum, uint16_t old_word, uint16_t new_word);

}  // namespace vam::net

#endif  // VAM_SW_NET_CHECKSUM_H_
