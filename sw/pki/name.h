// Distinguished names (X.501) as text: "CN=gw.example.com,O=Example", as RFC 4514 writes them, the
// most specific part first. In DER it is the last.
#ifndef VAM_SW_PKI_NAME_H_
#define VAM_SW_PKI_NAME_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::pki {

inline constexpr size_t kMaxNameParts = 32;
inline constexpr size_t kMaxNameText = 2048;  // bytes
inline constexpr size_t kMaxNameDer = 4096;

// DER of a Name (RFC 5280, 4.1.2.4) from text. Types are CN, SURNAME (or SN), GIVENNAME,
// SERIALNUMBER, C, L, ST (or S), STREET, O, OU, TITLE, UID, DC, E (or EMAIL, EMAILADDRESS),
// UNSTRUCTUREDNAME, UNSTRUCTUREDADDRESS, in any case, or an object identifier in numbers; "+" joins
// the values of one part. Blanks around the parts are skipped. Empty text is the empty name.
// kInvalidArgument, with what is wrong: also for values that RFC 5280, appendix A forbids, as a
// country of three letters; kExhausted beyond the limits.
Result<std::vector<uint8_t>> NameFromText(std::string_view text);

// UTF-8 without control characters, which are escaped: fit for a log. What has no name here stands
// as "1.2.3.4=#0403414243". kMalformed for what is no Name; kExhausted beyond the limits.
Result<std::string> NameToText(Bytes der);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_NAME_H_
