// IP payload compression (RFC 3173): the header, what shrinks a payload, and when it is tried.
//
//   | IP header | next header 1 | flags 1 | CPI 2 | compressed payload |
//
// CPI in network byte order. An IPComp association is an SA without keys, the innermost of its
// bundle. In tunnel mode it writes the outer header and compresses the inner packet whole; ESP and
// AH stand around it in transport mode. That is what IOS and Linux put on the wire (libreswan:
// testing/pluto/ikev2-14-compress; docs.strongswan.org, features/ipcomp): outer header, ESP,
// IPComp, inner packet. A packet that is not compressed has no IPComp header: in tunnel mode it is
// IP in IP, in transport mode it is unchanged.
#ifndef VAM_SW_IPSEC_IPCOMP_H_
#define VAM_SW_IPSEC_IPCOMP_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/ipsec/algorithms.h"
#include "sw/ipsec/decompressed.h"
#include "sw/ipsec/deflate.h"
#include "sw/ipsec/lzs.h"
#include "sw/ipsec/sa.h"

namespace vam::ipsec {

// Shorter payloads are not tried (RFC 3173, 2.2): the value of RFC 2394, 3, and of Linux for both
// algorithms (net/xfrm/xfrm_algo.c).
inline constexpr size_t kIpCompThreshold = 90;

struct IpCompHeader {
  uint8_t next_header = 0;
  uint16_t cpi = 0;
};
// Nothing when `payload` is too short for a header. The flags are not looked at (RFC 3173, 3.3).
std::optional<IpCompHeader> ParseIpComp(Bytes payload);
// Requires: room for kIpCompHeaderBytes.
void WriteIpComp(const IpCompHeader& header, MutableBytes out);

// Prepared contexts of every algorithm, for all SAs of an engine. One thread; no call allocates.
class IpCompCodecs {
 public:
  // As LzsCompressor::Compress. Requires: an algorithm, not kNone.
  std::optional<size_t> Compress(Compression algorithm, Bytes in, MutableBytes out);
  // As LzsDecompress.
  Decompressed Decompress(Compression algorithm, Bytes in, MutableBytes out);

 private:
  LzsCompressor lzs_;
  DeflateCompressor deflate_;
  DeflateDecompressor inflate_;
};

// One IPComp SA: whether a packet is worth trying, and its counters.
//
// A packet that does not become smaller, header included, is sent as it is (RFC 3173, 2.2). After
// kFailuresInARow such packets a growing number of packets is not tried at all, until one shrinks:
// the adaptive policy that the RFC leaves to the implementation.
class IpCompSa {
 public:
  static constexpr uint32_t kFailuresInARow = 4;
  static constexpr uint32_t kMaxPause = 64;  // packets

  IpCompSa(Compression algorithm, uint16_t cpi) : algorithm_(algorithm), cpi_(cpi) {}

  // Writes IPComp header and compressed payload to the front of `out` and returns their length;
  // nothing when the packet is to be sent as it is. Counts it. `whole`: false for a fragment, which
  // is never compressed (RFC 3173, 2). Requires: `out` at least as long as `payload`, disjoint.
  std::optional<size_t> Pack(IpCompCodecs& codecs, uint8_t next_header, Bytes payload, bool whole,
                             MutableBytes out);
  // The payload behind an IPComp header, to the front of `out`. Counts it.
  Decompressed Unpack(IpCompCodecs& codecs, Bytes compressed, MutableBytes out);
  // A packet came without header.
  void CountPlain() { ++stats_.not_decompressed; }

  uint16_t cpi() const { return cpi_; }
  const IpCompStats& stats() const { return stats_; }

 private:
  bool WorthTrying(size_t payload_bytes, bool whole);

  Compression algorithm_;
  uint16_t cpi_;
  uint32_t failures_ = 0;  // in a row
  uint32_t pause_ = 0;     // packets still to be left alone
  IpCompStats stats_;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_IPCOMP_H_
