// IPv4 headers, as much as the functional card needs of them (RFC 791).
#ifndef VAM_SIM_MODEL_IPV4_H_
#define VAM_SIM_MODEL_IPV4_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace vam::sim {

inline constexpr uint8_t kProtocolIpv4 = 4;
inline constexpr uint8_t kProtocolTcp = 6;
inline constexpr uint8_t kProtocolUdp = 17;
inline constexpr uint8_t kProtocolEsp = 50;
inline constexpr uint8_t kProtocolNone = 59;

struct Ipv4 {
  size_t header_bytes = 0;
  uint8_t tos = 0;
  size_t total_bytes = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;
  uint8_t protocol = 0;
  uint32_t src = 0;
  uint32_t dst = 0;
};

// Nothing when version, header length or total length are impossible; `packet` may be longer than
// its total length.
std::optional<Ipv4> ParseIpv4(std::span<const uint8_t> packet);

// RFC 1071: the ones' complement sum over `bytes` (an even number), not inverted.
uint16_t OnesSum(std::span<const uint8_t> bytes);

// Replaces the TOS of the header and corrects its checksum (RFC 1624, equation 3).
void RewriteTos(std::span<uint8_t> header, uint8_t tos);

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_IPV4_H_
