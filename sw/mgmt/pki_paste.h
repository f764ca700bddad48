// Certificates as operators paste them and as they are printed: PEM (RFC 7468), or base64 alone.
#ifndef VAM_SW_MGMT_PKI_PASTE_H_
#define VAM_SW_MGMT_PKI_PASTE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::mgmt {

inline constexpr size_t kMostPasted = 256 * 1024;
inline constexpr size_t kMostPastedBlocks = 32;

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  std::vector<uint8_t> der;
};
// The blocks of the text in their order; what stands between them is passed over. Text without any
// "-----BEGIN" is base64 as a whole: one block with label "". kMalformed for a block that is not
// ended or is no base64 (headers in it, as old encrypted keys have, are none either); kExhausted
// beyond the limits above.
Result<std::vector<PemBlock>> ReadPasted(std::string_view text);

// Padding is wanted; blanks and line ends are passed over. kMalformed.
Result<std::vector<uint8_t>> FromBase64(std::string_view text);
// Lines of 64 characters with their ends.
std::string ToBase64Lines(Bytes data);
// "-----BEGIN LABEL-----" and so on.
std::string ToPem(std::string_view label, Bytes der);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PKI_PASTE_H_
