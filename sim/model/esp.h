// The packet operations of the card, step by step as in RFC 4303, RFC 4106 and RFC 6040.
#ifndef VAM_SIM_MODEL_ESP_H_
#define VAM_SIM_MODEL_ESP_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/model/sad.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::sim {

struct PacketResult {
  Reason reason = Reason::kOk;
  // The SA that was found, also when it refused the packet; else 0.
  uint32_t sa_handle = 0;
  // Empty unless reason is kOk.
  std::vector<uint8_t> bytes;
};

// `packet`: inner IPv4 packet, perhaps with link padding behind. Result: outer packet.
PacketResult EspOut(Sad& sad, uint32_t handle, std::span<const uint8_t> packet,
                    size_t dst_capacity);

// `packet`: outer IPv4 packet, perhaps with link padding behind. Result: inner packet.
PacketResult EspIn(Sad& sad, uint16_t vrf_tag, std::span<const uint8_t> packet,
                   size_t dst_capacity);

struct RawParams {
  uint16_t aad_bytes = 0;
  uint8_t tag_bytes = 0;
  std::array<uint8_t, 12> iv{};
};

// `source`: associated data padded with zeros to 16, then text. Result: text and tag.
PacketResult RawSeal(Sad& sad, uint32_t handle, const RawParams& params,
                     std::span<const uint8_t> source, size_t dst_capacity);
// `source`: associated data padded with zeros to 16, then text, then tag. Result: text.
PacketResult RawOpen(Sad& sad, uint32_t handle, const RawParams& params,
                     std::span<const uint8_t> source, size_t dst_capacity);

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_ESP_H_
