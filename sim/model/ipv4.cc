#include "sim/model/ipv4.h"

#include "sw/base/bytes.h"

namespace vam::sim {

std::optional<Ipv4> ParseIpv4(std::span<const uint8_t> packet) {
  if (packet.size() < 20 || packet[0] >> 4 != 4) return std::nullopt;
  Ipv4 ip;
  ip.header_bytes = size_t{4} * (packet[0] & 0xf);
  ip.tos = packet[1];
  ip.total_bytes = LoadBe16(&packet[2]);
  const uint16_t fragment = LoadBe16(&packet[6]);
  ip.dont_fragment = (fragment & 0x4000) != 0;
  ip.more_fragments = (fragment & 0x2000) != 0;
  ip.fragment_offset = fragment & 0x1fff;
  ip.protocol = packet[9];
  ip.src = LoadBe32(&packet[12]);
  ip.dst = LoadBe32(&packet[16]);
  const bool possible =
      ip.header_bytes >= 20 && ip.header_bytes <= ip.total_bytes && ip.total_bytes <= packet.size();
  if (!possible) return std::nullopt;
  return ip;
}

uint16_t OnesSum(std::span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) sum += LoadBe16(&bytes[i]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

void RewriteTos(std::span<uint8_t> header, uint8_t tos) {
  const uint16_t old_word = LoadBe16(header.data());
  header[1] = tos;
  const uint16_t new_word = LoadBe16(header.data());
  uint32_t sum = static_cast<uint16_t>(~LoadBe16(&header[10]));
  sum += static_cast<uint16_t>(~old_word);
  sum += new_word;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  StoreBe16(&header[10], static_cast<uint16_t>(~sum));
}

}  // namespace vam::sim
