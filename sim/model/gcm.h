// AES-GCM (NIST SP 800-38D) by OpenSSL, in its plainest form.
#ifndef VAM_SIM_MODEL_GCM_H_
#define VAM_SIM_MODEL_GCM_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vam::sim {

// Bytes of text, then a tag of 16 bytes. `key` has 16, 24 or 32 bytes, `nonce` 12.
std::vector<uint8_t> GcmSeal(std::span<const uint8_t> key, std::span<const uint8_t> nonce,
                             std::span<const uint8_t> aad, std::span<const uint8_t> text);

// The text, or nothing when `tag` (4 to 16 bytes) does not belong to the rest.
std::optional<std::vector<uint8_t>> GcmOpen(std::span<const uint8_t> key,
                                            std::span<const uint8_t> nonce,
                                            std::span<const uint8_t> aad,
                                            std::span<const uint8_t> text,
                                            std::span<const uint8_t> tag);

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_GCM_H_
