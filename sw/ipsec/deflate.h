// DEFLATE (RFC 1951) as IPComp uses it (RFC 2394): raw, each packet alone. Over zlib.
#ifndef VAM_SW_IPSEC_DEFLATE_H_
#define VAM_SW_IPSEC_DEFLATE_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/ipsec/decompressed.h"

struct z_stream_s;

namespace vam::ipsec {

// A prepared compressor: some 30 kB, reset for each packet. One thread; no call allocates.
class DeflateCompressor {
 public:
  DeflateCompressor();
  ~DeflateCompressor();
  DeflateCompressor(const DeflateCompressor&) = delete;
  DeflateCompressor& operator=(const DeflateCompressor&) = delete;

  // Bytes written to the front of `out`; nothing when the result does not fit there. The buffers
  // are disjoint.
  std::optional<size_t> Compress(Bytes in, MutableBytes out);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

// A prepared decompressor: some 40 kB, for every window up to 32 kB. One thread; no call allocates.
class DeflateDecompressor {
 public:
  DeflateDecompressor();
  ~DeflateDecompressor();
  DeflateDecompressor(const DeflateDecompressor&) = delete;
  DeflateDecompressor& operator=(const DeflateDecompressor&) = delete;

  // Writes what `in` stands for to the front of `out`: kIpcompTooLong when that has no room for it,
  // kIpcompMalformed when the data are wrong or do not end. What follows the last block is ignored,
  // as Linux does (crypto/deflate.c). The buffers are disjoint.
  Decompressed Decompress(Bytes in, MutableBytes out);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_DEFLATE_H_
