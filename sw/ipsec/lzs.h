// LZS (ANSI X3.241-1994) as IPComp uses it (RFC 2395): each packet alone, history empty.
//
// A string of bits, the most significant bit of each byte first:
//
//   literal      0 | byte 8
//   string       1 | 1 | offset 7 (1 to 127)    | length
//                1 | 0 | offset 11 (1 to 2047)  | length
//   end marker   1 | 1 | 0000000, then zeros up to the next byte
//
//   length 2 to 4: 00 01 10; 5 to 7: 1100 1101 1110; from 8: 1111, then 1111 for each 15 more, then
//   the rest in 4 bits (0000 to 1110).
//
// The offset counts back from the byte to be written; a string may reach into itself.
#ifndef VAM_SW_IPSEC_LZS_H_
#define VAM_SW_IPSEC_LZS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/ipsec/decompressed.h"

namespace vam::ipsec {

// One thread; no call allocates. Some 24 kB: keep it on the heap.
class LzsCompressor {
 public:
  static constexpr size_t kMaxBytes = 65535;

  // `start`: where positions are counted from; of no effect on what is written.
  explicit LzsCompressor(uint32_t start = 0) : start_(start) {}

  // Bytes written to the front of `out`; nothing when the result does not fit there. The buffers
  // are disjoint. Requires: at most kMaxBytes of input.
  std::optional<size_t> Compress(Bytes in, MutableBytes out);

 private:
  static constexpr unsigned kHashBits = 11;  // as many places as positions that can be reached
  static constexpr size_t kPlaces = size_t{1} << kHashBits;
  using Table = std::array<uint32_t, kPlaces>;
  struct Match {
    size_t bytes = 0;
    size_t offset = 0;
  };

  // Makes every remembered position unreachable.
  void Forget();
  // The longest string before `at` that was found in a bounded search; none: fewer than 2 bytes.
  Match Find(Bytes in, size_t at) const;
  void Remember(Bytes in, size_t at);

  // Positions are `start_` and the place in the packet. The distance from one packet's positions to
  // the next one's is more than an offset can say, so that no table must be cleared between them.
  uint32_t start_;
  Table pairs_{};     // by the hash of 2 bytes: where these stood last
  Table triples_{};   // the same of 3 bytes
  Table previous_{};  // by position: where the same hash of 3 bytes stood before
};

// Writes what `in` stands for to the front of `out`: kIpcompTooLong when that has no room for it,
// kIpcompMalformed when `in` has no end marker or points before the packet. What follows the end
// marker is padding (RFC 2395, 2.3). Time and output are bounded by the size of `out` and `in`.
Decompressed LzsDecompress(Bytes in, MutableBytes out);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_LZS_H_
