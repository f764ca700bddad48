// What PKI statements hold as text: serial numbers, dates, and as much of a certificate as the
// statements need. Signatures, names and keys in it are read by sw/pki, not here.
#ifndef VAM_SW_CONFIG_PKI_TEXT_H_
#define VAM_SW_CONFIG_PKI_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::config {

inline constexpr size_t kMostCertificateBytes = 16 * 1024;
inline constexpr size_t kMostSerialDigits = 64;
inline constexpr size_t kMostPkiUrl = 1024;

// Hexadecimal, upper case, two digits or more, no more leading zeros than that: "01", "5A0B".
// Requires: `word` is hexadecimal digits.
std::string CanonicalSerial(std::string_view word);

// serialNumber of a certificate (RFC 5280, 4.1), in the form of CanonicalSerial. kMalformed for
// what is not one SEQUENCE in DER with nothing behind it that begins as a certificate does;
// kExhausted beyond kMostCertificateBytes. Reads no further than that number.
Result<std::string> SerialOfCertificate(Bytes der);

// "Jan 31 2030 23:59:59" or "31 Jan 2030 23:59:59", the time of day may be left out: seconds since
// 1970-01-01 UTC.
std::optional<int64_t> ParsePkiDate(std::string_view text);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_PKI_TEXT_H_
