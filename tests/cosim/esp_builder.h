// Builds ESP packets from the RFCs alone: what the card must make, and what it must take. Knows
// neither model nor RTL.
#ifndef VAM_TESTS_COSIM_ESP_BUILDER_H_
#define VAM_TESTS_COSIM_ESP_BUILDER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "sw/base/rng.h"

namespace vam::test {

using ByteVector = std::vector<uint8_t>;

// One tunnel, both directions: the outbound SA sends what the inbound SA of the same spec takes.
struct Tunnel {
  uint32_t spi = 0x1000;
  ByteVector key = ByteVector(16, 0x11);
  ByteVector salt = {1, 2, 3, 4};
  uint32_t src = 0x0a000001;  // outer addresses, as numbers
  uint32_t dst = 0x0a000002;
  uint16_t vrf_tag = 0;
  bool esn = false;
  uint8_t ttl = 64;
  unsigned df_mode = 0;  // 0 copy, 1 set, 2 clear
  std::optional<uint8_t> fixed_tos;
  uint16_t window = 64;
  uint64_t initial_seq = 0;
  uint64_t sa_id = 1;

  static Tunnel Random(Rng& rng);
  map::SaCtx OutboundCtx() const;
  map::SaCtx InboundCtx() const;
  // An SA of raw operations with this key.
  map::SaCtx RawCtx() const;
};

struct InnerSpec {
  size_t size = 64;  // total length, at least 20
  uint8_t tos = 0;
  bool dont_fragment = false;
  uint8_t protocol = 17;
  uint32_t src = 0xc0a80101;
  uint32_t dst = 0xc0a80202;
  uint16_t fragment = 0;  // flags and offset besides DF
  uint16_t src_port = 1000;
  uint16_t dst_port = 2000;
  size_t option_words = 0;
};
// An IPv4 packet with random payload.
ByteVector MakeInner(const InnerSpec& spec, Rng& rng);

// How a packet differs from the plain one.
struct EspOptions {
  std::optional<uint8_t> outer_tos = {};
  std::optional<ByteVector> padding = {};  // instead of 1, 2, 3
  std::optional<uint8_t> pad_length = {};  // instead of the padding's size
  uint8_t next_header = 4;
  std::optional<uint64_t> iv = {};  // instead of the sequence number
  size_t tfc_bytes = 0;             // zeros between inner packet and padding
  size_t option_words = 0;          // in the outer header
};

// The ESP packet with number `seq` that carries `inner`: RFC 4303, 2; RFC 4106, 3 to 5; RFC
// 6040, 4.1.
ByteVector Encapsulate(const Tunnel& tunnel, std::span<const uint8_t> inner, uint64_t seq,
                       const EspOptions& options = {});

// Bytes of text that Encapsulate of a plain packet protects.
size_t TextBytes(size_t inner_bytes);

// Writes the IPv4 header checksum of `packet`.
void FixChecksum(std::span<uint8_t> packet);

// AES-GCM by OpenSSL: text and 16 bytes of tag.
ByteVector Seal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                std::span<const uint8_t> aad, std::span<const uint8_t> text);

ByteVector RandomBytes(Rng& rng, size_t size);

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_ESP_BUILDER_H_
