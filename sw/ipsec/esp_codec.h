// ESP packets without any state: where the fields are, and whether they can be right (RFC 4303, RFC
// 4106).
//
//   | outer IP | SPI 4 | sequence 4 | body: IV | text | ICV |
//   text: | inner packet | padding 1, 2, 3.. | pad length 1 | next header 1 |
//
// IV and ICV are as long as the suite of the SA says: 8 and 16 bytes for AES-GCM.
#ifndef VAM_SW_IPSEC_ESP_CODEC_H_
#define VAM_SW_IPSEC_ESP_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/ipsec/sa.h"
#include "sw/net/ipv4.h"

namespace vam::ipsec {

// An outer packet taken apart. Spans point into the packet; nothing but `reason` holds unless it is
// kOk.
struct EspPacket {
  Reason reason = Reason::kOuterMalformed;
  net::Address source;
  net::Address destination;
  uint8_t ecn = 0;  // of the outer header
  Spi spi;
  uint32_t sequence = 0;  // the 32 bits on the wire
  Bytes body;             // what follows: its parts are known with the SA
};

// Checks in this order: kOuterMalformed, kOuterChecksum, kOuterFragment, kNotEsp, kEspShort,
// kEspAlignment. Bytes behind the IP total length are link padding and are ignored.
// Length and alignment are those that every suite has at least.
EspPacket ParseEsp(Bytes packet);

// The parts of a body, once the SA is known.
struct EspBody {
  Reason reason = Reason::kEspShort;
  Bytes iv;
  Bytes text;
  Bytes icv;
};
// kOk, kEspShort or kEspAlignment.
EspBody SplitBody(Bytes body, const SuiteInfo& suite);

// An inner packet cut to its total length.
struct InnerPacket {
  Reason reason = Reason::kInnerMalformed;
  net::Ipv4Header header;
  Bytes packet;
};

// kOk or kInnerMalformed. `bytes` may be longer than the packet: link padding, or TFC padding (RFC
// 4303, 2.7).
InnerPacket ParseInner(Bytes bytes);

// What the deciphered text carries: padding and next header checked, then the inner packet.
// kBadPadding, kDummyPacket, kBadNextHeader or kInnerMalformed, in this order. Requires: at least
// two bytes.
InnerPacket ParseText(Bytes text);

// Writes padding 1, 2, 3.., pad length and next header 4. Requires: exactly what lies behind the
// inner packet in TextBytes, 2 to 257 bytes.
void WriteTrailer(MutableBytes trailer);

// Associated data (RFC 4106, 5): SPI and sequence number, 8 bytes, or 12 with ESN.
struct EspAad {
  std::array<uint8_t, 12> buffer;
  size_t size;
  Bytes bytes() const { return Bytes(buffer).first(size); }
};
EspAad MakeAad(Spi spi, uint64_t sequence, bool esn);

// The outer IPv4 header for an inner packet. `total_bytes` and `sequence` are those of the packet
// to be made.
net::Ipv4Header MakeOuter(const SaSettings& sa, const net::Ipv4Header& inner, uint16_t total_bytes,
                          uint64_t sequence);

// True when an inner packet that came in is what the SA was made for.
bool SelectorsMatchInbound(const Selectors& selectors, const InnerPacket& inner);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ESP_CODEC_H_
