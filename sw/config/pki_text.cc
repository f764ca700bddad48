#include "sw/config/pki_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <vector>

#include "sw/base/text.h"

namespace vam::config {
namespace {

constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kExplicit0 = 0xA0;

Error Malformed() { return Err(ErrorCode::kMalformed, "not a certificate in DER"); }

// The content of the next element, which has this tag; its length in the shortest form (X.690,
// 10.1).
Result<Bytes> Take(ByteReader& reader, uint8_t tag) {
  const auto found = reader.U8();
  const auto first = reader.U8();
  if (!found || !first || *found != tag) return Malformed();
  size_t length = *first;
  if (*first >= 0x80) {
    const size_t count = *first & 0x7FU;
    if (count == 0 || count > 3) return Malformed();
    length = 0;
    for (size_t i = 0; i < count; ++i) {
      const auto byte = reader.U8();
      if (!byte) return Malformed();
      length = length << 8 | *byte;
    }
    if (length < 0x80 || (count > 1 && length < size_t{1} << (8 * (count - 1)))) {
      return Malformed();
    }
  }
  auto content = reader.Take(length);
  if (!content) return Malformed();
  return *content;
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}
std::optional<unsigned> Decimal(std::string_view word, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = error == std::errc() && end == word.data() + word.size();
  return whole && value <= most ? std::optional<unsigned>(value) : std::nullopt;
}
std::optional<unsigned> Month(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  std::string upper;
  std::transform(word.begin(), word.end(), std::back_inserter(upper), ToUpper);
  const auto* at = std::find(kMonths.begin(), kMonths.end(), upper);
  if (at == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(at - kMonths.begin()) + 1;
}
// "23:59:59".
std::optional<int64_t> TimeOfDay(std::string_view word) {
  if (word.size() != 8 || word[2] != ':' || word[5] != ':') return std::nullopt;
  const auto hours = Decimal(word.substr(0, 2), 23);
  const auto minutes = Decimal(word.substr(3, 2), 59);
  const auto seconds = Decimal(word.substr(6, 2), 59);
  if (!hours || !minutes || !seconds) return std::nullopt;
  return int64_t{*hours} * 3600 + *minutes * 60 + *seconds;
}

}  // namespace

std::string CanonicalSerial(std::string_view word) {
  const size_t start = std::min(word.find_first_not_of('0'), word.size());
  std::string serial;
  std::transform(word.begin() + static_cast<std::ptrdiff_t>(start), word.end(),
                 std::back_inserter(serial), ToUpper);
  if (serial.size() % 2 != 0) serial.insert(serial.begin(), '0');
  return serial.empty() ? "00" : serial;
}

Result<std::string> SerialOfCertificate(Bytes der) {
  if (der.size() > kMostCertificateBytes) {
    return Err(ErrorCode::kExhausted, "certificate longer than 16384 bytes");
  }
  ByteReader whole(der);
  VAM_TRY(const Bytes certificate, Take(whole, kSequence));
  if (whole.remaining() != 0) {
    return Err(ErrorCode::kMalformed, "there is something behind the certificate");
  }
  ByteReader inside(certificate);
  VAM_TRY(const Bytes signed_part, Take(inside, kSequence));
  ByteReader fields(signed_part);
  if (fields.remaining() != 0 && fields.rest()[0] == kExplicit0) {
    VAM_TRY(const Bytes version, Take(fields, kExplicit0));
    static_cast<void>(version);
  }
  VAM_TRY(const Bytes number, Take(fields, kInteger));
  if (number.empty() || (number[0] & 0x80U) != 0) {
    return Err(ErrorCode::kMalformed, "the serial number of the certificate is negative");
  }
  if (number.size() > kMostSerialDigits / 2) {
    return Err(ErrorCode::kExhausted, "the serial number of the certificate is too long");
  }
  return CanonicalSerial(FormatHex(number));
}

std::optional<int64_t> ParsePkiDate(std::string_view text) {
  const std::vector<std::string_view> words = WordsOf(text);
  if (words.size() < 3 || words.size() > 4) return std::nullopt;
  const bool month_first = Month(words[0]).has_value();
  const auto month = Month(words[month_first ? 0 : 1]);
  const auto day = Decimal(words[month_first ? 1 : 0], 31);
  const unsigned year = words[2].size() == 4 ? Decimal(words[2], 9999).value_or(0) : 0;
  const auto time = words.size() == 4 ? TimeOfDay(words[3]) : 0;
  if (!month || !day || year < 1950 || !time) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(days).count() + *time;
}

}  // namespace vam::config
