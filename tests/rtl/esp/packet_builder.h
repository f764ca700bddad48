// Builds ESP and IPv4 packets for the benches of rtl/esp from RFC 791, 4303 and 4106 over OpenSSL,
// independent of sw/.
#ifndef VAM_TESTS_RTL_ESP_PACKET_BUILDER_H_
#define VAM_TESTS_RTL_ESP_PACKET_BUILDER_H_

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <vector>

namespace vam::esptest {

using Bytes = std::vector<uint8_t>;
using Rng = std::mt19937_64;

// An SA as the bench and its stand-in for sad know it. Addresses and selectors are numbers in host
// order.
struct Sa {
  uint32_t index = 0;
  uint32_t generation = 1;
  bool inbound = false;
  uint8_t mode = 0;      // 0 tunnel, 2 raw
  uint8_t key_size = 0;  // 0, 1, 2: 128, 192, 256 bits
  bool esn = false;
  uint8_t df_mode = 0;
  bool dscp_fixed = false;
  bool check_selectors = false;
  uint32_t spi = 0;
  uint16_t vrf_tag = 0;
  uint8_t ttl = 64;
  uint8_t tos = 0;
  uint32_t outer_src = 0xc0000201;
  uint32_t outer_dst = 0xc6336402;
  uint32_t sel_src = 0, sel_dst = 0;
  uint8_t sel_src_bits = 0, sel_dst_bits = 0, sel_proto = 0;
  uint16_t sel_sport_lo = 0, sel_sport_hi = 0xffff, sel_dport_lo = 0, sel_dport_hi = 0xffff;
  std::array<uint8_t, 32> key{};
  std::array<uint8_t, 4> salt{};
  uint32_t window = 1024;  // 0: no check
  uint64_t hard_bytes = 0, hard_packets = 0;

  // State, changed by the stand-in only.
  uint64_t seq = 0;  // outbound: last number used; inbound: right edge
  uint64_t bytes = 0, packets = 0;
  std::set<uint64_t> seen{};

  [[nodiscard]] uint32_t handle() const { return (generation << 20) | index; }
  [[nodiscard]] size_t key_bytes() const { return 16u + 8u * key_size; }
};

// An SA with a random key, salt and SPI.
Sa RandomSa(Rng& rng, uint32_t index, bool inbound);

struct InnerOptions {
  uint8_t ihl = 5;
  uint8_t tos = 0;
  bool dont_fragment = false;
  uint16_t fragment = 0;  // flags excluded, in 8-byte units
  uint8_t proto = 17;
  uint32_t src = 0x0a010203, dst = 0x0a020304;
  uint16_t sport = 1000, dport = 2000;
};

// An IPv4 packet of `length` bytes (at least its header) with a right checksum and a random
// payload.
Bytes MakeInner(Rng& rng, size_t length, const InnerOptions& options = {});

// What encapsulation may be asked to do wrong or unusually.
struct EncapOptions {
  uint8_t outer_ihl = 5;
  uint8_t outer_tos = 0;
  uint8_t next_header = 4;
  int pad_len = -1;      // -1: the least
  size_t tfc_bytes = 0;  // between inner packet and padding (RFC 4303, 2.7)
  int bad_pad_at = -1;   // padding byte to damage
  int claimed_pad = -1;  // pad length field, if other than the padding
};

// The outer packet for a text (inner packet, TFC bytes) under `sa` with this sequence number.
Bytes Encapsulate(const Sa& sa, std::span<const uint8_t> inner, uint64_t seq,
                  const EncapOptions& options = {});

// What the card must make of `inner` with this sequence number: outer header by the SA's rules.
Bytes ExpectedOutbound(const Sa& sa, std::span<const uint8_t> inner, uint64_t seq);

// AES-GCM by OpenSSL; returns ciphertext || 16-byte tag.
Bytes GcmSeal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
              std::span<const uint8_t> aad, std::span<const uint8_t> text);

// RFC 1071 checksum of an IPv4 header whose checksum field is zero.
uint16_t HeaderChecksum(std::span<const uint8_t> header);

// Sets the checksum field of the IPv4 header at the start of `packet`.
void FixChecksum(Bytes& packet);

}  // namespace vam::esptest

#endif  // VAM_TESTS_RTL_ESP_PACKET_BUILDER_H_
