// ESP packets without any state: where the fields are, and whether they can be right (RFC 4303).
//
//   | outer IP | SPI 4 | sequence 4 | IV | text | ICV |
//   text: | payload | padding 1, 2, 3.. | pad length 1 | next header 1 |
//
// IV and ICV are as long as the suite of the SA says: 8 and 16 bytes for AES-GCM. The payload is an
// inner packet in tunnel mode, what followed the IP header in transport mode.
#ifndef VAM_SW_IPSEC_ESP_CODEC_H_
#define VAM_SW_IPSEC_ESP_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sw/base/bytes.h"
#include "sw/base/gen/vam_reason.h"
#include "sw/ipsec/ip_packet.h"
#include "sw/ipsec/sa.h"
#include "sw/net/ipv4.h"

namespace vam::ipsec {

// A packet that came for ESP or AH. Spans point into the packet; nothing but `reason` holds unless
// it is kOk.
struct OuterPacket {
  Reason reason = Reason::kOuterMalformed;
  std::optional<IpPacket> ip{};  // its payload starts with ESP or AH
};

// Checks in this order: kOuterMalformed, kOuterChecksum, kOuterFragment, kNotEsp (another protocol
// than the one asked for). Bytes behind the IP length are link padding and are ignored.
OuterPacket ParseOuter(Bytes packet, Protocol protocol);

// An ESP packet taken apart.
struct EspPacket {
  Reason reason = Reason::kEspShort;
  Spi spi;
  uint32_t sequence = 0;  // the 32 bits on the wire
  Bytes iv;
  Bytes text;
  Bytes icv;
};
// kOk, kEspShort or kEspAlignment.
EspPacket SplitEsp(Bytes esp, const EspLayout& layout);

// An inner packet cut to its total length.
struct InnerPacket {
  Reason reason = Reason::kInnerMalformed;
  std::optional<IpPacket> ip{};  // if `reason` is kOk
  Bytes packet() const { return ip->packet; }
};

// kOk or kInnerMalformed. `bytes` may be longer than the packet: link padding, or TFC padding (RFC
// 4303, 2.7).
InnerPacket ParseInner(Bytes bytes);
// The same for bytes that a next header field announced: kBadNextHeader when it names no IP
// version, or IPv6 before something else.
InnerPacket ParseTunnelled(uint8_t next_header, Bytes bytes);

// A deciphered text without its trailer.
struct EspText {
  Reason reason = Reason::kBadPadding;
  uint8_t next_header = 0;
  Bytes payload;
};
// kOk, kBadPadding or kDummyPacket. Requires: at least two bytes.
EspText TakeOffTrailer(Bytes text);
// What the text carries in tunnel mode: TakeOffTrailer, then ParseTunnelled.
InnerPacket ParseText(Bytes text);

// Writes padding 1, 2, 3.., pad length and next header. Requires: exactly what lies behind the
// payload in EspLayout::TextBytes, 2 to 257 bytes.
void WriteTrailer(MutableBytes trailer, uint8_t next_header);

// Associated data (RFC 4106, 5): SPI and sequence number, 8 bytes, or 12 with ESN.
struct EspAad {
  std::array<uint8_t, 12> buffer;
  size_t size;
  Bytes bytes() const { return Bytes(buffer).first(size); }
};
EspAad MakeAad(Spi spi, uint64_t sequence, bool esn);

// The outer IPv4 header for an inner packet of either version. `total_bytes` and `sequence` are
// those of the packet to be made.
net::Ipv4Header MakeOuter(const SaSettings& sa, const IpPacket& inner, uint16_t total_bytes,
                          uint64_t sequence);
// Writes the outer header of the SA's family to the front of `packet`, which has the length of the
// packet to be made. False when it cannot be written.
bool WriteOuter(const SaSettings& sa, const IpPacket& inner, uint64_t sequence,
                MutableBytes packet);

// True when an inner packet that came in is what the SA was made for.
bool SelectorsMatchInbound(const Selectors& selectors, const IpPacket& inner);

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_ESP_CODEC_H_
